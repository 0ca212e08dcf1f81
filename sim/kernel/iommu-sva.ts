// SVA of the 2018 series (drivers/iommu/iommu-sva.c) with the seed's AUXD feature: switching PASIDs on
// and off for a device. Binding process address spaces is in `iommu-sva-bind.ts`.

import { EBUSY, EEXIST, EINVAL, ENODEV, ENOMEM } from './errno.ts';
import type { IommuCore } from './iommu.ts';
import type { Device, IommuSvaParam, MmExitHandler } from './iommu-types.ts';
import { IOMMU_SVA_FEAT_AUXD, IOMMU_SVA_FEAT_IOPF } from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import { noteDevice } from './object-states.ts';

const KNOWN_FEATURES = IOMMU_SVA_FEAT_IOPF | IOMMU_SVA_FEAT_AUXD;

/** What init and shutdown do around the driver's own op. */
export interface SvaHooks {
  /** The device wants I/O page faults: registers their handler. 0 or a negative errno. */
  enableFaults(dev: Device): number;
  disableFaults(dev: Device): void;
  /** Unbinds everything that is still bound. */
  unbindAll(dev: Device): void;
  /** attr19: a process that is bound to the device exits. */
  mmExit(dev: Device, pasid: number): number;
}

/** SVA and AUXD of the devices of one kernel. */
export class IommuSva {
  readonly #kernel: KernelBase;
  readonly #core: IommuCore;
  readonly #hooks: SvaHooks;

  constructor(kernel: KernelBase, core: IommuCore, hooks: SvaHooks) {
    this.#kernel = kernel;
    this.#core = core;
    this.#hooks = hooks;
  }

  /**
   * Switches PASIDs on for a device. Limits are inclusive; 0 as `max_pasid` means as many as there are.
   * @returns 0; -ENODEV no domain attached, or the driver has no PASIDs; -EINVAL unknown feature, or the
   *   device lacks it; -EEXIST on already; -ENOMEM
   */
  iommu_sva_init_device(
    dev: Device,
    features: number,
    min_pasid: number,
    max_pasid: number,
    mm_exit: MmExitHandler | null,
  ): number {
    const ops = dev.bus?.iommu_ops;
    if (this.#core.iommu_get_domain_for_dev(dev) === null || ops?.sva_init_device === undefined) {
      return -ENODEV;
    }
    if ((features & ~KNOWN_FEATURES) !== 0) {
      return -EINVAL;
    }
    if (!this.#kernel.kmalloc('iommu_sva_param')) {
      return -ENOMEM;
    }
    if (dev.sva_param !== undefined) {
      return -EEXIST;
    }
    const param: IommuSvaParam = { features, min_pasid, max_pasid, mm_exit };
    if ((features & IOMMU_SVA_FEAT_IOPF) !== 0) {
      const ret = this.#hooks.enableFaults(dev);
      if (ret !== 0) {
        return ret;
      }
    }
    const ret = ops.sva_init_device(dev, param);
    if (ret !== 0) {
      if ((features & IOMMU_SVA_FEAT_IOPF) !== 0) {
        this.#hooks.disableFaults(dev);
      }
      noteDevice(this.#kernel, dev);
      return ret;
    }
    dev.sva_param = param;
    noteDevice(this.#kernel, dev);
    return 0;
  }

  /** Switches everything off; a device that was never initialised is left alone. */
  iommu_sva_shutdown_device(dev: Device): void {
    const param = dev.sva_param;
    if (param === undefined) {
      this.#kernel.misuse(
        'iommu-sva.c',
        `iommu_sva_shutdown_device: ${dev.name} was not initialised: nothing is done`,
      );
      return;
    }
    this.#hooks.unbindAll(dev);
    dev.bus?.iommu_ops?.sva_shutdown_device?.(dev);
    if ((param.features & IOMMU_SVA_FEAT_IOPF) !== 0) {
      this.#hooks.disableFaults(dev);
    }
    dev.sva_param = undefined;
    noteDevice(this.#kernel, dev);
  }

  /** attr19: IOMMU_DEV_FEAT_SVA. 0; -ENODEV no PASIDs; -EBUSY on already; -ENOMEM. Faults too when it can. */
  enable_feature(dev: Device): number {
    if (dev.sva_param !== undefined) {
      return -EBUSY;
    }
    const exit: MmExitHandler = (bound, pasid) => this.#hooks.mmExit(bound, pasid);
    const faults = this.iommu_sva_init_device(dev, IOMMU_SVA_FEAT_IOPF, 0, 0, exit);
    if (faults === 0 || faults === -ENOMEM) {
      return faults;
    }
    const ret = this.iommu_sva_init_device(dev, 0, 0, 0, exit);
    return ret === 0 || ret === -ENOMEM ? ret : -ENODEV;
  }

  /** attr19: 0, or -EINVAL when it is off. */
  disable_feature(dev: Device): number {
    if (dev.sva_param === undefined) {
      return -EINVAL;
    }
    this.iommu_sva_shutdown_device(dev);
    return 0;
  }
}
