// The newest records of some kinds, and how many there ever were: kept as the trace grows, so that a look
// at a queue costs what came since the last one.

import type { TraceSource } from '../trace/reader.ts';
import { TraceCursor } from '../trace/reader.ts';

/** Newest records that are kept of each kind. */
export const KEPT = 256;

/** Counts and newest ids, by kind (numbers of `K`). */
export class NewestRecords {
  readonly #cursor: TraceCursor;
  readonly #seen: ReadonlyMap<number, { total: number; ids: number[] }>;

  constructor(source: TraceSource, kinds: readonly number[]) {
    this.#cursor = new TraceCursor(source);
    this.#seen = new Map(kinds.map((kind) => [kind, { total: 0, ids: [] }]));
  }

  /** Takes in the records that came since. */
  update(): void {
    this.#cursor.read((kind, id) => {
      const seen = this.#seen.get(kind);
      if (seen !== undefined) {
        seen.total++;
        seen.ids.push(id);
        if (seen.ids.length >= 2 * KEPT) {
          seen.ids.splice(0, KEPT);
        }
      }
    });
  }

  /** Records of the kind so far. */
  total(kind: number): number {
    return this.#seen.get(kind)?.total ?? 0;
  }

  /** Ids of the newest, newest first. */
  newest(kind: number): number[] {
    return (this.#seen.get(kind)?.ids ?? []).slice(-KEPT).reverse();
  }
}
