// What the caches of the hardware hold as of the newest record: filled by what the trace says was put in,
// evicted and invalidated, so that an opened session shows what a live one shows. Each entry keeps the
// bytes that the hardware read; when memory has changed since, it is marked.
// Limit: with only the newest records kept, entries that are older than those are not known.

import { big, join } from '../base/hex.ts';
import type { TraceIndex } from '../explain/trace-index.ts';
import {
  CACHE_ATC,
  CACHE_CD,
  CACHE_EVICT,
  CACHE_HIT,
  CACHE_INSERT,
  CACHE_INVALIDATE,
  CACHE_L1CD,
  CACHE_L1STD,
  CACHE_NAMES,
  CACHE_STE,
  CACHE_TLB,
  CACHE_WALK,
  ENTRY_STAGE2,
  K,
} from '../trace/kinds.ts';
import { TraceCursor } from '../trace/reader.ts';
import { HEADER_WORDS } from '../trace/recorder.ts';
import type { CacheEntry, Copy } from './cache-entry.ts';
import { CacheWatch } from './cache-watch.ts';

const TXN_WRITE = 1;
/** Fetched words that are remembered beyond the access that fetched them. */
const MOST_SEEN = 4096;
/** A double word that the hardware read. */
interface Seen {
  readonly lo: number;
  readonly hi: number;
  /** The record of reading it. */
  readonly record: number;
}

/** Words of each configuration structure. */
const STRUCTURE_WORDS: Readonly<Record<number, number>> = {
  [CACHE_STE]: 16,
  [CACHE_CD]: 16,
  [CACHE_L1STD]: 2,
  [CACHE_L1CD]: 2,
};

/** What an insertion said before the record that tells the content. */
type Begun = Pick<CacheEntry, 'cache' | 'record' | 'sid' | 'ssid'> & {
  readonly entry: string;
  /** `key` of the cache record. */
  readonly lo: number;
  readonly hi: number;
};

/** The caches of one session. Call {@link update} after the index's own. */
export class CacheContents {
  readonly #cursor: TraceCursor;
  readonly #watch: CacheWatch;
  readonly #caches: readonly Map<string, CacheEntry>[] = CACHE_NAMES.map(() => new Map());
  /** Words that the hardware read lately. */
  #seen = new Map<number, Seen>();
  #begun: Begun | undefined;
  /** False in a session of an older version, which does not tell what entries hold. */
  told = true;
  /** Record of the newest insertion; 0: none. */
  newest = 0;

  constructor(index: TraceIndex) {
    this.#cursor = new TraceCursor(index.source);
    this.#watch = new CacheWatch(index);
  }

