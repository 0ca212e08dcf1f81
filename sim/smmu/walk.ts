// Translation table walks (IHI 0070 3.4, 7.3.22; DDI 0487 D8): one descent for both stages, then what
// each stage makes of its leaf. In nested streams every stage 1 descriptor goes through stage 2.
// Every descriptor read is a trace record, each the cause of the next, so that a fault names its way.

import { join, swapped } from '../base/hex.ts';
import type { PhysicalMemory } from '../machine/memory.ts';
import { Transaction } from '../machine/transaction.ts';
import { FETCH_DESCRIPTOR, K } from '../trace/kinds.ts';
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
import { writeDescriptor } from './httu.ts';
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

const FETCH = K.fetch;

const TABLE_BITS = 3;
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

  constructor(state: SmmuState, tlb: Tlb, walks: WalkCache, fault: FaultState) {
    this.#memory = state.memory;
    this.#recorder = state.recorder;
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
      (table.had ? 0 : leaf.tableAttrs) |
        (managed ? ap & 1 : ap) |
        ((leaf.hi >>> 17) & (ATTR_PXN | ATTR_UXN)),
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
    const { pageBits, stride, indexMask, bigEndian, simple, beyondHi } = table;
    const caching = this.#walks.enabled;
    const recorder = this.#recorder;
    const tracing = recorder.enabled;
    const stage = stage2 ? 2 : 1;
    let attrs = 0;
    let level = table.startLevel;
    let baseLo = table.baseLo;
    let baseHi = table.baseHi;
    let mask = table.startMask;
    if (caching && this.#cached(leaf, table, config, lo, hi, stage2)) {
      level = leaf.level + 1;
      attrs = leaf.tableAttrs;
      baseLo = leaf.outLo;
      baseHi = leaf.outHi;
      mask = indexMask;
    }
    for (let shift = pageBits + (3 - level) * stride; ; shift -= stride) {
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
      const dlo = ok ? (bigEndian ? swapped(memory.hi) : memory.lo) : 0;
      const dhi = ok ? (bigEndian ? swapped(memory.lo) : memory.hi) : 0;
      if (tracing) {
        recorder.cause = recorder.emit(
          FETCH,
          FETCH_DESCRIPTOR,
          level,
          stage,
          ok ? 1 : 0,
          paLo,
          paHi,
          dlo,
          dhi,
        );
      }
      if (!ok || (dlo & TABLE_BITS) !== TABLE_BITS || level === 3) {
        leaf.level = level;
        leaf.shift = shift;
        leaf.tableAttrs = attrs;
        leaf.place(paLo, paHi, addressLo, baseHi);
        leaf.lo = dlo;
        leaf.hi = dhi;
        return this.#leafOr(ok ? 0 : F_WALK_EABT, leaf, table, stage2, faultClass, join(lo, hi));
      }
      baseLo = dlo & -(1 << pageBits);
      baseHi = simple ? dhi & 0xffff : outputHigh(table, dlo, dhi, pageBits);
      if ((baseHi & beyondHi) !== 0) {
        return this.#fault.failWalk(F_ADDR_SIZE, stage2, faultClass, join(lo, hi));
      }
      attrs |= (((dhi >>> 29) & 3) << ATTR_APTABLE_SHIFT) | ((dhi >>> 23) & (ATTR_PXN | ATTR_UXN));
      if (caching && this.updates) {
        const key = this.#walks.key(config, stage2, pageBits, shift);
        leaf.place(paLo, paHi, baseLo, baseHi);
        this.#walks.insert(lo, hi, key, level, leaf, attrs);
      }
      level++;
      mask = indexMask;
    }
  }

  /** Completes a leaf out of the descriptor that ended the descent, or says what is wrong with it. */
  #leafOr(
    fault: number,
    leaf: Leaf,
    table: TableConfig,
    stage2: boolean,
    faultClass: number,
    input: number,
  ): boolean {
    const { lo, hi, level, shift } = leaf;
    if (fault !== 0 || !isLeaf(table, lo, level)) {
      const { paLo, paHi } = leaf;
      const type = fault === 0 ? F_TRANSLATION : fault;
      return this.#fault.failWalk(type, stage2, faultClass, input, join(paLo, paHi));
    }
    leaf.outLo = lo & ~(MASK_LO[shift] as number);
    leaf.outHi = table.simple
      ? hi & 0xffff & ~(MASK_HI[shift] as number)
      : outputHigh(table, lo, hi, shift);
    if ((leaf.outHi & table.beyondHi) !== 0) {
      return this.#fault.failWalk(F_ADDR_SIZE, stage2, faultClass, input);
    }
    leaf.pageBits = table.pageBits;
    leaf.cacheable = level === 3 || (lo & DESC_NT) === 0 || this.#features.bbml === 0;
    if ((hi & HI_CONTIGUOUS) !== 0) {
      widenToRun(this.#memory, leaf, table);
    }
    return true;
  }

  /** Starts from the deepest cached table descriptor: its level, target and attributes in `leaf`. */
  #cached(
    leaf: Leaf,
    table: TableConfig,
    config: TransConfig,
    lo: number,
    hi: number,
    stage2: boolean,
  ): boolean {
    const walks = this.#walks;
    for (let level = 2; level >= table.startLevel; level--) {
      const shift = table.pageBits + (3 - level) * table.stride;
      const slot = walks.find(lo, hi, walks.key(config, stage2, table.pageBits, shift));
      if (slot >= 0) {
        leaf.level = level;
        walks.read(slot, leaf, this.#transaction);
        return true;
      }
    }
    return false;
  }
}
