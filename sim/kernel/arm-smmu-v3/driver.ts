// The driver as the IOMMU core sees it: struct iommu_ops for every SMMU of a kernel, in the shape of
// the profile: seed18 has aux domains behind attach_dev/detach_dev, attr19 has calls of their own.

import { EINVAL, ENODEV, EPERM } from '../errno.ts';
import type { Ioasid } from '../ioasid.ts';
import type { IommuCore } from '../iommu.ts';
import type { DeviceFaults } from '../iommu-fault.ts';
import type {
  Device,
  IommuDomain,
  IommuGroup,
  IommuOps,
  IommuResvRegion,
  IommuSvaParam,
  Ref,
} from '../iommu-types.ts';
import {
  DOMAIN_ATTR,
  IOMMU_CAP_CACHE_COHERENCY,
  IOMMU_CAP_NOEXEC,
  IOMMU_DEV_ATTR,
  IOMMU_DEV_FEAT_AUX,
  IOMMU_DEV_FEAT_SVA,
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_IDENTITY,
  IOMMU_DOMAIN_UNMANAGED,
  IOMMU_MMIO,
  IOMMU_NOEXEC,
  IOMMU_SVA_FEAT_AUXD,
  IOMMU_SVA_FEAT_IOPF,
  IOMMU_WRITE,
  pageSizes,
} from '../iommu-types.ts';
import type { KernelBase } from '../kernel-base.ts';
import { noteDevice } from '../object-states.ts';
import { PciCapabilities } from '../pci.ts';
import { ARM_SMMU_FEAT_PRI, MSI_IOVA_BASE, MSI_IOVA_LENGTH } from './arm-smmu-v3.ts';
import { AuxDomains, arm_smmu_set_pasid_limits } from './aux.ts';
import {
  ArmSmmuDomain,
  arm_smmu_domain_free,
  arm_smmu_flush_iotlb_all,
  arm_smmu_iotlb_sync,
  arm_smmu_map,
} from './domain.ts';
import {
  arm_smmu_add_device,
  arm_smmu_attach_main,
  arm_smmu_detach_main,
  arm_smmu_remove_device,
  masterOf,
} from './master.ts';
import { arm_smmu_device_disable } from './register-sync.ts';
import type { ArmSmmuDevice, ArmSmmuMaster } from './smmu-device.ts';
import { STAGE_NESTED, STAGE_S1 } from './smmu-device.ts';
import { ArmSmmuSva } from './sva.ts';

/** The domain as the driver's own type; domains of the core all come from domain_alloc(). */
function to_smmu_domain(domain: IommuDomain): ArmSmmuDomain {
  return domain as ArmSmmuDomain;
}

/** Page requests that a PCI function may have outstanding. */
const PRI_REQUESTS = 16;

/** What the driver tells others of: faults, and domains that go. */
export interface DriverServices {
  readonly putDmaCookie: (domain: IommuDomain) => void;
  readonly devices: DeviceFaults;
  /** Page requests were lost: incomplete groups are to be forgotten. */
  readonly onRequestsLost: () => void;
}

/** The driver with all its SMMUs. */
export class ArmSmmuDriver {
  readonly ops: IommuOps;
  readonly aux: AuxDomains;
  readonly pci: PciCapabilities;
  readonly sva: ArmSmmuSva;
  readonly smmus: ArmSmmuDevice[] = [];
  readonly #kernel: KernelBase;
  readonly #core: IommuCore;
  readonly #services: DriverServices;
  #domains = 0;

