// A small driver for translation tests: writes STEs, CDs and tables of any granule into memory, programs the
// Stream table, sends invalidations, decodes events. Bit positions are this file's own copy of the manual's.

import type { CacheGeometry } from '../../sim/smmu/cache-geometry.ts';
import { GEOMETRY_INFINITE } from '../../sim/smmu/cache-geometry.ts';
import { TranslationEngine } from '../../sim/smmu/translate.ts';
import { CMDQEN, EVENTQEN, REG, type RigOptions, SMMUEN, SmmuRig, STRTAB } from './smmu-rig.ts';

/** STE fields, absolute hi:lo (IHI 0070 5.2). */
export const STE_BITS = {
  V: [0, 0],
  Config: [3, 1],
  S1Fmt: [5, 4],
  S1ContextPtr: [55, 6],
  S1CDMax: [63, 59],
  S1DSS: [65, 64],
  S1CIR: [67, 66],
  S1COR: [69, 68],
  S1CSH: [71, 70],
  CONT: [80, 77],
  PPAR: [82, 82],
  MEV: [83, 83],
  S2FWB: [89, 89],
  S1STALLD: [91, 91],
  EATS: [93, 92],
  STRW: [95, 94],
  MemAttr: [99, 96],
  MTCFG: [100, 100],
  ALLOCCFG: [104, 101],
  SHCFG: [109, 108],
  NSCFG: [111, 110],
  PRIVCFG: [113, 112],
  INSTCFG: [115, 114],
  S2VMID: [143, 128],
  S2T0SZ: [165, 160],
  S2SL0: [167, 166],
  S2IR0: [169, 168],
  S2OR0: [171, 170],
  S2SH0: [173, 172],
  S2TG: [175, 174],
  S2PS: [178, 176],
  S2AA64: [179, 179],
  S2ENDI: [180, 180],
  S2AFFD: [181, 181],
  S2PTW: [182, 182],
  S2HD: [183, 183],
  S2HA: [184, 184],
  S2S: [185, 185],
  S2R: [186, 186],
  S2SL0_2: [194, 194],
  S2DS: [195, 195],
  S2TTB: [243, 196],
  VMSPtr: [375, 332],
} as const;

/** CD fields, absolute hi:lo (IHI 0070 5.4). */
export const CD_BITS = {
  T0SZ: [5, 0],
  TG0: [7, 6],
  IR0: [9, 8],
  OR0: [11, 10],
  SH0: [13, 12],
  EPD0: [14, 14],
  ENDI: [15, 15],
  T1SZ: [21, 16],
  TG1: [23, 22],
  IR1: [25, 24],
  OR1: [27, 26],
  SH1: [29, 28],
  EPD1: [30, 30],
  V: [31, 31],
  IPS: [34, 32],
  AFFD: [35, 35],
  WXN: [36, 36],
  UWXN: [37, 37],
  TBI0: [38, 38],
  TBI1: [39, 39],
  PAN: [40, 40],
  AA64: [41, 41],
  HD: [42, 42],
  HA: [43, 43],
  S: [44, 44],
  R: [45, 45],
  A: [46, 46],
  ASET: [47, 47],
  ASID: [63, 48],
  HAD0: [65, 65],
  E0PD0: [66, 66],
  TTB0: [115, 68],
  EPAN: [123, 123],
  HAD1: [129, 129],
  E0PD1: [130, 130],
  TTB1: [179, 132],
  DS: [186, 186],
  MAIR0: [223, 192],
  MAIR1: [255, 224],
} as const;

type Layout = Readonly<Record<string, readonly [number, number]>>;
/** Values of fields; addresses are whole, the layout takes their bits. */
export type Fields<L extends Layout> = { readonly [K in keyof L]?: number | bigint };

/** Fields whose value is an address: the low bits of the field are those of the address. */
const ADDRESS_SHIFT: Readonly<Record<string, bigint>> = {
  S1ContextPtr: 6n,
  S2TTB: 4n,
  VMSPtr: 12n,
  TTB0: 4n,
  TTB1: 4n,
};

/** Eight 64-bit words with the given fields. */
export function pack(layout: Layout, fields: Readonly<Record<string, number | bigint>>): bigint[] {
  const words = Array<bigint>(8).fill(0n);
  for (const [name, value] of Object.entries(fields)) {
    const [hi, lo] = layout[name] ?? [0, 0];
    const raw = BigInt(value) >> (ADDRESS_SHIFT[name] ?? 0n);
    const at = Math.floor(lo / 64);
    if (raw >> BigInt(hi - lo + 1) !== 0n) {
      throw new Error(`${name} = ${value} does not fit`);
    }
    words[at] = (words[at] ?? 0n) | (raw << BigInt(lo % 64));
  }
  return words;
}

