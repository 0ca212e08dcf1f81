// Sparse physical memory: 2 MiB chunks of int32 words, made on the first write.
// The translation path reads 64-bit words as two int32 halves: no BigInt, no allocation.

import { assert, fail } from '../base/assert.ts';
import { hex } from '../base/hex.ts';

/** A range of RAM, bytes. */
export interface RamRegion {
  readonly base: number;
  readonly size: number;
}

const CHUNK_SHIFT = 21;
const CHUNK_BYTES = 2 ** CHUNK_SHIFT;
const CHUNK_WORDS = CHUNK_BYTES / 4;
const CHUNK_MASK = CHUNK_BYTES - 1;
const CHUNK_UNIT_SHIFT = CHUNK_SHIFT - 3;
const CHUNK_UNIT_MASK = CHUNK_BYTES / 8 - 1;
const TWO_32 = 2 ** 32;
const MAX_HALVES_BYTES = 2 ** 33;
/** So few bytes are moved one by one: a view would cost more. */
const FEW_BYTES = 32;

/**
 * RAM by physical address (bytes, below 2^53). Reads of RAM never written give 0; an access outside
 * RAM answers false, which a bus master sees as an external abort.
 */
export class PhysicalMemory {
  /** Halves of the last word read by {@link read64}; `lo` alone by {@link read32}. Signed. */
  lo = 0;
  hi = 0;

  readonly regions: readonly RamRegion[];
  readonly #base: number;
  readonly #end: number;
  readonly #chunks: (Int32Array | undefined)[] = [];
  /** The chunks as bytes. */
  readonly #bytes: (Uint8Array | undefined)[] = [];
  readonly #writes: Uint32Array;
  readonly #watched: Uint8Array;
  #watchedWrites = 0;
  readonly #others: PhysicalMemory[];
  /** For addresses in halves: the region in units of 8 bytes; 0 units when it is too large for int32. */
  readonly #baseHi: number;
  readonly #spanHi: number;
  readonly #baseUnit: number;
  readonly #units: number;
  #liveChunks = 0;

  /** @throws AssertionError when no region is given, or one is not a multiple of 2 MiB. */
  constructor(regions: readonly RamRegion[]) {
    const [first, ...rest] = regions;
    assert(first !== undefined, 'memory needs at least one RAM region');
    for (const { base, size } of regions) {
      assert(
        base % CHUNK_BYTES === 0 && size > 0 && size % CHUNK_BYTES === 0,
        `RAM region ${hex(base)}+${hex(size)} is not a multiple of 2 MiB`,
      );
    }
    this.regions = regions;
    this.#base = first.base;
    this.#end = first.base + first.size;
    this.#writes = new Uint32Array(first.size / CHUNK_BYTES);
    this.#watched = new Uint8Array(first.size / CHUNK_BYTES);
    this.#others = rest.map((region) => new PhysicalMemory([region]));
    this.#baseHi = Math.floor(first.base / TWO_32);
    this.#spanHi = Math.floor((this.#end - 1) / TWO_32) - this.#baseHi;
    this.#baseUnit = (first.base / 8) | 0;
    this.#units = first.size < MAX_HALVES_BYTES ? first.size / 8 : 0;
  }

