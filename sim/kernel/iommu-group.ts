// Groups of the IOMMU core (drivers/iommu/iommu.c, Linux 4.20): one default domain each, devices that
// come and go, attaches that cover the whole group.

import type { ErrorPointer } from './errno.ts';
import { EBUSY, ENODEV, ENOMEM, ERR_PTR, IS_ERR, PTR_ERR } from './errno.ts';
import type { BusType, Device, IommuDomain, IommuGroup, IommuResvRegion } from './iommu-types.ts';
import {
  DOMAIN_ATTR,
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_IDENTITY,
  minPageSize,
} from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import { noteDevice, noteGroup } from './object-states.ts';
import { BugError } from './printk.ts';

/** The domain calls that groups need; the core supplies them. */
export interface DomainCalls {
  domainAlloc(bus: BusType, type: number): IommuDomain | null;
  domainFree(domain: IommuDomain): void;
  map(domain: IommuDomain, iova: number, paddr: number, size: number, prot: number): number;
  iovaToPhys(domain: IommuDomain, iova: number): number;
  setAttr(domain: IommuDomain, attr: number, value: number): number;
}

/** Every group of one kernel. */
export class IommuGroups {
  readonly #kernel: KernelBase;
  readonly #calls: DomainCalls;
  readonly #groups: IommuGroup[] = [];

  constructor(kernel: KernelBase, calls: DomainCalls) {
    this.#kernel = kernel;
    this.#calls = calls;
  }

  /** Groups that exist, by number. */
  get all(): readonly IommuGroup[] {
    return this.#groups;
  }

