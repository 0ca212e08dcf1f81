// How the objects of the IOMMU core stand, for the trace. Whoever changes an object tells it here; what
// is told is read from the object itself, so that a trace cannot say another thing than the kernel.

import {
  PCI_EXT_CAP_ID_ATS,
  PCI_EXT_CAP_ID_PASID,
  PCI_EXT_CAP_ID_PRI,
} from '../machine/pci-config-space.ts';
import type {
  BondState,
  DeviceState,
  DomainState,
  GroupState,
  MdevState,
  PasidState,
} from '../trace/object-state.ts';
import type { ArmSmmuDomainState, ArmSmmuMaster } from './arm-smmu-v3/smmu-device.ts';
import { ArmLpaePageTable } from './io-pgtable-arm.ts';
import type { Device, IommuDomain, IommuGroup } from './iommu-types.ts';
import { IOMMU_SVA_FEAT_IOPF } from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import type { MdevDevice } from './mdev.ts';
import { MmStruct } from './mm/mm-struct.ts';
import { to_pci_dev } from './pci.ts';

/** A device changed. One that left its bus, or an mdev, which has a state of its own, is not told. */
export function noteDevice(kernel: KernelBase, dev: Device): void {
  if (dev.bus?.iommu_ops !== undefined && dev.bus.devices.includes(dev)) {
    kernel.noteState('device', dev.name, deviceState(dev));
  }
}

export function deviceState(dev: Device): DeviceState {
  const master = dev.iommu_fwspec?.iommu_priv as ArmSmmuMaster | undefined;
  const { sva_param, fault_param, iommu_group, pci } = dev;
  const limits = master !== undefined && master.max_pasid !== 0;
  return {
    bus: dev.bus?.name ?? '',
    ...(pci === undefined ? {} : { bdf: pci.bdf }),
    streams: master?.sids ?? dev.iommu_fwspec?.ids ?? [],
    ssid_bits: master?.ssid_bits ?? 0,
    can: capabilities(dev),
    on: [
      ...(master?.auxd === true ? ['AUXD'] : []),
      ...(sva_param === undefined ? [] : ['SVA']),
      ...(((sva_param?.features ?? 0) & IOMMU_SVA_FEAT_IOPF) === 0 ? [] : ['IOPF']),
      ...(master?.stall_enabled === true ? ['stall'] : []),
      ...(master?.ats_enabled === true ? ['ATS'] : []),
      ...(master?.pri_enabled === true ? ['PRI'] : []),
    ],
    ...(limits ? { pasids: [master.min_pasid, master.max_pasid] as const } : {}),
    ...(iommu_group === undefined ? {} : { group: iommu_group.id }),
    ...(master?.domain === undefined ? {} : { domain: master.domain.id }),
    ...(fault_param === undefined ? {} : { faults: { pending: fault_param.pending.length } }),
  };
}

/** What the device offers, whether or not somebody uses it. */
function capabilities(dev: Device): string[] {
  const config = to_pci_dev(dev)?.config;
  const fwspec = dev.iommu_fwspec;
  const has = (id: number): boolean => config !== undefined && config.find(id) !== 0;
  return [
    ...((fwspec?.num_pasid_bits ?? 0) > 0 || has(PCI_EXT_CAP_ID_PASID) ? ['PASID'] : []),
    ...(has(PCI_EXT_CAP_ID_ATS) ? ['ATS'] : []),
    ...(has(PCI_EXT_CAP_ID_PRI) ? ['PRI'] : []),
    ...(fwspec?.can_stall === true ? ['stall'] : []),
  ];
}

/** A group changed; one that was released is gone. */
export function noteGroup(kernel: KernelBase, group: IommuGroup): void {
  kernel.noteState('group', group.id, group.freed ? undefined : groupState(group));
}

