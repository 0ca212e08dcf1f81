// From StreamID to STE (IHI 0070 3.3.2, 5.1, 6.3.24, 6.3.25): linear and two-level Stream tables.
// CONT is a hint that this model does not take: each STE is cached by itself.

import { FETCH_L1STD, FETCH_STE } from '../trace/kinds.ts';
import type { ConfigCaches, Shadow } from './config-cache.ts';
import type { FaultState } from './fault.ts';
import { C_BAD_STREAMID, F_STE_FETCH } from './fault.ts';
import type { SmmuState } from './smmu-state.ts';
import { L1STD } from './spec/ste.ts';
import type { SteRule } from './ste-legality.ts';
import { steViolation } from './ste-legality.ts';
import type { SteValues } from './ste-values.ts';
import { steValues } from './ste-values.ts';
import { streamWorld, WORLD_EL1 } from './stream-world.ts';
import { fetchStructure } from './structure-fetch.ts';
import type { TransConfig } from './trans-config.ts';
import { streamConfig } from './trans-config.ts';

/** A Stream Table Entry as cached: decoded, with its verdict. */
export interface SteEntry {
  readonly sid: number;
  readonly shadow: Shadow;
  readonly values: SteValues;
  /** Why it is ILLEGAL, or undefined. */
  readonly violation: SteRule | undefined;
  readonly world: number;
  /** Settings without stage 1; undefined unless legal and not an abort. */
  readonly config: TransConfig | undefined;
}

const STE_BYTES = 64;
const STE_WORDS = 16;
const L1STD_BYTES = 8;
const MAX_SPAN = 11;

/** @arch 3.3.2 Y StreamID lookup in the Stream table */
export class StreamTable {
  readonly #state: SmmuState;
  readonly #caches: ConfigCaches<SteEntry, { readonly shadow: Shadow }>;
  readonly #fault: FaultState;

  constructor(
    state: SmmuState,
    caches: ConfigCaches<SteEntry, { readonly shadow: Shadow }>,
    fault: FaultState,
  ) {
    this.#state = state;
    this.#caches = caches;
    this.#fault = fault;
  }

  /** The STE of a stream, in any state; undefined after C_BAD_STREAMID or F_STE_FETCH. */
  lookup(sid: number): SteEntry | undefined {
    const cached = this.#caches.stes.find(sid, 0);
    if (cached !== undefined) {
      return cached;
    }
    const pa = this.#locate(sid >>> 0);
    if (pa === undefined) {
      return undefined;
    }
    const shadow = fetchStructure(this.#state, FETCH_STE, pa, STE_WORDS);
    if (shadow === undefined) {
      this.#fault.setFetch(F_STE_FETCH, pa);
      return undefined;
    }
    const entry = this.#decode(sid, shadow);
    this.#caches.stes.insert(sid, 0, entry);
    return entry;
  }

  /** Address of the STE, or undefined after a fault. */
  #locate(sid: number): number | undefined {
    const { features, strtabLog2Size, strtabBase, strtabTwoLevel } = this.#state;
    const size = Math.min(strtabLog2Size, features.sidsize);
    if (sid >= 2 ** size) {
      this.#fault.set(C_BAD_STREAMID);
      return undefined;
    }
    return strtabTwoLevel ? this.#locateTwoLevel(sid) : strtabBase + sid * STE_BYTES;
  }

  #locateTwoLevel(sid: number): number | undefined {
    const split = this.#state.strtabSplit;
    const index = Math.floor(sid / 2 ** split);
    const level1 = this.#level1(index);
    if (level1 === undefined) {
      return undefined;
    }
    const span = L1STD.get(level1.words, 'Span');
    const leaf = sid % 2 ** split;
    if (span === 0 || span > MAX_SPAN || span > split + 1 || leaf >= 2 ** (span - 1)) {
      this.#fault.set(C_BAD_STREAMID);
      return undefined;
    }
    const pointer = L1STD.get(level1.words, 'L2Ptr');
    return pointer - (pointer % (STE_BYTES * 2 ** (span - 1))) + leaf * STE_BYTES;
  }

  #level1(index: number): Shadow | undefined {
    const cached = this.#caches.l1stds.find(index, 0);
    if (cached !== undefined) {
      return cached.shadow;
    }
    const pa = this.#state.strtabBase + index * L1STD_BYTES;
    const shadow = fetchStructure(this.#state, FETCH_L1STD, pa, 2);
    if (shadow === undefined) {
      this.#fault.setFetch(F_STE_FETCH, pa);
      return undefined;
    }
    this.#caches.l1stds.insert(index, 0, { shadow });
    return shadow;
  }

  #decode(sid: number, shadow: Shadow): SteEntry {
    const { features, e2h } = this.#state;
    const values = steValues(shadow.words);
    const violation = steViolation(values, features);
    const usable = violation === undefined && values.config >= 4;
    const world = usable ? streamWorld(values, features, e2h) : WORLD_EL1;
    const config = usable ? streamConfig(values, { features, world }) : undefined;
    return { sid, shadow, values, violation, world, config };
  }
}
