// The address map: RAM and memory-mapped devices. CPUs reach devices only here, and so do MSI writes.

import { assert } from '../base/assert.ts';
import { hex } from '../base/hex.ts';
import type { PhysicalMemory } from './memory.ts';

/** A device with registers. Offsets in bytes from its window; values as signed 32-bit halves. */
export interface MmioDevice {
  readonly name: string;
  read32(offset: number): number;
  write32(offset: number, value: number): void;
  /** Leaves the halves in `out[0]` (low) and `out[1]` (high). */
  read64(offset: number, out: Int32Array): void;
  write64(offset: number, lo: number, hi: number): void;
}

interface Window {
  readonly base: number;
  readonly size: number;
  readonly device: MmioDevice;
}

/** Routes physical accesses. An access that nothing answers is false or undefined: an external abort. */
export class SystemBus {
  readonly memory: PhysicalMemory;
  readonly #windows: Window[] = [];
  readonly #pair = new Int32Array(2);

  constructor(memory: PhysicalMemory) {
    this.memory = memory;
  }

  /** @throws AssertionError when the window overlaps RAM or another device. */
  attach(base: number, size: number, device: MmioDevice): void {
    const clash =
      this.memory.regions.some((ram) => base < ram.base + ram.size && ram.base < base + size) ||
      this.#windows.some((other) => base < other.base + other.size && other.base < base + size);
    assert(!clash, `${device.name}: window ${hex(base)}+${hex(size)} overlaps`);
    this.#windows.push({ base, size, device });
  }

  /** 32-bit read, or undefined when nothing answers. Unsigned. */
  read32(pa: number): number | undefined {
    const window = this.#windowAt(pa);
    if (window !== undefined) {
      return window.device.read32(pa - window.base) >>> 0;
    }
    return this.memory.read32(pa) ? this.memory.lo >>> 0 : undefined;
  }

  write32(pa: number, value: number): boolean {
    const window = this.#windowAt(pa);
    if (window === undefined) {
      return this.memory.write32(pa, value);
    }
    window.device.write32(pa - window.base, value | 0);
    return true;
  }

  /** 64-bit read as a bigint (register reads of the kernel side), or undefined when nothing answers. */
  read64(pa: number): bigint | undefined {
    const window = this.#windowAt(pa);
    if (window !== undefined) {
      window.device.read64(pa - window.base, this.#pair);
      return BigInt.asUintN(
        64,
        (BigInt(this.#pair[1] ?? 0) << 32n) | BigInt((this.#pair[0] ?? 0) >>> 0),
      );
    }
    if (!this.memory.read64(pa)) {
      return undefined;
    }
    return BigInt.asUintN(64, (BigInt(this.memory.hi) << 32n) | BigInt(this.memory.lo >>> 0));
  }

  write64(pa: number, lo: number, hi: number): boolean {
    const window = this.#windowAt(pa);
    if (window === undefined) {
      return this.memory.write64(pa, lo, hi);
    }
    window.device.write64(pa - window.base, lo, hi);
    return true;
  }

  #windowAt(pa: number): Window | undefined {
    for (const window of this.#windows) {
      if (pa >= window.base && pa < window.base + window.size) {
        return window;
      }
    }
    return undefined;
  }
}
