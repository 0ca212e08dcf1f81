// Virtual time. One tick is one nanosecond; nothing here reads a real clock.

import type { Disposable } from '../base/disposable.ts';
import { toDisposable } from '../base/disposable.ts';

interface Alarm {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Ticks (nanoseconds) since the machine was made, and alarms in order of time, then of request. */
export class VirtualClock {
  now = 0;
  #order = 0;
  #alarms: Alarm[] = [];

  /** Calls `run` when `now` reaches `now + ticks`; dispose the result to cancel. */
  after(ticks: number, run: () => void): Disposable {
    const alarm: Alarm = { at: this.now + ticks, order: this.#order++, run };
    const index = this.#alarms.findIndex((other) => other.at > alarm.at);
    this.#alarms.splice(index < 0 ? this.#alarms.length : index, 0, alarm);
    return toDisposable(() => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    });
  }

  /** Moves time forward by `ticks`, running what falls due on the way at its own time. */
  advance(ticks: number): void {
    const end = this.now + ticks;
    for (let next = this.#alarms[0]; next !== undefined && next.at <= end; next = this.#alarms[0]) {
      this.#alarms.shift();
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = Math.max(this.now, end);
  }

  /** Time of the next alarm, or undefined when nothing is waiting. */
  get nextAlarm(): number | undefined {
    return this.#alarms[0]?.at;
  }
}
