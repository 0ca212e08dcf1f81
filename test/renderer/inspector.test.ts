// The inspector's views, on the real answers of a session with a modelled SMMU.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { changesBetween, keepMarks } from '../../renderer/inspector/changes.ts';
import type { ExplanationLine } from '../../renderer/inspector/explanation-text.ts';
import { explanationParts, explanationRows } from '../../renderer/inspector/explanation-text.ts';
import { FaultView } from '../../renderer/inspector/fault-view.ts';
import { walkRows } from '../../renderer/inspector/fault-walk-rows.ts';
import { groupedHex, MemoryView, parseAddress } from '../../renderer/inspector/memory-view.ts';
import { QueuesView, ringText } from '../../renderer/inspector/queues-view.ts';
import { RefreshLoop } from '../../renderer/inspector/refresh-loop.ts';
import { matchingRegisters, RegistersView } from '../../renderer/inspector/registers-view.ts';
import { TablesView } from '../../renderer/inspector/tables-view.ts';
import type { Ask, View } from '../../renderer/inspector/view.ts';
import { Inspector } from '../../sim/inspect/inspector.ts';
import { DEFAULT_RAM } from '../../sim/machine/machine.ts';
import type { InspectRequest } from '../../sim/protocol/inspect.ts';
import type { FaultStepDto } from '../../sim/protocol/inspect-fault.ts';
import { CD, ENTRIES, FaultRig } from '../support/fault-rig.ts';

const GOLDEN = join(import.meta.dirname, '../explain/golden');