  constructor(kernel: KernelBase, core: IommuCore, ioasid: Ioasid, services: DriverServices) {
    this.#kernel = kernel;
    this.#services = services;
    this.#core = core;
    this.aux = new AuxDomains(ioasid);
    this.pci = new PciCapabilities(kernel);
    this.sva = new ArmSmmuSva(services.devices, this.pci, services.onRequestsLost);
    const { driver, profile } = kernel.config;
    this.ops = {
      ...this.#baseOps(),
      ...(driver === 'auxd' ? { ...this.#auxChecks(), ...this.#svaOps() } : {}),
      ...(driver === 'auxd' && profile === 'seed18' ? this.#seed18Ops() : {}),
      ...(driver === 'auxd' && profile === 'attr19' ? this.#attr19Ops() : {}),
    };
  }

  /** An SMMU is up: devices can be behind it, and domains may use the page sizes it has. */
  adopt(smmu: ArmSmmuDevice): void {
    this.smmus.push(smmu);
    this.ops.pgsize_bitmap = uniteSizes(this.ops.pgsize_bitmap, smmu.pgsize_bitmap);
  }

  /** arm_smmu_device_shutdown(): what a reboot does. */
  shutdown(smmu: ArmSmmuDevice): void {
    arm_smmu_device_disable(smmu);
  }

  /** The SMMU that firmware puts a device behind. */
  smmuOf(index: number): ArmSmmuDevice | undefined {
    return this.smmus[index];
  }

  /** The auxiliary domain that a device has under a PASID. */
  auxDomain(dev: Device, pasid: number): IommuDomain | undefined {
    const master = masterOf(dev);
    const domains = master === undefined ? [] : this.aux.domainsOf(master);
    return domains.find(({ ssid }) => ssid === pasid) as ArmSmmuDomain | undefined;
  }

  /** The SMMU of devices about to be added; set by whoever reads the firmware tables. */
  readonly smmuIndex = new WeakMap<Device, number>();

  /** 4.20.1's set; the page sizes are those of the first SMMU and grow with each further one. */
  #baseOps(): IommuOps {
    const groups = this.#core.groups;
    return {
      name: 'arm-smmu-v3',
      pgsize_bitmap: 0,
      capable: (cap) => cap === IOMMU_CAP_CACHE_COHERENCY || cap === IOMMU_CAP_NOEXEC,
      domain_alloc: (type) => this.#domainAlloc(type),
      domain_free: (domain) => this.#domainFree(to_smmu_domain(domain)),
      attach_dev: (domain, dev) => arm_smmu_attach_main(to_smmu_domain(domain), dev, this.pci),
      map: (domain, iova, paddr, size, prot) =>
        arm_smmu_map(to_smmu_domain(domain), iova, paddr, size, prot),
      unmap: (domain, iova, size) => to_smmu_domain(domain).pgtbl_ops?.unmap(iova, size) ?? 0,
      flush_iotlb_all: (domain) => arm_smmu_flush_iotlb_all(to_smmu_domain(domain)),
      iotlb_sync: (domain) => arm_smmu_iotlb_sync(to_smmu_domain(domain)),
      iova_to_phys: (domain, iova) =>
        domain.type === IOMMU_DOMAIN_IDENTITY
          ? iova
          : (to_smmu_domain(domain).pgtbl_ops?.iova_to_phys(iova) ?? 0),
      of_xlate: (dev, sid) => {
        dev.iommu_fwspec?.ids.push(sid);
        return dev.iommu_fwspec === undefined ? -ENODEV : 0;
      },
      add_device: (dev) =>
        arm_smmu_add_device(dev, this.smmuOf(this.smmuIndex.get(dev) ?? 0), groups, this.pci),
      remove_device: (dev) => arm_smmu_remove_device(dev, groups, this.pci),
      device_group: (dev) => this.#deviceGroup(dev),
      domain_get_attr: (domain, attr, data) => this.#getAttr(to_smmu_domain(domain), attr, data),
      domain_set_attr: (domain, attr, data) => setAttr(to_smmu_domain(domain), attr, data),
      get_resv_regions: (_dev, list) => {
        list.push(SW_MSI);
      },
    };
  }

  #auxChecks(): Partial<IommuOps> {
    return {
      aux_live: (dev) => {
        const master = masterOf(dev);
        return master === undefined ? 0 : this.aux.domainsOf(master).length;
      },
      aux_users: (domain) => to_smmu_domain(domain).aux_masters.map(({ dev }) => dev.name),
    };
  }

  /** Both shapes: SVA is switched on by these; AUXD with it when asked for. */
  #svaOps(): Partial<IommuOps> {
    const { sva } = this;
    return {
      sva_init_device: (dev, param) => this.#svaInit(dev, param),
      sva_shutdown_device: (dev) => this.#svaShutdown(dev),
      mm_alloc: (dev) => sva.mm_alloc(dev),
      mm_free: (context) => sva.mm_free(context),
      mm_attach: (dev, io_mm, first) => sva.mm_attach(dev, io_mm, first),
      mm_detach: (dev, io_mm, last) => sva.mm_detach(dev, io_mm, last),
      mm_invalidate: (dev, io_mm, start, size) => sva.mm_invalidate(dev, io_mm, start, size),
      page_response: (dev, message) => sva.page_response(dev, message),
      fault_drain: (dev) => masterOf(dev)?.smmu.drain?.(),
    };
  }

  /** 0; -EINVAL no SubstreamIDs, or faults wanted of a device that can neither stall nor ask for pages. */
  #svaInit(dev: Device, param: IommuSvaParam): number {
    const master = masterOf(dev);
    if (master === undefined || master.ssid_bits === 0) {
      return -EINVAL;
    }
    if ((param.features & IOMMU_SVA_FEAT_IOPF) !== 0) {
      const ret = this.#enableFaults(master);
      if (ret !== 0) {
        return ret;
      }
    }
    arm_smmu_set_pasid_limits(master, param.min_pasid, param.max_pasid);
    param.min_pasid = master.min_pasid;
    param.max_pasid = master.max_pasid;
    master.auxd ||= (param.features & IOMMU_SVA_FEAT_AUXD) !== 0;
    noteDevice(this.#kernel, dev);
    return 0;
  }

  #enableFaults(master: ArmSmmuMaster): number {
    const { dev, smmu } = master;
    if (dev.pci === undefined) {
      return master.stall_enabled ? 0 : -EINVAL;
    }
    if (!smmu.has(ARM_SMMU_FEAT_PRI)) {
      return -EINVAL;
    }
    const ret = this.pci.pci_reset_pri(dev) || this.pci.pci_enable_pri(dev, PRI_REQUESTS);
    master.pri_enabled = ret === 0;
    return ret;
  }

