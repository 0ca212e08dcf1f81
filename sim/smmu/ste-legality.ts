// When an STE is ILLEGAL (IHI 0070 5.2.2), as a table of named rules in the manual's order; the first
// that holds gives C_BAD_STE. Rules of Secure and Realm streams, MPAM, D128, permission indirection and
// DPT have no row: the model does not offer them. v3.0's CONSTRAINED UNPREDICTABLE cases are ILLEGAL.

import type { SmmuFeatures } from './capabilities.ts';
import { granuleOffered } from './granule-offer.ts';
import { addressBits, GRANULES_TG0, type Granule } from './spec/descriptors.ts';
import { EATS_FULL, EATS_SPLIT, STE_CONFIG_BYPASS, STE_CONFIG_NESTED } from './spec/ste.ts';
import type { SteValues } from './ste-values.ts';

/** One reason for C_BAD_STE. */
export interface SteRule {
  /** Field at fault, as the manual spells it. */
  readonly field: string;
  /** What is wrong, for people. */
  readonly rule: string;
  /** True when the rule is broken. */
  illegal(ste: SteValues, features: Readonly<SmmuFeatures>): boolean;
}

const STALL_ONLY_TERMINATE = 1;
const STALL_FORCED = 2;

function hasS1(ste: SteValues): boolean {
  return (ste.config & 1) !== 0;
}

function hasS2(ste: SteValues): boolean {
  return (ste.config & 2) !== 0;
}

/** STE.STRW has no meaning for this stream. */
function strwUnused(ste: SteValues, f: Readonly<SmmuFeatures>): boolean {
  return !f.s1p || !f.hyp || hasS2(ste) || ste.config === STE_CONFIG_BYPASS;
}

/** STE.S2VMID has no meaning for this stream. */
function vmidIgnored(ste: SteValues, f: Readonly<SmmuFeatures>): boolean {
  return !f.s2p || ste.config === STE_CONFIG_BYPASS || (ste.strw !== 0 && !strwUnused(ste, f));
}

/** STE.S2DS has its effect: 52-bit addresses with a small granule. */
export function usesS2ds(ste: SteValues, f: Readonly<SmmuFeatures>): boolean {
  return f.ds && ste.s2ds !== 0 && ste.s2tg !== 1;
}

function s2t0szRange(ste: SteValues, f: Readonly<SmmuFeatures>): readonly [number, number] {
  const wide = ste.s2tg === 1;
  const max = f.stt ? (wide ? 47 : 48) : 39;
  const ias = addressBits(f.oas);
  if (f.archMinor === 0) {
    return [64 - ias, max];
  }
  return [Math.max(wide || usesS2ds(ste, f) ? 12 : 16, 64 - ias), max];
}

/** Level at which the stage 2 walk starts by S2SL0 and S2TG; undefined for a reserved value. */
export function stage2StartLevel(ste: SteValues, f: Readonly<SmmuFeatures>): number | undefined {
  const pa = addressBits(f.oas);
  const ds = usesS2ds(ste, f);
  if (ste.s2tg === 0) {
    if (ds && ste.s2sl0High !== 0) {
      return ste.s2sl0 === 0 && pa >= 52 ? -1 : undefined;
    }
    return [2, 1, pa >= 44 ? 0 : undefined, f.stt ? 3 : undefined][ste.s2sl0];
  }
  if (ste.s2tg === 2) {
    return [3, 2, pa >= 42 ? 1 : undefined, ds && pa >= 52 ? 0 : undefined][ste.s2sl0];
  }
  return [3, 2, pa >= 44 ? 1 : undefined, undefined][ste.s2sl0];
}

/** The start table must resolve at least one bit, and at most sixteen tables are concatenated. */
function startLevelFits(granule: Granule, level: number, inputBits: number): boolean {
  const least = (3 - level) * granule.stride + granule.pageBits + 1;
  return inputBits >= least && inputBits <= least + granule.stride - 1 + 4;
}

