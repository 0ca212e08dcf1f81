// What each recorded call does on the rig: the core's functions by name, and the acts of the fake device.

import type { IommuDomain, IommuResvRegion } from '../../sim/kernel/iommu-types.ts';
import { Device, DOMAIN_ATTR, IOMMU_DOMAIN_DMA } from '../../sim/kernel/iommu-types.ts';
import { Page } from '../../sim/kernel/mm/page-alloc.ts';
import { type Scatterlist, sg_init_table } from '../../sim/kernel/scatterlist.ts';
import type { Step } from './driver.ts';
import { hex } from './driver-memory.ts';
import type { DriverRig } from './driver-rig.ts';

type Call = (rig: DriverRig, step: Step) => unknown;

const num = (step: Step, name: string): number => Number(step.args[name] ?? 0);
const text = (step: Step, name: string): string => String(step.args[name]);

function attrOf(step: Step): number {
  const name = `DOMAIN_ATTR_${text(step, 'attr')}` as keyof typeof DOMAIN_ATTR;
  return DOMAIN_ATTR[name];
}

function newDevice(rig: DriverRig, step: Step, withFwspec: boolean): Device {
  const name = text(step, 'dev');
  const pci = name.includes(':');
  const { platform_bus_type, pci_bus_type } = rig.kernel;
  const dev = new Device(name, pci ? pci_bus_type : platform_bus_type);
  if (pci) {
    dev.dma_alias = [...rig.devices.values()].find(({ bus }) => bus === pci_bus_type);
  }
  const sids = (step.args['sids'] as readonly string[] | undefined) ?? [];
  if (withFwspec) {
    rig.kernel.initFwspec(dev, sids.map(Number), num(step, 'smmu'));
  }
  rig.devices.set(name, dev);
  return dev;
}

function addDevice(dev: Device): number {
  return dev.bus?.iommu_ops?.add_device(dev) ?? 0;
}

function domainInfo(domain: IommuDomain): Record<string, unknown> {
  return {
    aperture_start: hex(domain.geometry.aperture_start),
    aperture_end: hex(domain.geometry.aperture_end),
    force_aperture: domain.geometry.force_aperture,
    paging: domain.pgsize_bitmap !== 0,
    pgsize_bitmap: hex(domain.pgsize_bitmap),
    type: domain.type,
  };
}

function groupType(rig: DriverRig, step: Step): string {
  const type = rig.device(text(step, 'dev')).iommu_group?.default_domain?.type;
  return type === undefined ? 'unknown\n' : type === IOMMU_DOMAIN_DMA ? 'DMA' : 'identity\n';
}

function reserved(rig: DriverRig, step: Step): string {
  const group = rig.device(text(step, 'dev')).iommu_group;
  const regions: IommuResvRegion[] =
    group === undefined ? [] : rig.kernel.iommu.groups.reservedRegions(group);
  const wide = (value: number): string => `0x${value.toString(16).padStart(16, '0')}`;
  return regions
    .map(({ start, length, type }) => `${wide(start)} ${wide(start + length - 1)} ${type}\n`)
    .join('');
}

function mapSg(rig: DriverRig, step: Step): string {
  const list: Scatterlist[] = [];
  const entries = step.args['sg'] as readonly (readonly [string, string, string])[];
  sg_init_table(list, entries.length);
  for (const [index, [phys, offset, length]] of entries.entries()) {
    const entry = list[index];
    if (entry !== undefined) {
      entry.page = new Page(Number(phys) / 4096);
      entry.offset = Number(offset);
      entry.length = Number(length);
    }
  }
  const domain = rig.domain(text(step, 'domain'));
  return hex(
    rig.kernel.iommu.iommu_map_sg(
      domain,
      num(step, 'iova'),
      list,
      entries.length,
      num(step, 'prot'),
    ),
  );
}

