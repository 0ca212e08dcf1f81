import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../sim/smmu/spec/commands.ts';
import { EVENTS } from '../../sim/smmu/spec/events.ts';
import { decodeCommand, decodeEvent, decodePageRequest } from '../../sim/trace/decoded.ts';
import { CTF } from '../../sim/trace/export/ctf.ts';
import { PCAPNG } from '../../sim/trace/export/pcapng.ts';
import { VCD } from '../../sim/trace/export/vcd.ts';
import type { PayloadType } from '../../sim/trace/kinds.ts';
import { TRACE_KIND_NAMES, TRACE_KINDS } from '../../sim/trace/kinds.ts';
import type { TraceRecord } from '../../sim/trace/reader.ts';
import { readTrace } from '../../sim/trace/reader.ts';
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
  /** One line of the text output: `[s.ns] (+?) kind: { id = 1, cause = 0 }, { name = value, ... }`. */
  const LINE = /^\[(\d+)\.(\d{9})\] \([^)]*\) (\w+): \{ id = (\d+), cause = (\d+) \}, \{ (.*) \}$/s;
  const FIELD = /(\w+) = (?:"((?:[^"\\]|\\.)*)"|(-?\d+|0x[0-9A-F]+))(?:, |$)/gsy;

  function unescaped(text: string): string {
    return text.replaceAll(/\\(x[0-9a-f]{2}|u[0-9a-f]{4}|.)/gs, (_, code: string) => {
      const plain: Record<string, string> = {
        n: '\n',
        t: '\t',
        a: '\x07',
        b: '\b',
        v: '\v',
        f: '\f',
        r: '\r',
        e: '\x1b',
      };
      return code.length > 1
        ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
        : (plain[code] ?? code);
    });
  }

  function parse(line: string): TraceRecord {
    const [, seconds, nanos, kind, id, cause, fields = ''] = LINE.exec(line) ?? [];
    const data: Record<string, number | bigint | string> = {};
    const types: Record<string, PayloadType> = TRACE_KINDS[kind as 'call'] ?? {};
    FIELD.lastIndex = 0;
    for (let field = FIELD.exec(fields); field !== null; field = FIELD.exec(fields)) {
      const [, name = '', text, value = ''] = field;
      const number = types[name] === 'u64' ? BigInt(value) : Number(value);
      data[name] = text === undefined ? number : unescaped(text).replace(/^\u2205$/, '');
    }
    const time = Number(seconds) * 1e9 + Number(nanos);
    return { id: Number(id), kind: kind as 'call', cause: Number(cause), time, data };
  }

  function read(session: Session): TraceRecord[] {
    return withExport(CTF, session, ({ path }) => {
      const text = runReader('babeltrace2', ['--clock-seconds', path()]);
      return text
        .split(/\n(?=\[)/)
        .filter((line) => line !== '')
        .map((line) => parse(line.replace(/\n$/, '')));
    });
  }

  it('gives every record of the sample with the same values', () => {
    expect(read(SAMPLE)).toEqual([...readTrace(SAMPLE.source)]);
  });

  it('gives the extremes of every type, over many packets', () => {
    const session = extremes();
    expect(read(session)).toEqual([...readTrace(session.source)]);
  });

  it('opens a session without records', () => {
    expect(read(sessionOf(new SessionWriter()))).toEqual([]);
  });
});

describe('gtkwave on the vcd export', () => {
  /** All changes of a VCD, signal by signal: time and value. */
  function changes(vcd: string): Map<string, [number, string][]> {
    const names = new Map<string, string>();
    const found = new Map<string, [number, string][]>();
    const scopes: string[] = [];
    let time = 0;
    let body = false;
    for (const line of vcd.split('\n')) {
      const words = line.trim().split(/\s+/);
      const [first = ''] = words;
      if (first === '$scope') {
        scopes.push(words[2] ?? '');
      } else if (first === '$upscope') {
        scopes.pop();
      } else if (first === '$var') {
        names.set(words[3] ?? '', [...scopes, words[4]].join('.'));
      } else if (first === '$enddefinitions') {
        body = true;
      } else if (first.startsWith('#')) {
        time = Number(first.slice(1));
      } else if (body && /^[b01xz]/.test(first)) {
        const vector = first.startsWith('b');
        const name = names.get(vector ? (words[1] ?? '') : first.slice(1)) ?? '?';
        const value = vector
          ? `0x${BigInt(`0${first.slice(0, 1)}${first.slice(1)}`).toString(16)}`
          : `0x${first[0]}`;
        const list = found.get(name) ?? [];
        if (list.at(-1)?.[1] !== value) {
          list.push([time, value]);
        }
        found.set(name, list);
      }
    }
    return found;
  }

  it('keeps every signal and every change on the way to its own format and back', () => {
    withExport(VCD, SAMPLE, ({ path, folder }) => {
      runReader('vcd2fst', [path(), `${folder}/out.fst`], { quiet: false });
      runReader('fst2vcd', ['-f', `${folder}/out.fst`, '-o', `${folder}/back.vcd`], {
        quiet: false,
      });
      const back = changes(readFileSync(`${folder}/back.vcd`, 'utf8'));
      expect(back).toEqual(changes(readFileSync(path(), 'utf8')));
      expect(back.size).toBeGreaterThan(15);
    });
  });

  it('shows the indices, enables, interrupts and faults that the sample had, when it had them', () => {
    const wave = changes(textOfExport(VCD, SAMPLE));
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
    const wave = changes(textOfExport(VCD, sessionOf(writer)));
    expect(wave.get('smmu.CMDQ_CONS')?.map(([, value]) => value)).toEqual(
      [0, 1, 2, 3, 0, 1].map((n) => `0x${n}`),
    );
    expect(wave.get('irq.irq3_g_err')?.at(-1)?.[1]).toBe('0xa');
    expect(wave.get('irq.irq3_g_err')).toHaveLength(11);
    expect(wave.get('session.ticks')?.at(-1)?.[1]).toBe('0x5');
  });
});

describe('tshark on the pcapng export', () => {
  function fieldsOf(session: Session, fields: readonly string[]): string[][] {
    return withExport(PCAPNG, session, ({ path }) => {
      const args = [
        '-X',
        `lua_script:${path('.lua')}`,
        '-r',
        path(),
        '-T',
        'fields',
        '-E',
        'separator=|',
      ];
      const text = runReader('tshark', [...args, ...fields.flatMap((field) => ['-e', field])], {
        unprivileged: true,
        quiet: false,
      });
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split('|'));
    });
  }

  it('decodes each command, event and page request of the sample', () => {
    const rows = fieldsOf(SAMPLE, [
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
    const rows = fieldsOf(
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
    const rows = fieldsOf(sessionOf(writer), ['smmuv3.name', 'smmuv3.result']);
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
