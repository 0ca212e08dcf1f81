// Which cache entries differ from the memory that they were made from. Only what a write has touched is
// compared, so a step costs what it changed, however much is cached.

import { swapped } from '../base/hex.ts';
import type { TraceIndex } from '../explain/trace-index.ts';
import type { CacheEntry, Copy, Freshness } from './cache-entry.ts';
import { LATEST } from './context.ts';

const PAGE = 4096;
/** Access flag; AP[2] or S2AP[1], which hardware changes where DBM is set: no difference. */
const DESC_AF = 1 << 10;
const DESC_WRITE_BIT = 1 << 7;
const HI_DBM = 1 << 19;

/** The entries of all caches, by the memory that they were made from. */
export class CacheWatch {
  readonly #index: TraceIndex;
  /** Entries by the addresses of the words that they copied, and how many such words a page has. */
  readonly #watched = new Map<number, Set<CacheEntry>>();
  readonly #pages = new Map<number, number>();
  readonly #changed = new Set<CacheEntry>();
  readonly #freed = new Set<CacheEntry>();

  constructor(index: TraceIndex) {
    this.#index = index;
  }

  add(entry: CacheEntry): void {
    for (const pa of wordsOf(entry)) {
      const page = Math.floor(pa / PAGE);
      this.#pages.set(page, (this.#pages.get(page) ?? 0) + 1);
      const known = this.#watched.get(pa);
      if (known === undefined) {
        this.#watched.set(pa, new Set([entry]));
      } else {
        known.add(entry);
      }
    }
    // What it was made from may have changed before it came in: stage 2 out of the TLB.
    this.#changed.add(entry);
  }

  remove(entry: CacheEntry): void {
    this.#changed.delete(entry);
    this.#freed.delete(entry);
    for (const pa of wordsOf(entry)) {
      const page = Math.floor(pa / PAGE);
      const left = (this.#pages.get(page) ?? 1) - 1;
      if (left === 0) {
        this.#pages.delete(page);
      } else {
        this.#pages.set(page, left);
      }
      const entries = this.#watched.get(pa);
      entries?.delete(entry);
      if (entries?.size === 0) {
        this.#watched.delete(pa);
      }
    }
  }

  /** Entries that copied the word at `pa`. */
  at(pa: number): Iterable<CacheEntry> {
    return this.#watched.get(pa) ?? [];
  }

  /** Judges anew what was touched since the last call. */
  compare(): void {
    for (const entry of this.#changed) {
      entry.freshness = this.#freshness(entry);
    }
    this.#changed.clear();
  }

  /** The word at `pa` was written. */
  touch(pa: number): void {
    for (const entry of this.at(pa)) {
      this.#changed.add(entry);
    }
  }

  /** All of [pa, pa + size) was written somehow, or given back. */
  touchPages(pa: number, size: number, freed: boolean): void {
    for (let page = Math.floor(pa / PAGE); page * PAGE < pa + size; page++) {
      if (!this.#pages.has(page)) {
        continue;
      }
      for (let word = page * PAGE; word < (page + 1) * PAGE; word += 8) {
        for (const entry of this.at(word)) {
          this.#changed.add(entry);
          if (freed) {
            this.#freed.add(entry);
          }
        }
      }
    }
  }

  #freshness(entry: CacheEntry): Freshness {
    let unsure = false;
    for (const copy of entry.copies) {
      if (this.differs(copy)) {
        return 'stale';
      }
      unsure ||= this.#index.lastDeviceWrite(copy.pa) > copy.since;
    }
    if (this.#freed.has(entry)) {
      return 'freed';
    }
    return unsure ? 'unsure' : 'fresh';
  }

  /** True when the script or the kernel wrote something else there since, not counting what hardware updates. */
  differs({ pa, words, stage, since }: Copy): boolean {
    for (let at = 0; at < words.length; at += 2) {
      const now = this.#index.wordAt(pa + at * 4, LATEST);
      const [lo, hi] = [words[at] as number, words[at + 1] as number];
      const same =
        stage === 0
          ? now.lo === lo && now.hi === hi
          : agrees(now.lo, now.hi, lo, hi) || agrees(swapped(now.hi), swapped(now.lo), lo, hi);
      if (now.writer > since && !same) {
        return true;
      }
    }
    return false;
  }
}

/** True when descriptors differ in nothing but what the hardware itself updates in them. */
function agrees(nowLo: number, nowHi: number, lo: number, hi: number): boolean {
  const ignored = DESC_AF | ((hi & HI_DBM) !== 0 ? DESC_WRITE_BIT : 0);
  return nowHi === hi && ((nowLo ^ lo) & ~ignored) === 0;
}

/** Addresses of the double words that an entry copied. */
function* wordsOf({ copies }: CacheEntry): Generator<number> {
  for (const { pa, words } of copies) {
    for (let at = 0; at < words.length; at += 2) {
      yield pa + at * 4;
    }
  }
}
