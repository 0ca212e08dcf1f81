// Auxiliary domains beyond the worked scenario: several streams, two-level tables, ATS, PASID limits, the
// error matrix of an attach, and each order mistake a driver can make.

import { describe, expect, it } from 'vitest';
import type { Device, IommuDomain } from '../../sim/kernel/iommu-types.ts';
import { KernelRig } from '../support/kernel-rig.ts';

const AUXD = 2;
const AUXD_ID = 9;
const EBUSY = -16;
const ENODEV = -19;
const EINVAL = -22;
const IDENTITY = 4;

function domainFor(rig: KernelRig, dev: Device): IommuDomain {
  const domain = rig.call('iommu_domain_alloc', dev.bus) as IommuDomain | null;
  if (domain === null) throw new Error('no domain');
  return domain;
}

function enabled(rig: KernelRig, dev: Device, min = 0, max = 0): Device {
  expect(rig.call('iommu_sva_init_device', dev, AUXD, min, max, null)).toBe(0);
  return dev;
}

function attached(rig: KernelRig, dev: Device): IommuDomain {
  const domain = domainFor(rig, dev);
  expect(rig.call('iommu_attach_device', domain, dev)).toBe(0);
  return domain;
}

function pasidOf(rig: KernelRig, domain: IommuDomain): number {
  const pasid = { value: -1 };
  expect(rig.call('iommu_domain_get_attr', domain, AUXD_ID, pasid)).toBe(0);
  return pasid.value;
}

function page(rig: KernelRig): number {
  return rig.kernel.pages.alloc(0, 'test');
}

describe('commands of an aux domain', () => {
  it('go to every stream of the device, with one SYNC a round', () => {
    const rig = new KernelRig();
    const dev = enabled(
      rig,
      rig.kernel.add_platform_device('a', { sids: [0x10, 0x123], ssid_bits: 4 }),
    );
    rig.commands();
    const domain = attached(rig, dev);
    const round = ['CFGI_CD 0x10 ssid 1 leaf', 'CFGI_CD 0x123 ssid 1 leaf', 'SYNC'];
    expect(rig.commands()).toEqual([...round, ...round]);
    const pa = page(rig);
    rig.call('iommu_map', domain, 0x4000, pa, 0x1000, 3);
    expect(rig.dma(0x10, 1, 0x4000).pa).toBe(pa);
    expect(rig.dma(0x123, 1, 0x4000).pa).toBe(pa);
    rig.call('iommu_detach_device', domain, dev);
    expect(rig.commands()).toEqual(round);
  });

  it('install a leaf of a two-level table first, with leaf=0', () => {
    const rig = new KernelRig();
    const dev = enabled(
      rig,
      rig.kernel.add_platform_device('a', { sids: [0x10], ssid_bits: 20 }),
      5000,
      6000,
    );
    const [smmu] = rig.kernel.smmu_driver.smmus;
    const ste = (smmu?.strtab_cfg.l2ptr.get(0) ?? 0) + 0x10 * 64;
    expect(rig.word(ste) >> 59n).toBe(20n);
    expect((rig.word(ste) >> 4n) & 3n).toBe(2n);
    rig.commands();
    const domain = attached(rig, dev);
    expect(pasidOf(rig, domain)).toBe(5000);
    expect(rig.commands()).toEqual([
      'CFGI_CD 0x10 ssid 5000',
      'SYNC',
      'CFGI_CD 0x10 ssid 5000 leaf',
      'SYNC',
      'CFGI_CD 0x10 ssid 5000 leaf',
      'SYNC',
    ]);
    const pa = page(rig);
    rig.call('iommu_map', domain, 0, pa, 0x1000, 1);
    expect(rig.dma(0x10, 5000, 0)).toMatchObject({ ok: true, pa });
    expect(rig.dma(0x10, 20_000, 0).events).toEqual(['C_BAD_SUBSTREAMID ssid=20000']);
  });

  it('end an unmap with the ATCs: TLBI, SYNC, ATC_INV for the PASID, SYNC', () => {
    const rig = new KernelRig();
    const dev = enabled(
      rig,
      rig.kernel.add_pci_device('p', { bdf: '00:02.0', pasid_bits: 8, ats: true }),
    );
    const sid = '0x10';
    rig.smmu.registerEndpoint(0x10, { invalidate: () => true, prgResponse: () => undefined });
    const domain = attached(rig, dev);
    rig.call('iommu_map', domain, 0x8000, page(rig), 0x1000, 3);
    rig.call('iommu_map', domain, 0x9000, page(rig), 0x1000, 3);
    rig.commands();
    expect(rig.call('iommu_unmap', domain, 0x8000, 0x2000)).toBe(0x2000);
    expect(rig.commands()).toEqual([
      'TLBI_NH_VA asid 2 0x8000 leaf',
      'TLBI_NH_VA asid 2 0x9000 leaf',
      'SYNC',
      `ATC_INV ${sid} ssid 1 0x8000 size 1`,
      'SYNC',
    ]);
    rig.call('iommu_detach_device', domain, dev);
    expect(rig.commands()).toEqual([
      `CFGI_CD ${sid} ssid 1 leaf`,
      'SYNC',
      `ATC_INV ${sid} ssid 1 0x0 size 52`,
      'SYNC',
    ]);
  });

  it('survive an endpoint that never answers an ATC invalidation', () => {
    const rig = new KernelRig();
    const dev = enabled(
      rig,
      rig.kernel.add_pci_device('p', { bdf: '00:02.0', pasid_bits: 8, ats: true }),
    );
    const domain = attached(rig, dev);
    rig.call('iommu_detach_device', domain, dev);
    expect(rig.lines.join('\n')).toContain('ATC invalidate timeout');
    expect(rig.dma(0x10, 1, 0).events).toEqual(['C_BAD_CD ssid=1']);
  });

  it('are the same for a function without ATS as for a platform device', () => {
    const rig = new KernelRig();
    const dev = enabled(rig, rig.kernel.add_pci_device('p', { bdf: '00:02.0', pasid_bits: 8 }));
    const domain = attached(rig, dev);
    rig.commands();
    rig.call('iommu_detach_device', domain, dev);
    expect(rig.commands()).toEqual(['CFGI_CD 0x10 ssid 1 leaf', 'SYNC']);
  });
});

