// The one storage of every cache here: four key words and some data words a slot in typed arrays, a
// hash with chains in front, eviction in the order of insertion. A lookup allocates nothing.

const MIN_SLOTS = 64;
const KEY_WORDS = 4;
const FREE = -2;
const END = -1;
/** Fourth key word of a slot that holds nothing. */
export const NO_KEY = -1;
const TAG_LISTS = 2 ** 12;

/** Fully associative store of at most `limit` entries; Infinity grows, 0 never holds anything. */
export class TaggedStore {
  /** Key words: four a slot; the fourth is not negative, and NO_KEY in a free slot. */
  keys: Int32Array;
  /** Data words: `stride` a slot. */
  data: Int32Array;
  /** Slots that were ever used; those below may be free. */
  used = 0;
  size = 0;
  readonly stride: number;
  readonly limit: number;
  /** Told of a slot before it is evicted. */
  onEvict: ((slot: number) => void) | undefined;
  #capacity: number;
  #mask: number;
  #next: Int32Array;
  #heads: Int32Array;
  /** Lists of the entries by a hash of their third key word, doubly linked. */
  readonly #tagHeads: Int32Array;
  #tagNext: Int32Array = new Int32Array(0);
  #tagPrevious: Int32Array = new Int32Array(0);
  readonly #freed: number[] = [];
  #hand = 0;

  /** `tagged`: list entries by their third key word, for {@link firstTagged}. */
  constructor(limit: number, stride: number, tagged = false) {
    this.limit = limit;
    this.stride = stride;
    this.#capacity = Math.min(limit, MIN_SLOTS);
    this.keys = new Int32Array(this.#capacity * KEY_WORDS);
    this.data = new Int32Array(this.#capacity * stride);
    this.#next = new Int32Array(this.#capacity).fill(FREE);
    this.#heads = new Int32Array(powerOfTwo(this.#capacity)).fill(END);
    this.#mask = this.#heads.length - 1;
    this.#tagHeads = new Int32Array(tagged ? TAG_LISTS : 0).fill(END);
    this.#growTags();
  }

  /** Slot of the key, or -1. */
  find(k0: number, k1: number, k2: number, k3: number): number {
    const keys = this.keys;
    let slot = this.#heads[hash(k0, k1, k2, k3) & this.#mask] as number;
    while (slot >= 0) {
      const at = slot * KEY_WORDS;
      if (keys[at] === k0 && keys[at + 1] === k1 && keys[at + 2] === k2 && keys[at + 3] === k3) {
        return slot;
      }
      slot = this.#next[slot] as number;
    }
    return END;
  }

  /** Slot for the key, new or the one that has it already; -1 when the store holds nothing. */
  insert(k0: number, k1: number, k2: number, k3: number): number {
    if (this.limit === 0) {
      return END;
    }
    const known = this.find(k0, k1, k2, k3);
    if (known >= 0) {
      return known;
    }
    const slot = this.#take();
    const at = slot * KEY_WORDS;
    this.keys[at] = k0;
    this.keys[at + 1] = k1;
    this.keys[at + 2] = k2;
    this.keys[at + 3] = k3;
    this.#link(slot);
    this.#linkTag(slot, tagHash(k2));
    this.size++;
    return slot;
  }

  /**
   * First of the entries that may have this third key word, or -1; with {@link nextTagged} all that have
   * it are found, and some others. Ask for the next one before an entry is removed.
   */
  firstTagged(k2: number): number {
    return this.#tagHeads[tagHash(k2)] as number;
  }

  nextTagged(slot: number): number {
    return this.#tagNext[slot] as number;
  }

  isLive(slot: number): boolean {
    return this.#next[slot] !== FREE;
  }

  remove(slot: number): void {
    this.#unlink(slot);
    this.keys[slot * KEY_WORDS + 3] = NO_KEY;
    this.#freed.push(slot);
  }

  #take(): number {
    const freed = this.#freed.pop();
    if (freed !== undefined) {
      return freed;
    }
    if (this.used === this.#capacity) {
      if (this.#capacity >= this.limit) {
        return this.#evict();
      }
      this.#grow();
    }
    return this.used++;
  }

  #evict(): number {
    const slot = this.#hand;
    this.#hand = slot + 1 === this.#capacity ? 0 : slot + 1;
    this.onEvict?.(slot);
    this.#unlink(slot);
    return slot;
  }

