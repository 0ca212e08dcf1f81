// The PRI queue (IHI 0070 chapter 8): page requests that software is to answer, and the answers that
// the SMMU gives itself when it cannot queue them.

import { hex, join } from '../base/hex.ts';
import type { PageRequest } from '../machine/ats-endpoint.ts';
import { K } from '../trace/kinds.ts';
import type { AtsInterface } from './ats.ts';
import type { GlobalErrors } from './global-errors.ts';
import { PRIQ_ABT_ERR } from './global-errors.ts';
import type { Interrupts } from './interrupts.ts';
import type { OutputQueue } from './output-queue.ts';
import type { RegisterFile } from './register-file.ts';
import type { SmmuState } from './smmu-state.ts';
import { PRG_RESPONSE_FAILURE, PRG_SUCCESS, PRI_ENTRY } from './spec/pri.ts';

/** PRIQ_IRQ_CFG2.LO. */
const LAST_ONLY = 1 << 31;

/** `ppr` of the trace: what became of a request. */
export const PPR_QUEUED = 0;
export const PPR_OVERFLOW = 1;
export const PPR_REFUSED = 2;
export const PPR_ABORTED = 3;

/** Answers of {@link PriQueueParts.ppar} beside 0 and 1. */
export const PPAR_UNKNOWN = -1;

/** What the PRI queue needs around it. */
export interface PriQueueParts {
  readonly state: SmmuState;
  readonly registers: RegisterFile;
  readonly queue: OutputQueue;
  readonly errors: GlobalErrors;
  readonly interrupts: Interrupts;
  readonly ats: AtsInterface;
  /** The effective value of CR0.PRIQEN. */
  enabled(): boolean;
  /** STE.PPAR of a stream, or {@link PPAR_UNKNOWN} when its STE cannot be used (events as 8.1 says). */
  ppar(sid: number, ssid: number): number;
}

/** @arch 8.1 Y PRI queue overflow */
export class PriQueue {
  readonly #parts: PriQueueParts;
  /** Groups whose last request was queued and that wait for CMD_PRI_RESP. */
  readonly #open = new Map<string, number>();

  constructor(parts: PriQueueParts) {
    this.#parts = parts;
  }

  /** Takes a Page Request message. @arch 8.2 Y Miscellaneous (PRI queue) */
  request(request: PageRequest): void {
    const { queue, errors, interrupts, enabled, ats } = this.#parts;
    if (!enabled() || errors.isActive(PRIQ_ABT_ERR)) {
      this.#trace(request, PPR_REFUSED);
      if (!isStopMarker(request)) {
        ats.respond(request.sid, -1, request.prgIndex, PRG_RESPONSE_FAILURE);
      }
      return;
    }
    if (queue.isFull || queue.inOverflow) {
      queue.enterOverflow();
      this.#trace(request, PPR_OVERFLOW);
      this.#answerOverflow(request);
      if (request.last && this.#lastOnly) {
        interrupts.priQueue();
      }
      return;
    }
    const outcome = queue.push(encodeRequest(request));
    this.#trace(request, outcome === 'aborted' ? PPR_ABORTED : PPR_QUEUED);
    if (outcome === 'aborted') {
      errors.activate(PRIQ_ABT_ERR);
      if (!isStopMarker(request)) {
        ats.respond(request.sid, -1, request.prgIndex, PRG_RESPONSE_FAILURE);
      }
      return;
    }
    this.#opened(request);
    if (this.#lastOnly ? request.last : outcome === 'written-first') {
      interrupts.priQueue();
    }
  }

  /** Notes a response of software: diagnoses one that answers no group. */
  answered(sid: number, ssid: number, prgIndex: number): void {
    const key = `${sid}/${ssid}/${prgIndex}`;
    const open = this.#open.get(key) ?? 0;
    if (open > 1) {
      this.#open.set(key, open - 1);
    } else if (!this.#open.delete(key)) {
      const pasid = ssid < 0 ? 'no PASID' : `PASID ${hex(ssid)}`;
      this.#parts.state.diagnostics.guestError(
        '4.5.2',
        `CMD_PRI_RESP for sid ${hex(sid)}, ${pasid}, PRGIndex ${prgIndex}: no such group waits`,
      );
    }
  }

  /** Only Page Requests with Last are answered, and never stop markers. */
  #answerOverflow(request: PageRequest): void {
    const { state, ats, ppar } = this.#parts;
    if (!request.last || isStopMarker(request)) {
      return;
    }
    const { sid, ssid, prgIndex } = request;
    if (ssid < 0 || state.features.pps) {
      ats.respond(sid, ssid, prgIndex, PRG_SUCCESS);
      return;
    }
    const echo = ppar(sid, ssid);
    if (echo === PPAR_UNKNOWN) {
      ats.respond(sid, -1, prgIndex, PRG_RESPONSE_FAILURE);
    } else {
      ats.respond(sid, echo === 1 ? ssid : -1, prgIndex, PRG_SUCCESS);
    }
  }

  get #lastOnly(): boolean {
    return (this.#parts.registers.lo('PRIQ_IRQ_CFG2') & LAST_ONLY) !== 0;
  }

  #opened(request: PageRequest): void {
    if (request.last && !isStopMarker(request)) {
      const key = `${request.sid}/${request.ssid}/${request.prgIndex}`;
      this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
    }
  }

  #trace(request: PageRequest, result: number): void {
    const words = encodeRequest(request);
    this.#parts.state.recorder.emit(K.ppr, words[0], words[1], words[2], words[3], result);
  }
}

/** Last without read and write, with a PASID: the end of a PASID, not a request. */
function isStopMarker(request: PageRequest): boolean {
  return request.last && !request.read && !request.write && request.ssid >= 0;
}

/** Without a PASID, privilege and execute do not travel. */
function encodeRequest(request: PageRequest): Int32Array {
  const pasid = request.ssid >= 0;
  return PRI_ENTRY.encode({
    StreamID: request.sid >>> 0,
    SubstreamID: pasid ? request.ssid & 0xf_ffff : 0,
    Priv: Number(pasid && request.privileged),
    X: Number(pasid && request.execute),
    R: Number(request.read),
    W: Number(request.write),
    L: Number(request.last),
    SSV: Number(pasid),
    PRGIndex: request.prgIndex & 0x1ff,
    Address: join(request.addrLo & ~0xfff, request.addrHi),
  });
}
