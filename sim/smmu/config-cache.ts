// Copies of configuration structures inside the SMMU (IHI 0070 4.3, 5.2.1, 5.4.1): STEs and CDs in any
// state, also invalid and ILLEGAL ones, and L1STDs and L1CDs on their own. Failed fetches never get in.

import type { PhysicalMemory } from '../machine/memory.ts';
import {
  CACHE_CD,
  CACHE_EVICT,
  CACHE_INSERT,
  CACHE_INVALIDATE,
  CACHE_L1CD,
  CACHE_L1STD,
  CACHE_STE,
  K,
} from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';
import type { CacheGeometry } from './cache-geometry.ts';
import { TaggedStore } from './tagged-store.ts';

/** A structure as it was read: words, where from, and when it was last compared with memory. */
export class Shadow {
  readonly pa: number;
  readonly words: Int32Array;
  /** Write count of the memory around it at the last comparison. */
  writes: number;
  /** Writes to watched memory at the last look. */
  watched: number;
  /** A stale use was reported. */
  reported = false;

  constructor(pa: number, words: Int32Array, memory: PhysicalMemory) {
    this.pa = pa;
    this.words = words;
    memory.watch(pa);
    this.writes = memory.writesNear(pa);
    this.watched = memory.watchedWrites;
  }
}

/** Entries with an object each, by two numbers. */
export class ObjectCache<T extends { readonly shadow: Shadow }> {
  readonly #store: TaggedStore;
  readonly #entries: (T | undefined)[] = [];
  readonly #recorder: Recorder;
  readonly #cache: number;

  constructor(limit: number, cache: number, recorder: Recorder) {
    this.#store = new TaggedStore(limit, 0);
    this.#cache = cache;
    this.#recorder = recorder;
    this.#store.onEvict = (slot) => this.#record(slot, CACHE_EVICT);
  }

  get enabled(): boolean {
    return this.#store.limit > 0;
  }

  find(sid: number, index: number): T | undefined {
    const slot = this.#store.find(sid | 0, index, 0, 0);
    return slot < 0 ? undefined : this.#entries[slot];
  }

  insert(sid: number, index: number, entry: T): void {
    const slot = this.#store.insert(sid | 0, index, 0, 0);
    if (slot >= 0) {
      this.#entries[slot] = entry;
      this.#record(slot, CACHE_INSERT);
    }
  }

  remove(sid: number, index: number): void {
    const slot = this.#store.find(sid | 0, index, 0, 0);
    if (slot >= 0) {
      this.#drop(slot);
    }
  }

  /** Removes what `matches` says; SIDs are unsigned. */
  removeWhere(matches: (sid: number, index: number) => boolean): void {
    const store = this.#store;
    for (let slot = 0; slot < store.used && store.size > 0; slot++) {
      if (store.isLive(slot)) {
        const sid = (store.keys[slot * 4] as number) >>> 0;
        if (matches(sid, store.keys[slot * 4 + 1] as number)) {
          this.#drop(slot);
        }
      }
    }
  }

  /** Every entry with its key, in no particular order; SIDs are unsigned. */
  *keyed(): Generator<{ readonly sid: number; readonly index: number; readonly entry: T }> {
    const { keys, used } = this.#store;
    for (let slot = 0; slot < used; slot++) {
      const entry = this.#store.isLive(slot) ? this.#entries[slot] : undefined;
      if (entry !== undefined) {
        const sid = (keys[slot * 4] as number) >>> 0;
        yield { sid, index: keys[slot * 4 + 1] as number, entry };
      }
    }
  }

  #drop(slot: number): void {
    this.#record(slot, CACHE_INVALIDATE);
    this.#store.remove(slot);
    this.#entries[slot] = undefined;
  }

  #record(slot: number, operation: number): void {
    const { keys } = this.#store;
    const pa = this.#entries[slot]?.shadow.pa ?? 0;
    this.#recorder.emit(
      K.cache,
      this.#cache,
      operation,
      keys[slot * 4] as number,
      keys[slot * 4 + 1] as number,
      pa | 0,
      (pa / 0x1_0000_0000) | 0,
      slot + 1,
    );
  }
}

/** A cached level 1 descriptor, of either kind. */
export interface Level1Entry {
  readonly shadow: Shadow;
}

/** All configuration caches of one SMMU. */
export class ConfigCaches<
  Ste extends { readonly shadow: Shadow },
  Cd extends { readonly shadow: Shadow },
> {
  readonly stes: ObjectCache<Ste>;
  readonly cds: ObjectCache<Cd>;
  /** By SID >> SPLIT; the second number is 0. */
  readonly l1stds: ObjectCache<Level1Entry>;
  /** By SID and index in the L1 table. */
  readonly l1cds: ObjectCache<Level1Entry>;
  /** Grows with every removal: decoded settings kept elsewhere are good only for their epoch. */
  epoch = 0;

  constructor(geometry: CacheGeometry, recorder: Recorder) {
    this.stes = new ObjectCache(geometry.ste, CACHE_STE, recorder);
    this.cds = new ObjectCache(geometry.cd, CACHE_CD, recorder);
    this.l1stds = new ObjectCache(geometry.level1, CACHE_L1STD, recorder);
    this.l1cds = new ObjectCache(geometry.level1, CACHE_L1CD, recorder);
  }
}
