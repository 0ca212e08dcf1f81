// The engine against the reference walker on random machines: each access of each machine must end alike,
// with the same event fields and the same stores to memory, whatever the caches hold.

import { VirtualClock } from '../../sim/machine/clock.ts';
import { SystemBus } from '../../sim/machine/system-bus.ts';
import {
  ROUTE_BYPASS,
  Transaction,
  TXN_ABORT,
  TXN_INSTRUCTION,
  TXN_OK,
  TXN_PRIVILEGED,
  TXN_RAZ_WI,
  TXN_STALLED,
  TXN_WRITE,
} from '../../sim/machine/transaction.ts';
import type { CacheGeometry } from '../../sim/smmu/cache-geometry.ts';
import {
  GEOMETRY_DEFAULT,
  GEOMETRY_INFINITE,
  GEOMETRY_NONE,
} from '../../sim/smmu/cache-geometry.ts';
import type { CacheMaintenance } from '../../sim/smmu/cache-maintenance.ts';
import type { SmmuFeatures } from '../../sim/smmu/capabilities.ts';
import { DEFAULT_FEATURES } from '../../sim/smmu/capabilities.ts';
import type { EventFields } from '../../sim/smmu/smmu-state.ts';
import { SmmuState } from '../../sim/smmu/smmu-state.ts';
import { TranslationEngine } from '../../sim/smmu/translate.ts';
import { Diagnostics } from '../../sim/trace/diagnostics.ts';
import { Recorder } from '../../sim/trace/recorder.ts';
import {
  RANDOM_RAM,
  Random,
  RandomMemory,
  randomCd,
  randomSte,
  setBits,
} from './random-machine.ts';
import type { ReferenceAccess, ReferenceAnswer } from './reference-walker.ts';
import { ReferenceWalker } from './reference-walker.ts';

const STRTAB = RANDOM_RAM.base;
const TINY: CacheGeometry = { ste: 2, cd: 2, level1: 2, tlb: 8, walk: 8 };

/** What a duel saw. */
export interface DuelResult {
  /** Accesses compared. */
  readonly accesses: number;
  /** How many ended in each way: `ok`, `bypass`, `silent abort` or an event number. */
  readonly endings: ReadonlyMap<string, number>;
  /** The first disagreement, or undefined. */
  readonly disagreement: string | undefined;
}

function randomFeatures(random: Random): SmmuFeatures {
  const flip = (): boolean => random.chance(70);
  const oas = random.pick([5, 5, 5, 6, 6, 4, 2]);
  return {
    ...DEFAULT_FEATURES,
    httu: random.pick([0, 1, 2, 2, 2]),
    hyp: flip(),
    ats: flip(),
    ns1ats: random.chance(30),
    asid16: flip(),
    vmid16: flip(),
    cd2l: flip(),
    stallModel: random.pick([0, 0, 0, 1, 2]),
    termModel: random.chance(15),
    sidsize: random.pick([2, 4, 8, 16]),
    ssidsize: random.pick([0, 4, 10, 20]),
    attrPermsOvr: flip(),
    had: flip(),
    xnx: flip(),
    fwb: flip(),
    stt: flip(),
    e0pd: flip(),
    epan: flip(),
    ttendian: random.pick([0, 0, 2, 3]),
    oas,
    gran4k: random.chance(95),
    gran16k: flip(),
    gran64k: flip(),
    ds: flip(),
    vax: random.below(2),
    bbml: random.below(3),
    archMinor: 2,
  };
}

/** One random machine with both walkers on it. */
class Duel {
  readonly #random: Random;
  readonly #memory: RandomMemory;
  readonly #state: SmmuState;
  readonly #engine: TranslationEngine;
  readonly #events: EventFields[] = [];
  readonly #t = new Transaction();
  readonly #damage: number;
  /** SubstreamIDs have tables and ASIDs of their own. */
  readonly #several: boolean;
  #ste: bigint[] = [];
  /** Words of configuration structures: an update that lands on one changes it. */
  readonly #structures = new Set<number>();

