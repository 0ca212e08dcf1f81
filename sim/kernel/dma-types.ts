// Words of the DMA API (include/linux/dma-mapping.h, 4.20) and what it needs of the IOMMU core.

import type { Device, IommuDomain, IommuResvRegion } from './iommu-types.ts';
import type { SgPointer } from './scatterlist.ts';

/** enum dma_data_direction: who writes. */
export const DMA_BIDIRECTIONAL = 0;
/** The device reads. */
export const DMA_TO_DEVICE = 1;
/** The device writes. */
export const DMA_FROM_DEVICE = 2;
export const DMA_NONE = 3;

export const DMA_ATTR_SKIP_CPU_SYNC = 1 << 5;
/** dma_alloc_attrs: physically contiguous pages. */
export const DMA_ATTR_FORCE_CONTIGUOUS = 1 << 6;
/** dma_alloc_attrs: only pages of the smallest size. */
export const DMA_ATTR_ALLOC_SINGLE_PAGES = 1 << 7;
export const DMA_ATTR_NO_WARN = 1 << 8;
/** Privileged accesses only: adds IOMMU_PRIV. */
export const DMA_ATTR_PRIVILEGED = 1 << 9;

/** What mapping functions return on failure; 4.20 has 0, 5.0 and later all ones. */
export const IOMMU_MAPPING_ERROR = 0;

/** Largest output segment and segment boundary of a device without dma_parms. */
export const DEFAULT_MAX_SEG_SIZE = 0x1_0000;
export const DEFAULT_SEG_BOUNDARY = 2 ** 32 - 1;

/** The mask of addresses with `n` bits: a number, exact up to 53 bits and rounded up above. */
export function DMA_BIT_MASK(n: number): number {
  return n <= 53 ? 2 ** n - 1 : 2 ** n;
}

/** Where the IOMMU core is called. Same names, argument order and results as the core's functions. */
export interface IommuDmaCalls {
  /** The group's default domain, whatever is attached now; undefined without a group. */
  iommu_get_dma_domain(dev: Device): IommuDomain | undefined;
  iommu_map(domain: IommuDomain, iova: number, paddr: number, size: number, prot: number): number;
  iommu_unmap_fast(domain: IommuDomain, iova: number, size: number): number;
  iommu_tlb_sync(domain: IommuDomain): void;
  iommu_map_sg(
    domain: IommuDomain,
    iova: number,
    sg: SgPointer,
    nents: number,
    prot: number,
  ): number;
  iommu_iova_to_phys(domain: IommuDomain, iova: number): number;
  iommu_flush_tlb_all(domain: IommuDomain): void;
  /** iommu_domain_get_attr(DOMAIN_ATTR_DMA_USE_FLUSH_QUEUE): lazy invalidation. */
  usesFlushQueue(domain: IommuDomain): boolean;
  /** iommu_get_resv_regions() of a device. */
  reservedRegions(dev: Device): readonly IommuResvRegion[];
  /** The domain behind a PASID of a device, if it is an auxiliary one. */
  pasidDomain(dev: Device, pasid: number): IommuDomain | undefined;
  /** Memory windows of the host bridge above a PCI device, bytes, both ends included. */
  pciWindows?(dev: Device): readonly { readonly start: number; readonly end: number }[];
}
