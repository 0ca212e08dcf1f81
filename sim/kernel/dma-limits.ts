// What a device can address and take in one segment: DMA masks and dma_parms (include/linux/dma-mapping.h, 4.20).

import type { DirectDma } from './dma-direct.ts';
import type { SegmentLimits } from './dma-iommu-sg.ts';
import { DEFAULT_MAX_SEG_SIZE, DEFAULT_SEG_BOUNDARY } from './dma-types.ts';
import { EIO } from './errno.ts';
import type { Device } from './iommu-types.ts';

/** Masks and segment limits of the devices of one kernel. */
export class DmaLimits {
  readonly #direct: DirectDma;
  readonly #usesIommu: (dev: Device) => boolean;
  /** dma_parms of the devices that changed them. */
  readonly #segments = new Map<Device, SegmentLimits>();

  constructor(direct: DirectDma, usesIommu: (dev: Device) => boolean) {
    this.#direct = direct;
    this.#usesIommu = usesIommu;
  }

  /**
   * Sets the highest address that streaming mappings may get, from now on.
   *
   * @param mask DMA_BIT_MASK(n)
   * @returns 0, or -EIO when the device cannot be served: only without an IOMMU, for a mask that
   *   covers neither 32 bits nor all RAM
   */
  dma_set_mask(dev: Device, mask: number): number {
    if (!this.#supports(dev, mask)) {
      return -EIO;
    }
    dev.dma_mask = mask;
    return 0;
  }

  /** As {@link dma_set_mask}, for coherent allocations. */
  dma_set_coherent_mask(dev: Device, mask: number): number {
    if (!this.#supports(dev, mask)) {
      return -EIO;
    }
    dev.coherent_dma_mask = mask;
    return 0;
  }

  /** Both masks; the coherent one only if the streaming one could be set. */
  dma_set_mask_and_coherent(dev: Device, mask: number): number {
    const error = this.dma_set_mask(dev, mask);
    return error === 0 ? this.dma_set_coherent_mask(dev, mask) : error;
  }

  /** The streaming mask: highest address the device can emit. */
  dma_get_mask(dev: Device): number {
    return dev.dma_mask;
  }

  /**
   * Limits the length of joined scatterlist segments, bytes.
   *
   * @returns 0, or -EIO for a device without dma_parms (in 4.20: any that is not a PCI function)
   */
  dma_set_max_seg_size(dev: Device, size: number): number {
    return this.#setSegments(dev, { ...this.segmentLimits(dev), maxSegSize: size });
  }

  /** Limits where joined segments may start: they do not cross multiples of `mask` + 1. */
  dma_set_seg_boundary(dev: Device, mask: number): number {
    return this.#setSegments(dev, { ...this.segmentLimits(dev), segBoundary: mask });
  }

  /** Segment length and boundary of a device: 64 KiB and 4 GiB unless set. */
  segmentLimits(dev: Device): SegmentLimits {
    return (
      this.#segments.get(dev) ?? {
        maxSegSize: DEFAULT_MAX_SEG_SIZE,
        segBoundary: DEFAULT_SEG_BOUNDARY,
      }
    );
  }

  #setSegments(dev: Device, limits: SegmentLimits): number {
    if (dev.pci === undefined) {
      return -EIO;
    }
    this.#segments.set(dev, limits);
    return 0;
  }

  #supports(dev: Device, mask: number): boolean {
    return this.#usesIommu(dev) || this.#direct.supports(mask);
  }
}
