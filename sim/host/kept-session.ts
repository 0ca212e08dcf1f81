// One session as the trace thread keeps it: live, fed by its own thread, or opened from a file. Past a
// limit the older chunks of a live one go to a temporary file; while the disk takes no more they stay in
// memory, up to a second limit, where the trace ends. Both are told.

import { hardwareOf } from '../explain/hardware.ts';
import { Inspector } from '../inspect/inspector.ts';
import type { TraceUpdate } from '../session/trace-feed.ts';
import type { TraceKind } from '../trace/kinds.ts';
import type { TraceSource } from '../trace/reader.ts';
import type { TraceChunk } from '../trace/recorder.ts';
import type { SessionInfo } from '../trace/session-file.ts';
import { TraceView } from '../trace/view/trace-view.ts';
import { TraceSpill } from './trace-spill.ts';

/** How many chunks of a live trace, 1 MiB each, memory holds. */
export interface MemoryLimits {
  /** The newest, while the disk takes the others. */
  readonly usual: number;
  /** All that the disk did not take. */
  readonly most: number;
}

const LIMITS: MemoryLimits = { usual: 640, most: 1024 };

/** What is known before the session's own words come. */
const NOTHING: SessionInfo = { file: '', script: '', profile: '', seed: 0, machine: {} };

/** A trace that grows by messages of another thread. */
export class FedTrace implements TraceSource {
  readonly chunks: TraceChunk[] = [];
  readonly texts: string[] = [];
  readonly #limits: MemoryLimits;
  readonly #makeSpill: () => TraceSpill;
  info: SessionInfo = NOTHING;
  #spill: TraceSpill | undefined;
  /** Chunks before this one are in the file. */
  #spilled = 0;
  /** What the disk says; undefined while it takes all that it should. */
  #diskProblem: string | undefined;
  #isFull = false;

  constructor(limits = LIMITS, makeSpill = () => new TraceSpill()) {
    this.#limits = limits;
    this.#makeSpill = makeSpill;
  }

  /** Why newer records are missing, or soon will be; undefined while all is well. */
  get problem(): string | undefined {
    const reason = this.#diskProblem;
    return reason === undefined
      ? undefined
      : this.#isFull
        ? `newer records are not kept: ${reason}`
        : `recording goes on in memory, which has an end: ${reason}`;
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
    for (const { firstId, used, count, words } of this.#isFull ? [] : chunks) {
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
    const { usual, most } = this.#limits;
    try {
      for (; this.chunks.length - this.#spilled > usual; this.#spilled++) {
        this.#spill ??= this.#makeSpill();
        this.chunks[this.#spilled] = this.#spill.take(this.chunks[this.#spilled] as TraceChunk);
      }
      this.#diskProblem = this.#isFull ? this.#diskProblem : undefined;
    } catch (error) {
      this.#diskProblem = error instanceof Error ? error.message : String(error);
      this.#isFull ||= this.chunks.length - this.#spilled >= most;
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
