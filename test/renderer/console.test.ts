// Console text: the kernel's words, our signs, and nothing of a script that could drive the terminal.

import { Terminal } from '@xterm/headless';
import { describe, expect, it } from 'vitest';
import {
  formatProblem,
  formatRecord,
  formatStart,
  printable,
} from '../../renderer/console/format.ts';
import { placesIn } from '../../renderer/console/places.ts';
import { TERMINAL_THEMES } from '../../renderer/console/themes.ts';
import type { OutputRecord, RunResult } from '../../sim/protocol/api.ts';

const PLACE = { file: 'accel.ts', line: 39, column: 5 };

/** What a person reads: the screen of a terminal that got the text. */
async function screen(...texts: string[]): Promise<string[]> {
  const terminal = new Terminal({ cols: 160, rows: 20, convertEol: true, allowProposedApi: true });
  await new Promise<void>((done) => terminal.write(texts.join('\n'), done));
  const { active } = terminal.buffer;
  const lines = Array.from(
    { length: 20 },
    (_, row) => active.getLine(row)?.translateToString(true) ?? '',
  );
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
}

function log(level: number, text: string, time = 4_213_999): OutputRecord {
  return { type: 'log', time, level, text };
}

function result(more: Partial<RunResult>): RunResult {
  return { type: 'result', ok: true, exit: 0, events: 0, dmas: 12, ...more };
}

describe('a line of the kernel log', () => {
  it.each([
    [0, '    0.000000'],
    [999, '    0.000000'],
    [4_213_999, '    0.004213'],
    [61_000_001_000, '   61.000001'],
    [123_456_789_012_345, '123456.789012'],
  ])('at %d ns begins as printk writes it', async (time, stamp) => {
    expect(await screen(formatRecord(log(6, 'text', time)))).toEqual([`[${stamp}] text`]);
  });

  it.each([
    [0, '\x1b[31m'],
    [3, '\x1b[31m'],
    [4, '\x1b[33m'],
    [5, ''],
    [7, ''],
  ])('of level %d is coloured only when it is an error or a warning', (level, colour) => {
    const body = formatRecord(log(level, 'text')).split('\x1b[0m ')[1] ?? '';
    expect(body.includes(`${colour}text`)).toBe(true);
    expect(body.startsWith('\x1b[3')).toBe(colour !== '');
  });
});

describe('the other lines', () => {
  it('tell a fault with a sign and where it came from', async () => {
    const event: OutputRecord = {
      type: 'event',
      time: 1,
      number: 17,
      event: { type: 16, name: 'F_TRANSLATION', sid: 16, words: ['', '', '', ''] },
      text: '               F_TRANSLATION accel0 SID 0x10',
      place: PLACE,
    };
    expect(await screen(formatRecord(event))).toEqual([
      '               ✘ F_TRANSLATION accel0 SID 0x10  accel.ts:39:5  [explain 17]',
    ]);
  });

  it('tell a warning with its class and section', async () => {
    const warn: OutputRecord = {
      type: 'warn',
      time: 1,
      class: 'guest-error',
      section: '4.8',
      text: 'no sync',
    };
    expect(await screen(formatRecord(warn))).toEqual([
      '               ▲ guest-error: no sync [4.8]',
    ]);
  });

  it.each([
    [result({}), ['✔ done  exit 0  0 events, 12 DMAs']],
    [
      result({ ok: false, exit: 3, events: 1, dmas: 1 }),
      ['■ ended  exit 3 (events that no expect_event covered)  1 event, 1 DMA'],
    ],
    [
      result({
        ok: false,
        exit: 1,
        error: {
          name: 'TypeError',
          message: 'boom',
          place: PLACE,
          stack: [PLACE, { ...PLACE, line: 50 }],
        },
      }),
      [
        '✘ TypeError: boom  accel.ts:39:5',
        '    at accel.ts:50:5',
        '■ ended  exit 1 (the script failed)  0 events, 12 DMAs',
      ],
    ],
  ])('tell how a run ended', async (record, lines) => {
    expect(await screen(formatRecord(record))).toEqual(lines);
  });

  it('tell what is run and what went wrong around it', async () => {
    expect(await screen(formatStart('a.ts', 'seed18', 7), formatProblem('gone'))).toEqual([
      '▶ a.ts  seed18  seed 7',
      '✘ gone',
    ]);
  });
});

describe('text of a script', () => {
  it('cannot clear the screen, move the cursor, ring, or colour what follows', async () => {
    const evil = '\x1b[2J\x1b[H\x1b[31m\x07\b\r\x9b2J\x7fend';
    const lines = await screen('before', formatRecord(log(6, evil)), 'after');
    expect(lines[0]).toBe('before');
    expect(lines[1]).toContain('end');
    expect(lines[2]).toBe('after');
    expect([...printable(evil)].filter(isControl)).toEqual([]);
  });

  it('keeps tabs and line ends, which printk text has', () => {
    expect(printable('a\tb\nc')).toBe('a\tb\nc');
  });
});

describe('places in a line', () => {
  it.each([
    [
      'unmapped at accel.ts:39',
      [{ start: 12, end: 23, place: { file: 'accel.ts', line: 39, column: 1 } }],
    ],
    [
      'a-b.ts:1:2 and c.ts:3',
      [
        { start: 0, end: 10, place: { file: 'a-b.ts', line: 1, column: 2 } },
        { start: 15, end: 21, place: { file: 'c.ts', line: 3, column: 1 } },
      ],
    ],
    ['accel.ts and accel.tsx:3 and x:4', []],
    ['', []],
  ])('%j', (line, places) => {
    expect(placesIn(line)).toEqual(places);
  });
});

describe('the colours of the console', () => {
  const used = ['foreground', 'red', 'green', 'yellow', 'cyan', 'brightBlack'] as const;

  it.each(['dark', 'light', 'contrast'] as const)('stand out from their %s background', (theme) => {
    const colours = TERMINAL_THEMES[theme];
    for (const name of used) {
      const ratio = contrast(colours[name] ?? '', colours.background ?? '');
      expect(ratio, `${name} on ${theme}`).toBeGreaterThanOrEqual(4.5);
    }
  });
});

function isControl(character: string): boolean {
  const code = character.charCodeAt(0);
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/** WCAG 2 contrast of two `#rrggbb` colours. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = parts.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
