// The type1 IOMMU of a VFIO container (drivers/vfio/vfio_iommu_type1.c, Linux 4.20): DMA mappings of user
// memory, pinned page by page and mapped in contiguous runs into every domain of the container.

import { EEXIST, EFAULT, EINVAL, ENOMEM } from './errno.ts';
import type { IommuCore } from './iommu.ts';
import type { IommuDomain } from './iommu-types.ts';
import { IOMMU_CACHE, IOMMU_READ, IOMMU_WRITE } from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import type { MmStruct } from './mm/mm-struct.ts';
import { FAULT_FLAG_WRITE } from './mm/mm-struct.ts';

export const VFIO_DMA_MAP_FLAG_READ = 1;
export const VFIO_DMA_MAP_FLAG_WRITE = 2;

/** A mapping of user memory; bytes. */
interface VfioDma {
  readonly iova: number;
  readonly vaddr: number;
  readonly size: number;
  readonly prot: number;
}

/** A run of physically contiguous pages of a mapping. */
interface Run {
  readonly iova: number;
  readonly pa: number;
  readonly size: number;
}

interface DomainEntry {
  readonly domain: IommuDomain;
  readonly groups: object[];
}

/** One container's IOMMU. */
export class Type1 {
  readonly #kernel: KernelBase;
  readonly #core: IommuCore;
  readonly #v2: boolean;
  readonly #mm: MmStruct | null;
  readonly #domains: DomainEntry[] = [];
  readonly #external: object[] = [];
  readonly #dmas: VfioDma[] = [];

  /** `mm`: the process whose memory is mapped; without one `vaddr` is taken as a physical address. */
  constructor(kernel: KernelBase, core: IommuCore, v2: boolean, mm: MmStruct | null) {
    this.#kernel = kernel;
    this.#core = core;
    this.#v2 = v2;
    this.#mm = mm;
  }

  /** A domain of the container that can take what `domain` would: same driver, same protection. */
  domainLike(domain: IommuDomain): IommuDomain | undefined {
    return this.#domains.find((entry) => entry.domain.ops === domain.ops)?.domain;
  }

  domainOf(group: object): IommuDomain | undefined {
    return this.#domains.find(({ groups }) => groups.includes(group))?.domain;
  }

  addGroup(domain: IommuDomain, group: object): void {
    this.#domains.find((entry) => entry.domain === domain)?.groups.push(group);
  }

  /** Takes a domain in and maps everything of the container into it; 0 or the error of a map. */
  addDomain(domain: IommuDomain, group: object): number {
    for (const dma of this.#dmas) {
      const ret = this.#mapInto(domain, dma);
      if (ret !== 0) {
        return ret;
      }
    }
    this.#domains.push({ domain, groups: [group] });
    return 0;
  }

  /** A group whose mdevs have no iommu_device: its driver pins pages itself, nothing is programmed. */
  addExternal(group: object): void {
    this.#external.push(group);
  }

  removeExternal(group: object): void {
    const at = this.#external.indexOf(group);
    if (at >= 0) {
      this.#external.splice(at, 1);
    }
  }

  /** The last group of a domain takes the domain with it; the last domain all mappings. */
  removeGroup(group: object): void {
    const entry = this.#domains.find(({ groups }) => groups.includes(group));
    if (entry === undefined) {
      return;
    }
    entry.groups.splice(entry.groups.indexOf(group), 1);
    if (entry.groups.length > 0) {
      return;
    }
    if (this.#domains.length === 1) {
      this.#unmapAll();
    }
    this.#domains.splice(this.#domains.indexOf(entry), 1);
    this.#core.iommu_domain_free(entry.domain);
  }

  release(): void {
    this.#unmapAll();
    for (const { domain } of this.#domains.splice(0)) {
      this.#core.iommu_domain_free(domain);
    }
  }

