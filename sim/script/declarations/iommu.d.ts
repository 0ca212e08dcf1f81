// IOMMU core (include/linux/iommu.h), Linux 4.20.

/** True when an IOMMU driver serves the bus. */
declare function iommu_present(bus: bus_type): boolean;

/**
 * True when the IOMMU of the bus has a capability.
 * @param cap IOMMU_CAP_CACHE_COHERENCY and IOMMU_CAP_NOEXEC hold for SMMUv3, others do not
 */
declare function iommu_capable(bus: bus_type, cap: int): boolean;

/**
 * Allocates an address space (an UNMANAGED domain). It has no page table before its first attach.
 * @param bus the bus of its devices; a device is taken for its bus
 * @returns NULL without a bus, without an IOMMU there, or without memory
 * @remarks drivers/iommu/iommu.c; `iommu_domain_alloc(bus)` until 6.11, then `iommu_paging_domain_alloc(dev)`.
 */
declare function iommu_domain_alloc(bus: bus_type | device | null): iommu_domain | null;

/**
 * Frees a domain: TLBI of its ASID and SYNC, tables, CD, ASID. Nothing checks that no device is
 * attached; the workbench says so.
 * @remarks drivers/iommu/iommu.c, arm-smmu-v3.c.
 */
declare function iommu_domain_free(domain: iommu_domain): void;

/**
 * Attaches a domain to a device. In profile seed18 a device with auxiliary domains enabled takes it as
 * an auxiliary one: a PASID is allocated and its CD written (model decision: the device decides).
 * @returns 0; -ENODEV no group; -EINVAL the group has several devices, or an auxiliary attach does not
 *   fit; -EBUSY another domain than the default is attached; -ENXIO the domain is behind another SMMU;
 *   -ENOSPC no ASID; -ENOMEM
 * @remarks drivers/iommu/iommu.c, 4.20.
 */
declare function iommu_attach_device(domain: iommu_domain, dev: device): int;

/**
 * Detaches: an auxiliary domain loses its CD; otherwise the device gets its default domain back, and the
 * domain argument is not compared with what is attached.
 * @remarks drivers/iommu/iommu.c, 4.20.
 */
declare function iommu_detach_device(domain: iommu_domain, dev: device): void;

/** As {@link iommu_attach_device} for all devices of a group; a failure half-way is not undone. */
declare function iommu_attach_group(domain: iommu_domain, group: iommu_group): int;

/** As {@link iommu_detach_device} for all devices of a group. */
declare function iommu_detach_group(domain: iommu_domain, group: iommu_group): void;

/** The domain that is attached to the device's group, or NULL. */
declare function iommu_get_domain_for_dev(dev: device): iommu_domain | null;

/** The group of a device with a reference, or NULL. Give it back with {@link iommu_group_put}. */
declare function iommu_group_get(dev: device): iommu_group | null;

/** Drops a reference to a group. */
declare function iommu_group_put(group: iommu_group): void;

/** Number of a group, as sysfs shows it. */
declare function iommu_group_id(group: iommu_group): int;

/** Calls `fn(dev, data)` for each device; stops at a result that is not 0 and returns it. */
declare function iommu_group_for_each_dev(
  group: iommu_group,
  data: unknown,
  fn: (dev: device, data: void_ptr) => int,
): int;

/**
 * Maps `size` bytes from `iova` to `paddr`, in the largest pages that fit. No TLB command is sent.
 * @param iova address for the device, bytes; `paddr` physical address; all multiples of the page size
 * @param prot IOMMU_READ, IOMMU_WRITE, IOMMU_CACHE, IOMMU_NOEXEC, IOMMU_MMIO, IOMMU_PRIV. Without READ
 *   and WRITE nothing is mapped and 0 returned (as 4.20 does); WRITE alone is read-write at stage 1
 * @returns 0; -EINVAL misaligned; -ENODEV never attached; -ERANGE outside the address space; -EEXIST
 *   something is mapped there; -ENOMEM. What was mapped before the failure is undone
 * @remarks drivers/iommu/iommu.c, io-pgtable-arm.c, 4.20; since 6.3 with a gfp argument.
 */