/** Lets every pending answer arrive. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) {
    await Promise.resolve();
  }
}

function session() {
  const rig = new FaultRig({});
  const hardware = { features: rig.rig.smmu.state.features, ram: [DEFAULT_RAM] };
  const inspector = new Inspector(rig.rig.recorder, hardware, 'accel.ts');
  const asked: InspectRequest[] = [];
  const ask: Ask = async (request) => {
    asked.push(request);
    return inspector.answer(request);
  };
  return { rig, ask, asked };
}

async function refreshed(view: View): Promise<void> {
  view.refresh();
  await settle();
}

describe('a refresh', () => {
  it('waits until somebody looks', async () => {
    let times = 0;
    const loop = new RefreshLoop(async () => {
      times += 1;
    });
    void loop.request();
    await settle();
    expect(times).toBe(0);
    const look = loop.follow();
    await settle();
    expect(times).toBe(1);
    look.dispose();
    void loop.request();
    await settle();
    expect(times).toBe(1);
  });

  it('is done once more, not once for each request, when requests come during one', async () => {
    let times = 0;
    let finish: () => void = () => undefined;
    const loop = new RefreshLoop(() => {
      times += 1;
      return new Promise((done) => {
        finish = done;
      });
    });
    loop.follow();
    for (let request = 0; request < 5; request++) {
      void loop.request();
    }
    expect(times).toBe(1);
    finish();
    await settle();
    expect(times).toBe(2);
    finish();
    await settle();
    expect(times).toBe(2);
  });
});

describe('the tree of structures', () => {
  let made: ReturnType<typeof session>;
  let tables: TablesView;

  beforeEach(async () => {
    made = session();
    tables = new TablesView(made.ask);
    tables.follow();
    await settle();
  });

  function lines(): string[] {
    return tables.rows.value.map(
      ({ depth, node, expanded }) => `${'  '.repeat(depth)}${node.title}${expanded ? ' -' : ''}`,
    );
  }

  async function open(title: string): Promise<void> {
    const row = tables.rows.value.find(({ node }) => node.title === title);
    tables.toggle(row?.key ?? '', true);
    await settle();
  }

  it('opens the only stream by itself and selects its first row', () => {
    expect(lines()).toEqual(['STE 0x8 -', '  CD 0', '  CD 3']);
    expect(tables.current?.node.title).toBe('STE 0x8');
  });

  it('asks for what is opened and for nothing below it', async () => {
    await open('CD 3');
    made.asked.length = 0;
    await open('TTB0');
    expect(lines()).toEqual(['STE 0x8 -', '  CD 0', '  CD 3 -', '    TTB0 -', '      L0[0]']);
    expect(made.asked).toEqual([
      {
        kind: 'tables',
        also: [expect.stringMatching(/^ste:8:/), expect.stringMatching(/^cd:8:3:/)],
      },
      { kind: 'tables', node: expect.stringMatching(/^start:/) },
    ]);
  });

  it('tells place and number of siblings for those who hear the tree', () => {
    expect(
      tables.rows.value.map(({ position, siblings, depth }) => [position, siblings, depth]),
    ).toEqual([
      [1, 1, 0],
      [1, 2, 1],
      [2, 2, 1],
    ]);
  });

  it('keeps two CDs apart that point to one table', async () => {
    await open('CD 0');
    await open('CD 3');
    const starts = tables.rows.value.filter(({ node }) => node.title === 'TTB0');
    expect(starts.map(({ node }) => node.id)).toEqual([starts[0]?.node.id, starts[0]?.node.id]);
    tables.toggle(starts[1]?.key ?? '', true);
    await settle();
    expect(lines()).toEqual([
      'STE 0x8 -',
      '  CD 0 -',
      '    TTB0',
      '  CD 3 -',
      '    TTB0 -',
      '      L0[0]',
    ]);
  });

  it('closes without asking and keeps what was open below', async () => {
    await open('CD 3');
    await open('TTB0');
    const before = lines();
    made.asked.length = 0;
    const cd = tables.rows.value.find(({ node }) => node.title === 'CD 3');
    tables.toggle(cd?.key ?? '', false);
    expect(lines()).toEqual(['STE 0x8 -', '  CD 0', '  CD 3']);
    expect(made.asked).toEqual([]);
    await open('CD 3');
    expect(lines()).toEqual(before);
  });

  it('selects the closest ancestor when the selected row is closed away', async () => {
    await open('CD 3');
    await open('TTB0');
    const { value: rows } = tables.rows;
    tables.select(rows.find(({ node }) => node.title === 'L0[0]')?.key ?? '');
    tables.toggle(rows.find(({ node }) => node.title === 'STE 0x8')?.key ?? '', false);
    expect(tables.current?.node.title).toBe('STE 0x8');
  });

  it('marks the field that changed with what it was, until something else changes', async () => {
    const cd = tables.rows.value.find(({ node }) => node.title === 'CD 3');
    const key = cd?.key ?? '';
    tables.select(key);
    expect(tables.changes.value.size).toBe(0);
    made.rig.at(60, 'edit', () => made.rig.set(CD, [63, 48], 9n));
    await refreshed(tables);
    expect([...tables.changes.value.keys()]).toEqual([key]);
    expect([...(tables.changes.value.get(key)?.before ?? [])]).toEqual([['ASID', '0x2']]);
    expect(tables.selected.value).toBe(key);
    await refreshed(tables);
    expect(tables.changes.value.size).toBe(1);
    made.rig.at(61, 'edit', () => made.rig.set(CD, [63, 48], 7n));
    await refreshed(tables);
    expect([...(tables.changes.value.get(key)?.before ?? [])]).toEqual([['ASID', '0x9']]);
  });

  it('does not call rows new that were only just opened', async () => {
    await open('CD 3');
    await open('TTB0');
    expect(tables.changes.value.size).toBe(0);
  });

  it('marks nothing of another session', async () => {
    made.rig.at(60, 'edit', () => made.rig.set(CD, [63, 48], 9n));
    tables.restart();
    await refreshed(tables);
    expect(tables.changes.value.size).toBe(0);
  });

  it('says why there is nothing when there is no session', async () => {
    const none = new TablesView(() => Promise.reject(new Error('nothing has run yet')));
    none.follow();
    await settle();
    expect(none.problem.value).toBe('nothing has run yet');
    expect(none.rows.value).toEqual([]);
  });
});

describe('the explanation of a fault', () => {
  function explained() {
    const made = session();
    for (const entry of ENTRIES.slice(-2)) {
      made.rig.at(50, 'mistake', () => made.rig.set(entry, [0, 0], 0n));
      made.rig.access();
    }
    return made;
  }

  it('follows the newest event until another is chosen, and again from the last one on', async () => {
    const { rig, ask } = explained();
    const fault = new FaultView(ask);
    fault.follow();
    await settle();
    const shown = (): string =>
      `${fault.explanation.value?.event} of ${fault.explanation.value?.events}`;
    expect(shown()).toBe('2 of 2');
    fault.step(-1);
    await settle();
    expect(shown()).toBe('1 of 2');
    rig.access();
    await refreshed(fault);
    expect(shown()).toBe('1 of 3');
    fault.step(1);
    await settle();
    fault.step(1);
    await settle();
    expect(shown()).toBe('3 of 3');
    rig.access();
    await refreshed(fault);
    expect(shown()).toBe('4 of 4');
  });

  it('copies as the lines that are shown', async () => {
    const { ask } = explained();
    const fault = new FaultView(ask);
    expect(fault.text).toBe('');
    fault.follow();
    await settle();
    expect(fault.text).toBe(`${fault.explanation.value?.lines.join('\n')}\n`);
    expect(fault.text).toMatch(/^F_TRANSLATION \(0x10\) .*\n[\s\S]*<-- here\n/);
  });

  function rows(name: string) {
    return explanationRows(readFileSync(join(GOLDEN, name), 'utf8').trimEnd().split('\n'));
  }

  it.each([
    ['translation.txt', [/^ {2}L3 .*<-- here$/]],
    ['permission.txt', [/^ {2}L1 .*0x4000_0000_4060_2003$/, /^ +bit 62 = 1 {2}<-- here$/]],
    ['streamid.txt', [/^ {2}STRTAB_BASE_CFG.LOG2SIZE {2}<-- here$/]],
  ])('marks the guilty step of %s and no other line', (name, expected) => {
    const guilty = rows(name)
      .filter((row) => row.guilty)
      .map(({ segments }) => segments.map(({ text }) => text).join(''));
    expect(guilty).toHaveLength(expected.length);
    for (const [at, pattern] of expected.entries()) {
      expect(guilty[at]).toMatch(pattern);
    }
  });

  it('links places and the addresses of structures, not the address that faulted', () => {
    const segments = rows('translation.txt').flatMap((row) => row.segments);
    expect(segments.flatMap(({ place }) => (place === undefined ? [] : [place.line]))).toEqual([
      50, 30, 99,
    ]);
    const addresses = segments.flatMap(({ pa }) => (pa === undefined ? [] : [groupedHex(pa)]));
    expect(addresses).toEqual([
      '0x4040_0200',
      '0x4050_00c0',
      '0x4060_0000',
      '0x4060_0000',
      '0x4060_1008',
      '0x4060_2c00',
      '0x4060_3000',
    ]);
  });

  it.each(['translation.txt', 'nested.txt', 'stale-cd.txt', 'streamid.txt'])(
    'loses no letter of %s',
    (name) => {
      const text = readFileSync(join(GOLDEN, name), 'utf8').trimEnd();
      const joined = rows(name).map(({ segments }) => segments.map((one) => one.text).join(''));
      expect(joined.join('\n')).toBe(text);
    },
  );

  it.each(['translation.txt', 'nested.txt', 'stale-cd.txt', 'streamid.txt'])(
    'has what happened, the steps and the answer of %s apart, and all of it',
    (name) => {
      const lines = readFileSync(join(GOLDEN, name), 'utf8').trimEnd().split('\n');
      const { head, steps, answer } = explanationParts(lines);
      const texts = (part: readonly ExplanationLine[]) =>
        part.map(({ segments }) => segments.map(({ text }) => text).join(''));
      expect([...texts(head), ...texts(steps), ...texts(answer)]).toEqual(lines);
      expect(texts(head)[0]).toMatch(/^[CF]_/);
      expect(texts(steps).join('\n')).toContain('<-- here');
      expect(texts(answer)[1]).toMatch(/^ {2}Rule:/);
    },
  );

  it('draws what stage 2 read on the way to a structure before it, in one row', () => {
    const step = (title: string, stage: number): FaultStepDto => ({
      title,
      stage,
      pa: 0n,
      verdict: 'ok',
    });
    const s2 = ['S2 L0', 'S2 L1'].map((title) => step(title, 2));
    const walk = [step('STE', 0), ...s2, step('CD', 0), ...s2, step('L0', 1), ...s2];
    expect(walkRows(walk).map((row) => row.map(({ title }) => title).join(' '))).toEqual([
      'STE',
      'S2 L0 S2 L1 CD',
      'S2 L0 S2 L1 L0',
      'S2 L0 S2 L1',
    ]);
  });
});

describe('registers', () => {
  it('mark what changed since the last look', async () => {
    const { rig, ask } = session();
    const view = new RegistersView(ask);
    view.follow();
    await settle();
    rig.register(0x2c, 0x5);
    await refreshed(view);
    expect([...view.changes.value.keys()]).toEqual(['CR2']);
  });

  it.each([
    ['cmdq_prod', ['CMDQ_PROD']],
    ['0x88', ['STRTAB_BASE_CFG']],
    ['nothing is called so', []],
  ])('are found by %s', async (filter, names) => {
    const { ask } = session();
    const view = new RegistersView(ask);
    view.follow();
    await settle();
    expect(view.registers.value.length).toBeGreaterThan(50);
    const found = matchingRegisters(view.registers.value, filter).map(({ name }) => name);
    expect(found).toEqual(names);
  });
});

describe('queues', () => {
  it('mark entries that came since the last look', async () => {
    const { rig, ask } = session();
    const view = new QueuesView(ask);
    view.follow();
    await settle();
    expect(view.newFrom.value.size).toBe(0);
    rig.at(50, 'mistake', () => rig.set(CD, [31, 31], 0n));
    rig.access();
    await refreshed(view);
    expect(view.newFrom.value.get('EVENTQ')).toBe(0);
    expect(view.queues.value.find(({ name }) => name === 'EVENTQ')?.total).toBe(1);
    await refreshed(view);
    expect(view.newFrom.value.get('EVENTQ')).toBe(0);
  });

  it.each([
    [{ size: 0, prod: 0, cons: 0 }, 'never set up'],
    [{ size: 8, prod: 3, cons: 3 }, 'empty, index 3 of 8, 5 entries so far'],
    [{ size: 8, prod: 10, cons: 6 }, '4 waiting, index 2 of 8, 5 entries so far'],
    [{ size: 8, prod: 9, cons: 1 }, 'full, index 1 of 8, 5 entries so far'],
    [{ size: 8, prod: 1, cons: 15 }, '2 waiting, index 1 of 8, 5 entries so far'],
  ])('read %o as "%s"', (ring, text) => {
    expect(ringText({ name: 'CMDQ', total: 5, entries: [], ...ring })).toBe(text);
  });
});

describe('memory', () => {
  it.each([
    ['0x4180_0040', 0x4180_0040n],
    [' 4096 ', 4096n],
    ['0XFF', 0xffn],
    ['', undefined],
    ['12ab', undefined],
    ['0x', undefined],
    ['0xf_ffff_ffff_fff8', 0xf_ffff_ffff_fff8n],
    ['0x10_0000_0000_0000', undefined],
    ['-8', undefined],
    ['0x123456789abcdef0', undefined],
  ])('takes %j as an address or not', (text, value) => {
    expect(parseAddress(text)).toBe(value);
  });

  it('opens at the word of an address, and tells all who wrote the word, newest first', async () => {
    const { rig, ask } = session();
    const view = new MemoryView(ask);
    view.follow();
    rig.at(60, 'edit', () => rig.set(CD, [63, 48], 9n));
    view.open(BigInt(CD) + 3n);
    await settle();
    expect(view.memory.value?.rows[0]?.pa).toBe(BigInt(CD));
    expect(view.memory.value?.rows).toHaveLength(64);
    expect(view.history.value[0]).toMatch(/line 60: edit\(\)$/);
    expect(view.history.value[1]).toMatch(/line 20: attach\(\)$/);
  });

  it('marks the words that changed and what they were', async () => {
    const { rig, ask } = session();
    const view = new MemoryView(ask);
    view.follow();
    view.open(BigInt(CD));
    await settle();
    const before = view.memory.value?.rows[0]?.word ?? '';
    rig.at(60, 'edit', () => rig.set(CD, [63, 48], 9n));
    await refreshed(view);
    expect([...view.changed.value]).toEqual([[BigInt(CD), before]]);
  });

  it('does not leave the address space', async () => {
    const { ask } = session();
    const view = new MemoryView(ask);
    view.follow();
    view.open(8n);
    view.page(-1);
    expect(view.address.value).toBe(0n);
    view.open(2n ** 52n - 8n);
    await settle();
    expect(view.memory.value?.rows.at(-1)?.pa).toBe(2n ** 52n - 8n);
    view.page(1);
    expect(view.address.value).toBe(2n ** 52n - 512n);
  });
});

describe('marks', () => {
  const thing = (text: string) => ({ fields: [{ name: 'A', hi: 0, lo: 0, text }] });
  const same = (a: ReturnType<typeof thing>, b: ReturnType<typeof thing>): boolean =>
    a.fields[0]?.text === b.fields[0]?.text;

  it('tell new from changed', () => {
    const changes = changesBetween(
      new Map([['x', thing('1')]]),
      new Map([
        ['x', thing('2')],
        ['y', thing('1')],
      ]),
      same,
    );
    expect([...changes].map(([key, { kind }]) => `${key} ${kind}`)).toEqual(['x changed', 'y new']);
  });

  it('are kept by an answer without news', () => {
    const old = changesBetween(new Map([['x', thing('1')]]), new Map([['x', thing('2')]]), same);
    expect(keepMarks(old, new Map())).toBe(old);
  });
});
