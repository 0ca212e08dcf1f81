// The update handshake of CR0 and IRQ_CTRL (IHI 0070 6.3.9, 6.3.16): a changed field takes effect when
// the ACK register shows it. Fields are independent; a field changed again before its ACK keeps the
// first value, one of the permitted choices.

import type { VirtualClock } from '../machine/clock.ts';
import type { Diagnostics } from '../trace/diagnostics.ts';
import type { RegisterCell, RegisterFile } from './register-file.ts';
import { REGISTERS } from './spec/registers.ts';

/** When updates complete: at once, or `ticks` (nanoseconds) after the write. */
export interface UpdateTiming {
  readonly clock: VirtualClock | undefined;
  readonly ticks: number;
}

/** Runs `complete` when an update that starts now is to complete. */
export function completeLater(timing: UpdateTiming, complete: () => void): void {
  if (timing.clock === undefined || timing.ticks === 0) {
    complete();
  } else {
    timing.clock.after(timing.ticks, complete);
  }
}

/** One register with its ACK register. */
export class FieldUpdates {
  readonly #name: 'CR0' | 'IRQ_CTRL';
  readonly #request: RegisterCell;
  readonly #ack: RegisterCell;
  readonly #timing: UpdateTiming;
  readonly #diagnostics: Diagnostics;
  /** Masks of the fields in the order in which updates of one write complete. */
  readonly #fields: readonly (readonly [string, number])[];
  /** Told of each completed update: the field's mask. */
  onComplete: ((mask: number) => void) | undefined;

  constructor(
    name: 'CR0' | 'IRQ_CTRL',
    registers: RegisterFile,
    timing: UpdateTiming,
    diagnostics: Diagnostics,
  ) {
    this.#name = name;
    this.#request = registers.cell(name);
    this.#ack = registers.cell(`${name}ACK`);
    this.#timing = timing;
    this.#diagnostics = diagnostics;
    // CMDQEN completes last: commands that it starts find the other fields of the same write in force.
    this.#fields = Object.entries(REGISTERS[name].fields)
      .map(([field, { lo, hi }]) => [field, (2 ** (hi - lo + 1) - 1) << lo] as const)
      .sort(([a], [b]) => Number(a === 'CMDQEN') - Number(b === 'CMDQEN'));
  }

  /** True when the field of `mask` is 1, or on its way to or from 1: what it guards is locked. */
  locks(mask: number): boolean {
    return ((this.#request.lo | this.#ack.lo) & mask) !== 0;
  }

  /** The value in force. */
  acknowledged(mask: number): boolean {
    return (this.#ack.lo & mask) !== 0;
  }

  /** Takes a write of the request register. */
  write(value: number): void {
    const old = this.#request.lo;
    const pending = old ^ this.#ack.lo;
    const changed: number[] = [];
    let stored = old;
    for (const [name, mask] of this.#fields) {
      if (((value ^ old) & mask) === 0) {
        continue;
      }
      if ((pending & mask) !== 0) {
        this.#diagnostics.guestError(
          REGISTERS[this.#name].section,
          `${this.#name}.${name} changed again before ${this.#name}ACK showed the first change; the first value stays`,
        );
        continue;
      }
      stored = (stored & ~mask) | (value & mask);
      changed.push(mask);
    }
    this.#request.set(stored);
    for (const mask of changed) {
      completeLater(this.#timing, () => this.#complete(mask));
    }
  }

  #complete(mask: number): void {
    const value = this.#request.lo;
    const ack = this.#ack.lo;
    this.#ack.set((ack & ~mask) | (value & mask));
    this.onComplete?.(mask);
  }
}
