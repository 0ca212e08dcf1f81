// Shared virtual addressing: binding, faults through stall and through page requests, process exit.

import { beforeEach, describe, expect, it } from 'vitest';
import type { Device } from '../../sim/kernel/iommu-types.ts';
import type { MmStruct } from '../../sim/kernel/mm/mm-struct.ts';
import { KernelRig } from '../support/kernel-rig.ts';

const SID = 0x10;
const IOPF = 1;
const AUXD = 2;
const PROT_RW = 3;
const EEXIST = -17;
const ENODEV = -19;
const EINVAL = -22;
const ENOSPC = -28;
const EDOM = -33;
const ERANGE = -34;
const ESRCH = -3;
const ENOMEM = -12;
const EBUSY = -16;

let rig: KernelRig;
let dev: Device;

function newMm(): MmStruct {
  const mm = rig.call('mm_alloc') as MmStruct | null;
  if (mm === null) throw new Error('no mm');
  return mm;
}

function bind(to: Device, mm: MmStruct, flags = 0, drvdata: unknown = null): number {
  const pasid = { value: -1 };
  const ret = rig.call('iommu_sva_bind_device', to, mm, pasid, flags, drvdata) as number;
  return ret === 0 ? pasid.value : ret;
}

type Exit = (dev: Device, pasid: number, data: unknown) => number;

function init(to: Device, features = IOPF, limits = [0, 0], exit: Exit | null = null): number {
  const [min, max] = limits;
  return rig.call('iommu_sva_init_device', to, features, min, max, exit) as number;
}

beforeEach(() => {
  rig = new KernelRig();
  dev = rig.kernel.add_platform_device('accel0', { sids: [SID], ssid_bits: 10, can_stall: true });
});

describe('switching SVA on', () => {
  it.each([
    ['a feature nobody knows', () => init(dev, 8), EINVAL],
    [
      'a device without SubstreamIDs',
      () => init(rig.kernel.add_platform_device('b', { sids: [1] })),
      EINVAL,
    ],
    ['a device behind no SMMU', () => init(rig.kernel.add_platform_device('c', {})), ENODEV],
    [
      'page faults of a device that cannot stall',
      () => init(rig.kernel.add_platform_device('d', { sids: [2], ssid_bits: 4 })),
      EINVAL,
    ],
    ['a second time', () => [init(dev), init(dev)][1], EEXIST],
  ])('refuses %s', (_what, call, expected) => {
    expect(call()).toBe(expected);
  });

  it('can be done again after a shutdown, and leaves nothing registered', () => {
    expect(init(dev)).toBe(0);
    rig.call('iommu_sva_shutdown_device', dev);
    expect(dev.fault_param).toBeUndefined();
    expect(init(dev)).toBe(0);
  });
});

