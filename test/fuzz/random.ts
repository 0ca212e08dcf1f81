// Seeded random numbers for the fuzzer: the same seed makes the same run.

/** A small generator (mulberry32) with the choices that a fuzzer makes. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** 32 random bits, unsigned. */
  bits(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor((this.bits() / 2 ** 32) * limit);
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** A word as drivers and bugs write them: few bits, all bits, small, or anything. */
  word(): number {
    switch (this.below(5)) {
      case 0:
        return 0;
      case 1:
        return this.below(64);
      case 2:
        return (1 << this.below(32)) | (1 << this.below(32));
      case 3:
        return ~(1 << this.below(32));
      default:
        return this.bits() | 0;
    }
  }
}
