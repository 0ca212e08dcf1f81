// Which granule the tables of a domain have, by what the SMMU offers and by the CPU's own page size.

import { describe, expect, it } from 'vitest';
import type { IommuDomain } from '../../sim/kernel/iommu-types.ts';
import { KernelRig } from '../support/kernel-rig.ts';

const K4 = 0x4020_1000;
const K16 = 2 ** 14 + 2 ** 25;
const K64 = 2 ** 16 + 2 ** 29;

function sizes(gran4k: boolean, gran16k: boolean, gran64k: boolean, page_shift: number): number {
  const rig = new KernelRig({ config: { page_shift }, features: { gran4k, gran16k, gran64k } });
  const dev = rig.kernel.add_platform_device('a', { sids: [1] });
  return (rig.call('iommu_get_domain_for_dev', dev) as IommuDomain).pgsize_bitmap;
}

describe('the granule of a domain', () => {
  it.each([
    { offers: '4K, 16K and 64K', kernel: 12, gran: [true, true, true], expected: K4 },
    { offers: '4K, 16K and 64K', kernel: 16, gran: [true, true, true], expected: K64 },
    { offers: '4K, 16K and 64K', kernel: 14, gran: [true, true, true], expected: K16 },
    { offers: '16K and 64K', kernel: 12, gran: [false, true, true], expected: K16 },
    { offers: '4K and 16K', kernel: 16, gran: [true, true, false], expected: K16 },
    { offers: '4K', kernel: 16, gran: [true, false, false], expected: K4 },
    { offers: '64K', kernel: 12, gran: [false, false, true], expected: K64 },
  ])('is right for $offers and pages of 2^$kernel', ({ gran, kernel, expected }) => {
    const [gran4k = false, gran16k = false, gran64k = false] = gran;
    expect(sizes(gran4k, gran16k, gran64k, kernel)).toBe(expected);
  });

  it('translates by tables of that granule', () => {
    const rig = new KernelRig({ config: { page_shift: 16 } });
    const dev = rig.kernel.add_platform_device('a', { sids: [1] });
    const domain = rig.call('iommu_domain_alloc', dev.bus) as IommuDomain;
    expect(rig.call('iommu_attach_device', domain, dev)).toBe(0);
    expect(rig.call('iommu_map', domain, 0x1000, 0x5000_0000, 0x1000, 3)).toBe(-22);
    expect(rig.call('iommu_map', domain, 0x10000, 0x5000_0000, 0x10000, 3)).toBe(0);
    expect(rig.dma(1, -1, 0x1_2344)).toMatchObject({ ok: true, pa: 0x5000_2344 });
  });
});
