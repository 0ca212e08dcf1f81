// One RAM region under a buddy allocator: free lists of 2^order pages, orders 0..10, LIFO each.
// Bookkeeping is per 4 MiB section, made when the section is first split; untouched ones cost nothing.

import { assert } from '../../base/assert.ts';
import type { RamRegion } from '../../machine/memory.ts';

/** Bytes of a page: the kernel is built with 4 KiB pages. */
export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 2 ** PAGE_SHIFT;
/** Orders below this can be allocated: 11 in 4.20, so 4 MiB at most. */
export const MAX_ORDER = 11;

const SECTION_SHIFT = MAX_ORDER - 1;
const SECTION_PAGES = 2 ** SECTION_SHIFT;
const SECTION_MASK = SECTION_PAGES - 1;
const NONE = -1;

/** State of a page: which block it heads. Pages inside a block are TAIL. */
const TAIL = 0;
const FREE = 0x40;
const LIVE = 0x80;

/** Pages of a section. For a free head `next`/`back` link its list; for a live one they name its owner. */
interface Section {
  readonly state: Uint8Array;
  readonly next: Int32Array;
  readonly back: Int32Array;
}

/** A live block as reports list it. */
export interface LiveBlock {
  /** Physical address, bytes. */
  readonly pa: number;
  readonly order: number;
  /** Two numbers that the owner gave: what it is for, and since which record. */
  readonly tag: number;
  readonly since: number;
}

/** Pages are numbered from the start of the section that holds the region's first page. */
export class PageZone {
  /** Pages handed out now. */
  live = 0;
  readonly pages: number;
  readonly #base: number;
  readonly #sections: (Section | undefined)[] = [];
  readonly #heads = new Int32Array(MAX_ORDER).fill(NONE);
  /** Sections never touched: [wild, wildEnd). */
  #wild: number;
  readonly #wildEnd: number;
  readonly #first: number;
  readonly #end: number;

  constructor(region: RamRegion) {
    const start = region.base / PAGE_SIZE;
    this.#base = Math.floor(start / SECTION_PAGES) * SECTION_PAGES;
    this.pages = Math.floor(region.size / PAGE_SIZE);
    this.#first = start - this.#base;
    this.#end = this.#first + this.pages;
    this.#wild = Math.ceil(this.#first / SECTION_PAGES);
    this.#wildEnd = Math.max(this.#wild, Math.floor(this.#end / SECTION_PAGES));
    this.#seed(this.#first, Math.min(this.#wild * SECTION_PAGES, this.#end));
    this.#seed(Math.max(this.#wildEnd * SECTION_PAGES, this.#first), this.#end);
  }

  /** True when the page at `pa` belongs to this zone. */
  contains(pa: number): boolean {
    const index = pa / PAGE_SIZE - this.#base;
    return index >= this.#first && index < this.#end;
  }

  /** Physical address of a free block of 2^order pages, which becomes live; -1 when there is none. */
  take(order: number, tag: number, since: number): number {
    let from = order;
    while (from < MAX_ORDER && this.#heads[from] === NONE) {
      from++;
    }
    let index: number;
    if (from < MAX_ORDER) {
      index = this.#heads[from] as number;
      this.#unlink(index, from);
    } else if (this.#wild < this.#wildEnd) {
      index = this.#wild++ * SECTION_PAGES;
      from = SECTION_SHIFT;
    } else {
      return NONE;
    }
    while (from > order) {
      from--;
      this.#push(index + 2 ** from, from);
    }
    const section = this.#sectionOf(index);
    const at = index & SECTION_MASK;
    section.state[at] = LIVE | order;
    section.next[at] = tag;
    section.back[at] = since;
    this.live += 2 ** order;
    return (this.#base + index) * PAGE_SIZE;
  }

  /** Order of the live block that starts at `pa`, or -1 when none does. */
  orderAt(pa: number): number {
    const index = pa / PAGE_SIZE - this.#base;
    const state = this.#sections[index >> SECTION_SHIFT]?.state[index & SECTION_MASK] ?? TAIL;
    return (state & LIVE) === 0 ? NONE : state & ~LIVE;
  }

  /** The tag of the live block that starts at `pa`. */
  tagAt(pa: number): number {
    const index = pa / PAGE_SIZE - this.#base;
    return this.#sectionOf(index).next[index & SECTION_MASK] as number;
  }

  /** Gives a live block back and merges it with its free buddies. */
  give(pa: number): void {
    let order = this.orderAt(pa);
    assert(order !== NONE, `no live block at page 0x${pa.toString(16)}`);
    let index = pa / PAGE_SIZE - this.#base;
    this.live -= 2 ** order;
    this.#sectionOf(index).state[index & SECTION_MASK] = TAIL;
    while (order < SECTION_SHIFT) {
      const buddy = index ^ (1 << order);
      if (this.#sectionOf(buddy).state[buddy & SECTION_MASK] !== (FREE | order)) {
        break;
      }
      this.#unlink(buddy, order);
      index = Math.min(index, buddy);
      order++;
    }
    this.#push(index, order);
  }

  /** All live blocks, by address. */
  *blocks(): Generator<LiveBlock> {
    for (const [number, section] of this.#sections.entries()) {
      for (let at = 0; section !== undefined && at < SECTION_PAGES; at++) {
        const state = section.state[at] as number;
        if ((state & LIVE) !== 0) {
          yield {
            pa: (this.#base + number * SECTION_PAGES + at) * PAGE_SIZE,
            order: state & ~LIVE,
            tag: section.next[at] as number,
            since: section.back[at] as number,
          };
        }
      }
    }
  }

  /** Frees the pages [from, to) of a section that the region covers in part. */
  #seed(from: number, to: number): void {
    for (let index = from; index < to; ) {
      let order = 0;
      while (
        order < SECTION_SHIFT &&
        index % 2 ** (order + 1) === 0 &&
        index + 2 ** (order + 1) <= to
      ) {
        order++;
      }
      this.#push(index, order);
      index += 2 ** order;
    }
  }

  #sectionOf(index: number): Section {
    const number = index >> SECTION_SHIFT;
    let section = this.#sections[number];
    if (section === undefined) {
      section = {
        state: new Uint8Array(SECTION_PAGES),
        next: new Int32Array(SECTION_PAGES),
        back: new Int32Array(SECTION_PAGES),
      };
      this.#sections[number] = section;
    }
    return section;
  }

  #push(index: number, order: number): void {
    const head = this.#heads[order] as number;
    const section = this.#sectionOf(index);
    const at = index & SECTION_MASK;
    section.state[at] = FREE | order;
    section.next[at] = head;
    section.back[at] = NONE;
    if (head !== NONE) {
      this.#sectionOf(head).back[head & SECTION_MASK] = index;
    }
    this.#heads[order] = index;
  }

  #unlink(index: number, order: number): void {
    const section = this.#sectionOf(index);
    const at = index & SECTION_MASK;
    const next = section.next[at] as number;
    const back = section.back[at] as number;
    section.state[at] = TAIL;
    if (next !== NONE) {
      this.#sectionOf(next).back[next & SECTION_MASK] = back;
    }
    if (back === NONE) {
      this.#heads[order] = next;
    } else {
      this.#sectionOf(back).next[back & SECTION_MASK] = next;
    }
  }
}
