// Any record of a finished trace by its id, at once, and the script's call that caused it. Twelve bytes
// a record.

import { K } from './kinds.ts';
import type { TraceRecord, TraceSource } from './reader.ts';
import { decodeRecord, scanTrace } from './reader.ts';
import type { TraceChunk } from './recorder.ts';
import { HEADER_WORDS } from './recorder.ts';

/** Word of a call's payload that holds the line. */
const CALL_LINE = HEADER_WORDS + 2;

/** Index over a source that does not grow any more. Ids may have gaps. */
export class TraceIndex {
  readonly #source: TraceSource;
  readonly #chunks: readonly TraceChunk[];
  /** Records before each chunk. */
  readonly #before: readonly number[];
  /** Word where each record starts in its chunk, in order of the records. */
  readonly #places: Int32Array;
  /** Innermost script call around each record, itself included; 0 for none. */
  readonly #scriptCalls: Float64Array;

  constructor(source: TraceSource) {
    this.#source = source;
    this.#chunks = source.chunks;
    let total = 0;
    this.#before = this.#chunks.map(({ count }) => {
      total += count;
      return total - count;
    });
    this.#places = new Int32Array(total);
    this.#scriptCalls = new Float64Array(total);
    let slot = 0;
    scanTrace(source, (kind, id, words, at) => {
      const inScript = kind === K.call && words[at + CALL_LINE] !== 0;
      this.#places[slot] = at;
      this.#scriptCalls[slot] = inScript ? id : this.scriptCallOf((words[at + 1] as number) >>> 0);
      slot++;
    });
  }

  /** The record with this id, or undefined when it is not kept. */
  record(id: number): TraceRecord | undefined {
    const chunk = this.#chunkOf(id);
    const slot = this.#slotOf(id);
    if (chunk === undefined || slot < 0) {
      return undefined;
    }
    return decodeRecord(this.#source.texts, chunk.words, this.#places[slot] as number, id);
  }

  /** Id of the innermost script call that caused the record, itself included; 0 for none. */
  scriptCallOf(id: number): number {
    const slot = this.#slotOf(id);
    return slot < 0 ? 0 : (this.#scriptCalls[slot] as number);
  }

  /** The innermost script call that caused the record, itself included. */
  scriptCall(id: number): TraceRecord | undefined {
    return this.record(this.scriptCallOf(id));
  }

  /** The record and its causes, innermost first. */
  chain(id: number): TraceRecord[] {
    const chain: TraceRecord[] = [];
    for (let record = this.record(id); record !== undefined; record = this.record(record.cause)) {
      chain.push(record);
    }
    return chain;
  }

  /** Position of a record in the order of all, or -1 when it is not kept. */
  #slotOf(id: number): number {
    const at = this.#chunkIndex(id);
    const chunk = this.#chunks[at];
    const offset = chunk === undefined ? -1 : id - chunk.firstId;
    return chunk === undefined || offset < 0 || offset >= chunk.count
      ? -1
      : (this.#before[at] as number) + offset;
  }

  #chunkOf(id: number): TraceChunk | undefined {
    return this.#chunks[this.#chunkIndex(id)];
  }

  /** The last chunk that starts at or before `id`. */
  #chunkIndex(id: number): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#chunks[middle] as TraceChunk).firstId <= id) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
