// GERROR and GERRORN (IHI 0070 7.5): an error is active while its bits differ. The SMMU toggles only
// inactive ones, so that further errors of a kind that is active are lost.

import type { Diagnostics } from '../trace/diagnostics.ts';
import type { RegisterCell, RegisterFile } from './register-file.ts';

export const CMDQ_ERR = 1 << 0;
export const EVENTQ_ABT_ERR = 1 << 2;
export const PRIQ_ABT_ERR = 1 << 3;
export const MSI_CMDQ_ABT_ERR = 1 << 4;
export const MSI_EVENTQ_ABT_ERR = 1 << 5;
export const MSI_PRIQ_ABT_ERR = 1 << 6;
export const MSI_GERROR_ABT_ERR = 1 << 7;
export const CMDQP_ERR = 1 << 9;

/** The global errors of one programming interface. @arch 7.5 P(no service failure mode) Global error recording */
export class GlobalErrors {
  readonly #gerror: RegisterCell;
  readonly #gerrorn: RegisterCell;
  readonly #known: number;
  readonly #diagnostics: Diagnostics;
  /** Told when an error becomes active that is to raise the GERROR interrupt. */
  onActivate: (() => void) | undefined;
  /** Told after software wrote GERRORN. */
  onAcknowledge: (() => void) | undefined;

  constructor(registers: RegisterFile, diagnostics: Diagnostics) {
    this.#gerror = registers.cell('GERROR');
    this.#gerrorn = registers.cell('GERRORN');
    this.#known = registers.mask('GERROR');
    this.#diagnostics = diagnostics;
    registers.setBehaviour('GERRORN', { write: (value) => this.#acknowledge(value) });
  }

  isActive(error: number): boolean {
    return ((this.#gerror.lo ^ this.#gerrorn.lo) & error) !== 0;
  }

  /** Makes an error active, unless it is. @arch 7.5.1 Y GERROR interrupt notification */
  activate(error: number): void {
    if (this.isActive(error)) {
      return;
    }
    this.#gerror.set(this.#gerror.lo ^ error);
    if (error !== MSI_GERROR_ABT_ERR) {
      this.onActivate?.();
    }
  }

  /** Toggled inactive errors count as active from now on; bits without an error mean nothing. */
  #acknowledge(value: number): void {
    const active = this.#gerror.lo ^ this.#gerrorn.lo;
    const toggled = value ^ this.#gerrorn.lo;
    const wrong = toggled & ~active & this.#known;
    if (wrong !== 0) {
      this.#diagnostics.guestError(
        '6.3.20',
        `GERRORN toggles inactive errors 0x${(wrong >>> 0).toString(16)}: they count as active now (CONSTRAINED UNPREDICTABLE)`,
      );
    }
    this.#gerrorn.set(value);
    this.onAcknowledge?.();
  }
}
