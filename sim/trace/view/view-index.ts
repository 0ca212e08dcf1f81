// An index over a trace that may still grow: kind, lane and stream of each record in three bytes, so that
// filters and pictures never touch the records themselves, and any record by its id at once.

import { ensure } from '../../base/assert.ts';
import { K } from '../kinds.ts';
import type { TraceRecord, TraceSource } from '../reader.ts';
import { decodeRecord } from '../reader.ts';
import type { TraceChunk } from '../recorder.ts';
import { HEADER_WORDS, PAYLOAD_WORDS } from '../recorder.ts';
import { laneOf } from './lanes.ts';
import { LATER, NO_STREAM, StreamTable } from './streams.ts';

/** A place of every this many records is kept. */
const MARK = 64;
/** Records of a chunk that still grows, to begin with. */
const ROOM = 2 ** 12;
/** Records without a stream of their own that wait for one; more than a walk ever needs. */
const MOST_WAITING = 256;
/** `event_result` of events that software never sees. */
const EVENT_OVERFLOW = 1;
const EVENT_DISCARDED = 2;

/** What is known of the records of one chunk, in their order. */
export class ChunkIndex {
  readonly firstId: number;
  /** Records before this chunk. */
  readonly before: number;
  count = 0;
  /** Word at which the next record starts. */
  position = 0;
  kinds: Uint8Array;
  lanes: Uint8Array;
  streams: Uint8Array;
  marks: Int32Array;

  constructor(firstId: number, before: number, room: number) {
    this.firstId = firstId;
    this.before = before;
    this.kinds = new Uint8Array(room);
    this.lanes = new Uint8Array(room);
    this.streams = new Uint8Array(room);
    this.marks = new Int32Array(Math.ceil(room / MARK) + 1);
  }

  /** Makes room for `count` records. */
  reserve(count: number): void {
    if (count > this.kinds.length) {
      const room = Math.max(count, 2 * this.kinds.length);
      this.kinds = grown(this.kinds, room);
      this.lanes = grown(this.lanes, room);
      this.streams = grown(this.streams, room);
      const marks = new Int32Array(Math.ceil(room / MARK) + 1);
      marks.set(this.marks);
      this.marks = marks;
    }
  }
}

function grown(bytes: Uint8Array, room: number): Uint8Array {
  const more = new Uint8Array(room);
  more.set(bytes);
  return more;
}

/** The index. Call {@link update} before asking about records that came since. */
export class ViewIndex {
  readonly source: TraceSource;
  readonly chunks: ChunkIndex[] = [];
  readonly kindCounts: Uint32Array = new Uint32Array(PAYLOAD_WORDS.length);
  readonly #table = new StreamTable();
  readonly #waiting: { readonly chunk: ChunkIndex; readonly slot: number }[] = [];
  readonly #events: number[] = [];

  constructor(source: TraceSource) {
    this.source = source;
    this.update();
  }

  /** Records that are kept. */
  get total(): number {
    const last = this.chunks.at(-1);
    return last === undefined ? 0 : last.before + last.count;
  }

  /** The streams so far; stream number n stands at n - 1. */
  get streams(): StreamTable['streams'] {
    return this.#table.streams;
  }

  /** Ids of the events that software could see; event 1 first. */
  get events(): readonly number[] {
    return this.#events;
  }

  /** Takes in the records that came since the last call. */
  update(): void {
    const { chunks } = this.source;
    for (let at = Math.max(0, this.chunks.length - 1); at < chunks.length; at++) {
      const chunk = chunks[at] as TraceChunk;
      const room = at < chunks.length - 1 ? chunk.count : Math.max(ROOM, chunk.count);
      let index = this.chunks[at];
      if (index === undefined) {
        index = new ChunkIndex(chunk.firstId, this.total, room);
        this.chunks.push(index);
      }
      if (index.count < chunk.count) {
        this.#take(chunk, index);
      }
    }
  }

  /** The record with this id, or undefined when there is none. */
  record(id: number): TraceRecord | undefined {
    const at = this.chunkAt(id, 'firstId');
    const index = this.chunks[at];
    const slot = index === undefined ? -1 : id - index.firstId;
    return index === undefined || slot < 0 || slot >= index.count
      ? undefined
      : this.#decode(at, index, slot);
  }