function s2Inconsistent(ste: SteValues, f: Readonly<SmmuFeatures>): boolean {
  const granule = GRANULES_TG0[ste.s2tg];
  const level = stage2StartLevel(ste, f);
  return (
    granule === undefined || level === undefined || !startLevelFits(granule, level, 64 - ste.s2t0sz)
  );
}

function s2ttbOutOfRange(ste: SteValues, f: Readonly<SmmuFeatures>): boolean {
  const bits = Math.min(addressBits(ste.s2ps), addressBits(f.oas));
  const small = ste.s2tg !== 1 && !usesS2ds(ste, f);
  return ste.s2ttb >= 2 ** (small ? Math.min(bits, 48) : bits);
}

function always(): boolean {
  return true;
}

interface RuleGroup {
  applies(ste: SteValues, features: Readonly<SmmuFeatures>): boolean;
  readonly rules: readonly SteRule[];
}

const CONFIG_RULES: readonly SteRule[] = [
  {
    field: 'Config',
    rule: 'stage 1 is not implemented (IDR0.S1P = 0)',
    illegal: (ste, f) => hasS1(ste) && !f.s1p,
  },
  {
    field: 'Config',
    rule: 'stage 2 is not implemented (IDR0.S2P = 0)',
    illegal: (ste, f) => hasS2(ste) && !f.s2p,
  },
];

const ATS_RULES: readonly SteRule[] = [
  {
    field: 'EATS',
    rule: 'split-stage ATS needs both stages, S2S = 0 and IDR0.NS1ATS = 0',
    illegal: (ste, f) =>
      ste.eats === EATS_SPLIT && (ste.config !== STE_CONFIG_NESTED || ste.s2s !== 0 || f.ns1ats),
  },
  {
    field: 'EATS',
    rule: 'full ATS cannot stall at stage 2 (S2S = 1)',
    illegal: (ste) => ste.eats === EATS_FULL && ste.s2s !== 0 && hasS2(ste),
  },
];

const WORLD_RULES: readonly SteRule[] = [
  {
    field: 'STRW',
    rule: 'reserved for a Non-secure stream',
    illegal: (ste, f) => !strwUnused(ste, f) && (ste.strw & 1) !== 0,
  },
];

const S1_RULES: readonly SteRule[] = [
  {
    field: 'S1STALLD',
    rule: 'IDR0.STALL_MODEL is not 0b00',
    illegal: (ste, f) => ste.s1stalld !== 0 && f.stallModel !== 0,
  },
  {
    field: 'S1CDMax',
    rule: 'above IDR1.SSIDSIZE',
    illegal: (ste, f) => f.ssidsize !== 0 && ste.s1cdmax > f.ssidsize,
  },
  {
    field: 'S1Fmt',
    rule: 'two-level CD tables are not implemented (IDR0.CD2L = 0)',
    illegal: (ste, f) =>
      f.ssidsize !== 0 && ste.s1cdmax !== 0 && !f.cd2l && (ste.s1fmt === 1 || ste.s1fmt === 2),
  },
  {
    field: 'S1ContextPtr',
    rule: 'beyond the address size (OAS, or IAS when stage 2 is on)',
    illegal: (ste, f) => ste.s1ContextPtr >= 2 ** addressBits(f.oas),
  },
];

