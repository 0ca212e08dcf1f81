// The recorder: binary records in fixed chunks, each with its cause, so that one chain leads from a
// script line to a fault. Emitting allocates nothing but a chunk now and then.

import { assert } from '../base/assert.ts';
import type { PayloadType, TraceKind } from './kinds.ts';
import { TRACE_KIND_NAMES, TRACE_KINDS } from './kinds.ts';

/** Words of a record before its payload: kind, cause, time low, time high. */
export const HEADER_WORDS = 4;
const CHUNK_WORDS = 2 ** 18;
const TWO_32 = 2 ** 32;
/** In place of a kind's payload words: it is not recorded. */
const OMITTED = 255;

/** Payload words of each kind, by its number. */
export const PAYLOAD_WORDS: Uint8Array = Uint8Array.from(
  TRACE_KIND_NAMES.map((name) =>
    Object.values<PayloadType>(TRACE_KINDS[name]).reduce(
      (sum, type) => sum + (type === 'u64' ? 2 : 1),
      0,
    ),
  ),
);

/** Where time comes from: ticks (nanoseconds). */
export interface TimeSource {
  readonly now: number;
}

/** A run of whole records. */
export interface TraceChunk {
  /** Id of the first record. Ids count from 1; 0 as a cause means none. */
  readonly firstId: number;
  readonly words: Int32Array;
  /** Words in use. */
  used: number;
  /** Records in it. */
  count: number;
}

/** How much is kept: 'all', or the newest `chunks` (1 MiB each); with `enabled` false nothing is. */
export interface RecorderOptions {
  readonly enabled?: boolean;
  /** Kinds that are left out. */
  readonly omit?: readonly TraceKind[] | undefined;
  readonly chunks?: number;
  /** Where chunks come from when another thread reads them; then none is used twice. */
  readonly allocate?: ((words: number) => Int32Array) | undefined;
}

/** Collects the records of one session. Record ids count from 1 in order of emission. */
export class Recorder {
  /** Id of the record that causes what comes next; callers save and restore it around a scope. */
  cause = 0;
  readonly enabled: boolean;
  /** Kinds that are left out, in the order of the kinds. */
  readonly omitted: readonly TraceKind[];
  /** Payload words of each kind, or {@link OMITTED}. */
  readonly #lengths: Uint8Array;
  readonly #time: TimeSource;
  readonly #limit: number;
  readonly #allocate: RecorderOptions['allocate'];
  readonly #chunks: TraceChunk[] = [];
  readonly #texts: string[] = [''];
  readonly #textIds = new Map<string, number>([['', 0]]);
  #current: TraceChunk;
  #words: Int32Array;
  #position = 0;
  #nextId = 1;
  #now = 0;
  #nowLo = 0;
  #nowHi = 0;
  #dropped = 0;

  constructor(time: TimeSource, options: RecorderOptions = {}) {
    const omit = options.omit ?? [];
    this.enabled = options.enabled ?? true;
    this.omitted = TRACE_KIND_NAMES.filter((kind) => omit.includes(kind));
    this.#lengths = PAYLOAD_WORDS.map((length, kind) =>
      this.enabled && !omit.includes(TRACE_KIND_NAMES[kind] as TraceKind) ? length : OMITTED,
    );
    this.#limit = options.chunks ?? Number.POSITIVE_INFINITY;
    this.#time = time;
    this.#allocate = options.allocate;
    this.#current = this.#openChunk();
    this.#words = this.#current.words;
  }

  /** Records emitted so far. */
  get count(): number {
    return this.#nextId - 1;
  }

  /** Records dropped because only the newest chunks are kept. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Called when a chunk is full and the next begins. */
  onChunk: (() => void) | undefined;

  /** All chunks that are kept, oldest first; the last one is still growing. */
  get chunks(): readonly TraceChunk[] {
    this.#current.used = this.#position;
    this.#current.count = this.#nextId - this.#current.firstId;
    return this.#chunks;
  }

  /** Interned texts by id; ids only grow. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  /** Id of a text; the same text always has the same id. */
  intern(text: string): number {
    let id = this.#textIds.get(text);
    if (id === undefined) {
      id = this.#texts.length;
      this.#texts.push(text);
      this.#textIds.set(text, id);
    }
    return id;
  }

  /** Id that the next record of `kind` will have; of one that is left out, what {@link emit} returns. */
  idOfNext(kind: number): number {
    return this.#lengths[kind] === OMITTED ? this.cause : this.#nextId;
  }

  /**
   * Appends a record of `kind` (a number of `K`) with its payload words and returns its id. Words past
   * the kind's payload are ignored. A kind that is left out returns the cause that is in force, so that
   * the chain leads past it; 0 when recording is off.
   */
  emit(kind: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0): number {
    const length = this.#lengths[kind] as number;
    if (length === OMITTED) {
      return this.cause;
    }
    if (this.#position + HEADER_WORDS + 8 > CHUNK_WORDS) {
      this.#nextChunk();
    }
    const words = this.#words;
    const at = this.#position;
    const now = this.#time.now;
    if (now !== this.#now) {
      this.#now = now;
      this.#nowLo = now | 0;
      this.#nowHi = (now / TWO_32) | 0;
    }
    words[at] = kind;
    words[at + 1] = this.cause;
    words[at + 2] = this.#nowLo;
    words[at + 3] = this.#nowHi;
    words[at + 4] = a;
    words[at + 5] = b;
    words[at + 6] = c;
    words[at + 7] = d;
    words[at + 8] = e;
    words[at + 9] = f;
    words[at + 10] = g;
    words[at + 11] = h;
    this.#position = at + HEADER_WORDS + length;
    return this.#nextId++;
  }

  #nextChunk(): void {
    this.#current.used = this.#position;
    this.#current.count = this.#nextId - this.#current.firstId;
    this.#current = this.#openChunk();
    this.#words = this.#current.words;
    this.#position = 0;
    this.onChunk?.();
  }

  #openChunk(): TraceChunk {
    let words: Int32Array | undefined;
    if (this.#chunks.length >= this.#limit) {
      const oldest = this.#chunks.shift();
      assert(oldest !== undefined, 'a chunk to reuse');
      this.#dropped += oldest.count;
      words = this.#allocate === undefined ? oldest.words : undefined;
    }
    const chunk = {
      firstId: this.#nextId,
      words: words ?? this.#allocate?.(CHUNK_WORDS) ?? new Int32Array(CHUNK_WORDS),
      used: 0,
      count: 0,
    };
    this.#chunks.push(chunk);
    return chunk;
  }
}
