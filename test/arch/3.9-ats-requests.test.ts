// ATS Translation Requests and Translated transactions at the SMMU: completions, permissions granted, refusals
// and the events that CR2.REC_CFG_ATS lets through.

import { describe, expect, it } from 'vitest';
import { isUnsupportedRequest } from '../../sim/smmu/ats-translation.ts';
import {
  AF,
  AP_READ_ONLY,
  AP_UNPRIVILEGED,
  type CD_BITS,
  DBM,
  type Fields,
  NG,
  S2_RW,
  type STE_BITS,
  type Table,
  TranslationRig,
  type TranslationRigOptions,
  UXN,
} from '../support/translation-rig.ts';

const VA = 0x1000n;
const REQUEST = 16;
const NO_WRITE = 32;
const TRANSLATED = 8;
const WRITE = 1;
const PRIVILEGED = 2;
const EXECUTE = 4;
const ATSCHK = 16;
const REC_CFG_ATS = 8;
const RECINVSID = 2;
const FULL = { EATS: 1 };

interface Setup {
  readonly ste?: Fields<typeof STE_BITS>;
  readonly cd?: Fields<typeof CD_BITS>;
  readonly leaf?: bigint;
  readonly options?: TranslationRigOptions;
}

function stream({ ste = FULL, cd = {}, leaf = AP_UNPRIVILEGED, options = {} }: Setup = {}): {
  rig: TranslationRig;
  table: Table;
  place: number;
} {
  const rig = new TranslationRig({ cr0: ATSCHK, ...options });
  const { table, cd: at } = rig.stage1(1, { ste });
  rig.writeCd(at, { TTB0: table.root, ...cd });
  const place = rig.map(table, VA, 0x4800_0000n, { attrs: AF | NG | leaf });
  return { rig, table, place };
}

/** A request in one line: address and permissions, UR or CA, and events. */
function request(
  rig: TranslationRig,
  address: bigint,
  flags = 0,
  { ssid = -1, sid = 1 } = {},
): string {
  const t = rig.access(sid, address, { flags: REQUEST | flags, ssid });
  const events = rig.faults().map(({ type }) => type.toString(16));
  const completion =
    t.status === 0
      ? `0x${t.pa.toString(16)} ${['R', 'W', 'X'].filter((_, bit) => (t.granted >> bit) & 1).join('')}`
      : isUnsupportedRequest(t)
        ? 'UR'
        : 'CA';
  return [completion, ...events].join(' ');
}

describe('a Translation Request', () => {
  it.each<[string, bigint, number, number, string]>([
    ['of a page that all write', AP_UNPRIVILEGED, 0, -1, 'RW'],
    ['with NW of a writable page', AP_UNPRIVILEGED, NO_WRITE, -1, 'RW'],
    ['of a read-only page', AP_UNPRIVILEGED | AP_READ_ONLY, 0, -1, 'R'],
    ['with Exe and a PASID', AP_UNPRIVILEGED | AP_READ_ONLY, EXECUTE, 1, 'RX'],
    ['with Exe of a page that is XN', AP_UNPRIVILEGED | AP_READ_ONLY | UXN, EXECUTE, 1, 'R'],
    ['with Exe and Priv', 0n, EXECUTE | PRIVILEGED, 1, 'RWX'],
    ['with Exe of an execute-only page', 0n, EXECUTE, 1, ''],
    ['without PASID: Priv does not count', 0n, PRIVILEGED, -1, ''],
    ['without PASID: Exe does not count', AP_UNPRIVILEGED | AP_READ_ONLY, EXECUTE, -1, 'R'],
  ])('%s', (_, leaf, ...[flags, ssid, granted]) => {
    const rig = new TranslationRig({ cr0: ATSCHK });
    const table = rig.table('4K', 48);
    rig.map(table, VA, 0x4800_0000n, { attrs: AF | NG | leaf });
    const cds = rig.take(256);
    for (const index of [0, 1]) {
      rig.writeCd(cds + 64 * index, { TTB0: table.root, ASID: index });
    }
    rig.writeSte(1, { Config: 5, S1CDMax: 2, S1DSS: 2, S1ContextPtr: cds, ...FULL });
    const answer = request(rig, VA, flags, { ssid });
    expect(answer).toBe(`${granted === '' ? '0x0' : '0x48000000'} ${granted}`);
    expect(request(rig, VA, flags, { ssid })).toBe(answer);
  });

  it.each<[string, Fields<typeof STE_BITS>, string]>([
    ['INSTCFG = Instruction makes reads need X', { INSTCFG: 3 }, '0x48000000 RWX'],
    ['INSTCFG = Data makes R enough for Exe', { INSTCFG: 2, PRIVCFG: 3 }, '0x48000000 RWX'],
    ['PRIVCFG = Unprivileged', { PRIVCFG: 2 }, '0x0 '],
  ])('%s', (_, ste, answer) => {
    const rig = new TranslationRig({ cr0: ATSCHK });
    const table = rig.table('4K', 48);
    rig.map(table, VA, 0x4800_0000n, { attrs: AF | NG });
    const cds = rig.take(256);
    rig.writeCd(cds + 64, { TTB0: table.root });
    rig.writeSte(1, { Config: 5, S1CDMax: 2, S1ContextPtr: cds, ...FULL, ...ste });
    expect(request(rig, VA, EXECUTE | PRIVILEGED, { ssid: 1 })).toBe(answer);
  });

  it('marks pages accessed, and dirty unless NW', () => {
    const clean = AP_UNPRIVILEGED | AP_READ_ONLY | DBM | NG;
    const { rig, place, table } = stream({ cd: { HA: 1, HD: 1 } });
    rig.map(table, VA, 0x4800_0000n, { attrs: clean });
    const steps = [NO_WRITE, 0].map((flags) => [
      request(rig, VA, flags),
      (rig.load(place, 1)[0] ?? 0n) ^ 0x4800_0003n,
    ]);
    expect(steps).toEqual([
      ['0x48000000 R', clean | AF],
      ['0x48000000 RW', (clean | AF) & ~AP_READ_ONLY],
    ]);
  });

  it('succeeds without permissions where a transaction would fault, stall or not', () => {
    const { rig, table } = stream({ cd: { S: 1 } });
    rig.map(table, 0x3000n, 0x4800_0000n, { attrs: NG | AP_UNPRIVILEGED });
    rig.map(table, 0x4000n, 0x4800_0000n, { attrs: AF | NG });
    expect([0x2000n, 0x3000n, 0x4000n, 1n << 50n].map((va) => request(rig, va))).toEqual([
      '0x0 ',
      '0x0 ',
      '0x0 ',
      '0x0 ',
    ]);
  });

  it('answers a failure with the size of the smallest page', () => {
    const { rig } = stream();
    expect(rig.access(1, 0x2000n, { flags: REQUEST }).span).toBe(4096);
  });
});

