// PCI functions as drivers meet them: configuration space, PASID, ATS and PRI switched on and off
// (drivers/pci/ats.c). Orders that the bus does not allow are refused with the kernel's errors.

import {
  PCI_ATS_CAP,
  PCI_ATS_CTRL,
  PCI_ATS_CTRL_ENABLE,
  PCI_EXT_CAP_ID_ATS,
  PCI_EXT_CAP_ID_PASID,
  PCI_EXT_CAP_ID_PRI,
  PCI_PASID_CAP,
  PCI_PASID_CTRL,
  PCI_PASID_CTRL_ENABLE,
  PCI_PRI_ALLOC_REQ,
  PCI_PRI_CTRL,
  PCI_PRI_CTRL_ENABLE,
  PCI_PRI_CTRL_RESET,
  PCI_PRI_MAX_REQ,
  PCI_PRI_STATUS,
  PCI_PRI_STATUS_PASID,
  PCI_PRI_STATUS_STOPPED,
  type PciConfigSpace,
} from '../machine/pci-config-space.ts';
import { EBUSY, EINVAL, ENODEV } from './errno.ts';
import type { Device, PciIdentity, Ref } from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';

/** PASID width mask of the capability, and the two permission bits. */
const PASID_WIDTH_SHIFT = 8;
const PASID_FEATURES = 6;
/** Smallest translation unit that can be asked for: 4 KiB, log2. */
const PCI_ATS_MIN_STU = 12;

/** struct pci_dev beside the struct device. */
export interface PciDev extends PciIdentity {
  readonly config: PciConfigSpace;
  ats_enabled: boolean;
  pri_enabled: boolean;
  pasid_enabled: boolean;
  pasid_features: number;
}

/** The PCI part of a device, or undefined. */
export function to_pci_dev(dev: Device): PciDev | undefined {
  return dev.pci as PciDev | undefined;
}

/** What the IOMMU driver asks of PCI when a function arrives, is attached or leaves. */
export class PciCapabilities {
  readonly #kernel: KernelBase;

  constructor(kernel: KernelBase) {
    this.#kernel = kernel;
  }

  /** Switches PASIDs on; their width in bits, 0 when the function has none. */
  enablePasid(dev: Device): number {
    const features = this.pci_pasid_features(dev);
    if (features < 0 || this.pci_enable_pasid(dev, features) !== 0) {
      return 0;
    }
    return Math.log2(this.pci_max_pasids(dev));
  }

  disablePasid(dev: Device): void {
    if (to_pci_dev(dev)?.pasid_enabled === true) {
      this.pci_disable_pasid(dev);
    }
  }

  /** True when the function can be given ATS. */
  ats(dev: Device): boolean {
    return this.#kernel.config.pci_ats && to_pci_dev(dev)?.config.find(PCI_EXT_CAP_ID_ATS) !== 0;
  }

  startAts(dev: Device): void {
    const ret = this.pci_enable_ats(dev, PCI_ATS_MIN_STU);
    if (ret !== 0) {
      this.#kernel.log.dev_err(dev, 'Failed to enable ATS (STU %d)', PCI_ATS_MIN_STU);
    }
  }

  stopAts(dev: Device): void {
    if (to_pci_dev(dev)?.ats_enabled === true) {
      this.pci_disable_ats(dev);
    }
  }

  /** PRG responses of the function carry a PASID. */
  prgResponsePasid(dev: Device): boolean {
    const pdev = to_pci_dev(dev);
    const at = pdev?.config.find(PCI_EXT_CAP_ID_PRI) ?? 0;
    return (
      at !== 0 && ((pdev?.config.read(at + PCI_PRI_STATUS, 16) ?? 0) & PCI_PRI_STATUS_PASID) !== 0
    );
  }

  /** 0; -EINVAL no capability, or a feature that the function lacks, or ATS is on; -EBUSY on already. */
  pci_enable_pasid(dev: Device, features: number): number {
    const pdev = to_pci_dev(dev);
    const at = pdev?.config.find(PCI_EXT_CAP_ID_PASID) ?? 0;
    if (pdev === undefined || at === 0) {
      return -EINVAL;
    }
    if (this.#kernel.log.warnOn(pdev.pasid_enabled, 'pci_enable_pasid')) {
      return -EBUSY;
    }
    const supported = pdev.config.read(at + PCI_PASID_CAP, 16) & PASID_FEATURES;
    if ((supported & features) !== features) {
      return -EINVAL;
    }
    if (pdev.ats_enabled) {
      this.#kernel.misuse('PCIe 6.20', `${dev.name}: PASID is switched on while ATS is on`);
    }
    pdev.config.write(at + PCI_PASID_CTRL, 16, PCI_PASID_CTRL_ENABLE | features);
    pdev.pasid_features = features;
    pdev.pasid_enabled = true;
    return 0;
  }

  pci_disable_pasid(dev: Device): void {
    const pdev = to_pci_dev(dev);
    if (pdev === undefined || this.#kernel.log.warnOn(!pdev.pasid_enabled, 'pci_disable_pasid')) {
      return;
    }
    pdev.config.write(pdev.config.find(PCI_EXT_CAP_ID_PASID) + PCI_PASID_CTRL, 16, 0);
    pdev.pasid_enabled = false;
  }

