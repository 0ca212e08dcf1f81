// One fuzzing episode: a fresh machine with random features, driven by random register writes,
// commands, tables, DMA and page requests. What must hold: nothing throws, nothing hangs, and no index
// or flag leaves the range that the architecture gives it.

import { VirtualClock } from '../../sim/machine/clock.ts';
import { Machine } from '../../sim/machine/machine.ts';
import { Transaction } from '../../sim/machine/transaction.ts';
import type { SmmuFeatures } from '../../sim/smmu/capabilities.ts';
import { DEFAULT_FEATURES } from '../../sim/smmu/capabilities.ts';
import type { SmmuOptions } from '../../sim/smmu/smmu.ts';
import { Smmu } from '../../sim/smmu/smmu.ts';
import { Diagnostics } from '../../sim/trace/diagnostics.ts';
import { Recorder } from '../../sim/trace/recorder.ts';
import { REG } from '../support/smmu-rig.ts';
import { Random } from './random.ts';

const BASE = 0x0905_0000;
const RAM = 0x4000_0000;
/** All tables and queues lie in this much RAM, so that random pointers hit something. */
const ARENA = 0x40_0000;
/** Zones of it: page tables, CDs, and the Stream table that most episodes use. */
const TABLES = RAM;
const CDS = RAM + 0x2_0000;
const STRTAB = RAM + 0x4_0000;
const OFFSETS = Object.values(REG);
const FULL = 19;
const STATUS = ['ok', 'abort', 'RAZ/WI', 'stalled'] as const;

/** Operations counted by kind, or outcomes of DMA by status and event. */
export type Counts = Record<string, number>;

/** Thrown when the model leaves what the architecture allows. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** One machine under fire. */
export class Episode {
  readonly #random: Random;
  readonly #machine: Machine;
  readonly #smmu: Smmu;
  readonly #features: SmmuFeatures;
  readonly recorder: Recorder;
  readonly #transaction = new Transaction();
  readonly counts: Counts = {};
  readonly outcomes: Counts = {};

