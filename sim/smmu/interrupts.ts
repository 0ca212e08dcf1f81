// Interrupt sources of the SMMU (IHI 0070 3.18): each pulses its wired output and, when an address is
// configured, writes its MSI. MemAttr and SH of an MSI have no effect: the memory is coherent.

import { join } from '../base/hex.ts';
import type { InterruptController } from '../machine/interrupts.ts';
import type { SystemBus } from '../machine/system-bus.ts';
import { K } from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';
import type { GlobalErrors } from './global-errors.ts';
import {
  MSI_CMDQ_ABT_ERR,
  MSI_EVENTQ_ABT_ERR,
  MSI_GERROR_ABT_ERR,
  MSI_PRIQ_ABT_ERR,
} from './global-errors.ts';
import type { RegisterFile } from './register-file.ts';

/** The wired outputs: which lines of which controller. */
export interface IrqLines {
  readonly controller: InterruptController;
  readonly eventq: number;
  readonly priq: number;
  readonly cmdSync: number;
  readonly gerror: number;
}

/** Bits of IRQ_CTRL. */
export const GERROR_IRQEN = 1 << 0;
export const PRIQ_IRQEN = 1 << 1;
export const EVENTQ_IRQEN = 1 << 2;

interface Source {
  readonly name: 'eventq' | 'priq' | 'gerror';
  readonly enable: number;
  readonly address: 'EVENTQ_IRQ_CFG0' | 'PRIQ_IRQ_CFG0' | 'GERROR_IRQ_CFG0';
  readonly data: 'EVENTQ_IRQ_CFG1' | 'PRIQ_IRQ_CFG1' | 'GERROR_IRQ_CFG1';
  readonly abort: number;
}

const EVENTQ: Source = {
  name: 'eventq',
  enable: EVENTQ_IRQEN,
  address: 'EVENTQ_IRQ_CFG0',
  data: 'EVENTQ_IRQ_CFG1',
  abort: MSI_EVENTQ_ABT_ERR,
};
const PRIQ: Source = {
  name: 'priq',
  enable: PRIQ_IRQEN,
  address: 'PRIQ_IRQ_CFG0',
  data: 'PRIQ_IRQ_CFG1',
  abort: MSI_PRIQ_ABT_ERR,
};
const GERROR: Source = {
  name: 'gerror',
  enable: GERROR_IRQEN,
  address: 'GERROR_IRQ_CFG0',
  data: 'GERROR_IRQ_CFG1',
  abort: MSI_GERROR_ABT_ERR,
};

/** What the interrupts are made of. */
export interface InterruptParts {
  readonly registers: RegisterFile;
  readonly errors: GlobalErrors;
  readonly bus: SystemBus;
  readonly recorder: Recorder;
  readonly lines: IrqLines;
}

/** Raises the interrupts of one SMMU. @arch 3.18 P(MSI attributes have no effect) Interrupts and notifications */
export class Interrupts {
  readonly #parts: InterruptParts;
  /** True while an MSI write is on the bus: a write of the SMMU's own registers now is its own. */
  writing = false;

  constructor(parts: InterruptParts) {
    this.#parts = parts;
    parts.errors.onActivate = () => this.#raise(GERROR);
  }

  /** The Event queue went from empty to not empty. */
  eventQueue(): void {
    this.#raise(EVENTQ);
  }

  /** The condition of PRIQ_IRQ_CFG2.LO holds. */
  priQueue(): void {
    this.#raise(PRIQ);
  }

  /** Completion of CMD_SYNC with SIG_IRQ: the wired output, and the MSI when there is one. */
  sync(message: { readonly address: number; readonly data: number } | undefined): void {
    this.#pulse('cmdSync', message !== undefined);
    if (message !== undefined) {
      this.#message(message.address, message.data, MSI_CMDQ_ABT_ERR);
    }
  }

  /** CMD_SYNC with SIG_SEV, or a full Command queue has room: an event for the PEs. */
  sendEvent(): void {
    const { recorder } = this.#parts;
    recorder.emit(K.irq, -1, 0, recorder.intern('SEV'));
  }

  #raise(source: Source): void {
    const { registers } = this.#parts;
    if ((registers.lo('IRQ_CTRLACK') & source.enable) === 0) {
      return;
    }
    const lo = registers.lo(source.address);
    const hi = registers.hi(source.address);
    const sent = lo !== 0 || hi !== 0;
    this.#pulse(source.name, sent);
    if (sent) {
      this.#message(join(lo, hi), registers.lo(source.data), source.abort);
    }
  }

  /** The record of a pulse that nobody listens to is left out when an MSI says the same. */
  #pulse(name: 'eventq' | 'priq' | 'gerror' | 'cmdSync', message: boolean): void {
    const { recorder, lines } = this.#parts;
    const handled = lines.controller.raise(lines[name]);
    if (handled || !message) {
      recorder.emit(K.irq, lines[name], Number(handled), recorder.intern(name));
    }
  }

  #message(address: number, data: number, abort: number): void {
    const { bus, recorder, errors } = this.#parts;
    const outer = this.writing;
    this.writing = true;
    const ok = bus.write32(address, data);
    this.writing = outer;
    recorder.emit(K.msi, address | 0, Math.floor(address / 2 ** 32), data, Number(ok));
    if (!ok) {
      errors.activate(abort);
    }
  }
}
