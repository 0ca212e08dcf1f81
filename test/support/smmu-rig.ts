// A small driver for tests: a machine with one SMMU, programmed as a driver does it, through MMIO and
// memory. Offsets and bits are this file's own copy of the manual's, not the model's tables.

import { VirtualClock } from '../../sim/machine/clock.ts';
import { Machine } from '../../sim/machine/machine.ts';
import { Transaction } from '../../sim/machine/transaction.ts';
import type { SmmuFeatures } from '../../sim/smmu/capabilities.ts';
import { DEFAULT_FEATURES } from '../../sim/smmu/capabilities.ts';
import type { SmmuOptions } from '../../sim/smmu/smmu.ts';
import { registerSpace, Smmu } from '../../sim/smmu/smmu.ts';
import type { Diagnostic } from '../../sim/trace/diagnostics.ts';
import { Diagnostics } from '../../sim/trace/diagnostics.ts';
import type { TraceRecord } from '../../sim/trace/reader.ts';
import { readTrace } from '../../sim/trace/reader.ts';
import { Recorder } from '../../sim/trace/recorder.ts';

/** Physical address of the SMMU's registers. */
export const SMMU_BASE = 0x0905_0000;

/** Offsets of the registers (IHI 0070 6.2). */
export const REG = {
  IDR0: 0x0,
  IDR1: 0x4,
  IDR2: 0x8,
  IDR3: 0xc,
  IDR4: 0x10,
  IDR5: 0x14,
  IIDR: 0x18,
  AIDR: 0x1c,
  CR0: 0x20,
  CR0ACK: 0x24,
  CR1: 0x28,
  CR2: 0x2c,
  STATUSR: 0x40,
  GBPA: 0x44,
  AGBPA: 0x48,
  IRQ_CTRL: 0x50,
  IRQ_CTRLACK: 0x54,
  GERROR: 0x60,
  GERRORN: 0x64,
  GERROR_IRQ_CFG0: 0x68,
  GERROR_IRQ_CFG1: 0x70,
  GERROR_IRQ_CFG2: 0x74,
  STRTAB_BASE: 0x80,
  STRTAB_BASE_CFG: 0x88,
  CMDQ_BASE: 0x90,
  CMDQ_PROD: 0x98,
  CMDQ_CONS: 0x9c,
  EVENTQ_BASE: 0xa0,
  EVENTQ_IRQ_CFG0: 0xb0,
  EVENTQ_IRQ_CFG1: 0xb8,
  EVENTQ_IRQ_CFG2: 0xbc,
  PRIQ_BASE: 0xc0,
  PRIQ_IRQ_CFG0: 0xd0,
  PRIQ_IRQ_CFG1: 0xd8,
  PRIQ_IRQ_CFG2: 0xdc,
  GATOS_CTRL: 0x100,
  GATOS_SID: 0x108,
  GATOS_ADDR: 0x110,
  GATOS_PAR: 0x118,
  EVENTQ_PROD: 0x1_00a8,
  EVENTQ_CONS: 0x1_00ac,
  PRIQ_PROD: 0x1_00c8,
  PRIQ_CONS: 0x1_00cc,
} as const;

export const SMMUEN = 1;
export const PRIQEN = 2;
export const EVENTQEN = 4;
export const CMDQEN = 8;

/** Lines of the interrupt sources. */
export const IRQ = { eventq: 74, priq: 75, cmdSync: 76, gerror: 77 } as const;

/** Where the rig keeps its queues and tables. */
export const CMDQ = 0x4010_0000;
export const EVENTQ = 0x4020_0000;
export const PRIQ = 0x4030_0000;
export const STRTAB = 0x4040_0000;

export interface RigOptions {
  readonly features?: Partial<SmmuFeatures>;
  readonly translator?: SmmuOptions['translator'];
  readonly updateTicks?: number;
  /** log2 of the queues' entries. */
  readonly log2Size?: number;
}

/** A translator that does nothing: identity, and invalidations noted by name. */
export function idleTranslator(calls: string[] = []): SmmuOptions['translator'] {
  const names = [
    'cfgiSte',
    'cfgiSteRange',
    'cfgiAll',
    'cfgiCd',
    'cfgiCdAll',
    'tlbiNhAll',
    'tlbiNhAsid',
    'tlbiNhVa',
    'tlbiNhVaa',
    'tlbiS12VmAll',
    'tlbiS2Ipa',
    'tlbiNsnhAll',
    'tlbiEl2All',
    'tlbiEl2Asid',
    'tlbiEl2Va',
    'tlbiEl2Vaa',
  ];
  const note =
    (name: string) =>
    (...args: unknown[]): void => {
      calls.push(`${name}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`);
    };
  const caches = Object.fromEntries(names.map((name) => [name, note(name)]));
  return () => ({
    translate: (t) => {
      t.pa = (t.addrHi >>> 0) * 2 ** 32 + (t.addrLo >>> 0);
      t.span = 4096 - (t.addrLo & 0xfff);
      t.status = t.pa < 2 ** 52 ? 0 : 1;
      return t.status;
    },
    caches: caches as never,
    ppar: () => 0,
    atos: () => ({ fault: 0xfd, reason: 0, faddr: 0 }),
  });
}

/** One SMMU in one machine. */
export class SmmuRig {
  readonly machine: Machine;
  readonly clock = new VirtualClock();
  readonly recorder: Recorder;
  readonly smmu: Smmu;
  readonly diagnostics: Diagnostic[] = [];
  /** Lines raised, in order, by name. */
  readonly raised: string[] = [];
  readonly log2Size: number;
  #prod = 0;
  #eventCons = 0;

