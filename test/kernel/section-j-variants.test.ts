// Section J of the fact sheet on other devices: two streams, a two-level descriptor table, ATS, all of it.
// Each step has the sheet's own result and commands; what a variant adds is a rule, not a recording.

import { describe, expect, it } from 'vitest';
import type { Device, IommuDomain } from '../../sim/kernel/iommu-types.ts';
import { KernelRig } from '../support/kernel-rig.ts';

const IOVA = 0x1000;
const EINVAL = -22;
const ENODEV = -19;

interface Variant {
  readonly name: string;
  readonly sids: readonly number[];
  readonly ssid_bits: number;
  readonly ats: boolean;
  readonly twoLevel: boolean;
}

const ONE = { sids: [0x10], ssid_bits: 10, ats: false, twoLevel: false };
const VARIANTS: readonly Variant[] = [
  { ...ONE, name: 'one stream' },
  { ...ONE, name: 'two streams', sids: [0x10, 0x2123] },
  { ...ONE, name: 'a two-level table', ssid_bits: 14, twoLevel: true },
  { ...ONE, name: 'two streams and two levels', sids: [0x10, 0x11], ssid_bits: 20, twoLevel: true },
  { ...ONE, name: 'ATS', ats: true },
  { ...ONE, name: 'ATS and two levels', ats: true, ssid_bits: 16, twoLevel: true },
];

interface Shape {
  readonly profile: 'seed18' | 'attr19';
  enable(rig: KernelRig, dev: Device): unknown;
  readonly attach: string;
  readonly detach: string;
  pasid(rig: KernelRig, domain: IommuDomain, dev: Device): number;
}

const SHAPES: readonly Shape[] = [
  {
    profile: 'seed18',
    enable: (rig, dev) => rig.call('iommu_sva_init_device', dev, 2, 0, 0, null),
    attach: 'iommu_attach_device',
    detach: 'iommu_detach_device',
    pasid: (rig, domain) => {
      const pasid = { value: 0 };
      const ret = rig.call('iommu_domain_get_attr', domain, 9, pasid) as number;
      return ret === 0 ? pasid.value : ret;
    },
  },
  {
    profile: 'attr19',
    enable: (rig, dev) => rig.call('iommu_dev_enable_feature', dev, 0),
    attach: 'iommu_aux_attach_device',
    detach: 'iommu_aux_detach_device',
    pasid: (rig, domain, dev) => rig.call('iommu_aux_get_pasid', domain, dev) as number,
  },
];

/** The scenario on one device; checks each step as it goes. */
class Scenario {
  readonly #variant: Variant;
  readonly #shape: Shape;
  readonly rig: KernelRig;
  readonly dev: Device;

  constructor(variant: Variant, shape: Shape) {
    this.#variant = variant;
    this.#shape = shape;
    this.rig = new KernelRig({ config: { profile: shape.profile } });
    const { kernel } = this.rig;
    const { sids, ssid_bits, ats } = variant;
    if (ats) {
      const answers = { invalidate: () => true, prgResponse: () => undefined };
      this.rig.smmu.registerEndpoint(0x10, answers);
      this.dev = kernel.add_pci_device('p', { bdf: '00:02.0', pasid_bits: ssid_bits, ats });
    } else {
      this.dev = kernel.add_platform_device('accel0', { sids, ssid_bits });
    }
  }

  /** The commands since the last look are the sheet's, for each stream, and the ATC's where there is one. */
  sends(commands: readonly string[], atc?: string): void {
    const { sids, ats } = this.#variant;
    const each = (line: string): string[] =>
      line.includes(' SID')
        ? sids.map((sid) => line.replace(' SID', ` 0x${sid.toString(16)}`))
        : [line];
    const wanted = [
      ...commands,
      ...(ats && atc !== undefined ? [`ATC_INV SID ${atc}`, 'SYNC'] : []),
    ];
    expect(this.rig.commands()).toEqual(wanted.flatMap(each));
  }

  domain(): IommuDomain {
    return this.rig.call('iommu_domain_alloc', this.dev.bus) as IommuDomain;
  }

