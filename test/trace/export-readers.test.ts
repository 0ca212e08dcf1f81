import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../sim/smmu/spec/commands.ts';
import { EVENTS } from '../../sim/smmu/spec/events.ts';
import { decodeCommand, decodeEvent, decodePageRequest } from '../../sim/trace/decoded.ts';
import { VCD } from '../../sim/trace/export/vcd.ts';
import type { PayloadType } from '../../sim/trace/kinds.ts';
import { TRACE_KIND_NAMES, TRACE_KINDS } from '../../sim/trace/kinds.ts';
import { readTrace } from '../../sim/trace/reader.ts';
import { readWithBabeltrace, tsharkFields, vcdChanges } from '../support/read-back.ts';
import { runReader, textOfExport, withExport } from '../support/readers.ts';
import { SAMPLE_INFO, SessionWriter, sampleSession } from '../support/sample-session.ts';

type Session = { readonly header: typeof SAMPLE_INFO; readonly source: SessionWriter['recorder'] };

function sessionOf(writer: SessionWriter): Session {
  return { header: SAMPLE_INFO, source: writer.recorder };
}

const SAMPLE = sessionOf(sampleSession());

/** Every kind with the extremes of every type, more than one packet of them. */
function extremes(): Session {
  const writer = new SessionWriter({ start: 2 ** 45 });
  const texts = [
    '',
    'plain',
    '"quoted" \\ back',
    'line\nbreak\ttab',
    'ü€😀',
    '\u001b[31m',
    'x'.repeat(300),
  ];
  for (let n = 0; n < 1000; n++) {
    const kind = TRACE_KIND_NAMES[n % TRACE_KIND_NAMES.length] ?? 'irq';
    const data = Object.entries<PayloadType>(TRACE_KINDS[kind]).map(([name, type], at) => {
      const odd = (n + at) % 3;
      const values = {
        str: texts[(n + at) % texts.length] ?? '',
        u64: [0n, 2n ** 64n - 1n, 0x1234_5678_9abc_def0n][odd] ?? 0n,
        s32: [-1, 2 ** 31 - 1, -(2 ** 31)][odd] ?? 0,
        u32: [0, 2 ** 32 - 1, n][odd] ?? 0,
      };
      return [name, values[type]];
    });
    writer.under(n % 7, () => writer.put(kind, Object.fromEntries(data), n % 3));
  }
  return sessionOf(writer);
}

describe('babeltrace2 on the ctf export', () => {
  it('gives every record of the sample with the same values', () => {
    expect(readWithBabeltrace(SAMPLE)).toEqual([...readTrace(SAMPLE.source)]);
  });

  it('gives the extremes of every type, over many packets', () => {
    const session = extremes();
    expect(readWithBabeltrace(session)).toEqual([...readTrace(session.source)]);
  });

  it('opens a session without records', () => {
    expect(readWithBabeltrace(sessionOf(new SessionWriter()))).toEqual([]);
  });
});

describe('gtkwave on the vcd export', () => {
  it('keeps every signal and every change on the way to its own format and back', () => {
    withExport(VCD, SAMPLE, ({ path, folder }) => {
      runReader('vcd2fst', [path(), `${folder}/out.fst`], { quiet: false });
      runReader('fst2vcd', ['-f', `${folder}/out.fst`, '-o', `${folder}/back.vcd`], {
        quiet: false,
      });
      const back = vcdChanges(readFileSync(`${folder}/back.vcd`, 'utf8'));
      expect(back).toEqual(vcdChanges(readFileSync(path(), 'utf8')));
      expect(back.size).toBeGreaterThan(15);
    });
  });

  it('shows the indices, enables, interrupts and faults that the sample had, when it had them', () => {
    const wave = vcdChanges(textOfExport(VCD, SAMPLE));
    const at = (kind: string, n: number): number =>
      [...readTrace(SAMPLE.source)].filter((record) => record.kind === kind)[n]?.time ?? -1;
    expect(wave.get('smmu.CMDQ_CONS')).toEqual([
      [0, '0x0'],
      ...[0, 1, 2, 3].map((n) => [at('command', n), `0x${n + 1}`]),
    ]);
    expect(wave.get('smmu.CMDQ_PROD')?.map(([, value]) => value)).toEqual(
      [0, 1, 2, 3, 4].map((n) => `0x${n}`),
    );
    expect(wave.get('smmu.SMMUEN')?.map(([, value]) => value)).toEqual(['0x0', '0x1']);
    expect(wave.get('smmu.PRIQEN')).toEqual([[0, '0x0']]);
    expect(wave.get('smmu.EVENTQ_PROD')).toEqual([
      [0, '0x0'],
      [at('event_result', 0) + 1, '0x1'],
    ]);
    expect(wave.get('irq.irq74_eventq')).toEqual([
      [0, '0x0'],
      [at('irq', 0), '0x1'],
    ]);
    expect(wave.get('faults.last_addr')).toEqual([
      [0, '0x0'],
      [at('event', 0), '0x70000000'],
    ]);
    expect(wave.get('faults.last_type')?.at(-1)).toEqual([at('event', 0), '0x10']);
    expect(wave.get('faults.last_sid')?.at(-1)).toEqual([at('event', 0), '0x10']);
    expect(wave.get('faults.last_ssid')?.at(-1)).toEqual([at('event', 0), '0x5']);
  });

  it('wraps a queue index as the register does, and counts interrupts on one tick', () => {
    const writer = new SessionWriter();
    writer.put('mmio_write', { offset: 0x90, width: 64, value: 1n });
    for (let n = 0; n < 5; n++) {
      writer.put('command', { index: n % 2, cerror: 0, dw0: 0x46n, dw1: 0n }, 1);
      writer.put('irq', { line: 3, handled: 0, name: 'g err' });
      writer.put('irq', { line: 3, handled: 0, name: 'g err' });
    }
    const wave = vcdChanges(textOfExport(VCD, sessionOf(writer)));
    expect(wave.get('smmu.CMDQ_CONS')?.map(([, value]) => value)).toEqual(
      [0, 1, 2, 3, 0, 1].map((n) => `0x${n}`),
    );
    expect(wave.get('irq.irq3_g_err')?.at(-1)?.[1]).toBe('0xa');
    expect(wave.get('irq.irq3_g_err')).toHaveLength(11);
    expect(wave.get('session.ticks')?.at(-1)?.[1]).toBe('0x5');
  });
});

