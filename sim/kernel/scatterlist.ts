// Scatter/gather lists (include/linux/scatterlist.h). `struct scatterlist sg[n]` is an array that
// sg_init_table fills; wherever C takes `sg`, the array or one of its entries is taken.

import type { KernelBuffer } from './mm/kernel-buffer.ts';
import { Page } from './mm/page-alloc.ts';
import { PAGE_SIZE } from './mm/page-zone.ts';
import { BugError } from './printk.ts';

/** One entry: a physically contiguous piece, and after mapping one segment as the device sees it. */
export class Scatterlist {
  page: Page | null = null;
  /** Bytes from the page's start, and in the piece. */
  offset = 0;
  length = 0;
  /** Segment for the device, bytes; valid for as many entries as dma_map_sg returned. */
  dma_address = 0;
  dma_length = 0;
  next: Scatterlist | null = null;
}

/** Where C has `struct scatterlist *`. */
export type SgPointer = Scatterlist | readonly Scatterlist[];

/** The first entry. @throws BugError for an empty array: a NULL pointer in C */
export function sgHead(sg: SgPointer): Scatterlist {
  const head = sg instanceof Scatterlist ? sg : sg[0];
  if (head === undefined) {
    throw new BugError('scatterlist', 'no entries: sg_init_table first');
  }
  return head;
}

/** At most `nents` entries from `sg` on: for_each_sg. */
export function* sgEntries(sg: SgPointer, nents: number): Generator<Scatterlist> {
  let entry: Scatterlist | null = sgHead(sg);
  for (let index = 0; index < nents && entry !== null; index++) {
    yield entry;
    entry = entry.next;
  }
}

/**
 * Makes `nents` empty entries and chains them.
 *
 * @param sgl an array; what it held is dropped
 * @param nents number of entries, at least 1
 * @remarks Source: lib/scatterlist.c; since 2.6.24.
 */
export function sg_init_table(sgl: Scatterlist[], nents: number): void {
  sgl.length = 0;
  for (let index = 0; index < nents; index++) {
    const entry = new Scatterlist();
    const last = sgl.at(-1);
    if (last !== undefined) {
      last.next = entry;
    }
    sgl.push(entry);
  }
}

/**
 * Points an entry at part of a page.
 *
 * @param len bytes; @param offset bytes from the page's start
 * @remarks Source: include/linux/scatterlist.h.
 */
export function sg_set_page(sg: SgPointer, page: Page, len: number, offset: number): void {
  const entry = sgHead(sg);
  entry.page = page;
  entry.length = len;
  entry.offset = offset;
}

/**
 * Points an entry at kernel memory, which must be of the linear map (kmalloc, page_address).
 *
 * @param buflen bytes
 */
export function sg_set_buf(sg: SgPointer, buf: KernelBuffer, buflen: number): void {
  if (!buf.linear) {
    throw new BugError('sg_set_buf', 'the memory is not of the linear map');
  }
  const pa = buf.phys();
  const page = new Page(Math.floor(pa / PAGE_SIZE));
  sg_set_page(sg, page, buflen, pa % PAGE_SIZE);
}

/** A list of one entry over kernel memory. */
export function sg_init_one(sgl: Scatterlist[], buf: KernelBuffer, buflen: number): void {
  sg_init_table(sgl, 1);
  sg_set_buf(sgl, buf, buflen);
}

/** The page of an entry, or NULL. */
export function sg_page(sg: SgPointer): Page | null {
  return sgHead(sg).page;
}

/** The next entry, or NULL at the end. */
export function sg_next(sg: SgPointer): Scatterlist | null {
  return sgHead(sg).next;
}

/** Physical address of an entry, bytes. */
export function sg_phys(sg: SgPointer): number {
  const entry = sgHead(sg);
  return (entry.page?.pfn ?? 0) * PAGE_SIZE + entry.offset;
}

/** Number of entries from `sg` to the end. */
export function sg_nents(sg: SgPointer): number {
  return [...sgEntries(sg, Number.POSITIVE_INFINITY)].length;
}

/** Segment address as the device must use it, bytes. */
export function sg_dma_address(sg: SgPointer): number {
  return sgHead(sg).dma_address;
}

/** Segment length, bytes. */
export function sg_dma_len(sg: SgPointer): number {
  return sgHead(sg).dma_length;
}

/** A list over pages in order, neighbours joined, of `size` bytes in all. */
export function sgFromPages(pages: readonly number[], size: number): Scatterlist[] {
  const runs: { pa: number; length: number }[] = [];
  for (const [index, pa] of pages.entries()) {
    const length = Math.min(PAGE_SIZE, size - index * PAGE_SIZE);
    const last = runs.at(-1);
    if (last !== undefined && last.pa + last.length === pa) {
      last.length += length;
    } else {
      runs.push({ pa, length });
    }
  }
  const list: Scatterlist[] = [];
  sg_init_table(list, runs.length);
  for (const [index, { pa, length }] of runs.entries()) {
    const entry = list[index];
    if (entry !== undefined) {
      sg_set_page(entry, new Page(pa / PAGE_SIZE), length, 0);
    }
  }
  return list;
}
