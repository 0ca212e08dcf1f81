// From {StreamID, SubstreamID} to the settings that a transaction translates with: the Stream table,
// the S1DSS and SubstreamID rules, the CD (IHI 0070 3.3, 5.2, 7.3.22).

import type { CacheGeometry } from './cache-geometry.ts';
import { ConfigCaches } from './config-cache.ts';
import type { CdEntry } from './context-table.ts';
import { ContextTable, effectiveCdMax } from './context-table.ts';
import type { FaultState } from './fault.ts';
import { C_BAD_CD, C_BAD_STE, C_BAD_SUBSTREAMID, F_STREAM_DISABLED } from './fault.ts';
import type { SmmuState } from './smmu-state.ts';
import { S1DSS_BYPASS, S1DSS_SSID0, STE_CONFIG_BYPASS } from './spec/ste.ts';
import type { SteEntry } from './stream-table.ts';
import { StreamTable } from './stream-table.ts';
import type { TransConfig } from './trans-config.ts';
import type { Walker } from './walk.ts';

/** Looks settings up; the structures that answered stay in `ste` and `cd` until the next lookup. */
export class ConfigLookup {
  readonly caches: ConfigCaches<SteEntry, CdEntry>;
  ste: SteEntry | undefined;
  cd: CdEntry | undefined;
  readonly #state: SmmuState;
  readonly #fault: FaultState;
  readonly #streams: StreamTable;
  readonly #contexts: ContextTable;

  constructor(state: SmmuState, geometry: CacheGeometry, walker: Walker, fault: FaultState) {
    this.caches = new ConfigCaches(geometry, state.recorder);
    this.#state = state;
    this.#fault = fault;
    this.#streams = new StreamTable(state, this.caches, fault);
    this.#contexts = new ContextTable(state, this.caches, walker, fault);
  }

  /** The legal STE of a stream (which may say abort), or undefined after a fault. */
  stream(sid: number): SteEntry | undefined {
    this.cd = undefined;
    this.ste = this.#streams.lookup(sid);
    if (this.ste?.violation !== undefined) {
      this.#fault.set(C_BAD_STE);
      return undefined;
    }
    return this.ste;
  }

  /**
   * Settings of a transaction of the stream, or undefined after a fault.
   * @arch 3.3.4 Y Transaction attributes: incoming, two-stage translation and overrides
   */
  substream(ste: SteEntry, ssid: number): TransConfig | undefined {
    const { values, config } = ste;
    if (config === undefined) {
      return undefined;
    }
    const index = (values.config & 1) === 0 ? this.#withoutStage1(ssid) : this.#cdIndex(ste, ssid);
    if (index === NO_CD) {
      return config;
    }
    if (index === FAULTED) {
      return undefined;
    }
    this.cd = this.#contexts.lookup(ste, config, index);
    if (this.cd !== undefined && this.cd.violation !== undefined) {
      this.#fault.set(C_BAD_CD);
      return undefined;
    }
    return this.cd?.config;
  }

  /** A SubstreamID needs stage 1. */
  #withoutStage1(ssid: number): number {
    return ssid < 0 ? NO_CD : this.#fails(C_BAD_SUBSTREAMID);
  }

  /** Number of the CD, NO_CD to skip stage 1, or FAULTED. */
  #cdIndex(ste: SteEntry, ssid: number): number {
    const { values } = ste;
    const cdMax = effectiveCdMax(values, this.#state.features.ssidsize);
    if (ssid >= 0) {
      if (cdMax === 0 || ssid >= 2 ** cdMax) {
        return this.#fails(C_BAD_SUBSTREAMID);
      }
      return ssid === 0 && values.s1dss === S1DSS_SSID0 ? this.#fails(F_STREAM_DISABLED) : ssid;
    }
    if (cdMax === 0 || values.s1dss === S1DSS_SSID0) {
      return 0;
    }
    return values.s1dss === S1DSS_BYPASS ? NO_CD : this.#fails(F_STREAM_DISABLED);
  }

  #fails(type: number): number {
    this.#fault.set(type);
    return FAULTED;
  }
}

const NO_CD = -1;
const FAULTED = -2;

/** True for an STE that ends every transaction silently. */
export function aborts(ste: SteEntry): boolean {
  return ste.values.config < STE_CONFIG_BYPASS;
}
