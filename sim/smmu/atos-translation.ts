// Looks up what an ATOS request asks for, through the same tables and caches as transactions, but
// without events, stalls and overrides of the STE (IHI 0070 9.1.3, 9.1.4).

import { Transaction, TXN_INSTRUCTION, TXN_PRIVILEGED, TXN_WRITE } from '../machine/transaction.ts';
import {
  ATTR_WRITE_BACK,
  combineShareability,
  combineStage2,
  combineStage2Forced,
  effectiveShareability,
} from './attributes.ts';
import type { ConfigLookup } from './config-lookup.ts';
import type { FaultState } from './fault.ts';
import {
  CLASS_CD,
  CLASS_TT,
  F_ADDR_SIZE,
  F_CD_FETCH,
  F_TRANSLATION,
  F_WALK_EABT,
  isTranslationRelated,
} from './fault.ts';
import type { AtosAnswer, AtosRequest } from './gatos.ts';
import { ATOS_BOTH, ATOS_INV_STAGE, ATOS_STAGE_1, ATOS_STAGE_2 } from './gatos.ts';
import { OAS_BITS } from './register-masks.ts';
import type { SmmuState } from './smmu-state.ts';
import type { Stages } from './stages.ts';
import { neededPermission, tableFor, withoutTag } from './stages.ts';
import { HAS_STAGE1, HAS_STAGE2, packAttributes } from './tlb-entry.ts';
import type { TransConfig } from './trans-config.ts';

const TWO_32 = 0x1_0000_0000;
const REASON_STAGE_1 = 0;
const REASON_CD = 1;
const REASON_TT = 2;
const REASON_IN = 3;

/** Looks up ATOS requests. @arch 9.1.4 Y ATOS_PAR: causes and their REASON */
export class AtosTranslation {
  readonly #state: SmmuState;
  readonly #lookup: ConfigLookup;
  readonly #stages: Stages;
  readonly #fault: FaultState;
  readonly #transaction = new Transaction();

  constructor(state: SmmuState, lookup: ConfigLookup, stages: Stages, fault: FaultState) {
    this.#state = state;
    this.#lookup = lookup;
    this.#stages = stages;
    this.#fault = fault;
  }

  /** The answer to a request that is not malformed, with SMMUEN = 1. */
  atos(request: AtosRequest): AtosAnswer {
    const { recorder } = this.#state;
    const { walker } = this.#stages;
    const { cause } = recorder;
    walker.updates = !request.httui;
    const answer = this.#answer(request);
    walker.updates = true;
    recorder.cause = cause;
    return answer;
  }

