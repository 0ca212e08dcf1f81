// What `void *` is in a script: memory that the kernel can read and write, with its physical pages.

import { assert } from '../../base/assert.ts';
import { big, bigHi, bigLo, hex, hi32, lo32 } from '../../base/hex.ts';
import type { PhysicalMemory } from '../../machine/memory.ts';
import { PAGE_SIZE } from './page-zone.ts';

/** A part of a buffer that is physically contiguous, bytes. */
export interface PhysicalRun {
  readonly pa: number;
  readonly size: number;
}

/**
 * Memory under a kernel address. `linear` memory (kmalloc, page_address) is physically contiguous;
 * a coherent allocation behind an IOMMU is a collection of pages.
 */
export class KernelBuffer {
  /** Bytes. */
  readonly size: number;
  readonly linear: boolean;
  readonly #memory: PhysicalMemory;
  readonly #pages: readonly number[];
  readonly #base: number;

  /** @param pages physical address of each page in order; the buffer starts `offset` bytes into the first */
  private constructor(
    memory: PhysicalMemory,
    pages: readonly number[],
    offset: number,
    size: number,
    linear: boolean,
  ) {
    this.#memory = memory;
    this.#pages = pages;
    this.#base = offset;
    this.size = size;
    this.linear = linear;
  }

  /** A buffer of the linear map. */
  static at(memory: PhysicalMemory, pa: number, size: number): KernelBuffer {
    return new KernelBuffer(memory, [pa], 0, size, true);
  }

  /** A buffer over pages that need not be neighbours. */
  static over(memory: PhysicalMemory, pages: readonly number[], size: number): KernelBuffer {
    return new KernelBuffer(memory, pages, 0, size, false);
  }

  /** Physical address (bytes) of the byte at `offset`. */
  phys(offset = 0): number {
    const at = this.#base + offset;
    if (this.linear) {
      return (this.#pages[0] ?? 0) + at;
    }
    return (this.#pages[Math.floor(at / PAGE_SIZE)] ?? 0) + (at % PAGE_SIZE);
  }

  /** A pointer `offset` bytes further on. */
  add(offset: number): KernelBuffer {
    this.#check(offset, 0);
    return new KernelBuffer(
      this.#memory,
      this.#pages,
      this.#base + offset,
      this.size - offset,
      this.linear,
    );
  }

  /** Where `length` bytes from `offset` are. @throws RangeError past the end of the buffer */
  physicalRuns(offset: number, length: number): PhysicalRun[] {
    return [...this.#runs(offset, length)];
  }

  /** Copies `length` bytes out. @throws RangeError past the end of the buffer */
  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (const { pa, size, from } of this.#runs(offset, length)) {
      bytes.set(this.#memory.readBytes(pa, size) ?? [], from);
    }
    return bytes;
  }

  /** Copies `bytes` in. @throws RangeError past the end of the buffer */
  write(offset: number, bytes: Uint8Array): void {
    for (const { pa, size, from } of this.#runs(offset, bytes.length)) {
      const written = this.#memory.writeBytes(pa, bytes.subarray(from, from + size));
      assert(written, `kernel buffer outside RAM at ${hex(pa)}`);
    }
  }

  /** Sets `length` bytes to `value`, as memset does. */
  fill(value: number, offset = 0, length = this.size - offset): void {
    for (const { pa, size } of this.#runs(offset, length)) {
      this.#memory.fill(pa, size, value);
    }
  }

  /** The 32-bit word at `offset` (little-endian, unsigned). */
  get32(offset: number): number {
    const bytes = this.read(offset, 4);
    return new DataView(bytes.buffer).getUint32(0, true);
  }

  set32(offset: number, value: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    this.write(offset, bytes);
  }

  /** The 64-bit word at `offset` (little-endian). */
  get64(offset: number): bigint {
    return big(this.get32(offset), this.get32(offset + 4));
  }

  set64(offset: number, value: number | bigint): void {
    const wide = typeof value === 'bigint';
    this.set32(offset, wide ? bigLo(value) : lo32(value));
    this.set32(offset + 4, wide ? bigHi(value) : hi32(value));
  }

  *#runs(offset: number, length: number): Generator<PhysicalRun & { from: number }> {
    this.#check(offset, length);
    for (let done = 0; done < length; ) {
      const pa = this.phys(offset + done);
      const room = this.linear ? length - done : PAGE_SIZE - (pa % PAGE_SIZE);
      const size = Math.min(length - done, room);
      yield { pa, size, from: done };
      done += size;
    }
  }

  #check(offset: number, length: number): void {
    if (offset < 0 || length < 0 || offset + length > this.size) {
      throw new RangeError(
        `access of ${length} bytes at offset ${offset} of a buffer of ${this.size} bytes`,
      );
    }
  }
}
