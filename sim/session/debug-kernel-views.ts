// Kernel objects as a kernel person expects to see them in a debugger: a struct device with its stream
// IDs, an iommu_domain with its type, ASID and PASID. What is read is the kernel's own state.

import { hex } from '../base/hex.ts';
import { ArmSmmuDomain } from '../kernel/arm-smmu-v3/domain.ts';
import type { ArmSmmuMaster } from '../kernel/arm-smmu-v3/smmu-device.ts';
import { STAGE_S1 } from '../kernel/arm-smmu-v3/smmu-device.ts';
import type { IoasidSet } from '../kernel/ioasid.ts';
import type { BusType, IommuGroup } from '../kernel/iommu-types.ts';
import {
  Device,
  IOMMU_DOMAIN_BLOCKED,
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_IDENTITY,
  IOMMU_DOMAIN_UNMANAGED,
} from '../kernel/iommu-types.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { memoryView } from './debug-memory-views.ts';
import { objectView, setView } from './debug-object-views.ts';
import type { KernelPart, KernelView } from './debug-values.ts';
import { counted, text } from './debug-view-parts.ts';

const DOMAIN_TYPES: Readonly<Record<number, string>> = {
  [IOMMU_DOMAIN_BLOCKED]: 'IOMMU_DOMAIN_BLOCKED',
  [IOMMU_DOMAIN_UNMANAGED]: 'IOMMU_DOMAIN_UNMANAGED',
  [IOMMU_DOMAIN_DMA]: 'IOMMU_DOMAIN_DMA',
  [IOMMU_DOMAIN_IDENTITY]: 'IOMMU_DOMAIN_IDENTITY',
};

/** Lists the mappings of a page table: a text for each run of pages. */
export type MappingLister = (domain: ArmSmmuDomain) => readonly KernelPart[];

/** What views read beside the object itself. */
export interface ViewSurroundings {
  readonly mappings: MappingLister;
  /** Once the script has a machine. */
  readonly kernel: Kernel | undefined;
}

/** How `host`, the object behind a handle of `kind`, is shown. */
export function kernelView(host: object, kind: string, around: ViewSurroundings): KernelView {
  const { mappings, kernel } = around;
  const known = knownView(host, around);
  if (known !== undefined) {
    return known;
  }
  if (kind === 'ioasid_set' && kernel !== undefined) {
    return setView(host as IoasidSet, kernel);
  }
  if (kind === 'group') {
    return groupView(host as IommuGroup, mappings);
  }
  if (kind === 'bus') {
    const { name, devices } = host as BusType;
    const parts = (): KernelPart[] =>
      devices.map((device, index) => nested(`[${index}]`, deviceView(device, mappings)));
    return { type: kind, title: `bus ${name} (${counted(devices.length, 'device')})`, parts };
  }
  return plainView(host, kind);
}

/** An object of the kernel that tells by itself what it is; undefined for any other. */
export function knownView(
  host: object,
  { mappings, kernel }: ViewSurroundings,
): KernelView | undefined {
  if (host instanceof ArmSmmuDomain) {
    return domainView(host, mappings);
  }
  if (host instanceof Device) {
    return deviceView(host, mappings);
  }
  return memoryView(host, kernel) ?? objectView(host);
}

function deviceView(device: Device, mappings: MappingLister): KernelView {
  const sids = device.iommu_fwspec?.ids ?? [];
  const streams = sids.map((sid) => hex(sid)).join(', ');
  const title = sids.length === 0 ? device.name : `${device.name} (SID ${streams})`;
  return {
    type: 'device',
    title: `device ${title}`,
    parts: () => {
      const group = device.iommu_group;
      const master = device.iommu_fwspec?.iommu_priv as ArmSmmuMaster | undefined;
      return [
        text('name', device.name),
        text('bus', device.bus?.name ?? 'none'),
        text('driver', device.driver_name ?? 'none'),
        text('stream IDs', streams === '' ? 'none' : streams),
        text('SubstreamID bits', `${device.iommu_fwspec?.num_pasid_bits ?? 0}`),
        text('dma_mask', hex(device.dma_mask)),
        ...(device.pci === undefined ? [] : [text('bdf', device.pci.bdf)]),
        ...masterParts(master),
        ...auxDomains(master).map((domain) =>
          nested(`PASID ${domain.ssid}`, domainView(domain, mappings)),
        ),
        ...(group === undefined ? [] : [nested('iommu_group', groupView(group, mappings))]),
      ];
    },
  };
}

