// Address translation operations through registers (IHI 0070 chapter 9): software asks where an access
// of a stream would go. The lookup is done inside the write of GATOS_CTRL.RUN, so that RUN reads 0 again
// at once. No VATOS page, no Secure interface.

import { hi32, lo32 } from '../base/hex.ts';
import type { RegisterFile } from './register-file.ts';
import type { SmmuState } from './smmu-state.ts';
import { REGISTERS } from './spec/registers.ts';

/** Stages that a request asks for: GATOS_ADDR.TYPE. */
export const ATOS_STAGE_1 = 1;
export const ATOS_STAGE_2 = 2;
export const ATOS_BOTH = 3;

/** FAULTCODEs that are no event numbers. */
export const ATOS_INV_REQ = 0xff;
export const ATOS_INV_STAGE = 0xfe;

/** A request as the registers hold it. */
export interface AtosRequest {
  readonly sid: number;
  /** SubstreamID, or -1. */
  readonly ssid: number;
  /** VA or IPA as signed halves, low 12 bits 0. */
  readonly addrLo: number;
  readonly addrHi: number;
  readonly type: number;
  readonly rnw: boolean;
  readonly ind: boolean;
  readonly pnu: boolean;
  /** No hardware update of descriptors. */
  readonly httui: boolean;
}

/** The answer to a request. */
export type AtosAnswer =
  | {
      readonly fault: 0;
      /** Output address, bytes, aligned to the size of the translation. */
      readonly address: number;
      /** log2 of the bytes of the translation, 12 or more. */
      readonly sizeBits: number;
      /** MAIR attribute and shareability from the tables, without overrides of the STE. */
      readonly attr: number;
      readonly shareability: number;
    }
  | {
      /** FAULTCODE: an event number or one of the ATOS_ codes. */
      readonly fault: number;
      /** 0 stage 1 or other, 1 CD fetch, 2 walk of stage 1, 3 input of stage 2. */
      readonly reason: number;
      /** IPA that stage 2 faulted on, bytes; 0 where the manual says 0. */
      readonly faddr: number;
    };

/** Looks requests up: the translation side. */
export interface AtosLookup {
  atos(request: AtosRequest): AtosAnswer;
}

const RUN = 1;
const DEVICE_BELOW = 0x10;
const OUTER_SHAREABLE = 2;

/** @arch 9.1 P(no VATOS; lookups complete at once, so INTERNAL_ERR, 0xfd, never happens) ATOS register usage */
export class Gatos {
  readonly #registers: RegisterFile;
  readonly #state: SmmuState;
  readonly #lookup: AtosLookup;

  constructor(registers: RegisterFile, state: SmmuState, lookup: AtosLookup) {
    this.#registers = registers;
    this.#state = state;
    this.#lookup = lookup;
  }

  /** Takes over GATOS_CTRL. */
  connect(): void {
    this.#registers.setBehaviour('GATOS_CTRL', { write: (value) => this.#control(value) });
  }

  /** RUN can only be set with SMMUEN = 1; a write of 0 does nothing. */
  #control(value: number): void {
    if ((value & RUN) === 0) {
      return;
    }
    if (this.#state.smmuen) {
      const request = this.#request();
      const answer = this.#invalid(request) ?? this.#lookup.atos(request);
      const [lo, hi] = parOf(answer);
      this.#registers.set('GATOS_PAR', lo, hi);
      return;
    }
    this.#state.diagnostics.guestError('6.3.37', 'GATOS_CTRL.RUN is set with SMMUEN = 0: ignored');
  }

  #request(): AtosRequest {
    const sid = [this.#registers.lo('GATOS_SID'), this.#registers.hi('GATOS_SID')];
    const address = [this.#registers.lo('GATOS_ADDR'), this.#registers.hi('GATOS_ADDR')];
    const { GATOS_SID, GATOS_ADDR } = REGISTERS;
    const rnw = GATOS_ADDR.get(address, 'RnW') === 1;
    return {
      sid: GATOS_SID.get(sid, 'STREAMID'),
      ssid: GATOS_SID.get(sid, 'SSID_VALID') === 1 ? GATOS_SID.get(sid, 'SUBSTREAMID') : -1,
      addrLo: (address[0] ?? 0) & ~0xfff,
      addrHi: address[1] ?? 0,
      type: GATOS_ADDR.get(address, 'TYPE'),
      rnw,
      ind: rnw && GATOS_ADDR.get(address, 'InD') === 1,
      pnu: GATOS_ADDR.get(address, 'PnU') === 1,
      httui: GATOS_ADDR.get(address, 'HTTUI') === 1,
    };
  }

  /** @arch 9.1.3 Y ATOS_ADDR: malformed requests */
  #invalid({ type, ssid }: AtosRequest): AtosAnswer | undefined {
    const { s1p, s2p } = this.#state.features;
    const malformed =
      type === 0 ||
      ((type & ATOS_STAGE_1) !== 0 && !s1p) ||
      ((type & ATOS_STAGE_2) !== 0 && !s2p) ||
      (type === ATOS_STAGE_2 && ssid >= 0);
    return malformed ? { fault: ATOS_INV_REQ, reason: 0, faddr: 0 } : undefined;
  }
}

/** GATOS_PAR as halves. @arch 9.1.4 Y ATOS_PAR */
function parOf(answer: AtosAnswer): [number, number] {
  if ('reason' in answer) {
    const { fault, reason, faddr } = answer;
    return [(lo32(faddr) & ~0xfff) | (fault << 4) | (reason << 1) | 1, hi32(faddr) & 0x00ff_ffff];
  }
  const { address, sizeBits, attr } = answer;
  // A size above 4 KiB is the lowest set bit of ADDR: bit N says 2^(N + 1) bytes.
  const aligned = address - (address % 2 ** sizeBits);
  const marked = sizeBits > 12 ? aligned + 2 ** (sizeBits - 1) : aligned;
  const shareability = attr < DEVICE_BELOW ? OUTER_SHAREABLE : answer.shareability;
  const size = sizeBits > 12 ? 1 << 11 : 0;
  return [
    (lo32(marked) & ~0xfff) | size | (shareability << 8),
    (hi32(marked) & 0x00ff_ffff) | (attr << 24),
  ];
}
