// Stalled transactions (IHI 0070 3.12.2): named by STAG until CMD_RESUME, CMD_STALL_TERM or SMMUEN = 0
// releases them. The device model holds the transaction and is told how the stall ends.
// STAGs are handed out in rotation, so that one used twice by software shows. No early retry.

import { assert } from '../base/assert.ts';
import { hex } from '../base/hex.ts';
import type { Transaction } from '../machine/transaction.ts';
import { TXN_ABORT, TXN_OK, TXN_STALLED } from '../machine/transaction.ts';
import { K } from '../trace/kinds.ts';
import type { StallSink } from './cache-maintenance.ts';
import type { EventQueue } from './event-queue.ts';
import type { EventFields, SmmuState } from './smmu-state.ts';

/** `stall` of the trace: phases. */
const STALL_BEGIN = 0;
const STALL_RETRIED = 1;
const STALL_TERMINATED = 2;

/** Names of transactions that wait for a STAG start here: no command can name them. */
const FIRST_WAITER = 0x1_0000;
/** Outcomes kept for devices that ask late. */
const KEPT_OUTCOMES = 256;

interface Stalled {
  readonly sid: number;
  readonly stag: number;
  done: ((status: number) => void) | undefined;
}

/** @arch 3.12.2 P(no early retry; no suppression of duplicate records, which is optional) Stall model */
export class StallTable implements StallSink {
  readonly #state: SmmuState;
  readonly #events: EventQueue;
  readonly #capacity: number;
  readonly #stalled = new Map<number, Stalled>();
  readonly #waiting = new Map<number, Stalled>();
  readonly #outcomes = new Map<number, number>();
  #nextStag = 0;
  #nextWaiter = FIRST_WAITER;

  constructor(state: SmmuState, events: EventQueue) {
    this.#state = state;
    this.#events = events;
    this.#capacity = Math.max(1, state.features.stallMax);
    events.onStale = (sid, stag) => this.#release(this.#find(sid, stag), TXN_OK);
  }

  /** Transactions that hold a STAG. */
  get count(): number {
    return this.#stalled.size;
  }

  begin(transaction: Transaction, event: EventFields): void {
    const { sid } = transaction;
    const full = this.#stalled.size >= this.#capacity;
    const stag = full ? this.#nextWaiter++ : this.#freeStag();
    transaction.status = TXN_STALLED;
    transaction.stag = stag;
    (full ? this.#waiting : this.#stalled).set(stag, { sid, stag, done: undefined });
    this.#state.recorder.emit(K.stall, sid, stag, STALL_BEGIN);
    if (!full) {
      this.#events.report({ ...event, stall: true, stag });
    }
  }

  /**
   * Names who is to be told how a stall ends: TXN_OK retry, TXN_ABORT or TXN_RAZ_WI terminated.
   * @throws AssertionError when no such transaction is or was stalled.
   */
  onEnd(sid: number, stag: number, done: (status: number) => void): void {
    const outcome = this.#outcomes.get(stag);
    if (outcome !== undefined) {
      this.#outcomes.delete(stag);
      done(outcome);
      return;
    }
    const entry = this.#stalled.get(stag) ?? this.#waiting.get(stag);
    assert(entry?.sid === sid, `sid ${hex(sid)} has no stalled transaction ${hex(stag)}`);
    assert(entry.done === undefined, `stag ${hex(stag)} has a listener already`);
    entry.done = done;
  }

  /** CMD_RESUME: `status` as for {@link onEnd}. False when nothing matches: the command does nothing. */
  resume(sid: number, stag: number, status: number): boolean {
    const entry = this.#find(sid, stag);
    if (entry === undefined) {
      return false;
    }
    if (this.#events.withdraw(sid, stag)) {
      this.#state.diagnostics.unpredictable(
        '4.7.1',
        `CMD_RESUME of sid ${hex(sid)} stag ${hex(stag)} before its event was visible: it takes effect`,
      );
    }
    this.#release(entry, status);
    return true;
  }

  /** CMD_STALL_TERM: aborts all stalled transactions of the stream. */
  terminateStream(sid: number): void {
    this.#terminate((entry) => entry.sid === sid);
  }

  /** CR0.SMMUEN went to 0: aborts all. */
  terminateAll(): void {
    this.#terminate(() => true);
  }

  #terminate(matches: (entry: Stalled) => boolean): void {
    for (const table of [this.#waiting, this.#stalled]) {
      for (const entry of [...table.values()].filter(matches)) {
        this.#events.withdraw(entry.sid, entry.stag);
        this.#release(entry, TXN_ABORT);
      }
    }
  }

  #find(sid: number, stag: number): Stalled | undefined {
    const entry = this.#stalled.get(stag);
    return entry?.sid === sid ? entry : undefined;
  }

  #release(entry: Stalled | undefined, status: number): void {
    if (
      entry === undefined ||
      !(this.#stalled.delete(entry.stag) || this.#waiting.delete(entry.stag))
    ) {
      return;
    }
    const phase = status === TXN_OK ? STALL_RETRIED : STALL_TERMINATED;
    this.#state.recorder.emit(K.stall, entry.sid, entry.stag, phase);
    this.#finish(entry, status);
    this.#wake();
  }

  /** Lets transactions that wait for a STAG try again, each at most once. */
  #wake(): void {
    for (const entry of [...this.#waiting.values()]) {
      if (this.#stalled.size >= this.#capacity) {
        return;
      }
      if (this.#waiting.delete(entry.stag)) {
        this.#state.recorder.emit(K.stall, entry.sid, entry.stag, STALL_RETRIED);
        this.#finish(entry, TXN_OK);
      }
    }
  }

  #finish(entry: Stalled, status: number): void {
    if (entry.done !== undefined) {
      entry.done(status);
      return;
    }
    this.#outcomes.set(entry.stag, status);
    const [oldest] = this.#outcomes.keys();
    if (this.#outcomes.size > KEPT_OUTCOMES && oldest !== undefined) {
      this.#outcomes.delete(oldest);
    }
  }

  #freeStag(): number {
    while (this.#stalled.has(this.#nextStag)) {
      this.#nextStag = (this.#nextStag + 1) & 0xffff;
    }
    const stag = this.#nextStag;
    this.#nextStag = (stag + 1) & 0xffff;
    this.#outcomes.delete(stag);
    return stag;
  }
}
