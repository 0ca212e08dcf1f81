// Caches of freed IOVA ranges (drivers/iommu/iova.c): per size order a stack of two magazines and a depot,
// so that a same-sized allocation right after a free gets the same address back. The model has one CPU.

/** Size orders that are cached: ranges of up to 2^5 pages. */
export const IOVA_RANGE_CACHE_MAX_SIZE = 6;
const MAGAZINE_SIZE = 128;
const DEPOT_SIZE = 32;

/** The smallest order whose power of two holds `size` pages. */
export function orderBase2(size: number): number {
  return size <= 1 ? 0 : 32 - Math.clz32(size - 1);
}

type Magazine = number[];

/** Takes the newest pfn that is at most `limit`; the last one moves into its place. 0 when none is. */
function pop(magazine: Magazine, limit: number): number {
  for (let index = magazine.length - 1; index >= 0; index--) {
    const pfn = magazine[index] as number;
    if (pfn <= limit) {
      const last = magazine.pop() as number;
      if (index < magazine.length) {
        magazine[index] = last;
      }
      return pfn;
    }
  }
  return 0;
}

/** The cache of one size order. */
export class IovaRcache {
  #loaded: Magazine = [];
  #previous: Magazine = [];
  readonly #depot: Magazine[] = [];

  /** Every pfn held by the CPU's two magazines, which become empty: what a flush gives to the tree. */
  drain(): number[] {
    const pfns = [...this.#loaded, ...this.#previous];
    this.#loaded = [];
    this.#previous = [];
    return pfns;
  }

  /** A cached pfn of at most `limit`, or 0. Only the magazine on top is searched, as in the kernel. */
  get(limit: number): number {
    if (this.#loaded.length === 0) {
      if (this.#previous.length !== 0) {
        this.#swap();
      } else {
        this.#loaded = this.#depot.pop() ?? this.#loaded;
      }
    }
    return pop(this.#loaded, limit);
  }

  /** Caches a pfn. @returns the pfns of a magazine that fell out, to be freed for good */
  insert(pfn: number): readonly number[] {
    let fallen: Magazine = [];
    if (this.#loaded.length === MAGAZINE_SIZE) {
      if (this.#previous.length !== MAGAZINE_SIZE) {
        this.#swap();
      } else {
        if (this.#depot.length < DEPOT_SIZE) {
          this.#depot.push(this.#loaded);
        } else {
          fallen = this.#loaded;
        }
        this.#loaded = [];
      }
    }
    this.#loaded.push(pfn);
    return fallen;
  }

  #swap(): void {
    [this.#loaded, this.#previous] = [this.#previous, this.#loaded];
  }
}