/** Granules: encodings of TG0 and S2TG, of TG1, page bits. */
export const GRANULES = {
  '4K': { tg0: 0, tg1: 2, bits: 12 },
  '16K': { tg0: 2, tg1: 1, bits: 14 },
  '64K': { tg0: 1, tg1: 3, bits: 16 },
} as const;
export type GranuleName = keyof typeof GRANULES;

/** Level at which a stage 1 walk of this input size starts. */
export function startLevel(granule: GranuleName, inputBits: number): number {
  const { bits } = GRANULES[granule];
  return 4 - Math.ceil((inputBits - bits) / (bits - 3));
}

/** log2 of what an entry at a level maps. */
export function shiftAt(granule: GranuleName, level: number): number {
  const { bits } = GRANULES[granule];
  return bits + (3 - level) * (bits - 3);
}

/** A translation table being built. */
export interface Table {
  readonly granule: GranuleName;
  readonly inputBits: number;
  readonly startLevel: number;
  readonly root: number;
}

/** Leaf attributes: stage 1 AP 01 (read-write for all), AF, nG, inner shareable, MAIR 0. */
export const S1_RW = (1n << 6n) | (3n << 8n) | (1n << 10n) | (1n << 11n);
/** Leaf attributes of stage 2: read-write, AF, write-back. */
export const S2_RW = (3n << 6n) | (1n << 10n) | (0xfn << 2n);
export const AF = 1n << 10n;
export const NG = 1n << 11n;
export const AP_UNPRIVILEGED = 1n << 6n;
export const AP_READ_ONLY = 1n << 7n;
export const DBM = 1n << 51n;
export const CONTIGUOUS = 1n << 52n;
export const PXN = 1n << 53n;
export const UXN = 1n << 54n;
export const PXN_TABLE = 1n << 59n;
export const UXN_TABLE = 1n << 60n;
export const APTABLE_NO_USER = 1n << 61n;
export const APTABLE_READ_ONLY = 1n << 62n;

/** An event record, decoded. */
export interface DecodedEvent {
  readonly type: number;
  readonly sid: number;
  readonly ssid: number | undefined;
  readonly rnw: boolean;
  readonly ind: boolean;
  readonly pnu: boolean;
  readonly s2: boolean;
  readonly class: number;
  readonly stall: boolean;
  readonly input: bigint;
  readonly ipa: bigint;
  readonly fetch: bigint;
  readonly ttrnw: boolean;
}

function decode(words: readonly bigint[]): DecodedEvent {
  const [w0 = 0n, w1 = 0n, w2 = 0n, w3 = 0n] = words;
  const flag = (bit: number): boolean => ((w1 >> BigInt(bit - 64)) & 1n) === 1n;
  return {
    type: Number(w0 & 0xffn),
    sid: Number(w0 >> 32n),
    ssid: ((w0 >> 11n) & 1n) === 1n ? Number((w0 >> 12n) & 0xf_ffffn) : undefined,
    rnw: flag(99),
    ind: flag(98),
    pnu: flag(97),
    s2: flag(103),
    class: Number((w1 >> 40n) & 3n),
    stall: flag(95),
    input: w2,
    ipa: w3 & 0xff_ffff_ffff_f000n,
    fetch: w3 & 0xff_ffff_ffff_fff8n,
    ttrnw: flag(108),
  };
}

export interface TranslationRigOptions extends RigOptions {
  readonly geometry?: CacheGeometry;
  /** CR2 and CR0 beside the enables. */
  readonly cr2?: number;
  readonly cr0?: number;
  readonly log2Streams?: number;
}

/** An SMMU that translates, with a linear Stream table of 2^log2Streams entries, SMMUEN = 1. */
export class TranslationRig extends SmmuRig {
  #heap = 0x4400_0000;

  constructor(options: TranslationRigOptions = {}) {
    super({
      log2Size: 6,
      ...options,
      translator: (state, events, stalls) =>
        new TranslationEngine(state, events, stalls, options.geometry ?? GEOMETRY_INFINITE),
    });
    this.write(REG.CR2, options.cr2 ?? 2);
    this.write64(REG.STRTAB_BASE, BigInt(STRTAB));
    this.write(REG.STRTAB_BASE_CFG, options.log2Streams ?? 8);
    this.start(CMDQEN | EVENTQEN);
    this.write(REG.CR0, CMDQEN | EVENTQEN | SMMUEN | (options.cr0 ?? 0));
  }

