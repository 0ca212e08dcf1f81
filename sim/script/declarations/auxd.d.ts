// Auxiliary domains in both shapes, the PASID allocator, and enabling on the SVA infrastructure.

/**
 * Enables SVA features of a device; with IOMMU_SVA_FEAT_AUXD every later attach is auxiliary.
 * @param features IOMMU_SVA_FEAT_AUXD, IOMMU_SVA_FEAT_IOPF; all at once, a second call is -EEXIST
 * @param min_pasid lowest PASID, at least 1; `max_pasid` the highest, 0 for as many as there are
 * @param mm_exit told when a bound process ends; null for auxiliary domains
 * @returns 0; -ENODEV no domain or no such op; -EINVAL unknown feature, or no PASIDs; -EEXIST; -ENOMEM
 * @remarks Profile seed18: [RFC PATCH 0/6] Auxiliary IOMMU domains and Arm SMMUv3, October 2018. Number
 *   of the AUXD bit and the rules of attach are model decisions. In attr19: iommu_dev_enable_feature.
 */
declare function iommu_sva_init_device(
  dev: device,
  features: int,
  min_pasid: u32,
  max_pasid: u32,
  mm_exit: ((dev: device, pasid: int, drvdata: void_ptr) => int) | null,
): int;

/**
 * Ends what {@link iommu_sva_init_device} began. Auxiliary domains that are still attached are detached
 * and reported (model decision). Without a start it does nothing.
 * @remarks Profile seed18. In attr19: iommu_dev_disable_feature.
 */
declare function iommu_sva_shutdown_device(dev: device): void;

/**
 * Sets an attribute of a device: the other form of enabling, without PASID limits.
 * @param attr IOMMU_DEV_ATTR_AUXD_ENABLE or IOMMU_DEV_ATTR_AUXD_DISABLE; `data` is not used
 * @returns 0; -EINVAL unknown attribute; -ENODEV no PASIDs
 * @remarks Profile seed18: [PATCH v3] vfio/mdev: IOMMU aware mediated device, October 2018; never merged.
 */
declare function iommu_set_dev_attr(dev: device, attr: int, data: unknown): int;

/**
 * Reads an attribute of a device.
 * @param attr IOMMU_DEV_ATTR_AUXD_CAPABILITY or IOMMU_DEV_ATTR_AUXD_ENABLED; `data` receives a boolean
 * @returns 0; -EINVAL unknown attribute
 * @remarks Profile seed18; never merged.
 */
declare function iommu_get_dev_attr(dev: device, attr: int, data: ref<void_ptr>): int;

/**
 * Names the domain of a mediated device; VFIO calls it.
 * @remarks Profile seed18; always 0.
 */
declare function mdev_set_iommu_domain(dev: device, domain: iommu_domain | null): int;

/**
 * The domain that VFIO attached for a mediated device, or NULL.
 * @remarks Profile seed18. In attr19: iommu_aux_get_pasid of the domain and the parent.
 */
declare function mdev_get_iommu_domain(dev: device): iommu_domain | null;

/**
 * True when a device can have a feature.
 * @param feat IOMMU_DEV_FEAT_AUX: it has PASIDs
 * @remarks Profile attr19: 5.2 to 5.17.
 */
declare function iommu_dev_has_feature(dev: device, feat: int): boolean;

/**
 * Enables a feature of a device.
 * @returns 0; -ENODEV it does not have it; -EBUSY it is on already
 * @remarks Profile attr19: 5.2 to 5.17. In seed18: iommu_sva_init_device or iommu_set_dev_attr.
 */
declare function iommu_dev_enable_feature(dev: device, feat: int): int;

/**
 * Disables a feature. Domains that are still attached keep their CD: detach first.
 * @returns 0; -EINVAL it is off; -EBUSY no such op
 * @remarks Profile attr19: 5.2 to 5.17.
 */
declare function iommu_dev_disable_feature(dev: device, feat: int): int;

/**
 * True while a feature is enabled.
 * @remarks Profile attr19: 5.2 to 5.17.
 */
declare function iommu_dev_feature_enabled(dev: device, feat: int): boolean;