declare function iommu_map(
  domain: iommu_domain,
  iova: u64_arg,
  paddr: u64_arg,
  size: size_t,
  prot: int,
): int;

/**
 * Unmaps `size` bytes from `iova` and invalidates the TLB. Stops at the first hole.
 * @returns bytes that were unmapped; 0 when misaligned, never attached, or nothing is there
 * @remarks drivers/iommu/iommu.c, 4.20: part of a block splits it.
 */
declare function iommu_unmap(domain: iommu_domain, iova: u64_arg, size: size_t): size_t;

/** As {@link iommu_unmap} without the final CMD_SYNC: call {@link iommu_tlb_sync} before reuse. */
declare function iommu_unmap_fast(domain: iommu_domain, iova: u64_arg, size: size_t): size_t;

/**
 * Maps the entries of a scatterlist back to back.
 * @returns bytes that were mapped, 0 on any failure (all undone)
 * @remarks drivers/iommu/iommu.c, 4.20; since 5.16 a negative error number.
 */
declare function iommu_map_sg(
  domain: iommu_domain,
  iova: u64_arg,
  sg: scatterlist[] | scatterlist,
  nents: int,
  prot: int,
): size_t;

/** Waits until the TLB invalidations of {@link iommu_unmap_fast} are done: one CMD_SYNC. */
declare function iommu_tlb_sync(domain: iommu_domain): void;

/** Invalidates every translation of the domain: TLBI of its ASID and SYNC. */
declare function iommu_flush_tlb_all(domain: iommu_domain): void;

/** Physical address behind `iova`, bytes; 0 when nothing is mapped. Reads the tables, not the TLB. */
declare function iommu_iova_to_phys(domain: iommu_domain, iova: u64_arg): u64;

/**
 * Reads an attribute of a domain.
 * @param attr DOMAIN_ATTR_AUXD_ID (PASID, seed18), DOMAIN_ATTR_GEOMETRY, DOMAIN_ATTR_PAGING,
 *   DOMAIN_ATTR_NESTING, DOMAIN_ATTR_DMA_USE_FLUSH_QUEUE
 * @returns 0; -EINVAL unknown, or no PASID yet; -ENODEV not for this type of domain
 * @remarks drivers/iommu/iommu.c, 4.20; gone in 5.13. AUXD_ID: [PATCH v3] vfio/mdev, October 2018.
 */
declare function iommu_domain_get_attr(domain: iommu_domain, attr: int, data: ref<void_ptr>): int;

/**
 * Sets an attribute of a domain.
 * @returns 0; -EPERM NESTING after the first attach; -ENODEV unknown; -EINVAL wrong type of domain
 */
declare function iommu_domain_set_attr(domain: iommu_domain, attr: int, data: ref<void_ptr>): int;

/**
 * Registers a fault handler. The SMMUv3 driver never calls it: faults only reach the log.
 * @param handler gets `flags` 0 for a read, 1 for a write
 */
declare function iommu_set_fault_handler(
  domain: iommu_domain,
  handler:
    | ((domain: iommu_domain, dev: device, iova: u64, flags: int, token: void_ptr) => int)
    | null,
  token: unknown,
): void;

/** Calls the domain's fault handler; -ENOSYS without one. */
declare function report_iommu_fault(
  domain: iommu_domain,
  dev: device,
  iova: u64_arg,
  flags: int,
): int;

/** A range that must not be used for mappings, or is mapped already. */
interface iommu_resv_region {
  readonly start: u64;
  readonly length: size_t;
  readonly prot: int;
  readonly type: 'direct' | 'reserved' | 'msi';
}

/** Appends the reserved regions of a device to `list`: SMMUv3 has a window for MSIs at 0x8000000. */
declare function iommu_get_resv_regions(dev: device, list: iommu_resv_region[]): void;

/** Gives back what {@link iommu_get_resv_regions} gave. */
declare function iommu_put_resv_regions(dev: device, list: iommu_resv_region[]): void;

/**
 * Makes the default domain of a device an identity domain.
 * @returns 0; -EBUSY the group has several devices; -ENOMEM
 */
declare function iommu_request_dm_for_dev(dev: device): int;
