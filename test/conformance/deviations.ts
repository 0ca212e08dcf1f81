// Where QEMU 11.1.3 deviates from IHI 0070, tag by tag: what QEMU says, what the section says, and a check
// that the model does what the section says. Translations are decided by the reference walker, which
// knows neither side. A case with one of these tags is never counted as agreed.

import { DEFAULT_FEATURES } from '../../sim/smmu/capabilities.ts';
import type { ReferenceAnswer } from '../support/reference-walker.ts';
import { ReferenceWalker } from '../support/reference-walker.ts';
import type { CaseRun, DmaRun } from './qemu.ts';
import type { QemuCase } from './qemu-case.ts';
import { normalEvent } from './qemu-compare.ts';

/** What is wrong with a run, or undefined. */
type Check = (run: CaseRun, recorded: QemuCase) => string | undefined;

/** One deviation of QEMU's. */
export interface Deviation {
  readonly tag: string;
  /** What QEMU does. */
  readonly qemu: string;
  /** Section of IHI 0070 that decides. */
  readonly section: string;
  /** What the section says, and the model does. */
  readonly manual: string;
  /** Checks of the model beside the reference walker; what is wrong, or undefined. */
  readonly check?: Check;
  /** False where caches, queues or registers decide, which the reference walker does not have. */
  readonly walked: boolean;
}

const BAD_STREAMID = 2;

function eventTypes(run: CaseRun): number[] {
  return run.dmas.flatMap((dma) => dma.events.map((event) => Number(`0x${event.slice(0, 2)}`)));
}

/** No event of this type may come. */
function never(type: number): Check {
  return (run) =>
    eventTypes(run).includes(type) ? `event ${type.toString(16)} was recorded` : undefined;
}

/** The last access must have ended like this. */
function lastState(...states: readonly string[]): Check {
  return (run) => {
    const last = run.dmas.at(-1)?.states.at(-1);
    return last !== undefined && states.includes(last) ? undefined : `the last access: ${last}`;
  };
}

/** The steps marked with the tag must have ended like this. */
function markedState(tag: string, ...states: readonly string[]): Check {
  return (run) => {
    const wrong = run.dmas.find(
      (dma) => dma.marks.includes(tag) && dma.states.some((state) => !states.includes(state)),
    );
    return wrong === undefined ? undefined : `marked access: ${wrong.states.join(' ')}`;
  };
}

const GERROR = 0x60;
const GERRORN = 0x64;
const CMDQ_CONS = 0x9c;
const CERROR_ILL = 1;

/** The queue must have stopped with CERROR_ILL at some time: GERROR.CMDQ_ERR has toggled. */
function commandRefused(run: CaseRun): string | undefined {
  const { machine } = run;
  const toggled = ((machine.read(GERROR) | machine.read(GERRORN)) & 1) !== 0;
  const code = (machine.read(CMDQ_CONS) >>> 24) & 0x7f;
  return toggled && (code === CERROR_ILL || code === 0) ? undefined : 'no CERROR_ILL';
}

/** CS = 3 is ILLEGAL, CS = 2 is a SEV that acts as 0 without IDR0.SEV. */
function syncSignal(run: CaseRun, recorded: QemuCase): string | undefined {
  return recorded.note.includes('CS=3') ? commandRefused(run) : undefined;
}

/** Overflow is no error. */
function nothingAborted(run: CaseRun): string | undefined {
  const { machine } = run;
  const active = ((machine.read(GERROR) ^ machine.read(GERRORN)) & 4) !== 0;
  return active ? 'EVENTQ_ABT_ERR is active' : undefined;
}

