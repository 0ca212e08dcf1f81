import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EINVAL, ENOMEM, ERANGE } from '../../sim/kernel/errno.ts';
import { free_io_pgtable_ops } from '../../sim/kernel/io-pgtable.ts';
import {
  ARM_64_LPAE_S1,
  ARM_64_LPAE_S2,
  IO_PGTABLE_QUIRK_NO_DMA,
  IO_PGTABLE_QUIRK_NON_STRICT,
} from '../../sim/kernel/io-pgtable-cfg.ts';
import { readTrace } from '../../sim/trace/reader.ts';
import { makeTestTable } from '../support/page-table.ts';

const PAGE = 4096;
const MIB2 = 0x20_0000;
const GIB = 2 ** 30;
const RW = 3;
const S1_4K = { fmt: ARM_64_LPAE_S1, pgsizes: 0x4020_1000, ias: 48, oas: 48 };

describe('page table', () => {
  it('translates every page as a plain map of pages does, whatever the order of calls', () => {
    const sizes = [PAGE, MIB2, GIB];
    const step = fc.record({
      op: fc.constantFrom('map', 'map', 'unmap'),
      size: fc.constantFrom(...sizes),
      // Few places, so that calls meet: two GiB, four 2 MiB blocks in each, four pages in each.
      place: fc.tuple(fc.nat(1), fc.nat(3), fc.nat(3)),
      target: fc.nat(7),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { ops, pages } = makeTestTable(S1_4K);
        const model = new Map<number, number>();
        for (const { op, size, place, target } of steps) {
          const [gib, block, page] = place;
          const address = gib * GIB + block * MIB2 + page * PAGE;
          const iova = address - (address % size);
          if (op === 'map') {
            if (ops.map(iova, target * GIB, size, RW) === 0) {
              setRange(model, iova, size, target * GIB);
            }
          } else if (ops.unmap(iova, size) === size) {
            setRange(model, iova, size, undefined);
          }
        }
        const agrees = probes().every((iova) => {
          return ops.iova_to_phys(iova + 5) === (model.has(iova) ? (model.get(iova) ?? 0) + 5 : 0);
        });
        free_io_pgtable_ops(ops);
        return agrees && pages.livePages === 0;
      }),
      { numRuns: 150 },
    );

    /** The pages that the steps can name, and the last page of each block. */
    function probes(): number[] {
      return [0, GIB].flatMap((gib) =>
        [0, 1, 2, 3, 511].flatMap((block) =>
          [0, 1, 2, 3, 511].map((page) => gib + block * MIB2 + page * PAGE),
        ),
      );
    }

    function setRange(
      model: Map<number, number>,
      from: number,
      size: number,
      target: number | undefined,
    ): void {
      for (const iova of probes()) {
        if (iova < from || iova >= from + size) continue;
        if (target === undefined) model.delete(iova);
        else model.set(iova, target + (iova - from));
      }
    }
  });

  it('records each store to a table with its address and value', () => {
    const { ops, machine } = makeTestTable(S1_4K);
    ops.map(0x1000, 0x8000_0000, PAGE, RW);
    const stores = [...readTrace(machine.recorder)].filter(({ kind }) => kind === 'mem_write');
    expect(stores.length).toBe(4);
    for (const { data } of stores) {
      expect(data['what']).toBe('pte');
      machine.memory.read64(Number(data['pa']));
      const now = (BigInt(machine.memory.hi >>> 0) << 32n) | BigInt(machine.memory.lo >>> 0);
      expect(data['value']).toBe(now);
    }
    expect(stores.at(-1)?.data['value']).toBe(0x8000_0f43n);
  });

  it('keeps the tables above the one that it had no memory for, and works afterwards', () => {
    const { ops, pages } = makeTestTable(S1_4K);
    pages.faults.failNth = pages.faults.count + 3;
    expect(ops.map(0, 0, PAGE, RW)).toBe(-ENOMEM);
    expect(pages.livePages).toBe(3);
    expect(ops.map(0, 0x1000, PAGE, RW)).toBe(0);
    expect(ops.iova_to_phys(0)).toBe(0x1000);
  });

  it('returns 0 from a partial unmap when the block cannot be split, and keeps the block', () => {
    const { ops, pages } = makeTestTable(S1_4K);
    ops.map(0, GIB, MIB2, RW);
    pages.faults.failNth = pages.faults.count + 1;
    expect(ops.unmap(PAGE, PAGE)).toBe(0);
    expect(ops.iova_to_phys(PAGE)).toBe(GIB + PAGE);
  });

  it.each([
    ['an address beyond the input size', 2 ** 48, 0, PAGE, -ERANGE, 'arm_lpae_map:478'],
    ['a 64-bit address', 2 ** 64 - PAGE, 0, PAGE, -ERANGE, 'arm_lpae_map:478'],
    ['a target beyond the output size', 0, 2 ** 48, PAGE, -ERANGE, 'arm_lpae_map:478'],
    ['a size that no level has', 0, 0, 2 * PAGE, -EINVAL, '__arm_lpae_map:395'],
  ])('refuses %s', (...[, iova, pa, size, ret, warning]) => {
    const { ops, warnings } = makeTestTable(S1_4K);
    expect(ops.map(iova, pa, size, RW)).toBe(ret);
    expect(warnings).toEqual([warning]);
  });

  it('maps nothing, and says that it succeeded, without read and write permission', () => {
    const { ops } = makeTestTable(S1_4K);
    expect(ops.map(0, GIB, PAGE, 4)).toBe(0);
    expect(ops.iova_to_phys(0)).toBe(0);
  });

  it('finds addresses beyond the input size where the root wraps around', () => {
    const { ops } = makeTestTable(S1_4K);
    ops.map(0x1000, GIB, PAGE, RW);
    expect(ops.iova_to_phys(2n ** 48n + 0x1000n)).toBe(GIB);
    expect(ops.iova_to_phys(2n ** 63n + 0x1fffn)).toBe(GIB + 0xfff);
  });

  it('stops like the kernel when a table was overwritten with an address outside RAM', () => {
    const { ops, machine } = makeTestTable(S1_4K);
    ops.map(0x1000, GIB, PAGE, RW);
    machine.memory.write64(ops.root, 0x0000_1003, 0);
    expect(() => ops.map(0x2000, GIB, PAGE, RW)).toThrow(/BUG.*not in RAM/);
    expect(() => ops.unmap(0x1000, PAGE)).toThrow(/BUG.*not in RAM/);
    expect(ops.iova_to_phys(0x1000)).toBe(0);
  });

  it('leaves leaf invalidation to the owner with the NON_STRICT quirk, but not that of tables', () => {
    const { ops, tlb } = makeTestTable({
      ...S1_4K,
      quirks: IO_PGTABLE_QUIRK_NO_DMA | IO_PGTABLE_QUIRK_NON_STRICT,
    });
    ops.map(0, 0, PAGE, RW);
    ops.unmap(0, PAGE);
    expect(tlb).toEqual([]);
    ops.unmap(0, MIB2);
    expect(tlb).toEqual([`add 0 ${MIB2} ${PAGE} false`, 'sync']);
  });

  it.each([
    // Bits: AttrIndx or MemAttr, AP or S2AP, SH = 3, AF, nG; XN at 54:53.
    ['stage 1 read', ARM_64_LPAE_S1, 1, 0xfc3n],
    ['stage 1 write (read-write)', ARM_64_LPAE_S1, 2, 0xf43n],
    ['stage 1 read-write cacheable', ARM_64_LPAE_S1, 7, 0xf47n],
    ['stage 1 device memory', ARM_64_LPAE_S1, 0x17, 0xf4bn],
    ['stage 1 privileged', ARM_64_LPAE_S1, 0x23, 0xf03n],
    ['stage 1 no execution', ARM_64_LPAE_S1, 0xb, 0x60_0000_0000_0f43n],
    ['stage 2 read', ARM_64_LPAE_S2, 1, 0x757n],
    ['stage 2 write', ARM_64_LPAE_S2, 2, 0x797n],
    ['stage 2 read-write cacheable', ARM_64_LPAE_S2, 7, 0x7ffn],
    ['stage 2 device memory', ARM_64_LPAE_S2, 0x13, 0x7c7n],
  ])('%s', (_name, fmt, prot, expected) => {
    const { ops, machine } = makeTestTable({ ...S1_4K, fmt });
    ops.map(0, 0, PAGE, prot);
    const last = [...readTrace(machine.recorder)].filter(({ kind }) => kind === 'mem_write').at(-1);
    expect(last?.data['value']).toBe(expected);
  });

  it.each([
    [40, 0x2000],
    [42, 0x8000],
    [48, 0x1000],
  ])('a stage-2 root of %i bits has %i bytes', (ias, bytes) => {
    const { ops } = makeTestTable({ ...S1_4K, fmt: ARM_64_LPAE_S2, ias });
    expect(ops.geometry.pgdSize).toBe(bytes);
    expect(ops.root % bytes).toBe(0);
  });
});
