// Bits of VMSAv8-64 descriptors as io-pgtable-arm writes them, and the leaf attributes of each `prot`.
// DDI 0487 D5.3; drivers/iommu/io-pgtable-arm.c of 4.20.1. Descriptors are pairs of signed halves.

import {
  IOMMU_CACHE,
  IOMMU_MMIO,
  IOMMU_NOEXEC,
  IOMMU_PRIV,
  IOMMU_READ,
  IOMMU_WRITE,
} from './iommu-types.ts';

/** Type field, bits 1:0. */
export const PTE_TYPE_MASK = 3;
export const PTE_TYPE_BLOCK = 1;
/** A table above level 3, a page at level 3. */
export const PTE_TYPE_TABLE = 3;

/** Level of pages. */
export const LAST_LEVEL = 3;

/** Low half. */
const PTE_NS = 1 << 5;
const PTE_AP_UNPRIV = 1 << 6;
const PTE_AP_RDONLY = 2 << 6;
const PTE_HAP_READ = 1 << 6;
const PTE_HAP_WRITE = 2 << 6;
const PTE_SH_IS = 3 << 8;
const PTE_AF = 1 << 10;
const PTE_NG = 1 << 11;
/** High half: bits 54:53, 55 (software: the entry is visible to the walker), 63. */
const PTE_XN_HI = 3 << 21;
export const PTE_SW_SYNC_HI = 1 << 23;
export const PTE_NSTABLE_HI = 1 << 31;

/** What a split keeps of a block: bits 11:2 and 54:53. */
export const PTE_ATTR_LO = 0x3ff << 2;
export const PTE_ATTR_HI = 6 << 20;

/** AttrIndx 4:2. */
const ATTRINDX_CACHE = 1 << 2;
const ATTRINDX_DEV = 2 << 2;
/** Stage-2 MemAttr 5:2. */
const MEMATTR_DEV = 1 << 2;
const MEMATTR_NC = 5 << 2;
const MEMATTR_OIWB = 0xf << 2;

const PROT_BITS = 0x3f;

/** Leaf attributes, low and high half, by the six bits of `prot`. */
export interface LeafAttributes {
  readonly lo: Int32Array;
  readonly hi: Int32Array;
}

function stage1Lo(prot: number): number {
  let bits = PTE_NG;
  if ((prot & IOMMU_WRITE) === 0 && (prot & IOMMU_READ) !== 0) {
    bits |= PTE_AP_RDONLY;
  }
  if ((prot & IOMMU_PRIV) === 0) {
    bits |= PTE_AP_UNPRIV;
  }
  if ((prot & IOMMU_MMIO) !== 0) {
    bits |= ATTRINDX_DEV;
  } else if ((prot & IOMMU_CACHE) !== 0) {
    bits |= ATTRINDX_CACHE;
  }
  return bits;
}

function stage2Lo(prot: number): number {
  let bits = 0;
  if ((prot & IOMMU_READ) !== 0) {
    bits |= PTE_HAP_READ;
  }
  if ((prot & IOMMU_WRITE) !== 0) {
    bits |= PTE_HAP_WRITE;
  }
  if ((prot & IOMMU_MMIO) !== 0) {
    return bits | MEMATTR_DEV;
  }
  return bits | ((prot & IOMMU_CACHE) !== 0 ? MEMATTR_OIWB : MEMATTR_NC);
}

/** Attributes of every `prot`, without access flag, shareability and type. */
export function leafAttributes(stage: 1 | 2): LeafAttributes {
  const lo = new Int32Array(PROT_BITS + 1);
  const hi = new Int32Array(PROT_BITS + 1);
  for (let prot = 0; prot <= PROT_BITS; prot++) {
    lo[prot] = stage === 1 ? stage1Lo(prot) : stage2Lo(prot);
    hi[prot] = (prot & IOMMU_NOEXEC) !== 0 ? PTE_XN_HI : 0;
  }
  return { lo, hi };
}

/** Bits that every leaf has: access flag, inner shareable, NS with the quirk. */
export function commonLeafBits(nonSecure: boolean): number {
  return PTE_AF | PTE_SH_IS | (nonSecure ? PTE_NS : 0);
}

/** True when the low half is of a block, or a page at level 3. */
export function isLeaf(lo: number, level: number): boolean {
  return (lo & PTE_TYPE_MASK) === (level === LAST_LEVEL ? PTE_TYPE_TABLE : PTE_TYPE_BLOCK);
}
