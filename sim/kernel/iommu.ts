// The IOMMU core's domain calls (drivers/iommu/iommu.c, Linux 4.20): allocation, attach, map, unmap.
// Auxiliary attaches through iommu_attach_device() are the seed's patch 1; see `is_aux` of the ops.

import { EBUSY, EINVAL, ENODEV, ENOSYS } from './errno.ts';
import { attachOne, IommuGroups } from './iommu-group.ts';
import type {
  BusType,
  Device,
  IommuDomain,
  IommuDomainGeometry,
  IommuFaultHandler,
  IommuGroup,
  IommuOps,
  IommuResvRegion,
  Ref,
} from './iommu-types.ts';
import { DOMAIN_ATTR, IOMMU_DOMAIN_UNMANAGED, minPageSize, pageSizes } from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import { noteDomain } from './object-states.ts';
import { isAligned, pageSizeFor } from './page-sizes.ts';
import type { SgPointer } from './scatterlist.ts';
import { sg_phys, sgEntries } from './scatterlist.ts';

const SOURCE = 'drivers/iommu/iommu.c';
const PAGING = 1;

/** The IOMMU core of one kernel. Addresses and sizes in bytes; results 0 or a negative errno. */
export class IommuCore {
  readonly groups: IommuGroups;
  readonly #kernel: KernelBase;
  /** Domains that are not freed, with the record that caused each. */
  readonly #live = new Map<IommuDomain, number>();
  #sizesOf = 0;
  #sizes: readonly number[] = [];

  constructor(kernel: KernelBase) {
    this.#kernel = kernel;
    this.groups = new IommuGroups(kernel, {
      domainAlloc: (bus, type) => this.domain_alloc(bus, type),
      domainFree: (domain) => this.#free(domain),
      map: (domain, iova, paddr, size, prot) => this.iommu_map(domain, iova, paddr, size, prot),
      iovaToPhys: (domain, iova) => this.iommu_iova_to_phys(domain, iova),
      setAttr: (domain, attr, value) => this.iommu_domain_set_attr(domain, attr, { value }),
    });
  }

  /** Domains that are not freed, default ones too, with the record that caused each. */
  get live(): readonly (readonly [IommuDomain, number])[] {
    return [...this.#live];
  }

  iommu_present(bus: BusType): boolean {
    return bus.iommu_ops !== undefined;
  }

  iommu_capable(bus: BusType, cap: number): boolean {
    return bus.iommu_ops?.capable(cap) ?? false;
  }

  /** bus_set_iommu(): -EBUSY when set; then every device that is present is added. */
  bus_set_iommu(bus: BusType, ops: IommuOps): number {
    if (bus.iommu_ops !== undefined) {
      return -EBUSY;
    }
    bus.iommu_ops = ops;
    for (const dev of bus.devices) {
      this.add_device(dev);
    }
    return 0;
  }

  /** A device arrived on a bus that has an IOMMU. -ENODEV (not behind one) is not an error. */
  add_device(dev: Device): number {
    return dev.bus?.iommu_ops?.add_device(dev) ?? 0;
  }

  /** An UNMANAGED domain, or NULL: no bus, no IOMMU on it, no memory. */
  iommu_domain_alloc(bus: BusType | null): IommuDomain | null {
    return bus === null ? null : this.domain_alloc(bus, IOMMU_DOMAIN_UNMANAGED);
  }

  domain_alloc(bus: BusType, type: number): IommuDomain | null {
    const domain = bus.iommu_ops?.domain_alloc(type) ?? null;
    if (domain !== null) {
      this.#live.set(domain, this.#kernel.recorder.cause);
      this.#kernel.noteObject('domain', domain.id, `domain ${domain.id} of type ${type}`);
      noteDomain(this.#kernel, domain);
    }
    return domain;
  }

  /** Frees a domain. The kernel does not look whether devices are attached; a diagnostic does. */
  iommu_domain_free(domain: IommuDomain): void {
    if (this.isFreed(domain, 'iommu_domain_free')) {
      return;
    }
    const users = this.#usersOf(domain);
    if (users.length > 0) {
      this.#kernel.misuse(
        SOURCE,
        `iommu_domain_free: domain ${domain.id} is still attached to ${users.join(', ')}: ` +
          'its tables and numbers are given back while the hardware uses them',
      );
    }
    this.#free(domain);
  }

  /**
   * Attaches a domain to the only device of a group: as its main domain, or as an auxiliary one when
   * the driver says that is what an attach means for this device (seed18, AUXD enabled).
   */
  iommu_attach_device(domain: IommuDomain, dev: Device): number {
    const group = dev.iommu_group;
    if (group === undefined) {
      return -ENODEV;
    }
    if (this.isFreed(domain, 'iommu_attach_device')) {
      return -EINVAL;
    }
    if (group.devices.length !== 1) {
      return -EINVAL;
    }
    if (domain.ops.is_aux?.(domain, dev) === true) {
      return attachOne(domain, dev);
    }
    const live = domain.ops.aux_live?.(dev) ?? 0;
    if (live > 0) {
      this.#kernel.misuse(
        SOURCE,
        `iommu_attach_device: ${dev.name} has ${live} auxiliary domains: its main domain is in use`,
      );
      return -EBUSY;
    }
    return this.groups.attach(domain, group);
  }

