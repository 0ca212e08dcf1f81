// Translation table walks (IHI 0070 3.4, 7.3.22; DDI 0487 D8): one descent for both stages, then what
// each stage makes of its leaf. In nested streams every stage 1 descriptor goes through stage 2.
// Every descriptor read is a trace record, each the cause of the next, so that a fault names its way.

import { join } from '../base/hex.ts';
import type { PhysicalMemory } from '../machine/memory.ts';
import { Transaction } from '../machine/transaction.ts';
import { CACHE_HIT, CACHE_WALK, FETCH_DESCRIPTOR, K } from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';
import type { SmmuFeatures } from './capabilities.ts';
import { HI_CONTIGUOUS, widenToRun } from './contiguous.ts';
import { isLeaf, outputHigh } from './descriptor-address.ts';
import type { FaultState } from './fault.ts';
import {
  CLASS_IN,
  CLASS_TT,
  F_ACCESS,
  F_ADDR_SIZE,
  F_PERMISSION,
  F_TRANSLATION,
  F_WALK_EABT,
} from './fault.ts';
import { swapped, writeDescriptor } from './httu.ts';
import { Leaf } from './leaf.ts';
import {
  ALL_WRITES,
  ATTR_APTABLE_SHIFT,
  ATTR_PXN,
  ATTR_UXN,
  stage1Permissions,
  stage2Permissions,
  TABLE_READ,
  TABLE_WRITE,
} from './permissions.ts';
import type { SmmuState } from './smmu-state.ts';
import type { Tlb } from './tlb.ts';
import { MASK_HI, MASK_LO } from './tlb.ts';
import { fillStage2, leafOfStage2 } from './tlb-entry.ts';
import type { TableConfig, TransConfig } from './trans-config.ts';
import type { WalkCache } from './walk-cache.ts';
import {
  WALK_ATTRS,
  WALK_NEXT_HI,
  WALK_NEXT_LO,
  WALK_PA_HI,
  WALK_PA_LO,
  walkKind,
} from './walk-cache.ts';

const FETCH = K.fetch;

const TABLE_BITS = 3;
/** No level. */
const NOT_CACHED = -2;
const DESC_AF = 1 << 10;
const DESC_NG = 1 << 11;
const DESC_NT = 1 << 16;
/** AP[2] at stage 1, S2AP[1] at stage 2. */
const DESC_WRITE_BIT = 1 << 7;
/** DBM in the high half. */
const HI_DBM = 1 << 19;

/** Walks for one SMMU. Faults go to the FaultState; results stay in the leaves until the next walk. */
export class Walker {
  readonly leaf1 = new Leaf();
  readonly leaf2 = new Leaf();
  readonly #memory: PhysicalMemory;
  readonly #recorder: Recorder;
  readonly #features: Readonly<SmmuFeatures>;
  readonly #tlb: Tlb;
  readonly #walks: WalkCache;
  readonly #fault: FaultState;
  /** False while an ATOS request must leave no trace in memory or caches. */
  updates = true;
  #transaction = new Transaction();
  /** PA of the last {@link tableAddress}. */
  paLo = 0;
  paHi = 0;
  readonly #tracing: boolean;

  constructor(state: SmmuState, tlb: Tlb, walks: WalkCache, fault: FaultState) {
    this.#memory = state.memory;
    this.#recorder = state.recorder;
    this.#tracing = state.recorder.enabled;
    this.#features = state.features;
    this.#tlb = tlb;
    this.#walks = walks;
    this.#fault = fault;
  }

  /** Names who asks, for the trace of cache insertions. */
  setRequester(transaction: Transaction): void {
    this.#transaction = transaction;
  }

