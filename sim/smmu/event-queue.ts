// The Event queue (IHI 0070 7.2, 7.4): what can be written is written, what cannot is lost, held (stall
// records) or counted as overflow. Records are never merged, which STE.MEV permits but does not ask for.

import { K } from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';
import { encodeEvent } from './event-record.ts';
import type { GlobalErrors } from './global-errors.ts';
import { EVENTQ_ABT_ERR } from './global-errors.ts';
import type { Interrupts } from './interrupts.ts';
import type { OutputQueue } from './output-queue.ts';
import type { EventFields, EventSink } from './smmu-state.ts';

/** What became of an event: `event_result` of the trace. */
export const EVENT_QUEUED = 0;
export const EVENT_OVERFLOW = 1;
export const EVENT_DISCARDED = 2;
export const EVENT_HELD = 3;

/** What the Event queue needs around it. */
export interface EventQueueParts {
  readonly queue: OutputQueue;
  readonly errors: GlobalErrors;
  readonly interrupts: Interrupts;
  readonly recorder: Recorder;
  /** CR0.EVENTQEN as acknowledged. */
  enabled(): boolean;
}

interface HeldRecord {
  readonly sid: number;
  readonly stag: number;
  readonly words: Int32Array;
  /** Id of its trace record. */
  readonly id: number;
  /** An invalidation was completed since: the transaction is retried instead. */
  stale: boolean;
}

/** @arch 7.2.1 Y Recording of events and conditions for writing to the Event queue */
export class EventQueue implements EventSink {
  readonly #parts: EventQueueParts;
  readonly #words = new Int32Array(8);
  #held: HeldRecord[] = [];
  #flushing = false;
  /** Asked to retry a stalled transaction whose record went stale before it could be written. */
  onStale: ((sid: number, stag: number) => void) | undefined;

  constructor(parts: EventQueueParts) {
    this.#parts = parts;
  }

  /** Offers an event to the queue. @arch 7.3.1 P(records are never merged) Event record merging */
  report(event: EventFields): void {
    const { recorder } = this.#parts;
    const w = this.#words;
    encodeEvent(event, w);
    const id = recorder.emit(K.event, w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]);
    if (event.stall === true && (!this.#writable || this.#held.length !== 0)) {
      const { sid, stag = 0 } = event;
      this.#held.push({ sid, stag, words: w.slice(), id, stale: false });
      this.#result(id, EVENT_HELD, this.#parts.queue.writeIndex);
    } else {
      this.#deliver(w, id);
    }
  }

  /** Writes held stall records while the queue takes them: call when it may have become writable. */
  flush(): void {
    if (this.#flushing) {
      return;
    }
    this.#flushing = true;
    while (this.#held.length !== 0 && this.#writable) {
      const record = this.#held.shift();
      if (record?.stale === true) {
        this.onStale?.(record.sid, record.stag);
      } else if (record !== undefined) {
        this.#deliver(record.words, record.id);
      }
    }
    this.#flushing = false;
  }

  /** Forgets the held record of a transaction that is over; false when it was visible already. */
  withdraw(sid: number, stag: number): boolean {
    const before = this.#held.length;
    this.#held = this.#held.filter((record) => record.sid !== sid || record.stag !== stag);
    return this.#held.length !== before;
  }

  /** A CMD_SYNC completed invalidations: records not yet visible must not appear as they are. */
  invalidated(): void {
    for (const record of this.#held) {
      record.stale = true;
    }
  }

  get #writable(): boolean {
    const { enabled, queue, errors } = this.#parts;
    return enabled() && !queue.isFull && !errors.isActive(EVENTQ_ABT_ERR);
  }

  #deliver(words: Int32Array, id: number): void {
    const { enabled, queue, errors, interrupts, recorder } = this.#parts;
    const index = queue.writeIndex;
    if (!enabled() || errors.isActive(EVENTQ_ABT_ERR)) {
      this.#result(id, EVENT_DISCARDED, index);
      return;
    }
    if (queue.isFull) {
      queue.enterOverflow();
      this.#result(id, EVENT_OVERFLOW, index);
      return;
    }
    const outcome = queue.push(words);
    this.#result(id, outcome === 'aborted' ? EVENT_DISCARDED : EVENT_QUEUED, index);
    const cause = recorder.cause;
    recorder.cause = id;
    if (outcome === 'aborted') {
      errors.activate(EVENTQ_ABT_ERR);
    } else if (outcome === 'written-first') {
      interrupts.eventQueue();
    }
    recorder.cause = cause;
  }

  #result(id: number, result: number, index: number): void {
    const { recorder } = this.#parts;
    const cause = recorder.cause;
    recorder.cause = id;
    recorder.emit(K.event_result, result, index);
    recorder.cause = cause;
  }
}
