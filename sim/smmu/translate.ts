// The translation side of the SMMU: what one transaction of a device goes through while SMMUEN = 1
// (IHI 0070 3.3, 3.4, chapter 15). A hit in the caches takes the short way; everything else goes step by
// step. Answers and faults are filled into the transaction; the caches obey CMD_CFGI and CMD_TLBI.

import type { PhysicalMemory } from '../machine/memory.ts';
import type { Transaction } from '../machine/transaction.ts';
import {
  ROUTE_BYPASS,
  ROUTE_TRANSLATED,
  TXN_ABORT,
  TXN_ATS_REQUEST,
  TXN_OK,
  TXN_TRANSLATED,
} from '../machine/transaction.ts';
import { CACHE_CD, CACHE_HIT, CACHE_STE, K } from '../trace/kinds.ts';
import { AtosTranslation } from './atos-translation.ts';
import { AtsTranslation } from './ats-translation.ts';
import { ATTR_WRITE_BACK } from './attributes.ts';
import type { CacheGeometry } from './cache-geometry.ts';
import { GEOMETRY_DEFAULT } from './cache-geometry.ts';
import type { CacheMaintenance, StallSink } from './cache-maintenance.ts';
import type { Cached } from './cached.ts';
import { cachedNow } from './cached.ts';
import type { Shadow } from './config-cache.ts';
import { aborts, ConfigLookup } from './config-lookup.ts';
import type { FaultSinks } from './fault.ts';
import {
  C_BAD_STREAMID,
  endByFault,
  eventOf,
  F_WALK_EABT,
  FaultState,
  isTranslationRelated,
} from './fault.ts';
import type { AtosAnswer, AtosRequest } from './gatos.ts';
import { Maintenance } from './maintenance.ts';
import { Sanitizer } from './sanitizer.ts';
import type { EventSink, SmmuState } from './smmu-state.ts';
import { effectiveFlags, neededPermission, Stages, tableFor, withoutTag } from './stages.ts';
import {
  MASK_HI,
  MASK_LO,
  POWERS,
  TLB_ATTRS,
  TLB_OUT,
  TLB_PA_HI,
  TLB_PA_LO,
  TLB_PERMS,
  TLB_WATCHED,
  Tlb,
} from './tlb.ts';
import { noteWrites } from './tlb-entry.ts';
import type { TransConfig } from './trans-config.ts';
import { Walker } from './walk.ts';
import { WalkCache } from './walk-cache.ts';

const TWO_32 = 0x1_0000_0000;
const ATS_FLAGS = TXN_ATS_REQUEST | TXN_TRANSLATED;

/** Settings of the model itself. */
export interface EngineOptions {
  /** Report uses of cached copies that differ from memory; default true. */
  readonly sanitizer?: boolean;
}

/** Translates transactions of one SMMU. */
export class TranslationEngine {
  readonly caches: CacheMaintenance;
  readonly #state: SmmuState;
  readonly #memory: PhysicalMemory;
  readonly #fault = new FaultState();
  readonly #sinks: FaultSinks;
  readonly #tlb: Tlb;
  readonly #walks: WalkCache;
  readonly #lookup: ConfigLookup;
  readonly #stages: Stages;
  readonly #ats: AtsTranslation;
  readonly #atos: AtosTranslation;
  readonly #sanitizer: Sanitizer | undefined;
  /** The settings used last, good for `#lastEpoch`: most accesses repeat them. */
  #last: TransConfig | undefined;
  #lastSid = -1;
  #lastSsid = -1;
  #lastEpoch = -1;
  #lastSte: Shadow | undefined;
  #lastCd: Shadow | undefined;