describe('PASID limits', () => {
  it.each([
    { what: 'none', min: 0, max: 0, ssid_bits: 8, first: 1, last: 255 },
    { what: 'both inside', min: 4, max: 6, ssid_bits: 8, first: 4, last: 6 },
    {
      what: 'a maximum beyond the device',
      min: 0,
      max: 0xf_ffff,
      ssid_bits: 4,
      first: 1,
      last: 15,
    },
  ])('are honoured: $what', ({ min, max, ssid_bits, first, last }) => {
    const rig = new KernelRig();
    const dev = enabled(
      rig,
      rig.kernel.add_platform_device('a', { sids: [1], ssid_bits }),
      min,
      max,
    );
    const all: number[] = [];
    for (let count = first; count <= last; count++) {
      all.push(pasidOf(rig, attached(rig, dev)));
    }
    expect(all).toEqual(Array.from({ length: last - first + 1 }, (_, index) => first + index));
    expect(rig.call('iommu_attach_device', domainFor(rig, dev), dev)).toBe(EINVAL);
    expect(rig.lines.at(-1)).toContain(`no PASID left between ${first} and ${last}`);
  });
});

describe('the error matrix of an attach', () => {
  it('refuses a device without a group', () => {
    const rig = new KernelRig();
    const plain = rig.kernel.add_platform_device('plain', {});
    const other = rig.kernel.add_platform_device('other', { sids: [1] });
    expect(rig.call('iommu_attach_device', domainFor(rig, other), plain)).toBe(ENODEV);
  });

  it('refuses a group of two devices', () => {
    const rig = new KernelRig();
    const alias = rig.kernel.add_pci_device('a', { bdf: '00:01.0' });
    const dev = rig.kernel.add_pci_device('b', { bdf: '00:02.0', alias });
    expect(rig.call('iommu_attach_device', domainFor(rig, dev), dev)).toBe(EINVAL);
  });

  it('is busy while AUXD is off and another domain is current', () => {
    const rig = new KernelRig();
    const dev = rig.kernel.add_platform_device('a', { sids: [1], ssid_bits: 4 });
    attached(rig, dev);
    expect(rig.call('iommu_attach_device', domainFor(rig, dev), dev)).toBe(EBUSY);
  });

  it('refuses as auxiliary what was somebody’s main domain', () => {
    const rig = new KernelRig();
    const main = rig.kernel.add_platform_device('a', { sids: [1], ssid_bits: 4 });
    const aux = enabled(rig, rig.kernel.add_platform_device('b', { sids: [2], ssid_bits: 4 }));
    const domain = attached(rig, main);
    rig.call('iommu_detach_device', domain, main);
    expect(rig.call('iommu_attach_device', domain, aux)).toBe(EINVAL);
    expect(rig.lines.at(-1)).toContain('cannot attach domain in auxiliary mode');
  });

  it('refuses a second parent', () => {
    const rig = new KernelRig();
    const one = enabled(rig, rig.kernel.add_platform_device('a', { sids: [1], ssid_bits: 4 }));
    const two = enabled(rig, rig.kernel.add_platform_device('b', { sids: [2], ssid_bits: 4 }));
    const domain = attached(rig, one);
    expect(rig.call('iommu_attach_device', domain, two)).toBe(EINVAL);
    expect(rig.lines.at(-1)).toContain('different parent');
  });

  it('refuses aux domains while the main domain is an identity one', () => {
    const rig = new KernelRig({ config: { passthrough: true } });
    const dev = enabled(rig, rig.kernel.add_platform_device('a', { sids: [1], ssid_bits: 4 }));
    expect(dev.iommu_group?.default_domain?.type).toBe(IDENTITY);
    expect(rig.call('iommu_attach_device', domainFor(rig, dev), dev)).toBe(EINVAL);
  });

  it('has no aux domains at all in plain 4.20', () => {
    const rig = new KernelRig({ config: { driver: '4.20' } });
    const dev = rig.kernel.add_platform_device('a', { sids: [1], ssid_bits: 4 });
    expect(rig.call('iommu_sva_init_device', dev, AUXD, 0, 0, null)).toBe(ENODEV);
    expect(rig.call('iommu_set_dev_attr', dev, 1, null)).toBe(EINVAL);
    expect(rig.call('iommu_dev_enable_feature', dev, 0)).toBe(ENODEV);
    expect(rig.call('iommu_dev_disable_feature', dev, 0)).toBe(EBUSY);
  });

  it('refuses a main attach in attr19 while aux domains live in the table', () => {
    const rig = new KernelRig({ config: { profile: 'attr19' } });
    const dev = rig.kernel.add_platform_device('a', { sids: [1], ssid_bits: 4 });
    expect(rig.call('iommu_dev_enable_feature', dev, 0)).toBe(0);
    const aux = domainFor(rig, dev);
    expect(rig.call('iommu_aux_attach_device', aux, dev)).toBe(0);
    expect(rig.call('iommu_attach_device', domainFor(rig, dev), dev)).toBe(EBUSY);
    rig.call('iommu_aux_detach_device', aux, dev);
    expect(rig.call('iommu_attach_device', domainFor(rig, dev), dev)).toBe(0);
  });
});