/**
 * Attaches a domain as one of several address spaces of a device: SSID, ASID, page table, and a CD in
 * the table of the device's main domain.
 * @returns 0; -EINVAL not enabled, no main domain, not stage 1, or the domain belongs elsewhere; -ENODEV
 *   no such op; -ENOSPC no ASID; -ENOMEM
 * @remarks Profile attr19: 5.2 to 5.17; SMMUv3 side: June 2019 series. In seed18: iommu_attach_device.
 */
declare function iommu_aux_attach_device(domain: iommu_domain, dev: device): int;

/**
 * Detaches an auxiliary domain; the last one clears the CD. Ignored when nothing is attached, or the
 * feature is off. The SSID stays with the domain until it is freed.
 * @remarks Profile attr19: 5.2 to 5.17.
 */
declare function iommu_aux_detach_device(domain: iommu_domain, dev: device): void;

/**
 * PASID of an auxiliary domain on a device.
 * @returns the PASID, above 0; -EINVAL before the first attach; -ENODEV no such op
 * @remarks Profile attr19: 5.2 to 5.17. In seed18: iommu_domain_get_attr(domain, DOMAIN_ATTR_AUXD_ID, ref).
 */
declare function iommu_aux_get_pasid(domain: iommu_domain, dev: device): int;

/** `DECLARE_IOASID_SET(name)`: a new ownership tag. It is no number space of its own. */
declare function DECLARE_IOASID_SET(name: string): ioasid_set;

/**
 * The lowest free ID from `min`, tagged with `set`.
 * @param max seed18: exclusive, 0 for no limit; attr19: inclusive
 * @param data handed out by {@link ioasid_find}
 * @returns INVALID_IOASID when none is free
 * @remarks drivers/base/ioasid.c (2018); drivers/iommu/ioasid.c (5.5), gone around 6.4.
 */
declare function ioasid_alloc(
  set: ioasid_set | object | null,
  min: u32,
  max: u32,
  private_data: unknown,
): ioasid_t;

/** Frees an ID; an unknown one is ignored. */
declare function ioasid_free(ioasid: u32): void;

/**
 * The data of an ID.
 * @param getter attr19: refuses by returning false
 * @returns seed18: NULL when absent or of another set; attr19: ERR_PTR(-ENOENT) unknown, ERR_PTR(-EACCES)
 *   of another set, NULL when the getter refuses
 */
declare function ioasid_find(
  set: ioasid_set | object | null,
  ioasid: u32,
  getter?: ((data: void_ptr) => boolean) | null,
): void_ptr;

/**
 * Visits the IDs of a set in ascending order; a result that is not 0 stops and is returned.
 * @remarks Profile seed18; dropped before ioasid was merged.
 */
declare function ioasid_for_each(
  set: ioasid_set | object,
  fn: (ioasid: ioasid_t, private_data: void_ptr, data: void_ptr) => int,
  data: unknown,
): int;

/**
 * Replaces the data of an ID.
 * @returns 0; -ENOENT
 * @remarks Profile attr19: 5.5.
 */
declare function ioasid_set_data(ioasid: u32, data: unknown): int;

/**
 * Takes a reference to an ID.
 * @remarks Profile attr19: 5.11.
 */
declare function ioasid_get(ioasid: u32): void;

/**
 * Drops a reference; true when that freed the ID.
 * @remarks Profile attr19: 5.11.
 */
declare function ioasid_put(ioasid: u32): boolean;

/**
 * Registers an allocator that takes over from the kernel's own; the first one registered serves.
 * Those with the same `alloc` and `free` share their numbers.
 * @returns 0; -ENOMEM; -EAGAIN the kernel's own has IDs out; -EEXIST registered already
 * @remarks Profile attr19: 5.11.
 */
declare function ioasid_register_allocator(ops: {
  readonly alloc: (min: ioasid_t, max: ioasid_t, pdata: void_ptr) => ioasid_t;
  readonly free: (ioasid: ioasid_t, pdata: void_ptr) => void;
  readonly pdata?: unknown;
}): int;

/**
 * Removes an allocator; warns when IDs of it are still out.
 * @remarks Profile attr19: 5.11.
 */
declare function ioasid_unregister_allocator(ops: object): void;
