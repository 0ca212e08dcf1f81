// One session as the trace thread keeps it: live, fed by its own thread, or opened from a file. Past a
// limit the older chunks of a live one go to a temporary file; if the disk takes no more, the trace ends
// there and says so.

import { hardwareOf } from '../explain/hardware.ts';
import { Inspector } from '../inspect/inspector.ts';
import type { TraceUpdate } from '../session/trace-feed.ts';
import type { TraceKind } from '../trace/kinds.ts';
import type { TraceSource } from '../trace/reader.ts';
import type { TraceChunk } from '../trace/recorder.ts';
import type { SessionInfo } from '../trace/session-file.ts';
import { TraceView } from '../trace/view/trace-view.ts';
import { TraceSpill } from './trace-spill.ts';

/** Newest chunks of a live trace that stay in memory, 1 MiB each. */
const IN_MEMORY = 640;

/** What is known before the session's own words come. */
const NOTHING: SessionInfo = { file: '', script: '', profile: '', seed: 0, machine: {} };

/** A trace that grows by messages of another thread. */
export class FedTrace implements TraceSource {
  readonly chunks: TraceChunk[] = [];
  readonly texts: string[] = [];
  readonly #inMemory: number;
  readonly #makeSpill: () => TraceSpill;
  info: SessionInfo = NOTHING;
  #spill: TraceSpill | undefined;
  /** Chunks before this one are in the file. */
  #spilled = 0;
  /** Why newer records are missing; undefined while all are kept. */
  problem: string | undefined;

  /** @param inMemory newest chunks that stay in memory */
  constructor(inMemory = IN_MEMORY, makeSpill = () => new TraceSpill()) {
    this.#inMemory = inMemory;
    this.#makeSpill = makeSpill;
  }

  get omitted(): readonly TraceKind[] | undefined {
    return this.info.omitted;
  }

  /** Bytes in the temporary file. */
  get spilledBytes(): number {
    return this.#spill?.size ?? 0;
  }

  /** Takes in a message. */
  take({ chunks, texts, info }: TraceUpdate): void {
    this.info = { ...this.info, ...info };
    for (const text of texts) {
      this.texts.push(text);
    }
    for (const { firstId, used, count, words } of this.problem === undefined ? chunks : []) {
      const known = this.chunks.at(-1);
      if (words !== undefined) {
        this.chunks.push({ firstId, words, used, count });
      } else if (known?.firstId === firstId) {
        known.used = used;
        known.count = count;
      }
    }
    this.#spillOldest();
  }

  dispose(): void {
    this.#spill?.dispose();
    this.#spill = undefined;
    this.chunks.length = 0;
  }

  #spillOldest(): void {
    try {
      for (; this.chunks.length - this.#spilled > this.#inMemory; this.#spilled++) {
        this.#spill ??= this.#makeSpill();
        this.chunks[this.#spilled] = this.#spill.take(this.chunks[this.#spilled] as TraceChunk);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.problem = `newer records are not kept: ${reason}`;
    }
  }
}

/** A session with what is asked about it. */
export class KeptSession {
  readonly source: TraceSource;
  readonly #info: () => SessionInfo;
  readonly #release: () => void;
  #view: TraceView | undefined;
  #inspector: Inspector | undefined;
  #hardware = '';

  constructor(source: TraceSource, info: () => SessionInfo, release: () => void = () => undefined) {
    this.source = source;
    this.#info = info;
    this.#release = release;
  }

  get info(): SessionInfo {
    return this.#info();
  }

  /** The view, up to date. */
  get view(): TraceView {
    this.#view ??= new TraceView(this.source, this.info.file);
    this.#view.update();
    return this.#view;
  }

  /** The inspector; a new one when the script has chosen other hardware since. */
  get inspector(): Inspector {
    const { machine, file } = this.info;
    const hardware = JSON.stringify(machine);
    if (this.#inspector === undefined || hardware !== this.#hardware) {
      this.#hardware = hardware;
      this.#inspector = new Inspector(this.source, hardwareOf(machine), file);
    }
    return this.#inspector;
  }

  dispose(): void {
    this.#release();
  }
}