  /** Takes in the records that came since, and compares what they touched with memory. */
  update(): void {
    this.#cursor.read((kind, id, words, at) => {
      this.#take(kind, id, words, at + HEADER_WORDS);
    });
    this.#watch.compare();
  }

  /** Entries of a cache (CACHE_*), in the order in which they came. */
  entries(cache: number): Iterable<CacheEntry> {
    return this.#caches[cache]?.values() ?? [];
  }

  count(cache: number): number {
    return this.#caches[cache]?.size ?? 0;
  }

  /** The bytes that an entry holds of the structure or descriptor at `pa`, when memory has others. */
  staleCopy(pa: number): Int32Array | undefined {
    for (const { freshness, copies } of this.#watch.at(pa)) {
      const copy = freshness === 'stale' ? copies.find((one) => one.pa === pa) : undefined;
      if (copy !== undefined && this.#watch.differs(copy)) {
        return copy.words;
      }
    }
    return undefined;
  }

  /** Entries of a cache that no longer say what memory says. */
  stale(cache: number): number {
    let count = 0;
    for (const { freshness } of this.entries(cache)) {
      count += freshness === 'stale' || freshness === 'freed' ? 1 : 0;
    }
    return count;
  }

  #take(kind: number, id: number, words: Int32Array, at: number): void {
    switch (kind) {
      case K.cache:
        this.#takeCache(id, words, at);
        break;
      case K.fetch:
        this.#see(words, at + 4, id);
        break;
      case K.descriptor_update:
        this.#see(words, at + 2, id);
        break;
      case K.tlb_entry:
        this.#fillTranslation(words, at);
        break;
      case K.walk_entry:
        this.#fillTable(words, at);
        break;
      case K.atc_entry:
        this.#fillAtc(words, at);
        break;
      case K.mem_write:
        this.#watch.touch(address(words, at + 1));
        break;
      case K.alloc:
        this.#watch.touchPages(address(words, at + 1), address(words, at + 3), false);
        break;
      case K.free:
        this.#watch.touchPages(address(words, at + 1), address(words, at + 3), true);
        break;
      case K.dma:
        this.#takeDma(words, at);
        break;
      default:
    }
  }

  #see(words: Int32Array, at: number, record: number): void {
    const [lo, hi] = [words[at + 2] as number, words[at + 3] as number];
    this.#seen.set(address(words, at), { lo, hi, record });
  }

  /** An access ends: what it read is in the caches by now. */
  #takeDma(words: Int32Array, at: number): void {
    if (this.#seen.size > MOST_SEEN) {
      this.#seen = new Map();
    }
    if (((words[at + 6] as number) & TXN_WRITE) !== 0 && words[at + 7] === 0) {
      this.#watch.touchPages(address(words, at + 4), 1, false);
    }
  }

  #takeCache(id: number, words: Int32Array, at: number): void {
    const cache = words[at] as number;
    const operation = words[at + 1] as number;
    if (operation === CACHE_HIT) {
      return;
    }
    const [sid, ssid] = [(words[at + 2] as number) >>> 0, words[at + 3] as number];
    const [lo, hi] = [words[at + 4] as number, words[at + 5] as number];
    const number = words[at + 6] as number;
    const entry = cache === CACHE_ATC ? `${sid}:${ssid}:${hi}:${lo}` : String(number);
    if (cache !== CACHE_ATC && number === 0) {
      this.told = false;
    } else if (operation === CACHE_EVICT || operation === CACHE_INVALIDATE) {
      this.#remove(cache, entry);
    } else if (operation === CACHE_INSERT) {
      const begun = { cache, record: id, sid, ssid, entry, lo, hi };
      if (STRUCTURE_WORDS[cache] === undefined) {
        this.#begun = begun;
      } else {
        this.#fillStructure(begun);
      }
    }
  }

  /** A structure that is there already was judged anew, not read anew. */
  #fillStructure(begun: Begun): void {
    const pa = join(begun.lo, begun.hi);
    if (this.#caches[begun.cache]?.get(begun.entry)?.pa === pa) {
      return;
    }
    const copy = this.#copy(pa, STRUCTURE_WORDS[begun.cache] ?? 0, 0);
    this.#put(begun, { pa, copies: copy === undefined ? [] : [copy] });
  }

  #fillTranslation(words: Int32Array, at: number): void {
    const begun = this.#ended(CACHE_TLB);
    if (begun === undefined) {
      return;
    }
    const tag = words[at] as number;
    const [s1, s2] = [address(words, at + 4), address(words, at + 6)];
    const shape = words[at + 1] as number;
    const copies = [
      s1 === 0 ? undefined : this.#copy(s1, 2, 1),
      s2 === 0 ? undefined : this.#stage2Copy(s2, tag, shape),
    ].filter((copy) => copy !== undefined);
    const input = big(begun.lo, begun.hi);
    this.#put(begun, { input, tag, shape, pa: address(words, at + 2), copies });
  }

  /** A combined entry takes its stage 2 from the TLB when it is there; only else is it read. */
  #stage2Copy(pa: number, tag: number, shape: number): Copy | undefined {
    if ((shape & ENTRY_STAGE2) === 0) {
      for (const entry of this.#watch.at(pa)) {
        const own = entry.cache === CACHE_TLB && (entry.shape & ENTRY_STAGE2) !== 0;
        if (own && entry.tag >>> 16 === tag >>> 16) {
          return entry.copies[0];
        }
      }
    }
    return this.#copy(pa, 2, 2);
  }

  #fillTable(words: Int32Array, at: number): void {
    const begun = this.#ended(CACHE_WALK);
    if (begun === undefined) {
      return;
    }
    const shape = words[at + 1] as number;
    const stage = (shape & ENTRY_STAGE2) === 0 ? 1 : 2;
    const copy = this.#copy(join(begun.lo, begun.hi), 2, stage);
    this.#put(begun, {
      tag: words[at] as number,
      shape,
      input: big(words[at + 2] as number, words[at + 3] as number),
      pa: address(words, at + 4),
      copies: copy === undefined ? [] : [copy],
    });
  }

  #fillAtc(words: Int32Array, at: number): void {
    const begun = this.#ended(CACHE_ATC);
    if (begun !== undefined) {
      const input = big(begun.lo, begun.hi);
      const granted = words[at] as number;
      this.#put(begun, { input, granted, pa: address(words, at + 1) });
    }
  }

  #ended(cache: number): Begun | undefined {
    const begun = this.#begun;
    this.#begun = undefined;
    return begun?.cache === cache ? begun : undefined;
  }

  #put(begun: Begun, content: Partial<CacheEntry>): void {
    const { cache, record, sid, ssid, entry } = begun;
    this.newest = record;
    this.#remove(cache, entry);
    const made: CacheEntry = {
      ...{ input: 0n, tag: 0, shape: 0, pa: 0, granted: 0, copies: [], freshness: 'fresh' },
      ...{ cache, record, sid, ssid },
      ...content,
    };
    this.#caches[cache]?.set(entry, made);
    this.#watch.add(made);
  }

  #remove(cache: number, entry: string): void {
    const gone = this.#caches[cache]?.get(entry);
    if (gone === undefined) {
      return;
    }
    this.#caches[cache]?.delete(entry);
    this.#watch.remove(gone);
  }

  #copy(pa: number, count: number, stage: number): Copy | undefined {
    const words = new Int32Array(count);
    let since = 0;
    for (let at = 0; at < count; at += 2) {
      const seen = this.#seen.get(pa + at * 4);
      if (seen === undefined) {
        return undefined;
      }
      words[at] = seen.lo;
      words[at + 1] = seen.hi;
      since = Math.max(since, seen.record);
    }
    return { pa, words, stage, since };
  }
}

function address(words: Int32Array, at: number): number {
  return join(words[at] as number, words[at + 1] as number);
}