  constructor(
    state: SmmuState,
    events: EventSink,
    stalls: StallSink,
    geometry: CacheGeometry = GEOMETRY_DEFAULT,
    options: EngineOptions = {},
  ) {
    this.#state = state;
    this.#memory = state.memory;
    this.#sinks = { events, stalls };
    this.#tlb = new Tlb(geometry.tlb, state.recorder);
    this.#walks = new WalkCache(geometry.walk, state.recorder);
    const walks = this.#walks;
    const walker = new Walker(state, this.#tlb, walks, this.#fault);
    this.#lookup = new ConfigLookup(state, geometry, walker, this.#fault);
    this.#stages = new Stages(state, this.#tlb, walker, this.#fault);
    this.caches = new Maintenance(state, this.#lookup.caches, this.#tlb, walks);
    this.#ats = new AtsTranslation(state, this.#lookup, this.#stages, this.#fault, this.#sinks);
    this.#atos = new AtosTranslation(state, this.#lookup, this.#stages, this.#fault);
    if (options.sanitizer ?? true) {
      this.#sanitizer = new Sanitizer(state, this.#tlb);
    }
  }

  /** What the caches hold; looking changes nothing. */
  cached(): Cached {
    return cachedNow(this.#lookup.caches, this.#tlb, this.#walks);
  }

  /** Translates one access, fills in its answer and returns its status. SMMUEN is 1. */
  translate(t: Transaction): number {
    t.fault = 0;
    t.granted = 0;
    t.route = ROUTE_TRANSLATED;
    if (this.#hit(t)) {
      t.status = TXN_OK;
      return TXN_OK;
    }
    const { recorder } = this.#state;
    const { cause } = recorder;
    const status = (t.flags & ATS_FLAGS) === 0 ? this.#step(t) : this.#ats.translate(t);
    recorder.cause = cause;
    return status;
  }

  /**
   * STE.PPAR of a stream, or -1 when its STE cannot be used; reads and caches as a transaction does.
   * @arch 8.1 Y PRI queue overflow: events of the STE.PPAR check
   */
  ppar(sid: number, ssid: number): number {
    const { recorder, recCfgAts, recinvsid } = this.#state;
    const { cause } = recorder;
    const ste = this.#lookup.stream(sid);
    if (ste === undefined) {
      const { type, fetchAddr } = this.#fault;
      if (recCfgAts && (recinvsid || type !== C_BAD_STREAMID)) {
        this.#sinks.events.report({ type, sid, ssid, fetchAddr });
      }
    }
    recorder.cause = cause;
    return ste === undefined ? -1 : ste.values.ppar;
  }

  /** The answer to an address translation operation; no events, no stalls. */
  atos(request: AtosRequest): AtosAnswer {
    return this.#atos.atos(request);
  }

  /** The short way: known settings and a TLB entry that allows the access. False: take the long one. */
  #hit(t: Transaction): boolean {
    const config = this.#known(t);
    if (config === undefined || (t.flags & ATS_FLAGS) !== 0 || !config.s1) {
      return false;
    }
    const table = tableFor(config, t.addrHi);
    const lo = t.addrLo;
    const flags = effectiveFlags(t, config);
    if (
      ((lo ^ table.ones) & table.rangeLo) !== 0 ||
      ((t.addrHi ^ table.ones) & table.rangeHi) !== 0 ||
      table.e0pd
    ) {
      return false;
    }
    const hi = withoutTag(table, t.addrHi);
    const slot = this.#tlb.findStage1(lo, hi, config.tag, config.world, config.aset);
    if (slot < 0) {
      return false;
    }
    const { data, keys, stride } = this.#tlb.store;
    const at = slot * stride;
    const perms = data[at + TLB_PERMS] as number;
    if ((perms & (perms >>> 8) & neededPermission(flags)) === 0) {
      return false;
    }
    this.#checkFresh(t, slot, at);
    const shift = (keys[slot * 4 + 3] as number) & 0x3f;
    const offsetLo = (lo & (MASK_LO[shift] as number)) >>> 0;
    const offset = (hi & (MASK_HI[shift] as number)) * TWO_32 + offsetLo;
    const paHi = (data[at + TLB_PA_HI] as number) >>> 0;
    t.pa = paHi * TWO_32 + ((data[at + TLB_PA_LO] as number) >>> 0) + offset;
    t.span = (POWERS[shift] as number) - offset;
    if (t.attr === ATTR_WRITE_BACK && !config.overridesAttributes) {
      const out = data[at + TLB_OUT] as number;
      t.outAttr = out & 0xff;
      t.outShareability = out >>> 8;
    } else {
      this.#stages.attributes(t, config, data[at + TLB_ATTRS] as number);
    }
    return true;
  }

  /** The settings used last, when they are still those of the transaction. */
  #known(t: Transaction): TransConfig | undefined {
    return this.#lastSid === t.sid &&
      this.#lastSsid === t.ssid &&
      this.#lastEpoch === this.#lookup.caches.epoch
      ? this.#last
      : undefined;
  }

  /** Looks for stale copies behind a hit. */
  #checkFresh(t: Transaction, slot: number, at: number): void {
    const sanitizer = this.#sanitizer;
    if (sanitizer === undefined) {
      return;
    }
    const watched = this.#memory.watchedWrites;
    this.#checkStructures(t, watched);
    if (this.#tlb.store.data[at + TLB_WATCHED] !== watched) {
      sanitizer.checkEntry(slot, t.addrLo, t.addrHi);
    }
  }

