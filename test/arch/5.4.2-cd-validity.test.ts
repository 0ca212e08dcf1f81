// Every rule that makes a CD ILLEGAL: an access through one that breaks it gives C_BAD_CD, through one that
// stands just inside it does not.

import { describe, expect, it } from 'vitest';
import { DEFAULT_FEATURES, type SmmuFeatures } from '../../sim/smmu/capabilities.ts';
import { CD_RULES } from '../../sim/smmu/cd-legality.ts';
import {
  type CD_BITS,
  type Fields,
  type STE_BITS,
  TranslationRig,
} from '../support/translation-rig.ts';

type Cd = Fields<typeof CD_BITS>;

interface Case {
  readonly rule: string;
  readonly bad: Cd;
  readonly good: Cd;
  readonly ste?: Fields<typeof STE_BITS>;
  readonly features?: Partial<SmmuFeatures>;
  /** Features or STE fields under which `bad` is fine. */
  readonly otherwise?: { features?: Partial<SmmuFeatures>; ste?: Fields<typeof STE_BITS> };
}

const EL2 = { STRW: 2 };
const HIGH = { EPD1: 0 };

const cases: readonly Case[] = [
  { rule: 'V = 0', bad: { V: 0 }, good: {} },
  {
    rule: 'S with STE.S1STALLD',
    bad: { S: 1 },
    good: { S: 0 },
    ste: { S1STALLD: 1 },
    otherwise: {},
  },
  {
    rule: 'A = 0 with TERM_MODEL',
    bad: { A: 0 },
    good: { A: 1 },
    features: { termModel: true },
    otherwise: {},
  },
  { rule: 'S without stalls', bad: { S: 1 }, good: {}, features: { stallModel: 1 }, otherwise: {} },
  {
    rule: 'S = 0 with stalls forced',
    bad: { S: 0 },
    good: { S: 1 },
    features: { stallModel: 2 },
    otherwise: {},
  },
  {
    rule: 'ENDI = 1 without big-endian',
    bad: { ENDI: 1 },
    good: { ENDI: 1, EPD0: 1 },
    features: { ttendian: 2 },
    otherwise: { features: { ttendian: 0 } },
  },
  {
    rule: 'ENDI = 0 without little-endian',
    bad: { ENDI: 0 },
    good: { ENDI: 1 },
    features: { ttendian: 3 },
    otherwise: { features: { ttendian: 0 } },
  },
  { rule: 'AA64 = 0 without LPAE', bad: { AA64: 0 }, good: {} },
  {
    rule: 'HA without HTTU',
    bad: { HA: 1 },
    good: {},
    features: { httu: 0 },
    otherwise: { features: { httu: 1 } },
  },
  {
    rule: 'HD without dirty state',
    bad: { HD: 1, HA: 1 },
    good: { HA: 1 },
    features: { httu: 1 },
    otherwise: { features: { httu: 2 } },
  },
  {
    rule: 'ASID of 16 bits without ASID16',
    bad: { ASID: 0x100 },
    good: { ASID: 0xff },
    features: { asid16: false },
    otherwise: { ste: EL2, features: { asid16: false } },
  },
  { rule: 'T0SZ below 16', bad: { T0SZ: 15 }, good: { T0SZ: 16 } },
  {
    rule: 'T0SZ above 39',
    bad: { T0SZ: 40 },
    good: { T0SZ: 39 },
    features: { stt: false },
    otherwise: { features: { stt: true } },
  },
  { rule: 'T0SZ above 48 with STT', bad: { T0SZ: 49 }, good: { T0SZ: 48 } },
  {
    rule: 'T0SZ above 47 with STT and 64 KiB',
    bad: { T0SZ: 48, TG0: 1 },
    good: { T0SZ: 47, TG0: 1 },
  },
  {
    rule: 'T0SZ of 52 bits needs 64 KiB',
    bad: { T0SZ: 12 },
    good: { T0SZ: 12, TG0: 1 },
    features: { vax: 1 },
  },
  {
    rule: 'T0SZ of 52 bits needs VAX',
    bad: { T0SZ: 12, TG0: 1 },
    good: { T0SZ: 16, TG0: 1 },
    features: { vax: 0 },
    otherwise: { features: { vax: 1 } },
  },
  {
    rule: 'T0SZ of 52 bits needs DS with 4 KiB',
    bad: { T0SZ: 12, DS: 0 },
    good: { T0SZ: 12, DS: 1 },
    features: { vax: 1, ds: true, oas: 6 },
  },
  {
    rule: 'T1SZ counts too',
    bad: { ...HIGH, T1SZ: 15 },
    good: { EPD1: 1, T1SZ: 15 },
    otherwise: { ste: EL2 },
  },
  { rule: 'reserved TG0', bad: { TG0: 3 }, good: { TG0: 3, EPD0: 1 } },
  { rule: 'reserved TG1', bad: { ...HIGH, TG1: 0 }, good: { EPD1: 1, TG1: 0 } },
  {
    rule: 'TG0 that IDR5 lacks',
    bad: { TG0: 2 },
    good: { TG0: 1 },
    features: { gran16k: false },
    otherwise: {},
  },
  {
    rule: 'TTB0 beyond IPS',
    bad: { TTB0: 1n << 36n, IPS: 1 },
    good: { TTB0: (1n << 36n) - 4096n, IPS: 1 },
  },
  {
    rule: 'TTB1 beyond IPS',
    bad: { ...HIGH, TTB1: 1n << 36n, IPS: 1 },
    good: { EPD1: 1, TTB1: 1n << 36n, IPS: 1 },
  },
  {
    rule: 'TTB0 beyond 48 bits with a small granule',
    bad: { TTB0: 1n << 48n, IPS: 6 },
    good: { TTB0: 1n << 48n, IPS: 6, TG0: 1 },
    features: { oas: 6 },
  },
  {
    rule: 'EPD0 is ignored in EL2',
    bad: { EPD0: 1, T0SZ: 15 },
    good: { EPD0: 1 },
    ste: EL2,
    otherwise: { ste: {} },
  },
];

