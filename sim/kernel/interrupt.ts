// request_irq and friends over the machine's interrupt lines. Hard handlers run when the line is
// dispatched; threads run as deferred work, one run at a time as with IRQF_ONESHOT.

import type { Machine } from '../machine/machine.ts';
import { K } from '../trace/kinds.ts';
import { EBUSY, EINVAL } from './errno.ts';
import type { KernelLog } from './printk.ts';

export const IRQ_NONE = 0;
export const IRQ_HANDLED = 1;
export const IRQ_WAKE_THREAD = 2;
export const IRQF_ONESHOT = 0x2000;

/** The function that runs hard handlers, in the trace. */
const HARD_HANDLER = 'handle_irq_event';

/** `irqreturn_t handler(int irq, void *dev)`. */
export type InterruptHandler = (irq: number, dev: unknown) => number;

/** One requested interrupt as listeners see it. */
export interface IrqAction {
  readonly irq: number;
  readonly name: string;
  readonly handler: InterruptHandler | undefined;
  readonly thread_fn: InterruptHandler | undefined;
  readonly flags: number;
  readonly dev: unknown;
}

/** The interrupt lines of one kernel. */
export class InterruptTable {
  readonly #machine: Machine;
  readonly #log: KernelLog;
  readonly #actions = new Map<number, IrqAction>();
  /** Told of each request that succeeded. */
  onRequest: ((action: IrqAction) => void) | undefined;

  constructor(machine: Machine, log: KernelLog) {
    this.#machine = machine;
    this.#log = log;
  }

  /** Requested interrupts by line. */
  get actions(): ReadonlyMap<number, IrqAction> {
    return this.#actions;
  }

  /** 0; -EBUSY when the line is taken (sharing is not modelled); -EINVAL without a handler. */
  request_irq(
    irq: number,
    handler: InterruptHandler,
    flags: number,
    name: string,
    dev: unknown,
  ): number {
    return this.#request({ irq, handler, thread_fn: undefined, flags, name, dev });
  }

  /** As {@link request_irq}, with a thread for what must sleep; without `handler` it always wakes. */
  request_threaded_irq(
    irq: number,
    handler: InterruptHandler | undefined,
    thread_fn: InterruptHandler | undefined,
    flags: number,
    name: string,
    dev: unknown,
  ): number {
    return this.#request({ irq, handler, thread_fn, flags, name, dev });
  }

  free_irq(irq: number): void {
    if (this.#actions.delete(irq)) {
      this.#machine.irq.clearHandler(irq);
    }
  }

  /** Runs the hard handler of a line now, and queues its thread when it asks for it. */
  handle(irq: number): void {
    const action = this.#actions.get(irq);
    if (action === undefined) {
      return;
    }
    const { cause } = this.#machine.recorder;
    const result = this.#runHandler(action) ?? IRQ_WAKE_THREAD;
    if (result === IRQ_WAKE_THREAD && action.thread_fn !== undefined) {
      this.#machine.defer(() => this.#runThread(action, cause));
    }
  }

  #runHandler({ irq, name, handler, dev }: IrqAction): number | undefined {
    if (handler === undefined) {
      return undefined;
    }
    const recorder = this.#machine.recorder;
    const { cause } = recorder;
    const args = recorder.intern(`${irq}, ${name}`);
    recorder.cause = recorder.emit(K.call, recorder.intern(HARD_HANDLER), args, 0, 0) || cause;
    try {
      return handler(irq, dev);
    } finally {
      recorder.cause = cause;
    }
  }

  #runThread(action: IrqAction, cause: number): void {
    const recorder = this.#machine.recorder;
    const saved = recorder.cause;
    recorder.cause = cause;
    const id = recorder.emit(K.call, recorder.intern(`irq/${action.irq}-${action.name}`), 0, 0, 0);
    recorder.cause = id === 0 ? cause : id;
    action.thread_fn?.(action.irq, action.dev);
    recorder.cause = saved;
  }

  #request(action: IrqAction): number {
    if (action.handler === undefined && action.thread_fn === undefined) {
      return -EINVAL;
    }
    if (this.#actions.has(action.irq)) {
      this.#log.pr_err('genirq: Flags mismatch irq %d. %s', action.irq, action.name);
      return -EBUSY;
    }
    this.#actions.set(action.irq, action);
    this.#machine.irq.setHandler(action.irq, () => this.handle(action.irq));
    this.onRequest?.(action);
    return 0;
  }
}
