// Page permissions of both stages against tables of what is allowed, typed from the manuals: AP, hierarchical
// bits, execute-never, WXN, PAN, EPAN, one-privilege regimes, stage 2 with and without XNX.

import { describe, expect, it } from 'vitest';
import type { SmmuFeatures } from '../../sim/smmu/capabilities.ts';
import {
  AF,
  AP_READ_ONLY,
  AP_UNPRIVILEGED,
  APTABLE_NO_USER,
  APTABLE_READ_ONLY,
  type CD_BITS,
  type Fields,
  NG,
  PXN,
  PXN_TABLE,
  type STE_BITS,
  TranslationRig,
  UXN,
  UXN_TABLE,
} from '../support/translation-rig.ts';

const WRITE = 1;
const PRIVILEGED = 2;
const INSTRUCTION = 4;
/** r, w, x of unprivileged accesses, then R, W, X of privileged ones. */
const KINDS = [
  ['r', 0],
  ['w', WRITE],
  ['x', INSTRUCTION],
  ['R', PRIVILEGED],
  ['W', PRIVILEGED | WRITE],
  ['X', PRIVILEGED | INSTRUCTION],
] as const;

interface Setup {
  readonly leaf?: bigint;
  readonly tableBits?: bigint;
  readonly cd?: Fields<typeof CD_BITS>;
  readonly ste?: Fields<typeof STE_BITS>;
  readonly features?: Partial<SmmuFeatures>;
}

/** Letters of the accesses that pass, each on a cold TLB and once more on a warm one. */
function allowed({ leaf = 0n, tableBits = 0n, cd = {}, ste = {}, features = {} }: Setup): string {
  let letters = '';
  const rig = new TranslationRig({ features });
  const { table, cd: at } = rig.stage1(1, { ste });
  rig.writeCd(at, { TTB0: table.root, ...cd });
  rig.map(table, 0x1000n, 0x4800_0000n, { attrs: AF | NG | leaf, tableBits });
  for (const [letter, flags] of KINDS) {
    rig.invalidateAll();
    const cold = rig.outcome(1, 0x1000n, { flags });
    const warm = rig.outcome(1, 0x1000n, { flags });
    expect(warm).toBe(cold);
    expect(['0x48000000', 'abort 13']).toContain(cold);
    letters += cold === '0x48000000' ? letter : '';
  }
  return letters;
}

describe('stage 1 permissions', () => {
  it.each<[string, bigint, string]>([
    ['00', 0n, 'xRWX'],
    ['01', AP_UNPRIVILEGED, 'rwxRW'],
    ['10', AP_READ_ONLY, 'xRX'],
    ['11', AP_READ_ONLY | AP_UNPRIVILEGED, 'rxRX'],
  ])('AP = %s', (_, leaf, letters) => {
    expect(allowed({ leaf })).toBe(letters);
  });

  it.each<[string, Setup, string]>([
    ['UXN', { leaf: AP_READ_ONLY | AP_UNPRIVILEGED | UXN }, 'rRX'],
    ['PXN', { leaf: AP_READ_ONLY | AP_UNPRIVILEGED | PXN }, 'rxR'],
    ['UXN and PXN', { leaf: AP_READ_ONLY | AP_UNPRIVILEGED | UXN | PXN }, 'rR'],
    ['UXNTable', { leaf: AP_READ_ONLY | AP_UNPRIVILEGED, tableBits: UXN_TABLE }, 'rRX'],
    ['PXNTable', { leaf: AP_READ_ONLY | AP_UNPRIVILEGED, tableBits: PXN_TABLE }, 'rxR'],
    ['APTable[0]', { leaf: AP_UNPRIVILEGED, tableBits: APTABLE_NO_USER }, 'xRWX'],
    ['APTable[1]', { leaf: AP_UNPRIVILEGED, tableBits: APTABLE_READ_ONLY }, 'rxRX'],
    [
      'APTable = 11',
      { leaf: AP_UNPRIVILEGED, tableBits: APTABLE_NO_USER | APTABLE_READ_ONLY },
      'xRX',
    ],
    [
      'APTable with HAD0',
      { leaf: AP_UNPRIVILEGED, tableBits: APTABLE_READ_ONLY | UXN_TABLE, cd: { HAD0: 1 } },
      'rwxRW',
    ],
    [
      'HAD0 without IDR3.HAD',
      {
        leaf: AP_UNPRIVILEGED,
        tableBits: APTABLE_READ_ONLY,
        cd: { HAD0: 1 },
        features: { had: false },
      },
      'rxRX',
    ],
  ])('%s', (_, setup, letters) => {
    expect(allowed(setup)).toBe(letters);
  });

  it.each<[string, Setup, string]>([
    ['WXN on a page that all write', { leaf: AP_UNPRIVILEGED, cd: { WXN: 1 } }, 'rwRW'],
    ['WXN on a page that only privileged write', { cd: { WXN: 1 } }, 'xRW'],
    ['WXN on a read-only page', { leaf: AP_READ_ONLY | AP_UNPRIVILEGED, cd: { WXN: 1 } }, 'rxRX'],
    [
      'PAN on a page that users see',
      { leaf: AP_READ_ONLY | AP_UNPRIVILEGED, cd: { PAN: 1 } },
      'rxX',
    ],
    ['PAN on a privileged page', { cd: { PAN: 1 } }, 'xRWX'],
    [
      'EPAN on a page that users may execute',
      { cd: { PAN: 1, EPAN: 1 }, features: { epan: true } },
      'xX',
    ],
    [
      'EPAN on one that they may not',
      { leaf: UXN, cd: { PAN: 1, EPAN: 1 }, features: { epan: true } },
      'RWX',
    ],
    [
      'EPAN that IDR3 does not offer',
      { cd: { PAN: 1, EPAN: 1 }, features: { epan: false } },
      'xRWX',
    ],
    ['PAN and WXN together', { leaf: AP_UNPRIVILEGED, cd: { PAN: 1, WXN: 1 } }, 'rw'],
  ])('%s', (_, setup, letters) => {
    expect(allowed(setup)).toBe(letters);
  });

  it.each<[string, Setup, string]>([
    ['AP = 00', {}, 'rwxRWX'],
    ['AP = 10', { leaf: AP_READ_ONLY }, 'rxRX'],
    ['XN', { leaf: UXN }, 'rwRW'],
    ['PXN, which does not exist', { leaf: PXN }, 'rwxRWX'],
    ['APTable[0], which does not exist', { tableBits: APTABLE_NO_USER }, 'rwxRWX'],
    ['APTable[1]', { tableBits: APTABLE_READ_ONLY }, 'rxRX'],
    ['XNTable', { tableBits: UXN_TABLE }, 'rwRW'],
    ['WXN', { cd: { WXN: 1 } }, 'rwRW'],
    ['PAN, which does not exist', { leaf: AP_UNPRIVILEGED, cd: { PAN: 1 } }, 'rwxRWX'],
  ])('in EL2: %s', (_, setup, letters) => {
    expect(allowed({ ...setup, ste: { STRW: 2 } })).toBe(letters);
  });
});

