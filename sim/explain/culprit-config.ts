// Who is to blame for a configuration event: Stream table, STE, CD table, CD (IHI 0070 7.3.3-7.3.11).
// Each function follows the manual's order of checks and names the first that fails.

import { hex } from '../base/hex.ts';
import type { SmmuFeatures } from '../smmu/capabilities.ts';
import { cdViolation } from '../smmu/cd-legality.ts';
import { type CdValues, cdValues } from '../smmu/cd-values.ts';
import { CD, L1CD } from '../smmu/spec/cd.ts';
import { REGISTERS } from '../smmu/spec/registers.ts';
import { L1STD, S1DSS_SSID0, STE } from '../smmu/spec/ste.ts';
import { steViolation } from '../smmu/ste-legality.ts';
import { steValues } from '../smmu/ste-values.ts';
import { streamWorld } from '../smmu/stream-world.ts';
import type { Culprit, Structure } from './structure.ts';
import { blame, blameRegister } from './structure.ts';
import type { TraceIndex } from './trace-index.ts';
import type { Trail } from './trail.ts';

/** What is known about one faulting access. */
export interface Case {
  readonly index: TraceIndex;
  /** Record of the event; registers are taken as of it. */
  readonly when: number;
  readonly features: Readonly<SmmuFeatures>;
  readonly sid: number;
  readonly ssid: number;
  readonly trail: Trail;
}

const { CR0, STRTAB_BASE_CFG, IDR1 } = REGISTERS;

/** 7.3.3: the StreamID has no STE. */
export function badStreamId(given: Case): Culprit | undefined {
  const { trail, sid, features } = given;
  const { l1std } = trail;
  if (l1std === undefined) {
    const log2size = registerField(given, STRTAB_BASE_CFG, 'LOG2SIZE');
    const limited = log2size > features.sidsize;
    return sid < 2 ** Math.min(log2size, features.sidsize)
      ? undefined
      : limited
        ? blameRegister(IDR1, 'SIDSIZE', `StreamID ${hex(sid)} needs more than SIDSIZE bits`)
        : blameRegister(
            STRTAB_BASE_CFG,
            'LOG2SIZE',
            `StreamID ${hex(sid)} is not below 2^${log2size}: the Stream table has no entry for it`,
          );
  }
  const span = L1STD.get(l1std.words, 'Span');
  const split = splitOf(given);
  const inner = sid % 2 ** split;
  if (span === 0) {
    return blame(l1std, 'Span', 'Span 0 means that there is no level 2 array');
  }
  if (span > 11) {
    return blame(l1std, 'Span', `Span ${span} is reserved and acts as 0: no level 2 array`);
  }
  if (span > split + 1) {
    return blame(l1std, 'Span', `Span ${span} is more than SPLIT ${split} can index`);
  }
  return inner >= 2 ** (span - 1)
    ? blame(
        l1std,
        'Span',
        `STE ${inner} of the array is beyond its 2^(Span-1) = ${2 ** (span - 1)}`,
      )
    : undefined;
}

/** 7.3.5: the STE is ILLEGAL. */
export function badSte({ trail, features }: Case): Culprit | undefined {
  const { ste } = trail;
  const violation = ste === undefined ? undefined : steViolation(steValues(ste.words), features);
  return ste === undefined || violation === undefined
    ? undefined
    : blame(ste, violation.field, violation.rule, '5.2.2');
}

/** 7.3.7: no access without (or with the zeroth) SubstreamID. */
export function streamDisabled({ trail, ssid }: Case): Culprit | undefined {
  const { ste } = trail;
  if (ste === undefined) {
    return undefined;
  }
  const s1dss = STE.get(ste.words, 'S1DSS');
  return ssid === 0 && s1dss === S1DSS_SSID0
    ? blame(ste, 'S1DSS', 'CD 0 is for accesses without a SubstreamID: SubstreamID 0 is refused')
    : blame(ste, 'S1DSS', 'accesses without a SubstreamID are terminated');
}

