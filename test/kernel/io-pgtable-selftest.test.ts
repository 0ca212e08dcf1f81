// The self-test of io-pgtable-arm as the kernel has it: 36 tables of 4.20 and the 126 of 7.0, less what only one
// of the two code bases does (4.20 splits blocks; 7.0 tries the last block of the address space).

import { describe, expect, it } from 'vitest';
import { EEXIST } from '../../sim/kernel/errno.ts';
import { free_io_pgtable_ops } from '../../sim/kernel/io-pgtable.ts';
import { ARM_64_LPAE_S1, ARM_64_LPAE_S2 } from '../../sim/kernel/io-pgtable-cfg.ts';
import { makeTestTable, type TestTable } from '../support/page-table.ts';

const GIB = 2 ** 30;
const [READ, WRITE, CACHE, NOEXEC] = [1, 2, 4, 8];
const BITS = [32, 36, 40, 42, 44, 48];
const SETS = [
  ['4K|2M|1G', 0x4020_1000],
  ['16K|32M', 0x200_4000],
  ['64K|512M', 0x2001_0000],
] as const;
const FORMATS = [
  ['stage 1', ARM_64_LPAE_S1],
  ['stage 2', ARM_64_LPAE_S2],
] as const;

function sizesOf(bitmap: number): number[] {
  return Array.from({ length: 43 }, (_, bit) => 2 ** bit).filter(
    (size) => Math.floor(bitmap / size) % 2 === 1,
  );
}

function mapEachSize({ ops }: TestTable, sizes: readonly number[]): void {
  for (const base of [0, GIB, 2 * GIB]) expect(ops.iova_to_phys(base + 42)).toBe(0);
  for (const [index, size] of sizes.entries()) {
    const base = index * GIB;
    expect(ops.map(base, base, size, READ | WRITE | NOEXEC | CACHE)).toBe(0);
    expect(ops.map(base, base + size, size, READ | NOEXEC)).toBe(-EEXIST);
    expect(ops.iova_to_phys(base + 42)).toBe(base + 42);
  }
}

function remapEachSize({ ops }: TestTable, sizes: readonly number[]): void {
  for (const [index, size] of sizes.entries()) {
    const base = index * GIB;
    expect(ops.unmap(base, size)).toBe(size);
    expect(ops.iova_to_phys(base + 42)).toBe(0);
    expect(ops.map(base, base, size, WRITE)).toBe(0);
    expect(ops.iova_to_phys(base + 42)).toBe(base + 42);
  }
}

function freeAll({ ops, pages }: TestTable): void {
  free_io_pgtable_ops(ops);
  expect(pages.livePages).toBe(0);
}

describe.each(FORMATS)('%s', (_stage, fmt) => {
  describe.each(SETS)('%s', (_set, pgsizes) => {
    const sizes = sizesOf(pgsizes);

    it.each(BITS)('the self-test of 4.20 passes with %i input bits', (ias) => {
      const table = makeTestTable({ fmt, pgsizes, ias, oas: 48 });
      const smallest = sizes[0] ?? 0;
      mapEachSize(table, sizes);
      expect(table.ops.unmap(GIB + smallest, smallest)).toBe(smallest);
      expect(table.ops.map(GIB + smallest, smallest, smallest, READ)).toBe(0);
      expect(table.ops.iova_to_phys(GIB + smallest + 42)).toBe(smallest + 42);
      // What was not unmapped of the block is still there.
      expect(table.ops.iova_to_phys(GIB + 42)).toBe(GIB + 42);
      expect(table.ops.iova_to_phys(GIB + 2 * smallest)).toBe(GIB + 2 * smallest);
      remapEachSize(table, sizes);
      freeAll(table);
    });

    it.each(
      BITS.flatMap((ias) => BITS.filter((oas) => oas >= ias).map((oas) => [ias, oas] as const)),
    )('the self-test of 7.0 passes with %i input and %i output bits', (ias, oas) => {
      const table = makeTestTable({ fmt, pgsizes, ias, oas });
      const largest = sizes.at(-1) ?? 0;
      mapEachSize(table, sizes);
      remapEachSize(table, sizes);
      const last = 2 ** ias - largest;
      expect(last).toBeGreaterThanOrEqual(sizes.length * GIB);
      expect(table.ops.map(last, last, largest, READ | WRITE | NOEXEC | CACHE)).toBe(0);
      expect(table.ops.iova_to_phys(2 ** ias - 1)).toBe(2 ** ias - 1);
      expect(table.ops.unmap(last, largest)).toBe(largest);
      freeAll(table);
    });
  });
});