describe('binding', () => {
  it('gives one PASID an mm, and translates by the tables of the process', () => {
    init(dev);
    const mm = newMm();
    const address = Number(mm.mmap(0x2000, PROT_RW));
    mm.write(address, Uint8Array.of(1, 2, 3, 4));
    rig.commands();
    expect(bind(dev, mm)).toBe(1);
    expect(rig.commands()).toEqual([
      'CFGI_CD 0x10 ssid 1 leaf',
      'SYNC',
      'CFGI_CD 0x10 ssid 1 leaf',
      'SYNC',
    ]);
    expect(rig.dma(SID, 1, address)).toMatchObject({
      ok: true,
      pa: mm.follow(address),
      events: [],
    });
  });

  it('counts AUXD and SVA in one number space', () => {
    init(dev, IOPF | AUXD);
    const domain = rig.call('iommu_domain_alloc', dev.bus);
    expect(rig.call('iommu_attach_device', domain, dev)).toBe(0);
    expect(bind(dev, newMm())).toBe(2);
    expect(rig.kernel.ioasid.holders().map(({ id, owner }) => `${id} ${owner}`)).toEqual([
      '1 arm_smmu_aux',
      '2 iommu_sva',
    ]);
  });

  it.each<[string, () => number, number]>([
    ['before SVA is on', () => bind(dev, newMm()), EINVAL],
    [
      'with flags that init did not ask for',
      () => {
        init(dev, 0);
        return bind(dev, newMm(), IOPF);
      },
      EINVAL,
    ],
    [
      'the same mm twice',
      () => {
        init(dev);
        const mm = newMm();
        bind(dev, mm);
        return bind(dev, mm);
      },
      EEXIST,
    ],
    [
      'an mm that another device bound with other flags',
      () => {
        const other = rig.kernel.add_platform_device('o', {
          sids: [5],
          ssid_bits: 4,
          can_stall: true,
        });
        init(dev);
        init(other);
        const mm = newMm();
        bind(dev, mm, 0);
        return bind(other, mm, IOPF);
      },
      EDOM,
    ],
    [
      'an mm whose PASID is outside the limits of the device',
      () => {
        const other = rig.kernel.add_platform_device('o', {
          sids: [5],
          ssid_bits: 4,
          can_stall: true,
        });
        init(dev, IOPF, [100, 200]);
        init(other);
        const mm = newMm();
        bind(dev, mm);
        return bind(other, mm);
      },
      ERANGE,
    ],
    [
      'when no PASID is left',
      () => {
        init(dev, IOPF, [3, 3]);
        bind(dev, newMm());
        return bind(dev, newMm());
      },
      ENOSPC,
    ],
    [
      'without memory',
      () => {
        init(dev);
        const mm = newMm();
        const { faults } = rig.kernel.pages;
        faults.failNth = faults.count + 1;
        return bind(dev, mm);
      },
      ENOMEM,
    ],
  ])('refuses %s', (_what, call, expected) => {
    expect(call()).toBe(expected);
  });

  it('leaves nothing behind when any of its allocations fails', () => {
    init(dev);
    const { faults } = rig.kernel.pages;
    for (let nth = 1; ; nth++) {
      const mm = newMm();
      const pages = rig.kernel.pages.livePages;
      faults.failNth = faults.count + nth;
      const ret = bind(dev, mm);
      faults.failNth = 0;
      if (ret > 0) {
        expect(nth).toBeGreaterThan(3);
        break;
      }
      expect(ret).toBeLessThan(0);
      expect(rig.kernel.ioasid.count).toBe(0);
      expect(rig.kernel.pages.livePages).toBe(pages);
      mm.exit();
    }
  });

  it('unbinds: descriptor, TLBs and PASID go', () => {
    init(dev);
    const mm = newMm();
    const pasid = bind(dev, mm);
    rig.commands();
    expect(rig.call('iommu_sva_unbind_device', dev, 77)).toBe(ESRCH);
    expect(rig.call('iommu_sva_unbind_device', dev, pasid)).toBe(0);
    expect(rig.commands()).toEqual([
      'CFGI_CD 0x10 ssid 1 leaf',
      'SYNC',
      `TLBI_NH_ASID ${0x8000}`,
      'SYNC',
    ]);
    expect(rig.kernel.ioasid.count).toBe(0);
    expect(rig.call('iommu_sva_unbind_device', dev, pasid)).toBe(ESRCH);
  });

  it('ends every bond at shutdown', () => {
    init(dev);
    bind(dev, newMm());
    bind(dev, newMm());
    rig.call('iommu_sva_shutdown_device', dev);
    expect(rig.kernel.ioasid.count).toBe(0);
    expect(rig.dma(SID, 1, 0).events).toEqual(['C_BAD_CD ssid=1']);
  });
});

