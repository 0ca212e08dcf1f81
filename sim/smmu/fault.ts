// What went wrong in a translation, and what becomes of it: the event record, and whether the
// transaction aborts, reads as zero or stalls (IHI 0070 3.12, 5.5, 7.3). One reused object: no fault
// allocates before it is reported.

import type { Transaction } from '../machine/transaction.ts';
import {
  TXN_ABORT,
  TXN_INSTRUCTION,
  TXN_PRIVILEGED,
  TXN_RAZ_WI,
  TXN_STALLED,
  TXN_TRANSLATED,
  TXN_WRITE,
} from '../machine/transaction.ts';
import type { StallSink } from './cache-maintenance.ts';
import type { EventFields, EventSink } from './smmu-state.ts';
import { EVENTS } from './spec/events.ts';
import type { TransConfig } from './trans-config.ts';

export const C_BAD_STREAMID = EVENTS.C_BAD_STREAMID.type;
export const F_STE_FETCH = EVENTS.F_STE_FETCH.type;
export const C_BAD_STE = EVENTS.C_BAD_STE.type;
export const F_BAD_ATS_TREQ = EVENTS.F_BAD_ATS_TREQ.type;
export const F_STREAM_DISABLED = EVENTS.F_STREAM_DISABLED.type;
export const F_TRANSL_FORBIDDEN = EVENTS.F_TRANSL_FORBIDDEN.type;
export const C_BAD_SUBSTREAMID = EVENTS.C_BAD_SUBSTREAMID.type;
export const F_CD_FETCH = EVENTS.F_CD_FETCH.type;
export const C_BAD_CD = EVENTS.C_BAD_CD.type;
export const F_WALK_EABT = EVENTS.F_WALK_EABT.type;
export const F_TRANSLATION = EVENTS.F_TRANSLATION.type;
export const F_ADDR_SIZE = EVENTS.F_ADDR_SIZE.type;
export const F_ACCESS = EVENTS.F_ACCESS.type;
export const F_PERMISSION = EVENTS.F_PERMISSION.type;

/** Values of CLASS. */
export const CLASS_CD = 0;
export const CLASS_TT = 1;
export const CLASS_IN = 2;

/** The fault of the translation in progress. */
export class FaultState {
  /** Event number, 0 for none. */
  type = 0;
  s2 = false;
  class = CLASS_IN;
  ipa = 0.5;
  fetchAddr = 0.5;
  /** False only where the walk wanted to write a descriptor. */
  ttrnw = true;
  /** Always aborts and is always recorded, whatever A, R and S say: a bypass address out of range. */
  forced = false;

  clear(): void {
    this.type = 0;
    this.s2 = false;
    this.class = CLASS_IN;
    this.ipa = 0;
    this.fetchAddr = 0;
    this.ttrnw = true;
    this.forced = false;
  }

  /** A fault of stage 1 or of the configuration. */
  set(type: number): void {
    this.clear();
    this.type = type;
  }

  /** A fetch that aborted. */
  setFetch(type: number, fetchAddr: number): void {
    this.set(type);
    this.fetchAddr = fetchAddr;
  }

  /** A fault of stage 2 while translating `ipa` for the purpose that `faultClass` says. */
  setStage2(type: number, faultClass: number, ipa: number): void {
    this.set(type);
    this.s2 = true;
    this.class = faultClass;
    this.ipa = ipa;
  }

  /** A fault of a walk for `input`, with the address of a fetch that aborted; false, for the caller. */
  failWalk(type: number, stage2: boolean, faultClass: number, input: number, fetchAddr = 0): false {
    if (stage2) {
      this.setStage2(type, faultClass, input);
    } else {
      this.set(type);
      this.class = type === F_WALK_EABT ? CLASS_TT : CLASS_IN;
    }
    this.fetchAddr = fetchAddr;
    return false;
  }
}

/** True for the four faults that A, R, S and S2R, S2S decide about. */
export function isTranslationRelated(type: number): boolean {
  return type >= F_TRANSLATION && type <= F_PERMISSION;
}

/** The record of `fault` for transaction `t` with access flags after overrides. */
export function eventOf(fault: FaultState, t: Transaction, flags: number): EventFields {
  const { type } = fault;
  // Without IDR3.PASIDTT a Translated transaction has no SubstreamID (IHI 0070 3.9.1.3).
  const ssid = (t.flags & TXN_TRANSLATED) === 0 ? t.ssid : -1;
  const head = { type, sid: t.sid, ssid };
  if (type < F_WALK_EABT) {
    const rnw = (t.flags & TXN_WRITE) === 0;
    return type === F_TRANSL_FORBIDDEN
      ? { ...head, inputLo: t.addrLo, inputHi: t.addrHi, rnw }
      : { ...head, fetchAddr: fault.fetchAddr };
  }
  const rnw = (flags & TXN_WRITE) === 0;
  return {
    ...head,
    inputLo: t.addrLo,
    inputHi: t.addrHi,
    rnw,
    ind: rnw && (flags & TXN_INSTRUCTION) !== 0,
    pnu: (flags & TXN_PRIVILEGED) !== 0,
    s2: fault.s2,
    class: fault.class,
    ...(fault.s2 ? { ipa: fault.ipa } : {}),
    ...(type === F_WALK_EABT ? { fetchAddr: fault.fetchAddr } : {}),
    ...(type === F_PERMISSION ? { ttrnw: fault.class === CLASS_TT && fault.ttrnw } : {}),
  };
}

/** Where faults go. */
export interface FaultSinks {
  readonly events: EventSink;
  readonly stalls: StallSink;
}

/**
 * Ends `t` by a translation-related fault; returns its status. The stage that faults decides.
 * @arch 5.5 Y Fault configuration (A, R, S bits)
 */
export function endByFault(
  fault: FaultState,
  t: Transaction,
  config: TransConfig,
  sinks: FaultSinks,
): number {
  const flags = (t.flags & config.flagsAnd) | config.flagsOr;
  const event = eventOf(fault, t, flags);
  t.fault = fault.type;
  t.status = TXN_ABORT;
  if (fault.forced || !isTranslationRelated(fault.type)) {
    sinks.events.report(event);
    return TXN_ABORT;
  }
  if (fault.s2 ? config.s2stall : config.stall) {
    t.status = TXN_STALLED;
    sinks.stalls.begin(t, event);
    return t.status;
  }
  if (fault.s2 ? config.s2record : config.record) {
    sinks.events.report(event);
  }
  t.status = fault.s2 || config.abort ? TXN_ABORT : TXN_RAZ_WI;
  return t.status;
}
