// Nanoseconds a translation through the full path of a device's access: registers, STE, CD, TLB or walk, and
// the word in memory; with the trace on (the newest 64 MiB are kept) and off. `tlb_hit` runs with the
// default caches; the walks run without TLB and walk cache, so that every descriptor is read every time.

import { VirtualClock } from '../../sim/machine/clock.ts';
import { Machine } from '../../sim/machine/machine.ts';
import { Transaction, TXN_OK } from '../../sim/machine/transaction.ts';
import type { CacheGeometry } from '../../sim/smmu/cache-geometry.ts';
import { GEOMETRY_DEFAULT } from '../../sim/smmu/cache-geometry.ts';
import { DEFAULT_FEATURES } from '../../sim/smmu/capabilities.ts';
import { Smmu } from '../../sim/smmu/smmu.ts';
import { TranslationEngine } from '../../sim/smmu/translate.ts';
import { Diagnostics } from '../../sim/trace/diagnostics.ts';
import { Recorder } from '../../sim/trace/recorder.ts';
import { type Figures, median, nanoseconds, rounded, type Topic } from './measure.ts';

const IRQ = { eventq: 74, priq: 75, cmdSync: 76, gerror: 77 };
const STRTAB = 0x4001_0000;
const CMDQ = 0x4002_0000;
const CMDQ_LOG2 = 8;
/** Where tables and pages are taken from, upwards. */
const HEAP = 0x4020_0000;
const RAM = { base: 0x4000_0000, size: 0x20_0000_0000 };

const STE_V_S1 = 0x1n | (5n << 1n);
const STE_V_NESTED = 0x1n | (7n << 1n);
/** T0SZ 16, EPD1, V, IPS 48 bits, AA64, A, R. */
const CD_WORD0 = 0x0000_6205_c000_0010n;
/** S2T0SZ 16, S2SL0 level 0, S2PS 48 bits, S2AA64, S2R. */
const STE_STAGE2 = (16n << 32n) | (2n << 38n) | (5n << 48n) | (1n << 51n) | (1n << 58n);
/** Page: valid, MAIR index 0, AP any, inner shareable, AF, nG. */
const LEAF1 = 0xf43n;
/** Page: valid, write-back, read and write, AF. */
const LEAF2 = 0x7ffn;
const TABLE = 3n;

const PAGES = 2 ** 16;
const ROUNDS = 9;
const WITHOUT_TLB: CacheGeometry = { ...GEOMETRY_DEFAULT, tlb: 0, walk: 0 };

/** An SMMU with one way to program it, as short as can be. */
export class Bench {
  readonly machine: Machine;
  readonly smmu: Smmu;
  readonly t = new Transaction();
  #heap = HEAP;
  #prod = 0;

  constructor(geometry: CacheGeometry, traced: boolean) {
    const clock = new VirtualClock();
    const recorder = new Recorder(clock, { enabled: traced, chunks: 64 });
    this.machine = new Machine(recorder, clock, [RAM]);
    this.smmu = new Smmu({
      features: DEFAULT_FEATURES,
      bus: this.machine.bus,
      recorder,
      diagnostics: new Diagnostics(recorder),
      irq: { controller: this.machine.irq, ...IRQ },
      translator: (state, events, stalls) => new TranslationEngine(state, events, stalls, geometry),
    });
    this.smmu.write64(0x80, STRTAB, 0);
    this.smmu.write32(0x88, 8);
    this.smmu.write64(0x90, CMDQ | CMDQ_LOG2, 0);
    this.smmu.write32(0x20, 8);
    this.smmu.write32(0x20, 9);
  }

  /** The trace has reached its size: memory that the host maps for it costs nothing from now on. */
  get settled(): boolean {
    const { enabled, dropped } = this.machine.recorder;
    return !enabled || dropped > 0;
  }

  store(pa: number, word: bigint): void {
    const hi = Number(BigInt.asIntN(32, word >> 32n));
    this.machine.memory.write64(pa, Number(BigInt.asIntN(32, word)), hi);
  }

  load(pa: number): number {
    this.machine.memory.read64(pa);
    return (this.machine.memory.hi >>> 0) * 2 ** 32 + (this.machine.memory.lo >>> 0);
  }

