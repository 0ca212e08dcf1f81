// The I/O page fault queue (2018 series): page requests collected by group, handled by a workqueue on
// the process address space behind their PASID, one answer a group.

import { EBUSY, EINVAL } from './errno.ts';
import type { DeviceFaults } from './iommu-fault.ts';
import type { Device, IommuFaultEvent } from './iommu-types.ts';
import {
  IOMMU_FAULT_EXEC,
  IOMMU_FAULT_PAGE_REQ,
  IOMMU_FAULT_READ,
  IOMMU_FAULT_WRITE,
  IOMMU_PAGE_RESP_INVALID,
  IOMMU_PAGE_RESP_SUCCESS,
} from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from './mm/cpu-page-table.ts';
import type { MmStruct } from './mm/mm-struct.ts';
import { FAULT_FLAG_INSTRUCTION, FAULT_FLAG_WRITE } from './mm/mm-struct.ts';
import type { WorkStruct } from './workqueue.ts';
import { Workqueue } from './workqueue.ts';

/** struct iopf_queue. */
export class IopfQueue {
  readonly name: string;
  readonly wq: Workqueue;
  readonly devices = new Map<Device, IopfDeviceParam>();

  constructor(name: string, wq: Workqueue) {
    this.name = name;
    this.wq = wq;
  }
}

interface IopfDeviceParam {
  /** Requests whose group is not complete. */
  readonly partial: IommuFaultEvent[];
  /** Groups that wait for the workqueue. */
  readonly work: Set<WorkStruct>;
}

/** Fault queues of one kernel. */
export class IoPageFaults {
  readonly #kernel: KernelBase;
  readonly #faults: DeviceFaults;
  readonly #mmOf: (pasid: number) => MmStruct | undefined;
  readonly #queues = new Set<IopfQueue>();

  /** `mmOf`: the process address space bound under a PASID. */
  constructor(
    kernel: KernelBase,
    faults: DeviceFaults,
    mmOf: (pasid: number) => MmStruct | undefined,
  ) {
    this.#kernel = kernel;
    this.#faults = faults;
    this.#mmOf = mmOf;
  }

  /** A queue, or NULL without memory. */
  iopf_queue_alloc(name: string): IopfQueue | null {
    if (!this.#kernel.kmalloc('iopf_queue')) {
      return null;
    }
    const queue = new IopfQueue(name, new Workqueue(this.#kernel.machine, `iopf_queue/${name}`));
    this.#queues.add(queue);
    return queue;
  }

  iopf_queue_free(queue: IopfQueue): void {
    for (const dev of [...queue.devices.keys()]) {
      this.iopf_queue_remove_device(queue, dev);
    }
    this.#queues.delete(queue);
  }

  /** 0; -EINVAL the device is in a queue already (7.0: -EBUSY). */
  iopf_queue_add_device(queue: IopfQueue, dev: Device): number {
    if (this.#queueOf(dev) !== undefined) {
      return -EINVAL;
    }
    queue.devices.set(dev, { partial: [], work: new Set() });
    return 0;
  }

  /** 0; -EINVAL the device is not in this queue; -EBUSY groups are still being handled. */
  iopf_queue_remove_device(queue: IopfQueue, dev: Device): number {
    const param = queue.devices.get(dev);
    if (param === undefined) {
      return -EINVAL;
    }
    if (param.work.size > 0) {
      return -EBUSY;
    }
    queue.devices.delete(dev);
    return 0;
  }

  /** Takes everything the hardware queued for the device, and waits until it is handled. */
  iopf_queue_flush_dev(dev: Device): number {
    const queue = this.#queueOf(dev);
    const param = queue?.devices.get(dev);
    if (queue === undefined || param === undefined) {
      return -EINVAL;
    }
    dev.bus?.iommu_ops?.fault_drain?.(dev);
    for (const work of [...param.work]) {
      queue.wq.flush_work(work);
    }
    return 0;
  }

  /** Forgets requests whose group was not complete: the hardware lost some. */
  iopf_queue_discard_partial(queue: IopfQueue): number {
    for (const param of queue.devices.values()) {
      param.partial.length = 0;
    }
    return 0;
  }

  /** As {@link iopf_queue_discard_partial}, for every queue. */
  discardAllPartial(): void {
    for (const queue of this.#queues) {
      this.iopf_queue_discard_partial(queue);
    }
  }

  /**
   * The handler to register for a device. Requests wait until the last one of their group.
   * @returns 0; -EINVAL not a page request, or the device is in no queue
   */
  iommu_queue_iopf(event: IommuFaultEvent, cookie: unknown): number {
    const dev = cookie as Device;
    const queue = this.#queueOf(dev);
    const param = queue?.devices.get(dev);
    if (event.type !== IOMMU_FAULT_PAGE_REQ || queue === undefined || param === undefined) {
      return -EINVAL;
    }
    if (!event.last_req) {
      param.partial.push(event);
      return 0;
    }
    const group = [
      ...param.partial.filter(
        ({ page_req_group_id }) => page_req_group_id === event.page_req_group_id,
      ),
      event,
    ];
    const others = param.partial.filter((partial) => !group.includes(partial));
    param.partial.splice(0, param.partial.length, ...others);
    const work: WorkStruct = { pending: false, func: () => undefined };
    work.func = () => {
      param.work.delete(work);
      this.#handleGroup(dev, group, event);
    };
    param.work.add(work);
    queue.wq.queue_work(work);
    return 0;
  }

  #handleGroup(dev: Device, group: readonly IommuFaultEvent[], last: IommuFaultEvent): void {
    let code = IOMMU_PAGE_RESP_SUCCESS;
    for (const event of group) {
      if (code === IOMMU_PAGE_RESP_SUCCESS) {
        code = this.#handleOne(event);
      }
    }
    this.#faults.iommu_page_response(dev, {
      addr: last.addr,
      pasid: last.pasid,
      resp_code: code,
      pasid_present: last.pasid_valid,
      page_req_group_id: last.page_req_group_id,
      private_data: last.iommu_private,
    });
  }

  #handleOne(event: IommuFaultEvent): number {
    const mm = event.pasid_valid ? this.#mmOf(event.pasid) : undefined;
    if (mm === undefined || !mm.mmget_not_zero()) {
      return IOMMU_PAGE_RESP_INVALID;
    }
    const area = mm.find_vma(event.addr);
    const needed =
      ((event.prot & IOMMU_FAULT_READ) === 0 ? 0 : PROT_READ) |
      ((event.prot & IOMMU_FAULT_WRITE) === 0 ? 0 : PROT_WRITE) |
      ((event.prot & IOMMU_FAULT_EXEC) === 0 ? 0 : PROT_EXEC);
    let code = IOMMU_PAGE_RESP_INVALID;
    if (area !== undefined && (needed & ~area.prot) === 0) {
      const flags =
        ((event.prot & IOMMU_FAULT_WRITE) === 0 ? 0 : FAULT_FLAG_WRITE) |
        ((event.prot & IOMMU_FAULT_EXEC) === 0 ? 0 : FAULT_FLAG_INSTRUCTION);
      code =
        mm.handle_mm_fault(event.addr, flags) === 0
          ? IOMMU_PAGE_RESP_SUCCESS
          : IOMMU_PAGE_RESP_INVALID;
    }
    mm.mmput();
    return code;
  }

  #queueOf(dev: Device): IopfQueue | undefined {
    return [...this.#queues].find((queue) => queue.devices.has(dev));
  }
}
