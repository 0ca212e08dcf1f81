// Between walk results and TLB entries: what a leaf leaves in the TLB, and a leaf read back from it.

import type { PhysicalMemory } from '../machine/memory.ts';
import type { Transaction } from '../machine/transaction.ts';
import type { Leaf } from './leaf.ts';
import { ALL_PERMISSIONS, ALL_WRITES } from './permissions.ts';
import { WORLD_EL2 } from './stream-world.ts';
import type { Tlb } from './tlb.ts';
import {
  KIND_ASET,
  KIND_GLOBAL,
  KIND_STAGE2,
  KIND_WORLD_SHIFT,
  MASK_HI,
  MASK_LO,
  packShape,
  shapeLevel,
  shapePageBits,
  TLB_ATTRS,
  TLB_CLEAN,
  TLB_IPA_HI,
  TLB_IPA_LO,
  TLB_OUT,
  TLB_PA_HI,
  TLB_PA_LO,
  TLB_PERMS,
  TLB_REPORTED,
  TLB_S1_PA_HI,
  TLB_S1_PA_LO,
  TLB_S1_WRITES,
  TLB_S2_HI,
  TLB_S2_LO,
  TLB_S2_PA_HI,
  TLB_S2_PA_LO,
  TLB_S2_WRITES,
  TLB_SHAPE,
  TLB_SID,
  TLB_SSID,
  TLB_WATCHED,
} from './tlb.ts';
import type { TransConfig } from './trans-config.ts';

const TWO_32 = 0x1_0000_0000;

/** TLB_ATTRS: MAIR byte of stage 1 in 7:0, its shareability in 9:8, MemAttr in 13:10, SH in 15:14. */
export function packAttributes(s1: Leaf | undefined, s2: Leaf | undefined): number {
  const low = s1 === undefined ? 0 : s1.attr | (s1.shareability << 8) | HAS_STAGE1;
  return s2 === undefined ? low : low | (s2.attr << 10) | (s2.shareability << 14) | HAS_STAGE2;
}

export const HAS_STAGE1 = 1 << 16;
export const HAS_STAGE2 = 1 << 17;

/** Stores a stage 2 leaf for the IPA. */
export function fillStage2(
  tlb: Tlb,
  leaf: Leaf,
  config: TransConfig,
  lo: number,
  hi: number,
  t: Transaction,
): void {
  const slot = tlb.insert(lo, hi, config.vmidTag, KIND_STAGE2, leaf.shift);
  if (slot < 0) {
    return;
  }
  const { data, stride } = tlb.store;
  const at = slot * stride;
  data[at + TLB_PA_LO] = leaf.outLo;
  data[at + TLB_PA_HI] = leaf.outHi;
  data[at + TLB_PERMS] = ALL_PERMISSIONS | (leaf.perms << 8) | (leaf.clean ? TLB_CLEAN : 0);
  data[at + TLB_ATTRS] = packAttributes(undefined, leaf);
  data[at + TLB_SHAPE] = packShape(3, 0, 0, leaf.level, leaf.pageBits);
  data[at + TLB_S1_PA_LO] = 0;
  data[at + TLB_S1_PA_HI] = 0;
  storeDescriptor(data, at + TLB_S2_PA_LO, leaf);
  data[at + TLB_SID] = t.sid;
  data[at + TLB_SSID] = t.ssid;
  data[at + TLB_REPORTED] = 0;
  tlb.recordInsert(slot);
}

/** Stores a stage 1 leaf, or its combination with a stage 2 leaf; returns the slot or -1. */
export function fillStage1(
  tlb: Tlb,
  s1: Leaf,
  s2: Leaf | undefined,
  config: TransConfig,
  lo: number,
  hi: number,
): number {
  const shift = s2 === undefined ? s1.shift : Math.min(s1.shift, s2.shift);
  const world = config.world << KIND_WORLD_SHIFT;
  const global = s1.global && config.world !== WORLD_EL2;
  const kind = global ? world | KIND_GLOBAL | (config.aset !== 0 ? KIND_ASET : 0) : world;
  return tlb.insert(lo, hi, global ? config.tag & ~0xffff : config.tag, kind, shift);
}

