// Probing one SMMU: ID registers into features, queues and tables, reset (Linux 4.20.1).

import { EINVAL, ENOMEM, ENXIO } from '../errno.ts';
import {
  ARM_SMMU_FEAT_2_LVL_CDTAB,
  ARM_SMMU_FEAT_2_LVL_STRTAB,
  ARM_SMMU_FEAT_ATS,
  ARM_SMMU_FEAT_COHERENCY,
  ARM_SMMU_FEAT_HYP,
  ARM_SMMU_FEAT_MSI,
  ARM_SMMU_FEAT_PRI,
  ARM_SMMU_FEAT_SEV,
  ARM_SMMU_FEAT_STALL_FORCE,
  ARM_SMMU_FEAT_STALLS,
  ARM_SMMU_FEAT_TRANS_S1,
  ARM_SMMU_FEAT_TRANS_S2,
  ARM_SMMU_FEAT_TT_BE,
  ARM_SMMU_FEAT_TT_LE,
  ARM_SMMU_FEAT_VAX,
  ARM_SMMU_IDR0,
  ARM_SMMU_IDR1,
  ARM_SMMU_IDR5,
  ARM_SMMU_OPT_PAGE0_REGS_ONLY,
  ARM_SMMU_OPT_SKIP_PREFETCH,
  ARM_SMMU_WINDOW,
  CMDQ_MAX_SZ_SHIFT,
  EVTQ_MAX_SZ_SHIFT,
  IDR0_ASID16,
  IDR0_ATS,
  IDR0_CD2L,
  IDR0_COHACC,
  IDR0_HYP,
  IDR0_MSI,
  IDR0_PRI,
  IDR0_S1P,
  IDR0_S2P,
  IDR0_SEV,
  IDR0_ST_LVL,
  IDR0_STALL_MODEL,
  IDR0_TTENDIAN,
  IDR0_TTF,
  IDR0_VMID16,
  IDR1_CMDQS,
  IDR1_EVTQS,
  IDR1_PRESET,
  IDR1_PRIQS,
  IDR1_SSIDSIZE,
  IDR5_GRAN4K,
  IDR5_GRAN16K,
  IDR5_GRAN64K,
  IDR5_VAX,
  PRIQ_MAX_SZ_SHIFT,
  STRTAB_SPLIT,
} from './arm-smmu-v3.ts';
import { IdBitmap } from './id-bitmap.ts';
import type { ArmSmmuHandlers } from './irq.ts';
import type { ArmSmmuQueue } from './queue.ts';
import { arm_smmu_device_reset } from './reset.ts';
import type { ArmSmmuDevice } from './smmu-device.ts';
import { arm_smmu_init_strtab } from './strtab.ts';

const SZ_4K = 2 ** 12;
const SZ_2M = 2 ** 21;
const SZ_1G = 2 ** 30;
const SZ_16K = 2 ** 14;
const SZ_32M = 2 ** 25;
const SZ_64K = 2 ** 16;
const SZ_512M = 2 ** 29;
const SZ_4T = 2 ** 42;
/** Output address bits by IDR5.OAS. */
const OAS_BITS = [32, 36, 40, 42, 44, 48, 52] as const;

function bits(value: number, shift: number, width: number): number {
  return (value >>> shift) & ((1 << width) - 1);
}

/**
 * Probes, allocates and resets.
 * @returns 0; -EINVAL the register window is too small; -ENXIO hardware the driver does not support;
 *   -ENOMEM; -ETIMEDOUT an enable that is not acknowledged
 */
export function arm_smmu_device_probe(
  smmu: ArmSmmuDevice,
  handlers: ArmSmmuHandlers,
  bypass: boolean,
): number {
  const { irqs } = smmu.platform;
  if (irqs.combined !== undefined) {
    smmu.combined_irq = irqs.combined;
  } else {
    smmu.evtq.irq = irqs.eventq ?? 0;
    smmu.priq.irq = irqs.priq ?? 0;
    smmu.gerr_irq = irqs.gerror ?? 0;
  }
  const ret = arm_smmu_device_hw_probe(smmu);
  if (ret !== 0) {
    return ret;
  }
  return arm_smmu_init_structures(smmu) || arm_smmu_device_reset(smmu, handlers, bypass);
}

function arm_smmu_device_hw_probe(smmu: ArmSmmuDevice): number {
  const { log } = smmu.kernel;
  const ret = probeIdr0(smmu, smmu.mmio.readl(ARM_SMMU_IDR0));
  if (ret !== 0) {
    return ret;
  }
  const sizes = probeIdr1(smmu, smmu.mmio.readl(ARM_SMMU_IDR1));
  if (sizes !== 0) {
    return sizes;
  }
  probeIdr5(smmu, smmu.mmio.readl(ARM_SMMU_IDR5));
  if (smmu.kernel.set_dma_mask(smmu.dev, smmu.oas) !== 0) {
    log.dev_warn(smmu.dev, 'failed to set DMA mask for table walker');
  }
  smmu.ias = Math.max(smmu.ias, smmu.oas);
  log.dev_info(
    smmu.dev,
    'ias %lu-bit, oas %lu-bit (features 0x%08x)',
    smmu.ias,
    smmu.oas,
    smmu.features,
  );
  return 0;
}

