// VMSAv8-64 translation table descriptors and the geometry of the three granules, as IHI 0070 3.4 and
// the tables of DDI 0487 D8 have them. Layouts serve views and encoders; the walk reads bits itself.
// VMSAv8-32 LPAE and VMSAv9-128 are not modelled: IDR0.TTF and IDR5.D128 say so.

import { assert } from '../../base/assert.ts';
import { addr, code, flag, res0, uint } from '../../regs/field.ts';
import { record } from '../../regs/record.ts';

/**
 * Stage 1 page or block descriptor (without DS; 64 KiB granules keep OA[51:48] in bits 15:12).
 * @arch 3.4 P(no VMSAv8-32 LPAE, no VMSAv9-128) Address sizes and descriptor formats
 */
export const S1_LEAF = record('stage 1 leaf', 'D8.3.1', 64, {
  valid: flag(0),
  page: flag(1, '1 at level 3, 0 for a block'),
  AttrIndx: uint(4, 2, 'byte of MAIR'),
  NS: flag(5),
  AP: code(7, 6, {
    0: 'privileged read-write',
    1: 'read-write',
    2: 'privileged read-only',
    3: 'read-only',
  }),
  SH: code(9, 8, { 0: 'non-shareable', 2: 'outer shareable', 3: 'inner shareable' }),
  AF: flag(10, 'accessed'),
  nG: flag(11, 'not global'),
  OA: addr(47, 12, 'output address; nT is bit 16 of a block'),
  RES0_48: res0(49, 48),
  GP: flag(50),
  DBM: flag(51, 'dirty bit modifier'),
  Contiguous: flag(52),
  PXN: flag(53, 'not executable when privileged'),
  UXN: flag(54, 'not executable when unprivileged'),
  software: uint(58, 55),
  PBHA: uint(62, 59),
  RES0_63: res0(63, 63),
});

/** Stage 2 page or block descriptor. */
export const S2_LEAF = record('stage 2 leaf', 'D8.3.1', 64, {
  valid: flag(0),
  page: flag(1, '1 at level 3, 0 for a block'),
  MemAttr: uint(5, 2),
  S2AP: code(7, 6, { 0: 'none', 1: 'read-only', 2: 'write-only', 3: 'read-write' }),
  SH: code(9, 8, { 0: 'non-shareable', 2: 'outer shareable', 3: 'inner shareable' }),
  AF: flag(10, 'accessed'),
  FnXS: flag(11),
  OA: addr(47, 12, 'output address; nT is bit 16 of a block'),
  RES0_48: res0(50, 48),
  DBM: flag(51, 'dirty bit modifier'),
  Contiguous: flag(52),
  XN: uint(54, 53, 'execute never: bit 54 all, bit 53 with XNX by privilege'),
  software: uint(58, 55),
  PBHA: uint(62, 59),
  RES0_63: res0(63, 63),
});

/** Table descriptor of either stage; the hierarchical bits matter at stage 1 only. */
export const TABLE_DESCRIPTOR = record('table', 'D8.3.1', 64, {
  valid: flag(0),
  table: flag(1),
  ignored: uint(11, 2),
  next: addr(47, 12, 'next table'),
  RES0_48: res0(50, 48),
  ignored_51: uint(58, 51),
  PXNTable: flag(59),
  UXNTable: flag(60),
  APTable: uint(62, 61, 'bit 0 no unprivileged access, bit 1 no writes'),
  NSTable: flag(63),
});

/** What a granule size fixes. Levels count from -1 (LPA2) to 3. */
export interface Granule {
  /** log2 of the page size in bytes. */
  readonly pageBits: number;
  /** Index bits a level. */
  readonly stride: number;
  /** True when a block may stand at `level`; ds: LPA2 in use, pa52: OAS is 52 bits or more. */
  blockAt(level: number, ds: boolean, pa52: boolean): boolean;
  /** log2 of the entries of a contiguous run at `level`, 0 where the bit is RES0. */
  contiguousBits(level: number): number;
}

export const GRANULE_4K: Granule = {
  pageBits: 12,
  stride: 9,
  blockAt: (level, ds) => level === 1 || level === 2 || (level === 0 && ds),
  contiguousBits: (level) => (level >= 1 ? 4 : 0),
};

export const GRANULE_16K: Granule = {
  pageBits: 14,
  stride: 11,
  blockAt: (level, ds) => level === 2 || (level === 1 && ds),
  contiguousBits: (level) => (level === 3 ? 7 : level === 2 ? 5 : 0),
};

export const GRANULE_64K: Granule = {
  pageBits: 16,
  stride: 13,
  blockAt: (level, _ds, pa52) => level === 2 || (level === 1 && pa52),
  contiguousBits: (level) => (level >= 2 ? 5 : 0),
};

/** Granule by the encoding of TG0 and S2TG; undefined is reserved. */
export const GRANULES_TG0: readonly (Granule | undefined)[] = [
  GRANULE_4K,
  GRANULE_64K,
  GRANULE_16K,
  undefined,
];

/** Granule by the encoding of TG1; undefined is reserved. */
export const GRANULES_TG1: readonly (Granule | undefined)[] = [
  undefined,
  GRANULE_16K,
  GRANULE_4K,
  GRANULE_64K,
];

/** Address bits by the encoding of IDR5.OAS, CD.IPS and STE.S2PS. */
export const ADDRESS_BITS = [32, 36, 40, 42, 44, 48, 52] as const;

/** Bits of an address size encoding; values past the table act as the largest. */
export function addressBits(encoding: number): number {
  const bits = ADDRESS_BITS[Math.min(encoding, ADDRESS_BITS.length - 1)];
  assert(bits !== undefined, `address size encoding ${encoding}`);
  return bits;
}

/** Level at which a stage 1 walk of `inputBits` starts. */
export function startLevelFor(granule: Granule, inputBits: number): number {
  return 3 - Math.floor((inputBits - 1 - granule.pageBits) / granule.stride);
}

/** log2 of the bytes that one entry at `level` maps. */
export function levelShift(granule: Granule, level: number): number {
  return granule.pageBits + (3 - level) * granule.stride;
}
