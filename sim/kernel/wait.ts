// Sleeping and waiting over the virtual clock: delays, completions, wait queues, timers, jiffies.
// A wait lets interrupts, deferred work and alarms run; one that nothing can end is a hung task.

import type { Disposable } from '../base/disposable.ts';
import type { Machine } from '../machine/machine.ts';
import type { KernelLog } from './printk.ts';

/** CONFIG_HZ: jiffies in a second. */
export const HZ = 250;
const NS_PER_US = 1000;
const NS_PER_MS = 1_000_000;
const NS_PER_JIFFY = 1_000_000_000 / HZ;
/** sysctl_hung_task_timeout_secs. */
const HUNG_TASK_SECONDS = 120;

/** A task waits for what can never come. The message says what it waits for. */
export class HungTaskError extends Error {
  override readonly name = 'HungTaskError';
}

/** struct completion: `done` counts completions that nobody waited for yet. */
export interface Completion {
  /** For the report of a hung task. */
  readonly name?: string;
  done: number;
}

/** struct wait_queue_head; waking is only a hint, the condition decides. */
export interface WaitQueueHead {
  readonly name: string;
}

/** struct timer_list. `expires` in jiffies. */
export interface TimerList {
  function?: (timer: TimerList) => void;
  expires?: number;
  alarm?: Disposable | undefined;
}

const COMPLETE_ALL = 0x7fff_ffff;

/** Delays and waits of one kernel. */
export class Waits {
  readonly #machine: Machine;
  readonly #log: KernelLog;

  constructor(machine: Machine, log: KernelLog) {
    this.#machine = machine;
    this.#log = log;
  }

  /** Jiffies since boot. */
  get jiffies(): number {
    return Math.floor(this.#machine.clock.now / NS_PER_JIFFY);
  }

  msecs_to_jiffies(ms: number): number {
    return Math.ceil((ms * HZ) / 1000);
  }

  /** Lets `us` microseconds pass; what falls due runs. */
  udelay(us: number): void {
    this.#machine.sleep(us * NS_PER_US);
  }

  /** Sleeps the upper bound, as an idle machine would. */
  usleep_range(_min: number, max: number): void {
    this.#machine.sleep(max * NS_PER_US);
  }

  msleep(ms: number): void {
    this.#machine.sleep(ms * NS_PER_MS);
  }

  /**
   * Busy-waits `ticks` nanoseconds inside a driver: alarms and hard interrupt handlers run, threads
   * and work items do not.
   */
  spin(ticks: number): void {
    this.#machine.clock.advance(ticks);
    this.#machine.irq.dispatch();
  }

  /**
   * Waits until `condition` holds; with `timeout` (nanoseconds) returns false when time ran out.
   * @throws HungTaskError when nothing is left that could make it hold, or after 120 s without timeout.
   */
  until(condition: () => boolean, why: string, timeout?: number): boolean {
    const { clock } = this.#machine;
    const end = clock.now + (timeout ?? HUNG_TASK_SECONDS * 1e9);
    this.#machine.settle();
    while (!condition()) {
      const next = clock.nextAlarm;
      if (next === undefined || next > end) {
        if (timeout === undefined) {
          this.#hung(why, next);
        }
        this.#machine.sleep(Math.max(0, end - clock.now));
        return condition();
      }
      this.#machine.sleep(Math.max(0, next - clock.now));
    }
    return true;
  }

  init_completion(x: Completion): void {
    x.done = 0;
  }

  complete(x: Completion): void {
    x.done = Math.min(x.done + 1, COMPLETE_ALL);
  }

  complete_all(x: Completion): void {
    x.done = COMPLETE_ALL;
  }

  wait_for_completion(x: Completion): void {
    this.until(() => x.done > 0, completionName(x));
    this.#take(x);
  }

  /** Jiffies left (at least 1), or 0 when `timeout` jiffies passed. */
  wait_for_completion_timeout(x: Completion, timeout: number): number {
    const start = this.jiffies;
    if (!this.until(() => x.done > 0, completionName(x), timeout * NS_PER_JIFFY)) {
      return 0;
    }
    this.#take(x);
    return Math.max(1, timeout - (this.jiffies - start));
  }

  wait_event(head: WaitQueueHead, condition: () => boolean): void {
    this.until(condition, `wait queue ${head.name}`);
  }

  /** Jiffies left (at least 1), or 0 when `timeout` jiffies passed with the condition false. */
  wait_event_timeout(head: WaitQueueHead, condition: () => boolean, timeout: number): number {
    const start = this.jiffies;
    if (!this.until(condition, `wait queue ${head.name}`, timeout * NS_PER_JIFFY)) {
      return 0;
    }
    return Math.max(1, timeout - (this.jiffies - start));
  }

  timer_setup(timer: TimerList, callback: (timer: TimerList) => void): void {
    timer.function = callback;
  }

  /** (Re)arms for `expires` jiffies; 1 when the timer was pending, else 0. */
  mod_timer(timer: TimerList, expires: number): number {
    const was = this.del_timer(timer);
    timer.expires = expires;
    const ticks = Math.max(0, expires * NS_PER_JIFFY - this.#machine.clock.now);
    timer.alarm = this.#machine.clock.after(ticks, () => {
      timer.alarm = undefined;
      this.#machine.defer(() => timer.function?.(timer));
    });
    return was;
  }

  /** 1 when the timer was pending, else 0. */
  del_timer(timer: TimerList): number {
    const alarm = timer.alarm;
    timer.alarm = undefined;
    alarm?.dispose();
    return alarm === undefined ? 0 : 1;
  }

  timer_pending(timer: TimerList): boolean {
    return timer.alarm !== undefined;
  }

  #take(x: Completion): void {
    if (x.done !== COMPLETE_ALL) {
      x.done--;
    }
  }

  #hung(why: string, next: number | undefined): never {
    this.#log.pr_err('INFO: task script:1 blocked for more than %d seconds.', HUNG_TASK_SECONDS);
    const reason = next === undefined ? 'nothing is left that could end the wait' : 'nothing did';
    throw new HungTaskError(`hung task: waits for ${why}, and ${reason}`);
  }
}

function completionName({ name }: Completion): string {
  return typeof name === 'string' ? `completion ${name}` : 'a completion';
}