describe('a request that ATS is not open for', () => {
  it.each<[string, Fields<typeof STE_BITS>, number, string]>([
    ['EATS = 00', { EATS: 0 }, ATSCHK, 'UR 5'],
    ['EATS = 10 without ATSCHK', { EATS: 2, Config: 7 }, 0, 'UR 5'],
    ['EATS = 11 without DPT', { EATS: 3 }, ATSCHK, 'UR 5'],
    ['bypass', { EATS: 1, Config: 4 }, ATSCHK, 'UR 5'],
    ['abort', { EATS: 1, Config: 0 }, ATSCHK, 'UR'],
  ])('%s', (_, ste, ...[cr0, answer]) => {
    const rig = new TranslationRig({ cr0 });
    const stage2 = rig.table('4K', 40, 1);
    rig.stage1(1, { ste: { ...rig.stage2Fields(stage2), ...ste } });
    expect(request(rig, VA)).toBe(answer);
  });

  it('names what was asked for', () => {
    const rig = new TranslationRig();
    rig.stage1(1, { ste: { EATS: 0 } });
    rig.access(1, 0x1234n, { flags: REQUEST | NO_WRITE });
    expect(rig.faults()).toMatchObject([{ type: 5, sid: 1 }]);
  });
});

describe('a request that meets a configuration error', () => {
  const cases: readonly [string, string, (rig: TranslationRig) => number][] = [
    ['C_BAD_STREAMID', '2', () => 0x1000],
    [
      'C_BAD_STE',
      '4',
      (rig) => {
        rig.writeSte(1, { V: 0 });
        return 1;
      },
    ],
    [
      'C_BAD_CD',
      'a',
      (rig) => {
        rig.writeSte(1, { Config: 5, S1ContextPtr: rig.take(64), ...FULL });
        return 1;
      },
    ],
    [
      'F_CD_FETCH',
      '9',
      (rig) => {
        rig.writeSte(1, { Config: 5, S1ContextPtr: 0x1_0000_0000, ...FULL });
        return 1;
      },
    ],
    [
      'F_STREAM_DISABLED',
      '6',
      (rig) => {
        rig.writeSte(1, { Config: 5, S1CDMax: 2, S1ContextPtr: rig.take(256), ...FULL });
        return 1;
      },
    ],
    [
      'F_WALK_EABT',
      'b',
      (rig) => {
        const { table } = rig.stage1(1, { ste: FULL });
        rig.store(rig.entry(table, VA, 2), [0x1_0000_0003n]);
        return 1;
      },
    ],
  ];

  it.each(cases)('%s: Completer Abort, recorded only with REC_CFG_ATS', (_, event, prepare) => {
    const answers = [RECINVSID, RECINVSID | REC_CFG_ATS, REC_CFG_ATS].map((cr2) => {
      const rig = new TranslationRig({ cr0: ATSCHK, cr2 });
      return request(rig, VA, 0, { sid: prepare(rig) });
    });
    const withoutInvalid = event === '2' ? 'CA' : `CA ${event}`;
    expect(answers).toEqual(['CA', `CA ${event}`, withoutInvalid]);
  });
});

