// When a CD is ILLEGAL (IHI 0070 5.4.2), as a table of named rules; the first that holds gives C_BAD_CD.
// Both halves are checked whichever one an address uses, unless EPDn = 1. Rules of D128, permission
// indirection and HAFT have no row: not offered. v3.0's CONSTRAINED UNPREDICTABLE cases are ILLEGAL.

import type { SmmuFeatures } from './capabilities.ts';
import type { CdHalf, CdValues } from './cd-values.ts';
import { granuleOffered } from './granule-offer.ts';
import { addressBits, GRANULE_64K, GRANULES_TG0, GRANULES_TG1 } from './spec/descriptors.ts';
import type { SteValues } from './ste-values.ts';
import { WORLD_EL1, WORLD_EL2 } from './stream-world.ts';

/** What legality depends on beside the CD itself. */
export interface CdContext {
  readonly features: Readonly<SmmuFeatures>;
  readonly ste: SteValues;
  /** StreamWorld, a WORLD_* value. */
  readonly world: number;
}

/** One reason for C_BAD_CD. */
export interface CdRule {
  readonly field: string;
  readonly rule: string;
  illegal(cd: CdValues, context: CdContext): boolean;
}

/** One half with what depends on which it is. */
interface Half {
  readonly half: CdHalf;
  readonly granules: typeof GRANULES_TG0;
}

/** Halves that walks may use: EPDn is ignored, and TTB1 does not exist, in EL2 without E2H. */
function enabledHalves(cd: CdValues, world: number): readonly Half[] {
  const low = { half: cd.low, granules: GRANULES_TG0 };
  const high = { half: cd.high, granules: GRANULES_TG1 };
  if (world === WORLD_EL2) {
    return [low];
  }
  return [low, high].filter(({ half }) => half.epd === 0);
}

/** CD.DS has its effect on this granule. */
function usesDs(cd: CdValues, { half, granules }: Half, f: Readonly<SmmuFeatures>): boolean {
  return f.ds && cd.ds !== 0 && granules[half.tg] !== GRANULE_64K;
}

function tszOutOfRange(cd: CdValues, which: Half, f: Readonly<SmmuFeatures>): boolean {
  const wide = which.granules[which.half.tg] === GRANULE_64K;
  const max = f.stt ? (wide ? 47 : 48) : 39;
  const min = f.vax >= 1 && (wide || usesDs(cd, which, f)) ? 12 : 16;
  return which.half.tsz < min || which.half.tsz > max;
}

function ttbOutOfRange(cd: CdValues, which: Half, f: Readonly<SmmuFeatures>): boolean {
  const bits = Math.min(addressBits(cd.ips), addressBits(f.oas));
  const small = which.granules[which.half.tg] !== GRANULE_64K && !usesDs(cd, which, f);
  return which.half.ttb >= 2 ** (small ? Math.min(bits, 48) : bits);
}

/** Every rule in order of evaluation. */
export const CD_RULES: readonly CdRule[] = [
  { field: 'V', rule: 'the CD is not valid', illegal: (cd) => cd.v === 0 },
  {
    field: 'S',
    rule: 'STE.S1STALLD forbids stalls',
    illegal: (cd, { ste }) => cd.s !== 0 && ste.s1stalld !== 0,
  },
  {
    field: 'A',
    rule: 'RAZ/WI termination is not implemented (IDR0.TERM_MODEL = 1)',
    illegal: (cd, { features }) => features.termModel && cd.a === 0,
  },
  {
    field: 'S',
    rule: 'stalling is not implemented (IDR0.STALL_MODEL = 0b01)',
    illegal: (cd, { features }) => cd.s !== 0 && features.stallModel === 1,
  },
  {
    field: 'S',
    rule: 'stalling is forced (IDR0.STALL_MODEL = 0b10)',
    illegal: (cd, { features }) => cd.s === 0 && features.stallModel === 2,
  },
  {
    field: 'ENDI',
    rule: 'contradicts IDR0.TTENDIAN',
    illegal: (cd, { features, world }) =>
      enabledHalves(cd, world).length !== 0 &&
      ((features.ttendian === 2 && cd.endi !== 0) || (features.ttendian === 3 && cd.endi === 0)),
  },
  {
    field: 'AA64',
    rule: 'VMSAv8-32 LPAE tables are not implemented, or not in this StreamWorld',
    illegal: (cd, { features, world }) =>
      cd.aa64 === 0 && ((features.ttf & 1) === 0 || (world !== WORLD_EL1 && world !== WORLD_EL2)),
  },
  {
    field: 'AA64',
    rule: 'VMSAv8-64 tables are not implemented, or not over an LPAE stage 2',
    illegal: (cd, { features, ste }) =>
      cd.aa64 !== 0 && ((features.ttf & 2) === 0 || ((ste.config & 2) !== 0 && ste.s2aa64 === 0)),
  },
  {
    field: 'HA',
    rule: 'hardware updates are not implemented (IDR0.HTTU = 0b00)',
    illegal: (cd, { features }) => cd.ha !== 0 && features.httu === 0,
  },
  {
    field: 'HD',
    rule: 'dirty state updates are not implemented (IDR0.HTTU)',
    illegal: (cd, { features }) => cd.hd !== 0 && features.httu < 2,
  },
  {
    field: 'ASID',
    rule: 'above 8 bits (IDR0.ASID16 = 0)',
    illegal: (cd, { features, world }) => world !== WORLD_EL2 && !features.asid16 && cd.asid > 0xff,
  },
  {
    field: 'TxSZ',
    rule: 'out of range for an enabled half',
    illegal: (cd, { features, world }) =>
      enabledHalves(cd, world).some((which) => tszOutOfRange(cd, which, features)),
  },
  {
    field: 'TGx',
    rule: 'reserved, or a granule that IDR5 does not offer, for an enabled half',
    illegal: (cd, { features, world }) =>
      enabledHalves(cd, world).some(
        ({ half, granules }) => !granuleOffered(granules[half.tg], features),
      ),
  },
  {
    field: 'TTBx',
    rule: 'beyond the effective IPS, or beyond 48 bits with a small granule, for an enabled half',
    illegal: (cd, { features, world }) =>
      enabledHalves(cd, world).some((which) => ttbOutOfRange(cd, which, features)),
  },
];

/**
 * The first rule that a CD breaks, or undefined when it is legal.
 * @arch 5.4.2 P(Non-secure streams; features that are not offered have no rule) Validity of CD
 */
export function cdViolation(cd: CdValues, context: CdContext): CdRule | undefined {
  return CD_RULES.find((rule) => rule.illegal(cd, context));
}
