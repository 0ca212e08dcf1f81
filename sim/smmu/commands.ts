// What each command needs to be legal and what it does (IHI 0070 chapter 4). Commands of the Secure
// queue are illegal here, as on any Non-secure queue. Reserved bits are ignored and diagnosed (4.1.5).

import { hex, join } from '../base/hex.ts';
import { TXN_ABORT, TXN_OK, TXN_RAZ_WI } from '../machine/transaction.ts';
import type { AtsInterface } from './ats.ts';
import type { CacheMaintenance } from './cache-maintenance.ts';
import type { SmmuFeatures } from './capabilities.ts';
import type { PriQueue } from './pri-queue.ts';
import type { SmmuState } from './smmu-state.ts';
import type { CommandName } from './spec/commands.ts';
import { CERROR_ATC_INV_SYNC, CERROR_ILL, COMMAND_BY_OPCODE, COMMANDS } from './spec/commands.ts';
import { PRG_INVALID_REQUEST, PRG_RESPONSE_FAILURE, PRG_SUCCESS } from './spec/pri.ts';
import type { StallTable } from './stall.ts';
import { asidOf, illegalRange, tlbiOperand, vmidOf } from './tlbi-operand.ts';

/** What commands act on. */
export interface CommandTargets {
  readonly state: SmmuState;
  readonly caches: CacheMaintenance;
  readonly stalls: StallTable;
  readonly ats: AtsInterface;
  readonly pri: PriQueue;
  /** What the next CMD_SYNC of the queue that the command came from has to report. */
  readonly pending: { timedOut: boolean };
}

/** Why a command is not consumed. */
export interface Refusal {
  readonly cerror: number;
  readonly why: string;
}

interface Handler {
  /** Why the command is illegal on this instance, or undefined. */
  illegal?(features: Readonly<SmmuFeatures>, words: Int32Array): string | undefined;
  run(targets: CommandTargets, words: Int32Array): void;
}

const needsStage1 = (features: Readonly<SmmuFeatures>) =>
  features.s1p ? undefined : 'stage 1 is not implemented (IDR0.S1P = 0)';
const needsStage2 = (features: Readonly<SmmuFeatures>) =>
  features.s2p ? undefined : 'stage 2 is not implemented (IDR0.S2P = 0)';
const needsHyp = (features: Readonly<SmmuFeatures>) =>
  features.hyp ? undefined : 'EL2 is not implemented (IDR0.Hyp = 0)';
const needsStalls = (features: Readonly<SmmuFeatures>) =>
  features.stallModel === 1 ? 'the Stall model is not implemented (STALL_MODEL = 1)' : undefined;

function ranged(needs: NonNullable<Handler['illegal']>, run: Handler['run']): Handler {
  return {
    illegal: (features, words) => needs(features, words) ?? illegalRange(words, features),
    run,
  };
}

function never(why: string): Handler {
  return { illegal: () => why, run: () => undefined };
}

const NO_SECURE = never('a command of the Secure Command queue');
const NO_MPAM = never('MPAM is not implemented (IDR3.MPAM = 0)');
const NO_DPT = never('the Device Permission Table is not implemented (IDR3.DPT = 0)');

const HINT: Handler = { run: () => undefined };

const sidOf = (words: Int32Array) => (words[1] as number) >>> 0;
const leafOf = (words: Int32Array) => ((words[2] as number) & 1) !== 0;
const field = COMMANDS;