describe('tshark on the pcapng export', () => {
  it('decodes each command, event and page request of the sample', () => {
    const rows = tsharkFields(SAMPLE, [
      'frame.interface_name',
      'frame.time_epoch',
      'smmuv3.name',
      'smmuv3.record',
      'smmuv3.cause',
      'smmuv3.result',
      'frame.comment',
    ]);
    const calls = new Map<number, string>();
    const expected: string[][] = [];
    for (const record of readTrace(SAMPLE.source)) {
      const { id, cause, time, kind, data } = record;
      const own =
        kind === 'call' && data['line'] !== 0
          ? `line ${data['line']}: ${data['fn']}(${data['args']})`
          : undefined;
      calls.set(id, own ?? calls.get(cause) ?? '');
      const row = (queue: string, name: string, result: string): void => {
        const epoch = `${Math.floor(time / 1e9)}.${String(time % 1e9).padStart(9, '0')}`;
        expected.push([queue, epoch, name, String(id), String(cause), result, calls.get(id) ?? '']);
      };
      if (kind === 'command') {
        row('cmdq', decodeCommand(record).name, 'CERROR_NONE');
      } else if (kind === 'event') {
        row('eventq', decodeEvent(record).name, 'queued');
      } else if (kind === 'ppr') {
        row('priq', 'PRI_ENTRY', 'queued');
      }
    }
    expect(rows).toEqual(expected);
    expect(rows).toHaveLength(6);
  });

  it('shows every field of every command, event and page request as our tables do', () => {
    const writer = new SessionWriter();
    const dw1 = 0x89ab_cdef_0123_4567n;
    for (const { opcode } of Object.values(COMMANDS)) {
      writer.put('command', {
        index: 9,
        cerror: 0,
        dw0: 0xfedc_ba98_7654_3200n | BigInt(opcode),
        dw1,
      });
    }
    for (const { type } of Object.values(EVENTS)) {
      const w0 = 0xffff_ffff_ffff_ff00n | BigInt(type);
      writer.put('event', {
        w0,
        w1: 0xdeaf_beef_f00d_cafen,
        w2: 0xffff_ffff_8000_0123n,
        w3: 2n ** 64n - 1n,
      });
    }
    writer.put('ppr', { w0: 0xfedc_ba98_7654_3210n, w1: dw1, result: 0 });
    const session = sessionOf(writer);
    const decode = { command: decodeCommand, event: decodeEvent, ppr: decodePageRequest } as const;
    const names = new Set<string>();
    const expected = [...readTrace(session.source)].map((record) => {
      const entry = decode[record.kind as 'ppr'](record);
      const values = new Map<string, bigint>();
      for (const { name, value } of entry.fields) {
        names.add(name.toLowerCase());
        values.set(name.toLowerCase(), BigInt(value));
      }
      return values;
    });
    const columns = [...names];
    const rows = tsharkFields(
      session,
      columns.map((name) => `smmuv3.${name}`),
    );
    expect(rows).toHaveLength(expected.length);
    for (const [index, values] of expected.entries()) {
      const read = new Map<string, bigint>();
      for (const [column, text] of (rows[index] ?? []).entries()) {
        if (text !== '') {
          read.set(columns[column] ?? '', BigInt(text));
        }
      }
      expect(Object.fromEntries(read)).toEqual(Object.fromEntries(values));
    }
  });

  it('tells lost, held and unsettled events apart, in order of time', () => {
    const writer = new SessionWriter();
    const event = { w0: 0x10n, w1: 0n, w2: 0n, w3: 0n };
    for (const result of [1, 2, 3]) {
      const id = writer.put('event', event, 1);
      writer.put('command', { index: 0, cerror: 1, dw0: 0x99n, dw1: 0n });
      writer.under(id, () => writer.put('event_result', { result, index: 0 }));
    }
    writer.put('event', event, 1);
    for (let n = 0; n < 2000; n++) {
      writer.put('irq', { line: 1, handled: 1, name: '' });
    }
    const rows = tsharkFields(sessionOf(writer), ['smmuv3.name', 'smmuv3.result']);
    const refused = ['reserved 0x99', 'CERROR_ILL'];
    expect(rows).toEqual([
      ['F_TRANSLATION', 'lost: overflow'],
      refused,
      ['F_TRANSLATION', 'discarded'],
      refused,
      ['F_TRANSLATION', 'held: stall'],
      refused,
      ['F_TRANSLATION', 'unknown'],
    ]);
  });
});
