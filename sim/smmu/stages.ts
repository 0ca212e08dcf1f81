// The stages that a transaction goes through once its settings are known (IHI 0070 3.4, 7.3.22): input
// checks, TLB, walks, permissions. The result stays in fields until the next call; nothing allocates.

import type { Transaction } from '../machine/transaction.ts';
import { TXN_INSTRUCTION, TXN_PRIVILEGED, TXN_WRITE } from '../machine/transaction.ts';
import { CACHE_HIT, CACHE_TLB, K } from '../trace/kinds.ts';
import {
  ATTR_WRITE_BACK,
  combineHints,
  combineShareability,
  combineStage2,
  combineStage2Forced,
  effectiveShareability,
  replacedAttr,
  replacedShareability,
} from './attributes.ts';
import type { FaultState } from './fault.ts';
import { CLASS_IN, F_ADDR_SIZE, F_PERMISSION, F_TRANSLATION } from './fault.ts';
import {
  ALL_PERMISSIONS,
  ALL_WRITES,
  MAY_EXECUTE,
  MAY_READ,
  MAY_WRITE,
  PRIVILEGED_SHIFT,
} from './permissions.ts';
import type { SmmuState } from './smmu-state.ts';
import { addressBits } from './spec/descriptors.ts';
import { WORLD_EL2 } from './stream-world.ts';
import type { Tlb } from './tlb.ts';
import {
  POWERS,
  TLB_ATTRS,
  TLB_CLEAN,
  TLB_IPA_HI,
  TLB_IPA_LO,
  TLB_PA_HI,
  TLB_PA_LO,
  TLB_PERMS,
} from './tlb.ts';
import {
  fillStage1,
  HAS_STAGE1,
  HAS_STAGE2,
  offsetIn,
  packAttributes,
  storeStage1,
} from './tlb-entry.ts';
import type { TableConfig, TransConfig } from './trans-config.ts';
import type { Walker } from './walk.ts';

const TWO_32 = 0x1_0000_0000;
/** VA[55], which selects the half, in the high word. */
const HI_BIT55 = 1 << 23;

/** Access flags after the overrides of the stream. */
export function effectiveFlags(t: Transaction, config: TransConfig): number {
  return (t.flags & config.flagsAnd) | config.flagsOr;
}

/** The one permission bit that an access with these flags needs. */
export function neededPermission(flags: number): number {
  const data = (flags & TXN_INSTRUCTION) === 0 ? MAY_READ : MAY_EXECUTE;
  const bit = (flags & TXN_WRITE) === 0 ? data : MAY_WRITE;
  return (flags & TXN_PRIVILEGED) === 0 ? bit : bit << PRIVILEGED_SHIFT;
}

/** The table that translates a VA: TTB1 when VA[55] is set and the world has it. */
export function tableFor(config: TransConfig, hi: number): TableConfig {
  return (hi & HI_BIT55) !== 0 && config.world !== WORLD_EL2 ? config.high : config.low;
}

/** The high word of a VA with the top byte that TBI ignores as a sign extension. */
export function withoutTag(table: TableConfig, hi: number): number {
  return table.tbi ? (table.ones !== 0 ? hi | ~0xff_ffff : hi & 0xff_ffff) : hi;
}

/** @arch 13.4 P(no NS attribute) Normal translation flow */
export class Stages {
  readonly walker: Walker;
  /** The result: output address, log2 of the span that is translated alike, attributes, permissions. */
  pa = 0.5;
  /** Address after stage 1: what split-stage ATS answers. */
  ipa = 0.5;
  shift = 12;
  /** As `packAttributes` packs them. */
  attrs = 0;
  /** Permissions of both stages; for reads of a clean page without writes. */
  perms = 0;
  readonly #state: SmmuState;
  readonly #tlb: Tlb;
  readonly #fault: FaultState;
  readonly #limit: number;
  /** A TLB entry was used or made: -1 none. */
  slot = -1;

  constructor(state: SmmuState, tlb: Tlb, walker: Walker, fault: FaultState) {
    this.#state = state;
    this.#tlb = tlb;
    this.walker = walker;
    this.#fault = fault;
    this.#limit = 2 ** addressBits(state.features.oas);
    this.pa = 0;
    this.ipa = 0;
  }

