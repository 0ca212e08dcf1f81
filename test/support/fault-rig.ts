// A stream set up line by line, as a script would, so that every byte has a writer in the trace: the
// ground on which faults are made and explained. Bit layouts are this file's own.

import { GEOMETRY_DEFAULT } from '../../sim/smmu/cache-geometry.ts';
import type { SmmuFeatures } from '../../sim/smmu/capabilities.ts';
import { TranslationEngine } from '../../sim/smmu/translate.ts';
import { K } from '../../sim/trace/kinds.ts';
import { CMDQEN, EVENTQ, EVENTQEN, REG, SMMUEN, SmmuRig, STRTAB } from './smmu-rig.ts';

export const SID = 8;
export const SSID = 3;
export const IOVA = 0x7000_0000n;
export const STE = STRTAB + SID * 64;
export const CD_TABLE = 0x4050_0000;
export const CD = CD_TABLE + SSID * 64;
/** Stage 1 tables by level, and the entry of each that IOVA uses. */
export const TABLES = [0x4060_0000, 0x4060_1000, 0x4060_2000, 0x4060_3000] as const;
export const ENTRIES = [TABLES[0], TABLES[1] + 8, TABLES[2] + 384 * 8, TABLES[3]] as const;
export const PAGE = 0x4070_0000;
/** Stage 2: level 1, level 2, and a level 3 for the CD table and one for tables and page. */
export const S2_TABLES = { l1: 0x4080_0000, l2: 0x4080_1000, cd: 0x4080_2000, data: 0x4080_3000 };

const FLAGS_LEAF_S1 = 0xf43n; // page, AP[1], inner shareable, AF, nG
const FLAGS_LEAF_S2 = 0x7ffn; // page, normal, read-write, inner shareable, AF
const CD_FLAGS = 0x0000_6205_c000_3510n; // T0SZ 16, EPD1, V, IPS 48, AA64, R, A

/** Lines of the set-up, for expectations. */
export const LINE = { registers: 1, ste: 10, cd: 20, tables: 30, stage2: 40 } as const;

export type Stages = 's1' | 'nested' | 's2' | 'bypass';

export interface FaultRigOptions {
  readonly stages?: Stages;
  readonly features?: Partial<SmmuFeatures>;
}

/** Everything valid: SID 8, SSID 3, one page at IOVA. */
export class FaultRig {
  readonly rig: SmmuRig;

