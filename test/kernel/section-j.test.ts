// The worked scenario of the fact sheet, section J: one platform device, one stream, 10 SubstreamID bits,
// a linear descriptor table. Step by step in both shapes of the API, on the real SMMU.

import { beforeEach, describe, expect, it } from 'vitest';
import type { Device, IommuDomain } from '../../sim/kernel/iommu-types.ts';
import { KernelRig } from '../support/kernel-rig.ts';

const EBUSY = -16;
const EEXIST = -17;
const ENODEV = -19;
const EINVAL = -22;
const AUXD = 2;
const AUXD_ID = 9;
const IOVA = 0x1000;

interface Shape {
  readonly profile: 'seed18' | 'attr19';
  readonly name: string;
  readonly secondEnable: number;
  enable(rig: KernelRig, dev: Device): number;
  disable(rig: KernelRig, dev: Device): void;
  attach(rig: KernelRig, domain: IommuDomain, dev: Device): number;
  detach(rig: KernelRig, domain: IommuDomain, dev: Device): void;
  /** The PASID, or a negative errno. */
  pasid(rig: KernelRig, domain: IommuDomain, dev: Device): number;
}

const SEED18: Omit<Shape, 'name' | 'secondEnable' | 'enable' | 'disable'> = {
  profile: 'seed18',
  attach: (rig, domain, dev) => rig.call('iommu_attach_device', domain, dev) as number,
  detach: (rig, domain, dev) => rig.call('iommu_detach_device', domain, dev),
  pasid: (rig, domain) => {
    const pasid = { value: 0 };
    const ret = rig.call('iommu_domain_get_attr', domain, AUXD_ID, pasid) as number;
    return ret === 0 ? pasid.value : ret;
  },
};

const SHAPES: readonly Shape[] = [
  {
    ...SEED18,
    name: 'seed18 through iommu_sva_init_device',
    secondEnable: EEXIST,
    enable: (rig, dev) => rig.call('iommu_sva_init_device', dev, AUXD, 0, 0, null) as number,
    disable: (rig, dev) => void rig.call('iommu_sva_shutdown_device', dev),
  },
  {
    ...SEED18,
    name: 'seed18 through iommu_set_dev_attr',
    secondEnable: EBUSY,
    enable: (rig, dev) => rig.call('iommu_set_dev_attr', dev, 1, null) as number,
    disable: (rig, dev) => void rig.call('iommu_set_dev_attr', dev, 2, null),
  },
  {
    profile: 'attr19',
    name: 'attr19',
    secondEnable: EBUSY,
    enable: (rig, dev) => rig.call('iommu_dev_enable_feature', dev, 0) as number,
    disable: (rig, dev) => void rig.call('iommu_dev_disable_feature', dev, 0),
    attach: (rig, domain, dev) => rig.call('iommu_aux_attach_device', domain, dev) as number,
    detach: (rig, domain, dev) => rig.call('iommu_aux_detach_device', domain, dev),
    pasid: (rig, domain, dev) => rig.call('iommu_aux_get_pasid', domain, dev) as number,
  },
];

const installed = (ssid: number): string[] => [
  `CFGI_CD 0x10 ssid ${ssid} leaf`,
  'SYNC',
  `CFGI_CD 0x10 ssid ${ssid} leaf`,
  'SYNC',
];

