// ATS at the SMMU: Translation Requests and Translated transactions (IHI 0070 3.9.1, 13.6, 13.7). A
// request never stalls and takes no notice of A, R and S. A refused request ends with TXN_ABORT:
// Completer Abort when `fault` names a configuration error, else Unsupported Request.

import type { Transaction } from '../machine/transaction.ts';
import {
  ROUTE_BYPASS,
  ROUTE_TRANSLATED,
  TXN_ABORT,
  TXN_ATS_REQUEST,
  TXN_INSTRUCTION,
  TXN_NO_WRITE,
  TXN_OK,
  TXN_PRIVILEGED,
  TXN_WRITE,
} from '../machine/transaction.ts';
import { K } from '../trace/kinds.ts';
import type { ConfigLookup } from './config-lookup.ts';
import { aborts } from './config-lookup.ts';
import type { FaultSinks, FaultState } from './fault.ts';
import {
  C_BAD_STREAMID,
  endByFault,
  eventOf,
  F_BAD_ATS_TREQ,
  F_TRANSL_FORBIDDEN,
  F_WALK_EABT,
} from './fault.ts';
import { requestedOf } from './global-bypass.ts';
import {
  ALL_PERMISSIONS,
  MAY_EXECUTE,
  MAY_READ,
  MAY_WRITE,
  PRIVILEGED_SHIFT,
} from './permissions.ts';
import type { SmmuState } from './smmu-state.ts';
import { addressBits } from './spec/descriptors.ts';
import { EATS_FULL, EATS_OFF, EATS_SPLIT, STE_CONFIG_BYPASS } from './spec/ste.ts';
import type { Stages } from './stages.ts';
import { neededPermission } from './stages.ts';
import type { SteEntry } from './stream-table.ts';
import type { TransConfig } from './trans-config.ts';

const TWO_32 = 0x1_0000_0000;
/** `ats` of the trace: operations of this file. */
const ATS_REQUEST = 0;
const ATS_COMPLETION = 1;

/** Bits of {@link Transaction.granted}. */
const GRANTED_READ = 1;
const GRANTED_WRITE = 2;
const GRANTED_EXECUTE = 4;

/** True when a refused Translation Request was an Unsupported Request, false for a Completer Abort. */
export function isUnsupportedRequest(t: Transaction): boolean {
  return t.status === TXN_ABORT && (t.fault === 0 || t.fault === F_BAD_ATS_TREQ);
}

/** Answers the transactions of the ATS kinds. */
export class AtsTranslation {
  readonly #state: SmmuState;
  readonly #lookup: ConfigLookup;
  readonly #stages: Stages;
  readonly #fault: FaultState;
  readonly #sinks: FaultSinks;
  readonly #limit: number;
  readonly #smallestGranule: number;

  constructor(
    state: SmmuState,
    lookup: ConfigLookup,
    stages: Stages,
    fault: FaultState,
    sinks: FaultSinks,
  ) {
    this.#state = state;
    this.#lookup = lookup;
    this.#stages = stages;
    this.#fault = fault;
    this.#sinks = sinks;
    this.#limit = 2 ** addressBits(state.features.oas);
    const { gran4k, gran16k } = state.features;
    this.#smallestGranule = gran4k ? 4096 : gran16k ? 16384 : 65536;
  }

  /** Fills in the answer of a request or of a Translated transaction; returns its status. */
  translate(t: Transaction): number {
    if (!this.#state.features.ats) {
      t.status = TXN_ABORT;
      return TXN_ABORT;
    }
    if ((t.flags & TXN_ATS_REQUEST) === 0) {
      return this.#translated(t);
    }
    const { recorder } = this.#state;
    const { sid, ssid, addrLo, addrHi } = t;
    recorder.cause = recorder.emit(
      K.ats,
      ATS_REQUEST,
      sid,
      ssid,
      addrLo,
      addrHi,
      requestedOf(t.flags),
    );
    const status = this.#request(t);
    const pa = status === TXN_OK ? t.pa : 0;
    recorder.emit(K.ats, ATS_COMPLETION, sid, ssid, pa | 0, (pa / TWO_32) | 0, t.granted);
    return status;
  }

