// What the trace knows of memory and registers at any moment of a session: each word's value as of a
// record, and the record that wrote it. Built incrementally; records are read without decoding.
// Limit: a device's own writes are known by page only, so what they may have changed is "uncertain".

import { K } from '../trace/kinds.ts';
import type { TraceRecord, TraceSource } from '../trace/reader.ts';
import { causeChain, recordById, scanTrace, TraceCursor } from '../trace/reader.ts';
import { HEADER_WORDS } from '../trace/recorder.ts';
import { FetchHistory } from './fetch-history.ts';
import { WordHistory } from './word-history.ts';

const TWO_32 = 2 ** 32;
const PAGE = 4096;
const TXN_WRITE = 1;
/** Values of `event_result` for records that never reached the queue. */
const EVENT_OVERFLOW = 1;
const EVENT_DISCARDED = 2;

/** A 64-bit word as of some record. */
export interface WordAt {
  readonly lo: number;
  readonly hi: number;
  /** Record that wrote it: a store, or the allocation that zeroed it; 0 when nothing ever did. */
  readonly writer: number;
  /** True when a device may have written the page after that. */
  readonly uncertain: boolean;
}

/** A store to a word: its record, and the word before and after it. */
export interface StoreAt {
  readonly id: number;
  readonly before: WordAt;
  readonly after: WordAt;
}

/** Where in the script something was done. */
export interface CallSite {
  /** Id of the call record. */
  readonly id: number;
  /** Virtual time, ticks. */
  readonly time: number;
  /** Kernel function that the script called, and its arguments as shown to people. */
  readonly fn: string;
  readonly args: string;
  readonly line: number;
  readonly column: number;
}

/** The values one place took, by the ids of the records that gave them. */
class History {
  readonly ids: number[] = [];
  readonly los: number[] = [];
  readonly his: number[] = [];

  push(id: number, lo: number, hi: number): void {
    this.ids.push(id);
    this.los.push(lo);
    this.his.push(hi);
  }

  /** Index of the last entry whose id is at most `asOf`, or -1. */
  last(asOf: number): number {
    return lastAtMost(this.ids, asOf);
  }
}

/** Index of the last number in ascending `ids` that is at most `limit`, or -1. */
export function lastAtMost(ids: readonly number[], limit: number): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] as number) <= limit) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

/** Index of one trace. Call {@link update} before asking about records that came since. */
export class TraceIndex {
  readonly source: TraceSource;
  readonly #cursor: TraceCursor;
  readonly #words = new WordHistory();
  readonly #registers = new Map<number, History>();
  readonly #reads = new Map<number, History>();
  /** What the SMMU read. */
  readonly fetches = new FetchHistory();
  readonly #zeroed = new Map<number, number[]>();
  readonly #deviceWrites = new Map<number, { first: number; last: number }>();
  readonly #events: number[] = [];
  readonly #devices = new Map<number, string>();

  constructor(source: TraceSource) {
    this.source = source;
    this.#cursor = new TraceCursor(source);
    this.update();
  }

  /** Ids of the event records that software could see, in order: event 1 first. */
  get events(): readonly number[] {
    return this.#events;
  }

  /** Name of the device behind a StreamID, where the kernel told it. */
  deviceName(sid: number): string | undefined {
    return this.#devices.get(sid);
  }

  /** Takes in the records emitted since the last call. */
  update(): void {
    this.#cursor.read((kind, id, words, at) => this.#take(kind, id, words, at + HEADER_WORDS));
  }

  /** The aligned 8 bytes at `pa` as they stood after record `asOf`. */
  wordAt(pa: number, asOf: number): WordAt {
    const { record: written, lo, hi } = this.#words.find(pa, asOf);
    const zeroed = this.#zeroed.get(Math.floor(pa / PAGE));
    const zeroedBy = zeroed === undefined ? 0 : (zeroed[lastAtMost(zeroed, asOf)] ?? 0);
    const device = this.#deviceWrites.get(Math.floor(pa / PAGE));
    const writer = Math.max(written, zeroedBy);
    const uncertain = device !== undefined && device.first <= asOf && device.last > writer;
    return written < zeroedBy ? { lo: 0, hi: 0, writer, uncertain } : { lo, hi, writer, uncertain };
  }