const S2_RULES: readonly SteRule[] = [
  {
    field: 'S2S',
    rule: 'stalling is not implemented (IDR0.STALL_MODEL = 0b01)',
    illegal: (ste, f) => ste.s2s !== 0 && f.stallModel === STALL_ONLY_TERMINATE,
  },
  {
    field: 'S2S',
    rule: 'stalling is forced (IDR0.STALL_MODEL = 0b10)',
    illegal: (ste, f) => ste.s2s === 0 && f.stallModel === STALL_FORCED,
  },
  {
    field: 'S2AA64',
    rule: 'VMSAv8-32 LPAE tables are not implemented (IDR0.TTF[0] = 0)',
    illegal: (ste, f) => ste.s2aa64 === 0 && (f.ttf & 1) === 0,
  },
  {
    field: 'S2AA64',
    rule: 'VMSAv8-64 tables are not implemented (IDR0.TTF[1] = 0)',
    illegal: (ste, f) => ste.s2aa64 !== 0 && (f.ttf & 2) === 0,
  },
  {
    field: 'S2HA',
    rule: 'hardware updates are not implemented (IDR0.HTTU = 0b00)',
    illegal: (ste, f) => ste.s2ha !== 0 && f.httu === 0,
  },
  {
    field: 'S2HD',
    rule: 'dirty state updates are not implemented (IDR0.HTTU)',
    illegal: (ste, f) => ste.s2hd !== 0 && f.httu < 2,
  },
  {
    field: 'S2TG',
    rule: 'reserved, or a granule that IDR5 does not offer',
    illegal: (ste, f) => !granuleOffered(GRANULES_TG0[ste.s2tg], f),
  },
  {
    field: 'S2TTB',
    rule: 'beyond the effective S2PS, or beyond 48 bits with a small granule',
    illegal: s2ttbOutOfRange,
  },
  {
    field: 'S2T0SZ',
    rule: 'out of range',
    illegal: (ste, f) => {
      const [min, max] = s2t0szRange(ste, f);
      return ste.s2t0sz < min || ste.s2t0sz > max;
    },
  },
  {
    field: 'S2SL0',
    rule: 'inconsistent with S2T0SZ and S2TG',
    illegal: s2Inconsistent,
  },
  {
    field: 'S2ENDI',
    rule: 'big-endian tables are not implemented (IDR0.TTENDIAN = 0b10)',
    illegal: (ste, f) => ste.s2endi !== 0 && f.ttendian === 2,
  },
  {
    field: 'S2ENDI',
    rule: 'little-endian tables are not implemented (IDR0.TTENDIAN = 0b11)',
    illegal: (ste, f) => ste.s2endi === 0 && f.ttendian === 3,
  },
];

const TAG_RULES: readonly SteRule[] = [
  {
    field: 'S2VMID',
    rule: 'above 8 bits (IDR0.VMID16 = 0)',
    illegal: (ste, f) => !vmidIgnored(ste, f) && !f.vmid16 && ste.s2vmid > 0xff,
  },
];

const GROUPS: readonly RuleGroup[] = [
  { applies: always, rules: CONFIG_RULES },
  { applies: (ste, f) => f.ats && ste.config !== STE_CONFIG_BYPASS, rules: ATS_RULES },
  { applies: always, rules: WORLD_RULES },
  { applies: hasS1, rules: S1_RULES },
  { applies: hasS2, rules: S2_RULES },
  { applies: always, rules: TAG_RULES },
];

const INVALID: SteRule = {
  field: 'V',
  rule: 'the STE is not valid',
  illegal: (ste) => ste.v === 0,
};

/** Every rule in order of evaluation. */
export const STE_RULES: readonly SteRule[] = [INVALID, ...GROUPS.flatMap((group) => group.rules)];

/**
 * The first rule that an STE breaks, or undefined when it is legal.
 * @arch 5.2.2 P(Non-secure streams; features that are not offered have no rule) Validity of STE
 */
export function steViolation(
  ste: SteValues,
  features: Readonly<SmmuFeatures>,
): SteRule | undefined {
  if (ste.v === 0) {
    return INVALID;
  }
  if (ste.config < STE_CONFIG_BYPASS) {
    return undefined;
  }
  for (const group of GROUPS) {
    if (group.applies(ste, features)) {
      const broken = group.rules.find((rule) => rule.illegal(ste, features));
      if (broken !== undefined) {
        return broken;
      }
    }
  }
  return undefined;
}
