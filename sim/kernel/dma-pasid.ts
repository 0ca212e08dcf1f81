// The DMA API with a PASID: ours. The seed's author wished for it; no kernel of 2018-2022 has it. Each call is
// the one without `_pasid` in the auxiliary domain that the device has under that PASID, with an IOVA allocator of
// its own. Do not call iommu_map on the same domain: the allocator does not know of it.

import type { DmaMapping } from './dma-mapping.ts';
import { checkDirection } from './dma-streams.ts';
import type { IommuDmaCalls } from './dma-types.ts';
import { IOMMU_MAPPING_ERROR } from './dma-types.ts';
import type { Device, IommuDomain, Ref } from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import { GFP_KERNEL } from './mm/gfp.ts';
import type { KernelBuffer } from './mm/kernel-buffer.ts';
import type { Page } from './mm/page-alloc.ts';
import { PAGE_SIZE } from './mm/page-zone.ts';
import type { SgPointer } from './scatterlist.ts';

/** DMA API calls in the address space of a PASID. `dma_addr_t` and sizes in bytes. */
export class DmaPasid {
  readonly #kernel: KernelBase;
  readonly #calls: IommuDmaCalls;
  readonly #dma: DmaMapping;

  constructor(kernel: KernelBase, calls: IommuDmaCalls, dma: DmaMapping) {
    this.#kernel = kernel;
    this.#calls = calls;
    this.#dma = dma;
  }

  /**
   * Maps kernel memory for transactions of a device that carry `pasid`.
   *
   * @param pasid PASID of an auxiliary domain attached to `dev`
   * @param cpu, size, dir, attrs as for dma_map_single
   * @returns address for the device, or 0: no auxiliary domain has that PASID, or as dma_map_single
   * @remarks Ours: a wish in the cover letter of 2018, in no kernel (model decision).
   */
  dma_map_single_pasid(
    dev: Device,
    pasid: number,
    cpu: KernelBuffer,
    size: number,
    dir: number,
    attrs = 0,
  ): number {
    checkDirection('dma_map_single_pasid', dir);
    const domain = this.#domain('dma_map_single_pasid', dev, pasid);
    const phys = this.#dma.streams.physOf(cpu, size);
    return domain === undefined || phys === undefined
      ? IOMMU_MAPPING_ERROR
      : this.#dma.streams.map(domain, dev, phys, size, dir, attrs);
  }

  /** Undoes dma_map_single_pasid; same PASID, size and direction. Ours (model decision). */
  dma_unmap_single_pasid(
    dev: Device,
    pasid: number,
    addr: number,
    size: number,
    dir: number,
    _attrs = 0,
  ): void {
    const domain = this.#domain('dma_unmap_single_pasid', dev, pasid);
    if (domain !== undefined) {
      this.#dma.streams.unmap(domain, addr, size, dir);
    }
  }

  /** As dma_map_page, for transactions that carry `pasid`. Ours (model decision). */
  dma_map_page_pasid(
    dev: Device,
    pasid: number,
    page: Page,
    offset: number,
    size: number,
    dir: number,
    attrs = 0,
  ): number {
    const domain = this.#domain('dma_map_page_pasid', dev, pasid);
    const phys = page.pfn * PAGE_SIZE + offset;
    return domain === undefined
      ? IOMMU_MAPPING_ERROR
      : this.#dma.streams.map(domain, dev, phys, size, dir, attrs);
  }

  /** Undoes dma_map_page_pasid. Ours (model decision). */
  dma_unmap_page_pasid(
    dev: Device,
    pasid: number,
    addr: number,
    size: number,
    dir: number,
    attrs = 0,
  ): void {
    this.dma_unmap_single_pasid(dev, pasid, addr, size, dir, attrs);
  }

  /** As dma_map_sg, for transactions that carry `pasid`. Ours (model decision). */
  dma_map_sg_pasid(
    dev: Device,
    pasid: number,
    sg: SgPointer,
    nents: number,
    dir: number,
    attrs = 0,
  ): number {
    const domain = this.#domain('dma_map_sg_pasid', dev, pasid);
    return domain === undefined ? 0 : this.#dma.streams.mapSg(domain, dev, sg, nents, dir, attrs);
  }

  /** Undoes dma_map_sg_pasid. Ours (model decision). */
  dma_unmap_sg_pasid(
    dev: Device,
    pasid: number,
    sg: SgPointer,
    nents: number,
    dir: number,
    _attrs = 0,
  ): void {
    const domain = this.#domain('dma_unmap_sg_pasid', dev, pasid);
    if (domain !== undefined) {
      this.#dma.streams.unmapSg(domain, sg, nents, dir);
    }
  }

  /** As dma_alloc_coherent, for transactions that carry `pasid`. Ours (model decision). */
  dma_alloc_coherent_pasid(
    dev: Device,
    pasid: number,
    size: number,
    dma_handle: Ref<bigint>,
    gfp = GFP_KERNEL,
    attrs = 0,
  ): KernelBuffer | null {
    dma_handle.value = BigInt(IOMMU_MAPPING_ERROR);
    const domain = this.#domain('dma_alloc_coherent_pasid', dev, pasid);
    return domain === undefined
      ? null
      : this.#dma.coherent.alloc(domain, dev, size, dma_handle, gfp, attrs);
  }

  /** Frees memory of dma_alloc_coherent_pasid. Ours (model decision). */
  dma_free_coherent_pasid(
    dev: Device,
    pasid: number,
    size: number,
    cpu: KernelBuffer,
    handle: number,
  ): void {
    const domain = this.#domain('dma_free_coherent_pasid', dev, pasid);
    if (domain !== undefined) {
      this.#dma.coherent.free(domain, dev, size, cpu, handle);
    }
  }

  #domain(where: string, dev: Device, pasid: number): IommuDomain | undefined {
    const domain = this.#calls.pasidDomain(dev, pasid);
    if (domain === undefined) {
      this.#kernel.misuse(
        'model',
        `${where}: no auxiliary domain has PASID ${pasid} on ${dev.name}`,
      );
    }
    return domain;
  }
}
