import { describe, expect, it } from 'vitest';
import { Inspector } from '../../sim/inspect/inspector.ts';
import { NotRecordedError } from '../../sim/inspect/needs.ts';
import { DEFAULT_RAM } from '../../sim/machine/machine.ts';
import { K } from '../../sim/trace/kinds.ts';
import type { FaultRig, Stages } from '../support/fault-rig.ts';
import { CD, CD_TABLE, ENTRIES, IOVA, PAGE, STE, s2Entry } from '../support/fault-rig.ts';
import { inspected, inspecting } from '../support/inspected.ts';

const EVERYTHING = { kind: 'caches', filter: '', from: 0, count: 100 } as const;

function cached(stages: Stages, change: (rig: FaultRig) => void = () => undefined) {
  return inspected({ stages }, (rig) => {
    rig.access();
    change(rig);
  });
}

/** `CD 0x8 3: fresh` of each row. */
function states({ ask }: ReturnType<typeof inspected>): string[] {
  return ask(EVERYTHING).caches.rows.map(({ cache, key, state }) => `${cache} ${key}: ${state}`);
}

describe('the view of the caches', () => {
  it('is empty before the first access', () => {
    const { ask } = inspected();
    const { caches, rows, matching } = ask(EVERYTHING).caches;
    expect([rows, matching]).toEqual([[], 0]);
    expect(new Set(caches.map(({ entries }) => entries))).toEqual(new Set([0]));
  });

  it('shows what one access brought in, each with its key, what it holds and the line', () => {
    const { rows } = cached('s1').ask(EVERYTHING).caches;
    expect(rows.map(({ cache, key, text }) => `${cache} ${key}: ${text}`)).toEqual([
      'STE 0x8: stage 1, 2^3 CDs',
      'CD 0x8 3: ASID 2',
      'TLB 0x7000_0000: 4 KiB -> 0x4070_0000 rwx (privileged rw-)  vmid 0 asid 2, stage 1',
      'walk 0x0: 512 GiB -> L1 table 0x4060_1000  vmid 0 asid 2, stage 1',
      'walk 0x4000_0000: 1 GiB -> L2 table 0x4060_2000  vmid 0 asid 2, stage 1',
      'walk 0x7000_0000: 2 MiB -> L3 table 0x4060_3000  vmid 0 asid 2, stage 1',
    ]);
    expect(new Set(rows.map(({ writer, state }) => `${writer?.line} ${state}`))).toEqual(
      new Set(['99 fresh']),
    );
  });

  it('tells both stages of a nested translation with the descriptors that it was made of', () => {
    const { ask } = cached('nested');
    const { rows } = ask({ ...EVERYTHING, cache: 'TLB', filter: `asid 2` }).caches;
    expect(rows.map(({ text }) => text)).toEqual([
      '4 KiB -> 0x4070_0000 rwx (privileged rw-)  vmid 1 asid 2, stage 1+2',
    ]);
    const { entry } = ask({ kind: 'cacheEntry', id: rows[0]?.id ?? '' });
    expect(entry?.copies.map(({ title, pa, writer }) => [title, pa, writer?.line])).toEqual([
      ['Stage 1 level 3 descriptor', BigInt(ENTRIES[3]), 30],
      ['Stage 2 level 3 descriptor', BigInt(s2Entry(PAGE)), 40],
    ]);
    expect(entry?.facts).toContainEqual({ name: 'Tag', text: 'vmid 1 asid 2' });
  });

  it('pages through the entries', () => {
    const { ask } = cached('nested');
    const whole = ask(EVERYTHING).caches;
    const part = ask({ ...EVERYTHING, from: 3, count: 2 }).caches;
    expect(part.rows).toEqual(whole.rows.slice(3, 5));
    expect([part.matching, part.from]).toEqual([whole.matching, 3]);
    expect(ask({ ...EVERYTHING, from: 10_000 }).caches.from).toBe(whole.matching - 1);
  });

  it('has nothing more to tell of an entry that is gone, or of an id that means nothing', () => {
    const { ask, rig } = cached('s1');
    const id = ask(EVERYTHING).caches.rows[0]?.id ?? '';
    expect(ask({ kind: 'cacheEntry', id }).entry?.key).toBe('0x8');
    rig.invalidate();
    for (const gone of [id, '', 'x', '0:', '99:1']) {
      expect(ask({ kind: 'cacheEntry', id: gone }).entry).toBeUndefined();
    }
    expect(ask(EVERYTHING).caches.matching).toBe(0);
  });
});

