import { describe, expect, it } from 'vitest';
import { hi32, lo32 } from '../../sim/base/hex.ts';
import { PhysicalMemory } from '../../sim/machine/memory.ts';

const MIB = 2 ** 20;

describe('memory by address halves', () => {
  it.each([
    ['below 4 GiB', [{ base: 0x4000_0000, size: 0x8000_0000 }]],
    ['across 4 GiB', [{ base: 0xffe0_0000, size: 4 * MIB }]],
    ['above 2^47', [{ base: 2 ** 47, size: 8 * MIB }]],
    ['larger than the fast path takes', [{ base: 0x8000_0000, size: 2 ** 34 }]],
    [
      'two regions',
      [
        { base: 0x4000_0000, size: 2 * MIB },
        { base: 0x8_0000_0000, size: 2 * MIB },
      ],
    ],
  ])('answers as by number: %s', (_name, regions) => {
    const memory = new PhysicalMemory(regions);
    const edges = regions.flatMap(({ base, size }) => [base, base + size]);
    const places = [...edges, 0xffff_fff8, 2 ** 32, 2 ** 35, 2 ** 40, 0].flatMap((edge) =>
      [-8, 0, 8, 2 ** 32, 2 ** 35, -(2 ** 35)].map((step) => edge + step),
    );
    for (const [index, pa] of places.filter((place) => place >= 0).entries()) {
      const inside = memory.contains(pa, 8);
      expect(memory.read64At(lo32(pa), hi32(pa))).toBe(inside);
      expect(memory.write64At(lo32(pa), hi32(pa), index + 1, ~index)).toBe(inside);
      if (!inside) continue;
      memory.read64(pa);
      expect([memory.lo, memory.hi]).toEqual([index + 1, ~index]);
      memory.write64(pa, index + 7, 3);
      memory.read64At(lo32(pa), hi32(pa));
      expect([memory.lo, memory.hi]).toEqual([index + 7, 3]);
    }
  });

  it('counts its writes as the others do', () => {
    const memory = new PhysicalMemory([{ base: 0x4000_0000, size: 4 * MIB }]);
    const before = memory.writesNear(0x4000_0000);
    memory.write64At(0x4000_0000, 0, 1, 0);
    expect(memory.writesNear(0x4000_0000)).toBe(before + 1);
  });
});
