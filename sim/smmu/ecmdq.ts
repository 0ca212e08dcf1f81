// Enhanced Command queues (IHI 0070 3.5.6, SMMUv3.3): one control page of 256 queues, each with its own
// enable, error and acknowledgement, consumed inside the write of its ECMDQ_PROD.

import { hex } from '../base/hex.ts';
import type { Diagnostics } from '../trace/diagnostics.ts';
import type { CommandRegisters } from './command-queue.ts';
import { CommandQueue } from './command-queue.ts';
import type { CommandTargets } from './commands.ts';
import type { EventQueue } from './event-queue.ts';
import type { GlobalErrors } from './global-errors.ts';
import { CMDQP_ERR } from './global-errors.ts';
import type { Interrupts } from './interrupts.ts';
import { effectiveLog2Size } from './output-queue.ts';
import { indexMask } from './queue.ts';
import { ECMDQ_STRIDE } from './spec/registers-optional.ts';

/** EN and ENACK. */
const ENABLE = 1 << 31;
/** ERR and ERRACK. */
const ERROR = 1 << 23;
const REASON_SHIFT = 24;
const WR = 0xf_ffff;
const PROD_MASK = ENABLE | ERROR | WR;
const BASE_HI_MASK = 0x400f_ffff;

/** What all queues share. */
export interface EcmdqParts {
  readonly targets: Omit<CommandTargets, 'pending'>;
  readonly errors: GlobalErrors;
  readonly interrupts: Interrupts;
  readonly events: EventQueue;
}

/** One queue: its three registers and what consumes it. */
class Ecmdq implements CommandRegisters {
  readonly name: string;
  baseLo = 0;
  baseHi = 0;
  prod = 0;
  cons = 0;
  readonly #errors: GlobalErrors;
  readonly #diagnostics: Diagnostics;
  readonly #queue: CommandQueue;
  readonly #most: number;

  constructor(index: number, parts: EcmdqParts) {
    const { targets, errors, interrupts, events } = parts;
    this.name = `ECMDQ${index}`;
    this.#errors = errors;
    this.#diagnostics = targets.state.diagnostics;
    this.#most = targets.state.features.cmdqs;
    const own = { ...targets, pending: { timedOut: false } };
    this.#queue = new CommandQueue({ targets: own, registers: this, interrupts, events });
  }

  get enabled(): boolean {
    return (this.cons & ENABLE) !== 0;
  }

  get runnable(): boolean {
    return this.enabled && ((this.prod ^ this.cons) & ERROR) === 0;
  }

  consume(index: number): void {
    this.cons = (this.cons & ~WR) | index;
  }

  /** @arch 3.5.6.3 Y Errors relating to an ECMDQ interface */
  fail(cerror: number): void {
    const reason = (this.cons & ~(7 << REASON_SHIFT)) | (cerror << REASON_SHIFT);
    this.cons = reason ^ ERROR;
    this.#errors.activate(CMDQP_ERR);
  }

  writeBase(lo: number | undefined, hi: number | undefined): void {
    if (this.#guarded('BASE')) {
      return;
    }
    this.baseLo = lo ?? this.baseLo;
    this.baseHi = (hi ?? this.baseHi) & BASE_HI_MASK;
    this.consume(this.cons & this.#indexMask);
  }

  /** @arch 3.5.6.2 Y Enabling and disabling an ECMDQ interface */
  writeProd(value: number): void {
    this.prod = value & PROD_MASK;
    this.cons = (this.cons & ~ENABLE) | (value & ENABLE);
    if (this.enabled) {
      this.#queue.checkIndexes();
      this.#queue.process();
    }
  }

  writeCons(value: number): void {
    if (!this.#guarded('CONS')) {
      this.cons = (value & (ERROR | (7 << REASON_SHIFT))) | (value & this.#indexMask);
    }
  }

  get #indexMask(): number {
    return indexMask(effectiveLog2Size(this.baseLo, this.#most));
  }

  #guarded(register: string): boolean {
    if (this.enabled) {
      const text = `write of ${this.name}_${register} is ignored: the queue is enabled`;
      this.#diagnostics.guestError('3.5.6.2', text);
    }
    return this.enabled;
  }
}

/** The registers of the control page. @arch 3.5.6 P(one page of 256 queues) Enhanced Command queue interfaces */
export class EcmdqPage {
  readonly #parts: EcmdqParts;
  readonly #queues = new Map<number, Ecmdq>();

  constructor(parts: EcmdqParts) {
    this.#parts = parts;
  }

  /** True when some queue is enabled: CR1.QUEUE_* is guarded. */
  get anyEnabled(): boolean {
    return [...this.#queues.values()].some((queue) => queue.enabled);
  }

  /** `offset` in bytes from the page. */
  read32(offset: number): number {
    const queue = this.#at(offset, 4, 'read');
    switch (offset % ECMDQ_STRIDE) {
      case 0x0:
        return queue?.baseLo ?? 0;
      case 0x4:
        return queue?.baseHi ?? 0;
      case 0x8:
        return queue?.prod ?? 0;
      default:
        return queue?.cons ?? 0;
    }
  }

  read64(offset: number, out: Int32Array): void {
    const queue = this.#wide(offset, 'read');
    out[0] = queue?.baseLo ?? 0;
    out[1] = queue?.baseHi ?? 0;
  }

  write32(offset: number, value: number): void {
    const queue = this.#at(offset, 4, 'write');
    switch (offset % ECMDQ_STRIDE) {
      case 0x0:
        queue?.writeBase(value, undefined);
        break;
      case 0x4:
        queue?.writeBase(undefined, value);
        break;
      case 0x8:
        queue?.writeProd(value);
        break;
      default:
        queue?.writeCons(value);
    }
  }

  write64(offset: number, lo: number, hi: number): void {
    this.#wide(offset, 'write')?.writeBase(lo, hi);
  }

  #wide(offset: number, what: string): Ecmdq | undefined {
    if (offset % ECMDQ_STRIDE === 0) {
      return this.#at(offset, 8, what);
    }
    this.#refuse(offset, `64-bit ${what}`);
    return undefined;
  }

  #at(offset: number, size: number, what: string): Ecmdq | undefined {
    if (offset % size !== 0 || offset % ECMDQ_STRIDE >= 0x10) {
      this.#refuse(offset, what);
      return undefined;
    }
    const index = Math.floor(offset / ECMDQ_STRIDE);
    let queue = this.#queues.get(index);
    if (queue === undefined) {
      queue = new Ecmdq(index, this.#parts);
      this.#queues.set(index, queue);
    }
    return queue;
  }

  #refuse(offset: number, what: string): void {
    this.#parts.targets.state.diagnostics.guestError(
      '6.2',
      `${what} at ${hex(offset)} of the Command queue control page: no register there, RAZ/WI`,
    );
  }
}
