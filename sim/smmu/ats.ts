// The ATS interface towards endpoints (IHI 0070 3.9, 4.5): invalidations with their time-outs, and
// responses to page requests. A StreamID without an endpoint never answers.

import { hex } from '../base/hex.ts';
import type { AtcInvalidation, AtsEndpoint } from '../machine/ats-endpoint.ts';
import { K } from '../trace/kinds.ts';
import type { SmmuState } from './smmu-state.ts';

/** `ats` of the trace: operations of this file. */
const ATS_INVALIDATION = 2;
const ATS_INVALIDATION_COMPLETION = 3;
const ATS_PRG_RESPONSE = 4;

/** @arch 3.9.1.4 Y ATS Invalidation timeout */
export class AtsInterface {
  readonly #state: SmmuState;
  readonly #endpoints = new Map<number, AtsEndpoint>();

  constructor(state: SmmuState) {
    this.#state = state;
  }

  register(sid: number, endpoint: AtsEndpoint): void {
    this.#endpoints.set(sid, endpoint);
  }

  unregister(sid: number): void {
    this.#endpoints.delete(sid);
  }

  /** Sends an invalidation request; false when it is not answered, which fails the next CMD_SYNC. */
  invalidate(sid: number, request: AtcInvalidation): boolean {
    const { recorder, diagnostics } = this.#state;
    const { ssid, addrLo, addrHi, sizeLog2Pages } = request;
    recorder.emit(K.ats, ATS_INVALIDATION, sid, ssid, addrLo, addrHi, sizeLog2Pages);
    const endpoint = this.#endpoints.get(sid);
    if (endpoint === undefined) {
      diagnostics.guestError('4.5.1', `CMD_ATC_INV for sid ${hex(sid)}: no ATS endpoint there`);
    }
    const answered = endpoint?.invalidate(request) ?? false;
    recorder.emit(K.ats, ATS_INVALIDATION_COMPLETION, sid, ssid, addrLo, addrHi, Number(answered));
    return answered;
  }

  /** Sends a PRG response; code as on the wire. */
  respond(sid: number, ssid: number, prgIndex: number, code: number): void {
    this.#state.recorder.emit(K.ats, ATS_PRG_RESPONSE, sid, ssid, prgIndex, 0, code);
    this.#endpoints.get(sid)?.prgResponse(ssid, prgIndex, code);
  }
}
