// Leaving kinds of records out: what stays is what a whole trace would hold, linked past what is missing;
// and nothing that is told afterwards is guessed.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hardwareOf } from '../../sim/explain/hardware.ts';
import { Inspector } from '../../sim/inspect/inspector.ts';
import { diffSessions } from '../../sim/trace/diff.ts';
import { HTML } from '../../sim/trace/export/html.ts';
import type { TraceKind } from '../../sim/trace/kinds.ts';
import { TRACE_KIND_NAMES } from '../../sim/trace/kinds.ts';
import type { TraceRecord } from '../../sim/trace/reader.ts';
import { readTrace } from '../../sim/trace/reader.ts';
import type { RecordGroup } from '../../sim/trace/record-groups.ts';
import {
  notRecorded,
  omittedBy,
  omittedWithout,
  RECORD_GROUP_NAMES,
  RECORD_GROUPS,
} from '../../sim/trace/record-groups.ts';
import type { Session } from '../../sim/trace/session-reader.ts';
import { readSession } from '../../sim/trace/session-reader.ts';
import { runScript } from '../support/run-script.ts';

const FOLDER = join(import.meta.dirname, '../../examples');
const EXAMPLES = [
  'aux-domains.ts',
  'forgotten-invalidation.ts',
  'mdev.ts',
  'memcpy-engine.ts',
  'sva-pri.ts',
  'sva-stall.ts',
];
const FAULTY = readFileSync(join(FOLDER, 'read-only-page.ts'), 'utf8');

async function recorded(text: string, omit: readonly TraceKind[], file?: string): Promise<Session> {
  const { session } = await runScript(text, { omit, ...(file === undefined ? {} : { file }) });
  return readSession(session.tracePieces());
}

function records({ source }: Session): TraceRecord[] {
  return [...readTrace(source)];
}

/** What is left of a whole trace without some kinds: causes lead to the nearest record that is left. */
function without(whole: readonly TraceRecord[], omit: readonly TraceKind[]): TraceRecord[] {
  const newIds = new Map<number, number>([[0, 0]]);
  const left: TraceRecord[] = [];
  for (const record of whole) {
    const cause = newIds.get(record.cause) ?? 0;
    if (omit.includes(record.kind)) {
      newIds.set(record.id, cause);
    } else {
      newIds.set(record.id, left.length + 1);
      left.push({ ...record, id: left.length + 1, cause });
    }
  }
  return left;
}

/** Who is to blame for an event: told where everything that it takes is recorded. */
const BLAME = /, (\S+ )?[a-z]+ at [^ :]+:\d+(?=( {2}\[event \d+\])?$)/;

/** Reasons name lines where the trace knows them: without its records a text ends earlier. */
function told(record: TraceRecord): TraceRecord {
  const short = (value: number | bigint | string) =>
    typeof value === 'string' ? value.replace(/: taken by \S+$/, '').replace(BLAME, '') : value;
  const data = Object.fromEntries(
    Object.entries(record.data).map(([name, value]) => [name, short(value)]),
  );
  return { ...record, data };
}

/** Without events, what the driver drained is caused by the interrupt, not by the hardware's record. */
function unlinked(record: TraceRecord): TraceRecord {
  return record.kind === 'drained' ? { ...record, cause: 0 } : record;
}

describe('what is recorded', () => {
  it('can be chosen by groups that hold every kind once', () => {
    const kinds = Object.values(RECORD_GROUPS).flat();
    expect([...kinds].sort()).toEqual([...TRACE_KIND_NAMES].sort());
  });

  const ALL = TRACE_KIND_NAMES;
  const but = (...kinds: TraceKind[]) => ALL.filter((kind) => !kinds.includes(kind));
  it.each<[string, readonly TraceKind[]]>([
    ['all', []],
    ['calls', but('call', 'return', 'wait')],
    ['calls, dma', but('call', 'return', 'wait', 'dma', 'ats', 'device')],
    ['all,-fetches', ['fetch']],
    ['-fetches,-caches', ['fetch', 'cache', 'tlb_entry', 'walk_entry', 'atc_entry']],
    ['all,-fetch', ['fetch']],
    ['all,-memory,mem_write', ['alloc', 'free', 'descriptor_update']],
  ])('is understood from %j', (text, omitted) => {
    expect(omittedBy(text)).toEqual(omitted);
  });

  it.each([[''], ['foo'], ['all,-'], ['all fetches']])(
    'refuses %j and says what there is',
    (text) => {
      expect(() => omittedBy(text)).toThrow(/no group of records .*there is: all, calls, log/);
    },
  );

  it('is nothing when no group is chosen', () => {
    expect(omittedWithout([])).toEqual(ALL);
    expect(omittedWithout(RECORD_GROUP_NAMES)).toEqual([]);
  });

  it.each<[readonly TraceKind[], string | undefined]>([
    [[], undefined],
    [['fetch'], 'fetches were not recorded'],
    [['dma'], 'dma was not recorded'],
    [['mem_write', 'cache', 'fetch'], 'memory, fetches and caches were not recorded'],
  ])('%j is said in words', (omitted, text) => {
    expect(notRecorded(omitted)).toBe(text);
  });

  describe.each(EXAMPLES)('of %s', (name) => {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    let whole: readonly TraceRecord[] = [];

    beforeAll(async () => {
      whole = records(await recorded(text, []));
    });

    it.each(RECORD_GROUP_NAMES)('is the whole trace without %s, causes and all', async (group) => {
      const omit = RECORD_GROUPS[group];
      const filtered = await recorded(text, omit);
      expect(filtered.damage).toEqual([]);
      expect(filtered.header.omitted).toEqual(
        ALL.filter((kind) => (omit as readonly TraceKind[]).includes(kind)),
      );
      const plain = group === 'events' ? unlinked : (record: TraceRecord) => record;
      expect(records(filtered).map(told).map(plain)).toEqual(
        without(whole, omit).map(told).map(plain),
      );
    });

    it('is the same bytes for the same choice', async () => {
      const omit = omittedBy('calls,dma,events');
      const [one, two] = [await runScript(text, { omit }), await runScript(text, { omit })];
      expect(one.session.traceText()).toBe(two.session.traceText());
    });

    it('does not change what the console shows of the run', async () => {
      const whole = await runScript(text);
      const filtered = await runScript(text, { omit: omittedBy('all,-caches,-dma') });
      const told = ({ console }: { readonly console: readonly string[] }) =>
        console.map((line) => line.replace(BLAME, ''));
      expect(told(filtered)).toEqual(told(whole));
    });
  });
});

