// One SMMUv3: its parts and how they hang together. Non-secure programming interface only; accesses to
// Secure, Realm and Root registers are refused with a diagnostic.

import { assert } from '../base/assert.ts';
import { hex } from '../base/hex.ts';
import type { AtsEndpoint, AtsPort, PageRequest } from '../machine/ats-endpoint.ts';
import type { VirtualClock } from '../machine/clock.ts';
import type { MmioDevice, SystemBus } from '../machine/system-bus.ts';
import type { Transaction, TransactionPort } from '../machine/transaction.ts';
import { TXN_OK } from '../machine/transaction.ts';
import type { Diagnostics } from '../trace/diagnostics.ts';
import { K } from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';
import { AtsInterface } from './ats.ts';
import type { CacheMaintenance, StallSink } from './cache-maintenance.ts';
import type { SmmuFeatures } from './capabilities.ts';
import { CommandQueue, MainCommandRegisters } from './command-queue.ts';
import { CMDQEN, ControlRegisters, EVENTQEN, PRIQEN } from './control-registers.ts';
import { EcmdqPage } from './ecmdq.ts';
import { EventQueue } from './event-queue.ts';
import type { AtosLookup } from './gatos.ts';
import { Gatos } from './gatos.ts';
import { GlobalBypass } from './global-bypass.ts';
import { GlobalErrors } from './global-errors.ts';
import { idRegisters, unmodelledFeatures } from './id-registers.ts';
import type { IrqLines } from './interrupts.ts';
import { Interrupts } from './interrupts.ts';
import { OutputQueue } from './output-queue.ts';
import { PriQueue } from './pri-queue.ts';
import { RegisterFile } from './register-file.ts';
import { registerMask } from './register-masks.ts';
import type { EventSink } from './smmu-state.ts';
import { SmmuState } from './smmu-state.ts';
import { REGISTER_SPACE } from './spec/registers.ts';
import { ECMDQ_PAGE, ECMDQ_PAGE_BYTES } from './spec/registers-optional.ts';
import { StallTable } from './stall.ts';

/** The translation side, as the front needs it. */
export interface Translator extends AtosLookup {
  /** Translates one transaction with SMMUEN = 1 and fills in its answer; returns its status. */
  translate(transaction: Transaction): number;
  readonly caches: CacheMaintenance;
  /** STE.PPAR of a stream, or -1 when its STE cannot be used, reporting what 8.1 wants reported. */
  ppar(sid: number, ssid: number): number;
}

/** Bytes of register space that an instance takes: two pages, and one more with Enhanced Command queues. */
export function registerSpace(features: Readonly<SmmuFeatures>): number {
  return REGISTER_SPACE + (features.ecmdq ? ECMDQ_PAGE_BYTES : 0);
}

/** What an SMMU is made of. */
export interface SmmuOptions {
  readonly features: Readonly<SmmuFeatures>;
  readonly bus: SystemBus;
  readonly recorder: Recorder;
  readonly diagnostics: Diagnostics;
  readonly irq: IrqLines;
  /** Makes the translation side. */
  readonly translator: (state: SmmuState, events: EventSink, stalls: StallSink) => Translator;
  /** With `updateTicks`: CR0, IRQ_CTRL and GBPA updates complete that many ticks after the write. */
  readonly clock?: VirtualClock;
  readonly updateTicks?: number;
}

const EVENTQ_SHAPE = {
  base: 'EVENTQ_BASE',
  prod: 'EVENTQ_PROD',
  cons: 'EVENTQ_CONS',
  entryWords: 8,
} as const;
const PRIQ_SHAPE = {
  base: 'PRIQ_BASE',
  prod: 'PRIQ_PROD',
  cons: 'PRIQ_CONS',
  entryWords: 4,
} as const;

/** An SMMUv3 on a bus: registers for software, a port for the devices behind it. */
export class Smmu implements MmioDevice, TransactionPort, AtsPort {
  readonly name = 'smmu';
  readonly state: SmmuState;
  readonly registers: RegisterFile;
  readonly translator: Translator;
  readonly #recorder: Recorder;
  readonly #interrupts: Interrupts;
  readonly #bypass: GlobalBypass;
  readonly #stalls: StallTable;
  readonly #ats: AtsInterface;
  readonly #pri: PriQueue;
  readonly #ecmdqs: EcmdqPage | undefined;

