// The TLB: leaves of stage 1 (combined with stage 2 in nested streams) by VA, and of stage 2 by IPA,
// tagged as IHI 0070 3.17 says: StreamWorld, VMID, ASID unless global, ASET for global entries. Only
// translations without a fault get in. Each entry keeps its descriptors, so that a stale use shows.

import { join } from '../base/hex.ts';
import {
  CACHE_EVICT,
  CACHE_INSERT,
  CACHE_INVALIDATE,
  CACHE_TLB,
  ENTRY_CLEAN,
  ENTRY_GLOBAL,
  ENTRY_S1_LEVEL_SHIFT,
  ENTRY_S1_PERMS_SHIFT,
  ENTRY_S2_LEVEL_SHIFT,
  ENTRY_S2_PERMS_SHIFT,
  ENTRY_STAGE2,
  ENTRY_WORLD_SHIFT,
  K,
} from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';
import { TaggedStore } from './tagged-store.ts';

/** Kind word of a key: log2 of the size in bits 5:0, then these. */
export const KIND_WORLD_SHIFT = ENTRY_WORLD_SHIFT;
export const KIND_STAGE2 = ENTRY_STAGE2;
export const KIND_GLOBAL = ENTRY_GLOBAL;
export const KIND_ASET = 1 << 10;
const KIND_SHIFT_MASK = 0x3f;

/** Data words of an entry. */
export const TLB_PA_LO = 0;
export const TLB_PA_HI = 1;
/** Stage 1 permissions in bits 5:0, stage 2 in 13:8, then TLB_CLEAN bits. */
export const TLB_PERMS = 2;
/** See {@link packAttributes}. */
export const TLB_ATTRS = 3;
/** Levels and granules of the leaves: see {@link packShape}. */
export const TLB_SHAPE = 4;
export const TLB_S1_PA_LO = 5;
export const TLB_S1_PA_HI = 6;
export const TLB_S1_LO = 7;
export const TLB_S1_HI = 8;
export const TLB_S2_PA_LO = 9;
export const TLB_S2_PA_HI = 10;
export const TLB_S2_LO = 11;
export const TLB_S2_HI = 12;
export const TLB_IPA_LO = 13;
export const TLB_IPA_HI = 14;
/** Who inserted it, for the trace. */
export const TLB_SID = 15;
export const TLB_SSID = 16;
/** Write counts of the memory around the descriptors when they were last compared. */
export const TLB_S1_WRITES = 17;
export const TLB_S2_WRITES = 18;
/** 1: a stale use was reported. */
export const TLB_REPORTED = 19;
/** Writes to watched memory when the descriptors were last looked at. */
export const TLB_WATCHED = 20;
/** Output attribute in 7:0 and shareability in 9:8 for a client without attributes of its own. */
export const TLB_OUT = 21;
const TLB_WORDS = 22;

/** A write needs a walk first: the leaf of a stage is writable and clean. */
export const TLB_CLEAN = 1 << 16;

/** Masks of the bits below 2^n, by n. */
export const MASK_LO = Int32Array.from({ length: 64 }, (_, n) => (n >= 32 ? -1 : (2 ** n - 1) | 0));
export const MASK_HI = Int32Array.from({ length: 64 }, (_, n) =>
  n <= 32 ? 0 : (2 ** (n - 32) - 1) | 0,
);

/** 2^n, by n: an exponentiation costs as much as a TLB hit. */
export const POWERS = Float64Array.from({ length: 64 }, (_, n) => 2 ** n);

const CLASSES = 3;
const CLASS_PRIVATE = 0;
const CLASS_GLOBAL = 1;
const CLASS_STAGE2 = 2;
const SIZES = 64;

/** Level + 1 and page bits of the leaves of both stages, and log2 of the stage 1 leaf's size. */
export function packShape(
  s1Level: number,
  s1PageBits: number,
  s1Shift: number,
  s2Level: number,
  s2PageBits: number,
): number {
  return (
    (s1Level + 1) | (s1PageBits << 3) | (s1Shift << 8) | ((s2Level + 1) << 14) | (s2PageBits << 17)
  );
}

export function shapeLevel(shape: number, stage2: boolean): number {
  return ((stage2 ? shape >>> 14 : shape) & 7) - 1;
}

export function shapePageBits(shape: number, stage2: boolean): number {
  return (stage2 ? shape >>> 17 : shape >>> 3) & 0x1f;
}

export function shapeStage1Shift(shape: number): number {
  return (shape >>> 8) & 0x3f;
}

/** @arch 3.17 P(broadcast maintenance is not modelled: IDR0.BTM = 0) TLB tagging, VMIDs, ASIDs */
export class Tlb {
  readonly store: TaggedStore;
  readonly enabled: boolean;
  readonly #recorder: Recorder;
  /** Sizes that live entries have, a list a class, so that a lookup tries no others. */
  readonly #sizes = new Int32Array(CLASSES * SIZES);
  readonly #sizeCount = new Int32Array(CLASSES);
  readonly #live = new Int32Array(CLASSES * SIZES);

  constructor(limit: number, recorder: Recorder) {
    this.store = new TaggedStore(limit, TLB_WORDS, true);
    this.enabled = limit > 0;
    this.#recorder = recorder;
    this.store.onEvict = (slot) => this.#forget(slot, CACHE_EVICT);
  }

