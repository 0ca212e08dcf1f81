// Device fault reporting (the 2018 series): one handler a device, page requests that wait for an answer.

import { EBUSY, EINVAL, ENODEV, ENOMEM } from './errno.ts';
import type {
  Device,
  DeviceFaultHandler,
  IommuFaultEvent,
  IommuFaultParam,
  PageResponseMsg,
} from './iommu-types.ts';
import { IOMMU_FAULT_PAGE_REQ } from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import { noteDevice } from './object-states.ts';

const SOURCE = 'drivers/iommu/iommu.c';

/** Fault handlers of the devices of one kernel. */
export class DeviceFaults {
  readonly #kernel: KernelBase;

  constructor(kernel: KernelBase) {
    this.#kernel = kernel;
  }

  /** 0; -EINVAL the device has no IOMMU; -EBUSY a handler is there; -ENOMEM. */
  iommu_register_device_fault_handler(
    dev: Device,
    handler: DeviceFaultHandler,
    data: unknown,
  ): number {
    if (dev.iommu_group === undefined) {
      return -EINVAL;
    }
    if (dev.fault_param !== undefined) {
      return -EBUSY;
    }
    if (!this.#kernel.kmalloc('iommu_fault_param')) {
      return -ENOMEM;
    }
    dev.fault_param = { handler, data, pending: [] };
    noteDevice(this.#kernel, dev);
    return 0;
  }

  /** 0; -EINVAL no IOMMU, or no handler; -EBUSY while page requests wait for an answer. */
  iommu_unregister_device_fault_handler(dev: Device): number {
    const param = dev.fault_param;
    if (dev.iommu_group === undefined || param === undefined) {
      return -EINVAL;
    }
    if (param.pending.length > 0) {
      return -EBUSY;
    }
    dev.fault_param = undefined;
    noteDevice(this.#kernel, dev);
    return 0;
  }

  /**
   * Hands an event to the device's handler. The last request of a group waits for an answer from here
   * on; when the handler fails the caller must answer.
   * @returns what the handler returns; -EINVAL without one
   */
  iommu_report_device_fault(dev: Device, event: IommuFaultEvent): number {
    const param = dev.fault_param;
    if (param === undefined) {
      return -EINVAL;
    }
    const waits = event.type === IOMMU_FAULT_PAGE_REQ && event.last_req;
    if (waits) {
      param.pending.push(event);
      noteDevice(this.#kernel, dev);
    }
    const ret = param.handler(event, param.data);
    if (ret !== 0 && waits) {
      take(param, (pending) => pending === event);
      noteDevice(this.#kernel, dev);
    }
    return ret;
  }

  /** 0; -ENODEV no handler, or an IOMMU that cannot answer; -EINVAL nothing like it waits. */
  iommu_page_response(dev: Device, message: PageResponseMsg): number {
    const respond = dev.bus?.iommu_ops?.page_response;
    const param = dev.fault_param;
    if (respond === undefined || param === undefined) {
      return -ENODEV;
    }
    const event = take(
      param,
      (pending) =>
        pending.page_req_group_id === message.page_req_group_id &&
        (!message.pasid_present || pending.pasid === message.pasid),
    );
    if (event === undefined) {
      this.#kernel.misuse(
        SOURCE,
        `iommu_page_response: ${dev.name} has no request of group ${message.page_req_group_id} waiting`,
      );
      return -EINVAL;
    }
    noteDevice(this.#kernel, dev);
    return respond(dev, { ...message, private_data: event.iommu_private });
  }
}

/** Removes and answers the first event that matches. */
function take(
  param: IommuFaultParam,
  matches: (event: IommuFaultEvent) => boolean,
): IommuFaultEvent | undefined {
  const at = param.pending.findIndex(matches);
  return at < 0 ? undefined : param.pending.splice(at, 1)[0];
}
