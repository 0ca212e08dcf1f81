// Memory in which every word reads as a plausible translation table descriptor, made from a seed when it
// is first read, and random stream and context table entries: ground for two walkers to disagree on.

import { PhysicalMemory } from '../../sim/machine/memory.ts';
import type { SmmuFeatures } from '../../sim/smmu/capabilities.ts';

/** RAM that the tables, structures and data of a random machine lie in. */
export const RANDOM_RAM = { base: 0x4000_0000, size: 0x1000_0000 };

const TWO_32 = 2 ** 32;

/** A small generator (mulberry32): numbers from a seed, the same everywhere. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** 32 random bits, unsigned. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  /** True in `percent` of the calls. */
  chance(percent: number): boolean {
    return this.next() < (percent / 100) * TWO_32;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

/** Percentages that shape random descriptors. */
export interface DescriptorMood {
  /** Chance of each flaw: invalid, address too large, no RAM there, AF clear. */
  readonly flaw: number;
  /** Leaves may be global: only where all contexts have the same tables. */
  readonly globals: boolean;
}

/** The word that a random machine has at `pa` before anybody writes it. */
function descriptorAt(seed: number, pa: number, mood: DescriptorMood): bigint {
  const random = new Random(Math.imul(seed ^ (pa / 8), 0x9e3779b1) ^ seed);
  random.next();
  let word = random.chance(4) ? 1n : 3n;
  let address = RANDOM_RAM.base + random.below(RANDOM_RAM.size / 4096) * 4096;
  if (random.chance(95)) {
    address -= address % 0x1_0000;
  }
  const flaw = (): boolean => random.chance(mood.flaw);
  word |= BigInt(address);
  word |= random.chance(6) ? 0n : 1n << 10n;
  word |= BigInt(random.chance(4) ? random.pick([0, 2]) : random.pick([1, 1, 3, 3, 3])) << 6n;
  word |= BigInt(random.below(16)) << 2n;
  word |= BigInt(random.chance(12) ? random.below(4) : 0) << 8n;
  word |= mood.globals && random.chance(50) ? 0n : 1n << 11n;
  word |= random.chance(40) ? 1n << 51n : 0n;
  word |= random.chance(5) ? 1n << 52n : 0n;
  word |= random.chance(20) ? 1n << 53n : 0n;
  word |= random.chance(20) ? 1n << 54n : 0n;
  for (const bit of [59n, 60n, 61n, 62n]) {
    word |= flaw() ? 1n << bit : 0n;
  }
  if (flaw()) {
    word ^= BigInt(random.pick([1, 2, 3]));
  }
  if (flaw()) {
    word ^= 1n << BigInt(12 + random.below(40));
  }
  return word;
}

/** Lazily random memory; what is written stays. */
export class RandomMemory extends PhysicalMemory {
  readonly written = new Map<number, bigint>();
  /** Addresses stored to since the last time it was emptied. */
  readonly recent = new Map<number, bigint>();
  readonly #seed: number;
  readonly #mood: DescriptorMood;

  constructor(seed: number, mood: DescriptorMood) {
    super([RANDOM_RAM]);
    this.#seed = seed;
    this.#mood = mood;
  }

  /** The word at an aligned address, or undefined outside RAM. */
  word(pa: number): bigint | undefined {
    if (!this.contains(pa, 8)) {
      return undefined;
    }
    const known = this.written.get(pa);
    if (known !== undefined) {
      return known;
    }
    const word = descriptorAt(this.#seed, pa, this.#mood);
    this.written.set(pa, word);
    return word;
  }

  override read64(pa: number): boolean {
    const word = this.word(pa);
    if (word === undefined) {
      return false;
    }
    this.lo = Number(BigInt.asIntN(32, word));
    this.hi = Number(BigInt.asIntN(32, word >> 32n));
    return true;
  }

  override read64At(lo: number, hi: number): boolean {
    return this.read64((hi >>> 0) * TWO_32 + (lo >>> 0));
  }

  override write64(pa: number, lo: number, hi: number): boolean {
    if (!this.contains(pa, 8)) {
      return false;
    }
    const word = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
    this.written.set(pa, word);
    this.recent.set(pa, word);
    return super.write64(pa, lo, hi);
  }
}

/** Sets bits hi:lo of a structure of 64-bit words. */
export function setBits(words: bigint[], hi: number, lo: number, value: number | bigint): void {
  for (let bit = lo; bit <= hi; bit++) {
    const on = (BigInt(value) >> BigInt(bit - lo)) & 1n;
    const at = Math.floor(bit / 64);
    const mask = 1n << BigInt(bit % 64);
    words[at] = ((words[at] ?? 0n) & ~mask) | (on === 1n ? mask : 0n);
  }
}

/** A random table address, aligned well. */
function tableAddress(random: Random): bigint {
  return BigInt(RANDOM_RAM.base + random.below(RANDOM_RAM.size / 0x2_0000) * 0x2_0000);
}

/** A start table: now and then with low bits that the hardware may have to drop. */
function startTable(random: Random): bigint {
  return tableAddress(random) + BigInt(random.chance(20) ? random.below(64) * 16 : 0);
}

/** Flips a few bits of a structure now and then. */
function damage(random: Random, words: bigint[], percent: number): void {
  while (random.chance(percent)) {
    const at = random.below(words.length);
    words[at] = (words[at] ?? 0n) ^ (1n << BigInt(random.below(64)));
  }
}

/** Start levels that fit an input size: value of S2SL0 by granule (TG0 encoding). */
function startLevelChoice(random: Random, tg: number, size: number): number {
  const granule = [12, 16, 14][tg] ?? 12;
  const stride = granule - 3;
  const fits = [3, 2, 1, 0].filter((level) => {
    const least = (3 - level) * stride + granule + 1;
    return size >= least && size <= least + stride + 3;
  });
  const level = fits.length === 0 ? 1 : random.pick(fits);
  return tg === 0 ? ([2, 1, 0, 3][level] ?? 0) : Math.max(0, 3 - level);
}

/** Granules that an instance offers, as encoded in TG0 and S2TG; now and then any. */
function granuleChoice(random: Random, f: Readonly<SmmuFeatures>): number {
  const offered = [f.gran4k ? 0 : -1, f.gran64k ? 1 : -1, f.gran16k ? 2 : -1].filter(
    (tg) => tg >= 0,
  );
  return random.chance(2) || offered.length === 0 ? random.below(4) : random.pick(offered);
}

/** Size of an input range, bits, that is legal for the instance; now and then any. */
function sizeChoice(random: Random, f: Readonly<SmmuFeatures>, most: number): number {
  if (random.chance(2)) {
    return 1 + random.below(63);
  }
  const least = f.stt && random.chance(10) ? 17 : random.pick([25, 32, 36]);
  return least + random.below(Math.max(1, most - least + 1));
}

/** A stall bit that the instance allows; now and then any. */
function stallChoice(random: Random, f: Readonly<SmmuFeatures>): number {
  if (random.chance(2)) {
    return random.below(2);
  }
  return f.stallModel === 0 ? (random.chance(20) ? 1 : 0) : f.stallModel === 2 ? 1 : 0;
}

/** HA and HD, {HA, HD} as two bits. */
function updateChoice(random: Random, f: Readonly<SmmuFeatures>): number {
  return random.chance(2)
    ? random.below(4)
    : random.pick([[0], [0, 2], [0, 2, 3, 3, 1]][f.httu] ?? [0]);
}

function endianChoice(random: Random, f: Readonly<SmmuFeatures>): number {
  if (random.chance(2)) {
    return random.below(2);
  }
  return f.ttendian === 0 ? (random.chance(20) ? 1 : 0) : f.ttendian === 3 ? 1 : 0;
}

/** A stream table entry, eight words, that often translates on an instance with these features. */
export function randomSte(
  random: Random,
  f: Readonly<SmmuFeatures>,
  damagePercent: number,
): bigint[] {
  const ste = Array<bigint>(8).fill(0n);
  const set = (hi: number, lo: number, value: number | bigint): void => setBits(ste, hi, lo, value);
  const oasBits = [32, 36, 40, 42, 44, 48, 52][f.oas] ?? 48;
  set(0, 0, 1);
  set(3, 1, random.pick([5, 5, 5, 7, 7, 7, 7, 6, 6, random.chance(20) ? 4 : 5]));
  set(5, 4, f.cd2l ? random.below(3) : 0);
  set(55, 6, tableAddress(random) >> 6n);
  set(63, 59, random.pick([0, Math.min(3, f.ssidsize), Math.min(10, f.ssidsize)]));
  set(65, 64, random.chance(8) ? random.below(4) : 1 + random.below(2));
  set(89, 89, random.below(2));
  set(95, 94, random.pick([0, 0, 0, 2]));
  set(113, 112, random.pick([0, 0, 2, 3]));
  set(115, 114, random.pick([0, 0, 2, 3]));
  set(143, 128, random.below(f.vmid16 ? 0x1_0000 : 0x100));
  const tg = granuleChoice(random, f);
  const ds = random.below(2);
  const most = oasBits < 48 ? oasBits : ds === 1 || tg === 1 ? oasBits : 48;
  const size = sizeChoice(random, f, most);
  set(165, 160, 64 - size);
  set(167, 166, random.chance(8) ? random.below(4) : startLevelChoice(random, tg, size));
  set(175, 174, tg);
  set(178, 176, random.pick([5, 5, 5, 2, 6]));
  set(179, 179, random.chance(99) ? 1 : 0);
  set(180, 180, endianChoice(random, f));
  set(181, 181, random.below(2));
  set(182, 182, random.chance(10) ? 1 : 0);
  const updates = updateChoice(random, f);
  set(183, 183, updates & 1);
  set(184, 184, updates >> 1);
  set(185, 185, stallChoice(random, f));
  set(186, 186, random.chance(80) ? 1 : 0);
  set(195, 195, ds);
  set(243, 196, startTable(random) >> 4n);
  damage(random, ste, damagePercent);
  return ste;
}

/** A context descriptor, eight words, that often translates on an instance with these features. */
export function randomCd(
  random: Random,
  f: Readonly<SmmuFeatures>,
  damagePercent: number,
): bigint[] {
  const cd = Array<bigint>(8).fill(0n);
  const set = (hi: number, lo: number, value: number | bigint): void => setBits(cd, hi, lo, value);
  const ds = random.below(2);
  const most = (tg0: number): number =>
    f.vax === 1 && (tg0 === 1 || (f.ds && ds === 1)) ? 52 : 48;
  const tg0 = granuleChoice(random, f);
  const tg1 = granuleChoice(random, f);
  set(5, 0, 64 - sizeChoice(random, f, most(tg0)));
  set(7, 6, tg0);
  set(14, 14, random.chance(5) ? 1 : 0);
  set(15, 15, endianChoice(random, f));
  set(21, 16, 64 - sizeChoice(random, f, most(tg1)));
  set(23, 22, [2, 3, 1, 0][tg1] ?? 0);
  set(30, 30, random.chance(5) ? 1 : 0);
  set(31, 31, 1);
  set(34, 32, random.pick([5, 5, 5, 2, 6]));
  set(35, 35, random.below(2));
  set(36, 36, random.chance(20) ? 1 : 0);
  for (const bit of [38, 39]) {
    set(bit, bit, random.below(2));
  }
  set(40, 40, random.chance(20) ? 1 : 0);
  set(41, 41, random.chance(99) ? 1 : 0);
  const updates = updateChoice(random, f);
  set(42, 42, updates & 1);
  set(43, 43, updates >> 1);
  set(44, 44, stallChoice(random, f));
  set(45, 45, random.below(2));
  set(46, 46, f.termModel || random.chance(60) ? 1 : 0);
  set(47, 47, random.below(2));
  set(63, 48, random.below(f.asid16 ? 0x1_0000 : 0x100));
  for (const bit of [65, 66, 129, 130, 123]) {
    set(bit, bit, random.chance(15) ? 1 : 0);
  }
  set(115, 68, startTable(random) >> 4n);
  set(179, 132, startTable(random) >> 4n);
  set(186, 186, ds);
  set(255, 192, BigInt(random.next()) * 0x1_0000_0001n);
  damage(random, cd, damagePercent);
  return cd;
}