  /** `count` 32-bit words from `pa` as they stood after record `asOf`. */
  wordsAt(pa: number, count: number, asOf: number): Int32Array {
    const words = new Int32Array(count);
    for (let index = 0; index < count; index += 2) {
      const { lo, hi } = this.wordAt(pa + index * 4, asOf);
      words[index] = lo;
      words[index + 1] = hi;
    }
    return words;
  }

  /** True when anything in the pages of [pa, pa + bytes) was ever stored to. */
  wroteIn(pa: number, bytes: number): boolean {
    for (let page = Math.floor(pa / PAGE); page * PAGE < pa + bytes; page++) {
      if (this.#words.hasPage(page)) {
        return true;
      }
    }
    return false;
  }

  /** Writers of the words [pa, pa + bytes) as of a record: distinct, oldest first, 0 left out. */
  writersOf(pa: number, bytes: number, asOf: number): number[] {
    const writers = new Set<number>();
    for (let offset = 0; offset < bytes; offset += 8) {
      writers.add(this.wordAt(pa + offset, asOf).writer);
    }
    writers.delete(0);
    return [...writers].sort((a, b) => a - b);
  }

  /** The store before the last one to the word at `pa` as of a record, with its value. */
  previousWord(pa: number, asOf: number): WordAt | undefined {
    const { writer } = this.wordAt(pa, asOf);
    return writer === 0 ? undefined : this.wordAt(pa, writer - 1);
  }

  /** The last `most` stores to the word at `pa` as of a record, newest first, with what each changed. */
  stores(pa: number, asOf: number, most: number): StoreAt[] {
    const found: StoreAt[] = [];
    for (let limit = asOf; found.length < most; ) {
      const after = this.wordAt(pa, limit);
      if (after.writer === 0) {
        break;
      }
      const before = this.wordAt(pa, after.writer - 1);
      found.push({ id: after.writer, before, after });
      limit = after.writer - 1;
    }
    return found;
  }

  /** Records of device writes that may have changed the word at `pa` between two records. */
  deviceWrites(pa: number, after: number, before: number): number[] {
    const page = Math.floor(pa / PAGE);
    if (!this.#deviceWrites.has(page)) {
      return [];
    }
    const found: number[] = [];
    scanTrace(
      this.source,
      (kind, id, words, at) => {
        const word = (index: number): number => words[at + HEADER_WORDS + index] as number;
        if (kind === K.dma && id < before && (word(6) & TXN_WRITE) !== 0 && word(7) === 0) {
          const from = (word(5) >>> 0) * TWO_32 + (word(4) >>> 0);
          if (Math.floor(from / PAGE) === page && from < pa + 8) {
            found.push(id);
          }
        }
      },
      after + 1,
    );
    return found;
  }

  /** A register by its offset, as last written by software up to record `asOf`. */
  registerAt(offset: number, asOf: number): WordAt | undefined {
    const history = this.#registers.get(offset);
    const at = history === undefined ? -1 : history.last(asOf);
    if (history === undefined || at < 0) {
      return undefined;
    }
    const writer = history.ids[at] as number;
    return {
      lo: history.los[at] as number,
      hi: history.his[at] as number,
      writer,
      uncertain: false,
    };
  }

  /** A register as software saw it last: what it wrote, or read back, whichever is newer. */
  registerSeen(offset: number, asOf: number): WordAt | undefined {
    const written = this.registerAt(offset, asOf);
    const history = this.#reads.get(offset);
    const at = history === undefined ? -1 : history.last(asOf);
    if (history === undefined || at < 0) {
      return written;
    }
    const writer = history.ids[at] as number;
    return written !== undefined && written.writer > writer
      ? written
      : { lo: history.los[at] as number, hi: history.his[at] as number, writer, uncertain: false };
  }

