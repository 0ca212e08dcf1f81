// Each named difference between the two drivers shows on the hardware, and in no other direction.

import { describe, expect, it } from 'vitest';
import { DRIVER_DIFFERENCES } from '../../sim/kernel/arm-smmu-v3/differences.ts';
import type { Device, IommuDomain } from '../../sim/kernel/iommu-types.ts';
import type { KernelRigOptions } from '../support/kernel-rig.ts';
import { KernelRig } from '../support/kernel-rig.ts';

type Driver = '4.20' | 'auxd';

function rigOf(driver: Driver, config: KernelRigOptions['config'] = {}): KernelRig {
  return new KernelRig({ config: { ...config, driver } });
}

function accel(rig: KernelRig): Device {
  return rig.kernel.add_platform_device('a', { sids: [0x10], ssid_bits: 10, can_stall: true });
}

function ste(rig: KernelRig, word: number): bigint {
  const [smmu] = rig.kernel.smmu_driver.smmus;
  return rig.word((smmu?.strtab_cfg.l2ptr.get(0) ?? 0) + 0x10 * 64 + word * 8);
}

function cd0(rig: KernelRig): bigint {
  return rig.word(Number(ste(rig, 0) & 0xf_ffff_ffff_ffc0n));
}

function unmapCommands(driver: Driver): string[] {
  const rig = rigOf(driver);
  rig.smmu.registerEndpoint(0x10, { invalidate: () => true, prgResponse: () => undefined });
  const dev = rig.kernel.add_pci_device('p', { bdf: '00:02.0', pasid_bits: 4, ats: true });
  const domain = rig.call('iommu_domain_alloc', dev.bus) as IommuDomain;
  rig.call('iommu_attach_device', domain, dev);
  rig.call('iommu_map', domain, 0, 0x5000_0000, 0x1000, 3);
  rig.commands();
  rig.call('iommu_unmap', domain, 0, 0x1000);
  return rig.commands();
}

function detachConfig(driver: Driver): bigint {
  const rig = rigOf(driver, { iommu_dma: false });
  const dev = accel(rig);
  const domain = rig.call('iommu_domain_alloc', dev.bus) as IommuDomain;
  rig.call('iommu_attach_device', domain, dev);
  rig.call('iommu_detach_device', domain, dev);
  return (ste(rig, 0) >> 1n) & 7n;
}

function requestLine(driver: Driver): string {
  const rig = rigOf(driver);
  rig.smmu.registerEndpoint(0x10, { invalidate: () => true, prgResponse: () => undefined });
  rig.kernel.add_pci_device('p', { bdf: '00:02.0', pasid_bits: 4, ats: true, pri: true });
  rig.smmu.pageRequest({
    sid: 0x10,
    ssid: -1,
    addrLo: 0,
    addrHi: 0,
    read: true,
    write: false,
    execute: false,
    privileged: false,
    last: true,
    prgIndex: 0,
  });
  rig.machine.settle();
  return rig.lines.at(-1)?.includes('nobody cared') === true ? 'one line' : 'two lines';
}

function arrivalCommands(driver: Driver): number {
  const rig = rigOf(driver);
  accel(rig);
  return rig.commands().filter((command) => command === 'SYNC').length;
}

function withDevice<T>(driver: Driver, look: (rig: KernelRig) => T): T {
  const rig = rigOf(driver);
  accel(rig);
  return look(rig);
}

/** What is looked at for each row, by driver: released, then with the patches. */
const EVIDENCE: Readonly<Record<string, (driver: Driver) => unknown>> = {
  'S1CDMax and descriptor table': (driver) =>
    withDevice(driver, (rig) => Number(ste(rig, 0) >> 59n)),
  S1DSS: (driver) => withDevice(driver, (rig) => Number(ste(rig, 1) & 3n)),
  'descriptor 0': arrivalCommands,
  'first ASID': (driver) => withDevice(driver, (rig) => Number(cd0(rig) >> 48n)),
  EATS: (driver) => withDevice(driver, (rig) => Number((ste(rig, 1) >> 28n) & 3n)),
  'ATC invalidation': (driver) =>
    unmapCommands(driver).filter((text) => text.startsWith('ATC')).length,
  detach_dev: (driver) => Number(detachConfig(driver)),
  stall: (driver) =>
    withDevice(driver, (rig) => [(ste(rig, 1) >> 27n) & 1n, (cd0(rig) >> 44n) & 1n].map(Number)),
  'page requests': requestLine,
};

const EXPECTED: Readonly<Record<string, readonly [released: unknown, auxd: unknown]>> = {
  'S1CDMax and descriptor table': [0, 10],
  S1DSS: [0, 2],
  'descriptor 0': [2, 4],
  'first ASID': [0, 1],
  EATS: [1, 0],
  'ATC invalidation': [0, 1],
  detach_dev: [5, 0],
  stall: [
    [1, 0],
    [0, 1],
  ],
  'page requests': ['two lines', 'one line'],
};

describe('a deliberate difference', () => {
  it.each(DRIVER_DIFFERENCES.map(({ name }) => name))('shows: %s', (name) => {
    const look = EVIDENCE[name];
    expect(look).toBeDefined();
    expect([look?.('4.20'), look?.('auxd')]).toEqual(EXPECTED[name]);
  });
});
