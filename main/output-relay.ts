// Keeps a script that prints without end from drowning the window: records travel in batches, and what
// a batch cannot hold is counted and said, never dropped in silence. The session file has everything.

import type { OutputRecord } from '../sim/protocol/api.ts';

/** Records that one batch may hold, and how often one is sent: 60,000 records a second. */
const BATCH_LIMIT = 1000;
const BATCH_INTERVAL_MS = 16;

/** Collects output of the session and hands it on in batches. */
export class OutputRelay {
  readonly #send: (records: readonly OutputRecord[]) => void;
  #waiting: OutputRecord[] = [];
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (records: readonly OutputRecord[]) => void) {
    this.#send = send;
  }

  /** Takes records; the first after a pause go out at once, so that nothing waits needlessly. */
  push(records: readonly OutputRecord[]): void {
    for (const record of records) {
      if (record.type === 'result' || this.#waiting.length < BATCH_LIMIT) {
        this.#waiting.push(record);
      } else {
        this.#skipped += 1;
      }
    }
    if (this.#timer === undefined) {
      this.#flush();
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  /** Sends what waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flush();
  }

  #flush(): void {
    if (this.#waiting.length === 0) {
      return;
    }
    const batch = this.#skipped > 0 ? withNotice(this.#waiting, this.#skipped) : this.#waiting;
    this.#waiting = [];
    this.#skipped = 0;
    this.#send(batch);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, BATCH_INTERVAL_MS);
  }
}

function withNotice(records: readonly OutputRecord[], skipped: number): readonly OutputRecord[] {
  const last = records.at(-1);
  const time = last !== undefined && last.type !== 'result' ? last.time : 0;
  const notice: OutputRecord = {
    type: 'warn',
    time,
    class: 'window',
    section: '',
    text: `${skipped} lines came too fast to be shown; the saved session has them`,
  };
  return last?.type === 'result' ? [...records.slice(0, -1), notice, last] : [...records, notice];
}
