// ASID and VMID numbers of one SMMU: a bitmap, lowest free first (arm_smmu_bitmap_alloc).

import { ENOSPC } from '../errno.ts';

/** Numbers 0 .. 2^bits - 1. */
export class IdBitmap {
  readonly #used: Uint8Array;
  #hint = 0;

  constructor(bits: number) {
    this.#used = new Uint8Array(2 ** bits);
  }

  /** Marks a number as taken without handing it out. */
  reserve(id: number): void {
    this.#used[id] = 1;
  }

  /** The lowest free number, or -ENOSPC. */
  alloc(): number {
    const id = this.#used.indexOf(0, this.#hint);
    if (id < 0) {
      return -ENOSPC;
    }
    this.#used[id] = 1;
    this.#hint = id + 1;
    return id;
  }

  /** The lowest free number from `first` on, or -ENOSPC. */
  allocFrom(first: number): number {
    const id = this.#used.indexOf(0, first);
    if (id < 0) {
      return -ENOSPC;
    }
    this.#used[id] = 1;
    return id;
  }

  free(id: number): void {
    this.#used[id] = 0;
    this.#hint = Math.min(this.#hint, id);
  }

  /** How many numbers there are. */
  get size(): number {
    return this.#used.length;
  }

  /** Numbers in use. */
  get count(): number {
    return this.#used.reduce((sum, used) => sum + used, 0);
  }

  has(id: number): boolean {
    return this.#used[id] === 1;
  }
}
