// What the console shows for each kind of output record, as text.

import { describe, expect, it } from 'vitest';
import type { OutputRecord } from '../../sim/protocol/api.ts';
import { consoleLines } from '../../sim/protocol/console-text.ts';
import { jsonLine } from '../../sim/protocol/json-text.ts';

const WORDS = [
  '0x0000001000005810',
  '0x0000020800000000',
  '0x0000000070000000',
  '0x0000000000000000',
] as const;

const RECORDS: readonly OutputRecord[] = [
  {
    type: 'log',
    time: 4_213_999,
    level: 6,
    text: 'arm-smmu-v3 arm-smmu-v3.0.auto: event 0x10 received:',
  },
  { type: 'log', time: 4_213_999, level: 6, text: `arm-smmu-v3 arm-smmu-v3.0.auto: \t${WORDS[0]}` },
  { type: 'log', time: 123_456_000_001_000, level: 6, text: 'two\nlines' },
  {
    type: 'event',
    time: 4_213_999,
    number: 17,
    event: {
      type: 0x10,
      name: 'F_TRANSLATION',
      sid: 0x10,
      ssid: 5,
      iova: 0x7000_0000n,
      words: WORDS,
    },
    text: 'F_TRANSLATION accel0 SID 0x10 SSID 5 read 0x70000000: no mapping, unmapped at accel.ts:39',
  },
  {
    type: 'warn',
    time: 0,
    class: 'guest-error',
    section: '6.3.9.6',
    text: 'CR0.SMMUEN changed too early',
    place: { file: 'accel.ts', line: 3, column: 1 },
  },
  { type: 'result', ok: true, exit: 0, events: 0, dmas: 1 },
  { type: 'result', ok: false, exit: 3, events: 1, dmas: 12 },
  {
    type: 'result',
    ok: false,
    exit: 1,
    events: 0,
    dmas: 0,
    error: {
      name: 'TypeError',
      message: 'no',
      place: { file: 'accel.ts', line: 12, column: 5 },
      stack: [],
    },
  },
  {
    type: 'result',
    ok: false,
    exit: 4,
    events: 0,
    dmas: 0,
    error: { name: 'TimeLimit', message: 'late', stack: [] },
  },
];

describe('the console', () => {
  it('prints the kernel as dmesg does, and ours below', () => {
    expect(RECORDS.flatMap(consoleLines)).toEqual([
      '[    0.004213] arm-smmu-v3 arm-smmu-v3.0.auto: event 0x10 received:',
      '[    0.004213] arm-smmu-v3 arm-smmu-v3.0.auto: \t0x0000001000005810',
      '[123456.000001] two',
      '[123456.000001] lines',
      '               F_TRANSLATION accel0 SID 0x10 SSID 5 read 0x70000000: no mapping, unmapped at accel.ts:39  [event 17]',
      '               guest-error: CR0.SMMUEN changed too early (IHI 0070 6.3.9.6) at accel.ts:3',
      'done: 1 DMA access, 0 events',
      'done: 12 DMA accesses, 1 event, not all of them expected',
      'accel.ts:12:5: TypeError: no',
      'TimeLimit: late',
    ]);
  });

  it('writes records as JSON with addresses in hexadecimal', () => {
    const lines = RECORDS.map(jsonLine);
    expect(lines.every((line) => !line.includes('\n'))).toBe(true);
    expect(JSON.parse(lines[3] ?? '')).toMatchObject({ event: { iova: '0x70000000' } });
  });
});