  /**
   * Detaches: an auxiliary domain from its PASID; otherwise the group goes back to its default domain,
   * whatever `domain` is.
   */
  iommu_detach_device(domain: IommuDomain, dev: Device): void {
    const group = dev.iommu_group;
    if (group === undefined || this.isFreed(domain, 'iommu_detach_device')) {
      return;
    }
    if (domain.ops.is_aux?.(domain, dev) === true) {
      domain.ops.detach_dev?.(domain, dev);
      return;
    }
    if (group.devices.length !== 1) {
      this.#kernel.log.warn('iommu_detach_device');
      return;
    }
    if (group.domain !== domain) {
      this.#reportWrongDetach(domain, dev, group);
    }
    this.groups.detach(domain, group);
  }

  iommu_attach_group(domain: IommuDomain, group: IommuGroup): number {
    if (this.isFreed(domain, 'iommu_attach_group')) {
      return -EINVAL;
    }
    return this.groups.attach(domain, group);
  }

  iommu_detach_group(domain: IommuDomain, group: IommuGroup): void {
    if (!this.isFreed(domain, 'iommu_detach_group')) {
      this.groups.detach(domain, group);
    }
  }

  /** The current main domain of the device's group, or NULL. */
  iommu_get_domain_for_dev(dev: Device): IommuDomain | null {
    return dev.iommu_group?.domain ?? null;
  }

  /** The default DMA domain object, current or not. */
  iommu_get_dma_domain(dev: Device): IommuDomain | null {
    return dev.iommu_group?.default_domain ?? null;
  }

  iommu_group_get(dev: Device): IommuGroup | null {
    return dev.iommu_group === undefined ? null : this.groups.get(dev.iommu_group);
  }