  /** Fresh zeroed memory, aligned to its size. */
  take(bytes: number): number {
    const pa = Math.ceil(this.#heap / bytes) * bytes;
    this.#heap = pa + bytes;
    return pa;
  }

  /** Runs one command and a CMD_SYNC. */
  command(word0: bigint, word1: bigint): void {
    for (const [lo, hi] of [
      [word0, word1],
      [0x46n, 0n],
    ] as const) {
      const at = CMDQ + (this.#prod & (2 ** CMDQ_LOG2 - 1)) * 16;
      this.store(at, lo);
      this.store(at + 8, hi);
      this.#prod = (this.#prod + 1) & (2 ** (CMDQ_LOG2 + 1) - 1);
    }
    this.smmu.write32(0x98, this.#prod);
  }

  /** Maps a 4 KiB page in a 4-level table at `root`. */
  map(root: number, address: number, leaf: bigint): void {
    let table = root;
    for (let level = 0; level < 3; level++) {
      const at = table + (Math.floor(address / 2 ** (39 - 9 * level)) % 512) * 8;
      let next = this.load(at);
      if (next === 0) {
        next = this.take(4096) + Number(TABLE);
        this.store(at, BigInt(next));
      }
      table = next - Number(TABLE);
    }
    this.store(table + (Math.floor(address / 4096) % 512) * 8, leaf);
  }

  /** Stage 1 for StreamID 1; returns the table. */
  stage1(): number {
    const root = this.take(4096);
    const cd = this.take(64);
    this.store(cd, CD_WORD0);
    this.store(cd + 8, BigInt(root));
    this.store(cd + 24, 0xffn);
    this.store(STRTAB + 64, STE_V_S1 | BigInt(cd));
    return root;
  }

  /** Stage 2 in front of what StreamID 1 has: the first `bytes` of RAM map to themselves. */
  nest(bytes: number): void {
    const root = this.take(4096);
    for (let at = RAM.base; at < RAM.base + bytes; at += 4096) {
      this.map(root, at, BigInt(at) | LEAF2);
    }
    const ste = this.load(STRTAB + 64) - Number(STE_V_S1);
    this.store(STRTAB + 64, STE_V_NESTED | BigInt(ste));
    this.store(STRTAB + 80, STE_STAGE2 | 1n);
    this.store(STRTAB + 88, BigInt(root));
    this.smmu.translator.caches.cfgiAll();
  }

  /** One read of a device; its word is read too. */
  read(iova: number, ssid: number): void {
    const { t } = this;
    t.sid = 1;
    t.ssid = ssid;
    t.addrLo = iova | 0;
    t.addrHi = (iova / 2 ** 32) | 0;
    t.flags = 0;
    if (this.smmu.translate(t) !== TXN_OK || !this.machine.memory.read64(t.pa)) {
      throw new Error(`read of ${iova.toString(16)} failed: ${t.fault}`);
    }
  }
}

function shuffled(values: Float64Array): Float64Array {
  let state = 12345;
  for (let index = values.length - 1; index > 0; index--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = state % (index + 1);
    const kept = values[index] as number;
    values[index] = values[other] as number;
    values[other] = kept;
  }
  return values;
}

/** Pages next to each other. */
function dense(count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, index) => 0x10_0000_0000 + index * 4096);
}

/** Pages far from each other, in no order. */
function scattered(count: number): Float64Array {
  return shuffled(
    Float64Array.from({ length: count }, (_, index) => 0x10_0000_0000 + index * 4096 * 61),
  );
}

function timePasses(bench: Bench, iovas: Float64Array, repeats: number): number {
  const pass = (): void => {
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (let index = 0; index < iovas.length; index++) {
        bench.read(iovas[index] as number, -1);
      }
    }
  };
  do {
    pass();
  } while (!bench.settled);
  const rounds = Array.from({ length: ROUNDS }, () => nanoseconds(iovas.length * repeats, pass));
  return rounded(median(rounds));
}

function tlbHit(traced: boolean): number {
  const bench = new Bench(GEOMETRY_DEFAULT, traced);
  const root = bench.stage1();
  const iovas = dense(256);
  for (const iova of iovas) {
    bench.map(root, iova, BigInt(bench.take(4096)) | LEAF1);
  }
  return timePasses(bench, iovas, 1000);
}

function walk(traced: boolean, iovas: Float64Array): number {
  const bench = new Bench(WITHOUT_TLB, traced);
  const root = bench.stage1();
  for (const iova of iovas) {
    bench.map(root, iova, BigInt(bench.take(4096)) | LEAF1);
  }
  return timePasses(bench, iovas, 2);
}

function nested(traced: boolean): number {
  const bench = new Bench(WITHOUT_TLB, traced);
  const root = bench.stage1();
  const iovas = dense(4096);
  for (const iova of iovas) {
    bench.map(root, iova, BigInt(bench.take(4096)) | LEAF1);
  }
  bench.nest(64 * 1024 * 1024);
  return timePasses(bench, iovas, 10);
}

/** The keys of the translation figures. */
function translationFigures(): Figures {
  const figures: Record<string, number> = {};
  for (const [prefix, traced] of [
    ['', true],
    ['untraced_', false],
  ] as const) {
    figures[`${prefix}tlb_hit`] = tlbHit(traced);
    figures[`${prefix}walk_4k_4level`] = walk(traced, dense(PAGES));
    figures[`${prefix}walk_4k_4level_scattered`] = walk(traced, scattered(PAGES));
    figures[`${prefix}walk_nested`] = nested(traced);
  }
  return figures;
}

export const translationTopic: Topic = { name: 'translation', run: translationFigures };
