// Chunks of a trace that no longer fit memory, in a temporary file that nobody else can see. A chunk is
// read back when somebody looks at it; the last few that were read stay.

import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TraceChunk } from '../trace/recorder.ts';

/** Chunks that stay after reading. */
const KEPT = 24;

/** The file. */
export class TraceSpill {
  readonly #folder: string;
  readonly #file: number;
  readonly #read = new Map<SpilledChunk, Int32Array>();
  #end = 0;

  /** @throws the system's error when there is no place for temporary files */
  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'substream-trace-'));
    this.#file = openSync(join(this.#folder, 'chunks'), 'wx+', 0o600);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#end;
  }

  /** Writes a full chunk; the result takes its place. @throws the system's error, e.g. a full disk */
  take({ firstId, words, used, count }: TraceChunk): TraceChunk {
    const offset = this.#end;
    // The file system does not take memory that threads share.
    const bytes = new Uint8Array(words.slice(0, used).buffer);
    for (let at = 0; at < bytes.length; ) {
      at += writeSync(this.#file, bytes, at, bytes.length - at, offset + at);
    }
    this.#end += bytes.length;
    return new SpilledChunk({ firstId, used, count }, (chunk) => this.#load(chunk, offset));
  }

  /** Removes the file. */
  dispose(): void {
    this.#read.clear();
    closeSync(this.#file);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #load(chunk: SpilledChunk, offset: number): Int32Array {
    const known = this.#read.get(chunk);
    if (known !== undefined) {
      this.#read.delete(chunk);
      this.#read.set(chunk, known);
      return known;
    }
    const words = new Int32Array(chunk.used);
    readSync(this.#file, new Uint8Array(words.buffer), 0, words.byteLength, offset);
    this.#read.set(chunk, words);
    if (this.#read.size > KEPT) {
      const [oldest] = this.#read.keys();
      if (oldest !== undefined) {
        this.#read.delete(oldest);
      }
    }
    return words;
  }
}

class SpilledChunk implements TraceChunk {
  readonly firstId: number;
  readonly used: number;
  readonly count: number;
  readonly #load: (chunk: SpilledChunk) => Int32Array;

  constructor(
    { firstId, used, count }: Omit<TraceChunk, 'words'>,
    load: (chunk: SpilledChunk) => Int32Array,
  ) {
    this.firstId = firstId;
    this.used = used;
    this.count = count;
    this.#load = load;
  }

  get words(): Int32Array {
    return this.#load(this);
  }
}