  /** Newest record of a device writing to the page of `pa`; 0: never. */
  lastDeviceWrite(pa: number): number {
    return this.#deviceWrites.get(Math.floor(pa / PAGE))?.last ?? 0;
  }

  record(id: number): TraceRecord | undefined {
    return recordById(this.source, id);
  }

  /** The script's call under which record `id` was made, or undefined when the script is not behind it. */
  callSite(id: number): CallSite | undefined {
    const call = causeChain(this.source, id).find(
      ({ kind, data }) => kind === 'call' && Number(data['line']) > 0,
    );
    if (call === undefined) {
      return undefined;
    }
    const { fn, args, line, column } = call.data;
    return {
      id: call.id,
      time: call.time,
      fn: String(fn),
      args: String(args),
      line: Number(line),
      column: Number(column),
    };
  }

  #take(kind: number, id: number, words: Int32Array, at: number): void {
    const word = (index: number): number => words[at + index] as number;
    const address = (index: number): number =>
      (word(index + 1) >>> 0) * TWO_32 + (word(index) >>> 0);
    switch (kind) {
      case K.mem_write:
        this.#words.push(address(1), id, word(3), word(4));
        break;
      case K.mmio_write:
        historyOf(this.#registers, word(0) >>> 0).push(id, word(2), word(3));
        break;
      case K.mmio_read:
        this.#noteRead(id, words, at);
        break;
      case K.fetch:
        this.fetches.add(address(4), { id, lo: word(6), hi: word(7) }, word(3) !== 0);
        break;
      case K.alloc:
        this.#noteZeroed(id, address(1), address(3));
        break;
      case K.dma:
        if ((word(6) & TXN_WRITE) !== 0 && word(7) === 0) {
          this.#noteDeviceWrite(id, address(4));
        }
        break;
      case K.event:
        this.#events.push(id);
        break;
      case K.event_result:
        this.#noteResult(word(0), (words[at - 3] as number) >>> 0);
        break;
      case K.object:
        this.#noteObject(word(0), word(1) >>> 0, word(2));
        break;
      default:
    }
  }

  /** Polling reads the same value over and over: only a change is kept. */
  #noteRead(id: number, words: Int32Array, at: number): void {
    const history = historyOf(this.#reads, (words[at] as number) >>> 0);
    const lo = words[at + 2] as number;
    const hi = words[at + 3] as number;
    const last = history.ids.length - 1;
    if (last >= 0 && history.los[last] === lo && history.his[last] === hi) {
      history.ids[last] = id;
    } else {
      history.push(id, lo, hi);
    }
  }

  /** An event that was lost is not one that anybody asks about. */
  #noteResult(result: number, event: number): void {
    const lost = result === EVENT_OVERFLOW || result === EVENT_DISCARDED;
    const at = lost ? this.#events.lastIndexOf(event) : -1;
    if (at >= 0) {
      this.#events.splice(at, 1);
    }
  }

  #noteObject(what: number, id: number, text: number): void {
    if (this.source.texts[what] === 'device') {
      this.#devices.set(id, this.source.texts[text] ?? '');
    }
  }

  #noteZeroed(id: number, pa: number, size: number): void {
    for (let page = Math.floor(pa / PAGE); page * PAGE < pa + size; page++) {
      const ids = this.#zeroed.get(page);
      if (ids === undefined) {
        this.#zeroed.set(page, [id]);
      } else {
        ids.push(id);
      }
    }
  }

  #noteDeviceWrite(id: number, pa: number): void {
    const page = Math.floor(pa / PAGE);
    const seen = this.#deviceWrites.get(page);
    if (seen === undefined) {
      this.#deviceWrites.set(page, { first: id, last: id });
    } else {
      seen.last = id;
    }
  }
}

function historyOf(map: Map<number, History>, key: number): History {
  let history = map.get(key);
  if (history === undefined) {
    history = new History();
    map.set(key, history);
  }
  return history;
}
