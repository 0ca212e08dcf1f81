// What every part of a session stands on: memory, address map, time, interrupts, deferred work, trace.

import type { Recorder } from '../trace/recorder.ts';
import type { VirtualClock } from './clock.ts';
import { InterruptController } from './interrupts.ts';
import type { RamRegion } from './memory.ts';
import { PhysicalMemory } from './memory.ts';
import { SystemBus } from './system-bus.ts';

/** RAM of the default machine: 2 GiB at 1 GiB, as QEMU's virt machine places it. */
export const DEFAULT_RAM: RamRegion = { base: 0x4000_0000, size: 0x8000_0000 };

/** One simulated machine. Everything that runs later runs in {@link Machine.settle}, in order. */
export class Machine {
  readonly memory: PhysicalMemory;
  readonly bus: SystemBus;
  readonly clock: VirtualClock;
  readonly irq = new InterruptController();
  readonly recorder: Recorder;
  readonly #work: (() => void)[] = [];
  #settling = false;

  constructor(recorder: Recorder, clock: VirtualClock, ram: readonly RamRegion[] = [DEFAULT_RAM]) {
    this.recorder = recorder;
    this.clock = clock;
    this.memory = new PhysicalMemory(ram);
    this.bus = new SystemBus(this.memory);
  }

  /** Queues work (a threaded interrupt handler, a workqueue item) for the next {@link settle}. */
  defer(work: () => void): void {
    this.#work.push(work);
  }

  /** True inside {@link settle}: what would be deferred now waits until what runs has ended. */
  get settling(): boolean {
    return this.#settling;
  }

  /** Runs pending interrupts and deferred work until nothing is left; time does not move. */
  settle(): void {
    if (this.#settling) {
      return;
    }
    this.#settling = true;
    try {
      this.irq.dispatch();
      for (let work = this.#work.shift(); work !== undefined; work = this.#work.shift()) {
        work();
        this.irq.dispatch();
      }
    } finally {
      this.#settling = false;
    }
  }

  /** Settles, then moves time by `ticks` (nanoseconds), settling at every alarm on the way. */
  sleep(ticks: number): void {
    const end = this.clock.now + ticks;
    this.settle();
    for (
      let next = this.clock.nextAlarm;
      next !== undefined && next <= end;
      next = this.clock.nextAlarm
    ) {
      this.clock.advance(Math.max(0, next - this.clock.now));
      this.settle();
    }
    this.clock.advance(Math.max(0, end - this.clock.now));
    this.settle();
  }
}
