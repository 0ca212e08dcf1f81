// Mediated devices and VFIO as the user of a container sees it (4.20, [PATCH v3] October 2018, 5.2).

/** struct mdev_device. */
interface mdev_device {
  readonly [kind]: 'mdev';
}

/** struct mdev_parent_ops. */
interface mdev_parent_ops {
  readonly supported_type_groups?: unknown;
  create(kobj: void_ptr, mdev: mdev_device): int;
  remove(mdev: mdev_device): int;
  open?(mdev: mdev_device): int;
  release?(mdev: mdev_device): void;
  readonly [op: string]: unknown;
}

/**
 * Makes a device a parent of mediated devices.
 * @returns 0; -EINVAL create, remove or supported_type_groups missing; -EEXIST registered; -ENOMEM
 */
declare function mdev_register_device(dev: device, ops: mdev_parent_ops): int;

/** Ends a parent and removes its mediated devices. */
declare function mdev_unregister_device(dev: device): void;

/** The parent of a mediated device. */
declare function mdev_parent_dev(mdev: mdev_device): device;

/** The struct device of a mediated device. */
declare function mdev_dev(mdev: mdev_device): device;

/** The mediated device of a struct device. */
declare function mdev_from_dev(dev: device): mdev_device | null;

/** UUID of a mediated device. */
declare function mdev_uuid(mdev: mdev_device): string;

/** Data that {@link mdev_set_drvdata} kept. */
declare function mdev_get_drvdata(mdev: mdev_device): void_ptr;

/** Keeps a driver's data with a mediated device. */
declare function mdev_set_drvdata(mdev: mdev_device, data: unknown): void;

/** Names the device whose PASIDs isolate a mediated device; always 0. Call it in create(). */
declare function mdev_set_iommu_device(dev: device, iommu_device: device | null): int;

/** What {@link mdev_set_iommu_device} named, or NULL. */
declare function mdev_get_iommu_device(dev: device): device | null;

/**
 * Writes a UUID to the parent's `mdev_supported_types/<type>/create`.
 * @returns 0; -EINVAL bad UUID; -EEXIST taken; else what create() returned
 */
declare function mdev_create(parent: device, type: string, uuid: string): int;

/** Writes 1 to the device's `remove`: 0; -ENODEV; -EAGAIN; -EBUSY when remove() fails. */
declare function mdev_remove(uuid: string): int;

/** The mediated device with a UUID, or NULL. */
declare function mdev_find(uuid: string): mdev_device | null;

/** An open container. */
interface vfio_container {
  readonly [kind]: 'vfio_container';
}

/** An open VFIO group. */
interface vfio_group {
  readonly [kind]: 'vfio_group';
}

/** An open device of a group. */
interface vfio_device {
  readonly [kind]: 'vfio_device';
}

/** Opens /dev/vfio/vfio. */
declare function vfio_container_open(): vfio_container;

/** Opens the group of a mediated device, or NULL when it has none or it is open already. */
declare function vfio_group_open(dev: device): vfio_group | null;

/** Closes a group; 0, or -EBUSY while devices of it are open. */
declare function vfio_group_close(group: vfio_group): int;

/** VFIO_GROUP_SET_CONTAINER: puts a group into a container. */
declare function vfio_group_set_container(group: vfio_group, container: vfio_container): int;

/** VFIO_GROUP_UNSET_CONTAINER: takes a group out. */
declare function vfio_group_unset_container(group: vfio_group): int;

/**
 * VFIO_SET_IOMMU: the groups of the container get a domain, which is attached (as an auxiliary one where
 * the mediating driver says so) to the devices that isolate them.
 * @param type VFIO_TYPE1_IOMMU or VFIO_TYPE1v2_IOMMU
 * @param mm the process whose memory is mapped
 */
declare function vfio_set_iommu(container: vfio_container, type: int, mm: mm | null): int;

/**
 * VFIO_GROUP_GET_DEVICE_FD: opens a device of the group; the driver's open() runs.
 * @returns the device, or an error pointer
 */
declare function vfio_group_get_device(group: vfio_group, uuid: string): void_ptr;

/** Closes a device; the driver's release() runs. */
declare function vfio_device_close(device: vfio_device): void;

/** An ioctl of an open device, for the driver's ioctl(). */
declare function vfio_device_ioctl(device: vfio_device, cmd: u32, arg: void_ptr): int;

/**
 * VFIO_IOMMU_MAP_DMA: maps process memory for the devices of a container.
 * @param flags VFIO_DMA_MAP_FLAG_READ, VFIO_DMA_MAP_FLAG_WRITE
 * @returns 0; -EINVAL misaligned, empty, wrapping or without access; -EEXIST overlap; -ENOMEM
 */
declare function vfio_iommu_map_dma(
  container: vfio_container,
  vaddr: u64_arg,
  iova: u64_arg,
  size: size_t,
  flags: int,
): int;

/** VFIO_IOMMU_UNMAP_DMA: bytes that were unmapped, or -EINVAL. */
declare function vfio_iommu_unmap_dma(container: vfio_container, iova: u64_arg, size: size_t): int;
