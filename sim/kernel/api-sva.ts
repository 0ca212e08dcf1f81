// SVA, fault reporting and the fault queue, bound by name for scripts.

import type { KernelFunction } from './api-table.ts';
import type { IopfQueue } from './io-pgfault.ts';
import type { IommuSvaHandle, IommuSvaOps } from './iommu-sva-handle.ts';
import type {
  Device,
  DeviceFaultHandler,
  IommuFaultEvent,
  PageResponseMsg,
  Ref,
} from './iommu-types.ts';
import type { Kernel } from './kernel.ts';
import type { MmStruct } from './mm/mm-struct.ts';

/** SVA, in the shape of the profile. */
export function svaApi(kernel: Kernel): Record<string, KernelFunction> {
  const { faults, iopf, spaces } = kernel;
  return {
    mm_alloc: () => spaces.mm_alloc(),
    ...bindApi(kernel),
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

function bindApi(kernel: Kernel): Record<string, KernelFunction> {
  const { bindings, handles } = kernel;
  const later = {
    iommu_sva_bind_device: (dev: Device, mm: MmStruct, drvdata: unknown) =>
      handles.iommu_sva_bind_device(dev, mm, drvdata),
    iommu_sva_unbind_device: (handle: IommuSvaHandle) => handles.iommu_sva_unbind_device(handle),
  };
  const first = {
    iommu_sva_bind_device: (
      dev: Device,
      mm: MmStruct,
      pasid: Ref<unknown>,
      flags: number,
      drvdata: unknown,
    ) => bindings.iommu_sva_bind_device(dev, mm, pasid, flags, drvdata),
    iommu_sva_unbind_device: (dev: Device, pasid: number) =>
      bindings.iommu_sva_unbind_device(dev, pasid),
  };
  return {
    ...(kernel.config.profile === 'attr19' ? later : first),
    iommu_sva_set_ops: (handle: IommuSvaHandle, ops: IommuSvaOps) =>
      handles.iommu_sva_set_ops(handle, ops),
    iommu_sva_get_pasid: (handle: IommuSvaHandle) => handle.pasid,
    iommu_sva_alloc_pasid: (mm: MmStruct, min: number, max: number) =>
      bindings.iommu_sva_alloc_pasid(mm, min, max),
    iommu_sva_free_pasid: (mm: MmStruct) => bindings.iommu_sva_free_pasid(mm),
    iommu_sva_find: (pasid: number) => bindings.iommu_sva_find(pasid),
  };
}