  /** @throws AssertionError when a feature is announced that is not modelled. */
  constructor(options: SmmuOptions) {
    const { features, bus, recorder, diagnostics } = options;
    const missing = unmodelledFeatures(features);
    assert(missing.length === 0, `features not modelled: ${missing.join('; ')}`);
    const state = new SmmuState(features, bus, recorder, diagnostics);
    const registers = new RegisterFile(
      (name) => registerMask(name, features),
      features.archMinor,
      diagnostics,
    );
    this.#recorder = recorder;
    this.state = state;
    this.registers = registers;
    this.#identify();
    const errors = new GlobalErrors(registers, diagnostics);
    const interrupts = new Interrupts({ registers, errors, bus, recorder, lines: options.irq });
    const timing = { clock: options.clock, ticks: options.updateTicks ?? 0 };
    const control = new ControlRegisters({ state, registers, errors, timing });
    const parts = { state, registers, errors, interrupts };
    const events = new EventQueue({
      ...parts,
      recorder,
      queue: this.#queue({ ...EVENTQ_SHAPE, maxLog2Size: features.eventqs }),
      enabled: () => control.enabled(EVENTQEN),
    });
    const stalls = new StallTable(state, events);
    const ats = new AtsInterface(state);
    this.translator = options.translator(state, events, stalls);
    const { translator } = this;
    const pri = new PriQueue({
      ...parts,
      ats,
      queue: this.#queue({ ...PRIQ_SHAPE, maxLog2Size: features.priqs }),
      enabled: () => state.smmuen && control.enabled(PRIQEN),
      ppar: (sid, ssid) => translator.ppar(sid, ssid),
    });
    const targets = { state, caches: translator.caches, stalls, ats, pri };
    const commands = new CommandQueue({
      targets: { ...targets, pending: { timedOut: false } },
      registers: new MainCommandRegisters(registers, errors, () => control.enabled(CMDQEN)),
      interrupts,
      events,
    });
    this.#ecmdqs = features.ecmdq
      ? new EcmdqPage({ targets, errors, interrupts, events })
      : undefined;
    control.connect({
      events,
      commands,
      ecmdqEnabled: () => this.#ecmdqs?.anyEnabled ?? false,
      enableChanged: (on) => (on ? this.#enabled(commands) : stalls.terminateAll()),
    });
    if (features.atos) {
      new Gatos(registers, state, translator).connect();
    }
    this.#interrupts = interrupts;
    this.#stalls = stalls;
    this.#ats = ats;
    this.#pri = pri;
    this.#bypass = new GlobalBypass(state, events);
  }

  read32(offset: number): number {
    const page = this.#pageAt(offset);
    return page === undefined ? this.registers.read32(offset) : page.read32(offset - ECMDQ_PAGE);
  }

  write32(offset: number, value: number): void {
    if (!this.#refusesSelf(offset)) {
      const page = this.#pageAt(offset);
      if (page === undefined) {
        this.registers.write32(offset, value);
      } else {
        page.write32(offset - ECMDQ_PAGE, value);
      }
    }
  }

  read64(offset: number, out: Int32Array): void {
    const page = this.#pageAt(offset);
    if (page === undefined) {
      this.registers.read64(offset, out);
    } else {
      page.read64(offset - ECMDQ_PAGE, out);
    }
  }

  write64(offset: number, lo: number, hi: number): void {
    if (!this.#refusesSelf(offset)) {
      const page = this.#pageAt(offset);
      if (page === undefined) {
        this.registers.write64(offset, lo, hi);
      } else {
        page.write64(offset - ECMDQ_PAGE, lo, hi);
      }
    }
  }

  translate(t: Transaction): number {
    const status = this.state.smmuen ? this.translator.translate(t) : this.#bypass.pass(t);
    const pa = status === TXN_OK ? t.pa : 0;
    this.#recorder.emit(
      K.dma,
      t.sid,
      t.ssid,
      t.addrLo,
      t.addrHi,
      pa | 0,
      (pa / 0x1_0000_0000) | 0,
      t.flags,
      status,
    );
    return status;
  }

  onStallEnd(sid: number, stag: number, done: (status: number) => void): void {
    this.#stalls.onEnd(sid, stag, done);
  }

  registerEndpoint(sid: number, endpoint: AtsEndpoint): void {
    this.#ats.register(sid, endpoint);
  }

  unregisterEndpoint(sid: number): void {
    this.#ats.unregister(sid);
  }

  /** @throws AssertionError without PRI, or for a PRGIndex above 511. */
  pageRequest(request: PageRequest): void {
    assert(this.state.features.pri, 'pageRequest: PRI is not implemented (IDR0.PRI = 0)');
    const { prgIndex } = request;
    assert(prgIndex >= 0 && prgIndex < 512, `pageRequest: prgIndex ${prgIndex} is not in 0..511`);
    this.#pri.request(request);
  }

  #identify(): void {
    const { idr0, idr1, idr3, idr5, aidr } = idRegisters(this.state.features);
    this.registers.set('IDR0', idr0);
    this.registers.set('IDR1', idr1);
    this.registers.set('IDR3', idr3);
    this.registers.set('IDR5', idr5);
    this.registers.set('AIDR', aidr);
  }

  /** The Command queue control page, when it is there and holds `offset`. */
  #pageAt(offset: number): EcmdqPage | undefined {
    const inside = offset >= ECMDQ_PAGE && offset < ECMDQ_PAGE + ECMDQ_PAGE_BYTES;
    return inside ? this.#ecmdqs : undefined;
  }

  /** SMMUEN is 1: on silicon the caches hold anything until software has emptied them once. */
  #enabled(commands: CommandQueue): void {
    const missing = commands.neverInvalidated;
    if (missing.length !== 0) {
      const text = `SMMUEN is set without ${missing.join(', ')} and CMD_SYNC since reset`;
      this.state.diagnostics.guestError('3.11', text);
    }
  }

  #queue(shape: OutputQueue['shape']): OutputQueue {
    return new OutputQueue(shape, this.registers, this.state.memory);
  }

  /** An MSI aimed at the SMMU's own registers would run commands inside commands. */
  #refusesSelf(offset: number): boolean {
    if (this.#interrupts.writing) {
      const text = `an MSI of the SMMU is aimed at its own register ${hex(offset)}: ignored`;
      this.state.diagnostics.unimplemented('3.18', text);
    }
    return this.#interrupts.writing;
  }
}
