// A recorder that lets the debugger look at chosen kinds of records the moment they are made. Sessions
// without a debugger use the plain one and pay nothing.

import { TRACE_KIND_NAMES } from '../trace/kinds.ts';
import { Recorder } from '../trace/recorder.ts';

/** Sees a record of its kind: its id and payload words, which are valid during the call only. */
export type RecordWatch = (id: number, words: readonly number[]) => void;

/** Tells watches of records as they are emitted. */
export class WatchedRecorder extends Recorder {
  readonly #watches: (RecordWatch | undefined)[] = TRACE_KIND_NAMES.map(() => undefined);
  #watching = false;

  /** Sets the watch of a kind (a number of `K`), or takes it away. */
  watch(kind: number, watch: RecordWatch | undefined): void {
    this.#watches[kind] = watch;
    this.#watching = this.#watches.some((one) => one !== undefined);
  }

  // biome-ignore lint/complexity/useMaxParams: payload words one by one, as the recorder takes them
  override emit(kind: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0): number {
    const id = super.emit(kind, a, b, c, d, e, f, g, h);
    if (this.#watching) {
      this.#watches[kind]?.(id, [a, b, c, d, e, f, g, h]);
    }
    return id;
  }
}