describe('a session that left records out', () => {
  async function inspectorOf(...groups: RecordGroup[]): Promise<Inspector> {
    const omit = groups.flatMap((group): readonly TraceKind[] => RECORD_GROUPS[group]);
    const { header, source } = await recorded(FAULTY, omit, 'accel.ts');
    return new Inspector(source, hardwareOf(header.machine), header.file);
  }

  it.each<[RecordGroup, string]>([
    ['fetches', 'Unknown: fetches were not recorded.'],
    ['memory', 'Unknown: memory was not recorded.'],
    ['registers', 'Unknown: registers were not recorded.'],
    ['commands', 'Unknown: commands were not recorded.'],
    ['dma', 'Unknown: dma was not recorded.'],
  ])('without %s explains no fault, and says why', async (group, line) => {
    const { lines, writer, pa } = (await inspectorOf(group)).explain(1) ?? { lines: [] };
    expect(lines).toContain(`  ${line}`);
    expect(lines.join('\n')).not.toMatch(/<-- here|Rule:|Written last/);
    expect([writer, pa]).toEqual([undefined, undefined]);
  });

  it('without calls names the bit, and of the line says that it was not recorded', async () => {
    const { lines, writer } = (await inspectorOf('calls')).explain(1) ?? { lines: [] };
    expect(lines.join('\n')).toContain('bit 7 = 1  <-- here');
    expect(lines).toContain('  Written last by     not recorded');
    expect(lines.join('\n')).not.toContain('nothing in the script');
    expect(writer).toBeUndefined();
  });

  it.each<[RecordGroup]>([['caches'], ['log'], ['objects'], ['interrupts']])(
    'without %s explains as well as ever',
    async (group) => {
      const { lines } = (await inspectorOf(group)).explain(1) ?? { lines: [] };
      expect(lines.join('\n')).toContain('bit 7 = 1  <-- here');
      expect(lines.join('\n')).toMatch(/Written last by {5}accel\.ts:\d+ {2}iommu_map/);
    },
  );

  it('shows no tables, registers, queues or memory that are not what the hardware had', async () => {
    const inspector = await inspectorOf('memory', 'registers');
    const missing = /(memory|registers).* not recorded/;
    expect(() => inspector.answer({ kind: 'tables' })).toThrow(missing);
    expect(() => inspector.answer({ kind: 'registers' })).toThrow(missing);
    expect(() => inspector.answer({ kind: 'queues' })).toThrow(missing);
    expect(() => inspector.answer({ kind: 'memory', pa: 0x4000_0000n, words: 8 })).toThrow(missing);
    for (const text of ['ste', 'cd 0', 'walk 0 - 0', 'regs', 'cmdq', 'evtq', 'mem 0', 'who 0']) {
      const answer = inspector.answer({ kind: 'command', text });
      const lines = answer.kind === 'command' ? answer.lines : [];
      expect(lines, text).toHaveLength(1);
      expect(lines[0]).toMatch(missing);
    }
  });

  it('without events does not claim that there were none', async () => {
    const inspector = await inspectorOf('events');
    const missing = 'events were not recorded';
    expect(() => inspector.answer({ kind: 'explain' })).toThrow(missing);
    expect(inspector.answer({ kind: 'command', text: 'explain' })).toEqual({
      kind: 'command',
      lines: [`explain: ${missing}`],
    });
    const { header, source } = await recorded(FAULTY, RECORD_GROUPS.events);
    const page = HTML.files({ header, source }, {})
      .flatMap(({ pieces }) => [...pieces])
      .join('');
    expect(page).toContain('<tr><th>left out</th><td>events were not recorded</td></tr>');
    expect(page).toContain('<tr><th>fault events</th><td>not recorded</td></tr>');
    expect(page).toContain('<h2>Faults</h2>\n<p>Not recorded.</p>');
  });

  it.each(RECORD_GROUP_NAMES)(
    'differs from the whole one in what it left out and in nothing else: %s',
    async (group) => {
      const whole = await recorded(FAULTY, []);
      const filtered = await recorded(FAULTY, RECORD_GROUPS[group]);
      const { setup, differences } = diffSessions(whole, filtered);
      expect(setup).toHaveLength(1);
      expect(setup[0]).toMatch(/^left out of the record: not set in A, \[.*\] in B$/);
      expect(differences).toEqual([]);
    },
  );
});