function hwState(rig: DriverRig): void {
  const names = {
    CR0: 0x20,
    CR1: 0x28,
    CR2: 0x2c,
    GBPA: 0x44,
    IRQ_CTRL: 0x50,
    GERROR: 0x60,
    GERRORN: 0x64,
    CMDQ_PROD: 0x98,
    CMDQ_CONS: 0x9c,
    EVTQ_PROD: 0x100a8,
    EVTQ_CONS: 0x100ac,
    PRIQ_PROD: 0x100c8,
    PRIQ_CONS: 0x100cc,
  };
  const fake = rig.smmus[0];
  rig.push(
    Object.fromEntries(
      Object.entries(names).map(([name, offset]) => [name, hex(fake?.get(offset) ?? 0)]),
    ),
  );
}

function records(step: Step): bigint[][] {
  return step.trace
    .filter((item) => item['hw'] === 'event' || item['hw'] === 'ppr')
    .map((item) => (item['rec'] as readonly string[]).map(BigInt));
}

function offerEvents(rig: DriverRig, step: Step): void {
  for (const record of records(step)) {
    rig.smmus[0]?.event(record);
  }
}

function offerRequests(rig: DriverRig, step: Step): void {
  for (const record of records(step)) {
    rig.smmus[0]?.ppr(record);
  }
}

/** Marks every ASID and VMID as taken but the last `keep` ones that are free. */
function fillIds(rig: DriverRig, step: Step): void {
  for (const smmu of rig.kernel.smmu_driver.smmus) {
    for (const [map, size] of [
      [smmu.asid_map, 2 ** smmu.asid_bits],
      [smmu.vmid_map, smmu.vmid_map.size],
    ] as const) {
      for (let id = 0; id < size - num(step, 'keep'); id++) {
        map.reserve(id);
      }
    }
  }
}

const CORE_CALLS: Readonly<Record<string, Call>> = {
  domain_alloc: (rig, step) => {
    const domain = rig.kernel.iommu.domain_alloc(rig.kernel.platform_bus_type, num(step, 'type'));
    if (domain === null) return -12;
    rig.domains.set(text(step, 'domain'), domain);
    return 0;
  },
  iommu_attach_device: (rig, step) =>
    rig.kernel.iommu.iommu_attach_device(
      rig.domain(text(step, 'domain')),
      rig.device(text(step, 'dev')),
    ),
  iommu_detach_device: (rig, step) =>
    rig.kernel.iommu.iommu_detach_device(
      rig.domain(text(step, 'domain')),
      rig.device(text(step, 'dev')),
    ),
  iommu_attach_group: (rig, step) => {
    const group = rig.device(text(step, 'group_of')).iommu_group;
    return group && rig.kernel.iommu.iommu_attach_group(rig.domain(text(step, 'domain')), group);
  },
  iommu_detach_group: (rig, step) => {
    const group = rig.device(text(step, 'group_of')).iommu_group;
    return group && rig.kernel.iommu.iommu_detach_group(rig.domain(text(step, 'domain')), group);
  },
  iommu_domain_free: (rig, step) =>
    rig.kernel.iommu.iommu_domain_free(rig.domain(text(step, 'domain'))),
  iommu_map: (rig, step) =>
    rig.kernel.iommu.iommu_map(
      rig.domain(text(step, 'domain')),
      num(step, 'iova'),
      num(step, 'paddr'),
      num(step, 'size'),
      num(step, 'prot'),
    ),
  iommu_unmap: (rig, step) =>
    hex(
      rig.kernel.iommu.iommu_unmap(
        rig.domain(text(step, 'domain')),
        num(step, 'iova'),
        num(step, 'size'),
      ),
    ),
  iommu_unmap_fast: (rig, step) =>
    hex(
      rig.kernel.iommu.iommu_unmap_fast(
        rig.domain(text(step, 'domain')),
        num(step, 'iova'),
        num(step, 'size'),
      ),
    ),
  iommu_map_sg: mapSg,
  iommu_iova_to_phys: (rig, step) =>
    hex(rig.kernel.iommu.iommu_iova_to_phys(rig.domain(text(step, 'domain')), num(step, 'iova'))),
  iommu_tlb_sync: (rig, step) => rig.kernel.iommu.iommu_tlb_sync(rig.domain(text(step, 'domain'))),
  iommu_flush_tlb_all: (rig, step) =>
    rig.kernel.iommu.iommu_flush_tlb_all(rig.domain(text(step, 'domain'))),
  iommu_domain_get_attr: (rig, step) => {
    const data = { value: undefined as unknown };
    const domain = rig.domain(text(step, 'domain'));
    const ret = rig.kernel.iommu.iommu_domain_get_attr(domain, attrOf(step), data);
    if (ret === 0) rig.push({ value: data.value });
    return ret;
  },
  iommu_domain_set_attr: (rig, step) =>
    rig.kernel.iommu.iommu_domain_set_attr(rig.domain(text(step, 'domain')), attrOf(step), {
      value: num(step, 'value'),
    }),
  iommu_get_domain_for_dev: (rig, step) => {
    const domain = rig.kernel.iommu.iommu_get_domain_for_dev(rig.device(text(step, 'dev')));
    return [...rig.domains].find(([, known]) => known === domain)?.[0] ?? 'DEF';
  },
  iommu_request_dm_for_dev: (rig, step) =>
    rig.kernel.iommu.iommu_request_dm_for_dev(rig.device(text(step, 'dev'))),
  ops_attach_dev: (rig, step) =>
    rig.kernel.smmu_driver.ops.attach_dev(
      rig.domain(text(step, 'domain')),
      rig.device(text(step, 'dev')),
    ),
  domain_info: (rig, step) => rig.push(domainInfo(rig.domain(text(step, 'domain')))),
  group_type: groupType,
  group_reserved_regions: reserved,
  capabilities: (rig) => {
    const { iommu, platform_bus_type: bus } = rig.kernel;
    rig.push({
      present: Number(iommu.iommu_present(bus)),
      cache_coherency: Number(iommu.iommu_capable(bus, 0)),
      intr_remap: Number(iommu.iommu_capable(bus, 1)),
      noexec: Number(iommu.iommu_capable(bus, 2)),
    });
  },
};

