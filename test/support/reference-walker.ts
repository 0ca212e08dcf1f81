// A second opinion: translation written straight from IHI 0070 and DDI 0487, in BigInt, without caches
// and without a line of the model's code. Slow on purpose. Non-secure, VMSAv8-64, direct permissions.

import type { SmmuFeatures } from '../../sim/smmu/capabilities.ts';

/** What the reference needs of the machine: memory and the registers that are in force. */
export interface ReferenceMachine {
  readonly features: Readonly<SmmuFeatures>;
  readonly strtabBase: bigint;
  readonly strtabLog2Size: number;
  readonly strtabSplit: number;
  readonly strtabTwoLevel: boolean;
  readonly e2h: boolean;
  readonly recinvsid: boolean;
  /** The 64-bit word at an aligned address, or undefined for an external abort. */
  read(pa: bigint): bigint | undefined;
}

export interface ReferenceAccess {
  readonly sid: number;
  readonly ssid: number;
  readonly address: bigint;
  readonly write: boolean;
  readonly privileged: boolean;
  readonly instruction: boolean;
}

export interface ReferenceFault {
  readonly type: number;
  readonly s2: boolean;
  /** 0 CD, 1 TT, 2 IN. */
  readonly class: number;
  readonly ipa?: bigint;
  readonly fetch?: bigint;
  readonly ttrnw?: boolean;
}

export type ReferenceAnswer =
  | { readonly kind: 'ok'; readonly pa: bigint; readonly bypass: boolean }
  | { readonly kind: 'silent abort' }
  | ({
      readonly kind: 'fault';
      readonly action: 'abort' | 'raz/wi' | 'stall';
      readonly recorded: boolean;
    } & ReferenceFault);

/** The answer, and the descriptors that hardware updates: address to new value. */
export interface ReferenceResult {
  readonly answer: ReferenceAnswer;
  readonly updates: ReadonlyMap<bigint, bigint>;
}

const CD = 0;
const TT = 1;
const IN = 2;

const BAD_STREAMID = 0x02;
const STE_FETCH = 0x03;
const BAD_STE = 0x04;
const STREAM_DISABLED = 0x06;
const BAD_SUBSTREAMID = 0x08;
const CD_FETCH = 0x09;
const BAD_CD = 0x0a;
const WALK_EABT = 0x0b;
const TRANSLATION = 0x10;
const ADDR_SIZE = 0x11;
const ACCESS = 0x12;
const PERMISSION = 0x13;

const SIZES = [32, 36, 40, 42, 44, 48, 52, 52];

class Fault extends Error {
  readonly fault: ReferenceFault;
  /** Neither A, R, S nor S2R, S2S have a say. */
  readonly forced: boolean;

  constructor(fault: ReferenceFault, forced = false) {
    super(`fault ${fault.type}`);
    this.fault = fault;
    this.forced = forced;
  }
}

function plain(type: number): Fault {
  return new Fault({ type, s2: false, class: IN });
}

/** Bits hi:lo of a structure given as 64-bit words; a field spans two words at most. */
function bits(words: readonly bigint[], hi: number, lo: number): bigint {
  const first = lo >> 6;
  const both = ((words[first + 1] ?? 0n) << 64n) | (words[first] ?? 0n);
  return (both >> BigInt(lo & 63)) & ((1n << BigInt(hi - lo + 1)) - 1n);
}

function num(words: readonly bigint[], hi: number, lo = hi): number {
  return Number(bits(words, hi, lo));
}

function slice(value: bigint, hi: number, lo: number): bigint {
  return (value >> BigInt(lo)) & ((1n << BigInt(hi - lo + 1)) - 1n);
}

function alignDown(value: bigint, bytes: bigint): bigint {
  return value - (value % bytes);
}

/** Parameters of a walk, as the pseudocode's walk parameters. */
interface Params {
  readonly stage: 1 | 2;
  /** log2 of the granule. */
  readonly granule: number;
  readonly txsz: number;
  readonly ds: boolean;
  /** Effective output size, bits. */
  readonly outBits: number;
  readonly startLevel: number;
  readonly base: bigint;
  readonly bigEndian: boolean;
  readonly affd: boolean;
  readonly ha: boolean;
  readonly hd: boolean;
  /** Hierarchical permissions are off. */
  readonly had: boolean;
}