  /**
   * Maps [iova, iova + size) to [paddr, ...) in chunks of the largest page size that fits. On failure
   * what was mapped is unmapped again, with its TLB maintenance.
   */
  iommu_map(domain: IommuDomain, iova: number, paddr: number, size: number, prot: number): number {
    const ops = domain.ops;
    if (domain.pgsize_bitmap === 0) {
      return -ENODEV;
    }
    if ((domain.type & PAGING) === 0) {
      return -EINVAL;
    }
    if (domain.freed && this.isFreed(domain, 'iommu_map')) {
      return -EINVAL;
    }
    const sizes = this.#pageSizes(domain.pgsize_bitmap);
    const min = sizes[sizes.length - 1] as number;
    if (!isAligned(iova, min) || !isAligned(paddr, min) || !isAligned(size, min)) {
      this.#kernel.log.pr_err(
        'iommu: unaligned: iova 0x%lx pa %pa size 0x%zx min_pagesz 0x%x',
        iova,
        paddr,
        size,
        min,
      );
      return -EINVAL;
    }
    for (let done = 0; done < size; ) {
      const chunk = pageSizeFor(sizes, iova + done, paddr + done, size - done);
      const ret = ops.map(domain, iova + done, paddr + done, chunk, prot);
      if (ret !== 0) {
        this.iommu_unmap(domain, iova, done);
        return ret;
      }
      done += chunk;
    }
    return 0;
  }

  /** Unmaps and waits for the TLBs; returns the bytes that were unmapped before the first hole. */
  iommu_unmap(domain: IommuDomain, iova: number, size: number): number {
    return this.#unmap(domain, iova, size, true);
  }

  /** As iommu_unmap() without the last CMD_SYNC: iommu_tlb_sync() has to follow. */
  iommu_unmap_fast(domain: IommuDomain, iova: number, size: number): number {
    return this.#unmap(domain, iova, size, false);
  }

  iommu_tlb_sync(domain: IommuDomain): void {
    domain.ops.iotlb_sync?.(domain);
  }

  iommu_flush_tlb_all(domain: IommuDomain): void {
    domain.ops.flush_iotlb_all?.(domain);
  }

  /** Maps a scatter list back to back; total bytes, or 0 with everything undone. */
  iommu_map_sg(
    domain: IommuDomain,
    iova: number,
    sg: SgPointer,
    nents: number,
    prot: number,
  ): number {
    if (domain.pgsize_bitmap === 0) {
      return 0;
    }
    const min = minPageSize(domain.pgsize_bitmap);
    let mapped = 0;
    for (const entry of sgEntries(sg, nents)) {
      const fits = entry.offset % min === 0;
      const phys = sg_phys(entry);
      if (!fits || this.iommu_map(domain, iova + mapped, phys, entry.length, prot) !== 0) {
        this.iommu_unmap(domain, iova, mapped);
        return 0;
      }
      mapped += entry.length;
    }
    return mapped;
  }

  /** Physical address of an input address, offset included; 0 when nothing is mapped there. */
  iommu_iova_to_phys(domain: IommuDomain, iova: number): number {
    return domain.ops.iova_to_phys(domain, iova);
  }

  iommu_domain_get_attr(domain: IommuDomain, attr: number, data: Ref<unknown>): number {
    switch (attr) {
      case DOMAIN_ATTR.DOMAIN_ATTR_GEOMETRY: {
        const geometry: IommuDomainGeometry = { ...domain.geometry };
        data.value = geometry;
        return 0;
      }
      case DOMAIN_ATTR.DOMAIN_ATTR_PAGING:
        data.value = domain.pgsize_bitmap !== 0;
        return 0;
      case DOMAIN_ATTR.DOMAIN_ATTR_WINDOWS:
        return -ENODEV;
      default:
        return domain.ops.domain_get_attr?.(domain, attr, data) ?? -EINVAL;
    }
  }

  iommu_domain_set_attr(domain: IommuDomain, attr: number, data: Ref<unknown>): number {
    if (attr === DOMAIN_ATTR.DOMAIN_ATTR_WINDOWS) {
      return -ENODEV;
    }
    const ret = domain.ops.domain_set_attr?.(domain, attr, data) ?? -EINVAL;
    noteDomain(this.#kernel, domain);
    return ret;
  }

  /** The SMMUv3 driver of 4.20 never calls such handlers. */
  iommu_set_fault_handler(
    domain: IommuDomain,
    handler: IommuFaultHandler | null,
    token: unknown,
  ): void {
    domain.handler = handler ?? undefined;
    domain.handler_token = token;
    noteDomain(this.#kernel, domain);
  }

  /** What the handler returns, or -ENOSYS without one. `flags`: 0 read, 1 write. */
  report_iommu_fault(domain: IommuDomain, dev: Device, iova: number, flags: number): number {
    return domain.handler?.(domain, dev, iova, flags, domain.handler_token) ?? -ENOSYS;
  }

  iommu_get_resv_regions(dev: Device, list: IommuResvRegion[]): void {
    dev.bus?.iommu_ops?.get_resv_regions?.(dev, list);
  }

  iommu_put_resv_regions(_dev: Device, list: IommuResvRegion[]): void {
    list.length = 0;
  }

  iommu_request_dm_for_dev(dev: Device): number {
    return this.groups.requestDirectMapping(dev);
  }

  #unmap(domain: IommuDomain, iova: number, size: number, sync: boolean): number {
    const ops = domain.ops;
    if (domain.pgsize_bitmap === 0 || (domain.type & PAGING) === 0) {
      return 0;
    }
    if (domain.freed && this.isFreed(domain, 'iommu_unmap')) {
      return 0;
    }
    const sizes = this.#pageSizes(domain.pgsize_bitmap);
    const min = sizes[sizes.length - 1] as number;
    if (!isAligned(iova, min) || !isAligned(size, min)) {
      this.#kernel.log.pr_err(
        'iommu: unaligned: iova 0x%lx size 0x%zx min_pagesz 0x%x',
        iova,
        size,
        min,
      );
      return 0;
    }
    let unmapped = 0;
    while (unmapped < size) {
      const at = iova + unmapped;
      const done = ops.unmap(domain, at, pageSizeFor(sizes, at, 0, size - unmapped));
      if (done === 0) {
        break;
      }
      unmapped += done;
    }
    if (sync) {
      ops.iotlb_sync?.(domain);
    }
    return unmapped;
  }

  #pageSizes(bitmap: number): readonly number[] {
    if (bitmap !== this.#sizesOf) {
      this.#sizesOf = bitmap;
      this.#sizes = pageSizes(bitmap);
    }
    return this.#sizes;
  }

  #free(domain: IommuDomain): void {
    domain.freed = true;
    this.#live.delete(domain);
    domain.ops.domain_free(domain);
    this.#kernel.noteObject('domain', domain.id, `domain ${domain.id} is freed`);
    noteDomain(this.#kernel, domain);
  }

  /** A use after free: the kernel does not look, a diagnostic does. */
  isFreed(domain: IommuDomain, call: string): boolean {
    if (domain.freed) {
      this.#kernel.misuse(SOURCE, `${call}: domain ${domain.id} is freed: a use after free`);
    }
    return domain.freed;
  }

  #usersOf(domain: IommuDomain): string[] {
    const main = this.groups.all
      .filter((group) => group.domain === domain)
      .flatMap((group) => group.devices.map(({ name }) => name));
    return [...main, ...(domain.ops.aux_users?.(domain) ?? [])];
  }

  #reportWrongDetach(domain: IommuDomain, dev: Device, group: IommuGroup): void {
    const now =
      group.domain === undefined
        ? 'nothing is attached'
        : group.domain === group.default_domain
          ? 'the default domain is attached already'
          : `domain ${group.domain.id} is attached and is detached instead`;
    this.#kernel.misuse(
      SOURCE,
      `iommu_detach_device: domain ${domain.id} is not attached to ${dev.name}: ${now}`,
    );
  }
}
