// kmalloc: objects of 128 bytes to 2 KiB share pages (so a device that was given one may reach its
// neighbours, as on real hardware), larger ones have pages of their own. Sizes as on arm64 (DMA minimum 128).

import { assert } from '../../base/assert.ts';
import { hex } from '../../base/hex.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Diagnostics } from '../../trace/diagnostics.ts';
import { GFP_KERNEL } from './gfp.ts';
import { KernelBuffer } from './kernel-buffer.ts';
import type { PageAllocator } from './page-alloc.ts';
import { get_order, NO_PAGE } from './page-alloc.ts';
import { PAGE_SIZE } from './page-zone.ts';

const SMALLEST = 128;
const LARGEST = 2048;
const SOURCE = 'mm/slub.c';

/** A page that holds objects of one size. */
interface Slab {
  readonly pa: number;
  readonly objectSize: number;
  /** Offsets of free objects; the last one is handed out next. */
  readonly free: number[];
}

/** One allocation of kmalloc. */
export interface LiveObject {
  /** Bytes that were asked for. */
  readonly size: number;
  /** Trace record that caused it. */
  readonly cause: number;
}

/** kmalloc and kfree over the page allocator. */
export class Slabs {
  readonly #machine: Machine;
  readonly #pages: PageAllocator;
  readonly #diagnostics: Diagnostics;
  /** Slabs with room, by object size; the last one serves. */
  readonly #partial = new Map<number, Slab[]>();
  readonly #slabs = new Map<number, Slab>();
  readonly #live = new Map<number, LiveObject>();

  constructor(machine: Machine, pages: PageAllocator, diagnostics: Diagnostics) {
    this.#machine = machine;
    this.#pages = pages;
    this.#diagnostics = diagnostics;
  }

  /** Objects that are allocated, by address. */
  get live(): ReadonlyMap<number, LiveObject> {
    return this.#live;
  }

  /**
   * Allocates physically contiguous memory.
   *
   * @param size bytes
   * @param _gfp GFP_KERNEL or GFP_ATOMIC; both are served alike (model decision)
   * @returns the memory, whatever was in it, or NULL (`null`)
   * @remarks Source: include/linux/slab.h; in every kernel version.
   */
  kmalloc(size: number, _gfp = GFP_KERNEL): KernelBuffer | null {
    const pa = this.#allocate(size);
    return pa === NO_PAGE ? null : KernelBuffer.at(this.#machine.memory, pa, size);
  }

  /** As {@link kmalloc}, zeroed. */
  kzalloc(size: number, gfp = GFP_KERNEL): KernelBuffer | null {
    const buffer = this.kmalloc(size, gfp);
    buffer?.fill(0);
    return buffer;
  }

  /**
   * Frees memory of kmalloc or kzalloc.
   *
   * @param ptr the pointer that was returned; NULL is ignored. Another one, or one freed before, is a
   *   bug that is reported
   * @remarks Source: mm/slub.c; in every kernel version.
   */
  kfree(ptr: KernelBuffer | null): void {
    if (ptr === null) {
      return;
    }
    const pa = ptr.phys();
    const size = this.#live.get(pa)?.size;
    if (size === undefined || !ptr.linear) {
      this.#diagnostics.report(
        'api-misuse',
        SOURCE,
        `kfree of ${hex(pa)}: freed twice, or not from kmalloc`,
      );
      return;
    }
    this.#live.delete(pa);
    this.#release(pa, size);
  }

  #allocate(size: number): number {
    const objectSize = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(Math.max(size, 1))));
    if (objectSize > LARGEST) {
      const pa = this.#pages.alloc(get_order(size), 'kmalloc');
      if (pa !== NO_PAGE) {
        this.#live.set(pa, { size, cause: this.#machine.recorder.cause });
      }
      return pa;
    }
    const slab = this.#slabFor(objectSize);
    if (slab === undefined) {
      return NO_PAGE;
    }
    const pa = slab.pa + (slab.free.pop() ?? 0);
    if (slab.free.length === 0) {
      this.#partial.get(objectSize)?.pop();
    }
    this.#live.set(pa, { size, cause: this.#machine.recorder.cause });
    return pa;
  }

  #slabFor(objectSize: number): Slab | undefined {
    let partial = this.#partial.get(objectSize);
    if (partial === undefined) {
      partial = [];
      this.#partial.set(objectSize, partial);
    }
    const last = partial.at(-1);
    if (last !== undefined) {
      return this.#pages.faults.shouldFail('kmalloc') ? undefined : last;
    }
    const pa = this.#pages.alloc(0, 'kmalloc');
    if (pa === NO_PAGE) {
      return undefined;
    }
    const free: number[] = [];
    for (let offset = PAGE_SIZE - objectSize; offset >= 0; offset -= objectSize) {
      free.push(offset);
    }
    const slab = { pa, objectSize, free };
    this.#slabs.set(pa, slab);
    partial.push(slab);
    return slab;
  }

  #release(pa: number, size: number): void {
    const slab = this.#slabs.get(Math.floor(pa / PAGE_SIZE) * PAGE_SIZE);
    if (slab === undefined) {
      this.#pages.free(pa, get_order(size));
      return;
    }
    const partial = this.#partial.get(slab.objectSize);
    assert(partial !== undefined, 'a slab has a list');
    if (slab.free.length === 0) {
      partial.push(slab);
    }
    slab.free.push(pa - slab.pa);
    if (slab.free.length === PAGE_SIZE / slab.objectSize) {
      partial.splice(partial.indexOf(slab), 1);
      this.#slabs.delete(slab.pa);
      this.#pages.free(slab.pa, 0);
    }
  }
}
