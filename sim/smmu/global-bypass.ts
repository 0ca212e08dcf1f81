// Transactions while SMMUEN = 0 (IHI 0070 6.3.9.6, 6.3.14, 3.4): GBPA decides about all of them, no
// table is read. Hints of ALLOCCFG apply to cacheable memory; privilege and instruction overrides of
// GBPA show nowhere, because a Transaction's answer has no such attributes.

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
import { REQUESTED_P, REQUESTED_R, REQUESTED_W, REQUESTED_X } from './event-record.ts';
import { OAS_BITS } from './register-masks.ts';
import type { EventSink, SmmuState } from './smmu-state.ts';
import { EVENTS } from './spec/events.ts';

/** GBPA.ABORT. */
const ABORT = 1 << 20;
const MTCFG = 1 << 4;
const ALLOCCFG_OVERRIDE = 1 << 11;
const SHCFG_INCOMING = 1;
const OUTER_SHAREABLE = 2;
const MAIR_NORMAL_NC = 0x44;

/** @arch 13.2 P(no privilege or instruction attributes leave the model) SMMU disabled global bypass attributes */
export class GlobalBypass {
  readonly #state: SmmuState;
  readonly #events: EventSink;
  readonly #limit: number;

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
    t.outAttr = t.attr;
    t.outShareability = t.shareability;
    if (features.attrTypesOvr) {
      if ((gbpa & MTCFG) !== 0) {
        t.outAttr = mairOfMemAttr(gbpa & 0xf);
      }
      if ((gbpa & ALLOCCFG_OVERRIDE) !== 0) {
        t.outAttr = withHints(t.outAttr, (gbpa >>> 8) & 7);
      }
      const shareability = (gbpa >>> 12) & 3;
      if (shareability !== SHCFG_INCOMING) {
        t.outShareability = shareability;
      }
    }
    if (t.outAttr < 0x10 || t.outAttr === MAIR_NORMAL_NC) {
      t.outShareability = OUTER_SHAREABLE;
    }
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

/** MAIR attribute of a 4-bit MemAttr; the reserved values act as Device-nGnRnE. */
function mairOfMemAttr(memAttr: number): number {
  const outer = memAttr >>> 2;
  const inner = memAttr & 3;
  if (outer === 0) {
    return inner << 2;
  }
  return inner === 0 ? 0 : (NORMAL[outer] as number) * 16 + (NORMAL[inner] as number);
}

/** Half of a MAIR attribute: 1 Non-cacheable, 2 write-through, 3 write-back, both allocating. */
const NORMAL = [0, 0x4, 0xb, 0xf] as const;

/** Read allocate, write allocate, transient (RWT) on both halves of a cacheable attribute. */
function withHints(attr: number, rwt: number): number {
  return (halfWithHints(attr >>> 4, rwt) << 4) | halfWithHints(attr & 0xf, rwt);
}

/** A half is 0bXYRW: write-back is 01RW transient, 11RW otherwise; write-through 00RW and 10RW. */
function halfWithHints(half: number, rwt: number): number {
  const cacheable = half > 4 || (half > 0 && half < 4);
  if (!cacheable) {
    return half;
  }
  const writeBack = half & 0b0100;
  const allocate = rwt >>> 1;
  // A transient half without any allocation would read as another type.
  const transient = (rwt & 1) !== 0 && allocate !== 0;
  return writeBack | (transient ? 0 : 0b1000) | allocate;
}
