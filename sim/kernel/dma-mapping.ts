// The DMA API as drivers call it (include/linux/dma-mapping.h, 4.20): through the IOMMU when the device's
// default domain is of type DMA, else directly (address = physical address). Memory is always coherent in the
// model, so cache maintenance has no effect.

import { CoherentBuffers } from './dma-coherent.ts';
import { DirectDma } from './dma-direct.ts';
import { dmaInfoToProt, IommuDma } from './dma-iommu.ts';
import { DmaLimits } from './dma-limits.ts';
import { checkDirection, DmaStreams } from './dma-streams.ts';
import type { IommuDmaCalls } from './dma-types.ts';
import { IOMMU_MAPPING_ERROR } from './dma-types.ts';
import type { Device, IommuDomain, Ref } from './iommu-types.ts';
import { IOMMU_DOMAIN_DMA, IOMMU_MMIO } from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import { GFP_KERNEL } from './mm/gfp.ts';
import type { KernelBuffer } from './mm/kernel-buffer.ts';
import type { Page } from './mm/page-alloc.ts';
import { PAGE_SIZE } from './mm/page-zone.ts';
import { BugError } from './printk.ts';
import type { SgPointer } from './scatterlist.ts';
import { sgEntries } from './scatterlist.ts';

/** The DMA API of one kernel. `dma_addr_t` and sizes in bytes. */
export class DmaMapping {
  readonly iommu: IommuDma;
  readonly limits: DmaLimits;
  readonly coherent: CoherentBuffers;
  readonly #kernel: KernelBase;
  readonly #calls: IommuDmaCalls;
  readonly #streams: DmaStreams;

  constructor(kernel: KernelBase, calls: IommuDmaCalls) {
    this.#kernel = kernel;
    this.#calls = calls;
    const direct = new DirectDma(kernel);
    this.iommu = new IommuDma(kernel, calls);
    this.limits = new DmaLimits(direct, (dev) => this.domainOf(dev) !== undefined);
    this.coherent = new CoherentBuffers(kernel, this.iommu, direct);
    this.#streams = new DmaStreams(kernel, this.iommu, direct, this.limits);
  }

  /** Streaming mappings in a domain of the caller's choice. */
  get streams(): DmaStreams {
    return this.#streams;
  }

  /** The DMA domain that the device's mappings go to, or undefined for direct ones. */
  domainOf(dev: Device): IommuDomain | undefined {
    const domain = this.#calls.iommu_get_dma_domain(dev);
    return domain?.type === IOMMU_DOMAIN_DMA ? domain : undefined;
  }

  /**
   * Maps kernel memory for a device.
   *
   * @param cpu memory of kmalloc or page_address; `size` bytes from its start
   * @param dir DMA_TO_DEVICE (device reads), DMA_FROM_DEVICE, DMA_BIDIRECTIONAL; another one is a BUG
   * @param attrs DMA_ATTR_PRIVILEGED and others, or 0
   * @returns the address for the device, with the offset inside the page kept; 0 on failure, which
   *   dma_mapping_error tells
   * @remarks Whole pages are mapped: neighbours in the same page are reachable, too. Source:
   *   drivers/iommu/dma-iommu.c, 4.20 (5.0 and later return all ones on failure).
   */
  dma_map_single(dev: Device, cpu: KernelBuffer, size: number, dir: number, attrs = 0): number {
    checkDirection('dma_map_single', dir);
    const phys = this.#streams.physOf(cpu, size);
    return phys === undefined
      ? IOMMU_MAPPING_ERROR
      : this.#streams.map(this.domainOf(dev), dev, phys, size, dir, attrs);
  }

  /**
   * Undoes dma_map_single: the device must not use the address any more.
   *
   * @param addr what dma_map_single returned; `size` and `dir` as they were given to it
   * @remarks Strict mode invalidates the TLB before the address can be used again; with iommu.strict=0
   *   the device may reach the memory for up to 10 ms. Another size than the mapped one warns.
   */
  dma_unmap_single(dev: Device, addr: number, size: number, dir: number, _attrs = 0): void {
    this.#streams.unmap(this.domainOf(dev), addr, size, dir);
  }

  /** As {@link dma_map_single}, for `size` bytes from `offset` of a page of alloc_pages. */
  dma_map_page(
    dev: Device,
    page: Page,
    offset: number,
    size: number,
    dir: number,
    attrs = 0,
  ): number {
    const phys = page.pfn * PAGE_SIZE + offset;
    return this.#streams.map(this.domainOf(dev), dev, phys, size, dir, attrs);
  }

  /** As {@link dma_unmap_single}, for dma_map_page. */
  dma_unmap_page(dev: Device, addr: number, size: number, dir: number, _attrs = 0): void {
    this.#streams.unmap(this.domainOf(dev), addr, size, dir);
  }

  /**
   * Tells whether a mapping failed.
   *
   * @returns 1 for the error cookie (0 in 4.20; IOVA page 0 is never used), else 0
   */
  dma_mapping_error(_dev: Device, dma_addr: number): number {
    return dma_addr === IOMMU_MAPPING_ERROR ? 1 : 0;
  }