  /**
   * Runs all stages for an access with effective `flags`; false after a fault. `need` is one permission
   * bit, or for ATS several of which one is enough.
   */
  run(t: Transaction, config: TransConfig, flags: number, need = neededPermission(flags)): boolean {
    this.slot = -1;
    this.walker.setRequester(t);
    if (config.s1) {
      return this.#stage1(t, config, flags, need);
    }
    return this.#withoutStage1(t, config, need);
  }

  /** Stage 2 alone, for an IPA: streams without stage 1 and Translated transactions. */
  #withoutStage1(t: Transaction, config: TransConfig, need: number): boolean {
    const { addrLo, addrHi } = t;
    const address = (addrHi >>> 0) * TWO_32 + (addrLo >>> 0);
    if (address >= this.#limit) {
      // IHI 0070 3.4: bypassing stage 1 with an address beyond IAS or OAS faults at stage 1.
      this.#fault.set(F_ADDR_SIZE);
      this.#fault.forced = true;
      return false;
    }
    this.ipa = address;
    if (!config.s2) {
      this.#result(address, 12, 0, ALL_PERMISSIONS);
      return true;
    }
    const { walker } = this;
    if (!walker.stage2(config, addrLo, addrHi, need, CLASS_IN)) {
      return false;
    }
    const leaf = walker.leaf2;
    const pa = leaf.out + offsetIn(addrLo, addrHi, leaf.shift);
    this.#result(pa, leaf.shift, packAttributes(undefined, leaf), leaf.perms);
    return true;
  }

  #stage1(t: Transaction, config: TransConfig, flags: number, need: number): boolean {
    const table = tableFor(config, t.addrHi);
    const lo = t.addrLo;
    const ones = table.ones;
    if (
      ((lo ^ ones) & table.rangeLo) !== 0 ||
      ((t.addrHi ^ ones) & table.rangeHi) !== 0 ||
      (table.e0pd && (flags & TXN_PRIVILEGED) === 0)
    ) {
      this.#fault.set(F_TRANSLATION);
      return false;
    }
    const hi = withoutTag(table, t.addrHi);
    const slot = this.#tlb.findStage1(lo, hi, config.tag, config.world, config.aset);
    if (slot >= 0 && !this.#needsWalk(slot, need)) {
      return this.#fromEntry(t, slot, lo, hi, need);
    }
    return this.walker.stage1(config, table, lo, hi, need) && this.#output(t, config, lo, hi, need);
  }

  /** A write to a page that is clean: the descriptor must be updated first. */
  #needsWalk(slot: number, need: number): boolean {
    const { data, stride } = this.#tlb.store;
    const perms = data[slot * stride + TLB_PERMS] as number;
    return (perms & TLB_CLEAN) !== 0 && (need & ALL_WRITES) !== 0;
  }

  /** A TLB hit: permissions are checked on every access. */
  #fromEntry(t: Transaction, slot: number, lo: number, hi: number, need: number): boolean {
    const { data, keys, stride } = this.#tlb.store;
    const at = slot * stride;
    const shift = (keys[slot * 4 + 3] as number) & 0x3f;
    const perms = data[at + TLB_PERMS] as number;
    const offset = offsetIn(lo, hi, shift);
    const ipaHi = (data[at + TLB_IPA_HI] as number) >>> 0;
    this.ipa = ipaHi * TWO_32 + ((data[at + TLB_IPA_LO] as number) >>> 0) + offset;
    this.slot = slot;
    const { recorder } = this.#state;
    if ((perms & (perms >>> 8) & need) === 0) {
      const { sid, ssid } = t;
      const keyHi = keys[slot * 4 + 1] as number;
      const cause = [CACHE_TLB, CACHE_HIT, sid, ssid, keys[slot * 4] as number, keyHi] as const;
      recorder.cause = recorder.emit(K.cache, ...cause);
      if ((perms & need) === 0) {
        this.#fault.set(F_PERMISSION);
      } else {
        this.#fault.setStage2(F_PERMISSION, CLASS_IN, this.ipa);
      }
      return false;
    }
    const base =
      ((data[at + TLB_PA_HI] as number) >>> 0) * TWO_32 + ((data[at + TLB_PA_LO] as number) >>> 0);
    const both = perms & (perms >>> 8) & ALL_PERMISSIONS;
    this.#result(base + offset, shift, data[at + TLB_ATTRS] as number, both);
    return true;
  }

  /** After stage 1: stage 2 of the output where there is one, and the TLB entry. */
  #output(t: Transaction, config: TransConfig, lo: number, hi: number, need: number): boolean {
    const { walker } = this;
    const { leaf1, leaf2 } = walker;
    const ipa = leaf1.out + offsetIn(lo, hi, leaf1.shift);
    this.ipa = ipa;
    if (!config.s2) {
      this.#result(ipa, leaf1.shift, packAttributes(leaf1, undefined), leaf1.perms);
    } else {
      const ipaLo = ipa | 0;
      const ipaHi = (ipa / TWO_32) | 0;
      if (!walker.stage2(config, ipaLo, ipaHi, need, CLASS_IN)) {
        return false;
      }
      const pa = leaf2.out + offsetIn(ipaLo, ipaHi, leaf2.shift);
      const shift = Math.min(leaf1.shift, leaf2.shift);
      this.#result(pa, shift, packAttributes(leaf1, leaf2), leaf1.perms & leaf2.perms);
    }
    if (this.#tlb.enabled && leaf1.cacheable && (!config.s2 || leaf2.cacheable) && walker.updates) {
      this.#insert(t, config, lo, hi, ipa);
    }
    return true;
  }

  #insert(t: Transaction, config: TransConfig, lo: number, hi: number, ipa: number): void {
    const { leaf1, leaf2 } = this.walker;
    const s2 = config.s2 ? leaf2 : undefined;
    const slot = fillStage1(this.#tlb, leaf1, s2, config, lo, hi);
    if (slot >= 0) {
      const offset = offsetIn(lo, hi, this.shift);
      const out = outputAttributes(ATTR_WRITE_BACK, 0, this.attrs, config.fwb);
      storeStage1(this.#tlb, slot, leaf1, s2, this.pa - offset, ipa - offset, out, t);
      this.slot = slot;
    }
  }

  /** Fills in where a successful transaction goes. */
  answer(t: Transaction, config: TransConfig): void {
    t.pa = this.pa;
    t.span =
      (POWERS[this.shift] as number) - offsetIn(this.pa | 0, (this.pa / TWO_32) | 0, this.shift);
    this.attributes(t, config, this.attrs);
  }

  /** Output attributes of a transaction from packed leaf attributes. */
  attributes(t: Transaction, config: TransConfig, packed: number): void {
    let attr = t.attr;
    let shareability = t.shareability;
    if (config.overridesAttributes) {
      attr = replacedAttr(attr, config.overrides);
      shareability = replacedShareability(shareability, config.overrides);
    }
    const out = outputAttributes(attr, shareability, packed, config.fwb);
    t.outAttr = out & 0xff;
    t.outShareability = out >>> 8;
  }

  #result(pa: number, shift: number, attrs: number, perms: number): void {
    this.pa = pa;
    this.shift = shift;
    this.attrs = attrs;
    this.perms = perms;
  }
}

/** Attribute in 7:0 and shareability in 9:8 after the stages whose leaves `packed` holds. */
function outputAttributes(
  incoming: number,
  incomingShareability: number,
  packed: number,
  fwb: boolean,
): number {
  let attr = incoming;
  let shareability = incomingShareability;
  if ((packed & HAS_STAGE1) !== 0) {
    attr = combineHints(packed & 0xff, incoming);
    shareability = (packed >>> 8) & 3;
  }
  if ((packed & HAS_STAGE2) !== 0) {
    const memAttr = (packed >>> 10) & 0xf;
    const s1 = effectiveShareability(attr, shareability);
    attr = fwb ? combineStage2Forced(attr, memAttr) : combineStage2(attr, memAttr);
    shareability = combineShareability(s1, (packed >>> 14) & 3);
  }
  return attr | (effectiveShareability(attr, shareability) << 8);
}