interface Mistake {
  readonly what: string;
  readonly make: (rig: KernelRig, dev: Device) => void;
  readonly told: RegExp;
}

const MISTAKES: readonly Mistake[] = [
  {
    what: 'attaching a domain twice',
    make: (rig, dev) => {
      const domain = attached(rig, dev);
      rig.call('iommu_attach_device', domain, dev);
    },
    told: /domain 2 is attached to accel0 already/,
  },
  {
    what: 'detaching a domain that is not attached',
    make: (rig, dev) => rig.call('iommu_detach_device', domainFor(rig, dev), dev),
    told: /domain 2 from accel0 is ignored: the domain is not attached/,
  },
  {
    what: 'detaching twice',
    make: (rig, dev) => {
      const domain = attached(rig, dev);
      rig.call('iommu_detach_device', domain, dev);
      rig.call('iommu_detach_device', domain, dev);
    },
    told: /the domain is not attached/,
  },
  {
    what: 'freeing a domain that is attached',
    make: (rig, dev) => rig.call('iommu_domain_free', attached(rig, dev)),
    told: /iommu_domain_free: domain 2 is still attached to accel0/,
  },
  {
    what: 'freeing a domain twice',
    make: (rig, dev) => {
      const domain = domainFor(rig, dev);
      rig.call('iommu_domain_free', domain);
      rig.call('iommu_domain_free', domain);
    },
    told: /iommu_domain_free: domain 2 is freed: a use after free/,
  },
  {
    what: 'mapping into a freed domain',
    make: (rig, dev) => {
      const domain = attached(rig, dev);
      rig.call('iommu_detach_device', domain, dev);
      rig.call('iommu_domain_free', domain);
      rig.call('iommu_map', domain, 0, 0x5000_0000, 0x1000, 3);
    },
    told: /iommu_map: domain 2 is freed/,
  },
  {
    what: 'shutting down before detaching',
    make: (rig, dev) => {
      attached(rig, dev);
      rig.call('iommu_sva_shutdown_device', dev);
    },
    told: /accel0: shut down while domain 2 is still attached/,
  },
  {
    what: 'shutting down twice',
    make: (rig, dev) => {
      rig.call('iommu_sva_shutdown_device', dev);
      rig.call('iommu_sva_shutdown_device', dev);
    },
    told: /accel0 was not initialised/,
  },
  {
    what: 'freeing a PASID that nobody has',
    make: (rig) => rig.call('ioasid_free', 99),
    told: /IOASID 99 is not allocated/,
  },
];

