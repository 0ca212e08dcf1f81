// Pages of a coherent buffer (drivers/iommu/dma-iommu.c, 4.20): as few and as large blocks of the IOMMU's own
// page sizes as can be had, so that the mapping can use blocks.

import type { PageAllocator } from './mm/page-alloc.ts';
import { NO_PAGE } from './mm/page-alloc.ts';
import { MAX_ORDER, PAGE_SHIFT, PAGE_SIZE } from './mm/page-zone.ts';

/** One allocated block. */
export interface PageBlock {
  /** Physical address, bytes. */
  readonly pa: number;
  readonly order: number;
}

/** Orders that are page sizes of the IOMMU and of the page allocator, largest first. */
function ordersOf(pgsizeBitmap: number): number[] {
  const orders: number[] = [];
  for (let order = MAX_ORDER - 1; order >= 0; order--) {
    if (Math.floor(pgsizeBitmap / 2 ** (order + PAGE_SHIFT)) % 2 === 1) {
      orders.push(order);
    }
  }
  return orders;
}

/**
 * Allocates `count` pages in zeroed blocks of the sizes in `pgsizeBitmap`.
 * @returns undefined, with everything given back, when even the smallest size cannot be had
 */
export function allocPageBlocks(
  pages: PageAllocator,
  count: number,
  pgsizeBitmap: number,
): PageBlock[] | undefined {
  const blocks: PageBlock[] = [];
  let orders = ordersOf(pgsizeBitmap);
  for (let left = count; left > 0; ) {
    orders = orders.filter((order) => 2 ** order <= left);
    let pa: number = NO_PAGE;
    while (pa === NO_PAGE && orders.length > 0) {
      pa = pages.allocZeroed(orders[0] ?? 0, 'coherent buffer');
      if (pa === NO_PAGE) {
        orders = orders.slice(1);
      }
    }
    const order = orders[0];
    if (pa === NO_PAGE || order === undefined) {
      freePageBlocks(pages, blocks);
      return undefined;
    }
    blocks.push({ pa, order });
    left -= 2 ** order;
  }
  return blocks;
}

export function freePageBlocks(pages: PageAllocator, blocks: readonly PageBlock[]): void {
  for (const { pa, order } of blocks) {
    pages.free(pa, order);
  }
}

/** Physical address of each page of the blocks, in order. */
export function pagesOf(blocks: readonly PageBlock[]): number[] {
  return blocks.flatMap(({ pa, order }) =>
    Array.from({ length: 2 ** order }, (_, index) => pa + index * PAGE_SIZE),
  );
}
