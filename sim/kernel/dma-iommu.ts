// DMA API over the IOMMU API (drivers/iommu/dma-iommu.c, 4.20): an IOVA allocator for each DMA domain, maps of
// page-aligned ranges, strict or lazy release. Works on domains; dma-mapping.ts works on devices.

import type { SegmentLimits } from './dma-iommu-sg.ts';
import { finaliseSg, invalidateSg, prepareSg, sgRange } from './dma-iommu-sg.ts';
import type { IommuDmaCalls } from './dma-types.ts';
import {
  DMA_ATTR_PRIVILEGED,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  IOMMU_MAPPING_ERROR,
} from './dma-types.ts';
import { EEXIST, EFAULT, EINVAL, ENOMEM } from './errno.ts';
import type { Device, IommuDomain } from './iommu-types.ts';
import {
  IOMMU_CACHE,
  IOMMU_DOMAIN_UNMANAGED,
  IOMMU_MMIO,
  IOMMU_NOEXEC,
  IOMMU_PRIV,
  IOMMU_READ,
  IOMMU_WRITE,
  minPageSize,
} from './iommu-types.ts';
import { IovaDomain } from './iova.ts';
import { IovaFlushQueue } from './iova-flush-queue.ts';
import { IOVA_RANGE_CACHE_MAX_SIZE, orderBase2 } from './iova-rcache.ts';
import type { KernelBase } from './kernel-base.ts';
import { PAGE_SIZE } from './mm/page-zone.ts';
import type { SgPointer } from './scatterlist.ts';

const SOURCE = 'drivers/iommu/dma-iommu.c';
const LIMIT_32 = 2 ** 32 - 1;
const CACHED_PAGES = 2 ** (IOVA_RANGE_CACHE_MAX_SIZE - 1);

/** struct iommu_dma_cookie: what the DMA API keeps with a domain. */
export class DmaCookie {
  iovad: IovaDomain | undefined;
  flushQueue: IovaFlushQueue | undefined;
  /** Next address for MSI doorbells of an UNMANAGED domain; undefined for a full allocator. */
  msiIova: number | undefined;
  /** Doorbell pages that are mapped: physical to I/O address. */
  readonly msiPages = new Map<number, number>();
  /** Mappings made and not yet undone: by start, their length and the record that caused them. */
  readonly mappings = new Map<number, { readonly size: number; readonly cause: number }>();
}

/** Protection bits of a direction: dma_info_to_prot(). */
export function dmaInfoToProt(dir: number, coherent: boolean, attrs: number): number {
  const prot =
    (coherent ? IOMMU_CACHE : 0) | ((attrs & DMA_ATTR_PRIVILEGED) !== 0 ? IOMMU_PRIV : 0);
  switch (dir) {
    case DMA_BIDIRECTIONAL:
      return prot | IOMMU_READ | IOMMU_WRITE;
    case DMA_TO_DEVICE:
      return prot | IOMMU_READ;
    case DMA_FROM_DEVICE:
      return prot | IOMMU_WRITE;
    default:
      return 0;
  }
}

/** The DMA domains of one kernel. Addresses and sizes in bytes. */
export class IommuDma {
  readonly #kernel: KernelBase;
  readonly #calls: IommuDmaCalls;

  constructor(kernel: KernelBase, calls: IommuDmaCalls) {
    this.#kernel = kernel;
    this.#calls = calls;
  }

  /**
   * Prepares a domain for the DMA API; drivers call it when a domain of type DMA is allocated.
   * @returns 0, -EEXIST when it has a cookie, -ENOMEM
   */
  iommu_get_dma_cookie(domain: IommuDomain): number {
    return this.#newCookie(domain, new DmaCookie());
  }

  /**
   * Lets MSI doorbells be mapped in an UNMANAGED domain from `base` on.
   * @returns 0, -EINVAL for another type of domain, -EEXIST, -ENOMEM
   */
  iommu_get_msi_cookie(domain: IommuDomain, base: number): number {
    if (domain.type !== IOMMU_DOMAIN_UNMANAGED) {
      return -EINVAL;
    }
    const cookie = new DmaCookie();
    cookie.msiIova = base;
    return this.#newCookie(domain, cookie);
  }

