// A queue that the SMMU writes and software reads: Event queue and PRI queue (IHI 0070 3.5).
// Aborts of queue writes are synchronous: PROD does not move, the record is lost.

import { join } from '../base/hex.ts';
import type { PhysicalMemory } from '../machine/memory.ts';
import { entryOf, isEmpty, isFull, nextIndex } from './queue.ts';
import type { RegisterCell, RegisterFile } from './register-file.ts';

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

/** Effective base of a queue of `bytes`, a power of two: aligned to its size, at least to 32 bytes. */
export function alignedBase(lo: number, hi: number, bytes: number): number {
  return join(lo & ~0x1f & -bytes, hi & 0x000f_ffff);
}

/** Effective LOG2SIZE of a base register. */
export function effectiveLog2Size(baseLo: number, most: number): number {
  return Math.min(baseLo & 0x1f, most);
}

/** The producer's side of one queue. */
export class OutputQueue {
  readonly #base: RegisterCell;
  readonly #prod: RegisterCell;
  readonly #cons: RegisterCell;
  readonly #memory: PhysicalMemory;
  readonly shape: OutputQueueShape;

  constructor(shape: OutputQueueShape, registers: RegisterFile, memory: PhysicalMemory) {
    this.shape = shape;
    this.#base = registers.cell(shape.base);
    this.#prod = registers.cell(shape.prod);
    this.#cons = registers.cell(shape.cons);
    this.#memory = memory;
  }

  get log2Size(): number {
    return effectiveLog2Size(this.#base.lo, this.shape.maxLog2Size);
  }

  get isFull(): boolean {
    return isFull(this.#prod.lo, this.#cons.lo, this.log2Size);
  }

  get isEmpty(): boolean {
    return isEmpty(this.#prod.lo, this.#cons.lo, this.log2Size);
  }

  /** Index of the next entry to be written. */
  get writeIndex(): number {
    return entryOf(this.#prod.lo, this.log2Size);
  }

  /** An overflow that software has not acknowledged. */
  get inOverflow(): boolean {
    return ((this.#prod.lo ^ this.#cons.lo) & OVERFLOW) !== 0;
  }

  /** Toggles OVFLG, unless an overflow is there already. */
  enterOverflow(): void {
    if (!this.inOverflow) {
      this.#prod.set(this.#prod.lo ^ OVERFLOW);
    }
  }

  /** Writes an entry and moves PROD past it; the queue must not be full. */
  push(words: Int32Array): PushResult {
    const { entryWords } = this.shape;
    const log2Size = this.log2Size;
    const bytes = entryWords * 4;
    const start = alignedBase(this.#base.lo, this.#base.hi, bytes << log2Size);
    const pa = start + this.writeIndex * bytes;
    for (let word = 0; word < entryWords; word += 2) {
      if (!this.#memory.write64(pa + word * 4, words[word] ?? 0, words[word + 1] ?? 0)) {
        return 'aborted';
      }
    }
    const first = this.isEmpty;
    const prod = this.#prod.lo;
    this.#prod.set((prod & OVERFLOW) | nextIndex(prod, log2Size));
    return first ? 'written-first' : 'written';
  }
}