  /** Slot of a stage 1 or combined entry for the VA, or -1. `world` is a WORLD_* value. */
  findStage1(lo: number, hi: number, tag: number, world: number, aset: number): number {
    const kind = world << KIND_WORLD_SHIFT;
    const slot = this.#find(CLASS_PRIVATE, lo, hi, tag, kind);
    if (slot >= 0 || this.#sizeCount[CLASS_GLOBAL] === 0) {
      return slot;
    }
    const global = kind | KIND_GLOBAL | (aset !== 0 ? KIND_ASET : 0);
    return this.#find(CLASS_GLOBAL, lo, hi, tag & ~0xffff, global);
  }

  /** Slot of a stage 2 entry for the IPA, or -1. */
  findStage2(lo: number, hi: number, vmidTag: number): number {
    return this.#find(CLASS_STAGE2, lo, hi, vmidTag, KIND_STAGE2);
  }

  /**
   * Slot to fill for an entry of 2^shift bytes, or -1 when nothing is cached. `kind` without the size;
   * `tag` with the ASID only when the entry is not global.
   */
  insert(lo: number, hi: number, tag: number, kind: number, shift: number): number {
    const { store } = this;
    const keyLo = lo & ~(MASK_LO[shift] as number);
    const keyHi = hi & ~(MASK_HI[shift] as number);
    const before = store.size;
    const slot = store.insert(keyLo, keyHi, tag, kind | shift);
    if (slot >= 0 && store.size !== before) {
      this.#remember(kind | shift);
    }
    return slot;
  }

  /** Tells the trace that `slot` was filled and with what; the data words must be complete. */
  recordInsert(slot: number): void {
    const recorder = this.#recorder;
    if (!recorder.enabled) {
      return;
    }
    const { keys, data } = this.store;
    const at = slot * TLB_WORDS;
    const { cause } = recorder;
    recorder.cause = this.#record(slot, CACHE_INSERT);
    recorder.emit(
      K.tlb_entry,
      keys[slot * 4 + 2],
      (keys[slot * 4 + 3] as number) | contentBits(data, at),
      data[at + TLB_PA_LO],
      data[at + TLB_PA_HI],
      data[at + TLB_S1_PA_LO],
      data[at + TLB_S1_PA_HI],
      data[at + TLB_S2_PA_LO],
      data[at + TLB_S2_PA_HI],
    );
    recorder.cause = cause;
  }

  /** Removes an entry because of an invalidation. */
  remove(slot: number): void {
    this.#forget(slot, CACHE_INVALIDATE);
    this.store.remove(slot);
  }

  /** Base of the descriptor that an entry was made of, bytes. */
  descriptorPa(slot: number, stage2: boolean): number {
    const at = slot * TLB_WORDS + (stage2 ? TLB_S2_PA_LO : TLB_S1_PA_LO);
    const { data } = this.store;
    return join(data[at] as number, data[at + 1] as number);
  }

  #find(cls: number, lo: number, hi: number, tag: number, kind: number): number {
    const count = this.#sizeCount[cls] as number;
    const base = cls * SIZES;
    for (let index = 0; index < count; index++) {
      const shift = this.#sizes[base + index] as number;
      const slot = this.store.find(
        lo & ~(MASK_LO[shift] as number),
        hi & ~(MASK_HI[shift] as number),
        tag,
        kind | shift,
      );
      if (slot >= 0) {
        return slot;
      }
    }
    return -1;
  }

  #remember(kind: number): void {
    const cls = classOf(kind);
    const shift = kind & KIND_SHIFT_MASK;
    const at = cls * SIZES + shift;
    const live = (this.#live[at] as number) + 1;
    this.#live[at] = live;
    if (live === 1) {
      this.#listSizes(cls);
    }
  }

  #forget(slot: number, operation: number): void {
    const kind = this.store.keys[slot * 4 + 3] as number;
    const cls = classOf(kind);
    const at = cls * SIZES + (kind & KIND_SHIFT_MASK);
    const live = (this.#live[at] as number) - 1;
    this.#live[at] = live;
    if (live === 0) {
      this.#listSizes(cls);
    }
    this.#record(slot, operation);
  }

  #listSizes(cls: number): void {
    let count = 0;
    for (let shift = 0; shift < SIZES; shift++) {
      if (this.#live[cls * SIZES + shift] !== 0) {
        this.#sizes[cls * SIZES + count++] = shift;
      }
    }
    this.#sizeCount[cls] = count;
  }

  #record(slot: number, operation: number): number {
    const { keys, data } = this.store;
    const at = slot * TLB_WORDS;
    return this.#recorder.emit(
      K.cache,
      CACHE_TLB,
      operation,
      data[at + TLB_SID],
      data[at + TLB_SSID],
      keys[slot * 4],
      keys[slot * 4 + 1],
      slot + 1,
    );
  }
}

/** Permissions and levels as the trace has them. */
function contentBits(data: Int32Array, at: number): number {
  const perms = data[at + TLB_PERMS] as number;
  const shape = data[at + TLB_SHAPE] as number;
  return (
    ((perms & 0x3f) << ENTRY_S1_PERMS_SHIFT) |
    (((perms >>> 8) & 0x3f) << ENTRY_S2_PERMS_SHIFT) |
    ((perms & TLB_CLEAN) !== 0 ? ENTRY_CLEAN : 0) |
    ((shapeLevel(shape, false) + 1) << ENTRY_S1_LEVEL_SHIFT) |
    ((shapeLevel(shape, true) + 1) << ENTRY_S2_LEVEL_SHIFT)
  );
}

function classOf(kind: number): number {
  if ((kind & KIND_STAGE2) !== 0) {
    return CLASS_STAGE2;
  }
  return (kind & KIND_GLOBAL) !== 0 ? CLASS_GLOBAL : CLASS_PRIVATE;
}