  /**
   * Maps a scatterlist into one contiguous range.
   *
   * @param sg the list; `nents` its number of entries
   * @returns number of segments for the device, at most `nents` (neighbours that meet at page borders
   *   are joined up to 64 KiB, or dma_set_max_seg_size); 0 on failure
   * @remarks Use sg_dma_address and sg_dma_len of that many entries. Source: drivers/iommu/dma-iommu.c.
   */
  dma_map_sg(dev: Device, sg: SgPointer, nents: number, dir: number, attrs = 0): number {
    return this.#streams.mapSg(this.domainOf(dev), dev, sg, nents, dir, attrs);
  }

  /** Undoes dma_map_sg. `nents` is the count given to it, not the one it returned. */
  dma_unmap_sg(dev: Device, sg: SgPointer, nents: number, dir: number, _attrs = 0): void {
    this.#streams.unmapSg(this.domainOf(dev), sg, nents, dir);
  }

  /**
   * Maps registers of another device, as device memory.
   *
   * @param phys physical address, not of RAM (a BUG)
   * @returns the address for the device, or 0
   */
  dma_map_resource(dev: Device, phys: number, size: number, dir: number, attrs = 0): number {
    checkDirection('dma_map_resource', dir);
    if (this.#kernel.machine.memory.contains(phys, 1)) {
      throw new BugError('dma_map_resource', `0x${phys.toString(16)} is RAM`);
    }
    const domain = this.domainOf(dev);
    if (domain === undefined) {
      return phys;
    }
    return this.iommu.map(domain, dev, phys, size, dmaInfoToProt(dir, false, attrs) | IOMMU_MMIO);
  }

  /** Undoes dma_map_resource. */
  dma_unmap_resource(dev: Device, addr: number, size: number, dir: number, _attrs = 0): void {
    this.#streams.unmap(this.domainOf(dev), addr, size, dir);
  }

  /**
   * Allocates memory that CPU and device share, zeroed.
   *
   * @param size bytes, rounded up to pages
   * @param dma_handle its `value` becomes the device's address (bigint)
   * @param gfp GFP_KERNEL; GFP_ATOMIC gives physically contiguous pages
   * @returns the memory for the CPU, or NULL (`null`)
   * @remarks Contiguous for the device, physically a collection of blocks of the IOMMU's page sizes.
   *   Limited by the coherent mask. Source: drivers/iommu/dma-iommu.c, 4.20.
   */
  dma_alloc_coherent(
    dev: Device,
    size: number,
    dma_handle: Ref<bigint>,
    gfp = GFP_KERNEL,
    attrs = 0,
  ): KernelBuffer | null {
    return this.coherent.alloc(this.domainOf(dev), dev, size, dma_handle, gfp, attrs);
  }

  /**
   * Frees memory of dma_alloc_coherent.
   *
   * @param size as it was allocated; `cpu` and `handle` as they were returned. A buffer that is not
   *   known warns
   */
  dma_free_coherent(dev: Device, size: number, cpu: KernelBuffer, handle: number): void {
    this.coherent.free(this.domainOf(dev), dev, size, cpu, handle);
  }

  /** Hands a mapped range back to the CPU. No effect on the IOMMU, nor on the model's memory. */
  dma_sync_single_for_cpu(dev: Device, addr: number, size: number, dir: number): void {
    this.#sync('dma_sync_single_for_cpu', dev, addr, size, dir);
  }

  /** Hands a mapped range to the device. No effect on the IOMMU, nor on the model's memory. */
  dma_sync_single_for_device(dev: Device, addr: number, size: number, dir: number): void {
    this.#sync('dma_sync_single_for_device', dev, addr, size, dir);
  }

  /** As dma_sync_single_for_cpu, for each segment of a mapped list. */
  dma_sync_sg_for_cpu(dev: Device, sg: SgPointer, nents: number, dir: number): void {
    this.#syncSg('dma_sync_sg_for_cpu', dev, sg, nents, dir);
  }

  /** As dma_sync_single_for_device, for each segment of a mapped list. */
  dma_sync_sg_for_device(dev: Device, sg: SgPointer, nents: number, dir: number): void {
    this.#syncSg('dma_sync_sg_for_device', dev, sg, nents, dir);
  }

  #sync(where: string, dev: Device, addr: number, size: number, dir: number): void {
    checkDirection(where, dir);
    const domain = this.domainOf(dev);
    if (domain !== undefined && this.#calls.iommu_iova_to_phys(domain, addr) === 0) {
      this.#kernel.misuse(
        'Documentation/DMA-API.txt',
        `${where} of ${size} bytes at 0x${addr.toString(16)}, which is not mapped`,
      );
    }
  }

  #syncSg(where: string, dev: Device, sg: SgPointer, nents: number, dir: number): void {
    for (const { dma_address, dma_length } of sgEntries(sg, nents)) {
      if (dma_length !== 0) {
        this.#sync(where, dev, dma_address, dma_length, dir);
      }
    }
  }
}
