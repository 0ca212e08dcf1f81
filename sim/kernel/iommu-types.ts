// The objects of the IOMMU core as drivers meet them: devices, buses, groups, domains and the ops that an
// IOMMU driver offers. Data and types only; what they do is in the files that own them.

import type { LogDevice } from './printk.ts';

export const IOMMU_READ = 1;
export const IOMMU_WRITE = 2;
export const IOMMU_CACHE = 4;
export const IOMMU_NOEXEC = 8;
export const IOMMU_MMIO = 16;
export const IOMMU_PRIV = 32;

const IOMMU_DOMAIN_PAGING = 1;
export const IOMMU_DOMAIN_BLOCKED = 0;
export const IOMMU_DOMAIN_UNMANAGED = IOMMU_DOMAIN_PAGING;
export const IOMMU_DOMAIN_DMA = IOMMU_DOMAIN_PAGING | 2;
export const IOMMU_DOMAIN_IDENTITY = 4;

export const IOMMU_CAP_CACHE_COHERENCY = 0;
export const IOMMU_CAP_INTR_REMAP = 1;
export const IOMMU_CAP_NOEXEC = 2;

/** Attributes of a domain; AUXD_ID stands after MAX, as the 2018 series placed it. */
export const DOMAIN_ATTR = {
  DOMAIN_ATTR_GEOMETRY: 0,
  DOMAIN_ATTR_PAGING: 1,
  DOMAIN_ATTR_WINDOWS: 2,
  DOMAIN_ATTR_FSL_PAMU_STASH: 3,
  DOMAIN_ATTR_FSL_PAMU_ENABLE: 4,
  DOMAIN_ATTR_FSL_PAMUV1: 5,
  DOMAIN_ATTR_NESTING: 6,
  DOMAIN_ATTR_DMA_USE_FLUSH_QUEUE: 7,
  DOMAIN_ATTR_MAX: 8,
  DOMAIN_ATTR_AUXD_ID: 9,
} as const;

/** enum iommu_dev_attr of the seed's time. */
export const IOMMU_DEV_ATTR = {
  IOMMU_DEV_ATTR_AUXD_CAPABILITY: 0,
  IOMMU_DEV_ATTR_AUXD_ENABLE: 1,
  IOMMU_DEV_ATTR_AUXD_DISABLE: 2,
  IOMMU_DEV_ATTR_AUXD_ENABLED: 3,
} as const;

/** enum iommu_dev_features of 2019. */
export const IOMMU_DEV_FEAT_AUX = 0;
export const IOMMU_DEV_FEAT_SVA = 1;

/** Features of iommu_sva_init_device(): IOPF is bit 0, AUXD bit 1 (the number is a model decision). */
export const IOMMU_SVA_FEAT_IOPF = 1;
export const IOMMU_SVA_FEAT_AUXD = 2;

/** What `&x` becomes in a script: the callee writes `value`. */
export interface Ref<T> {
  value: T;
}

/** Range of input addresses a domain takes, bytes; `aperture_end` is the last one. */
export interface IommuDomainGeometry {
  aperture_start: number;
  aperture_end: number;
  force_aperture: boolean;
}

/** Old per-domain fault handler; `flags` is 0 for a read and 1 for a write. */
export type IommuFaultHandler = (
  domain: IommuDomain,
  dev: Device,
  iova: number,
  flags: number,
  token: unknown,
) => number;

/** struct iommu_domain. */
export interface IommuDomain {
  /** Number for people and the trace, from 1. */
  readonly id: number;
  readonly type: number;
  readonly ops: IommuOps;
  /** Supported page sizes, one bit each (up to 2^42: a double). */
  pgsize_bitmap: number;
  readonly geometry: IommuDomainGeometry;
  handler?: IommuFaultHandler | undefined;
  handler_token?: unknown;
  /** State of the DMA API for this domain. */
  iova_cookie?: unknown;
  /** Set by iommu_domain_free(): the model's check for use after free. */
  freed: boolean;
}

/** struct iommu_resv_region. `type`: direct, reserved, msi, sw-msi as sysfs names them. */
export interface IommuResvRegion {
  readonly start: number;
  readonly length: number;
  readonly prot: number;
  readonly type: 'direct' | 'reserved' | 'msi';
  readonly sw?: boolean;
}

/** struct iommu_fwspec: the stream IDs of a device. */
export interface IommuFwspec {
  readonly ops: IommuOps;
  readonly ids: number[];
  iommu_priv: unknown;
  num_pasid_bits: number;
  can_stall: boolean;
}

