// How a kernel is configured: what the command line, Kconfig and the firmware tables would say.

/** API shape of a run; the same words as in the protocol. */
export type KernelProfile = 'seed18' | 'attr19';

/** Wired interrupt lines of one SMMU; `combined` replaces the four others. */
export interface SmmuIrqLines {
  readonly eventq?: number;
  readonly priq?: number;
  readonly cmdSync?: number;
  readonly gerror?: number;
  readonly combined?: number;
}

/** Platform MSIs of one SMMU: the doorbell, the data of each message and the line it raises. */
export interface SmmuMsi {
  readonly address: number;
  readonly data: readonly number[];
  readonly irqs: readonly number[];
  /** The allocation of vectors fails with this errno. */
  readonly fails?: number;
}

/** One SMMU as firmware describes it. */
export interface SmmuPlatform {
  /** Device name in the log, e.g. `arm-smmu-v3.0.auto`. */
  readonly name: string;
  /** Physical address and size of the register window, bytes. */
  readonly base: number;
  readonly size: number;
  readonly irqs: SmmuIrqLines;
  /** Firmware says that the SMMU's table walks are coherent. */
  readonly coherent: boolean;
  /** MSIs instead of wired lines, in the order event queue, global errors, PRI queue. */
  readonly msi?: SmmuMsi;
  /** Device tree: `#iommu-cells`, 1 unless firmware is wrong; undefined means 1, null that it is missing. */
  readonly iommu_cells?: number | null;
  /** Quirks by device tree strings: PREFETCH_CFG breaks the SMMU; page 1 is not there. */
  readonly broken_prefetch_cmd?: boolean;
  readonly broken_page1_regspace?: boolean;
  /** ACPI instead of a device tree: the model of the IORT node (0 generic, 1 HiSilicon, 2 Cavium). */
  readonly acpi_model?: number;
}

/** The SMMU of the default machine: where QEMU's virt machine has it. */
export const DEFAULT_SMMU: SmmuPlatform = {
  name: 'arm-smmu-v3.0.auto',
  base: 0x0905_0000,
  size: 0x2_0000,
  irqs: { eventq: 74, priq: 75, cmdSync: 76, gerror: 77 },
  coherent: true,
};

/** Everything that can be chosen about the kernel side of a session. */
export interface KernelConfig {
  readonly profile: KernelProfile;
  /**
   * `auxd`: the driver with SubstreamIDs, detach_dev, ATS invalidation and ASIDs from 1 (the seed's
   * patches and their 2019 form). `4.20`: Linux 4.20.1 as released.
   */
  readonly driver: '4.20' | 'auxd';
  /** CONFIG_ARM64_VA_BITS and log2 of PAGE_SIZE. */
  readonly va_bits: number;
  readonly page_shift: number;
  /** iommu.strict. */
  readonly strict: boolean;
  /** iommu.passthrough: identity default domains. */
  readonly passthrough: boolean;
  /** arm-smmu-v3.disable_bypass. */
  readonly disable_bypass: boolean;
  /** CONFIG_IOMMU_DMA: without it groups have no default domain. */
  readonly iommu_dma: boolean;
  /** Started by a crashed kernel (kdump). */
  readonly kdump: boolean;
  /** CONFIG_PCI_ATS and CONFIG_PCI_PRI. */
  readonly pci_ats: boolean;
  readonly pci_pri: boolean;
  readonly smmus: readonly SmmuPlatform[];
}

export const DEFAULT_KERNEL_CONFIG: KernelConfig = {
  profile: 'seed18',
  driver: 'auxd',
  va_bits: 48,
  page_shift: 12,
  strict: true,
  passthrough: false,
  disable_bypass: true,
  iommu_dma: true,
  kdump: false,
  pci_ats: true,
  pci_pri: true,
  smmus: [DEFAULT_SMMU],
};
