// Interrupt lines of the machine. Hardware raises, the kernel side dispatches at its own safe points:
// an interrupt never runs inside the hardware operation that raised it.

import { assert } from '../base/assert.ts';

/** Called by {@link InterruptController.dispatch} for one pending line. */
export type IrqHandler = (line: number) => void;

/** Edge-triggered lines: a line raised twice before it is dispatched runs its handler once. */
export class InterruptController {
  readonly #handlers = new Map<number, IrqHandler>();
  readonly #pending = new Set<number>();
  /** Told of every edge, also when nobody listens. */
  onRaise: ((line: number, handled: boolean) => void) | undefined;

  /** @throws AssertionError when the line has a handler already. */
  setHandler(line: number, handler: IrqHandler): void {
    assert(!this.#handlers.has(line), `irq ${line} has a handler already`);
    this.#handlers.set(line, handler);
  }

  clearHandler(line: number): void {
    this.#handlers.delete(line);
  }

  /** Signals an edge; false without a handler, when it is lost as on a masked line. */
  raise(line: number): boolean {
    const handled = this.#handlers.has(line);
    this.onRaise?.(line, handled);
    if (handled) {
      this.#pending.add(line);
    }
    return handled;
  }

  get pending(): boolean {
    return this.#pending.size !== 0;
  }

  /** Runs the handlers of pending lines, lowest first, until none is pending. */
  dispatch(): void {
    while (this.#pending.size !== 0) {
      const line = Math.min(...this.#pending);
      this.#pending.delete(line);
      this.#handlers.get(line)?.(line);
    }
  }
}
