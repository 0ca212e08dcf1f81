// What the caches hold, as plain data: read without a lookup, so that nothing is recorded, evicted or
// counted by looking.

import { big, join } from '../base/hex.ts';
import type { ConfigCaches, ObjectCache, Shadow } from './config-cache.ts';
import type { Tlb } from './tlb.ts';
import { TLB_PA_HI, TLB_PA_LO, TLB_S1_HI, TLB_S1_LO, TLB_S2_HI, TLB_S2_LO } from './tlb.ts';
import type { WalkCache } from './walk-cache.ts';
import { WALK_NEXT_HI, WALK_NEXT_LO, WALK_PA_HI, WALK_PA_LO } from './walk-cache.ts';

/** A structure as a configuration cache holds it. */
export interface CachedStructure {
  /** StreamID, or the index of an L1STD; unsigned. */
  readonly sid: number;
  /** SubstreamID, or the key of an L1CD. */
  readonly index: number;
  readonly pa: number;
  readonly words: readonly number[];
}

/** A TLB entry: its key words, its output, and the descriptors that it was made of. */
export interface CachedTranslation {
  readonly input: bigint;
  readonly tag: number;
  /** KIND_* of the key, with the size. */
  readonly kind: number;
  readonly pa: number;
  readonly s1: CachedDescriptor | undefined;
  readonly s2: CachedDescriptor | undefined;
}

/** A descriptor: where it lies, bytes, and its value. */
export interface CachedDescriptor {
  readonly pa: number;
  readonly value: bigint;
}

/** A walk cache entry. */
export interface CachedTable {
  readonly input: bigint;
  readonly tag: number;
  readonly kind: number;
  /** Where the descriptor lies, and the table that it points to; bytes. */
  readonly pa: number;
  readonly next: number;
}

/** All caches of one SMMU; entries in no particular order. */
export interface Cached {
  readonly stes: readonly CachedStructure[];
  readonly cds: readonly CachedStructure[];
  readonly l1stds: readonly CachedStructure[];
  readonly l1cds: readonly CachedStructure[];
  readonly tlb: readonly CachedTranslation[];
  readonly walks: readonly CachedTable[];
}

type Shadowed = { readonly shadow: Shadow };

/** Copies what is in the caches now. */
export function cachedNow(
  configs: ConfigCaches<Shadowed, Shadowed>,
  tlb: Tlb,
  walks: WalkCache,
): Cached {
  return {
    stes: structures(configs.stes),
    cds: structures(configs.cds),
    l1stds: structures(configs.l1stds),
    l1cds: structures(configs.l1cds),
    tlb: liveSlots(tlb).map((slot) => translation(tlb, slot)),
    walks: liveSlots(walks).map((slot) => table(walks, slot)),
  };
}

function structures(cache: ObjectCache<Shadowed>): CachedStructure[] {
  return [...cache.keyed()].map(({ sid, index, entry: { shadow } }) => ({
    sid,
    index,
    pa: shadow.pa,
    words: [...shadow.words],
  }));
}

function liveSlots({ store }: Tlb | WalkCache): number[] {
  const slots: number[] = [];
  for (let slot = 0; slot < store.used; slot++) {
    if (store.isLive(slot)) {
      slots.push(slot);
    }
  }
  return slots;
}

function keyOf({ store: { keys } }: Tlb | WalkCache, slot: number) {
  const at = slot * 4;
  return {
    input: big(keys[at] as number, keys[at + 1] as number),
    tag: keys[at + 2] as number,
    kind: keys[at + 3] as number,
  };
}

function translation(tlb: Tlb, slot: number): CachedTranslation {
  const { data, stride } = tlb.store;
  const word = (column: number): number => data[slot * stride + column] as number;
  const descriptor = (stage2: boolean, lo: number, hi: number): CachedDescriptor | undefined => {
    const pa = tlb.descriptorPa(slot, stage2);
    return pa === 0 ? undefined : { pa, value: big(word(lo), word(hi)) };
  };
  return {
    ...keyOf(tlb, slot),
    pa: join(word(TLB_PA_LO), word(TLB_PA_HI)),
    s1: descriptor(false, TLB_S1_LO, TLB_S1_HI),
    s2: descriptor(true, TLB_S2_LO, TLB_S2_HI),
  };
}

function table(walks: WalkCache, slot: number): CachedTable {
  const { data, stride } = walks.store;
  const word = (column: number): number => data[slot * stride + column] as number;
  return {
    ...keyOf(walks, slot),
    pa: join(word(WALK_PA_LO), word(WALK_PA_HI)),
    next: join(word(WALK_NEXT_LO), word(WALK_NEXT_HI)),
  };
}
