// Mediated devices (drivers/vfio/mdev, Linux 4.20, with the IOMMU additions of October 2018): parents
// that can be cut into mdevs, mdevs made and removed by UUID, the device whose PASIDs an mdev uses.

import { EAGAIN, EEXIST, EINVAL, ENODEV, ENOMEM } from './errno.ts';
import type { IommuGroups } from './iommu-group.ts';
import type { BusType, IommuDomain } from './iommu-types.ts';
import { Device } from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import { mdevState } from './object-states.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** struct mdev_parent_ops. `supported_type_groups` names the types; results 0 or a negative errno. */
export interface MdevParentOps {
  readonly supported_type_groups?: readonly string[];
  create?(kobj: string, mdev: MdevDevice): number;
  remove?(mdev: MdevDevice): number;
  open?(mdev: MdevDevice): number;
  release?(mdev: MdevDevice): void;
  read?(mdev: MdevDevice, count: number, ppos: number): unknown;
  write?(mdev: MdevDevice, data: unknown, ppos: number): unknown;
  ioctl?(mdev: MdevDevice, cmd: number, arg: unknown): number;
  mmap?(mdev: MdevDevice, vma: unknown): number;
}

/** struct mdev_device. */
export class MdevDevice {
  readonly uuid: string;
  readonly type: string;
  readonly dev: Device;
  readonly parent: MdevParent;
  driver_data: unknown;
  /** mdev_set_iommu_device() and mdev_set_iommu_domain(). */
  iommu_device: Device | null = null;
  iommu_domain: IommuDomain | null = null;
  active = false;
  /** Number of the VFIO container that its group is in. */
  container: number | undefined;

  constructor(uuid: string, type: string, dev: Device, parent: MdevParent) {
    this.uuid = uuid;
    this.type = type;
    this.dev = dev;
    this.parent = parent;
  }
}

/** A registered parent. */
export interface MdevParent {
  readonly dev: Device;
  readonly ops: MdevParentOps;
}

/** The mdevs of one kernel. */
export class Mdevs {
  readonly bus: BusType = { name: 'mdev', iommu_ops: undefined, devices: [] };
  readonly #kernel: KernelBase;
  readonly #groups: IommuGroups;
  readonly #parents = new Map<Device, MdevParent>();
  readonly #devices = new Map<string, MdevDevice>();
  /** Told before an mdev goes: whoever has it open must let go. False: it stays. */
  onRemove: ((mdev: MdevDevice) => boolean) | undefined;

  constructor(kernel: KernelBase, groups: IommuGroups) {
    this.#kernel = kernel;
    this.#groups = groups;
  }

  /** 0; -EINVAL no create, remove or types; -EEXIST registered already; -ENOMEM. */
  mdev_register_device(dev: Device, ops: MdevParentOps): number {
    if (
      ops.create === undefined ||
      ops.remove === undefined ||
      ops.supported_type_groups === undefined
    ) {
      return -EINVAL;
    }
    if (this.#parents.has(dev)) {
      return -EEXIST;
    }
    if (!this.#kernel.kmalloc('mdev_parent')) {
      return -ENOMEM;
    }
    this.#parents.set(dev, { dev, ops });
    this.#kernel.log.dev_info(dev, 'MDEV: Registered');
    return 0;
  }

