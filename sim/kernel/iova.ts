// The IOVA allocator (drivers/iommu/iova.c, 4.20): size-aligned, top-down from a cached node, with caches of
// freed ranges. Page frame numbers are doubles. Ranges are a list in address order with an index by start:
// the same answers as the kernel's tree, since it only ever steps to neighbours of a node it has at hand.

import { assert } from '../base/assert.ts';
import { hex } from '../base/hex.ts';
import { IOVA_RANGE_CACHE_MAX_SIZE, IovaRcache, orderBase2 } from './iova-rcache.ts';
import { PAGE_SIZE } from './mm/page-zone.ts';
import { BugError } from './printk.ts';

/** struct iova: an allocated or reserved range of page frames, both ends included. */
export class Iova {
  pfn_lo: number;
  pfn_hi: number;
  /** Neighbours by address. */
  lower: Iova | undefined = undefined;
  higher: Iova | undefined = undefined;

  constructor(pfn_lo: number, pfn_hi: number) {
    this.pfn_lo = pfn_lo;
    this.pfn_hi = pfn_hi;
  }
}

/** struct iova_domain: one address space of I/O virtual page frames. */
export class IovaDomain {
  /** Bytes of a page frame: the smallest page of the IOMMU. */
  readonly granule: number;
  /** First frame that is handed out, at least 1. */
  readonly start_pfn: number;
  readonly dma_32bit_pfn: number;
  /** Stands above all addresses. */
  readonly #anchor = new Iova(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  #cached: Iova = this.#anchor;
  #cached32: Iova = this.#anchor;
  #lowest: Iova = this.#anchor;
  /** Size of the last failed allocation: no try below 4 GiB for as much or more. */
  #max32AllocSize: number;
  readonly #byStart = new Map<number, Iova>();
  readonly #rcaches: readonly IovaRcache[];
  readonly #mayAllocate: () => boolean;

  /**
   * init_iova_domain().
   * @param granule bytes, a power of two; more than the CPU's page is a BUG
   * @param start_pfn lowest usable frame
   * @param mayAllocate asked for each struct iova: false makes that allocation fail
   */
  constructor(granule: number, start_pfn: number, mayAllocate: () => boolean = () => true) {
    if (granule > PAGE_SIZE || !Number.isInteger(Math.log2(granule))) {
      throw new BugError('init_iova_domain', `granule ${hex(granule)}`);
    }
    this.granule = granule;
    this.start_pfn = start_pfn;
    this.dma_32bit_pfn = 2 ** 32 / granule;
    this.#mayAllocate = mayAllocate;
    this.#max32AllocSize = this.dma_32bit_pfn;
    this.#rcaches = Array.from({ length: IOVA_RANGE_CACHE_MAX_SIZE }, () => new IovaRcache());
  }

  /** Ranges in the tree: allocated, reserved and cached. */
  get size(): number {
    return this.#byStart.size;
  }

  /** The ranges of the tree by ascending address. */
  *ranges(): Generator<Readonly<Iova>> {
    for (let at: Iova | undefined = this.#lowest; at !== undefined; at = at.higher) {
      if (at !== this.#anchor) {
        yield at;
      }
    }
  }

  /**
   * Allocates `size` frames as high as possible, past the caches.
   * @param limit_pfn last frame that may be used
   * @param size_aligned align to the size rounded up to a power of two
   */
  alloc_iova(size: number, limit_pfn: number, size_aligned: boolean): Iova | undefined {
    const align = size_aligned ? 2 ** Math.ceil(Math.log2(size)) : 1;
    let limit = limit_pfn + 1;
    const below32 = limit <= this.dma_32bit_pfn;
    if (!this.#mayAllocate() || (below32 && size >= this.#max32AllocSize)) {
      return undefined;
    }
    let current: Iova | undefined = below32 ? this.#cached32 : this.#cached;
    let above: Iova;
    let pfn: number;
    do {
      limit = Math.min(limit, current.pfn_lo);
      pfn = limit < size ? -1 : Math.floor((limit - size) / align) * align;
      above = current;
      current = current.lower;
    } while (current !== undefined && pfn >= 0 && pfn <= current.pfn_hi);
    if (pfn < this.start_pfn) {
      this.#max32AllocSize = size;
      return undefined;
    }
    const iova = new Iova(pfn, pfn + size - 1);
    this.#insertBelow(above, iova);
    if (iova.pfn_hi < this.dma_32bit_pfn) {
      this.#cached32 = iova;
    } else {
      this.#cached = iova;
    }
    return iova;
  }

