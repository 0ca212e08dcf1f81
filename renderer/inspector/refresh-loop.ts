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
  #ended: Promise<void> = Promise.resolve();

  /** @param work asks and stores the answer; it handles its own errors */
  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /**
   * Something changed: the work is done again as soon as somebody looks.
   *
   * @returns settled when it is done, or at once when nobody looks
   */
  request(): Promise<void> {
    this.#stale = true;
    return this.#pump();
  }

  /** Somebody looks, until the result is disposed. */
  follow(): Disposable {
    this.#followers += 1;
    void this.#pump();
    return toDisposable(() => {
      this.#followers -= 1;
    });
  }

  #pump(): Promise<void> {
    if (!this.#busy) {
      this.#busy = true;
      this.#ended = this.#repeat();
    }
    return this.#ended;
  }

  async #repeat(): Promise<void> {
    try {
      while (this.#stale && this.#followers > 0) {
        this.#stale = false;
        await this.#work();
      }
    } finally {
      this.#busy = false;
    }
  }
}