  /** Execute (2) and privileged (4) permission bits that the function has, or -EINVAL. */
  pci_pasid_features(dev: Device): number {
    const pdev = to_pci_dev(dev);
    const at = pdev?.config.find(PCI_EXT_CAP_ID_PASID) ?? 0;
    return pdev === undefined || at === 0
      ? -EINVAL
      : pdev.config.read(at + PCI_PASID_CAP, 16) & PASID_FEATURES;
  }

  /** Number of PASIDs of the function, or -EINVAL. */
  pci_max_pasids(dev: Device): number {
    const pdev = to_pci_dev(dev);
    const at = pdev?.config.find(PCI_EXT_CAP_ID_PASID) ?? 0;
    return pdev === undefined || at === 0
      ? -EINVAL
      : 2 ** ((pdev.config.read(at + PCI_PASID_CAP, 16) >> PASID_WIDTH_SHIFT) & 0x1f);
  }

  /** `ps` is log2 of the page size. 0; -EINVAL no capability or ps below 12; -EBUSY on already. */
  pci_enable_ats(dev: Device, ps: number): number {
    const pdev = to_pci_dev(dev);
    const at = pdev?.config.find(PCI_EXT_CAP_ID_ATS) ?? 0;
    if (pdev === undefined || at === 0) {
      return -EINVAL;
    }
    if (this.#kernel.log.warnOn(pdev.ats_enabled, 'pci_enable_ats')) {
      return -EBUSY;
    }
    if (ps < PCI_ATS_MIN_STU) {
      return -EINVAL;
    }
    pdev.config.write(at + PCI_ATS_CTRL, 16, PCI_ATS_CTRL_ENABLE | (ps - PCI_ATS_MIN_STU));
    pdev.ats_enabled = true;
    return 0;
  }

  pci_disable_ats(dev: Device): void {
    const pdev = to_pci_dev(dev);
    if (pdev === undefined || this.#kernel.log.warnOn(!pdev.ats_enabled, 'pci_disable_ats')) {
      return;
    }
    pdev.config.write(pdev.config.find(PCI_EXT_CAP_ID_ATS) + PCI_ATS_CTRL, 16, 0);
    pdev.ats_enabled = false;
  }

  /** Outstanding invalidations the function takes (0 in the register means 32), or -EINVAL. */
  pci_ats_queue_depth(dev: Device): number {
    const pdev = to_pci_dev(dev);
    const at = pdev?.config.find(PCI_EXT_CAP_ID_ATS) ?? 0;
    if (pdev === undefined || at === 0) {
      return -EINVAL;
    }
    const depth = pdev.config.read(at + PCI_ATS_CAP, 16) & 0x1f;
    return depth === 0 ? 32 : depth;
  }

  /** 0; -EBUSY on already, or the function has not stopped; -EINVAL no capability. */
  pci_enable_pri(dev: Device, reqs: number): number {
    const pdev = to_pci_dev(dev);
    if (pdev !== undefined && this.#kernel.log.warnOn(pdev.pri_enabled, 'pci_enable_pri')) {
      return -EBUSY;
    }
    const at = pdev?.config.find(PCI_EXT_CAP_ID_PRI) ?? 0;
    if (pdev === undefined || at === 0) {
      return -EINVAL;
    }
    if ((pdev.config.read(at + PCI_PRI_STATUS, 16) & PCI_PRI_STATUS_STOPPED) === 0) {
      return -EBUSY;
    }
    const max = pdev.config.read(at + PCI_PRI_MAX_REQ, 32);
    pdev.config.write(at + PCI_PRI_ALLOC_REQ, 32, Math.min(max, reqs));
    pdev.config.write(at + PCI_PRI_CTRL, 16, PCI_PRI_CTRL_ENABLE);
    pdev.pri_enabled = true;
    return 0;
  }

  pci_disable_pri(dev: Device): void {
    const pdev = to_pci_dev(dev);
    if (pdev === undefined || this.#kernel.log.warnOn(!pdev.pri_enabled, 'pci_disable_pri')) {
      return;
    }
    const at = pdev.config.find(PCI_EXT_CAP_ID_PRI);
    if (at !== 0) {
      pdev.config.write(at + PCI_PRI_CTRL, 16, 0);
    }
    pdev.pri_enabled = false;
  }

  /** 0; -EBUSY while PRI is on; -EINVAL no capability. */
  pci_reset_pri(dev: Device): number {
    const pdev = to_pci_dev(dev);
    if (pdev !== undefined && this.#kernel.log.warnOn(pdev.pri_enabled, 'pci_reset_pri')) {
      return -EBUSY;
    }
    const at = pdev?.config.find(PCI_EXT_CAP_ID_PRI) ?? 0;
    if (pdev === undefined || at === 0) {
      return -EINVAL;
    }
    pdev.config.write(at + PCI_PRI_CTRL, 16, PCI_PRI_CTRL_RESET);
    return 0;
  }

  pci_find_ext_capability(dev: Device, cap: number): number {
    return to_pci_dev(dev)?.config.find(cap) ?? 0;
  }

  /** 0, or -ENODEV when the device is not a PCI function. */
  readConfig(dev: Device, where: number, width: number, out: Ref<unknown>): number {
    const pdev = to_pci_dev(dev);
    if (pdev === undefined) {
      return -ENODEV;
    }
    out.value = pdev.config.read(where, width);
    return 0;
  }

  writeConfig(dev: Device, where: number, width: number, value: number): number {
    const pdev = to_pci_dev(dev);
    if (pdev === undefined) {
      return -ENODEV;
    }
    pdev.config.write(where, width, value);
    return 0;
  }
}
