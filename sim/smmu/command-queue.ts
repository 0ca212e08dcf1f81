// The Command queue (IHI 0070 3.5, 4.1, 7.1): commands are consumed inside the register write that
// makes them consumable, in order, until the queue is empty or a command cannot be consumed.

import { hex } from '../base/hex.ts';
import { FETCH_COMMAND, K } from '../trace/kinds.ts';
import type { CommandTargets, Refusal } from './commands.ts';
import { refusal, runCommand, signalOf, syncMessage } from './commands.ts';
import type { EventQueue } from './event-queue.ts';
import type { GlobalErrors } from './global-errors.ts';
import { CMDQ_ERR } from './global-errors.ts';
import type { Interrupts } from './interrupts.ts';
import { alignedBase, effectiveLog2Size } from './output-queue.ts';
import { entryOf, indexMask, isConsistent, isEmpty, isFull, nextIndex } from './queue.ts';
import type { RegisterCell, RegisterFile } from './register-file.ts';
import { OAS_BITS } from './register-masks.ts';
import {
  CERROR_ABT,
  COMMAND_BY_OPCODE,
  COMMAND_BYTES,
  COMMANDS,
  SIG_IRQ,
  SIG_SEV,
} from './spec/commands.ts';

const TWO_32 = 0x1_0000_0000;

/** The registers of one Command queue: CMDQ_*, or those of an ECMDQ. */
export interface CommandRegisters {
  /** As the manual spells it before `_PROD`. */
  readonly name: string;
  readonly baseLo: number;
  readonly baseHi: number;
  /** PROD and CONS, index bits and whatever else. */
  readonly prod: number;
  readonly cons: number;
  /** Enabled, and no error active. */
  readonly runnable: boolean;
  /** Moves RD. */
  consume(index: number): void;
  /** Stops at the entry that RD points at. */
  fail(cerror: number): void;
}

/** What a Command queue needs around it. */
export interface CommandQueueParts {
  readonly targets: CommandTargets;
  readonly registers: CommandRegisters;
  readonly interrupts: Interrupts;
  readonly events: EventQueue;
}

/** CMDQ_BASE, CMDQ_PROD and CMDQ_CONS. */
export class MainCommandRegisters implements CommandRegisters {
  readonly name = 'CMDQ';
  readonly #base: RegisterCell;
  readonly #prod: RegisterCell;
  readonly #cons: RegisterCell;
  readonly #errors: GlobalErrors;
  readonly #enabled: () => boolean;

  /** `enabled`: CR0.CMDQEN as acknowledged. */
  constructor(registers: RegisterFile, errors: GlobalErrors, enabled: () => boolean) {
    this.#base = registers.cell('CMDQ_BASE');
    this.#prod = registers.cell('CMDQ_PROD');
    this.#cons = registers.cell('CMDQ_CONS');
    this.#errors = errors;
    this.#enabled = enabled;
  }

  get baseLo(): number {
    return this.#base.lo;
  }

  get baseHi(): number {
    return this.#base.hi;
  }

  get prod(): number {
    return this.#prod.lo;
  }

  get cons(): number {
    return this.#cons.lo;
  }

  get runnable(): boolean {
    return this.#enabled() && !this.#errors.isActive(CMDQ_ERR);
  }

  consume(index: number): void {
    this.#cons.set(index);
  }

  /** CONS.ERR is visible before the error is active. */
  fail(cerror: number): void {
    this.#cons.set((this.cons & 0xf_ffff) | (cerror << 24));
    this.#errors.activate(CMDQ_ERR);
  }
}

/** Commands that empty whole caches, as software must before the first SMMUEN = 1. */
const BOOT_COMMANDS = ['CMD_CFGI_ALL', 'CMD_TLBI_NSNH_ALL', 'CMD_TLBI_EL2_ALL'] as const;
const { CMD_CFGI_STE_RANGE, CMD_TLBI_NSNH_ALL, CMD_TLBI_EL2_ALL, CMD_SYNC } = COMMANDS;

/** Bit of BOOT_COMMANDS by opcode; CMD_CFGI_ALL is a range of its opcode. */
const BOOT_BITS = new Uint8Array(256);
BOOT_BITS[CMD_CFGI_STE_RANGE.opcode] = 1;
BOOT_BITS[CMD_TLBI_NSNH_ALL.opcode] = 2;
BOOT_BITS[CMD_TLBI_EL2_ALL.opcode] = 4;

/** 1 for opcodes whose completion a CMD_SYNC makes visible to held event records. */
const INVALIDATES = Uint8Array.from({ length: 256 }, (_, opcode) =>
  Number(/^CMD_(?:CFGI|TLBI)_/.test(COMMAND_BY_OPCODE.get(opcode) ?? '')),
);

/** @arch 4.1.4 Y Consumption of commands from the Command queue */
export class CommandQueue {
  readonly #parts: CommandQueueParts;
  readonly #words = new Int32Array(4);
  readonly #oasBits: number;
  #running = false;
  #invalidated = false;
  /** Whole-cache invalidations consumed, and those that a CMD_SYNC completed, by BOOT_BITS. */
  #emptied = 0;
  #completed = 0;
  #seenFull = false;
  /** CONS of the last refused command, and its first word: refused again unchanged, software did not see it. */
  #refused: { readonly cons: number; readonly word: number } | undefined;

  constructor(parts: CommandQueueParts) {
    this.#parts = parts;
    this.#oasBits = OAS_BITS[parts.targets.state.features.oas as 0] ?? 52;
  }

