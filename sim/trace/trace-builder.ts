// Builds a trace out of records that come from somewhere else (a file): the same chunks as the
// recorder's, so that every view and export reads live sessions and opened ones alike.

import { hi32 } from '../base/hex.ts';
import type { TraceSource } from './reader.ts';
import type { TraceChunk } from './recorder.ts';
import { HEADER_WORDS } from './recorder.ts';

const CHUNK_WORDS = 2 ** 18;

/** The header of a record to add. */
export interface RecordHead {
  readonly id: number;
  /** Number of the kind, an index of `TRACE_KIND_NAMES`. */
  readonly kind: number;
  readonly cause: number;
  /** Ticks, nanoseconds. */
  readonly time: number;
}

/** A trace that grows by records with ids of their own; ids rise, gaps are allowed. */
export class TraceBuilder implements TraceSource {
  readonly #chunks: TraceChunk[] = [];
  readonly #texts: string[] = [''];
  readonly #textIds = new Map<string, number>([['', 0]]);
  /** Words of the chunk that grows; copied out, cut to size, when it is closed. */
  readonly #open = new Int32Array(CHUNK_WORDS);
  #firstId = 1;
  #used = 0;
  #count = 0;
  #size = 0;

  /** Words and characters / 2 held so far: a measure of memory, four bytes each. */
  get size(): number {
    return this.#size;
  }

  get texts(): readonly string[] {
    return this.#texts;
  }

  /** The chunks; closes the one that grows. */
  get chunks(): readonly TraceChunk[] {
    this.#close();
    return this.#chunks;
  }

  /** Id of a text in {@link texts}. */
  intern(text: string): number {
    let id = this.#textIds.get(text);
    if (id === undefined) {
      id = this.#texts.length;
      this.#texts.push(text);
      this.#textIds.set(text, id);
      this.#size += 16 + (text.length >> 1);
    }
    return id;
  }

  /** Appends a record with the first `length` words of `payload`. Its id must be above all others. */
  add(head: RecordHead, payload: Int32Array, length: number): void {
    if (head.id !== this.#firstId + this.#count || this.#used + 16 > CHUNK_WORDS) {
      this.#close();
    }
    if (this.#count === 0) {
      this.#firstId = head.id;
    }
    const words = this.#open;
    const at = this.#used;
    words[at] = head.kind;
    words[at + 1] = head.cause;
    words[at + 2] = head.time | 0;
    words[at + 3] = hi32(head.time);
    for (let n = 0; n < length; n++) {
      words[at + HEADER_WORDS + n] = payload[n] as number;
    }
    this.#used = at + HEADER_WORDS + length;
    this.#size += HEADER_WORDS + length;
    this.#count++;
  }

  #close(): void {
    if (this.#count === 0) {
      return;
    }
    const words = this.#open.slice(0, this.#used);
    this.#chunks.push({ firstId: this.#firstId, words, used: this.#used, count: this.#count });
    this.#firstId += this.#count;
    this.#used = 0;
    this.#count = 0;
  }
}
