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
declare function mdev_from_dev(dev: device): mdev_device;

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

/** Opens /dev/vfio/vfio: a container. */
declare function vfio_container_open(): void_ptr;

/** Opens the VFIO group of a device, or NULL. */
declare function vfio_group_get(dev: device): void_ptr;
