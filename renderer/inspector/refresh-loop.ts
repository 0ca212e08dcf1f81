// When a view asks again: only while somebody looks, one question at a time, and once more at the end
// when something happened meanwhile.

import type { Disposable } from '../../sim/base/disposable.ts';
import { toDisposable } from '../../sim/base/disposable.ts';

/** Repeats one piece of work on demand. */
export class RefreshLoop {
  readonly #work: () => Promise<void>;
  #followers = 0;
  #stale = true;
  #busy = false;

  /** @param work asks and stores the answer; it handles its own errors */
  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Something changed: the work is done again as soon as somebody looks. */
  request(): void {
    this.#stale = true;
    void this.#pump();
  }

  /** Somebody looks, until the result is disposed. */
  follow(): Disposable {
    this.#followers += 1;
    void this.#pump();
    return toDisposable(() => {
      this.#followers -= 1;
    });
  }

  async #pump(): Promise<void> {
    while (this.#stale && !this.#busy && this.#followers > 0) {
      this.#stale = false;
      this.#busy = true;
      try {
        await this.#work();
      } finally {
        this.#busy = false;
      }
    }
  }
}