  #grow(): void {
    this.#capacity = Math.min(this.limit, this.#capacity * 2);
    this.keys = enlarged(this.keys, this.#capacity * KEY_WORDS);
    this.data = enlarged(this.data, this.#capacity * this.stride);
    this.#growTags();
    const before = this.#next;
    this.#next = new Int32Array(this.#capacity).fill(FREE);
    this.#heads = new Int32Array(powerOfTwo(this.#capacity)).fill(END);
    this.#mask = this.#heads.length - 1;
    for (let slot = 0; slot < this.used; slot++) {
      if (before[slot] !== FREE) {
        this.#link(slot);
      }
    }
  }

  #bucket(slot: number): number {
    const { keys } = this;
    const at = slot * KEY_WORDS;
    const k0 = keys[at] as number;
    const k1 = keys[at + 1] as number;
    return hash(k0, k1, keys[at + 2] as number, keys[at + 3] as number) & this.#mask;
  }

  #link(slot: number): void {
    const bucket = this.#bucket(slot);
    this.#next[slot] = this.#heads[bucket] as number;
    this.#heads[bucket] = slot;
  }

  #unlink(slot: number): void {
    const bucket = this.#bucket(slot);
    const after = this.#next[slot] as number;
    if (this.#heads[bucket] === slot) {
      this.#heads[bucket] = after;
    } else {
      let at = this.#heads[bucket] as number;
      while (this.#next[at] !== slot) {
        at = this.#next[at] as number;
      }
      this.#next[at] = after;
    }
    this.#next[slot] = FREE;
    this.#unlinkTag(slot, tagHash(this.keys[slot * KEY_WORDS + 2] as number));
    this.size--;
  }

  #growTags(): void {
    if (this.#tagHeads.length !== 0) {
      this.#tagNext = enlarged(this.#tagNext, this.#capacity);
      this.#tagPrevious = enlarged(this.#tagPrevious, this.#capacity);
    }
  }

  #linkTag(slot: number, list: number): void {
    if (this.#tagHeads.length !== 0) {
      const after = this.#tagHeads[list] as number;
      this.#tagNext[slot] = after;
      this.#tagPrevious[slot] = END;
      this.#tagHeads[list] = slot;
      if (after >= 0) {
        this.#tagPrevious[after] = slot;
      }
    }
  }

  #unlinkTag(slot: number, list: number): void {
    if (this.#tagHeads.length !== 0) {
      const after = this.#tagNext[slot] as number;
      const before = this.#tagPrevious[slot] as number;
      if (after >= 0) {
        this.#tagPrevious[after] = before;
      }
      if (before >= 0) {
        this.#tagNext[before] = after;
      } else {
        this.#tagHeads[list] = after;
      }
    }
  }
}

function tagHash(k2: number): number {
  return (k2 ^ (k2 >>> 16)) & (TAG_LISTS - 1);
}

function hash(k0: number, k1: number, k2: number, k3: number): number {
  const low = Math.imul(k0 ^ (k0 >>> 12), 0x9e3779b1) ^ Math.imul(k1, 0x85ebca6b);
  const high = Math.imul(k2, 0xc2b2ae35) ^ Math.imul(k3, 0x27d4eb2f);
  const mixed = low ^ high;
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 8;
}

function powerOfTwo(atLeast: number): number {
  let size = 1;
  while (size < atLeast) {
    size *= 2;
  }
  return size;
}

function enlarged(array: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}
