// VFIO as a user of a container sees it (drivers/vfio, type1 IOMMU of Linux 4.20, with the mdev changes
// of October 2018 and their 2019 form): groups, DMA mappings, devices, and the aux attach behind them.

import { EBUSY, EINVAL, EIO, ENODEV, ENOMEM, ENOTTY } from './errno.ts';
import type { IommuCore } from './iommu.ts';
import type { Device, IommuDomain, IommuGroup } from './iommu-types.ts';
import { IOMMU_DEV_FEAT_AUX } from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import type { MdevDevice, Mdevs } from './mdev.ts';
import type { MmStruct } from './mm/mm-struct.ts';
import { Type1 } from './vfio-type1.ts';

/** An open device of a group: what VFIO_GROUP_GET_DEVICE_FD gives. */
export class VfioDevice {
  readonly mdev: MdevDevice;
  readonly group: VfioGroup;
  open = true;

  constructor(mdev: MdevDevice, group: VfioGroup) {
    this.mdev = mdev;
    this.group = group;
  }
}

/** An open VFIO group. */
export class VfioGroup {
  readonly group: IommuGroup;
  container: VfioContainer | undefined;
  readonly devices: VfioDevice[] = [];

  constructor(group: IommuGroup) {
    this.group = group;
  }
}

/** An open container: `/dev/vfio/vfio`. */
export class VfioContainer {
  readonly id: number;
  readonly groups: VfioGroup[] = [];
  iommu: Type1 | undefined;

  constructor(id: number) {
    this.id = id;
  }
}

/** The calls of one kernel. Each is an ioctl or a close; results 0 or a negative errno. */
export class Vfio {
  readonly #kernel: KernelBase;
  readonly #core: IommuCore;
  readonly #mdevs: Mdevs;
  readonly #open = new Map<IommuGroup, VfioGroup>();
  #containers = 0;

  constructor(kernel: KernelBase, core: IommuCore, mdevs: Mdevs) {
    this.#kernel = kernel;
    this.#core = core;
    this.#mdevs = mdevs;
    mdevs.onRemove = (mdev) => !this.#inUse(mdev);
  }

  container_open(): VfioContainer {
    this.#containers++;
    return new VfioContainer(this.#containers);
  }

  /** Opens the group of an mdev: NULL when the device has none, or it is open already. */
  group_open(dev: Device): VfioGroup | null {
    const group = dev.iommu_group;
    if (group === undefined || this.#open.has(group)) {
      return null;
    }
    const opened = new VfioGroup(group);
    this.#open.set(group, opened);
    return opened;
  }

  /** Closes a group: 0; -EBUSY while devices of it are open. */
  group_close(group: VfioGroup): number {
    if (group.devices.length > 0) {
      return -EBUSY;
    }
    this.unset_container(group);
    this.#open.delete(group.group);
    return 0;
  }

  /** VFIO_GROUP_SET_CONTAINER. 0; -EINVAL it is in one; the errors of {@link attachGroup}. */
  set_container(group: VfioGroup, container: VfioContainer): number {
    if (group.container !== undefined) {
      return -EINVAL;
    }
    if (container.iommu !== undefined) {
      const ret = this.#attachGroup(container.iommu, group);
      if (ret !== 0) {
        return ret;
      }
    }
    group.container = container;
    container.groups.push(group);
    this.#noteContainer(group);
    return 0;
  }

  /** VFIO_GROUP_UNSET_CONTAINER. 0; -EINVAL it is in none; -EBUSY devices are open. */
  unset_container(group: VfioGroup): number {
    const { container } = group;
    if (container === undefined) {
      return -EINVAL;
    }
    if (group.devices.length > 0) {
      return -EBUSY;
    }
    this.#detachGroup(container, group);
    container.groups.splice(container.groups.indexOf(group), 1);
    group.container = undefined;
    this.#noteContainer(group);
    if (container.groups.length === 0) {
      container.iommu?.release();
      container.iommu = undefined;
    }
    return 0;
  }

  /** VFIO_SET_IOMMU with VFIO_TYPE1v2_IOMMU (3) or VFIO_TYPE1_IOMMU (1). 0; -EINVAL no group, set already. */
  set_iommu(container: VfioContainer, type: number, mm: MmStruct | null): number {
    if (container.groups.length === 0 || container.iommu !== undefined) {
      return -EINVAL;
    }
    if (type !== VFIO_TYPE1_IOMMU && type !== VFIO_TYPE1v2_IOMMU) {
      return -ENODEV;
    }
    const iommu = new Type1(this.#kernel, this.#core, type === VFIO_TYPE1v2_IOMMU, mm);
    const done: VfioGroup[] = [];
    for (const group of container.groups) {
      const ret = this.#attachGroup(iommu, group);
      if (ret !== 0) {
        for (const attached of done) {
          this.#detachFrom(iommu, attached);
        }
        return ret;
      }
      done.push(group);
    }
    container.iommu = iommu;
    return 0;
  }

  /**
   * VFIO_GROUP_GET_DEVICE_FD: opens a device of the group through the parent's open().
   * @returns the device, or a negative errno: -EINVAL no container or IOMMU, or no open(); -ENODEV
   */
  get_device(group: VfioGroup, uuid: string): VfioDevice | number {
    if (group.container?.iommu === undefined) {
      return -EINVAL;
    }
    const mdev = this.#mdevs.find(uuid);
    if (mdev === null || mdev.dev.iommu_group !== group.group) {
      return -ENODEV;
    }
    const { open } = mdev.parent.ops;
    if (open === undefined) {
      return -EINVAL;
    }
    if (!this.#kernel.kmalloc('vfio_device')) {
      return -ENOMEM;
    }
    const ret = open.call(mdev.parent.ops, mdev);
    if (ret !== 0) {
      return ret;
    }
    const device = new VfioDevice(mdev, group);
    group.devices.push(device);
    return device;
  }

  /** Closes a device: the parent's release(). */
  device_close(device: VfioDevice): void {
    if (!device.open) {
      this.#kernel.misuse('vfio.c', `the device of mdev ${device.mdev.uuid} is closed twice`);
      return;
    }
    device.open = false;
    const { devices } = device.group;
    devices.splice(devices.indexOf(device), 1);
    device.mdev.parent.ops.release?.(device.mdev);
  }

  /** VFIO_DEVICE_* through the parent: -EINVAL when it has no ioctl(). */
  device_ioctl(device: VfioDevice, cmd: number, arg: unknown): number {
    return device.mdev.parent.ops.ioctl?.(device.mdev, cmd, arg) ?? -EINVAL;
  }

  /** VFIO_IOMMU_MAP_DMA; -ENOTTY without an IOMMU. */
  map_dma(
    container: VfioContainer,
    vaddr: number,
    iova: number,
    size: number,
    flags: number,
  ): number {
    return container.iommu?.map(vaddr, iova, size, flags) ?? -ENOTTY;
  }

  /** VFIO_IOMMU_UNMAP_DMA: bytes unmapped, or a negative errno. */
  unmap_dma(container: VfioContainer, iova: number, size: number): number {
    return container.iommu?.unmap(iova, size) ?? -ENOTTY;
  }

  #inUse(mdev: MdevDevice): boolean {
    const group = mdev.dev.iommu_group;
    const open = group === undefined ? undefined : this.#open.get(group);
    return open?.devices.some((device) => device.mdev === mdev) ?? false;
  }

  #noteContainer(group: VfioGroup): void {
    for (const mdev of this.#mdevsOf(group)) {
      mdev.container = group.container?.id;
      this.#mdevs.note(mdev);
    }
  }

