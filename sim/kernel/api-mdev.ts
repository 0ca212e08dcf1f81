// Mediated devices, and VFIO as its user sees it, bound by name for scripts. The names of the VFIO calls
// are ours: C has ioctls and files there.

import type { KernelFunction } from './api-table.ts';
import type { Device, IommuDomain } from './iommu-types.ts';
import type { Kernel } from './kernel.ts';
import type { MdevParentOps } from './mdev.ts';
import { MdevDevice } from './mdev.ts';
import type { MmStruct } from './mm/mm-struct.ts';
import type { VfioContainer, VfioDevice, VfioGroup } from './vfio.ts';

/** Functions of include/linux/mdev.h, and the acts of a VFIO user. */
export function mdevApi(kernel: Kernel): Record<string, KernelFunction> {
  return { ...mdevs(kernel), ...vfio(kernel) };
}

function mdevs({ mdev: core }: Kernel): Record<string, KernelFunction> {
  return {
    mdev_register_device: (dev: Device, ops: MdevParentOps) => core.mdev_register_device(dev, ops),
    mdev_unregister_device: (dev: Device) => core.mdev_unregister_device(dev),
    mdev_parent_dev: (mdev: object) => mdevOf('mdev_parent_dev', mdev).parent.dev,
    mdev_dev: (mdev: object) => mdevOf('mdev_dev', mdev).dev,
    mdev_from_dev: (dev: Device) => core.mdev_from_dev(dev),
    mdev_uuid: (mdev: object) => mdevOf('mdev_uuid', mdev).uuid,
    mdev_get_drvdata: (mdev: object) => mdevOf('mdev_get_drvdata', mdev).driver_data,
    mdev_set_drvdata: (mdev: object, data: unknown) => {
      mdevOf('mdev_set_drvdata', mdev).driver_data = data;
    },
    mdev_set_iommu_device: (dev: Device, iommu_device: Device | null) =>
      core.setIommuDevice(dev, iommu_device),
    mdev_get_iommu_device: (dev: Device) => core.mdev_from_dev(dev)?.iommu_device ?? null,
    mdev_set_iommu_domain: (dev: Device, domain: IommuDomain | null) =>
      core.setIommuDomain(dev, domain),
    mdev_get_iommu_domain: (dev: Device) => core.mdev_from_dev(dev)?.iommu_domain ?? null,
    mdev_create: (parent: Device, type: string, uuid: string) => core.create(parent, type, uuid),
    mdev_remove: (uuid: string) => core.remove(uuid),
    mdev_find: (uuid: string) => core.find(uuid),
  };
}

/** @throws RangeError naming the function when the object is no mdev */
function mdevOf(fn: string, object: object): MdevDevice {
  if (!(object instanceof MdevDevice)) {
    throw new RangeError(`${fn}: mdev must be a mediated device, as create() is given one`);
  }
  return object;
}

function vfio({ vfio: calls }: Kernel): Record<string, KernelFunction> {
  return {
    vfio_container_open: () => calls.container_open(),
    vfio_group_open: (dev: Device) => calls.group_open(dev),
    vfio_group_close: (group: VfioGroup) => calls.group_close(group),
    vfio_group_set_container: (group: VfioGroup, container: VfioContainer) =>
      calls.set_container(group, container),
    vfio_group_unset_container: (group: VfioGroup) => calls.unset_container(group),
    vfio_set_iommu: (container: VfioContainer, type: number, mm: MmStruct | null) =>
      calls.set_iommu(container, type, mm),
    vfio_group_get_device: (group: VfioGroup, uuid: string) => calls.get_device(group, uuid),
    vfio_device_close: (device: VfioDevice) => calls.device_close(device),
    vfio_device_ioctl: (device: VfioDevice, cmd: number, arg: unknown) =>
      calls.device_ioctl(device, cmd, arg),
    vfio_iommu_map_dma: (
      container: VfioContainer,
      vaddr: number,
      iova: number,
      size: number,
      flags: number,
    ) => calls.map_dma(container, vaddr, iova, size, flags),
    vfio_iommu_unmap_dma: (container: VfioContainer, iova: number, size: number) =>
      calls.unmap_dma(container, iova, size),
  };
}