  /** The record at a position, 0 for the oldest. */
  at(position: number): TraceRecord {
    const at = this.chunkAt(position, 'before');
    const index = ensure(this.chunks[at], 'a chunk at this position');
    return this.#decode(at, index, position - index.before);
  }

  /** Position of a record; of one that is not kept, of the next that is. */
  positionOf(id: number): number {
    const index = this.chunks[this.chunkAt(id, 'firstId')];
    return index === undefined
      ? 0
      : index.before + Math.min(Math.max(0, id - index.firstId), index.count);
  }

  /** Index of the last chunk that starts at or before an id or a position. */
  chunkAt(value: number, what: 'firstId' | 'before'): number {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.chunks[middle] as ChunkIndex)[what] <= value) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** Ids of the first `most` records with this cause, among the `reach` records that follow it. */
  causedBy(id: number, most: number, reach: number): number[] {
    const found: number[] = [];
    const first = this.positionOf(id) + 1;
    const last = Math.min(this.total, first + reach);
    for (let at = this.chunkAt(first, 'before'); at < this.chunks.length; at++) {
      const index = this.chunks[at] as ChunkIndex;
      if (index.before >= last || found.length >= most) {
        break;
      }
      const { words } = this.source.chunks[at] as TraceChunk;
      const end = Math.min(index.count, last - index.before);
      let slot = Math.floor(Math.max(0, first - index.before) / MARK) * MARK;
      let place = index.marks[slot / MARK] as number;
      for (; slot < end && found.length < most; slot++) {
        if (words[place + 1] === (id | 0)) {
          found.push(index.firstId + slot);
        }
        place += HEADER_WORDS + (PAYLOAD_WORDS[words[place] as number] as number);
      }
    }
    return found;
  }

  #decode(at: number, index: ChunkIndex, slot: number): TraceRecord {
    const { words } = this.source.chunks[at] as TraceChunk;
    let place = index.marks[Math.floor(slot / MARK)] as number;
    for (let behind = slot % MARK; behind > 0; behind--) {
      place += HEADER_WORDS + (PAYLOAD_WORDS[words[place] as number] as number);
    }
    return decodeRecord(this.source.texts, words, place, index.firstId + slot);
  }

  #take({ words, count }: TraceChunk, index: ChunkIndex): void {
    index.reserve(count);
    let at = index.position;
    for (let slot = index.count; slot < count; slot++) {
      const kind = words[at] as number;
      if (slot % MARK === 0) {
        index.marks[slot / MARK] = at;
      }
      index.kinds[slot] = kind;
      index.lanes[slot] = laneOf(words, at);
      index.streams[slot] = this.#streamOf(words, at, index, slot);
      this.kindCounts[kind] = (this.kindCounts[kind] as number) + 1;
      if (kind === K.event) {
        this.#events.push(index.firstId + slot);
      } else if (kind === K.event_result) {
        this.#noteResult(words[at + HEADER_WORDS] as number, (words[at + 1] as number) >>> 0);
      }
      at += HEADER_WORDS + (PAYLOAD_WORDS[kind] as number);
    }
    index.position = at;
    index.count = count;
  }

  /** The stream of a record; one that does not name its own gets it when the next does. */
  #streamOf(words: Int32Array, at: number, chunk: ChunkIndex, slot: number): number {
    const stream = this.#table.of(words, at);
    if (stream === LATER) {
      if (this.#waiting.length < MOST_WAITING) {
        this.#waiting.push({ chunk, slot });
      }
      return NO_STREAM;
    }
    if (stream !== NO_STREAM && this.#waiting.length > 0) {
      for (const one of this.#waiting) {
        one.chunk.streams[one.slot] = stream;
      }
      this.#waiting.length = 0;
    } else if (words[at] === K.command) {
      this.#waiting.length = 0;
    }
    return stream;
  }

  #noteResult(result: number, event: number): void {
    if (result === EVENT_OVERFLOW || result === EVENT_DISCARDED) {
      const at = this.#events.lastIndexOf(event);
      if (at >= 0) {
        this.#events.splice(at, 1);
      }
    }
  }
}