  #mdevsOf(group: VfioGroup): MdevDevice[] {
    return group.group.devices.flatMap((dev) => this.#mdevs.mdev_from_dev(dev) ?? []);
  }

  /**
   * vfio_iommu_type1_attach_group(): attaches a new domain to the iommu_device of each mdev, then looks
   * whether an existing domain of the container serves as well; if so the new one goes again.
   * @returns 0; -EINVAL the mdevs have different iommu_devices; -EIO no domain; the errors of attaching
   */
  #attachGroup(iommu: Type1, group: VfioGroup): number {
    const mdevs = this.#mdevsOf(group);
    const devices = new Set(mdevs.map(({ iommu_device }) => iommu_device));
    if (devices.size > 1) {
      return -EINVAL;
    }
    const [device = null] = devices;
    if (device === null) {
      iommu.addExternal(group);
      return 0;
    }
    const domain = device.bus === undefined ? null : this.#core.iommu_domain_alloc(device.bus);
    if (domain === null) {
      return -EIO;
    }
    const ret = this.#attachMdevs(domain, mdevs);
    if (ret !== 0) {
      this.#core.iommu_domain_free(domain);
      return ret;
    }
    const existing = iommu.domainLike(domain);
    if (existing !== undefined) {
      this.#detachMdevs(domain, mdevs);
      if (this.#attachMdevs(existing, mdevs) === 0) {
        this.#core.iommu_domain_free(domain);
        iommu.addGroup(existing, group);
        return 0;
      }
      const again = this.#attachMdevs(domain, mdevs);
      if (again !== 0) {
        this.#core.iommu_domain_free(domain);
        return again;
      }
    }
    const replayed = iommu.addDomain(domain, group);
    if (replayed !== 0) {
      this.#detachMdevs(domain, mdevs);
      this.#core.iommu_domain_free(domain);
    }
    return replayed;
  }

  /** A failure leaves the earlier ones of the loop attached, as in the series. */
  #attachMdevs(domain: IommuDomain, mdevs: readonly MdevDevice[]): number {
    for (const mdev of mdevs) {
      const device = mdev.iommu_device;
      if (device === null) {
        return -EINVAL;
      }
      mdev.iommu_domain = domain;
      this.#mdevs.note(mdev);
      const ret = this.#usesAux(device)
        ? (domain.ops.aux_attach_dev?.(domain, device) ?? -ENODEV)
        : this.#core.iommu_attach_device(domain, device);
      if (ret !== 0) {
        return ret;
      }
    }
    return 0;
  }

  #detachMdevs(domain: IommuDomain, mdevs: readonly MdevDevice[]): void {
    for (const mdev of mdevs) {
      mdev.iommu_domain = null;
      this.#mdevs.note(mdev);
      const device = mdev.iommu_device;
      if (device !== null) {
        if (this.#usesAux(device)) {
          domain.ops.aux_detach_dev?.(domain, device);
        } else {
          this.#core.iommu_detach_device(domain, device);
        }
      }
    }
  }

  /** 2019: a device with the feature on is attached by the calls of its own. */
  #usesAux(device: Device): boolean {
    return device.bus?.iommu_ops?.dev_feat_enabled?.(device, IOMMU_DEV_FEAT_AUX) === true;
  }

  #detachGroup(container: VfioContainer, group: VfioGroup): void {
    if (container.iommu !== undefined) {
      this.#detachFrom(container.iommu, group);
    }
  }

  #detachFrom(iommu: Type1, group: VfioGroup): void {
    const domain = iommu.domainOf(group);
    if (domain === undefined) {
      iommu.removeExternal(group);
      return;
    }
    this.#detachMdevs(domain, this.#mdevsOf(group));
    iommu.removeGroup(group);
  }
}

export const VFIO_TYPE1_IOMMU = 1;
export const VFIO_TYPE1v2_IOMMU = 3;