  /** Removes every mdev of the parent, by force, then the parent. */
  mdev_unregister_device(dev: Device): void {
    if (!this.#parents.has(dev)) {
      this.#kernel.misuse('mdev_core.c', `mdev_unregister_device: ${dev.name} is not registered`);
      return;
    }
    this.#kernel.log.dev_info(dev, 'MDEV: Unregistering');
    for (const mdev of [...this.#devices.values()].filter(({ parent }) => parent.dev === dev)) {
      this.#remove(mdev, true);
    }
    this.#parents.delete(dev);
  }

  /**
   * What writing a UUID to the `create` file of a type does. The device and its group exist before the
   * parent's create() runs.
   * @returns 0; -EINVAL not a UUID, or no such type; -ENODEV not a parent; -EEXIST; -ENOMEM; what create
   *   returned
   */
  create(parentDev: Device, type: string, uuid: string): number {
    const parent = this.#parents.get(parentDev);
    const text = uuid.endsWith('\n') ? uuid.slice(0, -1) : uuid;
    if (!UUID.test(text)) {
      return -EINVAL;
    }
    if (parent === undefined) {
      return -ENODEV;
    }
    if (parent.ops.supported_type_groups?.includes(type) !== true) {
      return -EINVAL;
    }
    if (this.#devices.has(text)) {
      return -EEXIST;
    }
    if (!this.#kernel.kmalloc('mdev_device')) {
      return -ENOMEM;
    }
    const dev = new Device(text, this.bus, parentDev);
    const ret = this.#joinGroup(dev);
    if (ret !== 0) {
      return ret;
    }
    const mdev = new MdevDevice(text, type, dev, parent);
    dev.driver_data = undefined;
    this.#devices.set(text, mdev);
    this.#kernel.noteObject('mdev', dev.iommu_group?.id ?? 0, `mdev ${text}`);
    this.note(mdev);
    const created = parent.ops.create?.(type, mdev) ?? -EINVAL;
    if (created !== 0) {
      this.#unregister(mdev);
      return created;
    }
    this.#kernel.log.dev_info(dev, 'MDEV: group_id = %d', dev.iommu_group?.id ?? 0);
    mdev.active = true;
    this.note(mdev);
    return 0;
  }

  /** What writing 1 to the `remove` file does: 0; -ENODEV; -EAGAIN; -EBUSY in use or ops->remove failed. */
  remove(uuid: string): number {
    const mdev = this.#devices.get(uuid);
    if (mdev === undefined) {
      return -ENODEV;
    }
    return mdev.active ? this.#remove(mdev, false) : -EAGAIN;
  }

  /** Every mdev, in the order in which they were made. */
  get all(): readonly MdevDevice[] {
    return [...this.#devices.values()];
  }

  /** An mdev changed; one that was removed is gone. */
  note(mdev: MdevDevice): void {
    const live = this.#devices.get(mdev.uuid) === mdev;
    this.#kernel.noteState('mdev', mdev.uuid, live ? mdevState(mdev) : undefined);
  }

  find(uuid: string): MdevDevice | null {
    return this.#devices.get(uuid) ?? null;
  }

  mdev_from_dev(dev: Device): MdevDevice | null {
    return [...this.#devices.values()].find((mdev) => mdev.dev === dev) ?? null;
  }

  /** 0; -EINVAL the device is no mdev. */
  setIommuDevice(dev: Device, iommu_device: Device | null): number {
    const mdev = this.mdev_from_dev(dev);
    if (mdev === null) {
      return -EINVAL;
    }
    mdev.iommu_device = iommu_device;
    this.note(mdev);
    return 0;
  }

  /** 0; -EINVAL the device is no mdev. */
  setIommuDomain(dev: Device, domain: IommuDomain | null): number {
    const mdev = this.mdev_from_dev(dev);
    if (mdev === null) {
      return -EINVAL;
    }
    mdev.iommu_domain = domain;
    this.note(mdev);
    return 0;
  }

  #remove(mdev: MdevDevice, force: boolean): number {
    const released = this.onRemove?.(mdev) ?? true;
    const ret = mdev.parent.ops.remove?.(mdev) ?? 0;
    if ((ret !== 0 || !released) && !force) {
      return ret === 0 ? -EAGAIN : ret;
    }
    this.#unregister(mdev);
    return 0;
  }

  #unregister(mdev: MdevDevice): void {
    mdev.active = false;
    this.#devices.delete(mdev.uuid);
    this.#groups.leave(mdev.dev);
    this.#kernel.noteObject('mdev', 0, `mdev ${mdev.uuid} is removed`);
    this.note(mdev);
  }

  /** The probe of the mdev bus: a group of its own, without an IOMMU. */
  #joinGroup(dev: Device): number {
    const group = this.#groups.alloc();
    if ('error' in group) {
      return group.error;
    }
    this.#groups.join(dev, group);
    this.#groups.put(group);
    return 0;
  }
}