describe('overrides of the stream', () => {
  it.each<[Fields<typeof STE_BITS>, string]>([
    [{ PRIVCFG: 2 }, 'xX'],
    [{ PRIVCFG: 3 }, 'rwxRWX'],
    [{ PRIVCFG: 1 }, 'xRWX'],
    [{ INSTCFG: 2 }, 'RWX'],
    [{ INSTCFG: 3 }, 'rxRWX'],
    [{ INSTCFG: 1 }, 'xRWX'],
    [{ PRIVCFG: 3, INSTCFG: 3 }, 'rwxRWX'],
  ])('%o act before the check of a privileged page', (ste, letters) => {
    expect(allowed({ ste })).toBe(letters);
  });

  it('do nothing without IDR1.ATTR_PERMS_OVR', () => {
    expect(allowed({ ste: { PRIVCFG: 3 }, features: { attrPermsOvr: false } })).toBe('xRWX');
  });

  it('show in the record', () => {
    const rig = new TranslationRig();
    rig.stage1(1, { ste: { PRIVCFG: 3, INSTCFG: 3 } });
    rig.access(1, 0x1000n);
    rig.access(1, 0x1000n, { flags: WRITE });
    expect(rig.faults()).toMatchObject([
      { rnw: true, ind: true, pnu: true },
      { rnw: false, ind: false, pnu: true },
    ]);
  });
});

/** Letters of the accesses that pass a stage 2 leaf. */
function allowed2(leaf: bigint, xnx: boolean): string {
  const rig = new TranslationRig({ features: { xnx } });
  const table = rig.table('4K', 40, 1);
  rig.map(table, 0x1000n, 0x4800_0000n, { attrs: AF | leaf });
  rig.writeSte(1, { Config: 6, ...rig.stage2Fields(table) });
  return KINDS.filter(([, flags]) => {
    rig.invalidateAll();
    const cold = rig.outcome(1, 0x1000n, { flags });
    expect(rig.outcome(1, 0x1000n, { flags })).toBe(cold);
    return cold === '0x48000000';
  })
    .map(([letter]) => letter)
    .join('');
}

describe('stage 2 permissions', () => {
  const [none, read, write, both] = [0n, 1n << 6n, 2n << 6n, 3n << 6n];

  it.each([
    ['S2AP = 00', none, 'xX'],
    ['S2AP = 01', read, 'rxRX'],
    ['S2AP = 10', write, 'wxWX'],
    ['S2AP = 11', both, 'rwxRWX'],
    ['XN = 01', both | (1n << 53n), 'rwxRW'],
    ['XN = 10', both | (1n << 54n), 'rwRW'],
    ['XN = 11', both | (3n << 53n), 'rwRWX'],
  ])('with XNX: %s', (_, leaf, letters) => {
    expect(allowed2(leaf, true)).toBe(letters);
  });

  it.each([
    ['XN[0], which does not exist', both | (1n << 53n), 'rwxRWX'],
    ['XN = 1x', both | (3n << 53n), 'rwRW'],
  ])('without XNX: %s', (_, leaf, letters) => {
    expect(allowed2(leaf, false)).toBe(letters);
  });

  it('are checked after those of stage 1, each with its own record', () => {
    const rig = new TranslationRig();
    const stage2 = rig.table('4K', 40, 1);
    rig.identity(stage2, 0x4400_0000, 0x20_0000);
    const { table, cd } = rig.stage1(1);
    rig.map(table, 0x1000n, 0x6000_0000n);
    rig.map(table, 0x2000n, 0x6000_0000n, { attrs: AF | NG | AP_UNPRIVILEGED | AP_READ_ONLY });
    rig.map(stage2, 0x6000_0000n, 0x4800_0000n, { attrs: AF | read });
    rig.writeSte(1, { ...rig.stage2Fields(stage2), Config: 7, S1ContextPtr: cd });
    for (const warm of [false, true]) {
      rig.outcome(1, warm ? 0x1000n : 0x5000n);
      rig.access(1, 0x1008n, { flags: WRITE });
      rig.access(1, 0x2008n, { flags: WRITE });
      expect(rig.faults()).toMatchObject([
        { type: 0x13, s2: true, class: 2, ipa: 0x6000_0000n, rnw: false },
        { type: 0x13, s2: false, class: 2, rnw: false },
      ]);
    }
  });
});