  /** Fresh memory, aligned to its size. */
  take(bytes: number): number {
    const pa = Math.ceil(this.#heap / bytes) * bytes;
    this.#heap = pa + bytes;
    return pa;
  }

  /** Writes an STE (valid unless said otherwise) without invalidating anything. */
  writeSte(sid: number, fields: Fields<typeof STE_BITS>): void {
    this.store(STRTAB + sid * 64, pack(STE_BITS, { V: 1, ...fields }));
  }

  /** Writes a CD that translates 48 bits of each half with 4 KiB pages unless said otherwise. */
  writeCd(pa: number, fields: Fields<typeof CD_BITS>): void {
    const usual = {
      V: 1,
      T0SZ: 16,
      T1SZ: 16,
      TG1: 2,
      IPS: 5,
      AA64: 1,
      A: 1,
      R: 1,
      EPD1: 1,
      MAIR0: 0xff,
    };
    this.store(pa, pack(CD_BITS, { ...usual, ...fields }));
  }

  /** An empty table for an input of `inputBits`, from a level or from where stage 1 starts. */
  table(granule: GranuleName, inputBits: number, level = startLevel(granule, inputBits)): Table {
    const entries = 2 ** (inputBits - shiftAt(granule, level));
    return {
      granule,
      inputBits,
      startLevel: level,
      root: this.take(Math.max(entries * 8, 64, 2 ** GRANULES[granule].bits)),
    };
  }

  /** Address of the entry for `address` at `level`, making the tables above. */
  entry(table: Table, address: bigint, level: number, tableBits = 0n): number {
    const { granule, inputBits } = table;
    const index = (at: number, top: number): number => {
      const low = BigInt(shiftAt(granule, at));
      return Number((address & ((1n << BigInt(top)) - 1n)) >> low);
    };
    let base = table.root;
    let top = inputBits;
    for (let at = table.startLevel; at < level; at++) {
      const place = base + index(at, top) * 8;
      let [next = 0n] = this.load(place, 1);
      if (next === 0n) {
        next = BigInt(this.take(2 ** GRANULES[granule].bits)) | 3n | tableBits;
        this.store(place, [next]);
      }
      base = Number(next & 0xffff_ffff_f000n);
      top = shiftAt(granule, at);
    }
    return base + index(level, top) * 8;
  }

  /** Maps what one entry at `level` covers: a page at level 3, else a block. */
  map(
    table: Table,
    address: bigint,
    output: bigint,
    { level = 3, attrs = S1_RW, tableBits = 0n } = {},
  ): number {
    const place = this.entry(table, address, level, tableBits);
    this.store(place, [output | attrs | (level === 3 ? 3n : 1n)]);
    return place;
  }

  /** A stream with stage 1 only: its table and CD. */
  stage1(
    sid: number,
    { cd = {}, ste = {}, granule = '4K' as GranuleName, inputBits = 48 } = {},
  ): { readonly table: Table; readonly cd: number } {
    const table = this.table(granule, inputBits);
    const at = this.take(64);
    const { tg0 } = GRANULES[granule];
    this.writeCd(at, { T0SZ: 64 - inputBits, TG0: tg0, TTB0: table.root, ...cd });
    this.writeSte(sid, { Config: 5, S1ContextPtr: at, ...ste });
    return { table, cd: at };
  }

  /** Fields of an STE that put a stage 2 table in force. */
  stage2Fields(table: Table): Fields<typeof STE_BITS> {
    const sl0 = table.granule === '4K' ? [2, 1, 0, 3][table.startLevel] : 3 - table.startLevel;
    return {
      S2T0SZ: 64 - table.inputBits,
      S2SL0: sl0 ?? 0,
      S2TG: GRANULES[table.granule].tg0,
      S2TTB: table.root,
      S2PS: 5,
      S2AA64: 1,
      S2R: 1,
    };
  }

  /** Maps [from, from + bytes) to itself at stage 2. */
  identity(table: Table, from: number, bytes: number, attrs = S2_RW): void {
    const page = 2 ** GRANULES[table.granule].bits;
    for (let at = from; at < from + bytes; at += page) {
      this.map(table, BigInt(at), BigInt(at), { attrs });
    }
  }

  /** CMD_CFGI_ALL and CMD_TLBI_NSNH_ALL, CMD_TLBI_EL2_ALL. */
  invalidateAll(): void {
    this.commands([0x4n, 31n], [0x30n, 0n], [0x20n, 0n], [0x46n, 0n]);
  }

  /** Event records since the last call, decoded. */
  faults(): DecodedEvent[] {
    return this.events().map(decode);
  }

  /** How an access ends: its PA, or the event numbers of its faults. */
  outcome(sid: number, address: bigint, options: { ssid?: number; flags?: number } = {}): string {
    const t = this.access(sid, address, options);
    const types = this.faults().map(({ type }) => type.toString(16));
    if (t.status === 0 && types.length === 0) {
      return `0x${t.pa.toString(16)}`;
    }
    const ending = ['ok', 'abort', 'raz/wi', 'stall'][t.status] ?? '?';
    return [ending, ...types].join(' ');
  }
}
