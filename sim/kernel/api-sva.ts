// SVA, fault reporting and the fault queue, bound by name for scripts.

import type { KernelFunction } from './api-table.ts';
import type { IopfQueue } from './io-pgfault.ts';
import type {
  Device,
  DeviceFaultHandler,
  IommuFaultEvent,
  PageResponseMsg,
  Ref,
} from './iommu-types.ts';
import type { Kernel } from './kernel.ts';
import type { MmStruct } from './mm/mm-struct.ts';

/** Functions of the 2018 SVA series. */
export function svaApi({ bindings, faults, iopf, spaces }: Kernel): Record<string, KernelFunction> {
  return {
    mm_alloc: () => spaces.mm_alloc(),
    iommu_sva_bind_device: (
      dev: Device,
      mm: MmStruct,
      pasid: Ref<unknown>,
      flags: number,
      drvdata: unknown,
    ) => bindings.iommu_sva_bind_device(dev, mm, pasid, flags, drvdata),
    iommu_sva_unbind_device: (dev: Device, pasid: number) =>
      bindings.iommu_sva_unbind_device(dev, pasid),
    iommu_register_device_fault_handler: (
      dev: Device,
      handler: DeviceFaultHandler,
      data: unknown,
    ) => faults.iommu_register_device_fault_handler(dev, handler, data),
    iommu_unregister_device_fault_handler: (dev: Device) =>
      faults.iommu_unregister_device_fault_handler(dev),
    iommu_report_device_fault: (dev: Device, event: IommuFaultEvent) =>
      faults.iommu_report_device_fault(dev, event),
    iommu_page_response: (dev: Device, message: PageResponseMsg) =>
      faults.iommu_page_response(dev, message),
    iopf_queue_alloc: (name: string) => iopf.iopf_queue_alloc(name),
    iopf_queue_free: (queue: IopfQueue) => iopf.iopf_queue_free(queue),
    iopf_queue_add_device: (queue: IopfQueue, dev: Device) =>
      iopf.iopf_queue_add_device(queue, dev),
    iopf_queue_remove_device: (queue: IopfQueue, dev: Device) =>
      iopf.iopf_queue_remove_device(queue, dev),
    iopf_queue_flush_dev: (dev: Device) => iopf.iopf_queue_flush_dev(dev),
    iopf_queue_discard_partial: (queue: IopfQueue) => iopf.iopf_queue_discard_partial(queue),
    iommu_queue_iopf: (event: IommuFaultEvent, cookie: unknown) =>
      iopf.iommu_queue_iopf(event, cookie),
  };
}
