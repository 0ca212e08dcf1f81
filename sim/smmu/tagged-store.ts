// The one storage of every cache here: four key words and some data words a slot in typed arrays, a
// hash with chains in front, eviction in the order of insertion. A lookup allocates nothing.

const MIN_SLOTS = 64;
const KEY_WORDS = 4;
const FREE = -2;
const END = -1;

/** Fully associative store of at most `limit` entries; Infinity grows, 0 never holds anything. */
export class TaggedStore {
  /** Key words: four a slot. */
  keys: Int32Array;
  /** Data words: `stride` a slot. */
  data: Int32Array;
  /** Slots that were ever used; those below may be free: see {@link isLive}. */
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
  readonly #freed: number[] = [];
  #hand = 0;

  constructor(limit: number, stride: number) {
    this.limit = limit;
    this.stride = stride;
    this.#capacity = Math.min(limit, MIN_SLOTS);
    this.keys = new Int32Array(this.#capacity * KEY_WORDS);
    this.data = new Int32Array(this.#capacity * stride);
    this.#next = new Int32Array(this.#capacity).fill(FREE);
    this.#heads = new Int32Array(powerOfTwo(this.#capacity)).fill(END);
    this.#mask = this.#heads.length - 1;
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
    this.size++;
    return slot;
  }

  isLive(slot: number): boolean {
    return this.#next[slot] !== FREE;
  }

  remove(slot: number): void {
    this.#unlink(slot);
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
    this.size--;
  }
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
