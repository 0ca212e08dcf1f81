// The walk cache: valid table descriptors of both stages by the address range that they cover, tagged
// like TLB leaves. Removed by invalidations with Leaf = 0 (IHI 0070 4.4).

import type { Transaction } from '../machine/transaction.ts';
import {
  CACHE_EVICT,
  CACHE_HIT,
  CACHE_INSERT,
  CACHE_INVALIDATE,
  CACHE_WALK,
  ENTRY_S1_LEVEL_SHIFT,
  K,
} from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';
import type { Leaf } from './leaf.ts';
import { TaggedStore } from './tagged-store.ts';
import { KIND_STAGE2, KIND_WORLD_SHIFT, MASK_HI, MASK_LO } from './tlb.ts';
import type { TransConfig } from './trans-config.ts';

/** Data words: address of the next table, hierarchical attributes, shape, and the descriptor itself. */
export const WALK_NEXT_LO = 0;
export const WALK_NEXT_HI = 1;
const WALK_ATTRS = 2;
/** Level + 1 of the descriptor in bits 2:0, page bits of the granule in 7:3. */
export const WALK_SHAPE = 3;
export const WALK_PA_LO = 4;
export const WALK_PA_HI = 5;
const WALK_WORDS = 6;

/** Page bits take part in the key: two granules never share an entry. */
const KIND_PAGE_SHIFT = 11;
/** Bits of a key's kind that the trace tells. */
const KIND_KEPT = (1 << KIND_PAGE_SHIFT) - 1;

/** Table descriptors; `level` is that of the descriptor, -1 to 2. */
export class WalkCache {
  readonly store: TaggedStore;
  readonly enabled: boolean;
  readonly #recorder: Recorder;
  #tag = 0;

  constructor(limit: number, recorder: Recorder) {
    this.store = new TaggedStore(limit, WALK_WORDS, true);
    this.enabled = limit > 0;
    this.#recorder = recorder;
    this.store.onEvict = (slot) => this.#record(slot, CACHE_EVICT);
  }

  /**
   * Kind word of a key for descriptors of a stage that cover 2^shift bytes each; the tag of the key is
   * kept for the {@link find} or {@link insert} that follows.
   */
  key(config: TransConfig, stage2: boolean, pageBits: number, shift: number): number {
    this.#tag = stage2 ? config.vmidTag : config.tag;
    const stage = stage2 ? KIND_STAGE2 : config.world << KIND_WORLD_SHIFT;
    return stage | (pageBits << KIND_PAGE_SHIFT) | shift;
  }

  /** Slot of the descriptor that covers the address, or -1. */
  find(lo: number, hi: number, kind: number): number {
    const shift = kind & 0x3f;
    const keyLo = lo & ~(MASK_LO[shift] as number);
    return this.store.find(keyLo, hi & ~(MASK_HI[shift] as number), this.#tag, kind);
  }

  /** Remembers a table descriptor: its target is the leaf's address. */
  insert(lo: number, hi: number, kind: number, level: number, leaf: Leaf, attrs: number): void {
    const shift = kind & 0x3f;
    const keyLo = lo & ~(MASK_LO[shift] as number);
    const slot = this.store.insert(keyLo, hi & ~(MASK_HI[shift] as number), this.#tag, kind);
    if (slot < 0) {
      return;
    }
    const { data } = this.store;
    const at = slot * WALK_WORDS;
    data[at + WALK_NEXT_LO] = leaf.addressLo;
    data[at + WALK_NEXT_HI] = leaf.addressHi;
    data[at + WALK_ATTRS] = attrs;
    data[at + WALK_SHAPE] = (level + 1) | ((kind >>> KIND_PAGE_SHIFT) << 3);
    data[at + WALK_PA_LO] = leaf.paLo;
    data[at + WALK_PA_HI] = leaf.paHi;
    if (this.#recorder.enabled) {
      this.#recordInsert(slot, level);
    }
  }

  /** Reads a hit back: target in the leaf's output, and attributes; the trace names who asked. */
  read(slot: number, leaf: Leaf, t: Transaction): void {
    const { data } = this.store;
    const at = slot * WALK_WORDS;
    leaf.outLo = data[at + WALK_NEXT_LO] as number;
    leaf.outHi = data[at + WALK_NEXT_HI] as number;
    leaf.tableAttrs = data[at + WALK_ATTRS] as number;
    const recorder = this.#recorder;
    recorder.cause = recorder.emit(
      K.cache,
      CACHE_WALK,
      CACHE_HIT,
      t.sid,
      t.ssid,
      data[at + WALK_PA_LO],
      data[at + WALK_PA_HI],
      slot + 1,
    );
  }

  /** Removes an entry because of an invalidation. */
  remove(slot: number): void {
    this.#record(slot, CACHE_INVALIDATE);
    this.store.remove(slot);
  }

  #recordInsert(slot: number, level: number): void {
    const recorder = this.#recorder;
    const { keys, data } = this.store;
    const at = slot * WALK_WORDS;
    const { cause } = recorder;
    recorder.cause = this.#record(slot, CACHE_INSERT);
    recorder.emit(
      K.walk_entry,
      keys[slot * 4 + 2],
      ((keys[slot * 4 + 3] as number) & KIND_KEPT) | ((level + 1) << ENTRY_S1_LEVEL_SHIFT),
      keys[slot * 4],
      keys[slot * 4 + 1],
      data[at + WALK_NEXT_LO],
      data[at + WALK_NEXT_HI],
    );
    recorder.cause = cause;
  }

  #record(slot: number, operation: number): number {
    const { keys, data } = this.store;
    const at = slot * WALK_WORDS;
    const tag = keys[slot * 4 + 2] as number;
    const pa = data[at + WALK_PA_LO] as number;
    return this.#recorder.emit(
      K.cache,
      CACHE_WALK,
      operation,
      tag >>> 16,
      tag & 0xffff,
      pa,
      data[at + WALK_PA_HI] as number,
      slot + 1,
    );
  }
}