/** struct iommu_group with its devices. */
export interface IommuGroup {
  readonly id: number;
  readonly name: string;
  readonly devices: Device[];
  domain: IommuDomain | undefined;
  default_domain: IommuDomain | undefined;
  references: number;
  freed: boolean;
}

/** struct bus_type. */
export interface BusType {
  readonly name: string;
  iommu_ops: IommuOps | undefined;
  readonly devices: Device[];
}

/** What makes a PCI function of a device; the PCI layer extends it. */
export interface PciIdentity {
  /** `domain:bus:device.function`. */
  readonly bdf: string;
  readonly requester_id: number;
}

/** struct device. */
export class Device implements LogDevice {
  readonly name: string;
  readonly bus: BusType | undefined;
  readonly parent: Device | undefined;
  driver_name: string | undefined;
  iommu_fwspec: IommuFwspec | undefined;
  iommu_group: IommuGroup | undefined;
  /** dev->iommu_param->sva_param: SVA or AUXD is on. */
  sva_param: IommuSvaParam | undefined;
  /** dev->iommu_param->fault_param. */
  fault_param: IommuFaultParam | undefined;
  driver_data: unknown;
  /** Masks as the highest address the device can emit, bytes. */
  dma_mask = 2 ** 32 - 1;
  coherent_dma_mask = 2 ** 32 - 1;
  dma_coherent = true;
  /** Devices that share a requester ID with this one (PCI aliases): the first of them. */
  dma_alias: Device | undefined;
  pci: PciIdentity | undefined;

  constructor(name: string, bus: BusType | undefined, parent?: Device) {
    this.name = name;
    this.bus = bus;
    this.parent = parent;
  }
}

/** What an IOMMU driver needs of a process address space. */
export interface SharedMm {
  readonly id: number;
  /** Physical address of the root table, bytes. */
  readonly pgd: number;
}

/** The driver's part of an io_mm: the address space number that the TLBs know it by. */
export interface IoMmContext {
  readonly asid: number;
}

/** struct io_mm: a process address space that devices share, under one PASID. */
export interface IoMm {
  readonly pasid: number;
  readonly mm: SharedMm;
  readonly flags: number;
  readonly context: IoMmContext;
}

export const IOMMU_FAULT_DMA_UNRECOV = 1;
export const IOMMU_FAULT_PAGE_REQ = 2;

export const IOMMU_FAULT_REASON_UNKNOWN = 0;
export const IOMMU_FAULT_REASON_PASID_FETCH = 2;
export const IOMMU_FAULT_REASON_PASID_INVALID = 3;
export const IOMMU_FAULT_REASON_PTE_FETCH = 5;
export const IOMMU_FAULT_REASON_PERMISSION = 6;

/** Access bits of a fault event (not those of the old domain handler). */
export const IOMMU_FAULT_READ = 1;
export const IOMMU_FAULT_WRITE = 2;
export const IOMMU_FAULT_EXEC = 4;
export const IOMMU_FAULT_PRIV = 8;

export const IOMMU_PAGE_RESP_SUCCESS = 0;
export const IOMMU_PAGE_RESP_INVALID = 1;
export const IOMMU_PAGE_RESP_FAILURE = 2;

/** struct iommu_fault_event of 2018. `addr` in bytes. */
export interface IommuFaultEvent {
  readonly type: number;
  readonly reason: number;
  readonly addr: number;
  readonly pasid: number;
  readonly page_req_group_id: number;
  readonly last_req: boolean;
  readonly pasid_valid: boolean;
  readonly prot: number;
  /** The IOMMU driver's own: the stream ID that faulted. */
  readonly iommu_private: number;
}

/** struct page_response_msg of 2018. */
export interface PageResponseMsg {
  readonly addr: number;
  readonly pasid: number;
  readonly resp_code: number;
  readonly pasid_present: boolean;
  readonly page_req_group_id: number;
  readonly private_data: number;
}

/** iommu_dev_fault_handler_t: 0 when it takes the event (and will answer a page request). */
export type DeviceFaultHandler = (event: IommuFaultEvent, data: unknown) => number;

/** The fault handler of a device and the requests that wait for an answer. */
export interface IommuFaultParam {
  readonly handler: DeviceFaultHandler;
  readonly data: unknown;
  readonly pending: IommuFaultEvent[];
}

/** iommu_mm_exit_handler_t: the device must stop using the PASID before it returns. */
export type MmExitHandler = (dev: Device, pasid: number, drvdata: unknown) => number;