  /**
   * Allocates `size` frames, from the cache of freed ranges if it has one below the limit.
   * @param flush_rcache on failure give the cached ranges back to the tree and try once more
   * @returns first frame, or 0
   */
  alloc_iova_fast(size: number, limit_pfn: number, flush_rcache: boolean): number {
    const cached = this.#rcaches[orderBase2(size)]?.get(limit_pfn + 1 - size) ?? 0;
    if (cached !== 0) {
      return cached;
    }
    let iova = this.alloc_iova(size, limit_pfn, true);
    if (iova === undefined && flush_rcache) {
      for (const rcache of this.#rcaches) {
        this.#freeAll(rcache.drain());
      }
      iova = this.alloc_iova(size, limit_pfn, true);
    }
    return iova?.pfn_lo ?? 0;
  }

  /** The range that holds a frame. */
  find_iova(pfn: number): Iova | undefined {
    const exact = this.#byStart.get(pfn);
    if (exact !== undefined) {
      return exact;
    }
    for (let at = this.#anchor.lower; at !== undefined && at.pfn_hi >= pfn; at = at.lower) {
      if (at.pfn_lo <= pfn) {
        return at;
      }
    }
    return undefined;
  }

  /** Takes the range that holds `pfn` out of the tree; does nothing when there is none. */
  free_iova(pfn: number): void {
    const iova = this.find_iova(pfn);
    if (iova !== undefined) {
      this.#remove(iova);
    }
  }

  /** Frees `size` frames from `pfn` into the cache of their size order, or for good if it has none. */
  free_iova_fast(pfn: number, size: number): void {
    const rcache = this.#rcaches[orderBase2(size)];
    if (rcache === undefined) {
      this.free_iova(pfn);
    } else {
      this.#freeAll(rcache.insert(pfn));
    }
  }

  /** Keeps [pfn_lo, pfn_hi] from being handed out; overlaps with what is there are joined. */
  reserve_iova(pfn_lo: number, pfn_hi: number): Iova {
    let from = pfn_lo;
    let overlap = false;
    let at: Iova | undefined = this.#lowest;
    for (; at !== undefined; at = at.higher) {
      if (from <= at.pfn_hi && pfn_hi >= at.pfn_lo) {
        if (from < at.pfn_lo) {
          this.#byStart.delete(at.pfn_lo);
          at.pfn_lo = from;
          this.#byStart.set(from, at);
        }
        if (pfn_hi <= at.pfn_hi) {
          return at;
        }
        from = at.pfn_hi + 1;
        overlap = true;
      } else if (overlap || at.pfn_lo > pfn_hi) {
        break;
      }
    }
    const iova = new Iova(from, pfn_hi);
    this.#insertBelow(at ?? this.#anchor, iova);
    return iova;
  }

  #insertBelow(above: Iova, iova: Iova): void {
    const lower = above.lower;
    iova.higher = above;
    iova.lower = lower;
    above.lower = iova;
    if (lower === undefined) {
      this.#lowest = iova;
    } else {
      lower.higher = iova;
    }
    this.#byStart.set(iova.pfn_lo, iova);
  }

  #remove(iova: Iova): void {
    const { higher, lower } = iova;
    assert(higher !== undefined, 'the anchor is never freed');
    if (
      iova === this.#cached32 ||
      (iova.pfn_hi < this.dma_32bit_pfn && iova.pfn_lo >= this.#cached32.pfn_lo)
    ) {
      this.#cached32 = higher;
      this.#max32AllocSize = this.dma_32bit_pfn;
    }
    if (iova.pfn_lo >= this.#cached.pfn_lo) {
      this.#cached = higher;
    }
    higher.lower = lower;
    if (lower === undefined) {
      this.#lowest = higher;
    } else {
      lower.higher = higher;
    }
    this.#byStart.delete(iova.pfn_lo);
  }

  #freeAll(pfns: readonly number[]): void {
    for (const pfn of pfns) {
      this.free_iova(pfn);
    }
  }
}