  /** @arch 3.9.1.2 P(no Secure streams, no DPT) Responses to ATS Translation Requests */
  #request(t: Transaction): number {
    t.status = TXN_ABORT;
    const ste = this.#lookup.stream(t.sid);
    if (ste === undefined) {
      return this.#completerAbort(t);
    }
    if (aborts(ste)) {
      return TXN_ABORT;
    }
    if (this.#effectiveEats(ste) === EATS_OFF) {
      return this.#unsupported(t);
    }
    const config = this.#lookup.substream(ste, t.ssid);
    const flags = config === undefined ? t.flags : this.#requestFlags(t, config);
    const need = this.#wanted(ste, flags);
    if (config === undefined || !this.#stages.run(t, config, flags, need)) {
      return this.#refused(t);
    }
    return this.#complete(t, ste, config, flags);
  }

  /** Without a PASID a request is Data and Unprivileged; then the overrides of the stream act. */
  #requestFlags(t: Transaction, config: TransConfig): number {
    const asked = t.ssid >= 0 ? t.flags : t.flags & ~(TXN_PRIVILEGED | TXN_INSTRUCTION);
    return (asked & config.flagsAnd) | config.flagsOr;
  }

  /** Permissions of which one must be there: reading (executing, with INSTCFG), writing unless NW. */
  #wanted(ste: SteEntry, flags: number): number {
    const read = this.#readsAreInstructions(ste) ? MAY_EXECUTE : MAY_READ;
    const wanted = read | ((flags & TXN_NO_WRITE) === 0 ? MAY_WRITE : 0);
    return (flags & TXN_PRIVILEGED) === 0 ? wanted : wanted << PRIVILEGED_SHIFT;
  }

  #readsAreInstructions(ste: SteEntry): boolean {
    return this.#state.features.attrPermsOvr && ste.values.instcfg === 3;
  }

  /** @arch 13.7.1 Y Permission attributes granted in ATS Translation Completions */
  #complete(t: Transaction, ste: SteEntry, config: TransConfig, flags: number): number {
    const stages = this.#stages;
    const translates = config.s1 || config.s2;
    const perms = translates ? stages.perms : ALL_PERMISSIONS & ~MAY_EXECUTE;
    const mine = (flags & TXN_PRIVILEGED) === 0 ? perms : perms >>> PRIVILEGED_SHIFT;
    const execute = (mine & MAY_EXECUTE) !== 0;
    const reads = this.#readsAreInstructions(ste) ? execute : (mine & MAY_READ) !== 0;
    const dataOnly = this.#state.features.attrPermsOvr && ste.values.instcfg === 2;
    const asksExecute = t.ssid >= 0 && (t.flags & TXN_INSTRUCTION) !== 0;
    t.granted =
      (reads ? GRANTED_READ : 0) |
      ((mine & MAY_WRITE) !== 0 ? GRANTED_WRITE : 0) |
      (asksExecute && reads && (dataOnly || execute) ? GRANTED_EXECUTE : 0);
    stages.answer(t, config);
    if (ste.values.eats === EATS_SPLIT) {
      t.pa = stages.ipa;
    }
    t.route = translates ? ROUTE_TRANSLATED : ROUTE_BYPASS;
    t.status = TXN_OK;
    return TXN_OK;
  }

  /** A fault of configuration or translation: Completer Abort, or success without any permission. */
  #refused(t: Transaction): number {
    if (this.#fault.type <= F_WALK_EABT) {
      return this.#completerAbort(t);
    }
    t.granted = 0;
    t.pa = 0;
    t.span = this.#smallestGranule;
    t.status = TXN_OK;
    return TXN_OK;
  }

  #completerAbort(t: Transaction): number {
    const { recCfgAts, recinvsid } = this.#state;
    t.fault = this.#fault.type;
    t.status = TXN_ABORT;
    if (recCfgAts && (recinvsid || t.fault !== C_BAD_STREAMID)) {
      this.#sinks.events.report(eventOf(this.#fault, t, t.flags));
    }
    return TXN_ABORT;
  }

  #unsupported(t: Transaction): number {
    t.fault = F_BAD_ATS_TREQ;
    this.#sinks.events.report({
      type: F_BAD_ATS_TREQ,
      sid: t.sid,
      ssid: t.ssid,
      inputLo: t.addrLo,
      inputHi: t.addrHi,
      span: 1,
      requested: requestedOf(t.flags),
    });
    return TXN_ABORT;
  }

  /** EATS as it acts: split-stage needs ATSCHK, DPT is not there. @arch 3.9.2 Y Changing ATS configuration */
  #effectiveEats(ste: SteEntry): number {
    const { config, eats } = ste.values;
    if (config === STE_CONFIG_BYPASS) {
      return EATS_OFF;
    }
    return eats === EATS_FULL || (eats === EATS_SPLIT && this.#state.atschk) ? eats : EATS_OFF;
  }

  /** @arch 3.9.1.3 P(no Secure streams, no DPT, no PASIDTT) Handling of ATS Translated transactions */
  #translated(t: Transaction): number {
    t.route = ROUTE_BYPASS;
    if (!this.#state.atschk) {
      return this.#pass(t);
    }
    const ste = this.#lookup.stream(t.sid);
    t.status = TXN_ABORT;
    if (ste === undefined) {
      return this.#forbiddenByConfiguration(t);
    }
    if (aborts(ste)) {
      return TXN_ABORT;
    }
    const eats = this.#effectiveEats(ste);
    if (eats === EATS_OFF || ste.config === undefined) {
      this.#fault.set(F_TRANSL_FORBIDDEN);
      t.fault = F_TRANSL_FORBIDDEN;
      this.#sinks.events.report(eventOf(this.#fault, t, t.flags));
      return TXN_ABORT;
    }
    return eats === EATS_FULL ? this.#pass(t) : this.#secondStage(t, ste.config);
  }

  /** The address is a PA; one beyond the output size aborts without an event (an open choice). */
  #pass(t: Transaction): number {
    const address = (t.addrHi >>> 0) * TWO_32 + (t.addrLo >>> 0);
    if (address >= this.#limit) {
      t.status = TXN_ABORT;
      return TXN_ABORT;
    }
    t.pa = address;
    t.span = 4096 - (t.addrLo & 0xfff);
    t.outAttr = t.attr;
    t.outShareability = t.shareability;
    t.status = TXN_OK;
    return TXN_OK;
  }

  /** Split-stage ATS: the address is an IPA. Data and Unprivileged before the overrides. */
  #secondStage(t: Transaction, config: TransConfig): number {
    const flags = (t.flags & TXN_WRITE & config.flagsAnd) | config.flagsOr;
    t.route = ROUTE_TRANSLATED;
    if (!this.#stages.run(t, config, flags, neededPermission(flags))) {
      return endByFault(this.#fault, t, config, this.#sinks);
    }
    this.#stages.answer(t, config);
    t.status = TXN_OK;
    return TXN_OK;
  }

  #forbiddenByConfiguration(t: Transaction): number {
    t.fault = this.#fault.type;
    if (this.#state.recCfgAts) {
      this.#sinks.events.report(eventOf(this.#fault, t, t.flags));
    }
    return TXN_ABORT;
  }
}
