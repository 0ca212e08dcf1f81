// The walk cache: valid table descriptors of both stages by the address range that they cover, tagged
// like TLB leaves. Removed by invalidations with Leaf = 0 (IHI 0070 4.4).

import { CACHE_EVICT, CACHE_INSERT, CACHE_INVALIDATE, CACHE_WALK, K } from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';
import { TaggedStore } from './tagged-store.ts';
import { KIND_STAGE2, KIND_WORLD_SHIFT, MASK_HI, MASK_LO } from './tlb.ts';

/** Data words: address of the next table, hierarchical attributes, shape, and the descriptor itself. */
export const WALK_NEXT_LO = 0;
export const WALK_NEXT_HI = 1;
export const WALK_ATTRS = 2;
/** Level + 1 of the descriptor in bits 2:0, page bits of the granule in 7:3. */
export const WALK_SHAPE = 3;
export const WALK_PA_LO = 4;
export const WALK_PA_HI = 5;
const WALK_WORDS = 6;

/** Page bits take part in the key: two granules never share an entry. */
const KIND_PAGE_SHIFT = 11;

/** Addresses of a table descriptor: the next table, and its own PA. */
export interface Target {
  readonly outLo: number;
  readonly outHi: number;
  readonly paLo: number;
  readonly paHi: number;
}

/** Table descriptors; `level` is that of the descriptor, -1 to 2. */
export class WalkCache {
  readonly store: TaggedStore;
  readonly enabled: boolean;
  readonly #recorder: Recorder;

  constructor(limit: number, recorder: Recorder) {
    this.store = new TaggedStore(limit, WALK_WORDS);
    this.enabled = limit > 0;
    this.#recorder = recorder;
    this.store.onEvict = (slot) => this.#record(slot, CACHE_EVICT);
  }

  /** Slot of the descriptor that covers the address with entries of 2^shift bytes, or -1. */
  find(lo: number, hi: number, tag: number, kind: number): number {
    const shift = kind & 0x3f;
    const keyLo = lo & ~(MASK_LO[shift] as number);
    return this.store.find(keyLo, hi & ~(MASK_HI[shift] as number), tag, kind);
  }

  /** Remembers a table descriptor: where it points to and where it lies. */
  insert(
    lo: number,
    hi: number,
    tag: number,
    kind: number,
    level: number,
    next: Target,
    attrs: number,
  ): void {
    const shift = kind & 0x3f;
    const keyLo = lo & ~(MASK_LO[shift] as number);
    const slot = this.store.insert(keyLo, hi & ~(MASK_HI[shift] as number), tag, kind);
    if (slot < 0) {
      return;
    }
    const { data } = this.store;
    const at = slot * WALK_WORDS;
    data[at + WALK_NEXT_LO] = next.outLo;
    data[at + WALK_NEXT_HI] = next.outHi;
    data[at + WALK_ATTRS] = attrs;
    data[at + WALK_SHAPE] = (level + 1) | ((kind >>> KIND_PAGE_SHIFT) << 3);
    data[at + WALK_PA_LO] = next.paLo;
    data[at + WALK_PA_HI] = next.paHi;
    this.#record(slot, CACHE_INSERT);
  }

  /** Removes an entry because of an invalidation. */
  remove(slot: number): void {
    this.#record(slot, CACHE_INVALIDATE);
    this.store.remove(slot);
  }

  #record(slot: number, operation: number): void {
    const { keys, data } = this.store;
    const at = slot * WALK_WORDS;
    const tag = keys[slot * 4 + 2] as number;
    const pa = data[at + WALK_PA_LO] as number;
    this.#recorder.emit(
      K.cache,
      CACHE_WALK,
      operation,
      tag >>> 16,
      tag & 0xffff,
      pa,
      data[at + WALK_PA_HI] as number,
    );
  }
}

/** Kind word of a walk cache key. */
export function walkKind(world: number, stage2: boolean, pageBits: number, shift: number): number {
  const stage = stage2 ? KIND_STAGE2 : world << KIND_WORLD_SHIFT;
  return stage | (pageBits << KIND_PAGE_SHIFT) | shift;
}

/** log2 of the bytes that the descriptor of a key covers. */
export function walkShift(kind: number): number {
  return kind & 0x3f;
}
