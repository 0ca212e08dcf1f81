import { describe, expect, it } from 'vitest';
import { get_order, NO_PAGE, PageAllocator } from '../../sim/kernel/mm/page-alloc.ts';
import { VirtualClock } from '../../sim/machine/clock.ts';
import { Machine } from '../../sim/machine/machine.ts';
import type { RamRegion } from '../../sim/machine/memory.ts';
import type { Diagnostic } from '../../sim/trace/diagnostics.ts';
import { Diagnostics } from '../../sim/trace/diagnostics.ts';
import { readTrace } from '../../sim/trace/reader.ts';
import { Recorder } from '../../sim/trace/recorder.ts';

const MIB = 2 ** 20;
const PAGE = 4096;

function setUp(ram: RamRegion[] = [{ base: 0x4000_0000, size: 16 * MIB }]) {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const machine = new Machine(recorder, clock, ram);
  const diagnostics = new Diagnostics(recorder);
  const reports: Diagnostic[] = [];
  diagnostics.onReport = (report) => reports.push(report);
  return { machine, recorder, reports, pages: new PageAllocator(machine, diagnostics) };
}

/** A small deterministic generator, so that the sequence can be repeated. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

describe('page allocator', () => {
  it('hands out naturally aligned blocks inside RAM that never overlap', () => {
    const { pages } = setUp();
    const random = numbers(1);
    const live = new Map<number, number>();
    const used = new Set<number>();
    const wrong: string[] = [];
    for (let round = 0; round < 4000; round++) {
      if (random.next().value < 0.6) {
        const order = Math.floor(random.next().value * 6);
        const pa = pages.alloc(order);
        if (pa === NO_PAGE) continue;
        const end = pa + PAGE * 2 ** order;
        if (pa % (PAGE * 2 ** order) !== 0) wrong.push(`misaligned ${pa}`);
        if (pa < 0x4000_0000 || end > 0x4000_0000 + 16 * MIB) wrong.push(`outside RAM ${pa}`);
        for (let page = pa; page < end; page += PAGE) {
          if (used.has(page)) wrong.push(`twice ${page}`);
          used.add(page);
        }
        live.set(pa, order);
      } else if (live.size > 0) {
        const [pa, order] = [...live][Math.floor(random.next().value * live.size)] ?? [0, 0];
        if (!pages.free(pa, order)) wrong.push(`not freed ${pa}`);
        for (let page = pa; page < pa + PAGE * 2 ** order; page += PAGE) used.delete(page);
        live.delete(pa);
      }
      if (pages.livePages !== used.size) wrong.push(`counts ${pages.livePages}`);
    }
    expect(wrong).toEqual([]);
  });

  it('merges freed buddies, so that all of RAM can be had again in the largest blocks', () => {
    const { pages } = setUp();
    const singles: number[] = [];
    for (let pa = pages.alloc(0); pa !== NO_PAGE; pa = pages.alloc(0)) singles.push(pa);
    expect(singles.length).toBe(4096);
    expect(new Set(singles).size).toBe(4096);
    for (const pa of singles.filter((_, index) => index % 2 === 0)) pages.free(pa, 0);
    expect(pages.alloc(1)).toBe(NO_PAGE);
    for (const pa of singles.filter((_, index) => index % 2 === 1)) pages.free(pa, 0);
    const large = [0, 1, 2, 3].map(() => pages.alloc(10));
    expect(large.every((pa) => pa !== NO_PAGE)).toBe(true);
    expect(pages.alloc(0)).toBe(NO_PAGE);
  });

  it('uses regions that are not multiples of the largest block, to the last page', () => {
    const { pages } = setUp([
      { base: 0x4020_0000, size: 6 * MIB },
      { base: 0x10_0000_0000, size: 2 * MIB },
    ]);
    let count = 0;
    while (pages.alloc(0) !== NO_PAGE) count++;
    expect(count).toBe(2048);
    expect(pages.livePages).toBe(pages.totalPages);
  });

  it('returns NULL for an order that the kernel does not have', () => {
    const { pages } = setUp();
    expect(pages.alloc_pages(11)).toBeNull();
    expect(pages.alloc_pages(-1)).toBeNull();
    expect(pages.alloc_pages(10)).not.toBeNull();
  });

  it('reports a page that is freed twice and changes nothing', () => {
    const { pages, reports } = setUp();
    const page = pages.alloc_pages(0);
    if (page === null) throw new Error('no page');
    pages.__free_pages(page, 0);
    expect(reports).toEqual([]);
    pages.__free_pages(page, 0);
    expect(reports.map((report) => report.class)).toEqual(['api-misuse']);
    expect(reports[0]?.text).toContain('freed twice');
    expect(pages.livePages).toBe(0);
  });

  it('reports a free with the wrong order and keeps the block', () => {
    const { pages, reports } = setUp();
    const page = pages.alloc_pages(2);
    if (page === null) throw new Error('no page');
    pages.__free_pages(page, 1);
    expect(reports[0]?.text).toContain('allocated with order 2 is freed with order 1');
    expect(pages.livePages).toBe(4);
  });

  it('lists what is still allocated, what for, and the record that says since when', () => {
    const { pages, recorder } = setUp();
    pages.alloc(0, 'iopt');
    const kept = pages.alloc(3, 'CD table');
    pages.free([...pages.leaks()][0]?.pa ?? 0, 0);
    const [leak, ...others] = [...pages.leaks()];
    expect(others).toEqual([]);
    expect(leak).toMatchObject({ pa: kept, size: 8 * PAGE, order: 3, what: 'CD table' });
    const record = [...readTrace(recorder)].find(({ id }) => id === leak?.record);
    expect(record).toMatchObject({ kind: 'alloc', data: { what: 'CD table', pa: BigInt(kept) } });
  });

  it('fails the nth allocation only, and can go on failing', () => {
    const { pages } = setUp();
    pages.faults.failNth = 2;
    expect([0, 1, 2].map(() => pages.alloc(0, 'x') === NO_PAGE)).toEqual([false, true, false]);
    pages.faults.sticky = true;
    expect(pages.alloc(0) === NO_PAGE).toBe(true);
    expect(pages.faults.refused).toBe('page');
  });

  it('gives the kernel an address for all of a block, and for one page inside it', () => {
    const { pages } = setUp();
    const page = pages.alloc_pages(2);
    if (page === null) throw new Error('no page');
    expect(pages.page_address(page).size).toBe(4 * PAGE);
    const second = pages.phys_to_page(pages.page_to_phys(page) + PAGE);
    expect(pages.page_address(second).size).toBe(PAGE);
    pages.page_address(second).write(0, Uint8Array.of(7));
    expect(pages.page_address(page).read(PAGE, 1)).toEqual(Uint8Array.of(7));
  });

  it('clears pages only when asked to', () => {
    const { pages, machine } = setUp();
    const pa = pages.alloc(0);
    machine.memory.write64(pa, 0x1234, 0x5678);
    pages.free(pa, 0);
    expect(pages.alloc(0)).toBe(pa);
    machine.memory.read64(pa);
    expect(machine.memory.lo).toBe(0x1234);
    pages.free(pa, 0);
    expect(pages.allocZeroed(0)).toBe(pa);
    machine.memory.read64(pa);
    expect(machine.memory.lo).toBe(0);
  });

  it.each([
    [0, 0],
    [1, 0],
    [4096, 0],
    [4097, 1],
    [16384, 2],
    [65536, 4],
    [2 ** 22, 10],
  ])('get_order(%i) is %i', (size, order) => {
    expect(get_order(size)).toBe(order);
  });
});