  constructor({ stages = 's1', features = {} }: FaultRigOptions = {}) {
    this.rig = new SmmuRig({
      log2Size: 6,
      features,
      translator: (state, events, stalls) =>
        new TranslationEngine(state, events, stalls, GEOMETRY_DEFAULT),
    });
    this.at(LINE.registers, 'machine', () => this.#registers());
    this.at(LINE.ste, 'attach', () => this.poke(STE, steOf(stages)));
    this.at(LINE.cd, 'attach', () => {
      this.poke(CD_TABLE, cdWords(1n));
      this.poke(CD, cdWords(2n));
    });
    this.at(LINE.tables, 'map', () => this.#tables());
    this.at(LINE.stage2, 'map', () => this.#stage2());
    this.at(2, 'enable', () => this.register(REG.CR0, SMMUEN | CMDQEN | EVENTQEN));
  }

  /** Runs `body` as the script's call of `fn` at `line`. */
  at(line: number, fn: string, body: () => void): void {
    const { recorder } = this.rig;
    const cause = recorder.cause;
    recorder.cause = recorder.emit(K.call, recorder.intern(fn), recorder.intern(''), line, 1);
    body();
    recorder.cause = cause;
  }

  /** Stores 64-bit words, recorded as the driver's, or as `what` says. */
  poke(pa: number, words: readonly bigint[], what = 'table'): void {
    const { recorder } = this.rig;
    for (const [index, word] of words.entries()) {
      const [lo, hi] = halves(word);
      recorder.emit(K.mem_write, recorder.intern(what), pa + index * 8, 0, lo, hi);
    }
    this.rig.store(pa, words);
  }

  /** Changes bits [hi:lo] (absolute) of the record at `pa`. */
  set(pa: number, [hi, lo]: readonly [number, number], value: bigint): void {
    const word = pa + Math.floor(lo / 64) * 8;
    const shift = BigInt(lo % 64);
    const mask = ((1n << BigInt(hi - lo + 1)) - 1n) << shift;
    const [old = 0n] = this.rig.load(word, 1);
    this.poke(word, [(old & ~mask) | (value << shift)]);
  }

  register(offset: number, value: number): void {
    this.rig.recorder.emit(K.mmio_write, offset, 32, value, 0);
    this.rig.write(offset, value);
  }

  register64(offset: number, value: bigint): void {
    const [lo, hi] = halves(value);
    this.rig.recorder.emit(K.mmio_write, offset, 64, lo, hi);
    this.rig.write64(offset, value);
  }

  /** One access at line 99; id of the event record that it raised, or undefined. */
  access(options: { sid?: number; ssid?: number; address?: bigint; flags?: number } = {}) {
    const { sid = SID, ssid = SSID, address = IOVA, flags = 0 } = options;
    const from = this.rig.recorder.count + 1;
    this.at(99, 'dma', () => this.rig.access(sid, address, { ssid, flags }));
    return this.rig.trace().find(({ id, kind }) => id >= from && kind === 'event')?.id;
  }

  /** CFGI_ALL, TLBI_NSNH_ALL, SYNC. */
  invalidate(): void {
    this.rig.commands([4n, 31n], [0x30n, 0n], [0x46n, 0n]);
  }

  #registers(): void {
    this.register(REG.CR2, 2);
    this.register64(REG.STRTAB_BASE, BigInt(STRTAB));
    this.register(REG.STRTAB_BASE_CFG, 6);
    this.register64(REG.EVENTQ_BASE, BigInt(EVENTQ) | 6n);
    this.rig.start();
    this.invalidate();
  }

  #tables(): void {
    for (const level of [0, 1, 2] as const) {
      this.poke(ENTRIES[level], [BigInt(TABLES[level + 1] ?? 0) | 3n]);
    }
    this.poke(ENTRIES[3], [BigInt(PAGE) | FLAGS_LEAF_S1]);
  }

  #stage2(): void {
    const { l1, l2, cd, data } = S2_TABLES;
    this.poke(l1 + 8, [BigInt(l2) | 3n]);
    this.poke(l2 + 2 * 8, [BigInt(cd) | 3n, BigInt(data) | 3n]);
    this.poke(s2Entry(CD_TABLE), [BigInt(CD_TABLE) | FLAGS_LEAF_S2]);
    for (const pa of [...TABLES, PAGE]) {
      this.poke(s2Entry(pa), [BigInt(pa) | FLAGS_LEAF_S2]);
    }
  }
}

/** Level 3 stage 2 entry that maps `ipa`. */
export function s2Entry(ipa: number): number {
  const table = ipa < 0x4060_0000 ? S2_TABLES.cd : S2_TABLES.data;
  return table + ((ipa >>> 12) & 511) * 8;
}

function halves(word: bigint): [number, number] {
  return [Number(BigInt.asIntN(32, word)), Number(BigInt.asIntN(32, word >> 32n))];
}

function steOf(stages: Stages): bigint[] {
  const config = { bypass: 4n, s1: 5n, s2: 6n, nested: 7n }[stages];
  const s1 = (config & 1n) !== 0n;
  const s2 = stages === 's2' || stages === 'nested';
  return [
    1n | (config << 1n) | (s1 ? BigInt(CD_TABLE) | (3n << 59n) : 0n),
    s1 ? 2n : 0n,
    s2 ? STAGE2_WORD : 0n,
    s2 ? BigInt(S2_TABLES.l1) : 0n,
    0n,
    0n,
    0n,
    0n,
  ];
}

/** VMID 1, 39-bit IPA from level 1, 4 KiB, 48-bit PA, VMSAv8-64, recorded. */
const STAGE2_WORD = 1n | (25n << 32n) | (1n << 38n) | (5n << 48n) | (1n << 51n) | (1n << 58n);

function cdWords(asid: bigint): bigint[] {
  return [CD_FLAGS | (asid << 48n), BigInt(TABLES[0]), 0n, 0xff44n, 0n, 0n, 0n, 0n];
}