interface Leaf {
  readonly descriptor: bigint;
  /** Address of the descriptor: IPA in stage 1 of a nested stream. */
  readonly address: bigint;
  readonly output: bigint;
  readonly apTable: number;
  readonly pxnTable: boolean;
  readonly uxnTable: boolean;
}

const GRANULE_OF_TG0 = [12, 16, 14, undefined];
const GRANULE_OF_TG1 = [undefined, 14, 12, 16];

/** Runs one access from the Stream table to its end. */
export class ReferenceWalker {
  readonly #m: ReferenceMachine;
  readonly #updates = new Map<bigint, bigint>();
  #ste: readonly bigint[] = [];
  #cd: readonly bigint[] = [];
  #access: ReferenceAccess;

  constructor(machine: ReferenceMachine, access: ReferenceAccess) {
    this.#m = machine;
    this.#access = access;
  }

  run(): ReferenceResult {
    let answer: ReferenceAnswer;
    try {
      answer = this.#translate();
    } catch (error) {
      if (!(error instanceof Fault)) {
        throw error;
      }
      answer = this.#ended(error);
    }
    return { answer, updates: this.#updates };
  }

  /** PA where the CD of number `index` lies for a nested STE, or undefined when stage 2 faults. */
  structureAddress(index: number, ste: readonly bigint[]): bigint | undefined {
    this.#ste = ste;
    try {
      if (this.#steIllegal() || num(ste, 3, 1) !== 7) {
        return undefined;
      }
      const address = this.#cdAddress(index);
      return this.#structure(address);
    } catch (error) {
      if (error instanceof Fault) {
        return undefined;
      }
      throw error;
    }
  }

  #translate(): ReferenceAnswer {
    this.#ste = this.#fetchSte();
    const config = num(this.#ste, 3, 1);
    if (this.#steIllegal()) {
      throw plain(BAD_STE);
    }
    if (config < 4) {
      return { kind: 'silent abort' };
    }
    const stage1 = this.#selectCd(config);
    if (stage1 === undefined) {
      return this.#withoutStage1(config);
    }
    this.#cd = this.#fetchCd(stage1);
    if (this.#cdIllegal()) {
      throw plain(BAD_CD);
    }
    this.#applyOverrides();
    const ipa = this.#stage1();
    const pa = config === 7 ? this.#stage2(ipa, IN, false).pa : ipa;
    return { kind: 'ok', pa, bypass: false };
  }

  // -- Stream table -----------------------------------------------------------------------------------

  #fetchSte(): readonly bigint[] {
    const m = this.#m;
    const sid = BigInt(this.#access.sid);
    if (sid >= 1n << BigInt(Math.min(m.strtabLog2Size, m.features.sidsize))) {
      throw plain(BAD_STREAMID);
    }
    if (!m.strtabTwoLevel) {
      return this.#words(m.strtabBase + sid * 64n, 8, STE_FETCH);
    }
    const split = BigInt(m.strtabSplit);
    const [l1 = 0n] = this.#words(m.strtabBase + (sid >> split) * 8n, 1, STE_FETCH);
    const span = slice(l1, 4, 0);
    const index = sid & ((1n << split) - 1n);
    if (span === 0n || span > 11n || span > split + 1n || index >= 1n << (span - 1n)) {
      throw plain(BAD_STREAMID);
    }
    const table = alignDown(slice(l1, 55, 6) << 6n, 64n << (span - 1n));
    return this.#words(table + index * 64n, 8, STE_FETCH);
  }

  #words(pa: bigint, count: number, type: number): bigint[] {
    return Array.from({ length: count }, (_, index) => {
      const word = this.#read(pa + BigInt(index) * 8n);
      if (word === undefined) {
        throw new Fault({ type, s2: false, class: IN, fetch: pa });
      }
      return word;
    });
  }

  /** Memory as it is after the updates of this very access. */
  #read(pa: bigint): bigint | undefined {
    const word = this.#m.read(pa);
    return word === undefined ? undefined : (this.#updates.get(pa) ?? word);
  }

  #oas(): number {
    return SIZES[this.#m.features.oas] ?? 52;
  }