  attach(domain: IommuDomain): unknown {
    return this.rig.call(this.#shape.attach, domain, this.dev);
  }

  detach(domain: IommuDomain): void {
    this.rig.call(this.#shape.detach, domain, this.dev);
  }

  pasid(domain: IommuDomain): number {
    return this.#shape.pasid(this.rig, domain, this.dev);
  }

  /** dword 0 of a descriptor as the hardware finds it for each stream: all must agree. */
  cd(ssid: number): bigint {
    const [smmu] = this.rig.kernel.smmu_driver.smmus;
    const words = this.#variant.sids.map((sid) => {
      const ste = (smmu?.strtab_cfg.l2ptr.get(Math.floor(sid / 256)) ?? 0) + (sid % 256) * 64;
      const word = this.rig.word(ste);
      expect((word >> 4n) & 3n).toBe(this.#variant.twoLevel ? 2n : 0n);
      expect(Number(word >> 59n)).toBe(this.#variant.ssid_bits);
      const table = Number(word & 0xf_ffff_ffff_ffc0n);
      if (!this.#variant.twoLevel) {
        return this.rig.word(table + ssid * 64);
      }
      const leaf = this.rig.word(table + Math.floor(ssid / 1024) * 8);
      expect(leaf & 1n).toBe(1n);
      return this.rig.word(Number(leaf & 0xf_ffff_ffff_f000n) + (ssid % 1024) * 64);
    });
    expect(new Set(words).size).toBe(1);
    return words[0] ?? 0n;
  }

  /** ASID of a valid descriptor, -1 for one that is not valid. */
  asid(ssid: number): number {
    const word = this.cd(ssid);
    return ((word >> 31n) & 1n) === 1n ? Number(word >> 48n) : -1;
  }

  /** What every stream of the device sees: the physical address, or the event. */
  reaches(ssid: number): number | string {
    const seen = this.#variant.sids.map((sid) => {
      const { ok, pa, events } = this.rig.dma(sid, ssid, IOVA);
      return ok ? pa : events.join();
    });
    expect(new Set(seen).size).toBe(1);
    return seen[0] ?? 'nothing';
  }
}

const installed = (ssid: number): string[] => {
  const round = [`CFGI_CD SID ssid ${ssid} leaf`, 'SYNC'];
  return [...round, ...round];
};

const CASES = SHAPES.flatMap((shape) =>
  VARIANTS.map((variant) => ({ name: `${variant.name}, ${shape.profile}`, shape, variant })),
);

describe('section J', () => {
  it.each(CASES)('with $name', ({ shape, variant }) => {
    const run = new Scenario(variant, shape);
    const { rig, dev } = run;
    // 1-4
    const arrival = rig.commands();
    const stes = variant.sids.flatMap((sid) => {
      const cfgi = `CFGI_STE 0x${sid.toString(16)} leaf`;
      return [cfgi, 'SYNC', cfgi, 'SYNC', `PREFETCH_CFG 0x${sid.toString(16)}`];
    });
    expect(arrival.slice(-stes.length)).toEqual(stes);
    expect(arrival.slice(0, -stes.length).every((command) => command === 'SYNC')).toBe(true);
    expect(run.asid(0)).toBe(1);
    // 5-9
    expect(shape.enable(rig, dev)).toBe(0);
    const d1 = run.domain();
    expect(run.pasid(d1)).toBe(EINVAL);
    const pa = rig.kernel.pages.alloc(0, 'test');
    expect(rig.call('iommu_map', d1, IOVA, pa, 0x1000, 3)).toBe(ENODEV);
    run.sends([]);
    // 10-16
    expect(run.attach(d1)).toBe(0);
    run.sends(installed(1));
    expect([run.pasid(d1), run.asid(1)]).toEqual([1, 2]);
    expect(rig.call('iommu_map', d1, IOVA, pa, 0x1000, 3)).toBe(0);
    run.sends([]);
    expect(run.reaches(1)).toBe(pa);
    expect(run.reaches(-1)).toBe('F_TRANSLATION');
    expect(run.reaches(2)).toBe('C_BAD_CD ssid=2');
    // 17-18
    const d2 = run.domain();
    expect(run.attach(d2)).toBe(0);
    run.sends(installed(2));
    expect([run.pasid(d2), run.asid(2)]).toEqual([2, 3]);
    expect(rig.call('iommu_unmap', d1, IOVA, 0x1000)).toBe(0x1000);
    run.sends(['TLBI_NH_VA asid 2 0x1000 leaf', 'SYNC'], 'ssid 1 0x1000 size 0');
    expect(run.reaches(1)).toBe('F_TRANSLATION ssid=1');
    // 19-22
    run.detach(d1);
    run.sends(['CFGI_CD SID ssid 1 leaf', 'SYNC'], 'ssid 1 0x0 size 52');
    expect([run.cd(1), run.reaches(1), run.pasid(d1)]).toEqual([0n, 'C_BAD_CD ssid=1', 1]);
    expect(run.attach(d1)).toBe(0);
    run.sends(installed(1));
    expect(run.asid(1)).toBe(2);
    // 23
    const other = rig.kernel.add_platform_device('other0', { sids: [0x80] });
    expect(rig.call('iommu_attach_device', d1, other)).toBe(EINVAL);
    rig.commands();
    // 24-25
    run.detach(d1);
    run.sends(['CFGI_CD SID ssid 1 leaf', 'SYNC'], 'ssid 1 0x0 size 52');
    rig.call('iommu_domain_free', d1);
    run.sends(['TLBI_NH_ASID 2', 'SYNC']);
    const d3 = run.domain();
    expect(run.attach(d3)).toBe(0);
    run.sends(installed(1));
    expect([run.pasid(d3), run.asid(1), run.asid(2)]).toEqual([1, 2, 3]);
    expect(rig.misuse()).toEqual([]);
  });
});
