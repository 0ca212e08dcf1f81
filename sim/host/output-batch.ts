// Collects output records so that a loud script does not flood the channel: the first goes out at once,
// the rest when enough time or enough records have gathered, also while the script never yields.

import { performance } from 'node:perf_hooks';
import type { OutputRecord } from '../protocol/api.ts';

const MOST_RECORDS = 256;
const MOST_MILLISECONDS = 16;

/** Hands records on in batches; call {@link flush} at the end. */
export class OutputBatch {
  readonly #send: (records: readonly OutputRecord[]) => void;
  #records: OutputRecord[] = [];
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(send: (records: readonly OutputRecord[]) => void) {
    this.#send = send;
  }

  add(record: OutputRecord): void {
    this.#records.push(record);
    const due = performance.now() - this.#sentAt >= MOST_MILLISECONDS;
    if (due || this.#records.length >= MOST_RECORDS) {
      this.flush();
    }
  }

  flush(): void {
    if (this.#records.length > 0) {
      const records = this.#records;
      this.#records = [];
      this.#sentAt = performance.now();
      this.#send(records);
    }
  }
}