describe.each(SHAPES)('section J in the shape of $name', (shape) => {
  let rig: KernelRig;
  let dev: Device;
  let pa: number;

  /** dword 0 of a descriptor, found the way the hardware finds it: by the stream table. */
  function cd(ssid: number): bigint {
    const [smmu] = rig.kernel.smmu_driver.smmus;
    const l2 = smmu?.strtab_cfg.l2ptr.get(0) ?? 0;
    const table = Number(rig.word(l2 + 0x10 * 64) & 0xf_ffff_ffff_ffc0n);
    return rig.word(table + ssid * 64);
  }
  const isValid = (ssid: number): boolean => ((cd(ssid) >> 31n) & 1n) === 1n;
  const asidOf = (ssid: number): number => Number(cd(ssid) >> 48n);

  function newDomain(): IommuDomain {
    const domain = rig.call('iommu_domain_alloc', dev.bus) as IommuDomain | null;
    if (domain === null) throw new Error('no domain');
    return domain;
  }

  function attached(): IommuDomain {
    const domain = newDomain();
    expect(shape.attach(rig, domain, dev)).toBe(0);
    return domain;
  }

  const map = (domain: IommuDomain): unknown => rig.call('iommu_map', domain, IOVA, pa, 0x1000, 3);

  beforeEach(() => {
    rig = new KernelRig({ config: { profile: shape.profile } });
    dev = rig.kernel.add_platform_device('accel0', { sids: [0x10], ssid_bits: 10 });
    pa = rig.kernel.pages.alloc(0, 'test');
  });

  it('1-4: installs the default domain with a table of descriptors at device arrival', () => {
    expect(rig.commands()).toEqual([
      'SYNC',
      'SYNC',
      'CFGI_STE 0x10 leaf',
      'SYNC',
      'CFGI_STE 0x10 leaf',
      'SYNC',
      'PREFETCH_CFG 0x10',
    ]);
    const [smmu] = rig.kernel.smmu_driver.smmus;
    const ste = (smmu?.strtab_cfg.l2ptr.get(0) ?? 0) + 0x10 * 64;
    expect(rig.word(ste) >> 59n).toBe(10n);
    expect(rig.word(ste) & 0xfn).toBe(0xbn);
    expect(rig.word(ste + 8) & 3n).toBe(2n);
    expect(isValid(0)).toBe(true);
    expect(asidOf(0)).toBe(1);
  });

  it('5-6: enables once, and says so the second time', () => {
    rig.commands();
    expect(shape.enable(rig, dev)).toBe(0);
    expect(shape.enable(rig, dev)).toBe(shape.secondEnable);
    expect(rig.commands()).toEqual([]);
  });

  it('7-9: gives a new domain no PASID and no page table', () => {
    shape.enable(rig, dev);
    rig.commands();
    const d1 = newDomain();
    expect(shape.pasid(rig, d1, dev)).toBe(EINVAL);
    expect(map(d1)).toBe(ENODEV);
    expect(rig.commands()).toEqual([]);
  });

  it('10-16: attaches at SSID 1 with ASID 2 and translates by it', () => {
    shape.enable(rig, dev);
    rig.commands();
    const d1 = attached();
    expect(rig.commands()).toEqual(installed(1));
    expect(shape.pasid(rig, d1, dev)).toBe(1);
    expect(asidOf(1)).toBe(2);
    expect(map(d1)).toBe(0);
    expect(rig.commands()).toEqual([]);
    expect(rig.dma(0x10, 1, IOVA)).toMatchObject({ ok: true, pa });
    expect(rig.dma(0x10, -1, IOVA).events).toEqual(['F_TRANSLATION']);
    expect(rig.dma(0x10, 2, IOVA).events).toEqual(['C_BAD_CD ssid=2']);
  });

  it('17-18: keeps domains apart and invalidates by ASID', () => {
    shape.enable(rig, dev);
    const d1 = attached();
    map(d1);
    rig.commands();
    attached();
    expect(rig.commands()).toEqual(installed(2));
    expect(asidOf(2)).toBe(3);
    expect(rig.call('iommu_unmap', d1, IOVA, 0x1000)).toBe(0x1000);
    expect(rig.commands()).toEqual(['TLBI_NH_VA asid 2 0x1000 leaf', 'SYNC']);
    expect(rig.dma(0x10, 1, IOVA).events).toEqual(['F_TRANSLATION ssid=1']);
  });

  it('19-22: clears the descriptor at detach, keeps the PASID, takes it again', () => {
    shape.enable(rig, dev);
    const d1 = attached();
    map(d1);
    rig.commands();
    shape.detach(rig, d1, dev);
    expect(rig.commands()).toEqual(['CFGI_CD 0x10 ssid 1 leaf', 'SYNC']);
    expect(cd(1)).toBe(0n);
    expect(rig.dma(0x10, 1, IOVA).events).toEqual(['C_BAD_CD ssid=1']);
    expect(shape.pasid(rig, d1, dev)).toBe(1);
    expect(shape.attach(rig, d1, dev)).toBe(0);
    expect(rig.commands()).toEqual(installed(1));
    expect(asidOf(1)).toBe(2);
    expect(rig.dma(0x10, 1, IOVA)).toMatchObject({ ok: true, pa });
  });

  it('23: refuses an auxiliary domain as the main one of another device', () => {
    shape.enable(rig, dev);
    const d1 = attached();
    const other = rig.kernel.add_platform_device('other0', { sids: [0x11] });
    expect(rig.call('iommu_attach_device', d1, other)).toBe(EINVAL);
    expect(rig.lines.at(-1)).toContain('cannot attach auxiliary domain');
  });

  it('24-25: releases ASID and SSID with the domain, and hands them out again', () => {
    shape.enable(rig, dev);
    const d1 = attached();
    attached();
    rig.commands();
    shape.detach(rig, d1, dev);
    rig.call('iommu_domain_free', d1);
    expect(rig.commands()).toEqual(['CFGI_CD 0x10 ssid 1 leaf', 'SYNC', 'TLBI_NH_ASID 2', 'SYNC']);
    const d3 = attached();
    expect(shape.pasid(rig, d3, dev)).toBe(1);
    expect(asidOf(1)).toBe(2);
    expect(rig.misuse()).toEqual([]);
  });

  it('26: reports a feature that is disabled before the domains are detached', () => {
    shape.enable(rig, dev);
    const d2 = attached();
    rig.commands();
    shape.disable(rig, dev);
    expect(rig.misuse().join()).toMatch(/domain 2 is still attached/);
    const detached = rig.commands();
    if (shape.name.includes('sva')) {
      expect(detached).toEqual(['CFGI_CD 0x10 ssid 1 leaf', 'SYNC']);
      return;
    }
    expect(detached).toEqual([]);
    shape.detach(rig, d2, dev);
    expect(rig.commands()).toEqual([]);
    expect(isValid(1)).toBe(true);
    expect(rig.misuse().join()).toMatch(/detach/);
  });
});