  #svaShutdown(dev: Device): void {
    const master = masterOf(dev);
    this.aux.detachAll(dev);
    if (master === undefined) {
      return;
    }
    if (master.pri_enabled) {
      this.pci.pci_disable_pri(dev);
      master.pri_enabled = false;
    }
    master.auxd = false;
  }

  /** The seed: the device's AUXD flag decides what an attach of an unmanaged domain means. */
  #seed18Ops(): Partial<IommuOps> {
    return {
      is_aux: (domain, dev) =>
        domain.type === IOMMU_DOMAIN_UNMANAGED && masterOf(dev)?.auxd === true,
      attach_dev: (domain, dev) =>
        this.ops.is_aux?.(domain, dev) === true
          ? this.aux.attach(to_smmu_domain(domain), dev)
          : arm_smmu_attach_main(to_smmu_domain(domain), dev, this.pci),
      detach_dev: (domain, dev) => {
        const master = masterOf(dev);
        if (this.ops.is_aux?.(domain, dev) === true) {
          this.aux.detach(to_smmu_domain(domain), dev);
        } else if (master?.assigned === true) {
          arm_smmu_detach_main(master, this.pci);
        }
      },
      set_dev_attr: (dev, attr) => {
        switch (attr) {
          case IOMMU_DEV_ATTR.IOMMU_DEV_ATTR_AUXD_ENABLE:
            return this.aux.enable(dev, 0, 0);
          case IOMMU_DEV_ATTR.IOMMU_DEV_ATTR_AUXD_DISABLE:
            return this.aux.disable(dev);
          default:
            return -EINVAL;
        }
      },
      get_dev_attr: (dev, attr, data) => {
        const master = masterOf(dev);
        if (attr === IOMMU_DEV_ATTR.IOMMU_DEV_ATTR_AUXD_CAPABILITY) {
          data.value = (master?.ssid_bits ?? 0) !== 0;
          return 0;
        }
        if (attr === IOMMU_DEV_ATTR.IOMMU_DEV_ATTR_AUXD_ENABLED) {
          data.value = master?.auxd === true;
          return 0;
        }
        return -EINVAL;
      },
    };
  }

  #attr19Ops(): Partial<IommuOps> {
    const can = (dev: Device): boolean => (masterOf(dev)?.ssid_bits ?? 0) !== 0;
    return {
      detach_dev: (_domain, dev) => {
        const master = masterOf(dev);
        if (master?.assigned === true) {
          arm_smmu_detach_main(master, this.pci);
        }
      },
      dev_has_feat: (dev, feat) =>
        (feat === IOMMU_DEV_FEAT_AUX || feat === IOMMU_DEV_FEAT_SVA) && can(dev),
      dev_feat_enabled: (dev, feat) => feat === IOMMU_DEV_FEAT_AUX && masterOf(dev)?.auxd === true,
      dev_enable_feat: (dev, feat) =>
        feat === IOMMU_DEV_FEAT_AUX ? this.aux.enable(dev, 0, 0) : -ENODEV,
      dev_disable_feat: (dev, feat) =>
        feat === IOMMU_DEV_FEAT_AUX ? this.aux.disable(dev) : -EINVAL,
      aux_attach_dev: (domain, dev) => this.aux.attach(to_smmu_domain(domain), dev),
      aux_detach_dev: (domain, dev) => this.aux.detach(to_smmu_domain(domain), dev),
      aux_get_pasid: (domain) => this.aux.pasid(to_smmu_domain(domain)),
    };
  }

  #domainAlloc(type: number): IommuDomain | null {
    const known =
      type === IOMMU_DOMAIN_UNMANAGED ||
      type === IOMMU_DOMAIN_DMA ||
      type === IOMMU_DOMAIN_IDENTITY;
    if (!known || !this.#kernel.kmalloc('arm_smmu_domain')) {
      return null;
    }
    if (type === IOMMU_DOMAIN_DMA && !this.#kernel.config.iommu_dma) {
      return null;
    }
    this.#domains++;
    return new ArmSmmuDomain(this.#domains, type, this.ops);
  }

  #domainFree(domain: ArmSmmuDomain): void {
    const children = [...(domain.smmu?.aux_domains ?? [])].filter(
      ({ aux_parent }) => aux_parent === domain,
    );
    if (children.length > 0) {
      this.#kernel.misuse(
        'arm-smmu-v3.c',
        `domain ${domain.id} is freed while auxiliary domains live in its context descriptor table`,
      );
    }
    this.#services.putDmaCookie(domain);
    arm_smmu_domain_free(domain);
    this.aux.release(domain);
  }

  /** Platform devices have a group each; PCI functions share one with their alias. */
  #deviceGroup(dev: Device): IommuGroup | number {
    const groups = this.#core.groups;
    const alias = dev.dma_alias?.iommu_group;
    if (alias !== undefined) {
      return groups.get(alias);
    }
    const group = groups.alloc();
    return 'error' in group ? group.error : group;
  }

  #getAttr(domain: ArmSmmuDomain, attr: number, data: Ref<unknown>): number {
    if (domain.type === IOMMU_DOMAIN_UNMANAGED) {
      if (attr === DOMAIN_ATTR.DOMAIN_ATTR_NESTING) {
        data.value = domain.stage === STAGE_NESTED ? 1 : 0;
        return 0;
      }
      if (attr === DOMAIN_ATTR.DOMAIN_ATTR_AUXD_ID && this.ops.is_aux !== undefined) {
        const pasid = this.aux.pasid(domain);
        if (pasid < 0) {
          return pasid;
        }
        data.value = pasid;
        return 0;
      }
      return -ENODEV;
    }
    if (domain.type === IOMMU_DOMAIN_DMA) {
      if (attr === DOMAIN_ATTR.DOMAIN_ATTR_DMA_USE_FLUSH_QUEUE) {
        data.value = domain.non_strict ? 1 : 0;
        return 0;
      }
      return -ENODEV;
    }
    return -EINVAL;
  }
}