/** Features that are one bit of IDR0 each. */
const IDR0_FEATURES = [
  [IDR0_CD2L, ARM_SMMU_FEAT_2_LVL_CDTAB],
  [IDR0_SEV, ARM_SMMU_FEAT_SEV],
  [IDR0_MSI, ARM_SMMU_FEAT_MSI],
  [IDR0_HYP, ARM_SMMU_FEAT_HYP],
  [IDR0_S1P, ARM_SMMU_FEAT_TRANS_S1],
  [IDR0_S2P, ARM_SMMU_FEAT_TRANS_S2],
] as const;

function probeIdr0(smmu: ArmSmmuDevice, idr0: number): number {
  const { log, config } = smmu.kernel;
  const { coherent } = smmu.platform;
  smmu.features = coherent ? ARM_SMMU_FEAT_COHERENCY : 0;
  if (bits(idr0, IDR0_ST_LVL, 2) === 1) {
    smmu.features |= ARM_SMMU_FEAT_2_LVL_STRTAB;
  }
  const endian = bits(idr0, IDR0_TTENDIAN, 2);
  if (endian !== 0 && endian !== 2) {
    log.dev_err(smmu.dev, 'unknown/unsupported TT endianness!');
    return -ENXIO;
  }
  smmu.features |= ARM_SMMU_FEAT_TT_LE | (endian === 0 ? ARM_SMMU_FEAT_TT_BE : 0);
  for (const [bit, feature] of IDR0_FEATURES) {
    smmu.features |= (idr0 & bit) === 0 ? 0 : feature;
  }
  smmu.features |= config.pci_pri && (idr0 & IDR0_PRI) !== 0 ? ARM_SMMU_FEAT_PRI : 0;
  smmu.features |= config.pci_ats && (idr0 & IDR0_ATS) !== 0 ? ARM_SMMU_FEAT_ATS : 0;
  if (((idr0 & IDR0_COHACC) !== 0) !== coherent) {
    log.dev_warn(smmu.dev, 'IDR0.COHACC overridden by FW configuration (%s)', String(coherent));
  }
  const stalls = bits(idr0, IDR0_STALL_MODEL, 2);
  smmu.features |= stalls === 2 ? ARM_SMMU_FEAT_STALL_FORCE : 0;
  smmu.features |= stalls === 2 || stalls === 0 ? ARM_SMMU_FEAT_STALLS : 0;
  if ((idr0 & (IDR0_S1P | IDR0_S2P)) === 0) {
    log.dev_err(smmu.dev, 'no translation support!');
    return -ENXIO;
  }
  const formats = bits(idr0, IDR0_TTF, 2);
  if (formats !== 2 && formats !== 3) {
    log.dev_err(smmu.dev, 'AArch64 table format not supported!');
    return -ENXIO;
  }
  smmu.ias = formats === 3 ? 40 : 0;
  smmu.asid_bits = (idr0 & IDR0_ASID16) === 0 ? 8 : 16;
  smmu.asid_map = new IdBitmap(smmu.asid_bits);
  smmu.vmid_map = new IdBitmap((idr0 & IDR0_VMID16) === 0 ? 8 : 16);
  if (smmu.auxd) {
    smmu.asid_map.reserve(0);
  }
  return 0;
}

function probeIdr1(smmu: ArmSmmuDevice, idr1: number): number {
  const { log } = smmu.kernel;
  if ((idr1 & IDR1_PRESET) !== 0) {
    log.dev_err(smmu.dev, 'embedded implementation not supported');
    return -ENXIO;
  }
  smmu.cmdq.max_n_shift = Math.min(CMDQ_MAX_SZ_SHIFT, bits(idr1, IDR1_CMDQS, 5));
  if (smmu.cmdq.max_n_shift === 0) {
    log.dev_err(smmu.dev, 'unit-length command queue not supported');
    return -ENXIO;
  }
  smmu.evtq.max_n_shift = Math.min(EVTQ_MAX_SZ_SHIFT, bits(idr1, IDR1_EVTQS, 5));
  smmu.priq.max_n_shift = Math.min(PRIQ_MAX_SZ_SHIFT, bits(idr1, IDR1_PRIQS, 5));
  smmu.ssid_bits = bits(idr1, IDR1_SSIDSIZE, 5);
  smmu.sid_bits = bits(idr1, 0, 6);
  if (smmu.sid_bits <= STRTAB_SPLIT) {
    smmu.features &= ~ARM_SMMU_FEAT_2_LVL_STRTAB;
  }
  return 0;
}