  /**
   * Stage 1 for a VA inside the table's range; `need` is one permission bit. Fills `leaf1`.
   * @arch 7.3.22 Y Event queue record priorities
   */
  stage1(config: TransConfig, table: TableConfig, lo: number, hi: number, need: number): boolean {
    const leaf = this.leaf1;
    const fault = this.#fault;
    if (!table.walks) {
      fault.set(F_TRANSLATION);
      return false;
    }
    if (!this.#descend(leaf, table, config, lo, hi, false, CLASS_IN)) {
      return false;
    }
    const accessed = (leaf.lo & DESC_AF) !== 0 || (!table.ha && table.affd);
    if (!accessed && !table.ha) {
      fault.set(F_ACCESS);
      return false;
    }
    const managed = table.hd && (leaf.hi & HI_DBM) !== 0;
    const ap = (leaf.lo >>> 6) & 3;
    const perms = stage1Permissions(
      leaf.tableAttrs | (managed ? ap & 1 : ap) | ((leaf.hi >>> 17) & (ATTR_PXN | ATTR_UXN)),
      table.context,
    );
    if ((perms & need) === 0) {
      fault.set(F_PERMISSION);
      return false;
    }
    const clean = managed && (ap & 2) !== 0;
    const dirties = clean && (perms & need & ALL_WRITES) !== 0;
    if ((!accessed || dirties) && !this.#update1(config, table, dirties)) {
      return false;
    }
    leaf.clean = clean && !dirties && (perms & ALL_WRITES) !== 0;
    leaf.perms = leaf.clean ? perms & ~ALL_WRITES : perms;
    const index = (leaf.lo >>> 2) & 7;
    leaf.attr = ((index < 4 ? table.mairLo : table.mairHi) >>> ((index & 3) * 8)) & 0xff;
    leaf.shareability = table.ds ? table.sh : (leaf.lo >>> 8) & 3;
    leaf.global = (leaf.lo & DESC_NG) === 0;
    return true;
  }

  /**
   * Stage 2 for an IPA, from the TLB or by a walk; fills `leaf2`. `faultClass` says what the IPA is
   * for: CD, table (TT) or the access itself (IN).
   */
  stage2(config: TransConfig, lo: number, hi: number, need: number, faultClass: number): boolean {
    const table = config.stage2;
    const fault = this.#fault;
    if ((lo & table.rangeLo) !== 0 || (hi & table.rangeHi) !== 0) {
      fault.setStage2(F_TRANSLATION, faultClass, join(lo, hi));
      return false;
    }
    const slot = this.#tlb.enabled ? this.#tlb.findStage2(lo, hi, config.vmidTag) : -1;
    if (slot >= 0 && leafOfStage2(this.#tlb, slot, this.leaf2, need)) {
      return this.#permitted2(config, lo, hi, need, faultClass);
    }
    if (!this.#descend(this.leaf2, table, config, lo, hi, true, faultClass)) {
      return false;
    }
    return this.#finish2(config, lo, hi, need, faultClass);
  }

  /**
   * Puts the PA of a table or CD at an IPA into `paLo` and `paHi`; false after a stage 2 fault.
   * `write`: for the update of a descriptor.
   */
  tableAddress(
    config: TransConfig,
    lo: number,
    hi: number,
    write: boolean,
    faultClass: number,
  ): boolean {
    if (!this.stage2(config, lo, hi, write ? TABLE_WRITE : TABLE_READ, faultClass)) {
      this.#fault.ttrnw = !write;
      return false;
    }
    const { shift, outLo, outHi } = this.leaf2;
    this.paLo = outLo | (lo & (MASK_LO[shift] as number));
    this.paHi = outHi | (hi & (MASK_HI[shift] as number));
    return true;
  }

  #finish2(config: TransConfig, lo: number, hi: number, need: number, faultClass: number): boolean {
    const leaf = this.leaf2;
    const table = config.stage2;
    const accessed = (leaf.lo & DESC_AF) !== 0 || (!table.ha && table.affd);
    if (!accessed && !table.ha) {
      this.#fault.setStage2(F_ACCESS, faultClass, join(lo, hi));
      return false;
    }
    const managed = table.hd && (leaf.hi & HI_DBM) !== 0;
    const s2ap = ((leaf.lo >>> 6) & 3) | (managed ? 2 : 0);
    const perms = stage2Permissions(s2ap, (leaf.hi >>> 21) & 3, this.#features.xnx);
    leaf.perms = perms;
    leaf.attr = (leaf.lo >>> 2) & 0xf;
    leaf.shareability = table.ds ? table.sh : (leaf.lo >>> 8) & 3;
    leaf.clean = false;
    if (!this.#permitted2(config, lo, hi, need, faultClass)) {
      return false;
    }
    const clean = managed && (leaf.lo & DESC_WRITE_BIT) === 0;
    const dirties = clean && (perms & need & ALL_WRITES) !== 0;
    if (!accessed || dirties) {
      this.#update(leaf, table, 2, dirties ? leaf.lo | DESC_WRITE_BIT : leaf.lo);
    }
    leaf.clean = clean && !dirties;
    leaf.perms = leaf.clean ? perms & ~ALL_WRITES : perms;
    if (leaf.cacheable && this.updates && this.#tlb.enabled) {
      fillStage2(this.#tlb, leaf, config, lo, hi, this.#transaction);
    }
    return true;
  }

  #permitted2(
    config: TransConfig,
    lo: number,
    hi: number,
    need: number,
    faultClass: number,
  ): boolean {
    const { perms, attr } = this.leaf2;
    const device = config.fwb ? (attr & 4) === 0 : attr < 4 || (attr & 3) === 0;
    if ((perms & need) === 0 || (device && config.ptw && faultClass !== CLASS_IN)) {
      this.#fault.setStage2(F_PERMISSION, faultClass, join(lo, hi));
      return false;
    }
    return true;
  }

  /** Updates AF and, with `dirties`, AP[2] of the stage 1 leaf; nested: a write through stage 2. */
  #update1(config: TransConfig, table: TableConfig, dirties: boolean): boolean {
    const leaf = this.leaf1;
    if (config.s2 && this.updates) {
      const { addressLo, addressHi } = leaf;
      if (!this.tableAddress(config, addressLo, addressHi, true, CLASS_TT)) {
        return false;
      }
    }
    this.#update(leaf, table, 1, dirties ? leaf.lo & ~DESC_WRITE_BIT : leaf.lo);
    return true;
  }

