// DMA API and kernel memory, bound by name for scripts.

import type { KernelFunction } from './api-table.ts';
import { DMA_BIT_MASK } from './dma-types.ts';
import type { Kernel } from './kernel.ts';
import type { KernelBuffer } from './mm/kernel-buffer.ts';
import type { Page } from './mm/page-alloc.ts';
import { get_order } from './mm/page-alloc.ts';
import {
  sg_dma_address,
  sg_dma_len,
  sg_init_one,
  sg_init_table,
  sg_nents,
  sg_next,
  sg_page,
  sg_phys,
  sg_set_buf,
  sg_set_page,
} from './scatterlist.ts';

/** Methods of an object by name, bound to it. */
function methods<T extends object, N extends keyof T & string>(
  object: T,
  names: readonly N[],
): Record<string, KernelFunction> {
  return Object.fromEntries(
    names.map((name) => [name, (object[name] as KernelFunction).bind(object) as KernelFunction]),
  );
}

/** Functions of include/linux/dma-mapping.h, gfp.h, slab.h and scatterlist.h. */
export function dmaApi({ dma, dma_pasid, pages, slab }: Kernel): Record<string, KernelFunction> {
  return {
    ...methods(dma, [
      'dma_map_single',
      'dma_unmap_single',
      'dma_map_page',
      'dma_unmap_page',
      'dma_map_sg',
      'dma_unmap_sg',
      'dma_map_resource',
      'dma_unmap_resource',
      'dma_mapping_error',
      'dma_alloc_coherent',
      'dma_free_coherent',
      'dma_sync_single_for_cpu',
      'dma_sync_single_for_device',
      'dma_sync_sg_for_cpu',
      'dma_sync_sg_for_device',
    ]),
    ...methods(dma_pasid, [
      'dma_map_single_pasid',
      'dma_unmap_single_pasid',
      'dma_map_page_pasid',
      'dma_unmap_page_pasid',
      'dma_map_sg_pasid',
      'dma_unmap_sg_pasid',
      'dma_alloc_coherent_pasid',
      'dma_free_coherent_pasid',
    ]),
    ...methods(dma.limits, [
      'dma_set_mask',
      'dma_set_coherent_mask',
      'dma_set_mask_and_coherent',
      'dma_get_mask',
      'dma_set_max_seg_size',
      'dma_set_seg_boundary',
    ]),
    DMA_BIT_MASK,
    alloc_pages: (order: number) => pages.alloc_pages(order),
    __free_pages: (page: Page, order: number) => pages.__free_pages(page, order),
    page_to_phys: (page: Page) => pages.page_to_phys(page),
    page_address: (page: Page) => pages.page_address(page),
    get_order,
    ...methods(slab, ['kmalloc', 'kzalloc', 'kfree']),
    virt_to_phys: (ptr: KernelBuffer) => ptr.phys(),
    sg_init_table,
    sg_set_page,
    sg_set_buf,
    sg_init_one,
    sg_dma_address,
    sg_dma_len,
    sg_phys,
    sg_page,
    sg_next,
    sg_nents,
  };
}