/** Every deviation. */
export const DEVIATIONS: readonly Deviation[] = [
  {
    tag: 'S1CDMAX',
    qemu: 'STE.S1CDMax != 0 is C_BAD_STE, also with stage 1 off',
    section: '5.2 S1CDMax',
    manual: 'IGNORED when IDR1.SSIDSIZE is 0 or stage 1 is off',
    walked: true,
  },
  {
    tag: 'S1STALLD-S2ONLY',
    qemu: 'STE.S1STALLD = 1 is C_BAD_STE without stage 1 too',
    section: '5.2 S1STALLD',
    manual: 'fields with an S1 prefix are IGNORED when stage 1 is off',
    walked: true,
  },
  {
    tag: 'S2HDHA',
    qemu: 'STE.S2HA, S2HD = 1 are accepted',
    section: '5.2.2',
    manual: 'ILLEGAL with IDR0.HTTU = 0: C_BAD_STE',
    walked: true,
  },
  {
    tag: 'S2-T0SZ-PS',
    qemu: 'the least S2T0SZ follows from S2PS: C_BAD_STE',
    section: '5.2 S2T0SZ',
    manual: 'the least value is MAX(16, 64 - IAS)',
    walked: true,
  },
  {
    tag: 'S2-SL0-LOW',
    qemu: 'a start level without index bits is accepted',
    section: '5.2 S2SL0',
    manual: 'inconsistent with S2T0SZ and S2TG: C_BAD_STE',
    walked: true,
  },
  {
    tag: 'S2AA64-CRASH',
    qemu: 'STE.S2AA64 = 0 aborts QEMU',
    section: '5.2 S2AA64',
    manual: 'ILLEGAL with IDR0.TTF[0] = 0: C_BAD_STE',
    walked: true,
  },
  {
    tag: 'IPS67-CRASH',
    qemu: 'CD.IPS = 6 or 7 aborts QEMU',
    section: '5.4 IPS',
    manual: 'a value above the cap acts as the cap',
    walked: true,
  },
  {
    tag: 'L2-SPAN',
    qemu: 'a level 2 array of 2^Span entries; beyond it C_BAD_STE',
    section: '5.1 Span',
    manual: '2^(Span - 1) entries; beyond them C_BAD_STREAMID',
    walked: true,
  },
  {
    tag: 'FMT-STICKY',
    qemu: 'STRTAB_BASE_CFG.FMT cannot be set back to linear',
    section: '6.3.25',
    manual: 'FMT is what was written last while SMMUEN = 0',
    walked: false,
  },
  {
    tag: 'RECINVSID',
    qemu: 'C_BAD_STREAMID is recorded with CR2.RECINVSID = 0',
    section: '6.3.12',
    manual: 'recorded only with RECINVSID = 1; the transaction aborts',
    check: (run) => never(BAD_STREAMID)(run, NO_CASE) ?? lastState('fault')(run, NO_CASE),
    walked: false,
  },
  {
    tag: 'PRIV',
    qemu: 'every access is privileged: AP[1] and APTable[0] never fault',
    section: '13.1.3',
    manual: 'unprivileged unless the client or the STE says otherwise',
    walked: true,
  },
  {
    tag: 'APTABLE-PRIO',
    qemu: 'APTable[1] faults at the table, before lower levels are read',
    section: '7.3.22',
    manual: 'hierarchical permissions act at the leaf, after everything else',
    walked: true,
  },
  {
    tag: 'APTABLE-TLB',
    qemu: 'APTable[1] is not in the TLB entry: a write after a read passes',
    section: '4.4',
    manual: 'permissions of a translation hold on a TLB hit too',
    check: markedState('APTABLE-TLB', 'fault'),
    walked: true,
  },
  {
    tag: 'FAULT-PRIO',
    qemu: 'the size of the leaf address is checked after AF and permissions',
    section: '7.3.22',
    manual: 'F_ADDR_SIZE comes before F_ACCESS and F_PERMISSION',
    walked: true,
  },
  {
    tag: 'TABLE-ADDR-SIZE',
    qemu: 'a next-level table beyond the output size is fetched: F_WALK_EABT',
    section: '3.4',
    manual: 'F_ADDR_SIZE for table descriptors too',
    walked: true,
  },
  {
    tag: 'BLOCK-LEVEL',
    qemu: 'blocks are accepted at every level below 3',
    section: '7.3.13 (DDI 0487 D8.3)',
    manual: 'a block at a level that the granule does not allow is invalid: F_TRANSLATION',
    walked: true,
  },
  {
    tag: 'TBI1',
    qemu: 'the high half uses CD.TBI0',
    section: '5.4 TBI1',
    manual: 'TBI1 is for addresses with VA[55] = 1',
    walked: true,
  },
  {
    tag: 'S2-CONCAT',
    qemu: 'of concatenated start tables the first one is always walked',
    section: '5.2 S2SL0 (DDI 0487 D8.2)',
    manual: 'the start index takes the extra bits',
    walked: true,
  },
  {
    tag: 'NEST-TABLE-BASE',
    qemu: "only the base of a stage 1 table goes through stage 2, not the descriptor's IPA",
    section: '5.4.1, 3.4',
    manual: 'each descriptor is fetched at the translation of its own IPA',
    walked: true,
  },
  {
    tag: 'NEST-TTB-BOTH',
    qemu: 'both enabled TTBs are translated when the CD is decoded',
    section: '7.3.22',
    manual: 'a fault comes only from the table that the address uses',
    walked: true,
  },
  {
    tag: 'NEST-TT-S2',
    qemu: 'a stage 2 fault on a stage 1 descriptor is recorded with S2 = 0, by CD.R',
    section: '7.3.13, 5.5',
    manual: 'S2 = 1, CLASS = TT, IPA of the descriptor, by STE.S2R',
    walked: true,
  },
  {
    tag: 'NEST-RNW',
    qemu: 'stage 2 faults for a CD or TTB say RnW = 1 for a write',
    section: '7.3.13',
    manual: 'RnW is of the incoming transaction',
    walked: true,
  },
  {
    tag: 'WO-TLB',
    qemu: 'a read that hits a write-only stage 2 TLB entry is dropped without an event',
    section: '7.3.16',
    manual: 'F_PERMISSION, as without the TLB',
    check: markedState('WO-TLB', 'fault'),
    walked: true,
  },
  {
    tag: 'S2-IAS-EVENT',
    qemu: 'a stage 2 input beyond IAS ends without F_ADDR_SIZE',
    section: '3.4',
    manual: 'stage 1 F_ADDR_SIZE, recorded, abort',
    walked: true,
  },
  {
    tag: 'BYPASS-ADDR-SIZE',
    qemu: 'bypass does not look at the address size',
    section: '3.4',
    manual: 'STE bypass: F_ADDR_SIZE and abort; SMMUEN = 0: abort without an event',
    check: markedState('BYPASS-ADDR-SIZE', 'fault', 'abort'),
    walked: false,
  },
  {
    tag: 'SECURE',
    qemu: 'the security attribute of an access is ignored',
    section: '3.10',
    manual:
      'there is no Secure stream in a Non-secure SMMU: the model has no such access to replay',
    walked: false,
  },
  {
    tag: 'EVTQ-FULL',
    qemu: 'a full Event queue raises EVENTQ_ABT_ERR; OVFLG never toggles',
    section: '7.4',
    manual: 'OVFLG toggles; nothing was aborted',
    check: nothingAborted,
    walked: false,
  },
  {
    tag: 'CMD-SILENT',
    qemu: 'commands that these ID registers do not offer are consumed silently',
    section: '4.1.2, 7.1',
    manual: 'CERROR_ILL',
    check: commandRefused,
    walked: false,
  },
  {
    tag: 'CMD-SSEC',
    qemu: 'SSec = 1 is accepted for prefetch commands',
    section: '4.1.6',
    manual: 'CERROR_ILL on the Non-secure queue',
    check: commandRefused,
    walked: false,
  },
  {
    tag: 'CHECK-SYNC-CS',
    qemu: 'CMD_SYNC with CS = 2 or 3 is consumed',
    section: '4.7.3',
    manual: 'CS = 3 is CERROR_ILL; CS = 2 acts as 0 with IDR0.SEV = 0',
    check: syncSignal,
    walked: false,
  },
  {
    tag: 'QBASE-ALIGN',
    qemu: 'queue bases are aligned to 64 bytes',
    section: '6.3.26',
    manual: 'aligned to the size of the queue, at least 32 bytes',
    walked: false,
  },
  {
    tag: 'CR0-RES',
    qemu: 'reserved bits of CR0 read back',
    section: '6.3.9',
    manual: 'RES0 bits read as 0 and never show in CR0ACK',
    walked: false,
  },
  {
    tag: 'REG-MASK',
    qemu: 'registers read back as written',
    section: '6.3',
    manual: 'RES0 bits read as 0',
    walked: false,
  },
  {
    tag: 'MMIO-64',
    qemu: '64-bit accesses to 32-bit registers are ignored',
    section: '6.2',
    manual: 'CONSTRAINED UNPREDICTABLE: the model diagnoses them',
    walked: false,
  },
];