function masterParts(master: ArmSmmuMaster | undefined): KernelPart[] {
  if (master === undefined) {
    return [];
  }
  const on = [
    ...(master.auxd ? ['AUXD'] : []),
    ...(master.stall_enabled ? ['stall'] : []),
    ...(master.ats_enabled ? ['ATS'] : []),
    ...(master.pri_enabled ? ['PRI'] : []),
  ];
  return [
    text('features', on.length === 0 ? 'none' : on.join(', ')),
    ...(master.auxd ? [text('PASID limits', `${master.min_pasid}..${master.max_pasid}`)] : []),
  ];
}

/** Auxiliary domains that a device is attached to, by PASID. */
function auxDomains(master: ArmSmmuMaster | undefined): ArmSmmuDomain[] {
  const all = [...(master?.smmu.aux_domains ?? [])];
  return all
    .filter((domain) => domain instanceof ArmSmmuDomain)
    .filter(({ aux_masters }) => aux_masters.some((one) => one === master))
    .sort((a, b) => a.ssid - b.ssid);
}

function groupView(group: IommuGroup, mappings: MappingLister): KernelView {
  const { id, devices, domain } = group;
  const names = devices.map(({ name }) => name).join(', ');
  return {
    type: 'group',
    title: `iommu_group ${id} (${names === '' ? 'no device' : names})`,
    parts: () => [
      ...devices.map((device, index) => nested(`[${index}]`, deviceView(device, mappings))),
      ...(domain instanceof ArmSmmuDomain ? [nested('domain', domainView(domain, mappings))] : []),
    ],
  };
}

function domainView(domain: ArmSmmuDomain, mappings: MappingLister): KernelView {
  const type = DOMAIN_TYPES[domain.type] ?? `type ${domain.type}`;
  const s1 = domain.stage === STAGE_S1;
  const ready = domain.pgtbl_ops !== null;
  const tags = [
    ...(domain.freed ? ['freed'] : []),
    type.replace('IOMMU_DOMAIN_', ''),
    ...(ready && s1 ? [`ASID ${domain.cd.asid}`] : []),
    ...(ready && !s1 ? [`VMID ${domain.vmid}`] : []),
    ...(domain.ssid > 0 ? [`PASID ${domain.ssid}`] : []),
  ];
  return {
    type: 'iommu_domain',
    title: `iommu_domain ${domain.id} (${tags.join(', ')})`,
    parts: () => [
      text('type', type),
      ...(ready && s1
        ? [text('ASID', `${domain.cd.asid}`), text('TTB0', hex(domain.cd.ttbr))]
        : []),
      ...(ready && !s1 ? [text('VMID', `${domain.vmid}`), text('VTTBR', hex(domain.vttbr))] : []),
      text('PASID', domain.ssid > 0 ? `${domain.ssid}` : 'none'),
      text('attached', attached(domain)),
      text('page sizes', hex(domain.pgsize_bitmap)),
      text(
        'aperture',
        `${hex(domain.geometry.aperture_start)}..${hex(domain.geometry.aperture_end)}`,
      ),
      ...(ready ? [mappingPart(domain, mappings)] : []),
    ],
  };
}

function mappingPart(domain: ArmSmmuDomain, mappings: MappingLister): KernelPart {
  const found = mappings(domain);
  const count = counted(found.length, 'range');
  const part = { name: 'mappings', text: found.length === 0 ? 'none' : count };
  return found.length === 0 ? part : { ...part, parts: () => found };
}

function attached({ masters, aux_masters }: ArmSmmuDomain): string {
  const names = [
    ...masters.map(({ dev }) => dev.name),
    ...aux_masters.map(({ dev }) => `${dev.name} (aux)`),
  ];
  return names.length === 0 ? 'nothing' : names.join(', ');
}

/** Numbers and texts among the object's own fields; the name or number that it goes by in front. */
function plainView(host: object, kind: string): KernelView {
  const parts = (): KernelPart[] =>
    Object.entries(host)
      .filter(([, value]) => ['number', 'string', 'boolean', 'bigint'].includes(typeof value))
      .map(([name, value]) => ({ name, value }));
  const { name, id } = host as { readonly name?: unknown; readonly id?: unknown };
  const which = typeof name === 'string' ? ` ${name}` : typeof id === 'number' ? ` ${id}` : '';
  return { type: kind, title: `${kind}${which}`, parts };
}

function nested(name: string, { title, parts }: KernelView): KernelPart {
  return { name, text: title, parts };
}