/** Fills the data words of a stage 1 or combined entry whose first output byte is `out`. */
export function storeStage1(
  tlb: Tlb,
  slot: number,
  s1: Leaf,
  s2: Leaf | undefined,
  out: number,
  ipa: number,
  outAttributes: number,
  t: Transaction,
): void {
  const { data, stride } = tlb.store;
  const at = slot * stride;
  const s2perms = s2 === undefined ? ALL_PERMISSIONS : s2.perms;
  const clean = s1.clean || (s2?.clean ?? false);
  data[at + TLB_PA_LO] = out | 0;
  data[at + TLB_PA_HI] = (out / TWO_32) | 0;
  data[at + TLB_PERMS] = s1.perms | (s2perms << 8) | (clean ? TLB_CLEAN : 0);
  data[at + TLB_ATTRS] = packAttributes(s1, s2);
  data[at + TLB_SHAPE] = packShape(
    s1.level,
    s1.pageBits,
    s1.shift,
    s2?.level ?? 3,
    s2?.pageBits ?? 0,
  );
  storeDescriptor(data, at + TLB_S1_PA_LO, s1);
  if (s2 === undefined) {
    data[at + TLB_S2_PA_LO] = 0;
    data[at + TLB_S2_PA_HI] = 0;
  } else {
    storeDescriptor(data, at + TLB_S2_PA_LO, s2);
  }
  data[at + TLB_OUT] = outAttributes;
  data[at + TLB_IPA_LO] = ipa | 0;
  data[at + TLB_IPA_HI] = (ipa / TWO_32) | 0;
  data[at + TLB_SID] = t.sid;
  data[at + TLB_SSID] = t.ssid;
  data[at + TLB_REPORTED] = 0;
  tlb.recordInsert(slot);
}

/** Notes how often the memory of the descriptors was written: see `TLB_S1_WRITES`. */
export function noteWrites(tlb: Tlb, slot: number, memory: PhysicalMemory): void {
  const { data, stride } = tlb.store;
  const at = slot * stride;
  for (const [stage2, column] of [
    [false, TLB_S1_WRITES],
    [true, TLB_S2_WRITES],
  ] as const) {
    const pa = tlb.descriptorPa(slot, stage2);
    memory.watch(pa);
    data[at + column] = memory.writesNear(pa);
  }
  data[at + TLB_WATCHED] = memory.watchedWrites;
}

/** Reads a stage 2 entry back into `leaf`; false when a write needs a walk to mark the page dirty. */
export function leafOfStage2(tlb: Tlb, slot: number, leaf: Leaf, need: number): boolean {
  const { data, keys, stride } = tlb.store;
  const at = slot * stride;
  const perms = data[at + TLB_PERMS] as number;
  if ((perms & TLB_CLEAN) !== 0 && (need & ALL_WRITES) !== 0) {
    return false;
  }
  const shape = data[at + TLB_SHAPE] as number;
  leaf.outLo = data[at + TLB_PA_LO] as number;
  leaf.outHi = data[at + TLB_PA_HI] as number;
  leaf.shift = (keys[slot * 4 + 3] as number) & 0x3f;
  leaf.perms = (perms >>> 8) & ALL_PERMISSIONS;
  leaf.clean = (perms & TLB_CLEAN) !== 0;
  const attrs = data[at + TLB_ATTRS] as number;
  leaf.attr = (attrs >>> 10) & 0xf;
  leaf.shareability = (attrs >>> 14) & 3;
  leaf.level = shapeLevel(shape, true);
  leaf.pageBits = shapePageBits(shape, true);
  leaf.paLo = data[at + TLB_S2_PA_LO] as number;
  leaf.paHi = data[at + TLB_S2_PA_HI] as number;
  leaf.lo = data[at + TLB_S2_LO] as number;
  leaf.hi = data[at + TLB_S2_HI] as number;
  leaf.cacheable = true;
  return true;
}

/** Bytes below 2^shift of an address, as a number. */
export function offsetIn(lo: number, hi: number, shift: number): number {
  return (hi & (MASK_HI[shift] as number)) * TWO_32 + ((lo & (MASK_LO[shift] as number)) >>> 0);
}

/** Four words: PA and value of the leaf's descriptor. */
function storeDescriptor(data: Int32Array, at: number, leaf: Leaf): void {
  data[at] = leaf.paLo;
  data[at + 1] = leaf.paHi;
  data[at + 2] = leaf.lo;
  data[at + 3] = leaf.hi;
}
