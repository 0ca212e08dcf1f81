// Shared virtual addressing and I/O page faults: the series of 2018 (SVA v3).

/** A fault as the IOMMU driver reports it to a device's handler. */
interface iommu_fault_event {
  /** 1 unrecoverable, 2 page request. */
  readonly type: int;
  readonly reason?: int;
  readonly addr: u64;
  readonly pasid?: int;
  readonly pasid_valid?: boolean;
  readonly page_req_group_id?: int;
  readonly last_req?: boolean;
  /** 1 read, 2 write, 4 execute, 8 privileged. */
  readonly prot?: int;
  readonly [field: string]: unknown;
}

/** The answer to a page request. */
interface page_response_msg {
  readonly addr?: u64_arg;
  readonly pasid?: int;
  /** 0 success, 1 invalid, 2 failure. */
  readonly resp_code: int;
  readonly pasid_present?: boolean;
  readonly page_req_group_id?: int;
  readonly [field: string]: unknown;
}

/** Queue of I/O page faults. */
interface iopf_queue {
  readonly [kind]: 'iopf_queue';
}

/**
 * Starts a process with an empty address space, whose page tables the SMMU can share.
 * @returns NULL without memory
 */
declare function mm_alloc(): mm | null;

/**
 * Binds a process address space to a device: one PASID per mm, for all devices.
 * @param pasid receives the PASID
 * @returns 0; -EINVAL not initialised, or other flags than at init; -EEXIST bound already; -EDOM the mm
 *   was bound with other flags; -ERANGE its PASID is outside the device's limits; -ENOSPC; -ENOMEM
 * @remarks Profile seed18: SVA v3, September 2018. In attr19 it answers a handle.
 */
declare function iommu_sva_bind_device(
  dev: device,
  mm: mm,
  pasid: ref<number>,
  flags: int,
  drvdata: unknown,
): int;
/**
 * Binds a process address space to a device, or takes a reference to the bond that is there.
 * @param drvdata handed to mm_exit
 * @returns the handle; ERR_PTR(-ENODEV) IOMMU_DEV_FEAT_SVA is off, no group or no driver support;
 *   ERR_PTR(-EINVAL) the group has several devices; ERR_PTR(-ERANGE, -ENOSPC or -ENOMEM)
 * @remarks Profile attr19: 5.2 to 5.11; mm_exit until 5.7.
 */
declare function iommu_sva_bind_device(dev: device, mm: mm, drvdata: unknown): iommu_sva;

/**
 * Ends a bond. The driver must have stopped the device's use of the PASID.
 * @returns 0; -EINVAL not initialised; -ESRCH not bound
 * @remarks Profile seed18. In attr19 it takes the handle.
 */
declare function iommu_sva_unbind_device(dev: device, pasid: u32): int;
/**
 * Drops a reference to a bond; the last one ends it. The driver must have stopped the device.
 * @remarks Profile attr19: 5.2.
 */
declare function iommu_sva_unbind_device(handle: iommu_sva): void;

/** A bond of a device and a process: struct iommu_sva. Test it with {@link IS_ERR}. */
interface iommu_sva {
  readonly [kind]: 'iommu_sva';
}

/**
 * Sets the operations of a bond; mm_exit must stop the device's use of the PASID.
 * @returns 0; -EEXIST the handle has others
 * @remarks Profile attr19: 5.2 to 5.7.
 */
declare function iommu_sva_set_ops(
  handle: iommu_sva,
  ops: { readonly mm_exit?: (dev: device, handle: iommu_sva, drvdata: void_ptr) => int },
): int;

/**
 * The PASID of a bond.
 * @remarks Profile attr19: 5.2.
 */
declare function iommu_sva_get_pasid(handle: iommu_sva): int;

/**
 * Gives an mm its PASID before it is bound, or takes a reference to the one it has.
 * @param max inclusive
 * @returns 0; -EINVAL min is 0 or invalid, or above max; -EOVERFLOW its PASID is out of range; -ENOMEM
 * @remarks Profile attr19: 5.11.
 */
declare function iommu_sva_alloc_pasid(mm: mm, min: u32, max: u32): int;

/**
 * Drops a reference to the PASID of an mm.
 * @remarks Profile attr19: 5.11.
 */
declare function iommu_sva_free_pasid(mm: mm): void;

/**
 * The mm under a PASID; ERR_PTR(-ENOENT) unknown, ERR_PTR(-EACCES) a PASID that is not of SVA.
 * @remarks Profile attr19: 5.11.
 */
declare function iommu_sva_find(pasid: u32): void_ptr;

/**
 * Registers the handler that is told of a device's faults.
 * @returns 0; -EINVAL no parameters; -EBUSY there is one; -ENOMEM
 */
declare function iommu_register_device_fault_handler(
  dev: device,
  handler: (event: iommu_fault_event, data: void_ptr) => int,
  data: unknown,
): int;

/** Removes the handler; -EBUSY while page requests wait for an answer. */
declare function iommu_unregister_device_fault_handler(dev: device): int;

/** Reports a fault to the device's handler; its result, or -EINVAL without one. */
declare function iommu_report_device_fault(dev: device, event: iommu_fault_event | object): int;

/**
 * Answers a page request: a stalled access is retried or aborted, a PRI group gets its response.
 * @returns 0; -ENODEV no such op; -EINVAL nothing pending matches
 */
declare function iommu_page_response(dev: device, message: page_response_msg): int;

/** Makes a queue of I/O page faults, or NULL. */
declare function iopf_queue_alloc(name: string): iopf_queue | null;

/** Frees a queue. */
declare function iopf_queue_free(queue: iopf_queue): void;

/** Adds a device; -EINVAL when it is in a queue already. */
declare function iopf_queue_add_device(queue: iopf_queue, dev: device): int;

/** Removes a device. */
declare function iopf_queue_remove_device(queue: iopf_queue, dev: device): int;

/** Waits until the queued faults of a device are handled. */
declare function iopf_queue_flush_dev(dev: device): int;

/** Forgets incomplete groups, after page requests were lost. */
declare function iopf_queue_discard_partial(queue: iopf_queue): int;

/** The fault handler of the queue: give it to {@link iommu_register_device_fault_handler}. */
declare function iommu_queue_iopf(event: iommu_fault_event | object, cookie: unknown): int;
