import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeCommand, decodeEvent } from '../../sim/trace/decoded.ts';
import { CSV } from '../../sim/trace/export/csv.ts';
import { DMESG } from '../../sim/trace/export/dmesg.ts';
import { FTRACE } from '../../sim/trace/export/ftrace.ts';
import { HTML } from '../../sim/trace/export/html.ts';
import { PERFETTO } from '../../sim/trace/export/perfetto.ts';
import { VCD } from '../../sim/trace/export/vcd.ts';
import type { TraceRecord } from '../../sim/trace/reader.ts';
import { readTrace } from '../../sim/trace/reader.ts';
import { sessionFileText } from '../../sim/trace/session-file.ts';
import type { Session } from '../../sim/trace/session-reader.ts';
import { readSession } from '../../sim/trace/session-reader.ts';
import type { ChromeEvent } from '../support/read-back.ts';
import {
  checkAccesses,
  checkNesting,
  csvRows,
  DMESG_LINE,
  ftracePoints,
  htmlElements,
  readWithBabeltrace,
  tsharkFields,
  vcdChanges,
} from '../support/read-back.ts';
import { runReader, textOfExport, withExport } from '../support/readers.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const EXAMPLES = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.ts'));

/** Scripts that end in other ways than the examples do, and such as no example is. */
const OTHERS: Readonly<Record<string, string>> = {
  'throws.ts': [
    "const dev = platform_device('accel0', { sids: [7] });",
    'const domain = iommu_domain_alloc(platform_bus_type);',
    'iommu_map(domain, 0x1000n, 0x40100000n, SZ_4K, IOMMU_READ);',
    "pr_info('<b>\\u00fc</b>, \"%s\"', 'x,y');",
    "throw new Error('in the middle');",
  ].join('\n'),
  'gerät 名前.ts': [
    String.raw`pr_info('<script>alert(1)</script> ]]> --> &amp; \\ \r\n next \x1b[31m \u202e \ud800');`,
    "platform_device('gerät', { sids: [3] }).dma_read(0x10, 1);",
    String.raw`throw new Error('</pre></body>\u2028]]>');`,
  ].join('\n'),
  'high-addresses.ts': [
    "const dev = platform_device('accel0', { sids: [0xfffffff0], ssid_bits: 20 });",
    'dev.dma_read(0xffff_ffff_ffff_f000n, 4);',
    'dev.dma_write(0x8000_0000_0000_0000n, new Uint8Array(8));',
    'dev.dma_read(0x7fff_ffff_ffff_ffffn, 1, { pasid: 0xfffff, priv: true });',
  ].join('\n'),
  'late.ts': [
    "const dev = platform_device('accel0', { sids: [1] });",
    'for (const ms of [1, 5000, 50000]) {',
    '  msleep(ms);',
    '  dev.dma_read(0x1000, 4);',
    '}',
  ].join('\n'),
  'callbacks.ts': [
    "const dev = platform_device('accel0', { sids: [1], ssid_bits: 8 });",
    'function nested(n: number): void {',
    '  expect_event(() => true, () => {',
    '    dev.dma_read(0x1000n * BigInt(n), 1);',
    '    if (n > 0) nested(n - 1);',
    '  });',
    '}',
    'nested(40);',
    "expect_event('F_ACCESS', () => {",
    "  throw new Error('inside');",
    '});',
  ].join('\n'),
  'lost-events.ts': [
    "const dev = platform_device('accel0', { sids: [1] });",
    'expect_event(() => true, () => {',
    '  for (let n = 0; n < 700; n++) dev.dma_read(0x1000 * n, 1);',
    '});',
  ].join('\n'),
  'empty.ts': '// Nothing happens here.\n',
  'stopped.ts': "pr_info('waits');\nmsleep(100000000);\npr_info('never');\n",
};

const SCRIPTS = [...EXAMPLES, ...Object.keys(OTHERS)];
const sessions = new Map<string, { text: string; session: Session }>();
let folder = '';

