// PCI functions: PASID, ATS and PRI in configuration space with their errors, and page requests answered
// by the fault queue.

import { beforeEach, describe, expect, it } from 'vitest';
import type { Device } from '../../sim/kernel/iommu-types.ts';
import type { MmStruct } from '../../sim/kernel/mm/mm-struct.ts';
import { KernelRig } from '../support/kernel-rig.ts';

const EBUSY = -16;
const EINVAL = -22;
const ENODEV = -19;
const ATS = 0x0f;
const PRI = 0x13;
const PASID = 0x1b;
const SID = 0x10;

describe('capabilities of a function', () => {
  const rig = new KernelRig({ config: { driver: '4.20' } });
  const full = rig.kernel.add_pci_device('full', {
    bdf: '01:00.0',
    pasid_bits: 6,
    ats: true,
    pri: true,
  });
  const bare = rig.kernel.add_pci_device('bare', { bdf: '01:01.0' });
  const plain = rig.kernel.add_platform_device('plain', {});

  it('are chained from 0x100 in configuration space', () => {
    const value = { value: 0 };
    const chain: number[] = [];
    for (let at = 0x100; at !== 0; at = (value.value >>> 20) & 0xfff) {
      expect(rig.call('pci_read_config_dword', full, at, value)).toBe(0);
      chain.push(value.value & 0xffff);
    }
    expect(chain).toEqual([ATS, PRI, PASID]);
    expect(rig.call('pci_find_ext_capability', bare, ATS)).toBe(0);
    expect(rig.call('pci_read_config_word', plain, 0, value)).toBe(ENODEV);
  });

  it.each([
    ['pci_enable_pasid', [0]],
    ['pci_pasid_features', []],
    ['pci_max_pasids', []],
    ['pci_enable_ats', [12]],
    ['pci_ats_queue_depth', []],
    ['pci_enable_pri', [8]],
    ['pci_reset_pri', []],
  ] as const)('are missed by %s on a function without them', (name, args) => {
    expect(rig.call(name, bare, ...args)).toBe(EINVAL);
    expect(rig.call(name, plain, ...args)).toBe(EINVAL);
  });

  it('switch PASIDs on once, with features that the function has', () => {
    expect(rig.call('pci_max_pasids', full)).toBe(64);
    expect(rig.call('pci_pasid_features', full)).toBe(6);
    expect(rig.call('pci_enable_pasid', full, 8)).toBe(EINVAL);
    expect(rig.call('pci_enable_pasid', full, 2)).toBe(0);
    expect(rig.call('pci_enable_pasid', full, 2)).toBe(EBUSY);
    expect(rig.lines.at(-1)).toContain('pci_enable_pasid');
    const control = { value: 0 };
    const at = rig.call('pci_find_ext_capability', full, PASID) as number;
    rig.call('pci_read_config_word', full, at + 6, control);
    expect(control.value).toBe(3);
  });

  it('switch ATS on once, from 4 KiB units', () => {
    expect(rig.call('pci_enable_ats', full, 11)).toBe(EINVAL);
    expect(rig.call('pci_enable_ats', full, 12)).toBe(0);
    expect(rig.call('pci_enable_ats', full, 12)).toBe(EBUSY);
    expect(rig.call('pci_ats_queue_depth', full)).toBe(32);
    rig.call('pci_disable_ats', full);
    expect(rig.call('pci_enable_ats', full, 12)).toBe(0);
  });

  it('switch PRI on when it is stopped, and reset it only while it is off', () => {
    expect(rig.call('pci_reset_pri', full)).toBe(0);
    expect(rig.call('pci_enable_pri', full, 1000)).toBe(0);
    expect(rig.call('pci_enable_pri', full, 1)).toBe(EBUSY);
    expect(rig.call('pci_reset_pri', full)).toBe(EBUSY);
    rig.call('pci_disable_pri', full);
    expect(rig.call('pci_reset_pri', full)).toBe(0);
    const allocated = { value: 0 };
    const at = rig.call('pci_find_ext_capability', full, PRI) as number;
    rig.call('pci_read_config_dword', full, at + 12, allocated);
    expect(allocated.value).toBe(32);
  });

  it('read all ones where nothing is, and ignore writes to read-only bits', () => {
    const word = { value: 0 };
    rig.call('pci_write_config_word', full, 0, 0x1234);
    rig.call('pci_read_config_word', full, 0, word);
    expect(word.value).toBe(0x13b5);
  });

  it('are named by a bus address that must be one', () => {
    expect(() => rig.kernel.add_pci_device('bad', { bdf: '00:40.0' })).toThrow(/not a PCI address/);
  });
});

