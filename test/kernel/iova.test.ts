import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IovaDomain } from '../../sim/kernel/iova.ts';
import { IovaFlushQueue } from '../../sim/kernel/iova-flush-queue.ts';
import { VirtualClock } from '../../sim/machine/clock.ts';

const LIMIT_32 = 0xf_ffff;
const LIMIT_48 = 2 ** 36 - 1;

/** What the DMA layer asks for: lengths below 32 pages are rounded up to a power of two. */
function length(pages: number): number {
  return pages < 32 ? 2 ** Math.ceil(Math.log2(pages)) : pages;
}

function alloc(iovad: IovaDomain, pages: number, limit = LIMIT_32): number {
  return iovad.alloc_iova_fast(length(pages), limit, true) * 4096;
}

function free(iovad: IovaDomain, address: number, pages: number): void {
  iovad.free_iova_fast(address / 4096, pages);
}

describe('IOVA allocator', () => {
  it('allocates top-down, size-aligned, and returns a freed address first', () => {
    const iovad = new IovaDomain(4096, 1);
    expect(alloc(iovad, 1)).toBe(0xffff_f000);
    expect(alloc(iovad, 1)).toBe(0xffff_e000);
    expect(alloc(iovad, 3)).toBe(0xffff_8000);
    expect(alloc(iovad, 1)).toBe(0xffff_7000);
    free(iovad, 0xffff_f000, 1);
    expect(alloc(iovad, 1)).toBe(0xffff_f000);
  });

  it('aligns lengths that are not powers of two to the next one', () => {
    expect(alloc(new IovaDomain(4096, 1), 40)).toBe(0xfffc_0000);
  });

  it('starts at the top of a 48-bit mask', () => {
    expect(alloc(new IovaDomain(4096, 1), 1, LIMIT_48)).toBe(0xffff_ffff_f000);
  });

  it('keeps one cached node for the low 4 GiB and one for the rest', () => {
    const iovad = new IovaDomain(4096, 1);
    expect(alloc(iovad, 1, LIMIT_48)).toBe(0xffff_ffff_f000);
    expect(alloc(iovad, 1)).toBe(0xffff_f000);
    expect(alloc(iovad, 1, LIMIT_48)).toBe(0xffff_ffff_e000);
    expect(alloc(iovad, 1)).toBe(0xffff_e000);
  });

  it('does not find a gap above the cached node until a free moves the node up', () => {
    const iovad = new IovaDomain(4096, 1);
    expect(alloc(iovad, 1)).toBe(0xffff_f000);
    expect(alloc(iovad, 64)).toBe(0xfff8_0000);
    // 0xfffc0000..0xffffefff is free, but it lies above the node that the search starts from.
    expect(alloc(iovad, 1)).toBe(0xfff7_f000);
    free(iovad, 0xfff8_0000, 64);
    expect(alloc(iovad, 1)).toBe(0xffff_e000);
  });

  it('does the same above 4 GiB', () => {
    const iovad = new IovaDomain(4096, 1);
    expect(alloc(iovad, 1, LIMIT_48)).toBe(0xffff_ffff_f000);
    expect(alloc(iovad, 64, LIMIT_48)).toBe(0xffff_fff8_0000);
    expect(alloc(iovad, 1, LIMIT_48)).toBe(0xffff_fff7_f000);
    free(iovad, 0xffff_fff8_0000, 64);
    expect(alloc(iovad, 1, LIMIT_48)).toBe(0xffff_ffff_e000);
  });

  it('never hands out frame 0, nor anything below the start', () => {
    const iovad = new IovaDomain(4096, 1);
    const addresses = new Set<number>();
    for (let pfn = iovad.alloc_iova_fast(1, 7, true); pfn !== 0; ) {
      addresses.add(pfn);
      pfn = iovad.alloc_iova_fast(1, 7, true);
    }
    expect([...addresses].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(new IovaDomain(4096, 5).alloc_iova_fast(4, 7, true)).toBe(0);
  });

  it('flushes the caches when the space is full, and tries once more', () => {
    const iovad = new IovaDomain(4096, 1);
    const singles = Array.from({ length: 7 }, () => iovad.alloc_iova_fast(1, 7, true));
    for (const pfn of singles) iovad.free_iova_fast(pfn, 1);
    expect(iovad.size).toBe(7);
    expect(iovad.alloc_iova_fast(4, 7, false)).toBe(0);
    expect(iovad.alloc_iova_fast(4, 7, true)).toBe(4);
    expect(iovad.size).toBe(1);
  });

  it('remembers a size that failed below 4 GiB until something is freed there', () => {
    const iovad = new IovaDomain(4096, 1);
    const high = iovad.alloc_iova(2 ** 19, LIMIT_32, true);
    expect(high?.pfn_lo).toBe(2 ** 19);
    const other = iovad.alloc_iova(2 ** 18, LIMIT_32, true);
    expect(other?.pfn_lo).toBe(2 ** 18);
    expect(iovad.alloc_iova(2 ** 18, LIMIT_32, true)).toBeUndefined();
    // The low quarter still has room for a smaller range, and not for the same size again.
    expect(iovad.alloc_iova(2 ** 18, LIMIT_32, true)).toBeUndefined();
    expect(iovad.alloc_iova(2 ** 17, LIMIT_32, true)?.pfn_lo).toBe(2 ** 17);
    iovad.free_iova(2 ** 18);
    expect(iovad.alloc_iova(2 ** 18, LIMIT_32, true)?.pfn_lo).toBe(2 ** 18);
  });

  it('goes around reserved ranges, which join where they overlap', () => {
    const iovad = new IovaDomain(4096, 1);
    iovad.reserve_iova(0xf_f000, 0xf_fffd);
    iovad.reserve_iova(0xf_e800, 0xf_f7ff);
    iovad.reserve_iova(0xf_f800, 0xf_f900);
    expect([...iovad.ranges()].map(({ pfn_lo, pfn_hi }) => [pfn_lo, pfn_hi])).toEqual([
      [0xf_e800, 0xf_fffd],
    ]);
    expect(alloc(iovad, 1)).toBe(0xffff_f000);
    expect(alloc(iovad, 1)).toBe(0xffff_e000);
    expect(alloc(iovad, 1)).toBe(0xfe7f_f000);
  });

  it('caches ranges of up to 32 pages; larger ones go back to the tree at once', () => {
    const iovad = new IovaDomain(4096, 1);
    const small = iovad.alloc_iova_fast(32, LIMIT_32, true);
    const large = iovad.alloc_iova_fast(64, LIMIT_32, true);
    iovad.free_iova_fast(small, 32);
    iovad.free_iova_fast(large, 64);
    expect([...iovad.ranges()].map(({ pfn_lo }) => pfn_lo)).toEqual([small]);
  });

  it('keeps two magazines of 128 and a depot of 32 for each size; what falls out is freed', () => {
    const iovad = new IovaDomain(4096, 1);
    const count = 128 * 40;
    const pfns = Array.from({ length: count }, () => iovad.alloc_iova_fast(1, LIMIT_32, true));
    for (const pfn of pfns) iovad.free_iova_fast(pfn, 1);
    expect(iovad.size).toBe(128 * 34);
    // The last freed comes first.
    expect(iovad.alloc_iova_fast(1, LIMIT_32, true)).toBe(pfns.at(-1));
  });

  it('takes from the cache only what lies below the limit', () => {
    const iovad = new IovaDomain(4096, 1);
    const high = iovad.alloc_iova_fast(1, LIMIT_48, true);
    iovad.free_iova_fast(high, 1);
    expect(iovad.alloc_iova_fast(1, LIMIT_32, true)).toBe(LIMIT_32);
    expect(iovad.alloc_iova_fast(1, LIMIT_48, true)).toBe(high);
  });

  it('is a BUG when the IOMMU has no page as small as the CPU', () => {
    expect(() => new IovaDomain(0x1_0000, 1)).toThrow(/BUG in init_iova_domain.*0x10000/);
  });

  it('never overlaps and keeps its limits, whatever the order of calls', () => {
    const step = fc.record({
      free: fc.boolean(),
      pages: fc.integer({ min: 1, max: 80 }),
      pick: fc.nat(1000),
      low: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const iovad = new IovaDomain(4096, 1);
        const live: { lo: number; size: number }[] = [];
        for (const { free: release, pages, pick, low } of steps) {
          if (release && live.length > 0) {
            const [gone] = live.splice(pick % live.length, 1);
            if (gone !== undefined) iovad.free_iova_fast(gone.lo, gone.size);
            continue;
          }
          const size = length(pages);
          const limit = low ? 0x3ff : 0xfff;
          const lo = iovad.alloc_iova_fast(size, limit, true);
          if (lo === 0) continue;
          const aligned = lo % 2 ** Math.ceil(Math.log2(size)) === 0;
          const apart = live.every((other) => lo >= other.lo + other.size || other.lo >= lo + size);
          if (!aligned || !apart || lo < 1 || lo + size - 1 > limit) return false;
          live.push({ lo, size });
        }
        const ordered = [...iovad.ranges()];
        return ordered.every(({ pfn_hi }, index) => {
          const next = ordered[index + 1];
          return next === undefined || next.pfn_lo > pfn_hi;
        });
      }),
      { numRuns: 200 },
    );
  });
});