describe('requests in other configurations', () => {
  it('get themselves back where S1DSS skips the only stage', () => {
    const rig = new TranslationRig({ cr0: ATSCHK });
    rig.writeSte(1, { Config: 5, S1CDMax: 2, S1DSS: 1, S1ContextPtr: rig.take(256), ...FULL });
    expect(request(rig, 0x12_3000n)).toBe('0x123000 RW');
  });

  function nested(eats: number): TranslationRig {
    const rig = new TranslationRig({ cr0: ATSCHK });
    const stage2 = rig.table('4K', 40, 1);
    rig.identity(stage2, 0x4400_0000, 0x20_0000);
    const { table, cd } = rig.stage1(1);
    rig.map(table, VA, 0x6000_0000n);
    rig.map(table, 0x2000n, 0x6000_1000n);
    rig.map(table, 0x3000n, 0x7000_0000n);
    rig.map(stage2, 0x6000_0000n, 0x4800_0000n, { attrs: S2_RW });
    rig.map(stage2, 0x6000_1000n, 0x4800_1000n, { attrs: AF | (1n << 6n) });
    rig.writeSte(1, { ...rig.stage2Fields(stage2), Config: 7, S1ContextPtr: cd, EATS: eats });
    return rig;
  }

  it.each([
    { eats: 1, answers: ['0x48000000 RW', '0x48001000 R', '0x0 '] },
    { eats: 2, answers: ['0x60000000 RW', '0x60001000 R', '0x0 '] },
  ])(
    'with EATS = $eats in a nested stream: $answers, and again from the TLB',
    ({ eats, answers }) => {
      const rig = nested(eats);
      const pages = [VA, 0x2000n, 0x3000n];
      expect(pages.map((va) => request(rig, va))).toEqual(answers);
      expect(pages.map((va) => request(rig, va))).toEqual(answers);
    },
  );

  it('with split stages send translated accesses through stage 2', () => {
    const rig = nested(2);
    expect([
      rig.outcome(1, 0x6000_0008n, { flags: TRANSLATED }),
      rig.outcome(1, 0x6000_1008n, { flags: TRANSLATED | WRITE }),
      rig.outcome(1, 0x7000_0000n, { flags: TRANSLATED }),
      rig.outcome(1, 1n << 50n, { flags: TRANSLATED }),
    ]).toEqual(['0x48000008', 'abort 13', 'abort 10', 'abort 11']);
  });

  it('record no SubstreamID for translated accesses', () => {
    const rig = nested(2);
    rig.access(1, 0x7000_0000n, { flags: TRANSLATED, ssid: 3 });
    expect(rig.faults()).toMatchObject([{ type: 0x10, s2: true, ssid: undefined }]);
  });
});

describe('a Translated transaction', () => {
  const PA = 0x4800_0040n;

  it.each<[string, Fields<typeof STE_BITS>, string, string]>([
    ['EATS = 01', { Config: 5, EATS: 1 }, '0x48000040', '0x48000040'],
    ['EATS = 00', { Config: 5, EATS: 0 }, '0x48000040', 'abort 7'],
    ['bypass', { Config: 4, EATS: 1 }, '0x48000040', 'abort 7'],
    ['abort', { Config: 0 }, '0x48000040', 'abort'],
    ['an invalid STE', { V: 0 }, '0x48000040', 'abort'],
  ])('%s: unchecked %s, with ATSCHK %s', (_, ste, ...outcomes) => {
    const seen = [0, ATSCHK].map((cr0) => {
      const rig = new TranslationRig({ cr0 });
      rig.writeSte(1, ste);
      return rig.outcome(1, PA, { flags: TRANSLATED });
    });
    expect(seen).toEqual(outcomes);
  });

  it.each([
    { cr2: REC_CFG_ATS, sid: 1, outcome: 'abort 4' },
    { cr2: REC_CFG_ATS, sid: 0x1000, outcome: 'abort 2' },
    { cr2: RECINVSID, sid: 0x1000, outcome: 'abort' },
  ])('with CR2 = $cr2 of StreamID $sid: $outcome', ({ cr2, sid, outcome }) => {
    const rig = new TranslationRig({ cr0: ATSCHK, cr2 });
    rig.writeSte(1, { V: 0 });
    expect(rig.outcome(sid, PA, { flags: TRANSLATED })).toBe(outcome);
  });

  it('beyond the output size aborts in silence', () => {
    const rig = new TranslationRig({ cr0: ATSCHK });
    rig.writeSte(1, { Config: 5, EATS: 1 });
    expect(rig.outcome(1, 1n << 48n, { flags: TRANSLATED })).toBe('abort');
  });

  it('and requests abort where there is no ATS', () => {
    const rig = new TranslationRig({ features: { ats: false, pri: false } });
    rig.stage1(1);
    expect([REQUEST, TRANSLATED].map((flags) => rig.outcome(1, VA, { flags }))).toEqual([
      'abort',
      'abort',
    ]);
  });
});
