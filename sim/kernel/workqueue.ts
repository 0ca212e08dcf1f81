// Workqueues: items run as deferred work of the machine, in the order they were queued.

import type { Disposable } from '../base/disposable.ts';
import type { Machine } from '../machine/machine.ts';
import { HZ } from './wait.ts';

/** struct work_struct. */
export interface WorkStruct {
  func: (work: WorkStruct) => void;
  pending: boolean;
  /** The queue that took it last. */
  wq?: Workqueue;
  /** Set while the item runs. */
  running?: boolean;
}

/** struct delayed_work. */
export interface DelayedWork extends WorkStruct {
  timer?: Disposable | undefined;
}

/** struct workqueue_struct. */
export class Workqueue {
  readonly name: string;
  readonly #machine: Machine;
  readonly #items: WorkStruct[] = [];

  constructor(machine: Machine, name: string) {
    this.#machine = machine;
    this.name = name;
  }

  /** False when the item is queued already. */
  queue_work(work: WorkStruct): boolean {
    if (work.pending) {
      return false;
    }
    work.pending = true;
    work.wq = this;
    this.#items.push(work);
    const cause = this.#machine.recorder.cause;
    this.#machine.defer(() => this.#run(work, cause));
    return true;
  }

  /** Queues after `delay` jiffies; false when pending already. */
  queue_delayed_work(work: DelayedWork, delay: number): boolean {
    if (work.pending || work.timer !== undefined) {
      return false;
    }
    work.wq = this;
    work.timer = this.#machine.clock.after((delay * 1e9) / HZ, () => {
      work.timer = undefined;
      this.queue_work(work);
    });
    return true;
  }

  /** Runs the item now when it is queued; true when it was. */
  flush_work(work: WorkStruct): boolean {
    const queued = work.pending;
    if (queued) {
      this.#run(work, this.#machine.recorder.cause);
    }
    return queued;
  }

  /** Takes the item out of the queue; true when it was pending. */
  cancel_work_sync(work: WorkStruct): boolean {
    const at = this.#items.indexOf(work);
    if (at >= 0) {
      this.#items.splice(at, 1);
    }
    const was = work.pending;
    work.pending = false;
    return was;
  }

  cancel_delayed_work_sync(work: DelayedWork): boolean {
    const timer = work.timer;
    work.timer = undefined;
    timer?.dispose();
    return this.cancel_work_sync(work) || timer !== undefined;
  }

  /** Runs everything that is queued now. */
  flush_workqueue(): void {
    for (const work of [...this.#items]) {
      this.flush_work(work);
    }
  }

  #run(work: WorkStruct, cause: number): void {
    const at = this.#items.indexOf(work);
    if (at < 0) {
      return;
    }
    this.#items.splice(at, 1);
    work.pending = false;
    const recorder = this.#machine.recorder;
    const saved = recorder.cause;
    recorder.cause = cause;
    work.running = true;
    work.func(work);
    work.running = false;
    recorder.cause = saved;
  }
}