/** True when an access to address 0 through the CD records C_BAD_CD. */
function isIllegal(
  cd: Cd,
  { features = {}, ste = {} }: { features?: Partial<SmmuFeatures>; ste?: Fields<typeof STE_BITS> },
): boolean {
  const rig = new TranslationRig({ features: { ...DEFAULT_FEATURES, ...features } });
  const pa = rig.take(64);
  const usual: Cd = {
    TTB0: rig.take(4096),
    TTB1: rig.take(4096),
    ...(features.stallModel === 2 ? { S: 1 } : {}),
    ...(features.ttendian === 3 ? { ENDI: 1 } : {}),
  };
  rig.writeCd(pa, { ...usual, ...cd });
  rig.writeSte(1, { Config: 5, S1ContextPtr: pa, ...ste });
  rig.access(1, 0x1000n);
  return rig.faults().some(({ type, sid }) => type === 0x0a && sid === 1);
}

describe('C_BAD_CD', () => {
  it.each(cases)('$rule', ({ bad, good, features = {}, ste = {}, otherwise }) => {
    expect({
      bad: isIllegal(bad, { features, ste }),
      good: isIllegal(good, { features, ste }),
      otherwise: otherwise === undefined ? undefined : isIllegal(bad, otherwise),
    }).toEqual({
      bad: true,
      good: false,
      otherwise: otherwise === undefined ? undefined : false,
    });
  });

  it('has a case here for every rule of the model', () => {
    const fields = new Set(cases.flatMap(({ bad }) => Object.keys(bad)));
    const known = (field: string): boolean =>
      [field, field.replace('x', '0')].some((name) => fields.has(name));
    expect(CD_RULES.filter(({ field }) => !known(field))).toEqual([]);
  });

  it('checks both halves whichever one the address uses', () => {
    const rig = new TranslationRig();
    const { cd } = rig.stage1(1);
    rig.writeCd(cd, { TTB0: rig.take(4096), EPD1: 0, T1SZ: 63 });
    expect(rig.outcome(1, 0x1000n)).toBe('abort a');
  });
});