  /**
   * VFIO_IOMMU_MAP_DMA.
   * @returns 0; -EINVAL flags, alignment, size 0 or wrap; -EEXIST overlap; -EFAULT memory that the process
   *   does not have; -ENOMEM; the errors of iommu_map
   */
  map(vaddr: number, iova: number, size: number, flags: number): number {
    const prot =
      ((flags & VFIO_DMA_MAP_FLAG_READ) === 0 ? 0 : IOMMU_READ) |
      ((flags & VFIO_DMA_MAP_FLAG_WRITE) === 0 ? 0 : IOMMU_WRITE);
    const page = this.#kernel.pageSize;
    const aligned = [vaddr, iova, size].every((value) => value % page === 0);
    const known = (flags & ~(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)) === 0;
    if (prot === 0 || !known || !aligned || size === 0 || iova + size > 2 ** 64) {
      return -EINVAL;
    }
    if (this.#dmas.some((dma) => iova < dma.iova + dma.size && dma.iova < iova + size)) {
      return -EEXIST;
    }
    if (!this.#kernel.kmalloc('vfio_dma')) {
      return -ENOMEM;
    }
    const dma: VfioDma = { iova, vaddr, size, prot };
    const done: IommuDomain[] = [];
    for (const { domain } of this.#domains) {
      const ret = this.#mapInto(domain, dma);
      if (ret !== 0) {
        for (const mapped of done) {
          this.#core.iommu_unmap(mapped, iova, size);
        }
        return ret;
      }
      done.push(domain);
    }
    this.#dmas.push(dma);
    return 0;
  }

  /**
   * VFIO_IOMMU_UNMAP_DMA. v2: the range must not cut a mapping in two. v1: a range that starts inside a
   * mapping unmaps nothing, one that covers its first address takes it whole.
   * @returns bytes unmapped, or -EINVAL
   */
  unmap(iova: number, size: number): number {
    const page = this.#kernel.pageSize;
    if (iova % page !== 0 || size % page !== 0 || size === 0 || iova + size > 2 ** 64) {
      return -EINVAL;
    }
    const end = iova + size;
    if (this.#v2) {
      const cut = this.#dmas.some(
        (dma) =>
          (iova > dma.iova && iova < dma.iova + dma.size) ||
          (end > dma.iova && end < dma.iova + dma.size),
      );
      if (cut) {
        return -EINVAL;
      }
    }
    const inside = this.#dmas.filter((dma) => dma.iova >= iova && dma.iova < end);
    for (const dma of inside) {
      this.#unmapDma(dma);
      this.#dmas.splice(this.#dmas.indexOf(dma), 1);
    }
    return inside.reduce((sum, dma) => sum + dma.size, 0);
  }

  #unmapAll(): void {
    for (const dma of this.#dmas.splice(0)) {
      this.#unmapDma(dma);
    }
  }

  #unmapDma(dma: VfioDma): void {
    for (const { domain } of this.#domains) {
      this.#core.iommu_unmap(domain, dma.iova, dma.size);
    }
  }

  #mapInto(domain: IommuDomain, dma: VfioDma): number {
    const runs = this.#pin(dma);
    if (typeof runs === 'number') {
      return runs;
    }
    let mapped = 0;
    for (const { iova, pa, size } of runs) {
      const ret = this.#core.iommu_map(domain, iova, pa, size, dma.prot | IOMMU_CACHE);
      if (ret !== 0) {
        this.#core.iommu_unmap(domain, dma.iova, mapped);
        return ret;
      }
      mapped += size;
    }
    return 0;
  }

  /** Faults every page in and joins neighbours; -EFAULT where the process has no memory. */
  #pin(dma: VfioDma): Run[] | number {
    const page = this.#kernel.pageSize;
    const runs: Run[] = [];
    for (let done = 0; done < dma.size; done += page) {
      const pa = this.#pageAt(dma.vaddr + done, dma.prot);
      if (pa < 0) {
        return pa;
      }
      const last = runs.at(-1);
      if (last !== undefined && last.pa + last.size === pa) {
        runs[runs.length - 1] = { ...last, size: last.size + page };
      } else {
        runs.push({ iova: dma.iova + done, pa, size: page });
      }
    }
    return runs;
  }

  #pageAt(vaddr: number, prot: number): number {
    const mm = this.#mm;
    if (mm === null) {
      return vaddr;
    }
    const write = (prot & IOMMU_WRITE) !== 0;
    if (mm.handle_mm_fault(vaddr, write ? FAULT_FLAG_WRITE : 0) !== 0) {
      return -EFAULT;
    }
    return mm.follow(vaddr);
  }
}
