// DMA without an IOMMU (kernel/dma/direct.c, 4.20): the address is the physical one.
// Limit: no bounce buffers; memory above the device's mask cannot be mapped.

import { IOMMU_MAPPING_ERROR } from './dma-types.ts';
import type { Device } from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import { PAGE_SIZE } from './mm/page-zone.ts';
import type { SgPointer } from './scatterlist.ts';
import { sg_phys, sgEntries } from './scatterlist.ts';

/** Direct mappings of one kernel. */
export class DirectDma {
  readonly #kernel: KernelBase;

  constructor(kernel: KernelBase) {
    this.#kernel = kernel;
  }

  /** The address of [phys, phys + size) for a device, or the error cookie above `mask`. */
  map(dev: Device, phys: number, size: number, mask: number): number {
    const last = phys + Math.max(size, 1) - 1;
    if (last <= mask) {
      return phys;
    }
    const text = `overflow 0x${phys.toString(16)}+${size} of device mask ${mask.toString(16)}`;
    this.#kernel.log.dev_err(dev, '%s', text);
    this.#kernel.diagnostics.unimplemented(
      'kernel/dma/swiotlb.c',
      `${dev.name}: memory above the DMA mask would need a bounce buffer`,
    );
    return IOMMU_MAPPING_ERROR;
  }

  /** One segment for each entry. @returns `nents`, or 0 with the DMA fields cleared */
  mapSg(dev: Device, sg: SgPointer, nents: number): number {
    for (const entry of sgEntries(sg, nents)) {
      const address = this.map(dev, sg_phys(entry), entry.length, dev.dma_mask);
      if (address === IOMMU_MAPPING_ERROR) {
        return 0;
      }
      entry.dma_address = address;
      entry.dma_length = entry.length;
    }
    return nents;
  }

  /** True when a mask covers 32 bits, or all RAM if that is less: dma_direct_supported(). */
  supports(mask: number): boolean {
    const ends = this.#kernel.machine.memory.regions.map(({ base, size }) => base + size);
    const lastPage = Math.max(...ends) - PAGE_SIZE;
    return mask >= Math.min(2 ** 32 - 1, lastPage);
  }
}