  constructor(options: RigOptions = {}) {
    this.recorder = new Recorder(this.clock);
    this.machine = new Machine(this.recorder, this.clock);
    this.log2Size = options.log2Size ?? 4;
    const diagnostics = new Diagnostics(this.recorder);
    diagnostics.onReport = (diagnostic) => this.diagnostics.push(diagnostic);
    for (const [name, line] of Object.entries(IRQ)) {
      this.machine.irq.setHandler(line, () => undefined);
      this.#names.set(line, name);
    }
    this.machine.irq.onRaise = (line) => this.raised.push(this.#names.get(line) ?? String(line));
    const features = { ...DEFAULT_FEATURES, ...options.features };
    this.smmu = new Smmu({
      features,
      bus: this.machine.bus,
      recorder: this.recorder,
      diagnostics,
      irq: { controller: this.machine.irq, ...IRQ },
      translator: options.translator ?? idleTranslator(),
      clock: this.clock,
      updateTicks: options.updateTicks ?? 0,
    });
    this.machine.bus.attach(SMMU_BASE, registerSpace(features), this.smmu);
  }

  readonly #names = new Map<number, string>();

  read(offset: number): number {
    return this.machine.bus.read32(SMMU_BASE + offset) ?? Number.NaN;
  }

  write(offset: number, value: number): void {
    this.machine.bus.write32(SMMU_BASE + offset, value);
  }

  read64(offset: number): bigint {
    return this.machine.bus.read64(SMMU_BASE + offset) ?? -1n;
  }

  write64(offset: number, value: bigint): void {
    this.machine.bus.write64(
      SMMU_BASE + offset,
      Number(BigInt.asIntN(32, value)),
      Number(BigInt.asIntN(32, value >> 32n)),
    );
  }

  /** Stores 64-bit words in memory. */
  store(pa: number, words: readonly bigint[]): void {
    for (const [index, word] of words.entries()) {
      const lo = Number(BigInt.asIntN(32, word));
      const hi = Number(BigInt.asIntN(32, word >> 32n));
      this.machine.bus.write64(pa + 8 * index, lo, hi);
    }
  }

  load(pa: number, count: number): bigint[] {
    return Array.from(
      { length: count },
      (_, index) => this.machine.bus.read64(pa + 8 * index) ?? -1n,
    );
  }

  /** Sets up the queues and enables them, and whatever else `cr0` has; interrupts too. */
  start(cr0 = CMDQEN | EVENTQEN): void {
    const size = BigInt(this.log2Size);
    this.write64(REG.CMDQ_BASE, BigInt(CMDQ) | size);
    this.write(REG.CMDQ_PROD, 0);
    this.write(REG.CMDQ_CONS, 0);
    this.write64(REG.EVENTQ_BASE, BigInt(EVENTQ) | size);
    this.write(REG.EVENTQ_PROD, 0);
    this.write(REG.EVENTQ_CONS, 0);
    if ((cr0 & PRIQEN) !== 0) {
      this.write64(REG.PRIQ_BASE, BigInt(PRIQ) | size);
      this.write(REG.PRIQ_PROD, 0);
      this.write(REG.PRIQ_CONS, 0);
    }
    this.write(REG.IRQ_CTRL, 7);
    this.write(REG.CR0, cr0);
    // The rig empties no caches first, as a driver must: that diagnostic is none of most tests' business.
    const others = this.diagnostics.filter(({ section }) => section !== '3.11');
    this.diagnostics.splice(0, this.diagnostics.length, ...others);
  }

  /** Puts commands of two 64-bit words into the queue and rings the doorbell once. */
  commands(...commands: readonly (readonly [bigint, bigint])[]): void {
    for (const words of commands) {
      this.store(CMDQ + 16 * (this.#prod & (2 ** this.log2Size - 1)), words);
      this.#prod = (this.#prod + 1) & (2 ** (this.log2Size + 1) - 1);
    }
    this.write(REG.CMDQ_PROD, this.#prod);
  }

  /** CERROR code, or 0 when CMDQ_ERR is not active. */
  cerror(): number {
    const active = (this.read(REG.GERROR) ^ this.read(REG.GERRORN)) & 1;
    return active === 0 ? 0 : (this.read(REG.CMDQ_CONS) >>> 24) & 0x7f;
  }

  /** Event records that appeared since the last call, four 64-bit words each; consumes them. */
  events(): bigint[][] {
    const records: bigint[][] = [];
    const mask = 2 ** (this.log2Size + 1) - 1;
    const prod = this.read(REG.EVENTQ_PROD);
    while (((prod ^ this.#eventCons) & mask) !== 0) {
      const index = this.#eventCons & (2 ** this.log2Size - 1);
      records.push(this.load(EVENTQ + 32 * index, 4));
      this.#eventCons = (this.#eventCons + 1) & mask;
    }
    this.write(REG.EVENTQ_CONS, this.#eventCons | (prod & 0x8000_0000));
    return records;
  }

  /** One access of a device; the transaction with its answer. */
  access(
    sid: number,
    address: bigint,
    options: { ssid?: number; flags?: number } = {},
  ): Transaction {
    const t = new Transaction();
    t.sid = sid;
    t.ssid = options.ssid ?? -1;
    t.addrLo = Number(BigInt.asIntN(32, address));
    t.addrHi = Number(BigInt.asIntN(32, address >> 32n));
    t.flags = options.flags ?? 0;
    this.smmu.translate(t);
    return t;
  }

  /** Texts of the diagnostics so far, and forgets them. */
  takeDiagnostics(): string[] {
    return this.diagnostics
      .splice(0)
      .map(({ class: kind, section, text }) => `${kind} ${section}: ${text}`);
  }

  trace(): TraceRecord[] {
    return [...readTrace(this.recorder)];
  }
}
