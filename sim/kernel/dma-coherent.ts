// Coherent buffers (arch/arm64/mm/dma-mapping.c and drivers/iommu/dma-iommu.c, 4.20): zeroed pages, contiguous
// for the device. Memory in the model is always coherent, so no buffer needs a pool or uncached aliases.

import type { DirectDma } from './dma-direct.ts';
import type { IommuDma } from './dma-iommu.ts';
import { dmaInfoToProt } from './dma-iommu.ts';
import type { PageBlock } from './dma-iommu-pages.ts';
import { allocPageBlocks, freePageBlocks, pagesOf } from './dma-iommu-pages.ts';
import {
  DMA_ATTR_ALLOC_SINGLE_PAGES,
  DMA_ATTR_FORCE_CONTIGUOUS,
  DMA_BIDIRECTIONAL,
  IOMMU_MAPPING_ERROR,
} from './dma-types.ts';
import type { Device, IommuDomain, Ref } from './iommu-types.ts';
import { minPageSize } from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import { allowsBlocking } from './mm/gfp.ts';
import { KernelBuffer } from './mm/kernel-buffer.ts';
import { get_order, NO_PAGE } from './mm/page-alloc.ts';
import { PAGE_SIZE } from './mm/page-zone.ts';
import { sgFromPages } from './scatterlist.ts';

const SOURCE = 'Documentation/DMA-API.txt';

/** A coherent buffer that is allocated. */
export interface CoherentBuffer {
  readonly dev: Device;
  readonly domain: IommuDomain | undefined;
  /** Device address and bytes. */
  readonly handle: number;
  readonly size: number;
  readonly blocks: readonly PageBlock[];
}

function pageAlign(size: number): number {
  return Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
}

/** The coherent buffers of one kernel. */
export class CoherentBuffers {
  readonly #kernel: KernelBase;
  readonly #iommu: IommuDma;
  readonly #direct: DirectDma;
  readonly #live = new Map<KernelBuffer, CoherentBuffer>();

  constructor(kernel: KernelBase, iommu: IommuDma, direct: DirectDma) {
    this.#kernel = kernel;
    this.#iommu = iommu;
    this.#direct = direct;
  }

  /** Buffers that are allocated. */
  get live(): readonly CoherentBuffer[] {
    return [...this.#live.values()];
  }

  /** Allocates in `domain`, or for direct use; null, and a handle of 0, on failure. */
  alloc(
    domain: IommuDomain | undefined,
    dev: Device,
    size: number,
    dma_handle: Ref<bigint>,
    gfp: number,
    attrs: number,
  ): KernelBuffer | null {
    dma_handle.value = BigInt(IOMMU_MAPPING_ERROR);
    const contiguous =
      domain === undefined || !allowsBlocking(gfp) || (attrs & DMA_ATTR_FORCE_CONTIGUOUS) !== 0;
    const buffer = contiguous
      ? this.#allocContiguous(domain, dev, pageAlign(size), attrs)
      : this.#allocPages(domain, dev, size, attrs);
    if (buffer === undefined) {
      return null;
    }
    const memory = this.#kernel.machine.memory;
    const cpu = contiguous
      ? KernelBuffer.at(memory, buffer.blocks[0]?.pa ?? 0, buffer.size)
      : KernelBuffer.over(memory, pagesOf(buffer.blocks), buffer.size);
    this.#live.set(cpu, buffer);
    dma_handle.value = BigInt(buffer.handle);
    return cpu;
  }

  /** Unmaps and frees; what is not such a buffer of `dev` in `domain` warns and stays. */
  free(
    domain: IommuDomain | undefined,
    dev: Device,
    size: number,
    cpu: KernelBuffer,
    handle: number,
  ): void {
    const buffer = this.#live.get(cpu);
    if (buffer === undefined || buffer.dev !== dev || buffer.domain !== domain) {
      this.#kernel.log.warn('dma_free_attrs', 'trying to free invalid coherent area');
      this.#misuse('free of memory that is not a coherent buffer of this device');
      return;
    }
    if (handle !== buffer.handle || pageAlign(size) !== buffer.size) {
      this.#misuse(
        `coherent buffer of ${buffer.size} bytes at 0x${buffer.handle.toString(16)} is freed as ` +
          `${size} bytes at 0x${handle.toString(16)}`,
      );
    }
    this.#live.delete(cpu);
    if (domain !== undefined) {
      this.#iommu.unmap(domain, buffer.handle, buffer.size);
    }
    freePageBlocks(this.#kernel.pages, buffer.blocks);
  }

  #allocContiguous(
    domain: IommuDomain | undefined,
    dev: Device,
    size: number,
    attrs: number,
  ): CoherentBuffer | undefined {
    const order = get_order(size);
    const pa = this.#kernel.pages.allocZeroed(order, 'coherent buffer');
    if (pa === NO_PAGE) {
      return undefined;
    }
    const prot = dmaInfoToProt(DMA_BIDIRECTIONAL, dev.dma_coherent, attrs);
    const handle =
      domain === undefined
        ? this.#direct.map(dev, pa, size, dev.coherent_dma_mask)
        : this.#iommu.map(domain, dev, pa, size, prot);
    return this.#keep({ dev, domain, handle, size, blocks: [{ pa, order }] });
  }

  #allocPages(
    domain: IommuDomain,
    dev: Device,
    wanted: number,
    attrs: number,
  ): CoherentBuffer | undefined {
    const sizes = domain.pgsize_bitmap;
    const smallest = Math.max(minPageSize(sizes), PAGE_SIZE);
    const size = Math.ceil(wanted / smallest) * smallest;
    const single = (attrs & DMA_ATTR_ALLOC_SINGLE_PAGES) !== 0;
    const count = size / PAGE_SIZE;
    const blocks = allocPageBlocks(this.#kernel.pages, count, single ? smallest : sizes);
    if (blocks === undefined) {
      return undefined;
    }
    const prot = dmaInfoToProt(DMA_BIDIRECTIONAL, dev.dma_coherent, attrs);
    const sg = sgFromPages(pagesOf(blocks), size);
    const handle = this.#iommu.mapPages(domain, dev, sg, sg.length, size, prot);
    return this.#keep({ dev, domain, handle, size, blocks });
  }

  /** The buffer, or undefined with its pages given back when it could not be mapped. */
  #keep(buffer: CoherentBuffer): CoherentBuffer | undefined {
    if (buffer.handle !== IOMMU_MAPPING_ERROR) {
      return buffer;
    }
    freePageBlocks(this.#kernel.pages, buffer.blocks);
    return undefined;
  }

  #misuse(text: string): void {
    this.#kernel.misuse(SOURCE, text);
  }
}