export function groupState({
  devices,
  domain,
  default_domain,
  references,
}: IommuGroup): GroupState {
  return {
    devices: devices.map(({ name }) => name),
    ...(domain === undefined ? {} : { domain: domain.id }),
    ...(default_domain === undefined ? {} : { default_domain: default_domain.id }),
    references,
  };
}

/** A domain changed; one that was freed is gone. */
export function noteDomain(kernel: KernelBase, domain: IommuDomain | ArmSmmuDomainState): void {
  const own = domain as IommuDomain & ArmSmmuDomainState;
  kernel.noteState('domain', own.id, own.freed ? undefined : domainState(own));
}

export function domainState(domain: IommuDomain & ArmSmmuDomainState): DomainState {
  const table = domain.pgtbl_ops;
  const own = table instanceof ArmLpaePageTable;
  const { aux_parent, geometry } = domain;
  return {
    type: domain.type,
    stage: domain.stage,
    pgsize_bitmap: domain.pgsize_bitmap,
    ...(geometry.force_aperture ? { aperture_end: geometry.aperture_end } : {}),
    ...(own && table.geometry.stage === 1 ? { asid: domain.cd.asid } : {}),
    ...(own && table.geometry.stage === 2 ? { vmid: domain.vmid } : {}),
    ...(own
      ? {
          table: {
            root: table.root,
            level: table.geometry.startLevel,
            bytes: table.geometry.pgdSize,
            granule: 2 ** table.geometry.pgShift,
            stage: table.geometry.stage,
          },
        }
      : {}),
    ...(aux_parent === undefined ? {} : { pasid: domain.ssid, parent: aux_parent.id }),
    devices: domain.masters.map(({ dev }) => dev.name),
    aux: domain.aux_masters.map(({ dev }) => dev.name),
    ...(domain.handler === undefined ? {} : { handler: true as const }),
  };
}

/** Who holds an I/O ASID. */
export function pasidState(set: string, references: number, data: unknown): PasidState {
  const text = dataText(data);
  return { set, references, ...(text === undefined ? {} : { data: text }) };
}

/** Private data as people know it; what a script keeps there is its own. */
function dataText(data: unknown): string | undefined {
  if (data === undefined || data === null) {
    return undefined;
  }
  if (data instanceof MmStruct) {
    return `mm ${data.id}`;
  }
  if (typeof data !== 'object') {
    return typeof data === 'function' ? 'a function' : String(data);
  }
  const { name, id, type } = data as { name?: unknown; id?: unknown; type?: unknown };
  if (typeof id === 'number' && typeof type === 'number') {
    return `domain ${id}`;
  }
  return typeof name === 'string' ? name : 'an object';
}

/** What of a bond is told. */
export interface Bond {
  readonly dev: Device;
  readonly domain: IommuDomain;
  readonly drvdata: unknown;
  readonly references: number;
}

/** Name of a bond: a device has one for a PASID. */
export function bondName(dev: Device, pasid: number): string {
  return `${dev.name} PASID ${pasid}`;
}

export function bondState(
  { dev, domain, drvdata, references }: Bond,
  io_mm: { readonly mm: { readonly id: number }; readonly pasid: number; readonly asid: number },
): BondState {
  const text = dataText(drvdata);
  return {
    device: dev.name,
    mm: io_mm.mm.id,
    pasid: io_mm.pasid,
    asid: io_mm.asid,
    domain: domain.id,
    references,
    ...(text === undefined ? {} : { drvdata: text }),
  };
}

export function mdevState(mdev: MdevDevice): MdevState {
  const { type, parent, dev, active, iommu_device, iommu_domain, container } = mdev;
  return {
    type,
    parent: parent.dev.name,
    ...(dev.iommu_group === undefined ? {} : { group: dev.iommu_group.id }),
    active,
    ...(iommu_device === null ? {} : { device: iommu_device.name }),
    ...(iommu_domain === null ? {} : { domain: iommu_domain.id }),
    ...(container === undefined ? {} : { container }),
  };
}