describe('faults by stall', () => {
  it('brings a page in and retries the transaction, without a line in the log', () => {
    init(dev);
    const mm = newMm();
    const address = Number(mm.mmap(0x4000, PROT_RW));
    const pasid = bind(dev, mm);
    rig.commands();
    const quiet = rig.lines.length;
    const dma = rig.dma(SID, pasid, address + 0x1000, true);
    expect(dma.ok).toBe(true);
    expect(dma.pa).toBe(mm.follow(address + 0x1000));
    expect(rig.commands()).toContain('RESUME 0x10 action 1');
    expect(rig.lines.slice(quiet)).toEqual([]);
    expect(rig.kernel.events.at(-1)).toMatchObject({ name: 'F_TRANSLATION', handled: true });
  });

  it('breaks a read-only page for a write, invalidating what the TLB had', () => {
    init(dev);
    const mm = newMm();
    const address = Number(mm.mmap(0x1000, PROT_RW));
    const pasid = bind(dev, mm);
    expect(rig.dma(SID, pasid, address).ok).toBe(true);
    rig.commands();
    expect(rig.dma(SID, pasid, address, true).ok).toBe(true);
    expect(rig.commands()).toEqual([
      `TLBI_NH_VA asid ${0x8000} 0x${address.toString(16)}`,
      'SYNC',
      'RESUME 0x10 action 1',
    ]);
  });

  it('aborts an access outside every area', () => {
    init(dev);
    const pasid = bind(dev, newMm());
    rig.commands();
    expect(rig.dma(SID, pasid, 0x5000_0000)).toMatchObject({ ok: false, stalled: false });
    expect(rig.commands()).toEqual(['RESUME 0x10 action 2']);
  });

  it('aborts what nobody handles, and logs it', () => {
    rig.commands();
    const dma = rig.dma(SID, -1, 0x5000_0000);
    expect(dma).toMatchObject({ ok: false, stalled: false, events: ['F_TRANSLATION'] });
    expect(rig.commands()).toEqual(['RESUME 0x10 action 2']);
    expect(rig.lines.some((line) => line.endsWith('event 0x10 received:'))).toBe(true);
  });

  it('hands events to a handler of the driver, which answers them itself', () => {
    const seen: unknown[] = [];
    const handler = (event: { page_req_group_id: number; pasid: number; addr: number }): number => {
      seen.push(event);
      return 0;
    };
    expect(rig.call('iommu_register_device_fault_handler', dev, handler, 'data')).toBe(0);
    expect(rig.call('iommu_register_device_fault_handler', dev, handler, 'data')).toBe(EBUSY);
    rig.commands();
    expect(rig.dma(SID, -1, 0x7000, true).stalled).toBe(true);
    expect(seen).toMatchObject([
      { type: 2, addr: 0x7000, pasid_valid: false, prot: 2 | 0, last_req: true },
    ]);
    expect(rig.call('iommu_unregister_device_fault_handler', dev)).toBe(EBUSY);
    const answer = {
      addr: 0,
      pasid: 0,
      resp_code: 2,
      pasid_present: false,
      page_req_group_id: 0,
      private_data: 0,
    };
    const stag = (seen[0] as { page_req_group_id: number }).page_req_group_id;
    expect(rig.call('iommu_page_response', dev, { ...answer, page_req_group_id: stag + 1 })).toBe(
      EINVAL,
    );
    expect(rig.call('iommu_page_response', dev, { ...answer, page_req_group_id: stag })).toBe(0);
    expect(rig.commands()).toEqual(['RESUME 0x10 action 2']);
    expect(rig.call('iommu_unregister_device_fault_handler', dev)).toBe(0);
  });
});

describe('process exit', () => {
  it('calls mm_exit once a bond while the PASID still works, then takes it away', () => {
    const calls: unknown[] = [];
    const mm = newMm();
    const address = Number(mm.mmap(0x1000, PROT_RW));
    mm.write(address, Uint8Array.of(1));
    init(dev, IOPF, [0, 0], (device, pasid, data) => {
      calls.push([device.name, pasid, data, rig.dma(SID, pasid, address).ok]);
      return 0;
    });
    expect(bind(dev, mm, 0, 'queue 7')).toBe(1);
    mm.exit();
    rig.machine.settle();
    expect(calls).toEqual([['accel0', 1, 'queue 7', true]]);
    expect(rig.dma(SID, 1, address).events).toEqual(['C_BAD_CD ssid=1']);
    expect(rig.kernel.ioasid.count).toBe(0);
    expect(rig.call('iommu_sva_unbind_device', dev, 1)).toBe(ESRCH);
  });

  it('warns of a handler that fails, and goes on', () => {
    init(dev, IOPF, [0, 0], () => -5);
    const mm = newMm();
    bind(dev, mm);
    mm.exit();
    expect(rig.lines.at(-1)).toContain('possible leak of PASID 1');
    expect(rig.kernel.ioasid.count).toBe(0);
  });

  it('reports a device that nobody stops', () => {
    init(dev);
    const mm = newMm();
    bind(dev, mm);
    mm.exit();
    expect(rig.misuse().join()).toContain('no mm_exit handler');
  });
});
