// Streaming mappings in one domain or, without one, directly: what the calls with and without PASID share.
// Direction errors are BUGs as in include/linux/dma-mapping.h (4.20); other mistakes are api-misuse reports.

import type { DirectDma } from './dma-direct.ts';
import type { IommuDma } from './dma-iommu.ts';
import { dmaInfoToProt } from './dma-iommu.ts';
import type { DmaLimits } from './dma-limits.ts';
import { DMA_FROM_DEVICE, IOMMU_MAPPING_ERROR } from './dma-types.ts';
import type { Device, IommuDomain } from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import type { KernelBuffer } from './mm/kernel-buffer.ts';
import { BugError } from './printk.ts';
import type { SgPointer } from './scatterlist.ts';

const SOURCE = 'Documentation/DMA-API.txt';

/** BUG_ON(!valid_dma_direction(dir)). */
export function checkDirection(where: string, dir: number): void {
  if (!(dir >= 0 && dir <= DMA_FROM_DEVICE)) {
    throw new BugError(where, `DMA direction ${dir}`);
  }
}

/** Streaming DMA of one kernel; a domain of undefined means direct mapping. */
export class DmaStreams {
  readonly #kernel: KernelBase;
  readonly #iommu: IommuDma;
  readonly #direct: DirectDma;
  readonly #limits: DmaLimits;

  constructor(kernel: KernelBase, iommu: IommuDma, direct: DirectDma, limits: DmaLimits) {
    this.#kernel = kernel;
    this.#iommu = iommu;
    this.#direct = direct;
    this.#limits = limits;
  }

  /** Physical address of the first of `size` bytes, or undefined for memory that has no one address. */
  physOf(cpu: KernelBuffer, size: number): number | undefined {
    if (!cpu.linear) {
      this.#misuse('memory that is not of the linear map has no single physical address');
      return undefined;
    }
    if (size > cpu.size) {
      this.#misuse(`mapping of ${size} bytes reaches past a buffer of ${cpu.size} bytes`);
    }
    return cpu.phys();
  }

  map(
    domain: IommuDomain | undefined,
    dev: Device,
    phys: number,
    size: number,
    dir: number,
    attrs: number,
  ): number {
    checkDirection('dma_map_page', dir);
    if (size === 0) {
      this.#misuse('mapping of 0 bytes: the result is undefined');
    }
    if (domain === undefined) {
      return this.#direct.map(dev, phys, size, dev.dma_mask);
    }
    const prot = dmaInfoToProt(dir, dev.dma_coherent, attrs);
    return this.#iommu.map(domain, dev, phys, size, prot);
  }

  unmap(domain: IommuDomain | undefined, addr: number, size: number, dir: number): void {
    checkDirection('dma_unmap_page', dir);
    if (addr === IOMMU_MAPPING_ERROR) {
      this.#misuse('unmap of the error cookie: test dma_mapping_error after the map');
    }
    if (domain !== undefined) {
      this.#iommu.unmap(domain, addr, size);
    }
  }

  mapSg(
    domain: IommuDomain | undefined,
    dev: Device,
    sg: SgPointer,
    nents: number,
    dir: number,
    attrs: number,
  ): number {
    checkDirection('dma_map_sg', dir);
    if (nents < 0) {
      throw new BugError('dma_map_sg', `${nents} entries`);
    }
    if (domain === undefined) {
      return this.#direct.mapSg(dev, sg, nents);
    }
    const prot = dmaInfoToProt(dir, dev.dma_coherent, attrs);
    return this.#iommu.mapSg(domain, dev, sg, nents, prot, this.#limits.segmentLimits(dev));
  }

  unmapSg(domain: IommuDomain | undefined, sg: SgPointer, nents: number, dir: number): void {
    checkDirection('dma_unmap_sg', dir);
    if (domain !== undefined) {
      this.#iommu.unmapSg(domain, sg, nents);
    }
  }

  #misuse(text: string): void {
    this.#kernel.misuse(SOURCE, text);
  }
}