  #answer(request: AtosRequest): AtosAnswer {
    const ste = this.#lookup.stream(request.sid);
    if (ste === undefined) {
      return this.#faultOf(REASON_STAGE_1);
    }
    const { config } = ste;
    const { config: stages } = ste.values;
    if (config === undefined || (stages & request.type) !== request.type) {
      return { fault: ATOS_INV_STAGE, reason: 0, faddr: 0 };
    }
    if (request.type === ATOS_STAGE_2) {
      return this.#run(request, config);
    }
    const substream = this.#lookup.substream(ste, request.ssid);
    if (substream === undefined) {
      return this.#configurationFault(request);
    }
    if (request.type === ATOS_STAGE_1) {
      return substream.s1 ? this.#stage1(request, substream) : this.#skipped(request);
    }
    return this.#run(request, substream);
  }

  /** All stages of `config`, which are the ones that were asked for. */
  #run(request: AtosRequest, config: TransConfig): AtosAnswer {
    const stages = this.#stages;
    const t = this.#asTransaction(request);
    if (!stages.run(t, config, t.flags, neededPermission(t.flags))) {
      const { s2 } = this.#fault;
      return this.#faultOf(s2 ? this.#reasonOfStage2() : REASON_STAGE_1, request.type);
    }
    return {
      fault: 0,
      address: stages.pa,
      sizeBits: stages.shift,
      ...attributesOf(stages.attrs, config.fwb),
    };
  }

  /** Stage 1 of a stream, nested or not: the result is an IPA that stage 2 does not see. */
  #stage1(request: AtosRequest, config: TransConfig): AtosAnswer {
    const { walker } = this.#stages;
    const t = this.#asTransaction(request);
    const table = tableFor(config, t.addrHi);
    const outside =
      ((t.addrLo ^ table.ones) & table.rangeLo) !== 0 ||
      ((t.addrHi ^ table.ones) & table.rangeHi) !== 0 ||
      (table.e0pd && !request.pnu);
    if (outside) {
      this.#fault.set(F_TRANSLATION);
      return this.#faultOf(REASON_STAGE_1);
    }
    const hi = withoutTag(table, t.addrHi);
    walker.setRequester(t);
    if (!walker.stage1(config, table, t.addrLo, hi, neededPermission(t.flags))) {
      return this.#syntheticFault(F_WALK_EABT);
    }
    const leaf = walker.leaf1;
    return {
      fault: 0,
      address: leaf.out,
      sizeBits: leaf.shift,
      ...attributesOf(packAttributes(leaf, undefined), false),
    };
  }

  /** Stage 1 skipped by S1DSS: the address itself, in the smallest size. */
  #skipped({ addrLo, addrHi }: AtosRequest): AtosAnswer {
    const address = (addrHi >>> 0) * TWO_32 + (addrLo >>> 0);
    if (address >= 2 ** (OAS_BITS[this.#state.features.oas as 0] ?? 52)) {
      this.#fault.set(F_ADDR_SIZE);
      return this.#faultOf(REASON_STAGE_1);
    }
    return { fault: 0, address, sizeBits: 12, attr: ATTR_WRITE_BACK, shareability: 0 };
  }

  #configurationFault(request: AtosRequest): AtosAnswer {
    if (!this.#fault.s2) {
      return this.#faultOf(REASON_STAGE_1);
    }
    return request.type === ATOS_STAGE_1
      ? this.#syntheticFault(F_CD_FETCH)
      : this.#faultOf(REASON_CD, request.type);
  }

  /** A stage 1 request does not tell about stage 2: its faults look like aborted fetches. */
  #syntheticFault(type: number): AtosAnswer {
    return this.#fault.s2
      ? { fault: type, reason: REASON_STAGE_1, faddr: 0 }
      : this.#faultOf(REASON_STAGE_1);
  }

  #reasonOfStage2(): number {
    const { class: faultClass } = this.#fault;
    if (faultClass === CLASS_CD) {
      return REASON_CD;
    }
    return faultClass === CLASS_TT ? REASON_TT : REASON_IN;
  }

  /** FADDR is the IPA only for a request of both stages and a translation-related fault of stage 2. */
  #faultOf(reason: number, type = 0): AtosAnswer {
    const { type: fault, ipa } = this.#fault;
    const tells = type === ATOS_BOTH && reason !== REASON_STAGE_1;
    return { fault, reason, faddr: tells && isTranslationRelated(fault) ? ipa : 0 };
  }

  #asTransaction(request: AtosRequest): Transaction {
    const t = this.#transaction;
    t.sid = request.sid;
    t.ssid = request.ssid;
    t.addrLo = request.addrLo;
    t.addrHi = request.addrHi;
    t.flags =
      (request.rnw ? 0 : TXN_WRITE) |
      (request.ind ? TXN_INSTRUCTION : 0) |
      (request.pnu ? TXN_PRIVILEGED : 0);
    return t;
  }
}

/** Attributes of the tables alone: stage 1, stage 2, or stage 1 combined with stage 2. */
function attributesOf(packed: number, fwb: boolean): { attr: number; shareability: number } {
  const hasS1 = (packed & HAS_STAGE1) !== 0;
  let attr = hasS1 ? packed & 0xff : ATTR_WRITE_BACK;
  let shareability = hasS1 ? effectiveShareability(attr, (packed >>> 8) & 3) : 0;
  if ((packed & HAS_STAGE2) !== 0) {
    const memAttr = (packed >>> 10) & 0xf;
    attr = fwb ? combineStage2Forced(attr, memAttr) : combineStage2(attr, memAttr);
    shareability = combineShareability(shareability, (packed >>> 14) & 3);
  }
  return { attr, shareability: effectiveShareability(attr, shareability) };
}