  constructor(seed: number) {
    const random = new Random(seed);
    this.#random = random;
    this.#damage = random.pick([0, 0, 0, 20]);
    this.#several = random.chance(50);
    this.#memory = new RandomMemory(seed, {
      flaw: random.pick([0, 0, 0.3, 0.3, 1, 4]),
      globals: !this.#several,
    });
    const recorder = new Recorder(new VirtualClock(), { enabled: false });
    const bus = new SystemBus(this.#memory);
    const features = randomFeatures(random);
    this.#state = new SmmuState(features, bus, recorder, new Diagnostics(recorder));
    this.#setRegisters();
    this.#engine = new TranslationEngine(
      this.#state,
      { report: (event) => this.#events.push(event) },
      {
        begin: (t, event) => {
          t.status = TXN_STALLED;
          this.#events.push({ ...event, stall: true });
        },
      },
      random.pick([GEOMETRY_DEFAULT, GEOMETRY_INFINITE, GEOMETRY_NONE, TINY]),
    );
    this.#writeStructures();
  }

  #setRegisters(): void {
    const random = this.#random;
    const state = this.#state;
    state.smmuen = true;
    state.e2h = random.chance(50);
    state.recinvsid = random.chance(50);
    state.strtabBase = STRTAB;
    state.strtabLog2Size = random.pick([2, 2, 4, 8, 20]);
    state.strtabTwoLevel = random.chance(50);
    state.strtabSplit = random.pick([6, 8, 10]);
  }

  #store(pa: number, words: readonly bigint[]): void {
    for (const [index, word] of words.entries()) {
      const hi = Number(BigInt.asIntN(32, word >> 32n));
      this.#structures.add(pa + index * 8);
      this.#memory.write64(pa + index * 8, Number(BigInt.asIntN(32, word)), hi);
    }
  }

  /** Writes an STE where SIDs 0 to 3 find one, and CDs where its table has them. */
  #writeStructures(): void {
    const random = this.#random;
    const ste = randomSte(random, this.#state.features, this.#damage);
    this.#ste = ste;
    let table = STRTAB;
    if (this.#state.strtabTwoLevel) {
      table = STRTAB + 0x1_0000;
      const span = random.chance(10) ? random.below(32) : 3;
      this.#store(STRTAB, [BigInt(table) | BigInt(span)]);
    }
    for (let sid = 0; sid < 4; sid++) {
      this.#store(table + sid * 64, ste);
    }
    this.#writeCds();
  }

  /** CDs for SubstreamIDs 0 to 3: linear, or behind one L1CD. Only where no stage 2 moves them. */
  #writeCds(): void {
    const random = this.#random;
    const cds = this.#randomCds();
    const pointer = Number((this.#ste[0] ?? 0n) & 0xff_ffff_ffff_ffc0n & ~0x1_ffffn);
    if (!this.#memory.contains(pointer, 0x1_0000)) {
      return;
    }
    const store = (table: number): void => {
      for (const [ssid, cd] of cds.entries()) {
        this.#store(table + ssid * 64, cd);
      }
    };
    store(pointer);
    const format = Number(((this.#ste[0] ?? 0n) >> 4n) & 3n);
    const twoLevel = format === 1 || format === 2;
    if (twoLevel && (this.#ste[0] ?? 0n) >> 59n !== 0n) {
      const leaf = pointer + 0x1_0000;
      this.#store(pointer, [BigInt(leaf) | (random.chance(95) ? 1n : 0n)]);
      store(leaf);
    }
    this.#scatterCds(cds[0] ?? []);
  }

  /** The same CD four times, or four with ASIDs of their own. */
  #randomCds(): bigint[][] {
    const { features } = this.#state;
    const first = randomCd(this.#random, features, this.#damage);
    // Without ASIDs (EL2 without E2H) all CDs are one address space.
    const strw = ((this.#ste[1] ?? 0n) >> 30n) & 3n;
    return [0, 1, 2, 3].map((ssid) => {
      if (!this.#several || strw !== 0n) {
        return first;
      }
      const cd = randomCd(this.#random, features, this.#damage);
      setBits(cd, 49, 48, ssid);
      return cd;
    });
  }

  /** In nested streams stage 2 decides where CDs are: some random places get one. */
  #scatterCds(cd: readonly bigint[]): void {
    const nested = (((this.#ste[0] ?? 0n) >> 1n) & 7n) === 7n;
    if (nested) {
      this.#engine.caches.cfgiAll();
      this.#engine.caches.tlbiNsnhAll();
      const walker = new ReferenceWalker(this.#machine(), this.#access());
      const pa = walker.structureAddress(0, this.#ste);
      if (pa !== undefined) {
        this.#store(Number(pa), cd);
      }
    }
  }

  #machine(): ConstructorParameters<typeof ReferenceWalker>[0] {
    const state = this.#state;
    return {
      features: state.features,
      strtabBase: BigInt(state.strtabBase),
      strtabLog2Size: state.strtabLog2Size,
      strtabSplit: state.strtabSplit,
      strtabTwoLevel: state.strtabTwoLevel,
      e2h: state.e2h,
      recinvsid: state.recinvsid,
      read: (pa) => (pa < 1n << 53n ? this.#memory.word(Number(pa)) : undefined),
    };
  }

  #access(): ReferenceAccess {
    const random = this.#random;
    const address = this.#address();
    return {
      sid: random.chance(97) ? random.below(4) : random.next(),
      ssid: random.chance(70)
        ? -1
        : random.chance(98)
          ? 1 + random.below(3)
          : random.below(0x10_0000),
      address,
      write: random.chance(40),
      privileged: random.chance(50),
      instruction: random.chance(25),
    };
  }

  /** Few pages, so that accesses meet in the caches; low and high halves, tags, far-out bits. */
  #address(): bigint {
    const random = this.#random;
    let address = BigInt(random.below(8)) * 0x1234_5000n + BigInt(random.below(0x4000));
    if (random.chance(20)) {
      address = BigInt(random.next());
    }
    if (random.chance(5)) {
      address |= 1n << BigInt(random.below(56));
    }
    if (random.chance(30)) {
      address = BigInt.asUintN(64, ~address);
    }
    if (random.chance(10)) {
      address ^= BigInt(random.below(256)) << 56n;
    }
    return address;
  }

  /** One access on both sides; the disagreement as text. */
  access(endings: Map<string, number>): string | undefined {
    const access = this.#access();
    const { answer, updates } = new ReferenceWalker(this.#machine(), access).run();
    this.#memory.recent.clear();
    this.#events.length = 0;
    const status = this.#engine.translate(this.#asTransaction(access));
    count(endings, answer);
    const stores = [...this.#memory.recent].map(
      ([pa, word]) => `${pa.toString(16)}=${word.toString(16)}`,
    );
    const wanted = [...updates].map(([pa, word]) => `${pa.toString(16)}=${word.toString(16)}`);
    const have = `${this.#describe(status)} stores ${stores.sort().join(' ')}`;
    const want = `${describe(answer, access)} stores ${wanted.sort().join(' ')}`;
    if ([...this.#memory.recent.keys()].some((pa) => this.#structures.has(pa))) {
      this.#invalidateAll();
    }
    return have === want ? undefined : `${text(access)}\n  engine    ${have}\n  reference ${want}`;
  }

  #asTransaction(access: ReferenceAccess): Transaction {
    const t = this.#t;
    t.sid = access.sid;
    t.ssid = access.ssid;
    t.addrLo = Number(BigInt.asIntN(32, access.address));
    t.addrHi = Number(BigInt.asIntN(32, access.address >> 32n));
    t.flags =
      (access.write ? TXN_WRITE : 0) |
      (access.privileged ? TXN_PRIVILEGED : 0) |
      (access.instruction ? TXN_INSTRUCTION : 0);
    return t;
  }

  #describe(status: number): string {
    const t = this.#t;
    if (status === TXN_OK) {
      return `ok ${t.pa.toString(16)} ${t.route === ROUTE_BYPASS}`;
    }
    if (t.fault === 0) {
      return 'silent abort';
    }
    const action = { [TXN_ABORT]: 'abort', [TXN_RAZ_WI]: 'raz/wi', [TXN_STALLED]: 'stall' }[status];
    const [event] = this.#events;
    const detail = event === undefined ? '' : eventText(event);
    return `fault ${t.fault.toString(16)} ${action} ${this.#events.length} ${detail}`;
  }

  /** A maintenance command that software may give at any time. */
  maintain(): void {
    const random = this.#random;
    const { caches } = this.#engine;
    const operand = {
      vmid: random.below(0x1_0000),
      asid: random.below(0x1_0000),
      addrLo: random.next() & ~0xfff,
      addrHi: random.below(0x1_0000),
      leaf: random.chance(50),
      ttl: random.below(4),
      tg: random.below(4),
      num: random.below(32),
      scale: random.below(20),
    };
    random.pick<(caches: CacheMaintenance) => void>([
      (c) => c.cfgiSte(random.below(4), random.chance(50)),
      (c) => c.cfgiSteRange(0, random.below(31)),
      (c) => c.cfgiAll(),
      (c) => c.cfgiCd(random.below(4), random.below(4), random.chance(50)),
      (c) => c.cfgiCdAll(random.below(4)),
      (c) => c.tlbiNhAll(operand.vmid),
      (c) => c.tlbiNhAsid(operand.vmid, operand.asid),
      (c) => c.tlbiNhVa(operand),
      (c) => c.tlbiNhVaa(operand),
      (c) => c.tlbiS12VmAll(operand.vmid),
      (c) => c.tlbiS2Ipa(operand),
      (c) => c.tlbiNsnhAll(),
      (c) => c.tlbiEl2All(),
      (c) => c.tlbiEl2Asid(operand.asid),
      (c) => c.tlbiEl2Va(operand),
      (c) => c.tlbiEl2Vaa(operand),
    ])(caches);
  }

  /** New structures, followed by every invalidation that they need. */
  reconfigure(): void {
    this.#writeStructures();
    this.#invalidateAll();
  }

  #invalidateAll(): void {
    const { caches } = this.#engine;
    caches.cfgiAll();
    caches.tlbiNsnhAll();
    caches.tlbiEl2All();
  }
}

function count(endings: Map<string, number>, answer: ReferenceAnswer): void {
  const ending =
    answer.kind === 'ok'
      ? answer.bypass
        ? 'bypass'
        : 'ok'
      : answer.kind === 'fault'
        ? `${answer.type.toString(16)}${answer.s2 ? ` s2 ${answer.class}` : ''}`
        : answer.kind;
  endings.set(ending, (endings.get(ending) ?? 0) + 1);
}

function eventText(event: EventFields): string {
  const parts = [event.type.toString(16), `s2=${event.s2 === true}`];
  if (event.type >= 0x0b) {
    parts.push(`class=${event.class}`, `rnw=${event.rnw}`);
  }
  if (event.s2 === true) {
    parts.push(`ipa=${event.ipa?.toString(16)}`);
  }
  if (event.type === 3 || event.type === 9 || event.type === 0x0b) {
    parts.push(`fetch=${event.fetchAddr?.toString(16)}`);
  }
  if (event.type === 0x13 && event.class === 1) {
    parts.push(`ttrnw=${event.ttrnw}`);
  }
  return parts.join(' ');
}

function describe(answer: ReferenceAnswer, access: ReferenceAccess): string {
  if (answer.kind === 'ok') {
    return `ok ${answer.pa.toString(16)} ${answer.bypass}`;
  }
  if (answer.kind === 'silent abort') {
    return answer.kind;
  }
  const { type, action, recorded, s2 } = answer;
  const event: EventFields = {
    type,
    sid: access.sid,
    ssid: access.ssid,
    s2,
    class: answer.class,
    rnw: !access.write,
    ...(answer.ipa === undefined ? {} : { ipa: Number(answer.ipa) }),
    ...(answer.fetch === undefined ? {} : { fetchAddr: Number(answer.fetch) }),
    ...(answer.ttrnw === undefined ? {} : { ttrnw: answer.ttrnw }),
  };
  return `fault ${type.toString(16)} ${action} ${recorded ? 1 : 0} ${recorded ? eventText(event) : ''}`;
}

function text(access: ReferenceAccess): string {
  const { sid, ssid, address, write, privileged, instruction } = access;
  const how = `${write ? 'write' : 'read'}${privileged ? ' privileged' : ''}${instruction ? ' instruction' : ''}`;
  return `sid ${sid.toString(16)} ssid ${ssid} ${how} ${address.toString(16)}`;
}

/** Runs about `accesses` random accesses from `seed`; stops at the first disagreement. */
export function runDuel(seed: number, accesses: number): DuelResult {
  const random = new Random(seed);
  const endings = new Map<string, number>();
  let done = 0;
  while (done < accesses) {
    const machineSeed = random.next();
    const duel = new Duel(machineSeed);
    for (let count = 0; count < 64 && done < accesses; count++, done++) {
      const disagreement = duel.access(endings);
      if (disagreement !== undefined) {
        return {
          accesses: done,
          endings,
          disagreement: `machine ${machineSeed}, access ${count}: ${disagreement}`,
        };
      }
      if (random.chance(15)) {
        duel.maintain();
      }
      if (random.chance(3)) {
        duel.reconfigure();
      }
    }
  }
  return { accesses: done, endings, disagreement: undefined };
}