describe('page requests', () => {
  let rig: KernelRig;
  let dev: Device;
  let mm: MmStruct;
  let pasid: number;
  let responses: (readonly [number, number, number])[];

  function request(
    address: number,
    options: { write?: boolean; last?: boolean; group?: number; ssid?: number } = {},
  ): void {
    rig.smmu.pageRequest({
      sid: SID,
      ssid: options.ssid ?? pasid,
      addrLo: address | 0,
      addrHi: Math.floor(address / 2 ** 32),
      read: true,
      write: options.write ?? false,
      execute: false,
      privileged: false,
      last: options.last ?? true,
      prgIndex: options.group ?? 1,
    });
    rig.machine.settle();
  }

  beforeEach(() => {
    rig = new KernelRig();
    responses = [];
    dev = rig.kernel.add_pci_device('p', { bdf: '00:02.0', pasid_bits: 8, ats: true, pri: true });
    rig.smmu.registerEndpoint(SID, {
      invalidate: () => true,
      prgResponse: (...response) => void responses.push(response),
    });
    expect(rig.call('iommu_sva_init_device', dev, 1, 0, 0, null)).toBe(0);
    mm = rig.call('mm_alloc') as MmStruct;
    const out = { value: 0 };
    expect(rig.call('iommu_sva_bind_device', dev, mm, out, 0, null)).toBe(0);
    pasid = out.value;
    rig.commands();
  });

  it('bring the pages in and are answered with success, with the PASID', () => {
    const address = Number(mm.mmap(0x2000, 3));
    request(address, { write: true });
    expect(rig.commands()).toEqual([`PRI_RESP 0x10 ssid ${pasid} group 1 code 2`]);
    expect(responses).toEqual([[pasid, 1, 0]]);
    expect(mm.follow(address)).toBeGreaterThan(0);
    expect(rig.dma(SID, pasid, address, true).ok).toBe(true);
  });

  it('are answered once a group, when the last one came', () => {
    const address = Number(mm.mmap(0x4000, 3));
    request(address, { last: false, group: 5 });
    request(address + 0x1000, { last: false, group: 6 });
    expect(rig.commands()).toEqual([]);
    request(address + 0x2000, { group: 5 });
    expect(rig.commands()).toEqual([`PRI_RESP 0x10 ssid ${pasid} group 5 code 2`]);
    expect(mm.follow(address)).toBeGreaterThan(0);
    expect(mm.follow(address + 0x1000)).toBeLessThan(0);
    expect(mm.follow(address + 0x2000)).toBeGreaterThan(0);
  });

  it.each([
    ['outside every area', () => 0x5000_0000, {}],
    ['against the protection', () => Number(mm.mmap(0x1000, 1)), { write: true }],
    ['with a PASID of nobody', () => Number(mm.mmap(0x1000, 3)), { ssid: 99 }],
  ])('are invalid %s', (_what, address, options) => {
    request(address(), options);
    expect(rig.commands()[0]).toMatch(/PRI_RESP .* code 1$/);
  });

  it('that are stop markers are dropped', () => {
    rig.smmu.pageRequest({
      sid: SID,
      ssid: pasid,
      addrLo: 0,
      addrHi: 0,
      read: false,
      write: false,
      execute: false,
      privileged: false,
      last: true,
      prgIndex: 3,
    });
    rig.machine.settle();
    expect(rig.commands()).toEqual([]);
  });

  it('of a device without a handler are refused, and said so', () => {
    rig.call('iommu_sva_shutdown_device', dev);
    rig.commands();
    request(0x9000, { group: 7 });
    expect(rig.lines.at(-1)).toContain('PPR 0x10:0x9000 0x7: nobody cared, disabling PRI');
    expect(rig.commands()).toEqual([`PRI_RESP 0x10 ssid ${pasid} group 7 code 0`]);
    expect(responses.at(-1)?.[2]).toBe(15);
  });

  it('are denied by the driver of 4.20, with its two lines', () => {
    const old = new KernelRig({ config: { driver: '4.20' } });
    old.kernel.add_pci_device('p', { bdf: '00:02.0', pasid_bits: 8, ats: true, pri: true });
    old.smmu.registerEndpoint(SID, { invalidate: () => true, prgResponse: () => undefined });
    old.commands();
    old.smmu.pageRequest({
      sid: SID,
      ssid: -1,
      addrLo: 0x7000,
      addrHi: 0,
      read: true,
      write: false,
      execute: false,
      privileged: false,
      last: true,
      prgIndex: 2,
    });
    old.machine.settle();
    expect(old.lines.slice(-2).map((line) => line.replace(/^.*auto: /, ''))).toEqual([
      'unexpected PRI request received:',
      '\tsid 0x00000010.0x00000: [2L] unprivileged R access at iova 0x0000000000007000',
    ]);
    expect(old.commands()).toEqual(['PRI_RESP 0x10 group 2 code 0']);
  });
});
