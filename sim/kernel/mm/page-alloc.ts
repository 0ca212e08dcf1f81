// The page allocator (mm/page_alloc.c as callers see it): buddy blocks of the machine's own RAM.
// Limits: one node, no watermarks, no reclaim; the choice of a free block is LIFO (model decision).

import { hex, hi32, lo32 } from '../../base/hex.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Diagnostics } from '../../trace/diagnostics.ts';
import { K } from '../../trace/kinds.ts';
import { AllocationFaults } from './allocation-faults.ts';
import { KernelBuffer } from './kernel-buffer.ts';
import { MAX_ORDER, PAGE_SIZE, PageZone } from './page-zone.ts';

const SOURCE = 'mm/page_alloc.c';

/** What {@link PageAllocator.alloc} answers when there is no memory. */
export const NO_PAGE = -1;

/** `struct page`: the first page of a block that `alloc_pages` returned. */
export class Page {
  /** Page frame number. */
  readonly pfn: number;

  constructor(pfn: number) {
    this.pfn = pfn;
  }
}

/** A block that is still allocated. */
export interface LivePages {
  /** Physical address and size, bytes. */
  readonly pa: number;
  readonly size: number;
  readonly order: number;
  /** What it was allocated for. */
  readonly what: string;
  /** Id of its `alloc` record: the chain of causes leads to the script line. 0 when not recording. */
  readonly record: number;
}

/** Order of the smallest block of at least `size` bytes; 0 for a size of 0. */
export function get_order(size: number): number {
  let order = 0;
  while (PAGE_SIZE * 2 ** order < size) {
    order++;
  }
  return order;
}

/** All RAM of one machine. Every allocation and free is a record of the trace. */
export class PageAllocator {
  /** Counts allocations, also those of kmalloc and other kernel objects, and can refuse one. */
  readonly faults = new AllocationFaults();
  readonly #machine: Machine;
  readonly #diagnostics: Diagnostics;
  readonly #zones: PageZone[];
  /** The number of each `what`, as tags of blocks. */
  readonly #names: string[] = [];
  readonly #tags = new Map<string, number>();

  constructor(machine: Machine, diagnostics: Diagnostics) {
    this.#machine = machine;
    this.#diagnostics = diagnostics;
    this.#zones = machine.memory.regions.map((region) => new PageZone(region));
  }

  /** Pages that are allocated, and pages that there are. */
  get livePages(): number {
    return this.#zones.reduce((sum, zone) => sum + zone.live, 0);
  }

  get totalPages(): number {
    return this.#zones.reduce((sum, zone) => sum + zone.pages, 0);
  }

  /**
   * Allocates 2^order pages, naturally aligned; their content is whatever was there.
   * @param what what they are for, shown in the trace and in leak reports
   * @returns physical address in bytes, or {@link NO_PAGE}
   */
  alloc(order: number, what = 'page'): number {
    if (this.faults.shouldFail(what) || !(order >= 0 && order < MAX_ORDER)) {
      return NO_PAGE;
    }
    const recorder = this.#machine.recorder;
    const record = recorder.idOfNext(K.alloc);
    const tag = this.#tag(what);
    for (const zone of this.#zones) {
      const pa = zone.take(order, tag, record);
      if (pa !== NO_PAGE) {
        recorder.emit(
          K.alloc,
          recorder.intern(what),
          lo32(pa),
          hi32(pa),
          lo32(PAGE_SIZE * 2 ** order),
          0,
        );
        return pa;
      }
    }
    return NO_PAGE;
  }

  /** As {@link alloc}, filled with zeros (`__GFP_ZERO`). */
  allocZeroed(order: number, what = 'page'): number {
    const pa = this.alloc(order, what);
    if (pa !== NO_PAGE) {
      this.#machine.memory.fill(pa, PAGE_SIZE * 2 ** order);
    }
    return pa;
  }

  /**
   * Frees a block. A block that is not allocated, or has another order, is reported as api-misuse and
   * left alone (the kernel would print "Bad page state" or corrupt its lists).
   * @returns false when nothing was freed
   */
  free(pa: number, order: number): boolean {
    const zone = this.#zones.find((candidate) => candidate.contains(pa));
    const found = zone?.orderAt(pa) ?? NO_PAGE;
    if (zone === undefined || found !== order) {
      this.#reportBadFree(pa, order, found);
      return false;
    }
    const what = this.#names[zone.tagAt(pa)] ?? 'page';
    zone.give(pa);
    const recorder = this.#machine.recorder;
    recorder.emit(
      K.free,
      recorder.intern(what),
      lo32(pa),
      hi32(pa),
      lo32(PAGE_SIZE * 2 ** order),
      0,
    );
    return true;
  }

  /** Every block that is still allocated, by address: the leak report when a session ends. */
  *leaks(): Generator<LivePages> {
    for (const zone of this.#zones) {
      for (const block of zone.blocks()) {
        yield {
          pa: block.pa,
          size: PAGE_SIZE * 2 ** block.order,
          order: block.order,
          what: this.#names[block.tag] ?? 'page',
          record: block.since,
        };
      }
    }
  }

  /**
   * Allocates 2^order physically contiguous pages.
   *
   * @param order 0..10: log2 of the number of pages
   * @returns the first page, or NULL (`null`) without memory or for an order of 11 and above
   * @remarks Source: mm/page_alloc.c; in every kernel version (the first argument `gfp_t` is left out).
   */
  alloc_pages(order: number): Page | null {
    const pa = this.alloc(order, 'page');
    return pa === NO_PAGE ? null : new Page(pa / PAGE_SIZE);
  }

  /**
   * Frees pages of {@link alloc_pages}.
   *
   * @param page the first page of the block
   * @param order the order it was allocated with; another one is a bug that is reported
   * @remarks Source: mm/page_alloc.c; in every kernel version.
   */
  __free_pages(page: Page, order: number): void {
    this.free(this.page_to_phys(page), order);
  }

  /**
   * The kernel's address of a page: memory up to the end of its block, or of the page alone when it is
   * not the first of an allocated block.
   */
  page_address(page: Page): KernelBuffer {
    const pa = this.page_to_phys(page);
    const order = this.#zones.find((zone) => zone.contains(pa))?.orderAt(pa) ?? NO_PAGE;
    return KernelBuffer.at(this.#machine.memory, pa, PAGE_SIZE * 2 ** Math.max(order, 0));
  }

  /** Physical address of a page, bytes. */
  page_to_phys(page: Page): number {
    return page.pfn * PAGE_SIZE;
  }

  /** The page that holds a physical address (bytes). */
  phys_to_page(pa: number): Page {
    return new Page(Math.floor(pa / PAGE_SIZE));
  }

  #tag(what: string): number {
    let tag = this.#tags.get(what);
    if (tag === undefined) {
      tag = this.#names.push(what) - 1;
      this.#tags.set(what, tag);
    }
    return tag;
  }

  #reportBadFree(pa: number, order: number, found: number): void {
    const text =
      found === NO_PAGE
        ? `page ${hex(pa)} freed with order ${order} is not allocated: freed twice, or never allocated`
        : `page ${hex(pa)} allocated with order ${found} is freed with order ${order}`;
    this.#diagnostics.report('api-misuse', SOURCE, text);
  }
}
