// How much the caches hold: a setting of the instance, because the manual leaves it to the
// implementation (IHI 0070 4.3.8, 4.4, 16.6). Every cache is fully associative and evicts in the order
// of insertion, so that runs repeat.

/** Entries of each cache: 0 none (every access reads memory), Infinity without bound. */
export interface CacheGeometry {
  readonly ste: number;
  readonly cd: number;
  /** L1STDs and L1CDs, each. */
  readonly level1: number;
  /** Leaves: stage 1, combined, and stage 2 by IPA, together. */
  readonly tlb: number;
  /** Table descriptors of both stages. */
  readonly walk: number;
}

/** Sizes like those of present-day parts. */
export const GEOMETRY_DEFAULT: CacheGeometry = {
  ste: 256,
  cd: 1024,
  level1: 128,
  tlb: 2048,
  walk: 512,
};

/** Nothing is ever evicted: every missing invalidation shows. */
export const GEOMETRY_INFINITE: CacheGeometry = {
  ste: Number.POSITIVE_INFINITY,
  cd: Number.POSITIVE_INFINITY,
  level1: Number.POSITIVE_INFINITY,
  tlb: Number.POSITIVE_INFINITY,
  walk: Number.POSITIVE_INFINITY,
};

/** Nothing is cached: only functional errors show. */
export const GEOMETRY_NONE: CacheGeometry = { ste: 0, cd: 0, level1: 0, tlb: 0, walk: 0 };