/** What a step does, by the name of its call. */
export const STEP_CALLS: Readonly<Record<string, Call>> = {
  ...CORE_CALLS,
  probe: (rig, step) => rig.probe(num(step, 'smmu')),
  smmu_shutdown: (rig) => {
    for (const smmu of rig.kernel.smmu_driver.smmus) {
      rig.kernel.smmu_driver.shutdown(smmu);
    }
  },
  add_device: (rig, step) => addDevice(newDevice(rig, step, true)),
  add_device_without_fwspec: (rig, step) => addDevice(newDevice(rig, step, false)),
  add_device_again: (rig, step) => addDevice(rig.device(text(step, 'dev'))),
  remove_device: (rig, step) => {
    const dev = rig.device(text(step, 'dev'));
    rig.kernel.smmu_driver.ops.remove_device(dev);
  },
  fill_ids: fillIds,
  irq: (rig, step) => rig.deliver(text(step, 'irq')),
  hw_state: hwState,
  hw_event: offerEvents,
  hw_events: offerEvents,
  hw_ppr: offerRequests,
  hw_pprs: offerRequests,
  hw_events_during_irq: (rig, step) => {
    const fake = rig.smmus[0];
    if (fake !== undefined) fake.eventsDuringIrq = num(step, 'n');
  },
  hw_gerror: (rig, step) => rig.smmus[0]?.gerror(num(step, 'toggle')),
  hw_fail_command: (rig, step) =>
    rig.smmus[0]?.failCommand(
      num(step, 'op'),
      num(step, 'skip'),
      num(step, 'code'),
      num(step, 'times'),
    ),
  hw_stop_consuming: (rig, step) => rig.smmus[0]?.stopConsuming(num(step, 'resume_after_us')),
  hw_resume: (rig) => rig.smmus[0]?.resume(),
};
