// PCI functions and their PASID, ATS and PRI capabilities (include/linux/pci.h, pci-ats.h), 4.20.

/**
 * Enables the PASID capability.
 * @param features execute and privileged bits that must be supported
 * @returns 0; -EBUSY on already; -EINVAL no capability or features; EINVAL while ATS is on
 */
declare function pci_enable_pasid(pdev: device, features: int): int;
/** Disables the PASID capability. */
declare function pci_disable_pasid(pdev: device): void;
/** Features of the PASID capability; -EINVAL without it. */
declare function pci_pasid_features(pdev: device): int;
/** Number of PASIDs that the function can send; -EINVAL without the capability. */
declare function pci_max_pasids(pdev: device): int;
/**
 * Enables ATS: the function may cache translations.
 * @param ps log2 of the smallest translation unit, 12
 * @returns 0; -EINVAL no capability or a bad size; -EBUSY on already
 */
declare function pci_enable_ats(pdev: device, ps: int): int;
/** Disables ATS. */
declare function pci_disable_ats(pdev: device): void;
/** Invalidations that the function can queue; -EINVAL without ATS. */
declare function pci_ats_queue_depth(pdev: device): int;
/**
 * Enables page requests.
 * @param reqs most outstanding requests
 * @returns 0; -EINVAL no capability; -EBUSY on already or not stopped
 */
declare function pci_enable_pri(pdev: device, reqs: u32): int;
/** Disables page requests. */
declare function pci_disable_pri(pdev: device): void;
/** Resets page requests while they are disabled; -EBUSY when enabled. */
declare function pci_reset_pri(pdev: device): int;
/** Offset of an extended capability in configuration space; 0 when there is none. */
declare function pci_find_ext_capability(pdev: device, cap: int): int;
/** Reads 16 bits of configuration space. */
declare function pci_read_config_word(pdev: device, where: int, val: ref<number>): int;
/** Writes 16 bits of configuration space. */
declare function pci_write_config_word(pdev: device, where: int, val: int): int;
/** Reads 32 bits of configuration space. */
declare function pci_read_config_dword(pdev: device, where: int, val: ref<number>): int;
/** Writes 32 bits of configuration space. */
declare function pci_write_config_dword(pdev: device, where: int, val: u32): int;
