// Register accesses of a driver: through the bus, recorded as the cause of what the hardware then does.

import { fail } from '../base/assert.ts';
import { hex } from '../base/hex.ts';
import type { SystemBus } from '../machine/system-bus.ts';
import { K } from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';

/** An ioremapped window of registers; offsets in bytes from `base`. */
export class MmioRegion {
  readonly base: number;
  readonly size: number;
  readonly #bus: SystemBus;
  readonly #recorder: Recorder;

  constructor(bus: SystemBus, recorder: Recorder, base: number, size: number) {
    this.#bus = bus;
    this.#recorder = recorder;
    this.base = base;
    this.size = size;
  }

  /** 32-bit read, unsigned. @throws AssertionError when no device answers. */
  readl(offset: number): number {
    const value = this.#bus.read32(this.base + offset) ?? this.#nobody(offset);
    this.#recorder.emit(K.mmio_read, offset, 32, value | 0, 0);
    return value;
  }

  /** 64-bit read. @throws AssertionError when no device answers. */
  readq(offset: number): bigint {
    const value = this.#bus.read64(this.base + offset) ?? this.#nobody(offset);
    this.#recorder.emit(
      K.mmio_read,
      offset,
      64,
      Number(BigInt.asIntN(32, value)),
      Number(BigInt.asIntN(32, value >> 32n)),
    );
    return value;
  }

  /** 32-bit write. What the device does at once is recorded as caused by it. */
  writel(offset: number, value: number): void {
    const recorder = this.#recorder;
    const cause = recorder.cause;
    const id = recorder.emit(K.mmio_write, offset, 32, value, 0);
    recorder.cause = id === 0 ? cause : id;
    const answered = this.#bus.write32(this.base + offset, value);
    recorder.cause = cause;
    if (!answered) {
      this.#nobody(offset);
    }
  }

  /** 64-bit write of two halves. */
  writeq(offset: number, lo: number, hi: number): void {
    const recorder = this.#recorder;
    const cause = recorder.cause;
    const id = recorder.emit(K.mmio_write, offset, 64, lo, hi);
    recorder.cause = id === 0 ? cause : id;
    const answered = this.#bus.write64(this.base + offset, lo, hi);
    recorder.cause = cause;
    if (!answered) {
      this.#nobody(offset);
    }
  }

  #nobody(offset: number): never {
    fail(`no device at ${hex(this.base + offset)}`);
  }
}