function probeIdr5(smmu: ArmSmmuDevice, idr5: number): void {
  smmu.pgsize_bitmap =
    ((idr5 & IDR5_GRAN64K) === 0 ? 0 : SZ_64K + SZ_512M) +
    ((idr5 & IDR5_GRAN16K) === 0 ? 0 : SZ_16K + SZ_32M) +
    ((idr5 & IDR5_GRAN4K) === 0 ? 0 : SZ_4K + SZ_2M + SZ_1G);
  if (bits(idr5, IDR5_VAX, 2) === 1) {
    smmu.features |= ARM_SMMU_FEAT_VAX;
  }
  const oas = OAS_BITS[bits(idr5, 0, 3)];
  if (oas === undefined) {
    smmu.kernel.log.dev_info(smmu.dev, 'unknown output address size. Truncating to 48-bit');
  } else if (oas === 52) {
    smmu.pgsize_bitmap += SZ_4T;
  }
  smmu.oas = oas ?? 48;
}

function arm_smmu_init_structures(smmu: ArmSmmuDevice): number {
  const queues = [smmu.cmdq, smmu.evtq, ...(smmu.has(ARM_SMMU_FEAT_PRI) ? [smmu.priq] : [])];
  for (const q of queues) {
    const ret = arm_smmu_init_one_queue(smmu, q);
    if (ret !== 0) {
      return ret;
    }
  }
  const sync = smmu.kernel.pages.allocZeroed(0, 'cmd_sync');
  if (sync < 0) {
    return -ENOMEM;
  }
  smmu.sync_count = sync;
  return arm_smmu_init_strtab(smmu);
}

function arm_smmu_init_one_queue(smmu: ArmSmmuDevice, q: ArmSmmuQueue): number {
  const size = 2 ** q.max_n_shift * q.ent_bytes;
  const base = smmu.kernel.alloc_coherent(smmu.dev, size, q.name);
  if (base === undefined) {
    smmu.kernel.log.dev_err(smmu.dev, 'failed to allocate queue (0x%zx bytes)', size);
    return -ENOMEM;
  }
  q.base = base;
  return 0;
}

/** What firmware says of an SMMU: which probe goes on, and whether in bypass. */
export interface FirmwareVerdict {
  /** 0, or -EINVAL: the register window is too small. */
  readonly ret: number;
  /** Firmware is wrong: transactions pass untouched where disable_bypass allows it. */
  readonly bypass: boolean;
}

/**
 * Reads device tree or ACPI, then checks the window before any register is read. The check lets a
 * window pass that is one byte short, as 4.20 does.
 */
export function arm_smmu_firmware_probe(smmu: ArmSmmuDevice): FirmwareVerdict {
  const { log } = smmu.kernel;
  const { base, size, acpi_model } = smmu.platform;
  const bypass = acpi_model === undefined ? !dt_probe(smmu) : acpi_probe(smmu, acpi_model);
  const window =
    (smmu.options & ARM_SMMU_OPT_PAGE0_REGS_ONLY) === 0 ? ARM_SMMU_WINDOW : ARM_SMMU_WINDOW / 2;
  if (size + 1 < window) {
    const wide = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;
    const range = `[mem ${wide(base)}-${wide(base + size - 1)}]`;
    log.dev_err(smmu.dev, 'MMIO region too small (%s)', range);
    return { ret: -EINVAL, bypass };
  }
  if (window !== ARM_SMMU_WINDOW) {
    smmu.use_page0_only();
  }
  return { ret: 0, bypass };
}

/** arm_smmu_device_dt_probe(): false when `#iommu-cells` is not 1. */
function dt_probe(smmu: ArmSmmuDevice): boolean {
  const { log } = smmu.kernel;
  const { iommu_cells = 1, broken_prefetch_cmd, broken_page1_regspace } = smmu.platform;
  if (iommu_cells === null) {
    log.dev_err(smmu.dev, 'missing #iommu-cells property');
  } else if (iommu_cells !== 1) {
    log.dev_err(smmu.dev, 'invalid #iommu-cells value (%d)', iommu_cells);
  }
  if (broken_prefetch_cmd === true) {
    smmu.options |= ARM_SMMU_OPT_SKIP_PREFETCH;
    log.dev_notice(smmu.dev, 'option hisilicon,broken-prefetch-cmd');
  }
  if (broken_page1_regspace === true) {
    smmu.options |= ARM_SMMU_OPT_PAGE0_REGS_ONLY;
    log.dev_notice(smmu.dev, 'option cavium,cn9900-broken-page1-regspace');
  }
  return iommu_cells === 1;
}

/** Options by the model of an IORT node. */
const ACPI_OPTIONS: Readonly<Record<number, number>> = {
  1: ARM_SMMU_OPT_SKIP_PREFETCH,
  2: ARM_SMMU_OPT_PAGE0_REGS_ONLY,
};

/** arm_smmu_device_acpi_probe(): never in bypass. */
function acpi_probe(smmu: ArmSmmuDevice, model: number): boolean {
  smmu.options |= ACPI_OPTIONS[model] ?? 0;
  smmu.kernel.log.dev_notice(smmu.dev, 'option mask 0x%x', smmu.options);
  return false;
}
