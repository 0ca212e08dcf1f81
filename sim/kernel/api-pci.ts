// PCI functions, bound by name for scripts.

import type { KernelFunction } from './api-table.ts';
import type { Device, Ref } from './iommu-types.ts';
import type { Kernel } from './kernel.ts';

/** Functions of include/linux/pci.h and pci-ats.h. */
export function pciApi({ smmu_driver }: Kernel): Record<string, KernelFunction> {
  const { pci } = smmu_driver;
  return {
    pci_enable_pasid: (dev: Device, features: number) => pci.pci_enable_pasid(dev, features),
    pci_disable_pasid: (dev: Device) => pci.pci_disable_pasid(dev),
    pci_pasid_features: (dev: Device) => pci.pci_pasid_features(dev),
    pci_max_pasids: (dev: Device) => pci.pci_max_pasids(dev),
    pci_enable_ats: (dev: Device, ps: number) => pci.pci_enable_ats(dev, ps),
    pci_disable_ats: (dev: Device) => pci.pci_disable_ats(dev),
    pci_ats_queue_depth: (dev: Device) => pci.pci_ats_queue_depth(dev),
    pci_enable_pri: (dev: Device, reqs: number) => pci.pci_enable_pri(dev, reqs),
    pci_disable_pri: (dev: Device) => pci.pci_disable_pri(dev),
    pci_reset_pri: (dev: Device) => pci.pci_reset_pri(dev),
    pci_find_ext_capability: (dev: Device, cap: number) => pci.pci_find_ext_capability(dev, cap),
    pci_read_config_word: (dev: Device, where: number, val: Ref<unknown>) =>
      pci.readConfig(dev, where, 16, val),
    pci_write_config_word: (dev: Device, where: number, val: number) =>
      pci.writeConfig(dev, where, 16, val),
    pci_read_config_dword: (dev: Device, where: number, val: Ref<unknown>) =>
      pci.readConfig(dev, where, 32, val),
    pci_write_config_dword: (dev: Device, where: number, val: number) =>
      pci.writeConfig(dev, where, 32, val),
  };
}
