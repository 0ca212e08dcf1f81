// Wrong use of a function: the error names function, parameter, value and place.

import { describe, expect, it } from 'vitest';
import { ending, runScript } from '../support/run-script.ts';

const SETUP = `const dev = platform_device('accel0', { ssid_bits: 4 });
const d = iommu_domain_alloc(dev.bus)!;
`;

describe('a wrong argument', () => {
  it.each([
    [
      `iommu_map(d, 'x', 0, 4096, 1)`,
      'iommu_map: iova must be a bigint or a safe integer of at most 64 bits, not negative, got the string "x"',
    ],
    [
      `iommu_map(d, -4096, 0, 4096, 1)`,
      'iommu_map: iova must be a bigint or a safe integer of at most 64 bits, not negative, got -4096 (-0x1000)',
    ],
    [
      `iommu_map(d, 2n ** 64n, 0, 4096, 1)`,
      'iommu_map: iova must be a bigint or a safe integer of at most 64 bits, not negative, ' +
        'got the bigint 18446744073709551616n (0x10000000000000000)',
    ],
    [
      `iommu_map(d, 0x1000, 0x2000, 4096n, 1)`,
      'iommu_map: size must be a number of bytes or items (a safe integer, not negative), got the bigint 4096n (0x1000)',
    ],
    [
      `iommu_map(d, 0x1000, 0x2000, 0.5, 1)`,
      'iommu_map: size must be a number of bytes or items (a safe integer, not negative), got the number 0.5',
    ],
    [
      `iommu_map(d, 0x1000, 0x2000, 4096)`,
      'iommu_map takes 5 arguments, got 4 arguments: iommu_map(domain, iova, paddr, size, prot)',
    ],
    [
      `iommu_map(d, 1, 2, 3, 4, 5)`,
      'iommu_map takes 5 arguments, got 6 arguments: iommu_map(domain, iova, paddr, size, prot)',
    ],
    [`iommu_map(dev, 0, 0, 0, 0)`, 'iommu_map: domain must be a domain, got a device'],
    [`iommu_map(null, 0, 0, 0, 0)`, 'iommu_map: domain must be a domain, got null'],
    [`iommu_map({}, 0, 0, 0, 0)`, 'iommu_map: domain must be a domain, got an object'],
    [`iommu_attach_device(dev, d)`, 'iommu_attach_device: domain must be a domain, got a device'],
    [
      `iommu_domain_get_attr(d, 9, 7)`,
      'iommu_domain_get_attr: data must be a ref, made by ref(0), got 7 (0x7)',
    ],
    [`page_to_phys(dev)`, 'page_to_phys: page must be a page, got a device'],
    [
      `iommu_sva_init_device(dev, 2, 1, 2, 5)`,
      'iommu_sva_init_device: mm_exit must be a function, or null, got 5 (0x5)',
    ],
    [`dev.dma_read(0x1000, 0)`, 'dma_read: an access takes from 1 to 0x4000000 bytes, got 0x0'],
    [
      `dev.dma_read('a', 4)`,
      'dma_read: iova must be a bigint or a safe integer of at most 64 bits, not negative, got a',
    ],
    [
      `dev.dma_read(0, 4, { pasid: 1 << 20 })`,
      'dma_read: pasid must be a whole number from 0x0 to 0xfffff, got 1048576 (0x100000)',
    ],
    [`dev.dma_read(0, 4, { passid: 1 })`, /^dma_read: no option passid \(there is: pasid, /],
    [`dev.dma_write(0, 'abc')`, 'dma_write: bytes must be a Uint8Array, got the string "abc"'],
    [`dev.dma_write(0, [300])`, 'dma_write: bytes must be a Uint8Array, got an array'],
    [`platform_device('accel0')`, 'there is a device named accel0 already'],
    [`platform_device('b', { sids: [] })`, /^platform_device: sids must be a list/],
    [`pci_device('c', { bdf: 'x' })`, /^pci_device: bdf must be like/],
    [`phys_read(0x10, 4)`, 'phys_read: no memory at 0x10 + 0x4'],
    [
      `machine.configure({ profile: 'attr19' })`,
      'machine.configure: the machine runs already; call it before anything else',
    ],
    [`expect_event('F_TYPO', () => {})`, /^expect_event: no event is named F_TYPO \(there is: /],
    [`expect_event('F_TRANSLATION', async () => {})`, /^expect_event: body must not be async/],
    [
      `iommu_aux_attach_device(d, dev)`,
      'iommu_aux_attach_device is not in profile seed18: attr19 has it; seed18 has iommu_attach_device',
    ],
    [`dev.dma_read.call({}, 0, 4)`, /this method needs its device/],
  ])('%s', async (call, expected) => {
    const run = await runScript(`${SETUP}// @ts-expect-error\n  ${call};`);
    expect(run.result.exit).toBe(1);
    const { message = '', place } = run.result.error ?? {};
    if (typeof expected === 'string') {
      expect(message).toBe(expected);
    } else {
      expect(message).toMatch(expected);
    }
    expect(place).toMatchObject({ file: 'test.ts', line: 4 });
  });

  it.each([
    [`machine.configure({ smmu: { warp: true } })`, /no SMMU feature warp/],
    [`machine.configure({ smmu: { ats: 1 } })`, /smmu.ats must be true or false, got 1/],
    [`machine.configure({ profile: 'modern' })`, /profile must be 'seed18' or 'attr19'/],
    [`machine.configure({ ram: { base: 4096 } })`, /ram must be aligned to 2 MiB/],
    [`machine.configure({ speed: 9 })`, /no option speed/],
  ])('%s', async (call, expected) => {
    expect(ending(await runScript(`${call};`))).toMatch(expected);
  });

  it('can be caught by the script, as an error of its own realm', async () => {
    const { log } = await runScript(`${SETUP}
      try { iommu_map(dev as never, 0, 0, 0, 0); } catch (error) {
        pr_info('%s %s', error instanceof TypeError, (error as Error).constructor === TypeError);
      }`);
    expect(log).toContain('true true');
  });
});
