// From SubstreamID to CD (IHI 0070 3.3.3, 5.3, 5.4): linear and two-level CD tables, read through
// stage 2 when the stream has one.

import { hi32, join, lo32 } from '../base/hex.ts';
import { FETCH_CD, FETCH_L1CD } from '../trace/kinds.ts';
import type { CdRule } from './cd-legality.ts';
import { cdViolation } from './cd-legality.ts';
import type { CdValues } from './cd-values.ts';
import { cdValues } from './cd-values.ts';
import type { ConfigCaches, Shadow } from './config-cache.ts';
import type { FaultState } from './fault.ts';
import { C_BAD_SUBSTREAMID, CLASS_CD, F_CD_FETCH } from './fault.ts';
import type { SmmuState } from './smmu-state.ts';
import { L1CD } from './spec/cd.ts';
import { addressBits } from './spec/descriptors.ts';
import type { SteValues } from './ste-values.ts';
import type { SteEntry } from './stream-table.ts';
import { fetchStructure } from './structure-fetch.ts';
import type { TransConfig } from './trans-config.ts';
import { substreamConfig } from './trans-config.ts';
import type { Walker } from './walk.ts';

/** A Context Descriptor as cached: decoded for the STE that it was reached through. */
export interface CdEntry {
  readonly shadow: Shadow;
  readonly values: CdValues;
  readonly ste: SteEntry;
  /** Why it is ILLEGAL, or undefined. */
  readonly violation: CdRule | undefined;
  /** Settings of the substream; undefined when ILLEGAL. */
  readonly config: TransConfig | undefined;
}

const CD_BYTES = 64;
const CD_WORDS = 16;
const L1CD_BYTES = 8;
/** Index bits of a leaf table, by S1Fmt. */
export const LEAF_BITS = [0, 6, 10, 0] as const;

/** Key of a cached L1CD: its index, and the index bits of the leaf tables. */
export function l1cdKey(index: number, leafBits: number): number {
  return index | (leafBits << 24);
}

/** S1CDMax as it acts: 0 when the SMMU has no substreams. */
export function effectiveCdMax(ste: SteValues, ssidsize: number): number {
  return ssidsize === 0 ? 0 : ste.s1cdmax;
}

/** @arch 3.3.3 Y Configuration and Translation lookup */
export class ContextTable {
  readonly #state: SmmuState;
  readonly #caches: ConfigCaches<SteEntry, CdEntry>;
  readonly #walker: Walker;
  readonly #fault: FaultState;

  constructor(
    state: SmmuState,
    caches: ConfigCaches<SteEntry, CdEntry>,
    walker: Walker,
    fault: FaultState,
  ) {
    this.#state = state;
    this.#caches = caches;
    this.#walker = walker;
    this.#fault = fault;
  }

  /** CD number `index` of a stream, in any state; undefined after a fault. */
  lookup(ste: SteEntry, config: TransConfig, index: number): CdEntry | undefined {
    const cached = this.#caches.cds.find(ste.sid, index);
    if (cached !== undefined) {
      // The STE may have been fetched anew since: its part of the verdict follows it.
      return cached.ste === ste ? cached : this.#insert(ste, index, cached.shadow);
    }
    const address = this.#locate(ste, config, index);
    if (address === undefined) {
      return undefined;
    }
    const shadow = this.#fetch(config, FETCH_CD, address, CD_WORDS);
    return shadow === undefined ? undefined : this.#insert(ste, index, shadow);
  }

  #insert(ste: SteEntry, index: number, shadow: Shadow): CdEntry {
    const { features } = this.#state;
    const { world } = ste;
    const values = cdValues(shadow.words);
    const violation = cdViolation(values, { features, ste: ste.values, world });
    const config =
      violation === undefined
        ? substreamConfig(ste.values, values, { features, world })
        : undefined;
    const entry = { shadow, values, ste, violation, config };
    this.#caches.cds.insert(ste.sid, index, entry);
    return entry;
  }

  /** Address of the CD: PA, or IPA with stage 2; undefined after a fault. */
  #locate(ste: SteEntry, config: TransConfig, index: number): number | undefined {
    const { s1fmt, s1ContextPtr } = ste.values;
    const cdMax = effectiveCdMax(ste.values, this.#state.features.ssidsize);
    const leafBits = cdMax === 0 ? 0 : (LEAF_BITS[s1fmt] ?? 0);
    if (leafBits === 0) {
      return aligned(s1ContextPtr, CD_BYTES * 2 ** cdMax) + index * CD_BYTES;
    }
    const table = aligned(s1ContextPtr, L1CD_BYTES * 2 ** Math.max(3, cdMax - leafBits));
    const level1 = this.#level1(ste, config, table, index >>> leafBits, leafBits);
    if (level1 === undefined) {
      return undefined;
    }
    const pointer = L1CD.get(level1.words, 'L2Ptr');
    const limit = 2 ** addressBits(this.#state.features.oas);
    if (L1CD.get(level1.words, 'V') === 0 || pointer >= limit) {
      this.#fault.set(C_BAD_SUBSTREAMID);
      return undefined;
    }
    const leaf = aligned(pointer, CD_BYTES * 2 ** leafBits);
    return leaf + (index & (2 ** leafBits - 1)) * CD_BYTES;
  }

  #level1(
    ste: SteEntry,
    config: TransConfig,
    table: number,
    index: number,
    leafBits: number,
  ): Shadow | undefined {
    const key = l1cdKey(index, leafBits);
    const cached = this.#caches.l1cds.find(ste.sid, key);
    if (cached !== undefined) {
      return cached.shadow;
    }
    const shadow = this.#fetch(config, FETCH_L1CD, table + index * L1CD_BYTES, 2);
    if (shadow !== undefined) {
      this.#caches.l1cds.insert(ste.sid, key, { shadow });
    }
    return shadow;
  }

  /** PA of an IPA, or -1 after a stage 2 fault. */
  #throughStage2(config: TransConfig, ipa: number): number {
    const walker = this.#walker;
    const ok = walker.tableAddress(config, lo32(ipa), hi32(ipa), false, CLASS_CD);
    return ok ? join(walker.paLo, walker.paHi) : -1;
  }

  #fetch(config: TransConfig, what: number, address: number, words: number): Shadow | undefined {
    const pa = config.s2 ? this.#throughStage2(config, address) : address;
    if (pa < 0) {
      return undefined;
    }
    const shadow = fetchStructure(this.#state, what, pa, words);
    if (shadow === undefined) {
      this.#fault.setFetch(F_CD_FETCH, pa);
    }
    return shadow;
  }
}

function aligned(address: number, bytes: number): number {
  return address - (address % bytes);
}