  /** Host bytes held by chunks that were written. */
  get hostBytes(): number {
    return this.#others.reduce(
      (sum, other) => sum + other.hostBytes,
      this.#liveChunks * CHUNK_BYTES,
    );
  }

  /** True when all of [pa, pa + bytes) is RAM. */
  contains(pa: number, bytes: number): boolean {
    if (pa >= this.#base && pa + bytes <= this.#end) {
      return true;
    }
    return (
      this.#others.length !== 0 &&
      this.regions.some(({ base, size }) => pa >= base && pa + bytes <= base + size)
    );
  }

  /**
   * Number of writes to the 2 MiB around `pa`, modulo 2^32; 0 outside RAM. A copy of memory is as good
   * as its source while this has not changed.
   */
  writesNear(pa: number): number {
    if (pa >= this.#base && pa < this.#end) {
      return this.#writes[((pa - this.#base) / CHUNK_BYTES) | 0] as number;
    }
    for (const other of this.#others) {
      if (pa >= other.#base && pa < other.#end) {
        return other.writesNear(pa);
      }
    }
    return 0;
  }

  /** Number of writes, modulo 2^32 and signed, to all memory around the addresses given to {@link watch}. */
  get watchedWrites(): number {
    return this.#others.length === 0
      ? this.#watchedWrites
      : this.#others.reduce((sum, other) => (sum + other.watchedWrites) | 0, this.#watchedWrites);
  }

  /** Counts writes to the 2 MiB around `pa` in {@link watchedWrites} from now on. */
  watch(pa: number): void {
    if (pa >= this.#base && pa < this.#end) {
      this.#watched[((pa - this.#base) / CHUNK_BYTES) | 0] = 1;
    } else {
      this.#others.find((other) => other.contains(pa, 1))?.watch(pa);
    }
  }

  /** Loads the aligned 8 bytes at `pa` into `lo` and `hi`; false outside RAM. */
  read64(pa: number): boolean {
    if (pa >= this.#base && pa < this.#end) {
      const offset = pa - this.#base;
      const chunk = this.#chunks[(offset / CHUNK_BYTES) | 0];
      if (chunk === undefined) {
        this.lo = 0;
        this.hi = 0;
      } else {
        const index = (offset & CHUNK_MASK) >>> 2;
        this.lo = chunk[index] as number;
        this.hi = chunk[index + 1] as number;
      }
      return true;
    }
    return this.#others.length !== 0 && this.#readOther(pa, 8);
  }

  /**
   * As {@link read64} for an address in halves, so that a chain of dependent reads (a table walk)
   * stays in integers.
   */
  read64At(paLo: number, paHi: number): boolean {
    const unit = ((paLo >>> 3) + (paHi << 29) - this.#baseUnit) | 0;
    if (unit >= 0 && unit < this.#units && (paHi - this.#baseHi) >>> 0 <= this.#spanHi) {
      const chunk = this.#chunks[unit >> CHUNK_UNIT_SHIFT];
      if (chunk === undefined) {
        this.lo = 0;
        this.hi = 0;
      } else {
        const index = (unit & CHUNK_UNIT_MASK) << 1;
        this.lo = chunk[index] as number;
        this.hi = chunk[index + 1] as number;
      }
      return true;
    }
    return this.read64((paHi >>> 0) * TWO_32 + (paLo >>> 0));
  }

  /** As {@link write64} for an address in halves. */
  write64At(paLo: number, paHi: number, lo: number, hi: number): boolean {
    const unit = ((paLo >>> 3) + (paHi << 29) - this.#baseUnit) | 0;
    if (unit >= 0 && unit < this.#units && (paHi - this.#baseHi) >>> 0 <= this.#spanHi) {
      const chunk = this.#chunkFor(unit >> CHUNK_UNIT_SHIFT);
      const index = (unit & CHUNK_UNIT_MASK) << 1;
      chunk[index] = lo;
      chunk[index + 1] = hi;
      return true;
    }
    return this.write64((paHi >>> 0) * TWO_32 + (paLo >>> 0), lo, hi);
  }

  /** Loads the aligned 4 bytes at `pa` into `lo`; false outside RAM. */
  read32(pa: number): boolean {
    if (pa >= this.#base && pa < this.#end) {
      const offset = pa - this.#base;
      const chunk = this.#chunks[(offset / CHUNK_BYTES) | 0];
      this.lo = chunk === undefined ? 0 : (chunk[(offset & CHUNK_MASK) >>> 2] as number);
      return true;
    }
    return this.#others.length !== 0 && this.#readOther(pa, 4);
  }

  /** Stores 8 bytes at the aligned `pa`; false outside RAM. */
  write64(pa: number, lo: number, hi: number): boolean {
    if (pa >= this.#base && pa < this.#end) {
      const offset = pa - this.#base;
      const chunk = this.#chunkFor((offset / CHUNK_BYTES) | 0);
      const index = (offset & CHUNK_MASK) >>> 2;
      chunk[index] = lo;
      chunk[index + 1] = hi;
      return true;
    }
    return this.#others.some((other) => other.write64(pa, lo, hi));
  }

  /** Stores 4 bytes at the aligned `pa`; false outside RAM. */
  write32(pa: number, value: number): boolean {
    if (pa >= this.#base && pa < this.#end) {
      const offset = pa - this.#base;
      this.#chunkFor((offset / CHUNK_BYTES) | 0)[(offset & CHUNK_MASK) >>> 2] = value;
      return true;
    }
    return this.#others.some((other) => other.write32(pa, value));
  }

  /** Copies `length` bytes out, or undefined when part of the range is not RAM. */
  readBytes(pa: number, length: number): Uint8Array | undefined {
    const bytes = this.contains(pa, length) ? new Uint8Array(length) : undefined;
    if (bytes !== undefined) {
      this.readInto(pa, bytes);
    }
    return bytes;
  }

  /**
   * Copies `length` bytes at `pa` to `target[at]` and on; false, with nothing copied, when part of the
   * range is not RAM.
   */
  readInto(pa: number, target: Uint8Array, at = 0, length = target.length - at): boolean {
    if (!this.contains(pa, length)) {
      return false;
    }
    for (let done = 0; done < length; ) {
      const start = (pa + done) % CHUNK_BYTES;
      const room = Math.min(length - done, CHUNK_BYTES - start);
      const from = this.#bytesOf(pa + done, false);
      if (from === undefined) {
        target.fill(0, at + done, at + done + room);
      } else if (room <= FEW_BYTES) {
        for (let index = 0; index < room; index++) {
          target[at + done + index] = from[start + index] as number;
        }
      } else {
        target.set(pieceOf(from, start, room), at + done);
      }
      done += room;
    }
    return true;
  }

  /**
   * Copies `length` bytes of `source` from `at` on to `pa`; false, with nothing written, when part of the
   * range is not RAM.
   */
  writeBytes(pa: number, source: Uint8Array, at = 0, length = source.length - at): boolean {
    if (!this.contains(pa, length)) {
      return false;
    }
    for (let done = 0; done < length; ) {
      const start = (pa + done) % CHUNK_BYTES;
      const room = Math.min(length - done, CHUNK_BYTES - start);
      const to = this.#bytesOf(pa + done, true);
      if (to === undefined) {
        fail(`no chunk at ${hex(pa + done)}`);
      }
      to.set(pieceOf(source, at + done, room), start);
      done += room;
    }
    return true;
  }

  /** Sets `length` bytes to `value`; false, with nothing written, when part of the range is not RAM. */
  fill(pa: number, length: number, value = 0): boolean {
    if (!this.contains(pa, length)) {
      return false;
    }
    for (let done = 0; done < length; ) {
      const start = (pa + done) % CHUNK_BYTES;
      const room = Math.min(length - done, CHUNK_BYTES - start);
      this.#bytesOf(pa + done, value !== 0 || this.#isLive(pa + done))?.fill(
        value,
        start,
        start + room,
      );
      done += room;
    }
    return true;
  }

  #readOther(pa: number, bytes: 4 | 8): boolean {
    for (const other of this.#others) {
      if (bytes === 8 ? other.read64(pa) : other.read32(pa)) {
        this.lo = other.lo;
        this.hi = other.hi;
        return true;
      }
    }
    return false;
  }

  #chunkFor(index: number): Int32Array {
    let chunk = this.#chunks[index];
    if (chunk === undefined) {
      chunk = new Int32Array(CHUNK_WORDS);
      this.#chunks[index] = chunk;
      this.#bytes[index] = new Uint8Array(chunk.buffer);
      this.#liveChunks++;
    }
    this.#writes[index] = (this.#writes[index] as number) + 1;
    this.#watchedWrites = (this.#watchedWrites + (this.#watched[index] as number)) | 0;
    return chunk;
  }

  /** True when memory at `pa` was ever written. */
  #isLive(pa: number): boolean {
    return this.#bytesOf(pa, false) !== undefined;
  }

  #bytesOf(pa: number, create: boolean): Uint8Array | undefined {
    if (pa < this.#base || pa >= this.#end) {
      return this.#others
        .map((other) => other.#bytesOf(pa, create))
        .find((found) => found !== undefined);
    }
    const index = ((pa - this.#base) / CHUNK_BYTES) | 0;
    if (create) {
      this.#chunkFor(index);
    }
    return this.#bytes[index];
  }
}

/** The bytes themselves when they are all of it. */
function pieceOf(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return at === 0 && length === bytes.length ? bytes : bytes.subarray(at, at + length);
}