  /** Stores the leaf with its Access flag set: an atomic update, since nothing runs in between. */
  #update(leaf: Leaf, table: TableConfig, stage: number, lo: number): void {
    if (!this.updates) {
      return;
    }
    leaf.lo = lo | DESC_AF;
    writeDescriptor(this.#memory, this.#recorder, leaf, stage, table.bigEndian);
  }

  #descend(
    leaf: Leaf,
    table: TableConfig,
    config: TransConfig,
    lo: number,
    hi: number,
    stage2: boolean,
    faultClass: number,
  ): boolean {
    const nested = !stage2 && config.s2;
    const memory = this.#memory;
    const caching = this.#walks.enabled;
    leaf.tableAttrs = 0;
    const known = caching ? this.#cached(leaf, table, config, lo, hi, stage2) : NOT_CACHED;
    const fresh = known === NOT_CACHED;
    let level = fresh ? table.startLevel : known + 1;
    let baseLo = fresh ? table.baseLo : leaf.outLo;
    let baseHi = fresh ? table.baseHi : leaf.outHi;
    let mask = fresh ? table.startMask : table.indexMask;
    for (;;) {
      const shift = table.pageBits + (3 - level) * table.stride;
      const index =
        (shift < 32 ? (lo >>> shift) | (hi << (32 - shift)) : hi >>> (shift - 32)) & mask;
      // Tables are aligned to their size: the index does not carry.
      const addressLo = baseLo | (index << 3);
      if (nested && !this.tableAddress(config, addressLo, baseHi, false, CLASS_TT)) {
        return false;
      }
      const paLo = nested ? this.paLo : addressLo;
      const paHi = nested ? this.paHi : baseHi;
      const ok = memory.read64At(paLo, paHi);
      const dlo = table.bigEndian ? swapped(memory.hi) : memory.lo;
      const dhi = table.bigEndian ? swapped(memory.lo) : memory.hi;
      if (this.#tracing) {
        this.#record(level, stage2, ok, paLo, paHi, dlo, dhi);
      }
      if (!ok) {
        return this.#fault.failWalk(
          F_WALK_EABT,
          stage2,
          faultClass,
          join(lo, hi),
          join(paLo, paHi),
        );
      }
      const isTable = level < 3 && (dlo & TABLE_BITS) === TABLE_BITS;
      if (!isTable && !isLeaf(table, dlo, level)) {
        return this.#fault.failWalk(F_TRANSLATION, stage2, faultClass, join(lo, hi));
      }
      const size = isTable ? table.pageBits : shift;
      leaf.outLo = dlo & ~(MASK_LO[size] as number);
      leaf.outHi = table.simple ? dhi & 0xffff : outputHigh(table, dlo, dhi, size);
      leaf.paLo = paLo;
      leaf.paHi = paHi;
      if ((leaf.outHi & table.beyondHi) !== 0) {
        return this.#fault.failWalk(F_ADDR_SIZE, stage2, faultClass, join(lo, hi));
      }
      if (!isTable) {
        leaf.addressLo = addressLo;
        leaf.addressHi = baseHi;
        leaf.lo = dlo;
        leaf.hi = dhi;
        this.#fill(leaf, table, level, shift);
        return true;
      }
      if (!stage2 && !table.had) {
        leaf.tableAttrs |=
          (((dhi >>> 29) & 3) << ATTR_APTABLE_SHIFT) | ((dhi >>> 23) & (ATTR_PXN | ATTR_UXN));
      }
      if (caching && this.updates) {
        const tag = stage2 ? config.vmidTag : config.tag;
        const kind = walkKind(config.world, stage2, table.pageBits, shift);
        this.#walks.insert(lo, hi, tag, kind, level, leaf, leaf.tableAttrs);
      }
      baseLo = leaf.outLo;
      baseHi = leaf.outHi;
      level++;
      mask = table.indexMask;
    }
  }

  /** The trace record of a descriptor read, which causes what follows. */
  #record(
    level: number,
    stage2: boolean,
    ok: boolean,
    paLo: number,
    paHi: number,
    lo: number,
    hi: number,
  ): void {
    const recorder = this.#recorder;
    recorder.cause = recorder.emit(
      FETCH,
      FETCH_DESCRIPTOR,
      level,
      stage2 ? 2 : 1,
      ok ? 1 : 0,
      paLo,
      paHi,
      ok ? lo : 0,
      ok ? hi : 0,
    );
  }

  /** Completes a leaf by its level and size. */
  #fill(leaf: Leaf, table: TableConfig, level: number, shift: number): void {
    leaf.level = level;
    leaf.shift = shift;
    leaf.pageBits = table.pageBits;
    leaf.outHi &= ~(MASK_HI[shift] as number);
    leaf.cacheable = level === 3 || (leaf.lo & DESC_NT) === 0 || this.#features.bbml === 0;
    if ((leaf.hi & HI_CONTIGUOUS) !== 0) {
      widenToRun(this.#memory, leaf, table);
    }
  }

  /** Level of the deepest cached table descriptor for the address, its target in the leaf's output; or
   * NOT_CACHED. */
  #cached(
    leaf: Leaf,
    table: TableConfig,
    config: TransConfig,
    lo: number,
    hi: number,
    stage2: boolean,
  ): number {
    const walks = this.#walks;
    const tag = stage2 ? config.vmidTag : config.tag;
    for (let level = 2; level >= table.startLevel; level--) {
      const shift = table.pageBits + (3 - level) * table.stride;
      const kind = walkKind(config.world, stage2, table.pageBits, shift);
      const slot = walks.find(lo, hi, tag, kind);
      if (slot >= 0) {
        const { data, stride } = walks.store;
        const at = slot * stride;
        leaf.outLo = data[at + WALK_NEXT_LO] as number;
        leaf.outHi = data[at + WALK_NEXT_HI] as number;
        leaf.tableAttrs = data[at + WALK_ATTRS] as number;
        const paLo = data[at + WALK_PA_LO] as number;
        const { sid, ssid } = this.#transaction;
        this.#hit(CACHE_WALK, sid, ssid, paLo, data[at + WALK_PA_HI] as number);
        return level;
      }
    }
    return NOT_CACHED;
  }

  #hit(cache: number, sid: number, ssid: number, lo: number, hi: number): void {
    const recorder = this.#recorder;
    recorder.cause = recorder.emit(K.cache, cache, CACHE_HIT, sid, ssid, lo, hi);
  }
}
