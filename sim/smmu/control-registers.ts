// Wires the registers to what they control: guards, update handshakes, and the values in force that the
// translation side reads from SmmuState (IHI 0070 6.3.9-6.3.36).

import { hex, join } from '../base/hex.ts';
import type { CommandQueue } from './command-queue.ts';
import type { EventQueue } from './event-queue.ts';
import type { UpdateTiming } from './field-updates.ts';
import { completeLater, FieldUpdates } from './field-updates.ts';
import type { GlobalErrors } from './global-errors.ts';
import { EVENTQ_IRQEN, GERROR_IRQEN, PRIQ_IRQEN } from './interrupts.ts';
import { effectiveLog2Size } from './output-queue.ts';
import { indexMask, isConsistent } from './queue.ts';
import type { RegisterBehaviour, RegisterFile } from './register-file.ts';
import type { SmmuState } from './smmu-state.ts';
import type { RegisterName } from './spec/registers.ts';
import { REGISTERS } from './spec/registers.ts';

/** Bits of CR0. */
export const SMMUEN = 1 << 0;
export const PRIQEN = 1 << 1;
export const EVENTQEN = 1 << 2;
export const CMDQEN = 1 << 3;
export const ATSCHK = 1 << 4;
const VMW_SHIFT = 6;
const VMW_MASK = 7 << VMW_SHIFT;

const UPDATE = 1 << 31;
const OVERFLOW = 1 << 31;
/** CR1: fields of table accesses and of queue accesses. */
const CR1_TABLE = 0xfc0;
const CR1_QUEUE = 0x3f;

/** What the registers control. */
export interface ControlledParts {
  readonly state: SmmuState;
  readonly registers: RegisterFile;
  readonly errors: GlobalErrors;
  readonly timing: UpdateTiming;
}

/** Parts that are made after the control registers, because they ask them. */
export interface LateParts {
  readonly events: EventQueue;
  readonly commands: CommandQueue;
  /** True when some ECMDQ is enabled. */
  ecmdqEnabled(): boolean;
  /** CR0.SMMUEN completed an update. */
  enableChanged(enabled: boolean): void;
}

/** The control registers of one SMMU. */
export class ControlRegisters {
  readonly #parts: ControlledParts;
  readonly #cr0: FieldUpdates;
  readonly #irqCtrl: FieldUpdates;
  #late: LateParts | undefined;