const NO_CASE: QemuCase = { id: '', cat: '', note: '', stage: '1', tags: [], mem: [], steps: [] };

/** The deviations of a case by its tags; a tag that nobody decided stays a string. */
export function deviationsOf(tags: readonly string[]): readonly (Deviation | string)[] {
  return [...new Set(tags)]
    .filter((tag) => tag.startsWith('dev:'))
    .map((tag) => DEVIATIONS.find((entry) => `dev:${entry.tag}` === tag) ?? tag);
}

/** What the model does otherwise than the manual in a case where QEMU deviates; empty when nothing. */
export function decide(recorded: QemuCase, run: CaseRun): string[] {
  const wrong: string[] = [];
  const deviations = deviationsOf([...recorded.tags, ...run.untagged]);
  const several = deviations.length > 1;
  for (const deviation of deviations) {
    if (typeof deviation === 'string') {
      continue;
    }
    // With several deviations in one case, only the reference walker can tell which one shows.
    const text = several ? undefined : deviation.check?.(run, recorded);
    if (text !== undefined) {
      wrong.push(`${deviation.tag} (${deviation.section}: ${deviation.manual}): ${text}`);
    }
  }
  const walked = deviations.every((entry) => typeof entry !== 'string' && entry.walked);
  return walked ? [...wrong, ...run.dmas.flatMap((dma) => referenceDisagrees(run, dma))] : wrong;
}