  #strwUnused(config: number): boolean {
    const { s1p, hyp } = this.#m.features;
    return !s1p || !hyp || config >= 6 || config === 4;
  }

  #steIllegal(): boolean {
    const f = this.#m.features;
    const ste = this.#ste;
    if (num(ste, 0) === 0) {
      return true;
    }
    const config = num(ste, 3, 1);
    if (config < 4) {
      return false;
    }
    const s1 = (config & 1) !== 0;
    const s2 = (config & 2) !== 0;
    if ((s1 && !f.s1p) || (s2 && !f.s2p)) {
      return true;
    }
    const eats = num(ste, 93, 92);
    const s2s = num(ste, 185);
    if (f.ats && config !== 4) {
      if (eats === 2 && (config !== 7 || s2s === 1 || f.ns1ats)) {
        return true;
      }
      if (eats === 1 && s2s === 1 && s2) {
        return true;
      }
    }
    const strw = num(ste, 95, 94);
    if (!this.#strwUnused(config) && (strw & 1) === 1) {
      return true;
    }
    if (s1 && this.#steStage1Illegal()) {
      return true;
    }
    if (s2 && this.#steStage2Illegal()) {
      return true;
    }
    const vmidIgnored = !f.s2p || config === 4 || (strw !== 0 && !this.#strwUnused(config));
    return !vmidIgnored && !f.vmid16 && num(ste, 143, 136) !== 0;
  }

  #steStage1Illegal(): boolean {
    const f = this.#m.features;
    const ste = this.#ste;
    if (num(ste, 91) === 1 && f.stallModel !== 0) {
      return true;
    }
    const cdMax = num(ste, 63, 59);
    if (f.ssidsize !== 0 && cdMax > f.ssidsize) {
      return true;
    }
    const fmt = num(ste, 5, 4);
    if (f.ssidsize !== 0 && cdMax !== 0 && !f.cd2l && (fmt === 1 || fmt === 2)) {
      return true;
    }
    return bits(ste, 55, 6) << 6n >= 1n << BigInt(this.#oas());
  }

  #steStage2Illegal(): boolean {
    const f = this.#m.features;
    const ste = this.#ste;
    const s2s = num(ste, 185);
    if ((s2s === 1 && f.stallModel === 1) || (s2s === 0 && f.stallModel === 2)) {
      return true;
    }
    const aa64 = num(ste, 179) === 1;
    if ((!aa64 && (f.ttf & 1) === 0) || (aa64 && (f.ttf & 2) === 0)) {
      return true;
    }
    const hd = num(ste, 183) === 1;
    if (((hd || num(ste, 184) === 1) && f.httu === 0) || (hd && f.httu === 1)) {
      return true;
    }
    const granule = GRANULE_OF_TG0[num(ste, 175, 174)];
    if (granule === undefined || !this.#offers(granule)) {
      return true;
    }
    const ds = this.#s2ds(granule);
    const ttb = bits(ste, 243, 196) << 4n;
    if (ttb >= 1n << BigInt(this.#s2OutBits()) || (granule !== 16 && !ds && ttb >= 1n << 48n)) {
      return true;
    }
    const t0sz = num(ste, 165, 160);
    const max = f.stt ? (granule === 16 ? 47 : 48) : 39;
    const least = f.archMinor === 0 ? 0 : granule === 16 || ds ? 12 : 16;
    if (t0sz > max || t0sz < Math.max(least, 64 - this.#oas())) {
      return true;
    }
    const level = this.#s2StartLevel(granule, ds);
    if (level === undefined) {
      return true;
    }
    // DDI 0487, AArch64.S2InconsistentSL.
    const stride = granule - 3;
    const minimum = (3 - level) * stride + granule + 1;
    const maximum = minimum + (stride - 1) + 4;
    const size = 64 - t0sz;
    if (size < minimum || size > maximum) {
      return true;
    }
    const endi = num(ste, 180);
    return (f.ttendian === 2 && endi === 1) || (f.ttendian === 3 && endi === 0);
  }

  #offers(granule: number): boolean {
    const { gran4k, gran16k, gran64k } = this.#m.features;
    return granule === 12 ? gran4k : granule === 14 ? gran16k : gran64k;
  }

  #s2ds(granule: number): boolean {
    return this.#m.features.ds && num(this.#ste, 195) === 1 && granule !== 16;
  }

  #s2OutBits(): number {
    return Math.min(SIZES[num(this.#ste, 178, 176)] ?? 52, this.#oas());
  }

  /** DDI 0487, AArch64.S2StartLevel and AArch64.S2InvalidSL. */
  #s2StartLevel(granule: number, ds: boolean): number | undefined {
    const sl0 = num(this.#ste, 167, 166);
    const sl2 = ds && granule === 12 ? num(this.#ste, 194) : 0;
    const pa = this.#oas();
    if (granule === 12) {
      const combined = sl2 * 4 + sl0;
      if (combined === 0) return 2;
      if (combined === 1) return 1;
      if (combined === 2) return pa < 44 ? undefined : 0;
      if (combined === 3) return this.#m.features.stt ? 3 : undefined;
      if (combined === 4) return pa < 52 ? undefined : -1;
      return undefined;
    }
    if (granule === 14) {
      if (sl0 === 3) return ds && pa >= 52 ? 0 : undefined;
      if (sl0 === 2) return pa < 42 ? undefined : 1;
      return 3 - sl0;
    }
    if (sl0 === 3) return undefined;
    if (sl0 === 2) return pa < 44 ? undefined : 1;
    return 3 - sl0;
  }

  // -- Context descriptors ------------------------------------------------------------------------------

  /** Number of the CD, or undefined when stage 1 is skipped. */
  #selectCd(config: number): number | undefined {
    const { ssid } = this.#access;
    const { ssidsize } = this.#m.features;
    if ((config & 1) === 0) {
      if (ssid >= 0) {
        throw plain(BAD_SUBSTREAMID);
      }
      return undefined;
    }
    const cdMax = ssidsize === 0 ? 0 : num(this.#ste, 63, 59);
    const s1dss = num(this.#ste, 65, 64);
    if (ssid >= 0) {
      if (cdMax === 0 || ssid >= 2 ** cdMax) {
        throw plain(BAD_SUBSTREAMID);
      }
      if (ssid === 0 && s1dss === 2) {
        throw plain(STREAM_DISABLED);
      }
      return ssid;
    }
    if (cdMax === 0 || s1dss === 2) {
      return 0;
    }
    if (s1dss === 1) {
      return undefined;
    }
    throw plain(STREAM_DISABLED);
  }

  #fetchCd(index: number): readonly bigint[] {
    return this.#words(this.#structure(this.#cdAddress(index)), 8, CD_FETCH);
  }

  /** Address of a CD: IPA when nested. */
  #cdAddress(index: number): bigint {
    const ste = this.#ste;
    const cdMax = this.#m.features.ssidsize === 0 ? 0 : num(ste, 63, 59);
    const fmt = cdMax === 0 ? 0 : num(ste, 5, 4);
    const pointer = bits(ste, 55, 6) << 6n;
    const at = BigInt(index);
    if (fmt === 0 || fmt === 3) {
      return alignDown(pointer, 64n << BigInt(cdMax)) + at * 64n;
    }
    const leafBits = fmt === 1 ? 6n : 10n;
    const entries = 1n << (BigInt(cdMax) > leafBits ? BigInt(cdMax) - leafBits : 0n);
    const bytes = entries * 8n < 64n ? 64n : entries * 8n;
    const address = alignDown(pointer, bytes) + (at >> leafBits) * 8n;
    const [l1 = 0n] = this.#words(this.#structure(address), 1, CD_FETCH);
    const leaf = slice(l1, 55, 12) << 12n;
    if ((l1 & 1n) === 0n || leaf >= 1n << BigInt(this.#oas())) {
      throw plain(BAD_SUBSTREAMID);
    }
    return alignDown(leaf, 64n << leafBits) + (at & ((1n << leafBits) - 1n)) * 64n;
  }

  /** PA of a configuration structure. */
  #structure(address: bigint): bigint {
    return num(this.#ste, 3, 1) === 7 ? this.#stage2(address, CD, false).pa : address;
  }

  #world(): 'EL1' | 'EL2' | 'E2H' {
    const config = num(this.#ste, 3, 1);
    if (this.#strwUnused(config) || num(this.#ste, 95, 94) !== 2) {
      return 'EL1';
    }
    return this.#m.e2h ? 'E2H' : 'EL2';
  }

  #halfDisabled(half: 0 | 1): boolean {
    if (this.#world() === 'EL2') {
      return half === 1;
    }
    return num(this.#cd, half === 0 ? 14 : 30) === 1;
  }

  #cdIllegal(): boolean {
    const f = this.#m.features;
    const cd = this.#cd;
    const world = this.#world();
    const s = num(cd, 44);
    if (num(cd, 31) === 0 || (s === 1 && num(this.#ste, 91) === 1)) {
      return true;
    }
    if (f.termModel && num(cd, 46) === 0) {
      return true;
    }
    if ((f.stallModel === 1 && s === 1) || (f.stallModel === 2 && s === 0)) {
      return true;
    }
    const disabled0 = this.#halfDisabled(0);
    const disabled1 = this.#halfDisabled(1);
    const endi = num(cd, 15);
    if (
      !(disabled0 && disabled1) &&
      ((f.ttendian === 2 && endi === 1) || (f.ttendian === 3 && endi === 0))
    ) {
      return true;
    }
    const aa64 = num(cd, 41) === 1;
    if (!aa64 && ((f.ttf & 1) === 0 || world === 'E2H')) {
      return true;
    }
    const lpaeStage2 = (num(this.#ste, 3, 1) & 2) !== 0 && num(this.#ste, 179) === 0;
    if (aa64 && ((f.ttf & 2) === 0 || lpaeStage2)) {
      return true;
    }
    const hd = num(cd, 42) === 1;
    if (((hd || num(cd, 43) === 1) && f.httu === 0) || (hd && f.httu === 1)) {
      return true;
    }
    if (world !== 'EL2' && !f.asid16 && num(cd, 63, 56) !== 0) {
      return true;
    }
    return (!disabled0 && this.#halfIllegal(0)) || (!disabled1 && this.#halfIllegal(1));
  }

  #halfGranule(half: 0 | 1): number | undefined {
    return half === 0 ? GRANULE_OF_TG0[num(this.#cd, 7, 6)] : GRANULE_OF_TG1[num(this.#cd, 23, 22)];
  }

  #halfDs(granule: number | undefined): boolean {
    return this.#m.features.ds && num(this.#cd, 186) === 1 && granule !== 16;
  }

  #halfIllegal(half: 0 | 1): boolean {
    const f = this.#m.features;
    const granule = this.#halfGranule(half);
    if (granule === undefined || !this.#offers(granule)) {
      return true;
    }
    const ds = this.#halfDs(granule);
    const tsz = half === 0 ? num(this.#cd, 5, 0) : num(this.#cd, 21, 16);
    const max = f.stt ? (granule === 16 ? 47 : 48) : 39;
    const min = f.vax >= 1 && (granule === 16 || ds) ? 12 : 16;
    if (tsz < min || tsz > max) {
      return true;
    }
    const ttb = this.#ttb(half);
    if (ttb >= 1n << BigInt(this.#s1OutBits())) {
      return true;
    }
    return granule !== 16 && !ds && ttb >= 1n << 48n;
  }

  #ttb(half: 0 | 1): bigint {
    return (half === 0 ? bits(this.#cd, 115, 68) : bits(this.#cd, 179, 132)) << 4n;
  }

  #s1OutBits(): number {
    return Math.min(SIZES[num(this.#cd, 34, 32)] ?? 52, this.#oas());
  }

  // -- Stages ---------------------------------------------------------------------------------------------

  #applyOverrides(): void {
    if (!this.#m.features.attrPermsOvr) {
      return;
    }
    const priv = num(this.#ste, 113, 112);
    const inst = num(this.#ste, 115, 114);
    const a = this.#access;
    this.#access = {
      ...a,
      privileged: priv < 2 ? a.privileged : priv === 3,
      instruction: inst < 2 ? a.instruction : inst === 3,
    };
  }

  #withoutStage1(config: number): ReferenceAnswer {
    this.#applyOverrides();
    const { address } = this.#access;
    if (address >= 1n << BigInt(this.#oas())) {
      throw new Fault({ type: ADDR_SIZE, s2: false, class: IN }, true);
    }
    if ((config & 2) === 0) {
      return { kind: 'ok', pa: address, bypass: true };
    }
    return { kind: 'ok', pa: this.#stage2(address, IN, false).pa, bypass: false };
  }

  #stage1(): bigint {
    const { address } = this.#access;
    const world = this.#world();
    const high = slice(address, 55, 55) === 1n;
    const half = high && world !== 'EL2' ? 1 : 0;
    const cd = this.#cd;
    const tbi = num(cd, half === 0 ? 38 : 39) === 1;
    const tsz = half === 0 ? num(cd, 5, 0) : num(cd, 21, 16);
    const top = tbi ? 55 : 63;
    const granule = this.#halfGranule(half);
    const disabled = this.#halfDisabled(half);
    const e0pd = this.#m.features.e0pd && world !== 'EL2' && num(cd, half === 0 ? 66 : 130) === 1;
    if (disabled || granule === undefined) {
      throw plain(TRANSLATION);
    }
    const upper = slice(address, top, 64 - tsz);
    const expected = half === 0 ? 0n : (1n << BigInt(top - (64 - tsz) + 1)) - 1n;
    if (upper !== expected || (e0pd && !this.#access.privileged)) {
      throw plain(TRANSLATION);
    }
    const ps = Math.min(num(cd, 34, 32), this.#m.features.oas);
    const stride = granule - 3;
    const size = 64 - tsz;
    const startLevel = 3 - Math.floor((size - 1 - granule) / stride);
    const params: Params = {
      stage: 1,
      granule,
      txsz: tsz,
      ds: this.#halfDs(granule),
      outBits: this.#s1OutBits(),
      startLevel,
      base: tableBase(this.#ttb(half), { size, granule, level: startLevel, ps }),
      bigEndian: num(cd, 15) === 1,
      affd: num(cd, 35) === 1,
      ha: num(cd, 43) === 1,
      hd: num(cd, 43) === 1 && num(cd, 42) === 1,
      had: this.#m.features.had && num(cd, half === 0 ? 65 : 129) === 1,
    };
    const input = slice(address, size - 1, 0);
    const leaf = this.#walk(params, input, IN, address);
    this.#stage1Leaf(params, leaf, world);
    return leaf.output;
  }

  #stage1Leaf(params: Params, leaf: Leaf, world: string): void {
    const d = leaf.descriptor;
    let next = d;
    if (slice(d, 10, 10) === 0n) {
      if (params.ha) {
        next |= 1n << 10n;
      } else if (!params.affd) {
        throw plain(ACCESS);
      }
    }
    const dbm = params.hd && slice(d, 51, 51) === 1n;
    const readOnly = slice(d, 7, 7) === 1n && !dbm;
    if (!this.#permitted1(leaf, readOnly, world)) {
      throw plain(PERMISSION);
    }
    if (this.#access.write && dbm && slice(d, 7, 7) === 1n) {
      next = (next & ~(1n << 7n)) | (1n << 10n);
    }
    if (next !== d) {
      const nested = num(this.#ste, 3, 1) === 7;
      const pa = nested ? this.#stage2(leaf.address, TT, true).pa : leaf.address;
      this.#store(pa, next, params.bigEndian);
    }
  }

  /** DDI 0487, AArch64.S1DirectBasePermissions, and the check of the access. */
  #permitted1(leaf: Leaf, readOnly: boolean, world: string): boolean {
    const d = leaf.descriptor;
    const cd = this.#cd;
    const { write, privileged } = this.#access;
    const instruction = this.#access.instruction && !write;
    const wxn = num(cd, 36) === 1;
    if (world === 'EL2') {
      const w = !readOnly && (leaf.apTable & 2) === 0;
      const xn = slice(d, 54, 54) === 1n || leaf.uxnTable;
      if (instruction) {
        return !xn && !(wxn && w);
      }
      return write ? w : true;
    }
    const user = slice(d, 6, 6) === 1n;
    let [pr, pw, ur, uw] = [true, !readOnly, user, user && !readOnly];
    if ((leaf.apTable & 1) !== 0) {
      [ur, uw] = [false, false];
    }
    if ((leaf.apTable & 2) !== 0) {
      [pw, uw] = [false, false];
    }
    const px = !(slice(d, 53, 53) === 1n || leaf.pxnTable || uw);
    const ux = !(slice(d, 54, 54) === 1n || leaf.uxnTable);
    const epan = this.#m.features.epan && num(cd, 123) === 1;
    if (num(cd, 40) === 1 && !instruction && (ur || uw || (epan && ux))) {
      [pr, pw] = [false, false];
    }
    const [r, w, x] = privileged ? [pr, pw, px] : [ur, uw, ux];
    if (instruction) {
      return x && !(wxn && w);
    }
    return write ? w : r;
  }

  /** Stage 2 of an IPA; `descriptorWrite`: for the update of a stage 1 descriptor. */
  #stage2(ipa: bigint, cls: number, descriptorWrite: boolean): { readonly pa: bigint } {
    const ste = this.#ste;
    const granule = GRANULE_OF_TG0[num(ste, 175, 174)] ?? 12;
    const size = 64 - num(ste, 165, 160);
    const fault = (type: number): Fault =>
      new Fault({ type, s2: true, class: cls, ipa, ttrnw: cls === TT && !descriptorWrite });
    if (ipa >= 1n << BigInt(size)) {
      throw fault(TRANSLATION);
    }
    const ds = this.#s2ds(granule);
    const startLevel = this.#s2StartLevel(granule, ds) ?? 0;
    const ps = Math.min(num(ste, 178, 176), this.#m.features.oas);
    const ha = num(ste, 184) === 1;
    const params: Params = {
      stage: 2,
      granule,
      txsz: 64 - size,
      ds,
      outBits: this.#s2OutBits(),
      startLevel,
      base: tableBase(bits(ste, 243, 196) << 4n, { size, granule, level: startLevel, ps }),
      bigEndian: num(ste, 180) === 1,
      affd: num(ste, 181) === 1,
      ha,
      hd: ha && num(ste, 183) === 1,
      had: true,
    };
    const leaf = this.#walk(params, ipa, cls, ipa);
    const d = leaf.descriptor;
    let next = d;
    if (slice(d, 10, 10) === 0n) {
      if (params.ha) {
        next |= 1n << 10n;
      } else if (!params.affd) {
        throw fault(ACCESS);
      }
    }
    const own = cls === IN;
    const write = own ? this.#access.write : descriptorWrite;
    const dbm = params.hd && slice(d, 51, 51) === 1n;
    if (!this.#permitted2(d, dbm, cls, write)) {
      throw fault(PERMISSION);
    }
    if (write && dbm && slice(d, 7, 7) === 0n) {
      next |= (1n << 7n) | (1n << 10n);
    }
    if (next !== d) {
      this.#store(leaf.address, next, params.bigEndian);
    }
    return { pa: leaf.output };
  }

  /** DDI 0487, AArch64.S2DirectBasePermissions; STE.S2PTW. */
  #permitted2(d: bigint, dbm: boolean, cls: number, write: boolean): boolean {
    const memAttr = Number(slice(d, 5, 2));
    const fwb = this.#m.features.fwb && num(this.#ste, 89) === 1;
    const device = fwb ? (memAttr & 4) === 0 : memAttr >> 2 === 0 || (memAttr & 3) === 0;
    if (cls !== IN && device && num(this.#ste, 182) === 1) {
      return false;
    }
    const r = slice(d, 6, 6) === 1n;
    const w = slice(d, 7, 7) === 1n || dbm;
    if (cls !== IN || write) {
      return write ? w : r;
    }
    if (!this.#access.instruction) {
      return r;
    }
    const xn = slice(d, 54, 54) === 1n;
    const xnx = this.#m.features.xnx && slice(d, 53, 53) === 1n;
    const { privileged } = this.#access;
    if (!xn) {
      return !xnx || !privileged;
    }
    return xnx && privileged;
  }

  #store(pa: bigint, value: bigint, bigEndian: boolean): void {
    this.#updates.set(pa, bigEndian ? reversed(value) : value);
  }

  #walk(params: Params, input: bigint, cls: number, original: bigint): Leaf {
    const { granule, stage, had } = params;
    const stride = granule - 3;
    const size = 64 - params.txsz;
    let table = params.base;
    let apTable = 0;
    let pxnTable = false;
    let uxnTable = false;
    const fault = (type: number): Fault =>
      stage === 2
        ? new Fault({ type, s2: true, class: cls, ipa: original, ttrnw: cls === TT })
        : plain(type);
    for (let level = params.startLevel; ; level++) {
      const low = granule + (3 - level) * stride;
      const high = level === params.startLevel ? size - 1 : low + stride - 1;
      const address = table + slice(input, high, low) * 8n;
      const d = this.#descriptor(params, address, cls, original);
      const type = Number(d & 3n);
      const isTable = level < 3 && type === 3;
      const isLeaf = level === 3 ? type === 3 : type === 1 && this.#blockAllowed(params, level);
      if (!isTable && !isLeaf) {
        throw fault(TRANSLATION);
      }
      const output = this.#outputOf(params, d, isTable ? granule : low);
      if (output >= 1n << BigInt(params.outBits)) {
        throw fault(ADDR_SIZE);
      }
      if (isLeaf) {
        const offset = slice(input, low - 1, 0);
        return { descriptor: d, address, output: output | offset, apTable, pxnTable, uxnTable };
      }
      if (!had) {
        apTable |= Number(slice(d, 62, 61));
        uxnTable ||= slice(d, 60, 60) === 1n;
        pxnTable ||= slice(d, 59, 59) === 1n;
      }
      table = output;
    }
  }

  #descriptor(params: Params, address: bigint, cls: number, original: bigint): bigint {
    const nested = params.stage === 1 && num(this.#ste, 3, 1) === 7;
    const pa = nested ? this.#stage2(address, TT, false).pa : address;
    const word = this.#read(pa);
    if (word === undefined) {
      throw new Fault(
        params.stage === 2
          ? { type: WALK_EABT, s2: true, class: cls, ipa: original, fetch: pa }
          : { type: WALK_EABT, s2: false, class: TT, fetch: pa },
      );
    }
    return params.bigEndian ? reversed(word) : word;
  }

  /** DDI 0487, AArch64.BlockDescSupported. */
  #blockAllowed({ granule, ds }: Params, level: number): boolean {
    if (granule === 12) {
      return level === 1 || level === 2 || (level === 0 && ds);
    }
    if (granule === 14) {
      return level === 2 || (level === 1 && ds);
    }
    return level === 2 || (level === 1 && this.#oas() >= 52);
  }

  /** DDI 0487, AArch64.S1LeafBase, S2LeafBase and NextTableBase: bits above `low` of the address. */
  #outputOf({ granule, ds }: Params, d: bigint, low: number): bigint {
    let address = slice(d, 47, low < 48 ? low : 47) << BigInt(low < 48 ? low : 47);
    if (low >= 48) {
      address = 0n;
    }
    if (granule === 16 && this.#oas() >= 52) {
      address |= slice(d, 15, 12) << 48n;
    } else if (ds) {
      address |= (slice(d, 9, 8) << 50n) | (slice(d, 49, 48) << 48n);
    }
    return low > 48 ? (address >> BigInt(low)) << BigInt(low) : address;
  }

  // -- The end ------------------------------------------------------------------------------------------

  /** IHI 0070 5.5: the stage that faults decides. */
  #ended({ fault, forced }: Fault): ReferenceAnswer {
    const kind = 'fault';
    const translation = fault.type >= TRANSLATION && fault.type <= PERMISSION;
    if (forced || !translation) {
      const recorded = fault.type !== BAD_STREAMID || this.#m.recinvsid;
      return { kind, action: 'abort', recorded, ...fault };
    }
    if (fault.s2) {
      const stall = num(this.#ste, 185) === 1;
      const recorded = stall || num(this.#ste, 186) === 1;
      return { kind, action: stall ? 'stall' : 'abort', recorded, ...fault };
    }
    if (num(this.#cd, 44) === 1) {
      return { kind, action: 'stall', recorded: true, ...fault };
    }
    const action = num(this.#cd, 46) === 1 ? 'abort' : 'raz/wi';
    return { kind, action, recorded: num(this.#cd, 45) === 1, ...fault };
  }
}

interface TableShape {
  readonly size: number;
  readonly granule: number;
  readonly level: number;
  /** Effective IPS or S2PS, encoded. */
  readonly ps: number;
}

/** DDI 0487, AArch64.S1TTBaseAddress: aligned to the table's size, 64 bytes with 52-bit outputs. */
function tableBase(ttb: bigint, { size, granule, level, ps }: TableShape): bigint {
  const entryBits = size - ((3 - level) * (granule - 3) + granule);
  const bytes = 1n << BigInt(entryBits + 3);
  return alignDown(ttb, ps >= 6 && bytes < 64n ? 64n : bytes);
}

function reversed(value: bigint): bigint {
  let out = 0n;
  for (let byte = 0n; byte < 8n; byte++) {
    out = (out << 8n) | ((value >> (byte * 8n)) & 0xffn);
  }
  return out;
}