  /** iommu_group_alloc(): the lowest free number; one reference for the caller. */
  alloc(): IommuGroup | ErrorPointer {
    if (!this.#kernel.kmalloc('iommu_group')) {
      return ERR_PTR(-ENOMEM);
    }
    let id = 0;
    while (this.#groups.some((group) => group.id === id)) {
      id++;
    }
    const group: IommuGroup = {
      id,
      name: `group ${id}`,
      devices: [],
      domain: undefined,
      default_domain: undefined,
      references: 1,
      freed: false,
    };
    this.#groups.push(group);
    noteGroup(this.#kernel, group);
    return group;
  }

  get(group: IommuGroup): IommuGroup {
    group.references++;
    noteGroup(this.#kernel, group);
    return group;
  }

  put(group: IommuGroup): void {
    if (group.freed) {
      this.#kernel.misuse('drivers/iommu/iommu.c', `iommu_group_put: group ${group.id} is freed`);
      return;
    }
    group.references--;
    if (group.references === 0) {
      this.#release(group);
    }
    noteGroup(this.#kernel, group);
  }

  /** iommu_group_get_for_dev(): finds or makes the device's group; one reference for the caller. */
  getForDev(dev: Device): IommuGroup | ErrorPointer {
    if (dev.iommu_group !== undefined) {
      return this.get(dev.iommu_group);
    }
    const ops = dev.bus?.iommu_ops;
    if (ops === undefined) {
      return ERR_PTR(-ENODEV);
    }
    const group = ops.device_group(dev);
    if (typeof group === 'number') {
      return ERR_PTR(group);
    }
    this.#ensureDefaultDomain(group, dev);
    const ret = this.#addDevice(group, dev);
    if (ret !== 0) {
      this.put(group);
      return ERR_PTR(ret);
    }
    return group;
  }

  /** iommu_group_add_device() of a device without an IOMMU of its own (an mdev): no domain, no attach. */
  join(dev: Device, group: IommuGroup): void {
    group.devices.push(dev);
    dev.iommu_group = this.get(group);
  }

  /** Ends what {@link join} began. */
  leave(dev: Device): void {
    const group = dev.iommu_group;
    if (group !== undefined) {
      group.devices.splice(group.devices.indexOf(dev), 1);
      dev.iommu_group = undefined;
      this.put(group);
    }
  }

  /** iommu_group_remove_device(). */
  removeDevice(dev: Device): void {
    const group = dev.iommu_group;
    if (group === undefined) {
      return;
    }
    this.#kernel.log.pr_info('iommu: Removing device %s from group %d', dev.name, group.id);
    const at = group.devices.indexOf(dev);
    if (at >= 0) {
      group.devices.splice(at, 1);
    }
    dev.iommu_group = undefined;
    this.put(group);
  }

  /**
   * __iommu_attach_group(): -EBUSY while another domain than the default one is current. A failure in
   * the middle leaves the earlier devices attached and the group's domain as it was.
   */
  attach(domain: IommuDomain, group: IommuGroup): number {
    if (group.default_domain !== undefined && group.domain !== group.default_domain) {
      return -EBUSY;
    }
    const ret = attachAll(domain, group);
    if (ret === 0) {
      group.domain = domain;
      noteGroup(this.#kernel, group);
    }
    return ret;
  }

  /** __iommu_detach_group(): back to the default domain, or the driver's detach without one. */
  detach(domain: IommuDomain | undefined, group: IommuGroup): void {
    const fallback = group.default_domain;
    if (fallback === undefined) {
      for (const dev of group.devices) {
        if (domain !== undefined) {
          domain.ops.detach_dev?.(domain, dev);
        }
      }
      group.domain = undefined;
      noteGroup(this.#kernel, group);
      return;
    }
    if (group.domain === fallback) {
      return;
    }
    if (attachAll(fallback, group) !== 0) {
      this.#kernel.log.warn('__iommu_detach_group');
    } else {
      group.domain = fallback;
      noteGroup(this.#kernel, group);
    }
  }

  /** iommu_request_dm_for_dev(): makes the group's default domain an identity one. */
  requestDirectMapping(dev: Device): number {
    const group = this.getForDev(dev);
    if (IS_ERR(group)) {
      return PTR_ERR(group);
    }
    const ret = this.#replaceDefault(group, dev);
    this.put(group);
    return ret;
  }

  /** The `reserved_regions` file of a group: one line a region. */
  reservedRegions(group: IommuGroup): IommuResvRegion[] {
    const all: IommuResvRegion[] = [];
    for (const dev of group.devices) {
      const regions: IommuResvRegion[] = [];
      dev.bus?.iommu_ops?.get_resv_regions?.(dev, regions);
      for (const region of regions) {
        if (!all.some((known) => known.start === region.start && known.type === region.type)) {
          all.push(region);
        }
      }
    }
    return all.sort((a, b) => a.start - b.start);
  }

  #replaceDefault(group: IommuGroup, dev: Device): number {
    if (group.default_domain?.type === IOMMU_DOMAIN_IDENTITY) {
      return 0;
    }
    if (group.devices.length !== 1 || dev.bus === undefined) {
      return -EBUSY;
    }
    const direct = this.#calls.domainAlloc(dev.bus, IOMMU_DOMAIN_IDENTITY);
    if (direct === null) {
      return -ENOMEM;
    }
    const ret = this.attach(direct, group);
    if (ret !== 0) {
      this.#calls.domainFree(direct);
      return ret;
    }
    if (group.default_domain !== undefined) {
      this.#calls.domainFree(group.default_domain);
    }
    group.default_domain = direct;
    noteGroup(this.#kernel, group);
    this.#kernel.log.pr_info('iommu: Using direct mapping for device %s', dev.name);
    return 0;
  }

  #ensureDefaultDomain(group: IommuGroup, dev: Device): void {
    if (group.default_domain !== undefined || dev.bus === undefined) {
      return;
    }
    const { config, log } = this.#kernel;
    const wanted = config.passthrough ? IOMMU_DOMAIN_IDENTITY : IOMMU_DOMAIN_DMA;
    let domain = this.#calls.domainAlloc(dev.bus, wanted);
    if (domain === null && wanted !== IOMMU_DOMAIN_DMA) {
      domain = this.#calls.domainAlloc(dev.bus, IOMMU_DOMAIN_DMA);
      if (domain !== null) {
        log.dev_warn(
          dev,
          'failed to allocate default IOMMU domain of type %u; falling back to IOMMU_DOMAIN_DMA',
          wanted,
        );
      }
    }
    group.default_domain = domain ?? undefined;
    group.domain ??= group.default_domain;
    noteGroup(this.#kernel, group);
    if (domain !== null && !config.strict) {
      this.#calls.setAttr(domain, DOMAIN_ATTR.DOMAIN_ATTR_DMA_USE_FLUSH_QUEUE, 1);
    }
  }

  #addDevice(group: IommuGroup, dev: Device): number {
    const log = this.#kernel.log;
    dev.iommu_group = group;
    this.get(group);
    this.#directMappings(group, dev);
    group.devices.push(dev);
    const ret = group.domain === undefined ? 0 : attachOne(group.domain, dev);
    if (ret !== 0) {
      group.devices.pop();
      dev.iommu_group = undefined;
      this.put(group);
      log.pr_err('iommu: Failed to add device %s to group %d: %d', dev.name, group.id, ret);
      return ret;
    }
    noteGroup(this.#kernel, group);
    noteDevice(this.#kernel, dev);
    log.pr_info('iommu: Adding device %s to group %d', dev.name, group.id);
    return 0;
  }

  /** iommu_group_create_direct_mappings(): before the first attach they fail, and that is ignored. */
  #directMappings(group: IommuGroup, dev: Device): void {
    const domain = group.default_domain;
    if (domain === undefined || domain.type !== IOMMU_DOMAIN_DMA) {
      return;
    }
    if (domain.pgsize_bitmap === 0) {
      throw new BugError('iommu_group_create_direct_mappings');
    }
    const granule = minPageSize(domain.pgsize_bitmap);
    const regions: IommuResvRegion[] = [];
    dev.bus?.iommu_ops?.get_resv_regions?.(dev, regions);
    for (const region of regions.filter(({ type }) => type === 'direct')) {
      const end = Math.ceil((region.start + region.length) / granule) * granule;
      for (let at = Math.ceil(region.start / granule) * granule; at < end; at += granule) {
        if (this.#calls.iovaToPhys(domain, at) === 0) {
          this.#calls.map(domain, at, at, granule, region.prot);
        }
      }
    }
    domain.ops.flush_iotlb_all?.(domain);
  }

  #release(group: IommuGroup): void {
    group.freed = true;
    this.#groups.splice(this.#groups.indexOf(group), 1);
    if (group.default_domain !== undefined) {
      this.#calls.domainFree(group.default_domain);
    }
  }
}

/** __iommu_attach_device(). */
export function attachOne(domain: IommuDomain, dev: Device): number {
  return domain.ops.attach_dev(domain, dev);
}

function attachAll(domain: IommuDomain, group: IommuGroup): number {
  for (const dev of group.devices) {
    const ret = attachOne(domain, dev);
    if (ret !== 0) {
      return ret;
    }
  }
  return 0;
}