/** The commands by name: every one of the architecture. @arch 4.1.3 Y Command errors */
const HANDLERS: Readonly<Record<CommandName, Handler>> = {
  CMD_PREFETCH_CONFIG: HINT,
  CMD_PREFETCH_ADDR: HINT,
  CMD_CFGI_STE: {
    run: ({ caches }, words) => caches.cfgiSte(sidOf(words), leafOf(words)),
  },
  CMD_CFGI_STE_RANGE: {
    run: ({ caches }, words) => {
      const range = (words[2] as number) & 0x1f;
      if (range === 31) {
        caches.cfgiAll();
      } else {
        caches.cfgiSteRange(sidOf(words), range);
      }
    },
  },
  CMD_CFGI_CD: {
    illegal: needsStage1,
    run: ({ caches }, words) =>
      caches.cfgiCd(sidOf(words), field.CMD_CFGI_CD.get(words, 'SubstreamID'), leafOf(words)),
  },
  CMD_CFGI_CD_ALL: {
    illegal: needsStage1,
    run: ({ caches }, words) => caches.cfgiCdAll(sidOf(words)),
  },
  CMD_CFGI_VMS_PIDM: NO_MPAM,
  CMD_TLBI_NH_ALL: {
    illegal: needsStage1,
    run: ({ caches, state }, words) => caches.tlbiNhAll(vmidOf(words, state.features)),
  },
  CMD_TLBI_NH_ASID: {
    illegal: needsStage1,
    run: ({ caches, state: { features } }, words) =>
      caches.tlbiNhAsid(vmidOf(words, features), asidOf(words, features)),
  },
  CMD_TLBI_NH_VA: ranged(needsStage1, ({ caches, state }, words) =>
    caches.tlbiNhVa(tlbiOperand('CMD_TLBI_NH_VA', words, state)),
  ),
  CMD_TLBI_NH_VAA: ranged(needsStage1, ({ caches, state }, words) =>
    caches.tlbiNhVaa(tlbiOperand('CMD_TLBI_NH_VAA', words, state)),
  ),
  CMD_TLBI_EL3_ALL: NO_SECURE,
  CMD_TLBI_EL3_VA: NO_SECURE,
  CMD_TLBI_EL2_ALL: { illegal: needsHyp, run: ({ caches }) => caches.tlbiEl2All() },
  CMD_TLBI_EL2_ASID: {
    illegal: needsHyp,
    run: ({ caches, state }, words) => caches.tlbiEl2Asid(asidOf(words, state.features)),
  },
  CMD_TLBI_EL2_VA: ranged(needsHyp, ({ caches, state }, words) =>
    caches.tlbiEl2Va(tlbiOperand('CMD_TLBI_EL2_VA', words, state)),
  ),
  CMD_TLBI_EL2_VAA: ranged(needsHyp, ({ caches, state }, words) =>
    caches.tlbiEl2Vaa(tlbiOperand('CMD_TLBI_EL2_VAA', words, state)),
  ),
  CMD_TLBI_S12_VMALL: {
    illegal: needsStage2,
    run: ({ caches, state }, words) => caches.tlbiS12VmAll(vmidOf(words, state.features)),
  },
  CMD_TLBI_S2_IPA: ranged(needsStage2, ({ caches, state }, words) =>
    caches.tlbiS2Ipa(tlbiOperand('CMD_TLBI_S2_IPA', words, state)),
  ),
  CMD_TLBI_NSNH_ALL: { run: ({ caches }) => caches.tlbiNsnhAll() },
  CMD_TLBI_S_EL2_ALL: NO_SECURE,
  CMD_TLBI_S_EL2_ASID: NO_SECURE,
  CMD_TLBI_S_EL2_VA: NO_SECURE,
  CMD_TLBI_S_EL2_VAA: NO_SECURE,
  CMD_TLBI_S_S12_VMALL: NO_SECURE,
  CMD_TLBI_S_S2_IPA: NO_SECURE,
  CMD_TLBI_SNH_ALL: NO_SECURE,
  CMD_ATC_INV: {
    illegal: (features, words) => {
      if (!features.ats) {
        return 'ATS is not implemented (IDR0.ATS = 0)';
      }
      const size = field.CMD_ATC_INV.get(words, 'Size');
      return size > 52 ? `Size = ${size} is above 52` : undefined;
    },
    run: invalidateAtc,
  },
  CMD_PRI_RESP: {
    illegal: (features, words) => {
      if (!features.pri) {
        return 'PRI is not implemented (IDR0.PRI = 0)';
      }
      return field.CMD_PRI_RESP.get(words, 'Resp') === 3 ? 'Resp = 3 is reserved' : undefined;
    },
    run: respondToPages,
  },
  CMD_RESUME: { illegal: needsStalls, run: resume },
  CMD_STALL_TERM: {
    illegal: needsStalls,
    run: ({ stalls }, words) => stalls.terminateStream(sidOf(words)),
  },
  CMD_SYNC: {
    illegal: (_features, words) =>
      field.CMD_SYNC.get(words, 'CS') === 3 ? 'CS = 3 is reserved' : undefined,
    run: () => undefined,
  },
  CMD_DPTI_ALL: NO_DPT,
  CMD_DPTI_PA: NO_DPT,
};

/** What running a command takes, so that nothing is looked up by name. */
interface Dispatch {
  readonly name: CommandName;
  readonly handler: Handler;
  /** SSec, when the command has it. */
  readonly ssec: number;
  readonly reserved: readonly number[];
}

const SSEC = 1 << 10;

const BY_OPCODE: readonly (Dispatch | undefined)[] = Array.from({ length: 256 }, (_, opcode) => {
  const name = COMMAND_BY_OPCODE.get(opcode);
  if (name === undefined) {
    return undefined;
  }
  const { fields, reserved } = COMMANDS[name];
  return { name, handler: HANDLERS[name], ssec: 'SSec' in fields ? SSEC : 0, reserved };
});

/** Why the command is not consumed, or undefined for one that is to be run. */
export function refusal(targets: CommandTargets, words: Int32Array): Refusal | undefined {
  const dispatch = BY_OPCODE[(words[0] as number) & 0xff];
  if (dispatch === undefined) {
    return { cerror: CERROR_ILL, why: `opcode ${hex((words[0] as number) & 0xff)} is reserved` };
  }
  const { name, handler, ssec } = dispatch;
  const why =
    ((words[0] as number) & ssec) !== 0
      ? 'SSec = 1 on the Non-secure Command queue'
      : handler.illegal?.(targets.state.features, words);
  if (why !== undefined) {
    return { cerror: CERROR_ILL, why: `${name}: ${why}` };
  }
  if (name === 'CMD_SYNC' && targets.pending.timedOut) {
    // Reported once: the CMD_SYNC that is consumed again completes everything else.
    targets.pending.timedOut = false;
    return { cerror: CERROR_ATC_INV_SYNC, why: 'CMD_SYNC: a CMD_ATC_INV before it timed out' };
  }
  return undefined;
}

