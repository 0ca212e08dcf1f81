// IOMMU core, auxiliary domains and ioasid, bound by name for scripts.

import type { KernelFunction } from './api-table.ts';
import { EBUSY, EINVAL, ENODEV } from './errno.ts';
import type { IoasidIterator, IoasidSet } from './ioasid.ts';
import type { IoasidAllocatorOps } from './ioasid-allocators.ts';
import type {
  BusType,
  Device,
  IommuDomain,
  IommuGroup,
  IommuOps,
  IommuResvRegion,
  Ref,
} from './iommu-types.ts';
import { IOMMU_DEV_FEAT_SVA } from './iommu-types.ts';
import type { Kernel } from './kernel.ts';
import type { SgPointer } from './scatterlist.ts';

function opsOf(dev: Device): IommuOps | undefined {
  return dev.bus?.iommu_ops;
}

/** Functions of include/linux/iommu.h and ioasid.h. */
export function iommuApi(kernel: Kernel): Record<string, KernelFunction> {
  return { ...coreApi(kernel), ...mappingApi(kernel), ...auxApi(kernel), ...ioasidApi(kernel) };
}

function coreApi({ iommu }: Kernel): Record<string, KernelFunction> {
  return {
    iommu_present: (bus: BusType) => iommu.iommu_present(bus),
    iommu_capable: (bus: BusType, cap: number) => iommu.iommu_capable(bus, cap),
    iommu_domain_alloc: (bus: BusType | null) => iommu.iommu_domain_alloc(bus),
    iommu_domain_free: (domain: IommuDomain) => iommu.iommu_domain_free(domain),
    iommu_attach_device: (domain: IommuDomain, dev: Device) =>
      iommu.iommu_attach_device(domain, dev),
    iommu_detach_device: (domain: IommuDomain, dev: Device) =>
      iommu.iommu_detach_device(domain, dev),
    iommu_attach_group: (domain: IommuDomain, group: IommuGroup) =>
      iommu.iommu_attach_group(domain, group),
    iommu_detach_group: (domain: IommuDomain, group: IommuGroup) =>
      iommu.iommu_detach_group(domain, group),
    iommu_get_domain_for_dev: (dev: Device) => iommu.iommu_get_domain_for_dev(dev),
    iommu_group_get: (dev: Device) => iommu.iommu_group_get(dev),
    iommu_group_put: (group: IommuGroup) => iommu.groups.put(group),
    iommu_group_id: (group: IommuGroup) => group.id,
    iommu_group_for_each_dev: (
      group: IommuGroup,
      data: unknown,
      fn: (dev: Device, data: unknown) => number,
    ) => {
      for (const dev of [...group.devices]) {
        const ret = fn(dev, data);
        if (ret !== 0) {
          return ret;
        }
      }
      return 0;
    },
    iommu_request_dm_for_dev: (dev: Device) => iommu.iommu_request_dm_for_dev(dev),
  };
}

function mappingApi({ iommu }: Kernel): Record<string, KernelFunction> {
  return {
    iommu_map: (domain: IommuDomain, iova: number, paddr: number, size: number, prot: number) =>
      iommu.iommu_map(domain, iova, paddr, size, prot),
    iommu_unmap: (domain: IommuDomain, iova: number, size: number) =>
      iommu.iommu_unmap(domain, iova, size),
    iommu_unmap_fast: (domain: IommuDomain, iova: number, size: number) =>
      iommu.iommu_unmap_fast(domain, iova, size),
    iommu_map_sg: (domain: IommuDomain, iova: number, sg: SgPointer, nents: number, prot: number) =>
      iommu.iommu_map_sg(domain, iova, sg, nents, prot),
    iommu_tlb_sync: (domain: IommuDomain) => iommu.iommu_tlb_sync(domain),
    iommu_flush_tlb_all: (domain: IommuDomain) => iommu.iommu_flush_tlb_all(domain),
    iommu_iova_to_phys: (domain: IommuDomain, iova: number) =>
      iommu.isFreed(domain, 'iommu_iova_to_phys') ? 0 : iommu.iommu_iova_to_phys(domain, iova),
    iommu_domain_get_attr: (domain: IommuDomain, attr: number, data: Ref<unknown>) =>
      iommu.isFreed(domain, 'iommu_domain_get_attr')
        ? -EINVAL
        : iommu.iommu_domain_get_attr(domain, attr, data),
    iommu_domain_set_attr: (domain: IommuDomain, attr: number, data: Ref<unknown>) =>
      iommu.iommu_domain_set_attr(domain, attr, data),
    iommu_set_fault_handler: (
      domain: IommuDomain,
      handler: IommuDomain['handler'] | null,
      token: unknown,
    ) => iommu.iommu_set_fault_handler(domain, handler ?? null, token),
    report_iommu_fault: (domain: IommuDomain, dev: Device, iova: number, flags: number) =>
      iommu.report_iommu_fault(domain, dev, iova, flags),
    iommu_get_resv_regions: (dev: Device, list: IommuResvRegion[]) =>
      iommu.iommu_get_resv_regions(dev, list),
    iommu_put_resv_regions: (dev: Device, list: IommuResvRegion[]) =>
      iommu.iommu_put_resv_regions(dev, list),
  };
}