/** Runs a script from the command line, as a user does; returns the text of its session file. */
function run(path: string, out: string): string {
  const entry = ['scripts/run-node.mjs', 'sim/host/cli.ts'];
  const args = [...entry, 'run', path, '--trace', out, '--time-limit', '60'];
  const { stderr, status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  expect([0, 1, 3, 4], stderr).toContain(status);
  return readFileSync(out, 'utf8');
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'substream-'));
  for (const name of SCRIPTS) {
    const own = OTHERS[name];
    const path = own === undefined ? join(ROOT, 'examples', name) : join(folder, name);
    if (own !== undefined) {
      writeFileSync(path, own);
    }
    const text = run(path, join(folder, `${name}.substream`));
    if (own === undefined) {
      expect(run(path, join(folder, `${name}.again`)), `${name} run again`).toBe(text);
    }
    sessions.set(name, { text, session: readSession([text]) });
  }
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(SCRIPTS)('the session of %s', (name) => {
  function open(): { text: string; session: Session; records: TraceRecord[] } {
    const found = sessions.get(name);
    if (found === undefined) {
      throw new Error(`${name} did not run`);
    }
    return { ...found, records: [...readTrace(found.session.source)] };
  }

  it('reads back whole, and writes as the same bytes', () => {
    const { text, session, records } = open();
    expect(session.damage).toEqual([]);
    expect(session.header.records).toBe(records.length);
    expect(sessionFileText(session.header, session.source)).toBe(text);
    expect(text).not.toContain(ROOT);
    expect(text).not.toContain(folder);
  });

  it('has the same records with the same values for babeltrace2', () => {
    const { session, records } = open();
    expect(readWithBabeltrace(session)).toEqual(records);
  });

  it('has a packet for each queue entry for tshark, by its name', () => {
    const { session, records } = open();
    const names: Partial<Record<TraceRecord['kind'], (record: TraceRecord) => string>> = {
      command: (record) => decodeCommand(record).name,
      event: (record) => decodeEvent(record).name,
      ppr: () => 'PRI_ENTRY',
    };
    const expected = records.flatMap((record) => {
      const entry = names[record.kind]?.(record);
      return entry === undefined ? [] : [[entry, String(record.id)]];
    });
    expect(tsharkFields(session, ['smmuv3.name', 'smmuv3.record'])).toEqual(expected);
  });

  it('keeps every change of its waveform in gtkwave, and ends with the counts of the trace', () => {
    const { session, records } = open();
    withExport(VCD, session, ({ path, folder: out }) => {
      runReader('vcd2fst', [path(), `${out}/out.fst`], { quiet: false });
      runReader('fst2vcd', ['-f', `${out}/out.fst`, '-o', `${out}/back.vcd`], { quiet: false });
      const wave = vcdChanges(readFileSync(`${out}/back.vcd`, 'utf8'));
      expect(wave).toEqual(vcdChanges(readFileSync(path(), 'utf8')));
      const events = records.filter(({ kind }) => kind === 'event').length;
      expect(Number(wave.get('faults.events')?.at(-1)?.[1])).toBe(events);
      const prod = wave.get('smmu.CMDQ_PROD')?.at(-1)?.[1];
      expect(wave.get('smmu.CMDQ_CONS')?.at(-1)?.[1]).toBe(prod);
    });
  });

  it('nests strictly for perfetto, and has each record once', () => {
    const { session, records } = open();
    const { traceEvents } = JSON.parse(textOfExport(PERFETTO, session)) as {
      traceEvents: ChromeEvent[];
    };
    checkNesting(traceEvents);
    checkAccesses(traceEvents);
    const shown = traceEvents.filter(({ args }) => args?.['record'] !== undefined);
    expect(shown).toHaveLength(records.filter(({ kind }) => kind !== 'return').length);
  });

  it('keeps to the grammar of ftrace and dmesg', () => {
    const { session, records } = open();
    const maps = new Set(
      records.filter(({ data }) => data['fn'] === 'iommu_map').map(({ id }) => id),
    );
    const mapped = records.filter(
      ({ kind, cause, data }) => kind === 'return' && maps.has(cause) && data['value'] === '0',
    );
    const points = ftracePoints(textOfExport(FTRACE, session));
    expect(points.filter(([event]) => event === 'map')).toHaveLength(mapped.length);
    const lines = textOfExport(DMESG, session).split('\n').slice(0, -1);
    expect(lines).toHaveLength(records.filter(({ kind }) => kind === 'log').length);
    for (const line of lines) {
      expect(line).toMatch(DMESG_LINE);
    }
  });

  it('has a row of the table for each record, and a page that needs nothing', () => {
    const { session, records } = open();
    expect(
      csvRows(textOfExport(CSV, session))
        .slice(1)
        .map(([id]) => id),
    ).toEqual(records.map(({ id }) => String(id)));
    const used = htmlElements(textOfExport(HTML, session));
    expect(['script', 'link', 'img', 'iframe', 'a'].filter((each) => used.has(each))).toEqual([]);
  });
});
