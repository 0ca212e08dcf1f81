// Which record of the trace is behind an event that the driver drained: records are looked at in order,
// and each answers for one drained event.

import { hex64 } from '../base/hex.ts';
import { K } from '../trace/kinds.ts';
import type { TraceSource } from '../trace/reader.ts';
import { TraceCursor } from '../trace/reader.ts';
import { HEADER_WORDS } from '../trace/recorder.ts';

/** Event records that the hardware made and nobody drained yet. */
export class QueuedEvents {
  readonly #cursor: TraceCursor;
  #waiting: { readonly id: number; readonly words: string }[] = [];

  constructor(source: TraceSource) {
    this.#cursor = new TraceCursor(source);
  }

  /** Record of the oldest event with these words; those before it were lost. Undefined: not recorded. */
  take(words: readonly string[]): number | undefined {
    this.#follow();
    const wanted = words.join();
    const at = this.#waiting.findIndex((event) => event.words === wanted);
    const found = this.#waiting[at];
    this.#waiting = this.#waiting.slice(at + 1);
    return found?.id;
  }

  #follow(): void {
    this.#cursor.read((kind, id, words, at) => {
      if (kind === K.event) {
        this.#waiting.push({ id, words: eventWords(words, at + HEADER_WORDS) });
      }
    });
  }
}

/** The four 64-bit words of an event whose payload starts at `at`, as texts. */
function eventWords(words: Int32Array, at: number): string {
  return [0, 2, 4, 6]
    .map((word) => hex64(words[at + word] as number, words[at + word + 1] as number))
    .join();
}