describe('an entry whose memory has changed', () => {
  it.each<[string, Stages, string, (rig: FaultRig) => void]>([
    ['STE', 's1', 'STE 0x8', (rig) => rig.set(STE, [0, 0], 0n)],
    ['CD', 's1', 'CD 0x8 3', (rig) => rig.set(CD, [63, 48], 9n)],
    ['page descriptor', 's1', 'TLB 0x7000_0000', (rig) => rig.poke(ENTRIES[3], [0n])],
    ['table descriptor', 's1', 'walk 0x7000_0000', (rig) => rig.poke(ENTRIES[2], [0n])],
  ])('is stale: the %s', (_, stages, wanted, change) => {
    const view = cached(stages, (rig) => rig.at(60, 'edit', () => change(rig)));
    expect(states(view).filter((line) => !line.endsWith('fresh'))).toEqual([`${wanted}: stale`]);
    view.rig.invalidate();
    view.rig.access();
    expect(states(view).filter((line) => line.endsWith('stale'))).toEqual([]);
  });

  it('shows both, the fields that differ, and who changed them', () => {
    const { ask } = cached('s1', (rig) => rig.at(60, 'edit', () => rig.set(CD, [63, 48], 9n)));
    const { rows, caches } = ask({ ...EVERYTHING, filter: 'stale' }).caches;
    expect(rows).toHaveLength(1);
    expect(caches.find(({ name }) => name === 'CD')).toEqual({ name: 'CD', entries: 1, stale: 1 });
    const [copy] = ask({ kind: 'cacheEntry', id: rows[0]?.id ?? '' }).entry?.copies ?? [];
    expect([copy?.cached[0], copy?.memory[0]]).toEqual([
      '0x00026205c0003510',
      '0x00096205c0003510',
    ]);
    expect(copy?.differs).toEqual([{ name: 'ASID', text: '0x9' }]);
    expect(copy?.writer).toMatchObject({ line: 60, call: 'edit()' });
  });

  it('is marked in the tables too, whatever else was invalidated since', () => {
    const { rig, nodes } = cached('s1', (own) =>
      own.at(60, 'edit', () => own.set(CD, [63, 48], 9n)),
    );
    const stateOf = (): unknown =>
      nodes(nodes()[0]?.id).find(({ title }) => title === 'CD 3')?.state;
    rig.rig.commands([0x3n | (99n << 32n), 1n], [0x46n, 0n]);
    expect(stateOf()).toBe('stale');
    rig.invalidate();
    expect(stateOf()).toBe('ok');
  });

  it('is fresh again when the old bytes come back', () => {
    const view = cached('s1', (rig) => rig.set(CD, [63, 48], 9n));
    expect(states(view)).toContain('CD 0x8 3: stale');
    view.rig.set(CD, [63, 48], 2n);
    expect(states(view)).toContain('CD 0x8 3: fresh');
  });

  it('is not stale for an Access flag that hardware may set', () => {
    const view = cached('s1', (rig) => rig.set(ENTRIES[3], [10, 10], 0n));
    expect(states(view)).toContain('TLB 0x7000_0000: fresh');
  });

  it('names a stage 2 descriptor behind a nested translation', () => {
    const view = cached('nested', (rig) => rig.poke(s2Entry(PAGE), [0n]));
    expect(states(view).filter((line) => line.endsWith('stale'))).toEqual([
      'TLB 0x4070_0000: stale',
      'TLB 0x7000_0000: stale',
    ]);
  });

  it('is told when its table was given back, and unsure after a device wrote there', () => {
    const emit = (rig: FaultRig, ...record: [number, ...number[]]): void => {
      rig.rig.recorder.emit(...record);
    };
    const freed = cached('s1', (rig) => emit(rig, K.free, 0, CD_TABLE, 0, 4096, 0));
    expect(states(freed)).toContain('CD 0x8 3: freed');
    const unsure = cached('s1', (rig) => emit(rig, K.dma, 9, -1, 0, 0, CD_TABLE, 0, 1, 0));
    expect(states(unsure)).toContain('CD 0x8 3: unsure');
    expect(states(unsure)).toContain('STE 0x8: fresh');
  });
});

describe('filters', () => {
  it.each([
    ['sid 8', ['STE', 'CD', 'TLB']],
    ['sid 9', []],
    ['ssid 3', ['CD', 'TLB']],
    ['ssid -', []],
    ['asid 2', ['CD', 'TLB', 'walk', 'walk', 'walk']],
    ['asid 1', []],
    ['vmid 0', ['STE', 'TLB', 'walk', 'walk', 'walk']],
    ['stage 1', ['TLB', 'walk', 'walk', 'walk']],
    ['stage 2', []],
    ['0x7000_0fff', ['TLB', 'walk', 'walk', 'walk']],
    ['0x7000_1000', ['walk', 'walk', 'walk']],
    ['0x7020_0000..0x7fff_ffff', ['walk', 'walk']],
    ['asid 2 0x7000_0000 sid 0x8', ['TLB']],
    ['stale', []],
    ['', ['STE', 'CD', 'TLB', 'walk', 'walk', 'walk']],
  ])('%j lets through %j', (filter, caches) => {
    const { rows } = cached('s1').ask({ ...EVERYTHING, filter }).caches;
    expect(rows.map(({ cache }) => cache)).toEqual(caches);
  });

  it.each([
    ['asid', 'asid is missing'],
    ['asid two', "asid 'two' is no number"],
    ['asid 65536', 'asid 0x10000 is not below 0x10000'],
    ['colour 3', "'colour' is none of sid N"],
    ['1 2', "'2' is none of sid N"],
    ['5..x', "TO 'x' is no number"],
    ['constructor', "'constructor' is none of"],
  ])('says what is wrong with %j', (filter, note) => {
    const answer = cached('s1').ask({ ...EVERYTHING, filter }).caches;
    expect(answer.note).toContain(note);
    expect(answer.rows).toEqual([]);
  });
});