/** 7.3.9: the stream takes no such SubstreamID. */
export function badSubstreamId({ trail, ssid, features }: Case): Culprit | undefined {
  const { ste, l1cd } = trail;
  if (ste === undefined) {
    return undefined;
  }
  const id = hex(Math.max(ssid, 0));
  if (features.ssidsize === 0) {
    return blameRegister(IDR1, 'SSIDSIZE', 'this SMMU has no SubstreamIDs');
  }
  if ((STE.get(ste.words, 'Config') & 5) !== 5) {
    return blame(ste, 'Config', `SubstreamID ${id} needs stage 1 translation`);
  }
  const max = STE.get(ste.words, 'S1CDMax');
  if (max === 0) {
    return blame(ste, 'S1CDMax', `0: the stream has one CD and takes no SubstreamID (${id} came)`);
  }
  if (ssid >= 2 ** max) {
    return blame(ste, 'S1CDMax', `SubstreamID ${id} is not below 2^${max}`);
  }
  if (l1cd === undefined) {
    return undefined;
  }
  return L1CD.get(l1cd.words, 'V') === 0
    ? blame(l1cd, 'V', 'the level 1 descriptor is not valid: no leaf table of CDs')
    : blame(l1cd, 'L2Ptr', 'the leaf table lies beyond the address size');
}

/** 7.3.11: the CD is ILLEGAL. */
export function badCd({ index, when, trail, features }: Case): Culprit | undefined {
  const { ste, cd } = trail;
  if (ste === undefined || cd === undefined) {
    return undefined;
  }
  const values = steValues(ste.words);
  const cr2 = index.registerAt(REGISTERS.CR2.offset, when)?.lo ?? 0;
  const world = streamWorld(values, features, (cr2 & 1) !== 0);
  const context = { features, ste: values, world };
  const violated = cdViolation(cdValues(cd.words), context);
  if (violated === undefined) {
    return undefined;
  }
  if (!violated.field.includes('x')) {
    return blame(cd, violated.field, violated.rule, '5.4.2');
  }
  const half = guiltyHalf(cd, (values) => violated.illegal(values, context));
  return blame(cd, violated.field.replace('x', half), violated.rule, '5.4.2');
}

/** 7.3.8: a Translated transaction that the STE does not admit. */
export function translationForbidden(given: Case): Culprit | undefined {
  const { ste } = given.trail;
  if (registerField(given, CR0, 'SMMUEN') === 0) {
    return blameRegister(
      CR0,
      'SMMUEN',
      'Translated transactions are refused while the SMMU is off',
    );
  }
  return ste === undefined ? undefined : atsRefused(ste);
}

/** 7.3.6: a Translation Request that the STE does not admit. */
export function badAtsRequest(given: Case): Culprit | undefined {
  const { ste } = given.trail;
  if (registerField(given, CR0, 'SMMUEN') === 0) {
    return blameRegister(CR0, 'SMMUEN', 'Translation Requests are refused while the SMMU is off');
  }
  if (ste === undefined) {
    return undefined;
  }
  const eats = STE.get(ste.words, 'EATS');
  return eats >= 2 && registerField(given, CR0, 'ATSCHK') === 0
    ? blameRegister(CR0, 'ATSCHK', 'EATS counts as 0 while ATSCHK is 0')
    : atsRefused(ste);
}

function atsRefused(ste: Structure): Culprit {
  return (STE.get(ste.words, 'Config') & 3) === 0
    ? blame(ste, 'Config', 'the stream bypasses translation: ATS is not available')
    : blame(ste, 'EATS', 'ATS is off for the stream');
}

/** Which half breaks a rule about enabled halves: the low one unless it holds without it. */
function guiltyHalf(cd: Structure, illegal: (values: CdValues) => boolean): '0' | '1' {
  const withoutLow = cd.words.slice();
  CD.set(withoutLow, 'EPD0', 1);
  const withoutHigh = cd.words.slice();
  CD.set(withoutHigh, 'EPD1', 1);
  return illegal(cdValues(withoutHigh)) || !illegal(cdValues(withoutLow)) ? '0' : '1';
}

function splitOf(given: Case): number {
  const split = registerField(given, STRTAB_BASE_CFG, 'SPLIT');
  return split === 8 || split === 10 ? split : 6;
}

/** A field of a register as software wrote it last. */
export function registerField(
  { index, when }: Pick<Case, 'index' | 'when'>,
  table: { readonly offset: number; get(words: ArrayLike<number>, field: never): number | bigint },
  field: string,
): number {
  const value = index.registerAt(table.offset, when);
  return value === undefined ? 0 : Number(table.get([value.lo, value.hi], field as never));
}
