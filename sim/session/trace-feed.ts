// Hands a session's trace to another thread while it is made: memory that both share, so that nothing is
// copied, and short messages that say how much of it is filled.

import type { Recorder, TraceChunk } from '../trace/recorder.ts';
import type { SessionInfo } from '../trace/session-file.ts';

/** A chunk as told: with its memory the first time, later only how far it is filled. */
export interface FedChunk {
  readonly firstId: number;
  readonly used: number;
  readonly count: number;
  readonly words?: Int32Array;
}

/** What is new since the message before. */
export interface TraceUpdate {
  readonly chunks: readonly FedChunk[];
  readonly texts: readonly string[];
  /** What is known of the session; the script's text only in the first message. */
  readonly info: Omit<SessionInfo, 'script'> & { readonly script?: string };
}

/** Where a trace goes. */
export interface TraceOutlet {
  /** Memory that the other thread can read. */
  readonly allocate: (words: number) => Int32Array;
  /** Whether the other thread waits for news. */
  readonly wanted: () => boolean;
  readonly send: (update: TraceUpdate) => void;
}

/** Feeds one recorder's trace into an outlet. */
export class TraceFeed {
  readonly #outlet: TraceOutlet;
  readonly #recorder: Recorder;
  readonly #info: () => SessionInfo;
  /** The newest chunk that was told. */
  #last: TraceChunk | undefined;
  #texts = 0;
  #records = -1;

  constructor(outlet: TraceOutlet, recorder: Recorder, info: () => SessionInfo) {
    this.#outlet = outlet;
    this.#recorder = recorder;
    this.#info = info;
  }

  /** Tells what is new, if somebody waits for it. */
  pulse(): void {
    if (this.#outlet.wanted()) {
      this.publish();
    }
  }

  /** Tells what is new now; with `always`, also when nothing is. */
  publish(always = false): void {
    const recorder = this.#recorder;
    if (recorder.count === this.#records && !always) {
      return;
    }
    const { chunks, texts } = recorder;
    const known = this.#last === undefined ? -1 : chunks.lastIndexOf(this.#last);
    const first = this.#records < 0;
    const fed = chunks.slice(Math.max(0, known)).map((chunk): FedChunk => {
      const { firstId, used, count, words } = chunk;
      return { firstId, used, count, ...(chunk === this.#last ? {} : { words }) };
    });
    const { script, ...info } = this.#info();
    this.#outlet.send({
      chunks: fed,
      texts: texts.slice(this.#texts),
      info: first ? { ...info, script } : info,
    });
    this.#last = chunks.at(-1);
    this.#texts = texts.length;
    this.#records = recorder.count;
  }
}