function setAttr(domain: ArmSmmuDomain, attr: number, data: Ref<unknown>): number {
  if (domain.type === IOMMU_DOMAIN_UNMANAGED) {
    if (attr !== DOMAIN_ATTR.DOMAIN_ATTR_NESTING) {
      return -ENODEV;
    }
    if (domain.smmu !== undefined) {
      return -EPERM;
    }
    domain.stage = Number(data.value) !== 0 ? STAGE_NESTED : STAGE_S1;
    return 0;
  }
  if (domain.type === IOMMU_DOMAIN_DMA) {
    if (attr !== DOMAIN_ATTR.DOMAIN_ATTR_DMA_USE_FLUSH_QUEUE) {
      return -ENODEV;
    }
    domain.non_strict = Number(data.value) !== 0;
    return 0;
  }
  return -EINVAL;
}

/** Union of two bitmaps of page sizes (doubles: up to 2^42). */
function uniteSizes(a: number, b: number): number {
  return [...new Set([...pageSizes(a), ...pageSizes(b)])].reduce((sum, size) => sum + size, 0);
}

/** The window for MSI doorbells of unmanaged domains. */
const SW_MSI: IommuResvRegion = {
  start: MSI_IOVA_BASE,
  length: MSI_IOVA_LENGTH,
  prot: IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO,
  type: 'msi',
  sw: true,
};
