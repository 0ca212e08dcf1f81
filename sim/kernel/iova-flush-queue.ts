// Lazy invalidation (drivers/iommu/iova.c): freed ranges wait in a ring until one flush of the whole domain
// has happened after them. The ring is flushed when it is full, or 10 ms after the first entry.

import type { Disposable } from '../base/disposable.ts';
import type { VirtualClock } from '../machine/clock.ts';
import type { IovaDomain } from './iova.ts';

const IOVA_FQ_SIZE = 256;
/** Ticks (nanoseconds). */
const IOVA_FQ_TIMEOUT = 10_000_000;

interface Entry {
  readonly pfn: number;
  readonly pages: number;
  /** Flushes started when it was queued: it may be freed once more than that have finished. */
  readonly counter: number;
}

/** The flush queue of one domain, on the model's one CPU. */
export class IovaFlushQueue {
  readonly #iovad: IovaDomain;
  readonly #clock: VirtualClock;
  readonly #flushAll: () => void;
  readonly #ring: Entry[] = [];
  #started = 0;
  #finished = 0;
  #timer: Disposable | undefined;

  /** @param flushAll flush_iotlb_all of the domain's driver */
  constructor(iovad: IovaDomain, clock: VirtualClock, flushAll: () => void) {
    this.#iovad = iovad;
    this.#clock = clock;
    this.#flushAll = flushAll;
  }

  /** Entries that wait for a flush: addresses that the device may still reach. */
  get pending(): number {
    return this.#ring.length;
  }

  /** queue_iova(): frees `pages` frames from `pfn` once the TLB was flushed. */
  queue(pfn: number, pages: number): void {
    this.#freeFlushed();
    if (this.#ring.length === IOVA_FQ_SIZE - 1) {
      this.#flush();
      this.#freeFlushed();
    }
    this.#ring.push({ pfn, pages, counter: this.#started });
    this.#timer ??= this.#clock.after(IOVA_FQ_TIMEOUT, () => {
      this.#timer = undefined;
      this.#flush();
      this.#freeFlushed();
    });
  }

  /** Stops the timer; what waits is dropped with the domain. */
  destroy(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    this.#ring.length = 0;
  }

  #flush(): void {
    this.#started++;
    this.#flushAll();
    this.#finished++;
  }

  #freeFlushed(): void {
    let done = 0;
    for (; done < this.#ring.length; done++) {
      const entry = this.#ring[done] as Entry;
      if (entry.counter >= this.#finished) {
        break;
      }
      this.#iovad.free_iova_fast(entry.pfn, entry.pages);
    }
    this.#ring.splice(0, done);
  }
}