  constructor(seed: number, translator: SmmuOptions['translator']) {
    const random = new Random(seed);
    this.#random = random;
    this.#features = randomFeatures(random);
    const clock = new VirtualClock();
    const recorder = new Recorder(clock, { chunks: 8 });
    this.recorder = recorder;
    this.#machine = new Machine(recorder, clock);
    this.#smmu = new Smmu({
      features: this.#features,
      bus: this.#machine.bus,
      recorder,
      diagnostics: new Diagnostics(recorder),
      irq: { controller: this.#machine.irq, eventq: 1, priq: 2, cmdSync: 3, gerror: 4 },
      translator,
      clock,
      updateTicks: random.chance(3) ? random.below(100) : 0,
    });
    this.#machine.bus.attach(BASE, 0x2_0000, this.#smmu);
    this.#start();
  }

  /** One random operation, then the invariants. */
  step(): void {
    const random = this.#random;
    const roll = random.below(100);
    if (roll < 45) {
      this.#count('dma', () => this.#dma());
    } else if (roll < 65) {
      this.#count('command', () => this.#command());
    } else if (roll < 80) {
      this.#count('memory', () =>
        random.pick([
          () => this.#scribble(),
          () => this.#stream(),
          () => this.#context(),
          () => this.#tableWord(),
        ])(),
      );
    } else if (roll < 92) {
      this.#count('register', () => this.#register());
    } else if (roll < 96) {
      this.#count('page request', () => this.#pageRequest());
    } else if (roll < 98) {
      this.#count('consume', () => this.#consume());
    } else {
      this.#count('time', () => this.#machine.sleep(random.below(50)));
    }
    this.#check();
  }

  #count(kind: string, run: () => void): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    run();
  }

  /** Queues and a Stream table somewhere in the arena, everything on: most episodes begin alive. */
  #start(): void {
    const random = this.#random;
    for (const base of [REG.CMDQ_BASE, REG.EVENTQ_BASE, REG.PRIQ_BASE]) {
      this.#write64(base, this.#arena() | random.below(8), 0);
    }
    const twoLevel = random.chance(8) ? 1 << 16 : 0;
    this.#write64(REG.STRTAB_BASE, random.chance(16) ? this.#arena() : STRTAB, 0);
    this.#write(REG.STRTAB_BASE_CFG, (3 + random.below(7)) | (6 << 6) | twoLevel);
    this.#write(REG.CR2, random.below(16));
    this.#write(REG.IRQ_CTRL, random.below(8));
    this.#write(REG.CR0, 0xf | random.below(0x400));
    for (let index = 0; index < 200; index++) {
      this.#tableWord();
    }
    for (let index = 0; index < 16; index++) {
      this.#stream();
      this.#context();
    }
  }

  #arena(): number {
    return RAM + (this.#random.below(ARENA) & ~0xfff);
  }

  #dma(): void {
    const random = this.#random;
    const t = this.#transaction;
    t.sid = random.chance(32) ? random.bits() : random.below(8);
    t.ssid = random.chance(2) ? -1 : random.below(random.chance(4) ? 2 ** 20 : 4);
    t.addrLo =
      (random.chance(2) ? random.pick([0, 0x1000, 0x20_0000, 0x4000_0000]) : random.word()) & ~7;
    t.addrHi = random.pick([0, 0, 0, 1, 0x80, -1, random.word()]);
    t.flags = random.chance(4) ? random.below(64) : random.below(8);
    if ((t.flags & 1) !== 0) {
      t.flags &= ~4;
    }
    const status = this.#smmu.translate(t);
    if (status !== t.status || status < 0 || status > 3) {
      throw new Broken(`translate returned ${status}, the transaction says ${t.status}`);
    }
    const outcome = `${STATUS[status]}${t.fault === 0 ? '' : ` event 0x${t.fault.toString(16)}`}`;
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
    if (status === 3 && random.chance(2)) {
      this.#smmu.onStallEnd(t.sid, t.stag, () => undefined);
    }
    if (status === 0 && !(t.pa >= 0 && t.pa < 2 ** 56 && t.span > 0)) {
      throw new Broken(`output address ${t.pa} with span ${t.span}`);
    }
  }

  #command(): void {
    const random = this.#random;
    const base = this.#register64(REG.CMDQ_BASE);
    const prod = this.#smmu.read32(REG.CMDQ_PROD);
    const log2Size = Math.min(base & 0x1f, this.#features.cmdqs);
    const queue = base & ~0x1f & ~(2 ** (log2Size + 4) - 1);
    const words = [random.chance(8) ? random.bits() : random.below(0x80), 0, 0, 0];
    words[0] = ((words[0] as number) & 0xff) | (random.chance(2) ? 0 : random.word() & ~0xff);
    words[1] = random.chance(2) ? random.below(8) : random.word();
    words[2] = random.word();
    words[3] = random.chance(2) ? 0 : random.word();
    const pa = (queue >>> 0) + 16 * (prod & (2 ** log2Size - 1));
    this.#machine.memory.write64(pa, words[0], words[1]);
    this.#machine.memory.write64(pa + 8, words[2], words[3]);
    this.#write(REG.CMDQ_PROD, random.chance(50) ? random.word() : prod + 1);
    if (this.#features.ecmdq && random.chance(4)) {
      this.#ecmdq(pa);
    }
    if (random.chance(2)) {
      this.#write(REG.GERRORN, this.#smmu.read32(REG.GERROR));
    }
  }

  /** Lets an Enhanced Command queue run over the same memory. */
  #ecmdq(pa: number): void {
    const random = this.#random;
    const at = 0x2_0000 + 0x100 * random.below(4);
    if (random.chance(3)) {
      this.#write(at + 8, 0);
      this.#write64(at, (pa & ~0xff) | random.below(5), 0);
    }
    const errack = this.#smmu.read32(at + 0xc) & 0x80_0000;
    this.#write(at + 8, (random.chance(8) ? 0 : 0x8000_0000) | errack | random.below(64));
  }

  /** An STE that is legal but for a bit now and then. */
  #stream(): void {
    const random = this.#random;
    const stage2 = random.pick([16, 24, 25, 32]) | (random.below(3) << 6) | (1 << 19);
    const words = [
      1 | (random.pick([4, 5, 5, 6, 7, 7, random.below(8)]) << 1) | this.#cd(),
      random.pick([0, 0, 2, 4]) << 27,
      random.below(4) | (random.below(4) << 27),
      random.pick([0, 0, random.word()]) & 0x3fff,
      random.below(4),
      stage2 | (random.below(7) << 16) | ((random.chance(3) ? random.below(128) : 0) << 20),
      this.#table(),
      0,
    ];
    this.#structure(STRTAB + 64 * random.below(8), words);
  }

  /** A CD that is legal but for a bit now and then. */
  #context(): void {
    const random = this.#random;
    const granule = random.pick([0, 0, 0, 1, 2]);
    const epd1 = random.chance(4) ? 0 : 1 << 30;
    const tg1 = random.pick([1, 2, 3]) << 22;
    const words = [
      random.pick([16, 25, 32]) | (granule << 6) | (25 << 16) | tg1 | epd1 | (1 << 31),
      random.below(7) | (1 << 9) | (this.#faultBits() << 12) | (random.below(4) << 16),
      this.#table() | random.below(8),
      0,
      this.#table() | random.below(8),
      0,
      0xff44_0400,
      0xbbff_4f00,
    ];
    this.#structure(this.#cd(), words);
  }

  /** CD.S, R and A, mostly as the instance wants them. */
  #faultBits(): number {
    const random = this.#random;
    const stall =
      this.#features.stallModel === 0 ? random.below(2) : this.#features.stallModel >> 1;
    return stall | random.pick([4, 6, random.below(8) & ~1]);
  }

  #structure(pa: number, words: readonly number[]): void {
    const random = this.#random;
    const all = [...words];
    if (random.chance(4)) {
      const at = random.below(all.length);
      all[at] = (all[at] ?? 0) ^ (1 << random.below(32));
    }
    for (let at = 0; at < all.length; at += 2) {
      this.#machine.memory.write64(pa + 4 * at, all[at] ?? 0, all[at + 1] ?? 0);
    }
  }

  /** A descriptor that leads to another table or to a page of the arena. */
  #tableWord(): void {
    const random = this.#random;
    const pa = this.#table() + 8 * random.pick([0, 0, 1, 2, 511, random.below(512)]);
    const flags = random.pick([3, 3, 3, 1]) | (random.chance(4) ? random.word() & 0xffc : 0x400);
    const target = random.chance(2) ? this.#table() : this.#arena();
    const high = random.chance(4) ? random.word() : 0;
    this.#machine.memory.write64(pa, target | flags | (random.chance(2) ? 0x40 : 0), high);
  }

  #table(): number {
    return TABLES + 0x1000 * this.#random.below(12);
  }

  #cd(): number {
    return CDS + 0x400 * this.#random.below(8);
  }

  /** Table-like words: pointers into the arena with flags, or noise. */
  #scribble(): void {
    const random = this.#random;
    const { memory } = this.#machine;
    const pa = this.#arena() + (random.below(64) << 3);
    const pointer = this.#arena() | random.below(0x1000);
    const words = random.pick([
      () => [pointer, random.chance(2) ? 0 : random.word()],
      () => [random.word(), random.word()],
      () => [pointer | 3 | 0x400, 0],
      () => [(random.below(8) << 1) | 1 | (pointer & ~0x3f), random.below(21) << 27],
    ])();
    for (let index = 0; index < random.below(16) + 1; index++) {
      memory.write64(pa + 8 * index, words[0] ?? 0, words[1] ?? 0);
    }
  }

  #register(): void {
    const random = this.#random;
    const offset = random.chance(6) ? this.#anyOffset() : random.pick(OFFSETS);
    const near = offset === REG.CR0 && random.chance(2) ? 0x1f : random.word();
    switch (random.below(4)) {
      case 0:
        this.#write64(offset, near, random.word());
        break;
      case 1:
        this.#smmu.read32(offset);
        break;
      case 2:
        this.#smmu.read64(offset, new Int32Array(2));
        break;
      default:
        this.#write(offset, near);
    }
  }

  /** Anywhere in the register space, or one of the first Enhanced Command queues. */
  #anyOffset(): number {
    const random = this.#random;
    const page = 0x2_0000 + 0x100 * random.below(4) + 4 * random.below(5);
    return this.#features.ecmdq && random.chance(2) ? page : random.below(0x2_0000);
  }

  #pageRequest(): void {
    if (!this.#features.pri) {
      return;
    }
    const random = this.#random;
    const flags = random.bits();
    this.#smmu.pageRequest({
      sid: random.below(8),
      ssid: random.chance(2) ? -1 : random.below(4),
      addrLo: random.word() & ~0xfff,
      addrHi: random.word(),
      read: (flags & 1) !== 0,
      write: (flags & 2) !== 0,
      execute: (flags & 4) !== 0,
      privileged: (flags & 8) !== 0,
      last: (flags & 16) !== 0,
      prgIndex: random.below(512),
    });
  }

  #consume(): void {
    for (const [prod, cons] of [
      [REG.EVENTQ_PROD, REG.EVENTQ_CONS],
      [REG.PRIQ_PROD, REG.PRIQ_CONS],
    ] as const) {
      this.#write(cons, this.#smmu.read32(prod));
    }
  }

  #check(): void {
    const { cmdqs, eventqs, priqs } = this.#features;
    this.#index('CMDQ_CONS', REG.CMDQ_BASE, cmdqs);
    this.#reserved('EVENTQ_PROD', eventqs);
    this.#reserved('PRIQ_PROD', priqs);
    const acknowledged = this.#smmu.read32(REG.CR0ACK) & ~0x1df;
    const errors = this.#smmu.read32(REG.GERROR) & ~0x2fd;
    if (acknowledged !== 0 || errors !== 0) {
      throw new Broken(`reserved bits: CR0ACK ${acknowledged}, GERROR ${errors}`);
    }
    const code = (this.#smmu.read32(REG.CMDQ_CONS) >>> 24) & 0x7f;
    const active = (this.#smmu.read32(REG.GERROR) ^ this.#smmu.read32(REG.GERRORN)) & 1;
    if (active === 1 && code > 3 && this.#enabled(8)) {
      throw new Broken(`CMDQ_CONS.ERR ${code}`);
    }
  }

  #enabled(mask: number): boolean {
    return (this.#smmu.read32(REG.CR0ACK) & mask) !== 0;
  }

  /** A consumer index never leaves the queue once the queue runs. */
  #index(name: 'CMDQ_CONS', base: number, most: number): void {
    const log2Size = Math.min(this.#register64(base) & 0x1f, most);
    const value = this.#smmu.read32(REG[name]) & 0xf_ffff;
    if (this.#enabled(8) && value >= 2 ** (log2Size + 1)) {
      throw new Broken(`${name} ${value} with ${log2Size} index bits`);
    }
  }

  #reserved(name: 'EVENTQ_PROD' | 'PRIQ_PROD', most: number): void {
    const value = this.#smmu.read32(REG[name]);
    if ((value & 0x7ff0_0000) !== 0 || most > FULL) {
      throw new Broken(`${name} ${value}`);
    }
  }

  #register64(offset: number): number {
    const pair = new Int32Array(2);
    this.#smmu.read64(offset, pair);
    return pair[0] as number;
  }

  #write(offset: number, value: number): void {
    this.#smmu.write32(offset, value | 0);
  }

  #write64(offset: number, lo: number, hi: number): void {
    this.#smmu.write64(offset, lo | 0, hi | 0);
  }
}

