// SVA as Linux 5.2 to 5.7 has it: binding answers a handle, a second bind of the same process takes a
// reference, and the driver's mm_exit comes from operations set on the handle. Also the PASID of an mm
// (iommu-sva-lib.c, 5.11). The bonds themselves are those of `iommu-sva-bind.ts`.

import type { ErrorPointer } from './errno.ts';
import { EEXIST, EINVAL, ENODEV, ERR_PTR } from './errno.ts';
import type { SvaBindings } from './iommu-sva-bind.ts';
import type { Device } from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import type { MmStruct } from './mm/mm-struct.ts';

const SOURCE = 'iommu.c';

/** struct iommu_sva_ops. */
export interface IommuSvaOps {
  readonly mm_exit?: (dev: Device, handle: IommuSvaHandle, drvdata: unknown) => number;
}

/** struct iommu_sva: a bond of a device and an mm. */
export class IommuSvaHandle {
  readonly dev: Device;
  readonly mm: MmStruct;
  readonly pasid: number;
  readonly drvdata: unknown;
  ops: IommuSvaOps | undefined;
  references = 1;

  constructor(dev: Device, mm: MmStruct, pasid: number, drvdata: unknown) {
    this.dev = dev;
    this.mm = mm;
    this.pasid = pasid;
    this.drvdata = drvdata;
  }
}

/** The handles of one kernel. */
export class SvaHandles {
  readonly #kernel: KernelBase;
  readonly #bindings: SvaBindings;
  readonly #live = new Set<IommuSvaHandle>();

  constructor(kernel: KernelBase, bindings: SvaBindings) {
    this.#kernel = kernel;
    this.#bindings = bindings;
  }

  /**
   * Binds a process address space to a device, or takes a reference to the bond that is there.
   * @returns the handle; ERR_PTR(-ENODEV) no group, no driver support, or IOMMU_DEV_FEAT_SVA is off;
   *   ERR_PTR(-EINVAL) the group has several devices; ERR_PTR(-ERANGE, -ENOSPC, -ENOMEM) as in 2018
   */
  iommu_sva_bind_device(
    dev: Device,
    mm: MmStruct,
    drvdata: unknown,
  ): IommuSvaHandle | ErrorPointer {
    const param = dev.sva_param;
    if (dev.iommu_group === undefined || param === undefined) {
      return ERR_PTR(-ENODEV);
    }
    if (dev.iommu_group.devices.length !== 1) {
      return ERR_PTR(-EINVAL);
    }
    const known = this.#find(dev, ({ mm: bound }) => bound === mm);
    if (known !== undefined && this.#bindings.find(known.pasid) === mm) {
      known.references++;
      this.#bindings.reference(dev, known.pasid, 1);
      return known;
    }
    const pasid = { value: 0 };
    const ret = this.#bindings.iommu_sva_bind_device(dev, mm, pasid, param.features, drvdata);
    if (ret !== 0) {
      return ERR_PTR(ret);
    }
    const handle = new IommuSvaHandle(dev, mm, pasid.value, drvdata);
    this.#live.add(handle);
    return handle;
  }

  /** Drops a reference; the last one ends the bond. The device must have stopped using the PASID. */
  iommu_sva_unbind_device(handle: IommuSvaHandle): void {
    if (!this.#live.has(handle)) {
      const text = `iommu_sva_unbind_device: the handle of PASID ${handle.pasid} is unbound already`;
      this.#kernel.misuse(SOURCE, text);
      return;
    }
    handle.references--;
    if (handle.references === 0) {
      this.#live.delete(handle);
      this.#bindings.iommu_sva_unbind_device(handle.dev, handle.pasid);
    } else {
      this.#bindings.reference(handle.dev, handle.pasid, -1);
    }
  }

  /** 0; -EEXIST the handle has other operations. */
  iommu_sva_set_ops(handle: IommuSvaHandle, ops: IommuSvaOps): number {
    if (handle.ops !== undefined && handle.ops !== ops) {
      return -EEXIST;
    }
    handle.ops = ops;
    return 0;
  }

  /** mm_exit for a device that IOMMU_DEV_FEAT_SVA enabled: asks the operations of the handle. */
  exit(dev: Device, pasid: number): number {
    const handle = this.#find(dev, (candidate) => candidate.pasid === pasid);
    if (handle?.ops?.mm_exit === undefined) {
      this.#kernel.misuse(
        SOURCE,
        `the process of PASID ${pasid} exits while ${dev.name} is bound and its handle has no mm_exit: ` +
          'nobody stops the device (iommu_sva_set_ops sets one)',
      );
      return 0;
    }
    return handle.ops.mm_exit(dev, handle, handle.drvdata);
  }

  #find(dev: Device, test: (handle: IommuSvaHandle) => boolean): IommuSvaHandle | undefined {
    return [...this.#live].findLast((handle) => handle.dev === dev && test(handle));
  }
}
