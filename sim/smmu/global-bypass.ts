// Transactions while SMMUEN = 0 (IHI 0070 6.3.9.6, 6.3.14, 3.4): GBPA decides about all of them, no
// table is read. Privilege and instruction overrides of GBPA show nowhere, because a Transaction's
// answer has no such attributes.

import { join } from '../base/hex.ts';
import type { Transaction } from '../machine/transaction.ts';
import {
  ROUTE_DISABLED,
  TXN_ABORT,
  TXN_ATS_REQUEST,
  TXN_INSTRUCTION,
  TXN_NO_WRITE,
  TXN_OK,
  TXN_PRIVILEGED,
  TXN_TRANSLATED,
  TXN_WRITE,
} from '../machine/transaction.ts';
import type { AttributeOverrides } from './attributes.ts';
import { effectiveShareability, replacedAttr, replacedShareability } from './attributes.ts';
import { REQUESTED_P, REQUESTED_R, REQUESTED_W, REQUESTED_X } from './event-record.ts';
import { OAS_BITS } from './register-masks.ts';
import type { EventSink, SmmuState } from './smmu-state.ts';
import { EVENTS } from './spec/events.ts';

/** GBPA.ABORT. */
const ABORT = 1 << 20;

/** @arch 13.2 P(no privilege or instruction attributes leave the model) SMMU disabled global bypass attributes */
export class GlobalBypass {
  readonly #state: SmmuState;
  readonly #events: EventSink;
  readonly #limit: number;
  /** GBPA that the overrides were decoded from. */
  #decoded = 0;
  #overrides = overridesOf(0);

  constructor(state: SmmuState, events: EventSink) {
    this.#state = state;
    this.#events = events;
    this.#limit = 2 ** (OAS_BITS[state.features.oas as 0] ?? 52);
  }

  /** Answers one transaction; returns its status. */
  pass(t: Transaction): number {
    t.route = ROUTE_DISABLED;
    t.fault = 0;
    t.granted = 0;
    if ((t.flags & (TXN_ATS_REQUEST | TXN_TRANSLATED)) !== 0) {
      return this.#refuseAts(t);
    }
    const address = join(t.addrLo, t.addrHi);
    if ((this.#state.gbpa & ABORT) !== 0 || address >= this.#limit) {
      t.status = TXN_ABORT;
      return TXN_ABORT;
    }
    t.pa = address;
    t.span = 4096 - (t.addrLo & 0xfff);
    this.#attributes(t);
    t.status = TXN_OK;
    return TXN_OK;
  }

  #attributes(t: Transaction): void {
    const { gbpa, features } = this.#state;
    if (gbpa !== this.#decoded) {
      this.#decoded = gbpa;
      this.#overrides = overridesOf(gbpa);
    }
    const overrides = this.#overrides;
    t.outAttr = features.attrTypesOvr ? replacedAttr(t.attr, overrides) : t.attr;
    t.outShareability = effectiveShareability(
      t.outAttr,
      features.attrTypesOvr ? replacedShareability(t.shareability, overrides) : t.shareability,
    );
  }

  /** With SMMUEN = 0 the ATS interface is not operational. @arch 3.9.1.2 Y Responses to ATS Translation Requests */
  #refuseAts(t: Transaction): number {
    t.status = TXN_ABORT;
    if (!this.#state.features.ats) {
      return TXN_ABORT;
    }
    const write = (t.flags & TXN_WRITE) !== 0;
    if ((t.flags & TXN_ATS_REQUEST) !== 0) {
      t.fault = EVENTS.F_BAD_ATS_TREQ.type;
      this.#events.report({
        type: t.fault,
        sid: t.sid,
        ssid: t.ssid,
        inputLo: t.addrLo,
        inputHi: t.addrHi,
        span: 1,
        requested: requestedOf(t.flags),
      });
    } else {
      t.fault = EVENTS.F_TRANSL_FORBIDDEN.type;
      this.#events.report({
        type: t.fault,
        sid: t.sid,
        ssid: t.ssid,
        inputLo: t.addrLo,
        inputHi: t.addrHi,
        rnw: !write,
      });
    }
    return TXN_ABORT;
  }
}

/** Permissions that a Translation Request asks for, as the F_BAD_ATS_TREQ record names them. */
export function requestedOf(flags: number): number {
  return (
    REQUESTED_R |
    ((flags & TXN_NO_WRITE) === 0 ? REQUESTED_W : 0) |
    ((flags & TXN_INSTRUCTION) === 0 ? 0 : REQUESTED_X) |
    ((flags & TXN_PRIVILEGED) === 0 ? 0 : REQUESTED_P)
  );
}

/** The fields of GBPA that replace attributes: laid out as those of an STE. */
function overridesOf(gbpa: number): AttributeOverrides {
  return {
    mtcfg: (gbpa & (1 << 4)) !== 0,
    memAttr: gbpa & 0xf,
    alloccfg: (gbpa >>> 8) & 0xf,
    shcfg: (gbpa >>> 12) & 3,
  };
}