  #checkStructures(t: Transaction, watched: number): void {
    const ste = this.#lastSte;
    if (ste !== undefined && ste.watched !== watched) {
      this.#sanitizer?.checkStructure(ste, 'STE', t.sid, -1);
    }
    const cd = this.#lastCd;
    if (cd !== undefined && cd.watched !== watched) {
      this.#sanitizer?.checkStructure(cd, 'CD', t.sid, t.ssid);
    }
  }

  /** The long way: settings, then stages; each can end it. @arch 15 Y Translation procedure */
  #step(t: Transaction): number {
    const config = this.#configuration(t);
    if (config === undefined) {
      return t.status;
    }
    const flags = effectiveFlags(t, config);
    const stages = this.#stages;
    if (!stages.run(t, config, flags)) {
      this.#nameConfiguration(t);
      return endByFault(this.#fault, t, config, this.#sinks);
    }
    if (stages.slot >= 0 && this.#sanitizer !== undefined) {
      noteWrites(this.#tlb, stages.slot, this.#memory);
    }
    t.route = config.s1 || config.s2 ? ROUTE_TRANSLATED : ROUTE_BYPASS;
    stages.answer(t, config);
    t.status = TXN_OK;
    return TXN_OK;
  }

  /** Settings of the transaction; undefined when it has been ended. */
  #configuration(t: Transaction): TransConfig | undefined {
    const lookup = this.#lookup;
    const known = this.#known(t);
    if (known !== undefined) {
      if (this.#sanitizer !== undefined) {
        this.#checkStructures(t, this.#memory.watchedWrites);
      }
      return known;
    }
    const ste = lookup.stream(t.sid);
    this.#last = undefined;
    if (ste === undefined) {
      return this.#endByConfiguration(t, undefined);
    }
    if (aborts(ste)) {
      t.status = TXN_ABORT;
      return undefined;
    }
    const config = lookup.substream(ste, t.ssid);
    if (config === undefined) {
      return this.#endByConfiguration(t, ste.config);
    }
    this.#remember(t, config);
    return config;
  }

  #remember(t: Transaction, config: TransConfig): void {
    const { caches, ste, cd } = this.#lookup;
    this.#lastSte = ste?.shadow;
    this.#lastCd = cd?.shadow;
    if (this.#sanitizer !== undefined) {
      this.#checkStructures(t, this.#memory.watchedWrites);
    }
    if (caches.stes.enabled && (cd === undefined || caches.cds.enabled)) {
      this.#last = config;
      this.#lastSid = t.sid;
      this.#lastSsid = t.ssid;
      this.#lastEpoch = caches.epoch;
    }
  }

  /** Ends a transaction whose configuration is at fault. */
  #endByConfiguration(t: Transaction, config: TransConfig | undefined): undefined {
    const fault = this.#fault;
    if (config !== undefined && (isTranslationRelated(fault.type) || fault.type === F_WALK_EABT)) {
      endByFault(fault, t, config, this.#sinks);
      return undefined;
    }
    t.fault = fault.type;
    t.status = TXN_ABORT;
    if (fault.type !== C_BAD_STREAMID || this.#state.recinvsid) {
      this.#sinks.events.report(eventOf(fault, t, t.flags));
    }
    return undefined;
  }

  /** Puts the structures that a faulting walk started from into the trace, for whoever explains it. */
  #nameConfiguration(t: Transaction): void {
    const { recorder } = this.#state;
    for (const [cache, shadow] of [
      [CACHE_STE, this.#lastSte],
      [CACHE_CD, this.#lastCd],
    ] as const) {
      if (shadow !== undefined) {
        const { pa } = shadow;
        const hi = (pa / TWO_32) | 0;
        recorder.cause = recorder.emit(K.cache, cache, CACHE_HIT, t.sid, t.ssid, pa | 0, hi);
      }
    }
  }
}