/** struct iommu_sva_param: what SVA was switched on with. PASIDs inclusive. */
export interface IommuSvaParam {
  readonly features: number;
  min_pasid: number;
  max_pasid: number;
  readonly mm_exit: MmExitHandler | null;
}

/** struct iommu_ops. Optional ones are optional in C, too. All addresses and sizes in bytes. */
export interface IommuOps {
  readonly name: string;
  pgsize_bitmap: number;
  capable(cap: number): boolean;
  domain_alloc(type: number): IommuDomain | null;
  domain_free(domain: IommuDomain): void;
  attach_dev(domain: IommuDomain, dev: Device): number;
  detach_dev?: (domain: IommuDomain, dev: Device) => void;
  map(domain: IommuDomain, iova: number, paddr: number, size: number, prot: number): number;
  unmap(domain: IommuDomain, iova: number, size: number): number;
  flush_iotlb_all?: (domain: IommuDomain) => void;
  iotlb_sync?: (domain: IommuDomain) => void;
  iova_to_phys(domain: IommuDomain, iova: number): number;
  of_xlate(dev: Device, sid: number): number;
  add_device(dev: Device): number;
  remove_device(dev: Device): void;
  device_group(dev: Device): IommuGroup | number;
  domain_get_attr?: (domain: IommuDomain, attr: number, data: Ref<unknown>) => number;
  domain_set_attr?: (domain: IommuDomain, attr: number, data: Ref<unknown>) => number;
  get_resv_regions?: (dev: Device, list: IommuResvRegion[]) => void;
  /** 2018: SVA and AUXD of a device, with its PASID limits; the limits come back clamped. */
  sva_init_device?: (dev: Device, param: IommuSvaParam) => number;
  sva_shutdown_device?: (dev: Device) => void;
  /** 2018: process address spaces. The context is the driver's; null without memory or stage 1. */
  mm_alloc?: (dev: Device, mm: SharedMm) => IoMmContext | null;
  mm_free?: (context: IoMmContext) => void;
  /** `first`: no other device of the domain uses it yet. 0, or a negative errno. */
  mm_attach?: (dev: Device, io_mm: IoMm, first: boolean) => number;
  /** `last`: no other device of the domain uses it any more. */
  mm_detach?: (dev: Device, io_mm: IoMm, last: boolean) => void;
  mm_invalidate?: (dev: Device, io_mm: IoMm, start: number, size: number) => void;
  /** Answers a page request or a stalled transaction. */
  page_response?: (dev: Device, message: PageResponseMsg) => number;
  /** Takes what the hardware has queued for the device off its queues. */
  fault_drain?: (dev: Device) => void;
  /** 2018: attributes of a device. */
  set_dev_attr?: (dev: Device, attr: number, data: unknown) => number;
  get_dev_attr?: (dev: Device, attr: number, data: Ref<unknown>) => number;
  /** True when attaching `domain` to `dev` is taken as auxiliary; 2018 only. */
  is_aux?: (domain: IommuDomain, dev: Device) => boolean;
  /** Auxiliary domains of a device, and devices that a domain is auxiliary for: the model's checks. */
  aux_live?: (dev: Device) => number;
  aux_users?: (domain: IommuDomain) => string[];
  /** 2019: features and the separate aux calls. */
  dev_has_feat?: (dev: Device, feat: number) => boolean;
  dev_feat_enabled?: (dev: Device, feat: number) => boolean;
  dev_enable_feat?: (dev: Device, feat: number) => number;
  dev_disable_feat?: (dev: Device, feat: number) => number;
  aux_attach_dev?: (domain: IommuDomain, dev: Device) => number;
  aux_detach_dev?: (domain: IommuDomain, dev: Device) => void;
  aux_get_pasid?: (domain: IommuDomain, dev: Device) => number;
}

/** The page sizes of a bitmap, largest first. */
export function pageSizes(bitmap: number): number[] {
  const sizes: number[] = [];
  for (let rest = bitmap, bit = 1; rest >= 1; rest = Math.floor(rest / 2), bit *= 2) {
    if (rest % 2 === 1) {
      sizes.unshift(bit);
    }
  }
  return sizes;
}

/** The smallest page size of a bitmap, bytes; 0 for an empty one. */
export function minPageSize(bitmap: number): number {
  const low = (bitmap % 2 ** 32) >>> 0;
  if (low !== 0) {
    return (low & -low) >>> 0;
  }
  return pageSizes(bitmap).at(-1) ?? 0;
}