  /** Effective LOG2SIZE. */
  get log2Size(): number {
    const { registers, targets } = this.#parts;
    return effectiveLog2Size(registers.baseLo, targets.state.features.cmdqs);
  }

  /** Consumes what can be consumed: call after a write of PROD or of what enables or acknowledges. */
  process(): void {
    if (this.#running) {
      return;
    }
    this.#running = true;
    // No command changes the size: it is guarded while the queue is enabled.
    const { log2Size } = this;
    while (this.#parts.registers.runnable && this.#isWaiting(log2Size) && this.#step(log2Size)) {
      // One command a step.
    }
    this.#running = false;
    this.#seenFull = isFull(this.#prod, this.#cons, log2Size);
  }

  /** Diagnoses a PROD that no producer reaches: such a queue is not consumed. @arch 3.21.2 Y Queues */
  checkIndexes(): void {
    const { targets, registers } = this.#parts;
    if (!isConsistent(registers.prod, registers.cons, this.log2Size)) {
      targets.state.diagnostics.guestError(
        '3.21.2',
        `${registers.name}_PROD ${hex(this.#prod)} is inconsistent with ${registers.name}_CONS ${hex(this.#cons)}: nothing is consumed (UNPREDICTABLE)`,
      );
    }
  }

  /**
   * Caches that software has not emptied since reset, by the command that does: their contents are
   * UNKNOWN when SMMUEN is set. @arch 3.11 P(caches are empty at reset; missing invalidation is diagnosed) Reset, Enable and initialization
   */
  get neverInvalidated(): string[] {
    const { hyp } = this.#parts.targets.state.features;
    return BOOT_COMMANDS.filter(
      (name, index) =>
        ((this.#completed >>> index) & 1) === 0 && (hyp || name !== 'CMD_TLBI_EL2_ALL'),
    );
  }

  get #prod(): number {
    return this.#parts.registers.prod & indexMask(this.log2Size);
  }

  get #cons(): number {
    return this.#parts.registers.cons & indexMask(this.log2Size);
  }

  /** Commands are there, and the indexes make sense. */
  #isWaiting(log2Size: number): boolean {
    const { prod, cons } = this.#parts.registers;
    return !isEmpty(prod, cons, log2Size) && isConsistent(prod, cons, log2Size);
  }

  /** Consumes one command, or stops at it: false. */
  #step(log2Size: number): boolean {
    const { targets, registers } = this.#parts;
    const { recorder } = targets.state;
    const words = this.#words;
    const cause = recorder.cause;
    const index = entryOf(registers.cons, log2Size);
    const fetched = this.#fetch(index, log2Size);
    const refused = fetched
      ? refusal(targets, words)
      : { cerror: CERROR_ABT, why: `external abort on the fetch of command ${index}` };
    recorder.cause = recorder.emit(
      K.command,
      index,
      refused?.cerror ?? 0,
      words[0],
      words[1],
      words[2],
      words[3],
    );
    if (refused !== undefined) {
      this.#stop(refused);
    } else {
      runCommand(targets, words);
      registers.consume(nextIndex(registers.cons, log2Size));
      this.#consumed();
    }
    recorder.cause = cause;
    return refused === undefined;
  }

  /** Loads a command; false on an external abort. */
  #fetch(index: number, log2Size: number): boolean {
    const { registers, targets } = this.#parts;
    const { memory, recorder } = targets.state;
    const bytes = COMMAND_BYTES << log2Size;
    const base = alignedBase(registers.baseLo, registers.baseHi, bytes);
    const pa = base + index * COMMAND_BYTES;
    const words = this.#words;
    let ok = true;
    for (let at = 0; at < 4; at += 2) {
      const read = memory.read64(pa + at * 4);
      words[at] = read ? memory.lo : 0;
      words[at + 1] = read ? memory.hi : 0;
      ok &&= read;
    }
    const paHi = (pa / TWO_32) | 0;
    recorder.emit(K.fetch, FETCH_COMMAND, -1, 0, Number(ok), pa | 0, paHi, words[0], words[1]);
    return ok;
  }

  /** @arch 7.1 Y Command queue errors */
  #stop({ cerror, why }: Refusal): void {
    const { registers, targets } = this.#parts;
    const again = this.#refused?.cons === this.#cons && this.#refused.word === this.#words[0];
    targets.state.diagnostics.guestError(
      '7.1',
      again
        ? `${why} (refused again: the error was acknowledged and the command not replaced)`
        : why,
    );
    this.#refused = { cons: this.#cons, word: this.#words[0] as number };
    registers.fail(cerror);
  }

  /** What follows once the consumption of the command is visible. */
  #consumed(): void {
    const { targets, interrupts, events } = this.#parts;
    const { features } = targets.state;
    const words = this.#words;
    this.#refused = undefined;
    if (this.#seenFull && features.sev) {
      interrupts.sendEvent();
    }
    this.#seenFull = false;
    const opcode = (words[0] as number) & 0xff;
    if (opcode !== CMD_SYNC.opcode) {
      this.#invalidated ||= INVALIDATES[opcode] === 1;
      if (opcode !== CMD_CFGI_STE_RANGE.opcode || ((words[2] as number) & 0x1f) === 31) {
        this.#emptied |= BOOT_BITS[opcode] as number;
      }
      return;
    }
    this.#completed = this.#emptied;
    if (this.#invalidated) {
      events.invalidated();
      this.#invalidated = false;
    }
    const signal = signalOf(words);
    if (signal === SIG_IRQ) {
      interrupts.sync(syncMessage(words, targets.state, this.#oasBits));
    } else if (signal === SIG_SEV && features.sev) {
      interrupts.sendEvent();
    }
  }
}