/** The model against the reference walker on the memory as the case has left it. */
function referenceDisagrees(run: CaseRun, dma: DmaRun): string[] {
  if (dma.step.unpred !== undefined) {
    return [];
  }
  const { state } = run.machine.smmu;
  const { memory } = run.machine.machine;
  const texts = dma.events.map(normalEvent);
  const differences: string[] = [];
  for (const [index, iova] of dma.iovas.entries()) {
    const { answer } = new ReferenceWalker(
      {
        features: { ...DEFAULT_FEATURES, ...state.features },
        strtabBase: BigInt(state.strtabBase),
        strtabLog2Size: state.strtabLog2Size,
        strtabSplit: state.strtabSplit,
        strtabTwoLevel: state.strtabTwoLevel,
        e2h: state.e2h,
        recinvsid: state.recinvsid,
        read: (pa) => {
          const ok = pa < 1n << 53n && memory.read64(Number(pa));
          return ok
            ? BigInt.asUintN(64, (BigInt(memory.hi) << 32n) | BigInt(memory.lo >>> 0))
            : undefined;
        },
      },
      {
        sid: Number(dma.step.sid),
        ssid: -1,
        address: BigInt(iova),
        write: dma.step.rw === 'w',
        privileged: false,
        instruction: false,
      },
    ).run();
    const want = stateOf(answer);
    const have = `${dma.states[index]}`;
    if (want !== have) {
      differences.push(`beat ${iova}: reference ${want}, model ${have}`);
    }
    const event = eventOf(dma, iova, answer);
    if (event !== undefined && !texts.includes(event)) {
      differences.push(`reference ${event}, model ${texts.join(' | ')}`);
    }
  }
  return differences;
}

function stateOf(answer: ReferenceAnswer): string {
  if (answer.kind === 'ok') {
    return answer.bypass ? 'bypass' : 'ok';
  }
  return answer.kind === 'silent abort' ? 'abort' : 'fault';
}

/** The record of a fault, in the words of normalEvent. */
function eventOf(dma: DmaRun, iova: string, answer: ReferenceAnswer): string | undefined {
  if (answer.kind !== 'fault' || !answer.recorded) {
    return undefined;
  }
  const sid = Number(dma.step.sid).toString(16);
  const parts = [`type ${answer.type.toString(16)}`, `sid ${sid}`];
  if (answer.type >= 0x0b) {
    const rnw = dma.step.rw === 'r' ? 1 : 0;
    parts.push(`rnw ${rnw}`, `s2 ${answer.s2 ? 1 : 0}`, `class ${answer.class}`);
    parts.push(`input ${BigInt(iova).toString(16)}`);
  }
  if (answer.ipa !== undefined && answer.type !== 0x0b) {
    parts.push(`ipa ${(answer.ipa >> 12n).toString(16)}000`);
  }
  if ((answer.type === 0x0b || answer.type === 3) && answer.fetch !== undefined) {
    parts.push(`fetch ${((answer.fetch >> 3n) << 3n).toString(16)}`);
  }
  return parts.join(' ');
}