  /** Gives up what the DMA API keeps with a domain; drivers call it when the domain is freed. */
  iommu_put_dma_cookie(domain: IommuDomain): void {
    const cookie = domain.iova_cookie;
    if (cookie instanceof DmaCookie) {
      cookie.flushQueue?.destroy();
      domain.iova_cookie = undefined;
    }
  }

  /**
   * Sets up the address space of a DMA domain, when a device joins it.
   * @param base lowest address and @param size bytes of the space; frame 0 is never used
   * @returns 0; -EINVAL without a DMA cookie; -EFAULT outside the aperture, or set up differently before
   */
  iommu_dma_init_domain(
    domain: IommuDomain,
    base: number,
    size: number,
    dev: Device | null,
  ): number {
    const cookie = domain.iova_cookie;
    if (!(cookie instanceof DmaCookie) || cookie.msiIova !== undefined) {
      return -EINVAL;
    }
    const granule = minPageSize(domain.pgsize_bitmap);
    const { aperture_start, aperture_end, force_aperture } = domain.geometry;
    if (force_aperture && (base > aperture_end || base + size <= aperture_start)) {
      this.#kernel.log.pr_warn('specified DMA range outside IOMMU capability');
      return -EFAULT;
    }
    const lowest = force_aperture ? Math.max(base, aperture_start) : base;
    const start = Math.max(1, Math.floor(lowest / granule));
    if (cookie.iovad !== undefined) {
      if (cookie.iovad.granule !== granule || cookie.iovad.start_pfn !== start) {
        this.#kernel.log.pr_warn('Incompatible range for DMA domain');
        return -EFAULT;
      }
      return 0;
    }
    const iovad = new IovaDomain(granule, start, () => this.#kernel.kmalloc('iova'));
    cookie.iovad = iovad;
    if (this.#calls.usesFlushQueue(domain)) {
      const flush = (): void => {
        if (!domain.freed) {
          this.#calls.iommu_flush_tlb_all(domain);
        }
      };
      cookie.flushQueue = new IovaFlushQueue(iovad, this.#kernel.machine.clock, flush);
    }
    if (dev !== null) {
      this.#reserve(cookie, iovad, dev);
    }
    return 0;
  }

  /** The cookie of a domain, set up when nothing has done so before. */
  cookieOf(domain: IommuDomain, dev: Device): DmaCookie | undefined {
    if (domain.iova_cookie === undefined) {
      this.iommu_get_dma_cookie(domain);
    }
    const cookie = domain.iova_cookie;
    if (!(cookie instanceof DmaCookie)) {
      return undefined;
    }
    if (cookie.iovad === undefined) {
      this.iommu_dma_init_domain(domain, 0, domain.geometry.aperture_end + 1, dev);
    }
    return cookie;
  }

  /** Maps [phys, phys + size). @returns I/O address of `phys`, or IOMMU_MAPPING_ERROR */
  map(domain: IommuDomain, dev: Device, phys: number, size: number, prot: number): number {
    const cookie = this.cookieOf(domain, dev);
    if (cookie?.iovad === undefined) {
      return IOMMU_MAPPING_ERROR;
    }
    const granule = cookie.iovad.granule;
    const offset = phys & (granule - 1);
    const length = Math.ceil((size + offset) / granule) * granule;
    const iova = this.#allocIova(domain, cookie.iovad, length, dev.dma_mask, dev);
    if (iova === 0) {
      return IOMMU_MAPPING_ERROR;
    }
    if (this.#calls.iommu_map(domain, iova, phys - offset, length, prot) !== 0) {
      this.#freeIova(cookie, iova, length);
      return IOMMU_MAPPING_ERROR;
    }
    cookie.mappings.set(iova, { size: length, cause: this.#kernel.recorder.cause });
    return iova + offset;
  }

  /** Undoes {@link map}; `size` must be the same. A different one warns, as in the kernel. */
  unmap(domain: IommuDomain, handle: number, size: number): void {
    const cookie = domain.iova_cookie;
    if (!(cookie instanceof DmaCookie) || cookie.iovad === undefined) {
      this.#misuse(`unmap of 0x${handle.toString(16)}: nothing was ever mapped in this domain`);
      return;
    }
    const granule = cookie.iovad.granule;
    const offset = handle & (granule - 1);
    const iova = handle - offset;
    const length = Math.ceil((size + offset) / granule) * granule;
    const unmapped = this.#calls.iommu_unmap_fast(domain, iova, length);
    if (unmapped !== length) {
      this.#kernel.log.warn('__iommu_dma_unmap');
      this.#misuse(
        `unmap of ${length} bytes at 0x${iova.toString(16)} found ${unmapped} bytes mapped: ` +
          'address or size differ from those of the map, or it was unmapped before',
      );
    } else {
      cookie.mappings.delete(iova);
    }
    if (cookie.flushQueue === undefined) {
      this.#calls.iommu_tlb_sync(domain);
    }
    this.#freeIova(cookie, iova, length);
  }

  /** Maps a list into one range. @returns number of segments, 0 on failure with the list restored */
  mapSg(
    domain: IommuDomain,
    dev: Device,
    sg: SgPointer,
    nents: number,
    prot: number,
    limits: SegmentLimits,
  ): number {
    const cookie = this.cookieOf(domain, dev);
    if (cookie?.iovad === undefined) {
      return 0;
    }
    const length = prepareSg(sg, nents, cookie.iovad.granule, limits);
    const iova = this.#allocIova(domain, cookie.iovad, length, dev.dma_mask, dev);
    if (iova === 0) {
      invalidateSg(sg, nents);
      return 0;
    }
    if (this.#calls.iommu_map_sg(domain, iova, sg, nents, prot) < length) {
      this.#freeIova(cookie, iova, length);
      invalidateSg(sg, nents);
      return 0;
    }
    cookie.mappings.set(iova, { size: length, cause: this.#kernel.recorder.cause });
    return finaliseSg(sg, nents, iova, limits);
  }

  /** Undoes {@link mapSg}; `nents` is the count that was given to it, not the one it returned. */
  unmapSg(domain: IommuDomain, sg: SgPointer, nents: number): void {
    const { start, size } = sgRange(sg, nents);
    this.unmap(domain, start, size);
  }

  /** Maps pages for a coherent buffer back to back, below the coherent mask. @returns address or 0 */
  mapPages(
    domain: IommuDomain,
    dev: Device,
    sg: SgPointer,
    nents: number,
    size: number,
    prot: number,
  ): number {
    const cookie = this.cookieOf(domain, dev);
    if (cookie?.iovad === undefined) {
      return IOMMU_MAPPING_ERROR;
    }
    const length = Math.ceil(size / cookie.iovad.granule) * cookie.iovad.granule;
    const iova = this.#allocIova(domain, cookie.iovad, length, dev.coherent_dma_mask, dev);
    if (iova === 0) {
      return IOMMU_MAPPING_ERROR;
    }
    if (this.#calls.iommu_map_sg(domain, iova, sg, nents, prot) < length) {
      this.#freeIova(cookie, iova, length);
      return IOMMU_MAPPING_ERROR;
    }
    cookie.mappings.set(iova, { size: length, cause: this.#kernel.recorder.cause });
    return iova;
  }

  /**
   * Maps an MSI doorbell for a device, once for each page and domain.
   * @returns I/O address to write the message to, or IOMMU_MAPPING_ERROR
   */
  mapMsiDoorbell(domain: IommuDomain, dev: Device, address: number): number {
    const cookie = this.cookieOf(domain, dev);
    if (cookie === undefined) {
      return IOMMU_MAPPING_ERROR;
    }
    const granule = cookie.iovad?.granule ?? PAGE_SIZE;
    const offset = address % granule;
    const phys = address - offset;
    let iova = cookie.msiPages.get(phys) ?? IOMMU_MAPPING_ERROR;
    if (iova === IOMMU_MAPPING_ERROR) {
      const prot = IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO;
      iova = this.#mapDoorbell(cookie, domain, dev, phys, prot);
      if (iova === IOMMU_MAPPING_ERROR) {
        return IOMMU_MAPPING_ERROR;
      }
      cookie.msiPages.set(phys, iova);
      cookie.mappings.delete(iova);
    }
    return iova + offset;
  }

  #mapDoorbell(
    cookie: DmaCookie,
    domain: IommuDomain,
    dev: Device,
    phys: number,
    prot: number,
  ): number {
    if (cookie.msiIova === undefined) {
      return this.map(domain, dev, phys, cookie.iovad?.granule ?? PAGE_SIZE, prot);
    }
    const iova = cookie.msiIova;
    if (this.#calls.iommu_map(domain, iova, phys, PAGE_SIZE, prot) !== 0) {
      return IOMMU_MAPPING_ERROR;
    }
    cookie.msiIova += PAGE_SIZE;
    return iova;
  }

  #newCookie(domain: IommuDomain, cookie: DmaCookie): number {
    if (domain.iova_cookie !== undefined) {
      return -EEXIST;
    }
    if (!this.#kernel.kmalloc('iommu_dma_cookie')) {
      return -ENOMEM;
    }
    domain.iova_cookie = cookie;
    return 0;
  }

  /** Bridge windows and reserved regions are never handed out; hardware MSI regions count as mapped. */
  #reserve(cookie: DmaCookie, iovad: IovaDomain, dev: Device): void {
    const frame = (address: number): number => Math.floor(address / iovad.granule);
    if (dev.pci !== undefined) {
      for (const { start, end } of this.#calls.pciWindows?.(dev) ?? []) {
        iovad.reserve_iova(frame(start), frame(end));
      }
    }
    for (const region of this.#calls.reservedRegions(dev)) {
      if (region.sw === true) {
        continue;
      }
      const first = frame(region.start);
      const last = frame(region.start + region.length - 1);
      iovad.reserve_iova(first, last);
      for (let pfn = first; region.type === 'msi' && pfn <= last; pfn++) {
        cookie.msiPages.set(pfn * iovad.granule, pfn * iovad.granule);
      }
    }
  }

  /** A range of `size` bytes below `mask`, for PCI devices below 4 GiB if there is room; 0 if none. */
  #allocIova(
    domain: IommuDomain,
    iovad: IovaDomain,
    size: number,
    mask: number,
    dev: Device,
  ): number {
    const { granule } = iovad;
    let length = size / granule;
    if (length < CACHED_PAGES) {
      length = 2 ** orderBase2(length);
    }
    const { aperture_end, force_aperture } = domain.geometry;
    const limit = force_aperture ? Math.min(mask, aperture_end) : mask;
    let pfn = 0;
    if (limit > LIMIT_32 && dev.pci !== undefined) {
      pfn = iovad.alloc_iova_fast(length, Math.floor(LIMIT_32 / granule), false);
    }
    if (pfn === 0) {
      pfn = iovad.alloc_iova_fast(length, Math.floor(limit / granule), true);
    }
    return pfn * granule;
  }

  #freeIova(cookie: DmaCookie, iova: number, size: number): void {
    const iovad = cookie.iovad;
    if (iovad === undefined) {
      return;
    }
    if (cookie.flushQueue !== undefined) {
      cookie.flushQueue.queue(iova / iovad.granule, size / iovad.granule);
    } else {
      iovad.free_iova_fast(iova / iovad.granule, size / iovad.granule);
    }
  }

  #misuse(text: string): void {
    this.#kernel.misuse(SOURCE, text);
  }
}