  constructor(parts: ControlledParts) {
    this.#parts = parts;
    const { registers, timing, state } = parts;
    this.#cr0 = new FieldUpdates('CR0', registers, timing, state.diagnostics);
    this.#irqCtrl = new FieldUpdates('IRQ_CTRL', registers, timing, state.diagnostics);
    this.#cr0.onComplete = (mask) => this.#completed(mask);
    state.gbpa = registers.lo('GBPA');
    registers.setBehaviour('CR0', { write: (value) => this.#cr0.write(value) });
    registers.setBehaviour('IRQ_CTRL', { write: (value) => this.#irqCtrl.write(value) });
    registers.setBehaviour('GBPA', this.#gbpa());
    registers.setBehaviour('CR1', { guard: () => this.#cr1Guard() });
    this.#guardWholeRegisters();
  }

  /** Names what is driven by the registers; once, before the first access. */
  connect(late: LateParts): void {
    this.#late = late;
    const { registers, errors } = this.#parts;
    const { commands, events } = late;
    registers.setBehaviour('CMDQ_PROD', {
      written: () => {
        commands.checkIndexes();
        commands.process();
      },
    });
    this.#consumerOf('EVENTQ', () => events.flush());
    this.#consumerOf('PRIQ', () => undefined);
    errors.onAcknowledge = () => {
      events.flush();
      commands.process();
    };
  }

  /** True when the CR0 field of `mask` is 1 and its update is complete. */
  enabled(mask: number): boolean {
    return this.#cr0.acknowledged(mask);
  }

  /** True when the CR0 field is 1, or on its way to or from 1. */
  locks(mask: number): boolean {
    return this.#cr0.locks(mask);
  }

  /** Registers that are guarded as a whole by one enable bit. @arch 6.2 Y Guarded registers */
  #guardWholeRegisters(): void {
    const { registers } = this.#parts;
    const guards: readonly (readonly [RegisterName, FieldUpdates, number, string])[] = [
      ['CR2', this.#cr0, SMMUEN, 'SMMUEN'],
      ['STRTAB_BASE', this.#cr0, SMMUEN, 'SMMUEN'],
      ['STRTAB_BASE_CFG', this.#cr0, SMMUEN, 'SMMUEN'],
      ['CMDQ_BASE', this.#cr0, CMDQEN, 'CMDQEN'],
      ['CMDQ_CONS', this.#cr0, CMDQEN, 'CMDQEN'],
      ['EVENTQ_BASE', this.#cr0, EVENTQEN, 'EVENTQEN'],
      ['EVENTQ_PROD', this.#cr0, EVENTQEN, 'EVENTQEN'],
      ['PRIQ_BASE', this.#cr0, PRIQEN, 'PRIQEN'],
      ['PRIQ_PROD', this.#cr0, PRIQEN, 'PRIQEN'],
      ['GERROR_IRQ_CFG0', this.#irqCtrl, GERROR_IRQEN, 'GERROR_IRQEN'],
      ['GERROR_IRQ_CFG1', this.#irqCtrl, GERROR_IRQEN, 'GERROR_IRQEN'],
      ['GERROR_IRQ_CFG2', this.#irqCtrl, GERROR_IRQEN, 'GERROR_IRQEN'],
      ['EVENTQ_IRQ_CFG0', this.#irqCtrl, EVENTQ_IRQEN, 'EVENTQ_IRQEN'],
      ['EVENTQ_IRQ_CFG1', this.#irqCtrl, EVENTQ_IRQEN, 'EVENTQ_IRQEN'],
      ['EVENTQ_IRQ_CFG2', this.#irqCtrl, EVENTQ_IRQEN, 'EVENTQ_IRQEN'],
      ['PRIQ_IRQ_CFG0', this.#irqCtrl, PRIQ_IRQEN, 'PRIQ_IRQEN'],
      ['PRIQ_IRQ_CFG1', this.#irqCtrl, PRIQ_IRQEN, 'PRIQ_IRQEN'],
      ['PRIQ_IRQ_CFG2', this.#irqCtrl, PRIQ_IRQEN, 'PRIQ_IRQEN'],
    ];
    for (const [name, updates, mask, why] of guards) {
      const takenEarly = (mask & (CMDQEN | EVENTQEN | PRIQEN)) !== 0 && updates === this.#cr0;
      const guarded = { mask: -1, why: `${why} is 1 or being updated`, takenEarly };
      registers.setBehaviour(name, {
        guard: () => (updates.locks(mask) ? guarded : undefined),
        ...this.#effectOf(name),
      });
    }
  }

  #effectOf(name: RegisterName): RegisterBehaviour {
    if (name === 'CR2') {
      return { written: () => this.#cr2Written() };
    }
    if (name === 'CMDQ_CONS') {
      return { write: (value) => this.#setCmdqCons(value) };
    }
    if (name === 'CMDQ_BASE') {
      // A smaller queue truncates the index that was there.
      return { written: () => this.#setCmdqCons(this.#parts.registers.lo('CMDQ_CONS')) };
    }
    return name === 'STRTAB_BASE' || name === 'STRTAB_BASE_CFG'
      ? { written: () => this.#streamTableWritten() }
      : {};
  }

  /** Bits between the wrap flag and bit 19 are RAZ; ERR ignores the written value, as it may. */
  #setCmdqCons(value: number): void {
    const { registers, state } = this.#parts;
    const log2Size = effectiveLog2Size(registers.lo('CMDQ_BASE'), state.features.cmdqs);
    const error = registers.lo('CMDQ_CONS') & 0x7f00_0000;
    registers.set('CMDQ_CONS', error | (value & indexMask(log2Size)));
  }

  #cr1Guard() {
    const tables = this.locks(SMMUEN) ? CR1_TABLE : 0;
    const enabled = this.locks(CMDQEN | EVENTQEN | PRIQEN) || this.#late?.ecmdqEnabled() === true;
    const queues = enabled ? CR1_QUEUE : 0;
    return { mask: tables | queues, why: 'SMMUEN guards TABLE_*, the queue enables QUEUE_*' };
  }

  #cr2Written(): void {
    const { registers, state } = this.#parts;
    const value = registers.lo('CR2');
    state.e2h = (value & 1) !== 0;
    state.recinvsid = (value & 2) !== 0;
    state.recCfgAts = (value & 8) !== 0;
  }

  /** The base is aligned with LOG2SIZE as programmed. @arch 6.3.24 Y SMMU_STRTAB_BASE alignment */
  #streamTableWritten(): void {
    const { registers, state } = this.#parts;
    const config = registers.lo('STRTAB_BASE_CFG');
    const log2Size = config & 0x3f;
    const split = (config >>> 6) & 0x1f;
    state.strtabTwoLevel = ((config >>> 16) & 3) === 1;
    state.strtabSplit = split === 8 || split === 10 ? split : 6;
    state.strtabLog2Size = Math.min(log2Size, state.features.sidsize);
    const top = state.strtabTwoLevel
      ? Math.max(5, log2Size - state.strtabSplit - 1 + 3)
      : log2Size + 5;
    const address = join(registers.lo('STRTAB_BASE'), this.#addressHi('STRTAB_BASE'));
    state.strtabBase = address - (address % 2 ** (top + 1));
  }

  #addressHi(name: RegisterName): number {
    return this.#parts.registers.hi(name) & 0x000f_ffff;
  }

  /** @arch 6.3.14.1 Y GBPA Update procedure */
  #gbpa(): RegisterBehaviour {
    const { registers, state, timing } = this.#parts;
    const { diagnostics, features } = state;
    const refuse = (why: string): void => {
      const text = `write of GBPA is ignored: ${why}`;
      if (features.archMinor >= 2) {
        diagnostics.guestError('6.3.14.1', text);
      } else {
        diagnostics.unpredictable('6.3.14.1', text);
      }
    };
    return {
      write: (value) => {
        if ((registers.lo('GBPA') & UPDATE) !== 0) {
          refuse('an update is under way');
        } else if ((value & UPDATE) === 0) {
          refuse('Update is not set');
        } else {
          registers.set('GBPA', value);
          completeLater(timing, () => {
            registers.set('GBPA', registers.lo('GBPA') & ~UPDATE);
            state.gbpa = registers.lo('GBPA');
          });
        }
      },
    };
  }

  /** @arch 6.3.9.6 Y SMMUEN */
  #completed(mask: number): void {
    const { state, registers } = this.#parts;
    const on = this.#cr0.acknowledged(mask);
    if (mask === SMMUEN) {
      state.smmuen = on;
      this.#checkStreamTable(on);
      this.#late?.enableChanged(on);
    } else if (mask === ATSCHK) {
      state.atschk = on;
    } else if (mask === VMW_MASK) {
      const vmw = (registers.lo('CR0ACK') & VMW_MASK) >>> VMW_SHIFT;
      state.vmw = vmw > 4 ? 0 : vmw;
    } else if (on) {
      this.#queueEnabled(mask);
    }
  }

  #queueEnabled(mask: number): void {
    if (mask === CMDQEN) {
      this.#checkBase('CMDQ_BASE', this.#parts.state.features.cmdqs, 16);
      this.#late?.commands.process();
    } else if (mask === EVENTQEN) {
      this.#checkBase('EVENTQ_BASE', this.#parts.state.features.eventqs, 32);
      this.#late?.events.flush();
    } else if (mask === PRIQEN) {
      this.#checkBase('PRIQ_BASE', this.#parts.state.features.priqs, 16);
    }
  }

  /** The hardware aligns in silence: say so, because the queue is not where the driver thinks. */
  #checkBase(name: 'CMDQ_BASE' | 'EVENTQ_BASE' | 'PRIQ_BASE', most: number, entry: number): void {
    const { registers, state } = this.#parts;
    const asked = registers.lo(name) & 0x1f;
    const { section } = REGISTERS[name];
    if (asked > most) {
      const text = `${name}.LOG2SIZE ${asked} is above the ${most} of IDR1 and acts as it`;
      state.diagnostics.guestError(section, text);
    }
    const bytes = Math.max(32, entry * 2 ** effectiveLog2Size(registers.lo(name), most));
    const address = join(registers.lo(name) & ~0x1f, this.#addressHi(name));
    if (address % bytes !== 0) {
      const text = `${name} ${hex(address)} is not aligned to the queue's ${hex(bytes)} bytes: the low bits are ignored`;
      state.diagnostics.guestError(section, text);
    }
  }

  #checkStreamTable(on: boolean): void {
    const { registers, state } = this.#parts;
    const address = join(registers.lo('STRTAB_BASE'), this.#addressHi('STRTAB_BASE'));
    if (on && address !== state.strtabBase) {
      state.diagnostics.guestError(
        '6.3.24',
        `STRTAB_BASE ${hex(address)} is not aligned to the table's size: ${hex(state.strtabBase)} is used`,
      );
    }
  }

  /** Software moved its read index, or acknowledged an overflow. */
  #consumerOf(queue: 'EVENTQ' | 'PRIQ', moved: () => void): void {
    const { registers, state } = this.#parts;
    const cons = `${queue}_CONS` as const;
    const prod = `${queue}_PROD` as const;
    const most = queue === 'EVENTQ' ? state.features.eventqs : state.features.priqs;
    registers.setBehaviour(cons, {
      write: (value) => {
        const producer = registers.lo(prod);
        const quiet = ((producer ^ registers.lo(cons)) & OVERFLOW) === 0;
        const { diagnostics } = state;
        if (quiet && ((producer ^ value) & OVERFLOW) !== 0 && this.#queueOn(queue)) {
          const text = `${cons}.OVACKFLG toggled without an overflow: one counts as present now`;
          diagnostics.guestError('6.2.2', text);
        }
        registers.set(cons, value);
        const log2Size = effectiveLog2Size(registers.lo(`${queue}_BASE`), most);
        if (this.#queueOn(queue) && !isConsistent(producer, value, log2Size)) {
          const text = `${cons} ${hex(value >>> 0)} is inconsistent with ${prod} ${hex(producer >>> 0)} (UNPREDICTABLE)`;
          diagnostics.guestError('3.21.2', text);
        }
        moved();
      },
    });
  }

  #queueOn(queue: 'EVENTQ' | 'PRIQ'): boolean {
    return this.enabled(queue === 'EVENTQ' ? EVENTQEN : PRIQEN);
  }
}