describe('the console', () => {
  const TLB =
    '0x7000_0000    4 KiB -> 0x4070_0000 rwx (privileged rw-)  vmid 0 asid 2, stage 1  (line 99)';

  it.each([
    ['tlb', TLB],
    ['tlb asid 2', TLB],
    ['tlb vmid 0', TLB],
    ['tlb 0x7000_0000', TLB],
    ['tlb asid 3', 'none of 1 entries'],
    ['stecache', '0x8            stage 1, 2^3 CDs  (line 99)'],
    ['stecache 8', '0x8            stage 1, 2^3 CDs  (line 99)'],
    ['cdcache 0x8', '0x8 3          ASID 2  (line 99)'],
    ['cdcache 8 3', '0x8 3          ASID 2  (line 99)'],
    ['cdcache 8 4', 'none of 1 entries'],
    ['atc', 'ATC cache: empty'],
    ['wcache stage 2', 'none of 3 entries'],
    ['tlb x', expect.stringContaining("tlb: 'x' is none of sid N")],
  ])('answers %j', (text, answer) => {
    expect(cached('s1').typed(text)).toEqual(answer);
  });

  it('says that the session left out what it rests on', () => {
    const { rig } = cached('s1');
    const { chunks, texts } = rig.rig.recorder;
    const hardware = { features: rig.rig.smmu.state.features, ram: [DEFAULT_RAM] };
    const source = { chunks, texts, omitted: ['tlb_entry'] as const };
    const inspector = new Inspector(source, hardware, 'accel.ts');
    expect(() => inspector.answer(EVERYTHING)).toThrow(NotRecordedError);
    expect(inspector.answer({ kind: 'command', text: 'tlb' })).toMatchObject({
      lines: [expect.stringContaining('not recorded')],
    });
  });

  it('says of a stale entry what it holds, what memory has, and who changed it', () => {
    const { typed } = cached('s1', (rig) => rig.at(70, 'unmap', () => rig.poke(ENTRIES[3], [0n])));
    expect(typed(`tlb 0x${IOVA.toString(16)}`)).toBe(
      `${TLB.replace('  (line 99)', ' [stale]  (line 99)')}\n` +
        '  holds 0x0000000040700f43, memory has 0x0000000000000000: valid, page, AP, SH, AF, nG, OA' +
        '  line 70: unmap()',
    );
  });
});

describe('the ATC of a device', () => {
  const SETUP = `const dev = pci_device('nic0', { ats: true });
const page = alloc_pages(0);
const domain = iommu_domain_alloc(dev.bus);
assert(page !== null && domain !== null && iommu_attach_device(domain, dev) === 0);
iommu_map(domain, 0x70000000n, page_to_phys(page), SZ_4K, IOMMU_READ | IOMMU_WRITE);
dev.dma_read(0x70000000n, 4);
`;

  it('shows the translation that it was granted, and who asked', async () => {
    const { typed, ask } = await inspecting(SETUP);
    const [row] = ask({ ...EVERYTHING, cache: 'ATC' }).caches.rows;
    expect(row).toMatchObject({ state: 'fresh', writer: { line: 6 } });
    expect(row?.text).toMatch(/^-> 0x4000_\w000 rw$/);
    const sid = row?.key.split(' ')[0];
    expect(typed(`atc ${sid}`)).toEqual([expect.stringMatching(/0x7000_0000 .*\(line 6\)$/)]);
    expect(typed('atc 0xffff')).toEqual(['none of 1 entries']);
    const facts = ask({ kind: 'cacheEntry', id: row?.id ?? '' }).entry?.facts ?? [];
    expect(facts).toContainEqual({ name: 'Granted', text: 'rw' });
  });

  it('is empty after the invalidation that an unmap sends', async () => {
    const { typed } = await inspecting(`${SETUP}iommu_unmap(domain, 0x70000000n, SZ_4K);
`);
    expect(typed('atc')).toEqual(['ATC cache: empty']);
  });
});
