// Which records a list shows, counted chunk by chunk: a row's record and a record's row are found without
// going through the whole trace. Grows with it.

import { TRACE_KIND_NAMES } from '../kinds.ts';
import type { ChunkIndex, ViewIndex } from './view-index.ts';

/** What is wanted; an absent part means all. */
export interface RowWish {
  readonly kinds?: readonly string[];
  /** Number of a stream. */
  readonly stream?: number;
}

/** The rows of one filter over one index. */
export class RowFilter {
  readonly #index: ViewIndex;
  readonly #wanted: Uint8Array;
  readonly #stream: number | undefined;
  readonly #all: boolean;
  /** Rows before each chunk; one more than chunks that are counted. */
  readonly #before: number[] = [0];
  /** Records of the last counted chunk that are counted. */
  #counted = 0;

  constructor(index: ViewIndex, wish: RowWish) {
    this.#index = index;
    this.#stream = wish.stream;
    const { kinds } = wish;
    this.#wanted = Uint8Array.from(TRACE_KIND_NAMES, (kind) =>
      kinds === undefined || kinds.includes(kind) ? 1 : 0,
    );
    this.#all = wish.stream === undefined && kinds === undefined;
  }

  /** Rows so far. */
  get rows(): number {
    if (this.#all) {
      return this.#index.total;
    }
    this.#update();
    return this.#before.at(-1) as number;
  }

  /** Whether the record in a chunk's slot is shown. */
  shows(chunk: ChunkIndex, slot: number): boolean {
    return (
      this.#wanted[chunk.kinds[slot] as number] === 1 &&
      (this.#stream === undefined || chunk.streams[slot] === this.#stream)
    );
  }

  /** Positions of up to `count` rows from row `from` on. */
  positions(from: number, count: number): number[] {
    const last = Math.min(from + count, this.rows);
    if (this.#all) {
      return Array.from({ length: Math.max(0, last - from) }, (_, at) => from + at);
    }
    const found: number[] = [];
    const { chunks } = this.#index;
    let at = this.#chunkOfRow(from);
    let skip = from - (this.#before[at] ?? 0);
    for (; at < chunks.length && found.length < last - from; at++) {
      const chunk = chunks[at] as ChunkIndex;
      for (let slot = 0; slot < chunk.count && found.length < last - from; slot++) {
        if (this.shows(chunk, slot) && skip-- <= 0) {
          found.push(chunk.before + slot);
        }
      }
      skip = Math.max(skip, 0);
    }
    return found;
  }

  /** Row of the first shown record at or after a position. */
  rowAt(position: number): number {
    if (this.#all) {
      return Math.min(position, this.#index.total);
    }
    this.#update();
    const at = this.#index.chunkAt(position, 'before');
    const chunk = this.#index.chunks[at];
    if (chunk === undefined) {
      return 0;
    }
    const end = Math.min(chunk.count, position - chunk.before);
    return (this.#before[at] as number) + this.#count(chunk, 0, end);
  }

  #update(): void {
    const { chunks } = this.#index;
    if (this.#stream !== undefined) {
      // A walk's records get their stream when its end comes: those of the last two chunks may have changed.
      this.#before.length = Math.max(1, this.#before.length - 2);
      this.#counted = this.#before.length === 1 ? 0 : Number.MAX_SAFE_INTEGER;
    }
    for (let at = Math.max(0, this.#before.length - 2); at < chunks.length; at++) {
      const chunk = chunks[at] as ChunkIndex;
      const isNew = at === this.#before.length - 1;
      if (isNew) {
        this.#before.push(this.#before[at] as number);
        this.#counted = 0;
      }
      const more = this.#count(chunk, this.#counted, chunk.count);
      this.#before[at + 1] = (this.#before[at + 1] as number) + more;
      this.#counted = chunk.count;
    }
  }

  #count(chunk: ChunkIndex, from: number, end: number): number {
    let count = 0;
    for (let slot = from; slot < end; slot++) {
      count += this.shows(chunk, slot) ? 1 : 0;
    }
    return count;
  }

  /** Index of the chunk that holds a row. */
  #chunkOfRow(row: number): number {
    let low = 0;
    let high = this.#before.length - 2;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#before[middle] as number) <= row) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return Math.max(0, low);
  }
}