/** Both shapes; the table says which profile has which. */
function auxApi({ iommu, sva }: Kernel): Record<string, KernelFunction> {
  return {
    iommu_set_dev_attr: (dev: Device, attr: number, data: unknown) =>
      opsOf(dev)?.set_dev_attr?.(dev, attr, data) ?? -EINVAL,
    iommu_get_dev_attr: (dev: Device, attr: number, data: Ref<unknown>) =>
      opsOf(dev)?.get_dev_attr?.(dev, attr, data) ?? -EINVAL,
    iommu_sva_init_device: (
      dev: Device,
      features: number,
      min: number,
      max: number,
      mm_exit: ((dev: Device, pasid: number, drvdata: unknown) => number) | null,
    ) => sva.iommu_sva_init_device(dev, features, min, max, mm_exit),
    iommu_sva_shutdown_device: (dev: Device) => sva.iommu_sva_shutdown_device(dev),
    iommu_dev_has_feature: (dev: Device, feat: number) =>
      opsOf(dev)?.dev_has_feat?.(dev, feat) ?? false,
    iommu_dev_feature_enabled: (dev: Device, feat: number) =>
      feat === IOMMU_DEV_FEAT_SVA
        ? dev.sva_param !== undefined
        : (opsOf(dev)?.dev_feat_enabled?.(dev, feat) ?? false),
    iommu_dev_enable_feature: (dev: Device, feat: number) =>
      feat === IOMMU_DEV_FEAT_SVA
        ? sva.enable_feature(dev)
        : (opsOf(dev)?.dev_enable_feat?.(dev, feat) ?? -ENODEV),
    iommu_dev_disable_feature: (dev: Device, feat: number) =>
      feat === IOMMU_DEV_FEAT_SVA
        ? sva.disable_feature(dev)
        : (opsOf(dev)?.dev_disable_feat?.(dev, feat) ?? -EBUSY),
    iommu_aux_attach_device: (domain: IommuDomain, dev: Device) =>
      iommu.isFreed(domain, 'iommu_aux_attach_device')
        ? -EINVAL
        : (domain.ops.aux_attach_dev?.(domain, dev) ?? -ENODEV),
    iommu_aux_detach_device: (domain: IommuDomain, dev: Device) => {
      if (!iommu.isFreed(domain, 'iommu_aux_detach_device')) {
        domain.ops.aux_detach_dev?.(domain, dev);
      }
    },
    iommu_aux_get_pasid: (domain: IommuDomain, dev: Device) =>
      iommu.isFreed(domain, 'iommu_aux_get_pasid')
        ? -EINVAL
        : (domain.ops.aux_get_pasid?.(domain, dev) ?? -ENODEV),
  };
}

function ioasidApi({ ioasid }: Kernel): Record<string, KernelFunction> {
  return {
    DECLARE_IOASID_SET: declareSet,
    ioasid_alloc: (set: IoasidSet | null, min: number, max: number, data: unknown) =>
      ioasid.alloc(set, min, max, data),
    ioasid_free: (id: number) => ioasid.free(id),
    ioasid_find: (set: IoasidSet | null, id: number, getter?: (data: unknown) => boolean) =>
      ioasid.find(set, id, getter),
    ioasid_for_each: (set: IoasidSet, fn: IoasidIterator, data: unknown) =>
      ioasid.forEach(set, fn, data),
    ioasid_set_data: (id: number, data: unknown) => ioasid.setData(id, data),
    ioasid_get: (id: number) => ioasid.get(id),
    ioasid_put: (id: number) => ioasid.put(id),
    ioasid_register_allocator: (ops: IoasidAllocatorOps) =>
      ioasid.allocators.register(ops, ioasid.count),
    ioasid_unregister_allocator: (ops: IoasidAllocatorOps) => ioasid.allocators.unregister(ops),
  };
}

/** A set that a script declares. */
class DeclaredSet implements IoasidSet {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

function declareSet(name: string): IoasidSet {
  return new DeclaredSet(name);
}