/** Features in every direction, without those that are announced as not modelled. */
function randomFeatures(random: Random): SmmuFeatures {
  const features: SmmuFeatures = { ...DEFAULT_FEATURES };
  const flags = [
    's1p',
    's2p',
    'hyp',
    'ats',
    'ns1ats',
    'asid16',
    'msi',
    'sev',
    'atos',
    'pri',
    'vmw',
    'vmid16',
    'cd2l',
    'atsrecerr',
    'termModel',
    'attrPermsOvr',
    'attrTypesOvr',
    'had',
    'xnx',
    'pps',
    'fwb',
    'stt',
    'ril',
    'e0pd',
    'gran4k',
    'gran16k',
    'gran64k',
  ] as const;
  for (const flag of flags) {
    if (random.chance(5)) {
      features[flag] = !features[flag];
    }
  }
  features.ecmdq = features.cohacc && features.msi && random.chance(3);
  features.httu = random.below(3);
  features.stallModel = random.below(3);
  features.ttendian = random.pick([0, 2, 3]);
  features.sidsize = random.pick([0, 4, 8, 16, 32]);
  features.ssidsize = random.pick([0, 4, 10, 20]);
  features.cmdqs = random.below(FULL + 1);
  features.eventqs = random.below(FULL + 1);
  features.priqs = random.below(FULL + 1);
  features.oas = random.below(7);
  features.ds = features.oas === 6 && random.chance(2);
  features.vax = features.oas === 6 ? random.below(2) : 0;
  features.stallMax = random.pick([1, 2, 64, 65535]);
  features.archMinor = random.below(5);
  return features;
}
