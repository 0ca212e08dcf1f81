// What an entry of a cache is, whichever cache it is in.

/** Bytes of memory as a cache entry holds them. */
export interface Copy {
  readonly pa: number;
  readonly words: Int32Array;
  /** 1 or 2 for a translation table descriptor, 0 for a structure. */
  readonly stage: number;
  /** Record of reading it. */
  readonly since: number;
}

/**
 * How an entry stands to the memory that it was made from: `unsure` after a device wrote to the page,
 * since the trace does not tell what.
 */
export type Freshness = 'fresh' | 'stale' | 'freed' | 'unsure';

/** One entry of one cache. What does not apply is 0, undefined or empty. */
export interface CacheEntry {
  /** CACHE_*. */
  readonly cache: number;
  /** Record that put it in. */
  readonly record: number;
  /** A structure's key; of a translation the stream that brought it in, which is no tag of it. */
  readonly sid: number;
  readonly ssid: number;
  /** First input address that it covers. */
  readonly input: bigint;
  /** VMID in 31:16, ASID in 15:0. */
  readonly tag: number;
  /** ENTRY_* of the trace. */
  readonly shape: number;
  /** Output address or next table, bytes; of a structure its own address. */
  readonly pa: number;
  /** ATC: 1 read, 2 write, 4 execute. */
  readonly granted: number;
  readonly copies: readonly Copy[];
  freshness: Freshness;
}
