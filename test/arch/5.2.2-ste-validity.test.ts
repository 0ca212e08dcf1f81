// Every rule that makes an STE ILLEGAL: an access through one that breaks it gives C_BAD_STE, through one
// that stands just inside it does not.

import { describe, expect, it } from 'vitest';
import { DEFAULT_FEATURES, type SmmuFeatures } from '../../sim/smmu/capabilities.ts';
import { STE_RULES } from '../../sim/smmu/ste-legality.ts';
import { type Fields, type STE_BITS, TranslationRig } from '../support/translation-rig.ts';

type Ste = Fields<typeof STE_BITS>;

interface Case {
  readonly rule: string;
  /** Fields on top of a legal nested STE. */
  readonly bad: Ste;
  readonly good: Ste;
  readonly features?: Partial<SmmuFeatures>;
  /** Features under which `bad` is fine, if the rule depends on them. */
  readonly otherwise?: Partial<SmmuFeatures>;
}

const S1 = { Config: 5 };
const S2 = { Config: 6 };
const BYPASS = { Config: 4 };

const cases: readonly Case[] = [
  { rule: 'V = 0', bad: { V: 0 }, good: { V: 1 } },
  { rule: 'V = 0 with Config = 0', bad: { V: 0, Config: 0 }, good: {} },
  {
    rule: 'stage 1 without IDR0.S1P',
    bad: S1,
    good: S2,
    features: { s1p: false },
    otherwise: {},
  },
  {
    rule: 'stage 2 without IDR0.S2P',
    bad: S2,
    good: S1,
    features: { s2p: false, hyp: false },
    otherwise: {},
  },
  { rule: 'EATS = 10 with one stage', bad: { ...S1, EATS: 2 }, good: { EATS: 2 } },
  { rule: 'EATS = 10 with S2S', bad: { EATS: 2, S2S: 1 }, good: { EATS: 2 } },
  {
    rule: 'EATS = 10 with IDR0.NS1ATS',
    bad: { EATS: 2 },
    good: { EATS: 1 },
    features: { ns1ats: true },
    otherwise: {},
  },
  {
    rule: 'EATS = 01 with S2S and stage 2',
    bad: { EATS: 1, S2S: 1 },
    good: { ...S1, EATS: 1, S2S: 1 },
  },
  { rule: 'reserved STRW 01', bad: { ...S1, STRW: 1 }, good: { ...S1, STRW: 2 } },
  { rule: 'reserved STRW 11', bad: { ...S1, STRW: 3 }, good: { STRW: 3 } },
  {
    rule: 'reserved STRW with Hyp',
    bad: { ...S1, STRW: 1 },
    good: {},
    features: { hyp: true },
    otherwise: { hyp: false },
  },
  {
    rule: 'S1STALLD without the stall model',
    bad: { S1STALLD: 1 },
    good: { ...S2, S1STALLD: 1 },
    features: { stallModel: 1 },
    otherwise: {},
  },
  { rule: 'S1CDMax above SSIDSIZE', bad: { S1CDMax: 21 }, good: { S1CDMax: 20 } },
  {
    rule: 'S1CDMax with SSIDSIZE',
    bad: { S1CDMax: 9 },
    good: { S1CDMax: 8 },
    features: { ssidsize: 8 },
    otherwise: { ssidsize: 0 },
  },
  {
    rule: 'two-level CDs without CD2L, 4 KiB',
    bad: { S1CDMax: 8, S1Fmt: 1 },
    good: { S1CDMax: 0, S1Fmt: 1 },
    features: { cd2l: false },
    otherwise: {},
  },
  {
    rule: 'two-level CDs without CD2L, 64 KiB',
    bad: { S1CDMax: 8, S1Fmt: 2 },
    good: { S1CDMax: 8, S1Fmt: 3 },
    features: { cd2l: false },
    otherwise: {},
  },
  {
    rule: 'S1ContextPtr beyond OAS',
    bad: { S1ContextPtr: 1n << 48n },
    good: { ...S2, S1ContextPtr: 1n << 48n },
  },
  {
    rule: 'S2S without stalls',
    bad: { S2S: 1 },
    good: { S2S: 0 },
    features: { stallModel: 1 },
    otherwise: {},
  },
  {
    rule: 'S2S = 0 with stalls forced',
    bad: { S2S: 0 },
    good: { S2S: 1 },
    features: { stallModel: 2 },
    otherwise: {},
  },
  { rule: 'S2AA64 = 0 without LPAE', bad: { S2AA64: 0 }, good: { ...S1, S2AA64: 0 } },
  {
    rule: 'S2HA without HTTU',
    bad: { S2HA: 1 },
    good: { ...S1, S2HA: 1 },
    features: { httu: 0 },
    otherwise: { httu: 1 },
  },
  {
    rule: 'S2HD without dirty state',
    bad: { S2HD: 1 },
    good: { S2HA: 1 },
    features: { httu: 1 },
    otherwise: { httu: 2 },
  },
  { rule: 'reserved S2TG', bad: { S2TG: 3 }, good: { ...S1, S2TG: 3 } },
  {
    rule: 'S2TG that IDR5 lacks',
    bad: { S2TG: 1, S2SL0: 1, S2T0SZ: 24 },
    good: {},
    features: { gran64k: false },
    otherwise: {},
  },
  {
    rule: 'S2TTB beyond S2PS',
    bad: { S2TTB: 1n << 36n, S2PS: 1 },
    good: { S2TTB: (1n << 36n) - 4096n, S2PS: 1 },
  },
  {
    rule: 'S2TTB beyond 48 bits with a small granule',
    bad: { S2TTB: 1n << 48n, S2PS: 6 },
    good: { S2PS: 6 },
    features: { oas: 6 },
  },
  {
    rule: 'S2T0SZ too large',
    bad: { S2T0SZ: 40, S2SL0: 0 },
    good: { S2T0SZ: 39, S2SL0: 0 },
    features: { stt: false },
    otherwise: { stt: true },
  },
  {
    rule: 'S2T0SZ below 64 - IAS',
    bad: { S2T0SZ: 16 },
    good: { S2T0SZ: 20, S2SL0: 2 },
    features: { oas: 4 },
    otherwise: {},
  },
  {
    rule: 'S2SL0 too low a level for S2T0SZ',
    bad: { S2T0SZ: 32, S2SL0: 2 },
    good: { S2T0SZ: 32, S2SL0: 1 },
  },
  {
    rule: 'more than sixteen concatenated tables',
    bad: { S2T0SZ: 20, S2SL0: 1 },
    good: { S2T0SZ: 21, S2SL0: 1 },
  },
  { rule: 'reserved S2SL0', bad: { S2SL0: 3, S2T0SZ: 45 }, good: {}, features: { stt: false } },
  {
    rule: 'level 0 start with less than 44 bits of PA',
    bad: { S2T0SZ: 24, S2SL0: 2 },
    good: { S2T0SZ: 24, S2SL0: 1 },
    features: { oas: 2 },
  },
  {
    rule: 'S2ENDI = 1 without big-endian',
    bad: { S2ENDI: 1 },
    good: { ...S1, S2ENDI: 1 },
    features: { ttendian: 2 },
    otherwise: { ttendian: 0 },
  },
  {
    rule: 'S2ENDI = 0 without little-endian',
    bad: { S2ENDI: 0 },
    good: { S2ENDI: 1 },
    features: { ttendian: 3 },
    otherwise: { ttendian: 0 },
  },
  {
    rule: 'S2VMID of 16 bits without VMID16',
    bad: { S2VMID: 0x100 },
    good: { S2VMID: 0xff },
    features: { vmid16: false },
    otherwise: { vmid16: true },
  },
  {
    rule: 'S2VMID ignored in EL2',
    bad: { ...S1, S2VMID: 0x100 },
    good: { ...S1, S2VMID: 0x100, STRW: 2 },
    features: { vmid16: false },
  },
];

