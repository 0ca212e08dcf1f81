// The newest reads by the SMMU of each word, with the values that it read. Older ones are forgotten: who
// asks about an old event finds them in the trace.

/** A read: its record, and the 64-bit value as halves. */
export interface Fetch {
  readonly id: number;
  readonly lo: number;
  readonly hi: number;
}

/** Reads kept of each word: one access may read a word several times, and a few accesses one after another. */
const KEPT = 4;

/** Answer where the read may be one that is not kept any more. */
export const FORGOTTEN = 'forgotten';

/** Reads by address. */
export class FetchHistory {
  /** Newest first. */
  readonly #reads = new Map<number, Fetch[]>();

  /** Takes in a read of the word at `pa`; one that was aborted (`ok` false) brought no value. */
  add(pa: number, fetch: Fetch, ok: boolean): void {
    if (!ok) {
      return;
    }
    const reads = this.#reads.get(pa);
    if (reads === undefined) {
      this.#reads.set(pa, [fetch]);
      return;
    }
    reads.unshift(fetch);
    reads.length = Math.min(reads.length, KEPT);
  }

  /** The newest read of the word at `pa` before record `record`. */
  before(pa: number, record: number): Fetch | typeof FORGOTTEN | undefined {
    const reads = this.#reads.get(pa) ?? [];
    const found = reads.find(({ id }) => id < record);
    return found ?? (reads.length === KEPT ? FORGOTTEN : undefined);
  }
}
