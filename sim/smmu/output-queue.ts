// A queue that the SMMU writes and software reads: Event queue and PRI queue (IHI 0070 3.5).
// Aborts of queue writes are synchronous: PROD does not move, the record is lost.

import { join } from '../base/hex.ts';
import type { PhysicalMemory } from '../machine/memory.ts';
import { entryOf, indexMask, isEmpty, isFull, nextIndex } from './queue.ts';
import type { RegisterFile } from './register-file.ts';

/** Overflow flag in PROD, its acknowledgement in CONS. */
const OVERFLOW = 1 << 31;

/** Which registers a queue is made of. */
export interface OutputQueueShape {
  readonly base: 'EVENTQ_BASE' | 'PRIQ_BASE';
  readonly prod: 'EVENTQ_PROD' | 'PRIQ_PROD';
  readonly cons: 'EVENTQ_CONS' | 'PRIQ_CONS';
  readonly entryWords: number;
  /** log2 of the most entries, from IDR1. */
  readonly maxLog2Size: number;
}

/** What became of a pushed entry. */
export type PushResult = 'written' | 'written-first' | 'aborted';

/** Effective base of a queue: aligned to its size, at least to 32 bytes. */
export function alignedBase(lo: number, hi: number, bytes: number): number {
  const address = join(lo & ~0x1f, hi & 0x000f_ffff);
  return address - (address % Math.max(32, bytes));
}

/** Effective LOG2SIZE of a base register. */
export function effectiveLog2Size(baseLo: number, most: number): number {
  return Math.min(baseLo & 0x1f, most);
}

/** The producer's side of one queue. */
export class OutputQueue {
  readonly #registers: RegisterFile;
  readonly #memory: PhysicalMemory;
  readonly shape: OutputQueueShape;

  constructor(shape: OutputQueueShape, registers: RegisterFile, memory: PhysicalMemory) {
    this.shape = shape;
    this.#registers = registers;
    this.#memory = memory;
  }

  get log2Size(): number {
    return effectiveLog2Size(this.#registers.lo(this.shape.base), this.shape.maxLog2Size);
  }

  get isFull(): boolean {
    return isFull(this.#prod, this.#cons, this.log2Size);
  }

  get isEmpty(): boolean {
    return isEmpty(this.#prod, this.#cons, this.log2Size);
  }

  /** Index of the next entry to be written. */
  get writeIndex(): number {
    return entryOf(this.#prod, this.log2Size);
  }

  /** An overflow that software has not acknowledged. */
  get inOverflow(): boolean {
    return ((this.#prod ^ this.#cons) & OVERFLOW) !== 0;
  }

  /** Toggles OVFLG, unless an overflow is there already. */
  enterOverflow(): void {
    if (!this.inOverflow) {
      this.#registers.set(this.shape.prod, this.#prod ^ OVERFLOW);
    }
  }

  /** Writes an entry and moves PROD past it; the queue must not be full. */
  push(words: Int32Array): PushResult {
    const { entryWords, base } = this.shape;
    const log2Size = this.log2Size;
    const bytes = entryWords * 4;
    const start = alignedBase(
      this.#registers.lo(base),
      this.#registers.hi(base),
      bytes * 2 ** log2Size,
    );
    const pa = start + entryOf(this.#prod, log2Size) * bytes;
    for (let word = 0; word < entryWords; word += 2) {
      if (!this.#memory.write64(pa + word * 4, words[word] ?? 0, words[word + 1] ?? 0)) {
        return 'aborted';
      }
    }
    const first = this.isEmpty;
    const flags = this.#prod & ~indexMask(log2Size) & OVERFLOW;
    this.#registers.set(this.shape.prod, flags | nextIndex(this.#prod, log2Size));
    return first ? 'written-first' : 'written';
  }

  get #prod(): number {
    return this.#registers.lo(this.shape.prod);
  }

  get #cons(): number {
    return this.#registers.lo(this.shape.cons);
  }
}