describe('an order mistake', () => {
  it.each(MISTAKES)('is named: $what', ({ make, told }) => {
    const rig = new KernelRig();
    const dev = enabled(rig, rig.kernel.add_platform_device('accel0', { sids: [1], ssid_bits: 4 }));
    expect(rig.misuse()).toEqual([]);
    make(rig, dev);
    expect(rig.misuse().join('\n')).toMatch(told);
  });

  it('is not seen in a driver that keeps the order', () => {
    const rig = new KernelRig();
    const dev = enabled(rig, rig.kernel.add_platform_device('accel0', { sids: [1], ssid_bits: 4 }));
    const domain = attached(rig, dev);
    rig.call('iommu_map', domain, 0, page(rig), 0x1000, 3);
    rig.call('iommu_unmap', domain, 0, 0x1000);
    rig.call('iommu_detach_device', domain, dev);
    rig.call('iommu_domain_free', domain);
    rig.call('iommu_sva_shutdown_device', dev);
    expect(rig.misuse()).toEqual([]);
    expect(rig.kernel.leaks()).toEqual([]);
  });
});

describe('an aux attach whose allocations fail', () => {
  it('gives everything back, whichever it is', () => {
    const rig = new KernelRig();
    const dev = enabled(rig, rig.kernel.add_platform_device('a', { sids: [1], ssid_bits: 12 }));
    const { faults } = rig.kernel.pages;
    const [smmu] = rig.kernel.smmu_driver.smmus;
    for (let nth = 1; ; nth++) {
      const domain = domainFor(rig, dev);
      const before = [rig.kernel.pages.livePages, rig.kernel.ioasid.count, smmu?.asid_map.count];
      faults.failNth = faults.count + nth;
      const ret = rig.call('iommu_attach_device', domain, dev) as number;
      faults.failNth = 0;
      if (ret === 0) {
        expect(nth).toBeGreaterThan(2);
        expect(rig.dma(1, 1, 0).events).toEqual(['F_TRANSLATION ssid=1']);
        break;
      }
      expect(ret).toBeLessThan(0);
      const after = [rig.kernel.pages.livePages, rig.kernel.ioasid.count, smmu?.asid_map.count];
      expect(after).toEqual(before);
      rig.call('iommu_domain_free', domain);
    }
  });
});