/** Runs a command that is not refused. */
export function runCommand(targets: CommandTargets, words: Int32Array): void {
  const dispatch = BY_OPCODE[(words[0] as number) & 0xff];
  if (dispatch !== undefined) {
    checkReserved(targets.state, dispatch, words);
    dispatch.handler.run(targets, words);
  }
}

/** MSI of a CMD_SYNC with SIG_IRQ, or undefined when it has none. */
export function syncMessage(
  words: Int32Array,
  state: SmmuState,
  oasBits: number,
): { address: number; data: number } | undefined {
  const lo = (words[2] as number) & ~3;
  const hi = (words[3] as number) & 0x00ff_ffff;
  if (!state.features.msi || (lo === 0 && hi === 0)) {
    return undefined;
  }
  return { address: join(lo, hi) % 2 ** oasBits, data: words[1] as number };
}

/** Completion signal of a CMD_SYNC. */
export function signalOf(words: Int32Array): number {
  return field.CMD_SYNC.get(words, 'CS');
}

/** @arch 4.1.5 Y Reserved fields */
function checkReserved(state: SmmuState, { name, reserved }: Dispatch, words: Int32Array): void {
  for (let word = 0; word < 4; word++) {
    const bits = (words[word] as number) & (reserved[word] as number);
    if (bits !== 0) {
      const text = `${name}: reserved bits ${hex(bits >>> 0, 8)} of word ${word} are set, ignored`;
      state.diagnostics.guestError(COMMANDS[name].section, text);
    }
  }
}

/** SubstreamID of a command with SSV, or -1. SSV without substreams acts as SSV = 0. */
function ssidOf(state: SmmuState, name: 'CMD_ATC_INV' | 'CMD_PRI_RESP', words: Int32Array): number {
  // Both commands have these fields at the same place.
  if (field.CMD_ATC_INV.get(words, 'SSV') === 0) {
    return -1;
  }
  if (state.features.ssidsize === 0) {
    state.diagnostics.unpredictable(
      COMMANDS[name].section,
      `${name} with SSV = 1 and no substreams (IDR1.SSIDSIZE = 0): acts as SSV = 0`,
    );
    return -1;
  }
  return field.CMD_ATC_INV.get(words, 'SubstreamID');
}

/** @arch 3.9.1 Y ATS interface: invalidation requests */
function invalidateAtc({ state, ats, pending }: CommandTargets, words: Int32Array): void {
  if (!state.smmuen) {
    return;
  }
  const size = field.CMD_ATC_INV.get(words, 'Size');
  const ssid = ssidOf(state, 'CMD_ATC_INV', words);
  // Address bits below 12 + Size are taken as 0.
  const lo = size >= 20 ? 0 : (words[2] as number) & ~(2 ** (12 + size) - 1);
  const hi = size >= 52 ? 0 : (words[3] as number) & ~(2 ** Math.max(0, size - 20) - 1);
  const answered = ats.invalidate(sidOf(words), {
    ssid,
    addrLo: lo,
    addrHi: hi,
    sizeLog2Pages: size,
    global: ssid >= 0 && field.CMD_ATC_INV.get(words, 'G') === 1,
  });
  pending.timedOut ||= !answered;
}

const WIRE_CODES = [PRG_RESPONSE_FAILURE, PRG_INVALID_REQUEST, PRG_SUCCESS] as const;

function respondToPages({ state, ats, pri }: CommandTargets, words: Int32Array): void {
  if (!state.smmuen) {
    return;
  }
  const ssid = ssidOf(state, 'CMD_PRI_RESP', words);
  const prgIndex = field.CMD_PRI_RESP.get(words, 'PRGIndex');
  const code = WIRE_CODES[field.CMD_PRI_RESP.get(words, 'Resp')] ?? PRG_RESPONSE_FAILURE;
  pri.answered(sidOf(words), ssid, prgIndex);
  ats.respond(sidOf(words), ssid, prgIndex, code);
}

function resume({ state, stalls }: CommandTargets, words: Int32Array): void {
  const stag = field.CMD_RESUME.get(words, 'STAG');
  const abort = state.features.termModel || field.CMD_RESUME.get(words, 'Ab') === 1;
  const terminated = abort ? TXN_ABORT : TXN_RAZ_WI;
  const status = field.CMD_RESUME.get(words, 'Ac') === 1 ? TXN_OK : terminated;
  if (!stalls.resume(sidOf(words), stag, status)) {
    state.diagnostics.guestError(
      '4.7.1',
      `CMD_RESUME: sid ${hex(sidOf(words))} has no stalled transaction with STAG ${hex(stag)}, no effect`,
    );
  }
}
