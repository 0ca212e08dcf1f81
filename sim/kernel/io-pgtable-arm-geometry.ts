// Which sizes and levels a VMSAv8-64 table has, and the TCR/VTCR values that say so to the hardware.
// Follows drivers/iommu/io-pgtable-arm.c of 4.20.1 (DDI 0487 D5.2 for the layouts).

import type { IoPgtableCfg, TableGeometry } from './io-pgtable-cfg.ts';
import { PAGE_SIZE } from './mm/page-zone.ts';

/** Descriptors are 8 bytes. */
const PTE_SHIFT = 3;
const MAX_LEVELS = 4;
const MAX_CONCATENATED = 16;

const SIZE_4K = 0x1000n;
const SIZE_2M = 0x20_0000n;
const SIZE_1G = 0x4000_0000n;
const SIZE_16K = 0x4000n;
const SIZE_32M = 0x200_0000n;
const SIZE_64K = 0x1_0000n;
const SIZE_512M = 0x2000_0000n;
const SIZE_4T = 1n << 42n;
const GRANULES = SIZE_4K | SIZE_16K | SIZE_64K;

/** IPS/PS code of each output size, bits. */
const PS_CODES: Readonly<Record<number, number>> = {
  32: 0,
  36: 1,
  40: 2,
  42: 3,
  44: 4,
  48: 5,
  52: 6,
};
/** TG0 code of each granule, by its log2. */
const TG0_CODES: Readonly<Record<number, number>> = { 12: 0, 14: 2, 16: 1 };

/** Inner shareable, write-back and write-allocate walks: SH0 13:12, ORGN0 11:10, IRGN0 9:8. */
const WALK_ATTRIBUTES = (3 << 12) | (1 << 10) | (1 << 8);
const TCR_EPD1 = 1 << 23;

/** Index 0 normal non-cacheable, 1 normal write-back, 2 device nGnRE. */
export const MAIR_VALUE = 0x04_ff44;

/** Lowest bit of `bits`, 0 when there is none. */
function lowestBit(bits: bigint): bigint {
  return bits & -bits;
}

/** Highest bit of `bits`, 0 when there is none. */
function highestBit(bits: bigint): bigint {
  return bits === 0n ? 0n : 1n << BigInt(bits.toString(2).length - 1);
}

/** The CPU's page size if offered, else the largest below it, else the smallest above. */
function chooseGranule(sizes: bigint): bigint {
  const page = BigInt(PAGE_SIZE);
  if ((sizes & page) !== 0n) {
    return page;
  }
  const below = sizes & (page - 1n);
  return below === 0n ? lowestBit(sizes) : highestBit(below);
}

/** Sizes and address bits of one granule. */
function granuleSizes(granule: bigint, oas: number): { sizes: bigint; bits: number } {
  switch (granule) {
    case SIZE_4K:
      return { sizes: SIZE_4K | SIZE_2M | SIZE_1G, bits: 48 };
    case SIZE_16K:
      return { sizes: SIZE_16K | SIZE_32M, bits: 48 };
    case SIZE_64K:
      return { sizes: SIZE_64K | SIZE_512M | (oas > 48 ? SIZE_4T : 0n), bits: 52 };
    default:
      return { sizes: 0n, bits: 48 };
  }
}

/** Narrows sizes and address bits to one granule, in place; the caller sees it also when refused. */
function restrictPgsizes<C>(cfg: IoPgtableCfg<C>): bigint {
  const offered = BigInt(cfg.pgsize_bitmap);
  const { sizes, bits } = granuleSizes(chooseGranule(offered), cfg.oas);
  const left = offered & sizes;
  cfg.pgsize_bitmap = Number(left);
  cfg.ias = Math.min(cfg.ias, bits);
  cfg.oas = Math.min(cfg.oas, bits);
  return left;
}

/**
 * Shape of the table for `cfg`, whose sizes and address bits are narrowed on the way.
 * @returns undefined when no page table can have it
 */
export function tableGeometry<C>(cfg: IoPgtableCfg<C>, stage: 1 | 2): TableGeometry | undefined {
  const sizes = restrictPgsizes(cfg);
  if ((sizes & GRANULES) === 0n || PS_CODES[cfg.oas] === undefined) {
    return undefined;
  }
  const pgShift = Math.log2(Number(lowestBit(sizes)));
  const bitsPerLevel = pgShift - PTE_SHIFT;
  const vaBits = cfg.ias - pgShift;
  let levels = Math.ceil(vaBits / bitsPerLevel);
  let pgdSize = 2 ** (vaBits - bitsPerLevel * (levels - 1) + PTE_SHIFT);
  // Stage 2 puts up to 16 level-1 tables side by side rather than walk a level 0 of 16 entries.
  if (stage === 2 && levels === MAX_LEVELS && pgdSize >> PTE_SHIFT <= MAX_CONCATENATED) {
    pgdSize = (pgdSize >> PTE_SHIFT) * 2 ** pgShift;
    levels--;
  }
  return { stage, startLevel: MAX_LEVELS - levels, levels, pgShift, bitsPerLevel, pgdSize };
}

/** TCR_EL1 value of a stage-1 table. */
export function stage1Tcr(geometry: TableGeometry, ias: number, oas: number): number {
  const low = WALK_ATTRIBUTES | TCR_EPD1 | ((TG0_CODES[geometry.pgShift] ?? 0) << 14);
  return (PS_CODES[oas] ?? 0) * 2 ** 32 + low + (64 - ias);
}

/** VTCR_EL2 value of a stage-2 table: RES1 bit 31 reaches up to bit 63. */
export function stage2Vtcr(geometry: TableGeometry, ias: number, oas: number): bigint {
  const sl = geometry.startLevel + (geometry.pgShift === 12 ? 1 : 0);
  const low =
    WALK_ATTRIBUTES |
    ((TG0_CODES[geometry.pgShift] ?? 0) << 14) |
    ((PS_CODES[oas] ?? 0) << 16) |
    ((~sl & 3) << 6) |
    (64 - ias);
  return 0xffff_ffff_8000_0000n | BigInt(low);
}