describe('IOVA flush queue', () => {
  function setUp() {
    const iovad = new IovaDomain(4096, 1);
    const clock = new VirtualClock();
    const flushes: number[] = [];
    const queue = new IovaFlushQueue(iovad, clock, () => flushes.push(clock.now));
    return { iovad, clock, flushes, queue };
  }

  it('holds an address back until 10 ms have passed and the domain was flushed', () => {
    const { iovad, clock, flushes, queue } = setUp();
    const pfn = iovad.alloc_iova_fast(1, LIMIT_32, true);
    queue.queue(pfn, 1);
    clock.advance(9_999_999);
    expect(flushes).toEqual([]);
    expect(iovad.alloc_iova_fast(1, LIMIT_32, true)).not.toBe(pfn);
    clock.advance(1);
    expect(flushes).toEqual([10_000_000]);
    expect(iovad.alloc_iova_fast(1, LIMIT_32, true)).toBe(pfn);
  });

  it('flushes when the ring of 256 is full, which is at the 256th entry', () => {
    const { iovad, flushes, queue } = setUp();
    for (let count = 0; count < 255; count++) {
      queue.queue(iovad.alloc_iova_fast(1, LIMIT_32, true), 1);
    }
    expect(flushes.length).toBe(0);
    expect(queue.pending).toBe(255);
    queue.queue(iovad.alloc_iova_fast(1, LIMIT_32, true), 1);
    expect(flushes.length).toBe(1);
    expect(queue.pending).toBe(1);
  });

  it('flushes once for all that waited, and not again until something is queued', () => {
    const { iovad, clock, flushes, queue } = setUp();
    for (let count = 0; count < 10; count++) {
      queue.queue(iovad.alloc_iova_fast(1, LIMIT_32, true), 1);
    }
    clock.advance(100_000_000);
    expect(flushes.length).toBe(1);
    expect(queue.pending).toBe(0);
    queue.queue(iovad.alloc_iova_fast(1, LIMIT_32, true), 1);
    clock.advance(10_000_000);
    expect(flushes.length).toBe(2);
  });

  it('stops its timer with the domain', () => {
    const { iovad, clock, flushes, queue } = setUp();
    queue.queue(iovad.alloc_iova_fast(1, LIMIT_32, true), 1);
    queue.destroy();
    clock.advance(20_000_000);
    expect(flushes).toEqual([]);
  });
});