/** True when an access through the STE records C_BAD_STE. */
function isIllegal(ste: Ste, features: Partial<SmmuFeatures>): boolean {
  const rig = new TranslationRig({ features: { ...DEFAULT_FEATURES, ...features } });
  const legal: Ste = {
    Config: 7,
    S1ContextPtr: rig.take(64),
    S2T0SZ: features.oas === 2 ? 24 : 20,
    S2SL0: features.oas === 2 ? 1 : 2,
    S2TTB: rig.take(0x2000),
    S2PS: 5,
    S2AA64: 1,
    S2R: 1,
    ...(features.stallModel === 2 ? { S2S: 1 } : {}),
    ...(features.ttendian === 3 ? { S2ENDI: 1 } : {}),
  };
  rig.writeSte(1, { ...legal, ...ste });
  rig.access(1, 0x1000n);
  return rig.faults().some(({ type, sid }) => type === 4 && sid === 1);
}

describe('C_BAD_STE', () => {
  it.each(cases)('$rule', ({ bad, good, features = {}, otherwise }) => {
    expect({
      bad: isIllegal(bad, features),
      good: isIllegal(good, features),
      otherwise: otherwise === undefined ? undefined : isIllegal(bad, otherwise),
    }).toEqual({
      bad: true,
      good: false,
      otherwise: otherwise === undefined ? undefined : false,
    });
  });

  it('has a case here for every rule of the model', () => {
    const fields = new Set(cases.flatMap(({ bad }) => Object.keys(bad)));
    expect(STE_RULES.filter(({ field }) => !fields.has(field))).toEqual([]);
  });

  it.each([
    ['reserved S1Fmt', { S1Fmt: 3, S1CDMax: 4 }],
    ['reserved S1DSS', { S1DSS: 3 }],
    ['reserved S2PS', { S2PS: 7 }],
    ['reserved ALLOCCFG and NSCFG', { ALLOCCFG: 7, NSCFG: 3 }],
    ['EATS = 11 without DPT', { EATS: 3 }],
    ['stage 2 nonsense with stage 1 only', { ...S1, S2TG: 3, S2SL0: 3, S2T0SZ: 63, S2AA64: 0 }],
    ['anything with bypass', { ...BYPASS, S2TG: 3, S1CDMax: 31, S1STALLD: 1, EATS: 2, S2S: 1 }],
    ['S2HD without S2HA', { S2HD: 1 }],
  ])('does not come for %s', (_, ste) => {
    expect(isIllegal(ste, {})).toBe(false);
  });

  it.each([0, 1, 2, 3])('does not come for Config = %i, which aborts in silence', (config) => {
    const rig = new TranslationRig();
    rig.writeSte(1, { Config: config, S2TG: 3, S1CDMax: 31, STRW: 3 });
    expect(rig.outcome(1, 0x1000n)).toBe('abort');
  });
});
