// Keeps a script that prints without end from drowning the window: records wait here and travel in
// batches at the pace of a screen. More than a console remembers does not wait: the oldest lines give
// way, and a line says how many. The session file has everything.

import type { OutputRecord } from '../sim/protocol/api.ts';

/** Records of one batch, and how often one is sent: about 18,000 records a second. */
const BATCH_LIMIT = 300;
const BATCH_INTERVAL_MS = 16;
/** Records that may wait: fewer than the console scrolls back, so that the word about a gap stays in it. */
const WAITING_LIMIT = 12_000;
/** Dropping costs a walk over all that waits, so it is done for many at once. */
const DROP_AT_LEAST = 4_000;

/** Collects output of the session and hands it on in batches. */
export class OutputRelay {
  readonly #send: (records: readonly OutputRecord[]) => void;
  #waiting: OutputRecord[] = [];
  /** Waiting records before this index are sent already. */
  #sent = 0;
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (records: readonly OutputRecord[]) => void) {
    this.#send = send;
  }

  /** Takes records; the first after a pause go out at once, so that nothing waits needlessly. */
  push(records: readonly OutputRecord[]): void {
    for (const record of records) {
      this.#waiting.push(record);
    }
    this.#dropOldest();
    if (this.#timer === undefined) {
      this.#sendBatch();
    }
  }

  /** Forgets what waits: another run starts. */
  clear(): void {
    this.#waiting = [];
    this.#sent = 0;
    this.#skipped = 0;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.clear();
  }

  /** Lines of the log give way; events, warnings and the result stay. */
  #dropOldest(): void {
    const excess = this.#waiting.length - this.#sent - WAITING_LIMIT;
    if (excess <= DROP_AT_LEAST) {
      return;
    }
    let left = excess;
    const kept = this.#waiting.slice(this.#sent).filter((record) => {
      const drop = left > 0 && record.type === 'log';
      left -= drop ? 1 : 0;
      return !drop;
    });
    this.#skipped += excess - left;
    this.#waiting = kept;
    this.#sent = 0;
  }

  #sendBatch(): void {
    const batch = this.#waiting.slice(this.#sent, this.#sent + BATCH_LIMIT);
    if (batch.length === 0) {
      this.#waiting = [];
      this.#sent = 0;
      return;
    }
    this.#sent += batch.length;
    this.#send(this.#skipped > 0 ? [notice(this.#skipped, batch[0]), ...batch] : batch);
    this.#skipped = 0;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sendBatch();
    }, BATCH_INTERVAL_MS);
  }
}

function notice(skipped: number, next: OutputRecord | undefined): OutputRecord {
  return {
    type: 'warn',
    time: next === undefined || next.type === 'result' ? 0 : next.time,
    class: 'window',
    section: '',
    text: `${skipped} lines came too fast to be shown; the saved session has them`,
  };
}
