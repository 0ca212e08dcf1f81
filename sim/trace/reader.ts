// Reads records back by name: what views, text formats and exports work on.

import { ensure } from '../base/assert.ts';
import { big } from '../base/hex.ts';
import type { PayloadType, TraceKind } from './kinds.ts';
import { TRACE_KIND_NAMES, TRACE_KINDS } from './kinds.ts';
import type { TraceChunk } from './recorder.ts';
import { HEADER_WORDS, PAYLOAD_WORDS } from './recorder.ts';

/** A decoded record. Payload values: number for one word, bigint for u64, text for str. */
export interface TraceRecord {
  readonly id: number;
  readonly kind: TraceKind;
  /** Id of the record that caused this one, 0 for none. */
  readonly cause: number;
  /** Ticks (nanoseconds) of virtual time. */
  readonly time: number;
  readonly data: Readonly<Record<string, number | bigint | string>>;
}

/** Where records come from: a live recorder or an opened file. */
export interface TraceSource {
  readonly chunks: readonly TraceChunk[];
  readonly texts: readonly string[];
  /** Kinds that were left out on purpose. */
  readonly omitted?: readonly TraceKind[] | undefined;
}

/** Names and types of each kind's payload, by its number. */
const PLANS = TRACE_KIND_NAMES.map((kind) => ({
  kind,
  fields: Object.entries<PayloadType>(TRACE_KINDS[kind]).map(([name, type]) => ({ name, type })),
}));

/** All records with an id of at least `fromId`, in order. */
export function* readTrace(source: TraceSource, fromId = 1): Generator<TraceRecord> {
  for (const chunk of source.chunks) {
    if (chunk.firstId + chunk.count <= fromId) {
      continue;
    }
    let id = chunk.firstId;
    for (let at = 0; at < chunk.used; id++) {
      const kind = chunk.words[at] as number;
      if (id >= fromId) {
        yield decodeRecord(source.texts, chunk.words, at, id);
      }
      at += HEADER_WORDS + (PAYLOAD_WORDS[kind] as number);
    }
  }
}

/** Sees one raw record: its kind, id, and where in `words` its header starts. */
export type RawVisitor = (kind: number, id: number, words: Int32Array, at: number) => void;

/** Visits every record without decoding it: for indexes over millions of records. */
export function scanTrace(source: TraceSource, visit: RawVisitor, fromId = 1): void {
  for (const chunk of source.chunks) {
    const { words, used } = chunk;
    let id = chunk.firstId;
    if (id + chunk.count <= fromId) {
      continue;
    }
    for (let at = 0; at < used; id++) {
      const kind = words[at] as number;
      if (id >= fromId) {
        visit(kind, id, words, at);
      }
      at += HEADER_WORDS + (PAYLOAD_WORDS[kind] as number);
    }
  }
}

/** A place in a trace that grows: each read goes on where the one before ended. */
export class TraceCursor {
  readonly #source: TraceSource;
  #chunk: TraceChunk | undefined;
  #id = 0;
  #at = 0;

  constructor(source: TraceSource) {
    this.#source = source;
  }

  /** Visits the records that came since, those that are not kept any more left out. */
  read(visit: RawVisitor): void {
    const { chunks } = this.#source;
    const known = this.#chunk === undefined ? -1 : chunks.lastIndexOf(this.#chunk);
    for (const chunk of chunks.slice(Math.max(0, known))) {
      if (chunk !== this.#chunk) {
        this.#chunk = chunk;
        this.#id = chunk.firstId;
        this.#at = 0;
      }
      const { words, used } = chunk;
      while (this.#at < used) {
        const [id, at] = [this.#id++, this.#at];
        const kind = words[at] as number;
        this.#at = at + HEADER_WORDS + (PAYLOAD_WORDS[kind] as number);
        visit(kind, id, words, at);
      }
    }
  }
}

/** The record with this id, or undefined when it was never emitted or is no longer kept. */
export function recordById(source: TraceSource, id: number): TraceRecord | undefined {
  const chunk = source.chunks.find(({ firstId, count }) => id >= firstId && id < firstId + count);
  if (chunk === undefined) {
    return undefined;
  }
  return decodeRecord(source.texts, chunk.words, placeOf(chunk, id - chunk.firstId), id);
}

/** Id of the cause of a record, 0 for none or when the record is not kept. Decodes nothing. */
export function causeOf({ chunks }: TraceSource, id: number): number {
  const chunk = chunks.findLast(({ firstId, count }) => id >= firstId && id < firstId + count);
  const at = chunk === undefined ? 0 : placeOf(chunk, id - chunk.firstId);
  return chunk === undefined ? 0 : (chunk.words[at + 1] as number) >>> 0;
}

/** Records from one mark of a chunk to the next. */
const MARK_EVERY = 64;
/** Words at which every so many records start, as far as somebody asked. */
const MARKS = new WeakMap<TraceChunk, number[]>();

/** Word at which the record number `index` of a chunk starts. */
function placeOf(chunk: TraceChunk, index: number): number {
  const { words } = chunk;
  const marks = MARKS.get(chunk) ?? [0];
  MARKS.set(chunk, marks);
  const mark = Math.floor(index / MARK_EVERY);
  while (marks.length <= mark) {
    marks.push(skip(words, marks.at(-1) ?? 0, MARK_EVERY));
  }
  return skip(words, marks[mark] as number, index % MARK_EVERY);
}

/** The word `count` records after the one that starts at word `at`. */
function skip(words: Int32Array, at: number, count: number): number {
  let next = at;
  for (let n = 0; n < count; n++) {
    next += HEADER_WORDS + (PAYLOAD_WORDS[words[next] as number] as number);
  }
  return next;
}

/** The record and its causes, innermost first. */
export function causeChain(source: TraceSource, id: number): TraceRecord[] {
  const chain: TraceRecord[] = [];
  for (let record = recordById(source, id); record !== undefined; ) {
    chain.push(record);
    record = record.cause === 0 ? undefined : recordById(source, record.cause);
  }
  return chain;
}

/** The innermost call of the script around a record, itself included; undefined when there is none. */
export function scriptCallOf(source: TraceSource, id: number): TraceRecord | undefined {
  for (let record = recordById(source, id); record !== undefined; ) {
    if (record.kind === 'call' && Number(record.data['line']) > 0) {
      return record;
    }
    record = record.cause === 0 ? undefined : recordById(source, record.cause);
  }
  return undefined;
}

/** The record whose header starts at word `at`. */
export function decodeRecord(
  texts: readonly string[],
  words: Int32Array,
  at: number,
  id: number,
): TraceRecord {
  const { kind, fields } = ensure(PLANS[words[at] as number], 'trace kind');
  const data: Record<string, number | bigint | string> = {};
  let position = at + HEADER_WORDS;
  for (const { name, type } of fields) {
    const word = words[position++] as number;
    if (type === 'u64') {
      data[name] = big(word, words[position++] as number);
    } else if (type === 'str') {
      data[name] = texts[word] ?? '';
    } else {
      data[name] = type === 's32' ? word : word >>> 0;
    }
  }
  const time = ((words[at + 3] as number) >>> 0) * 2 ** 32 + ((words[at + 2] as number) >>> 0);
  return { id, kind, cause: (words[at + 1] as number) >>> 0, time, data };
}
