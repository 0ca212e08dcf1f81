import { describe, expect, it } from 'vitest';
import type { Slip } from '../../sim/script/slips.ts';
import { canSlip, Slips } from '../../sim/script/slips.ts';

function callsMade(slip: Slip | undefined): string[] {
  const made: string[] = [];
  const slips = new Slips(slip);
  for (const name of ['pr_info', 'iommu_map', 'iommu_unmap', 'iommu_map']) {
    const answer = slips.run(name, () => {
      made.push(name);
      return 7;
    });
    made.push(String(answer));
  }
  return made;
}

describe('a rehearsal', () => {
  it('runs a script as written when there is no slip', () => {
    expect(callsMade(undefined)).toEqual([
      'pr_info',
      '7',
      'iommu_map',
      '7',
      'iommu_unmap',
      '7',
      'iommu_map',
      '7',
    ]);
  });

  it('leaves out the call that it was told, which then answers 0', () => {
    expect(callsMade({ call: 2, kind: 'omitted' })).toEqual([
      'pr_info',
      '7',
      'iommu_map',
      '7',
      '0',
      'iommu_map',
      '7',
    ]);
  });

  it('makes a call twice and gives the second answer', () => {
    expect(
      callsMade({ call: 1, kind: 'doubled' }).filter((text) => text === 'iommu_map'),
    ).toHaveLength(3);
  });

  it.each([
    ['iommu_attach_device', true],
    ['iommu_unmap', true],
    ['ioasid_free', true],
    ['iommu_domain_alloc', false],
    ['iommu_domain_get_attr', false],
    ['iommu_iova_to_phys', false],
    ['alloc_pages', false],
    ['toString', false],
  ])('of %s: %s', (name, can) => {
    expect(canSlip(name)).toBe(can);
  });
});
