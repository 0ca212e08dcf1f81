// Memory attributes that leave the SMMU: overrides of the stream, MAIR, stage 2 combination and forcing,
// shareability, allocation hints. MAIR bytes: upper half outer, lower half inner.

import { describe, expect, it } from 'vitest';
import { Transaction } from '../../sim/machine/transaction.ts';
import type { SmmuFeatures } from '../../sim/smmu/capabilities.ts';
import {
  AF,
  AP_UNPRIVILEGED,
  type Fields,
  NG,
  type STE_BITS,
  TranslationRig,
} from '../support/translation-rig.ts';

const [NSH, OSH, ISH] = [0, 2, 3] as const;

interface Incoming {
  readonly attr?: number;
  readonly sh?: number;
}

function access(
  rig: TranslationRig,
  address: bigint,
  { attr = 0xff, sh = NSH }: Incoming,
): number[] {
  const t = new Transaction();
  t.sid = 1;
  t.addrLo = Number(address);
  t.attr = attr;
  t.shareability = sh;
  const results = [1, 2].map(() => {
    expect(rig.smmu.translate(t)).toBe(0);
    return [t.outAttr, t.outShareability];
  });
  expect(results[1]).toEqual(results[0]);
  return results[0] ?? [];
}

/** Output of a bypass stream. */
function bypass(
  ste: Fields<typeof STE_BITS>,
  incoming: Incoming = {},
  features: Partial<SmmuFeatures> = {},
): number[] {
  const rig = new TranslationRig({ features });
  rig.writeSte(1, { Config: 4, SHCFG: 1, ...ste });
  return access(rig, 0x1000n, incoming);
}

describe('stream bypass', () => {
  it.each<[string, Fields<typeof STE_BITS>, Incoming, number[]]>([
    ['nothing', {}, {}, [0xff, NSH]],
    ['incoming types pass', {}, { attr: 0xbb, sh: ISH }, [0xbb, ISH]],
    ['SHCFG = 00', { SHCFG: 0 }, { sh: ISH }, [0xff, NSH]],
    ['SHCFG = 10', { SHCFG: 2 }, { sh: ISH }, [0xff, OSH]],
    ['SHCFG = 11', { SHCFG: 3 }, {}, [0xff, ISH]],
    ['MemAttr without MTCFG', { MemAttr: 0 }, {}, [0xff, NSH]],
    ['Device-nGnRnE', { MTCFG: 1, MemAttr: 0 }, {}, [0x00, OSH]],
    ['Device-GRE', { MTCFG: 1, MemAttr: 3 }, {}, [0x0c, OSH]],
    ['reserved MemAttr 0100', { MTCFG: 1, MemAttr: 4 }, {}, [0x00, OSH]],
    ['reserved MemAttr 1000', { MTCFG: 1, MemAttr: 8 }, {}, [0x00, OSH]],
    ['reserved MemAttr 1100', { MTCFG: 1, MemAttr: 12 }, {}, [0x00, OSH]],
    ['non-cacheable', { MTCFG: 1, MemAttr: 5, SHCFG: 0 }, {}, [0x44, OSH]],
    ['write-through', { MTCFG: 1, MemAttr: 10 }, {}, [0xbb, NSH]],
    ['outer non-cacheable, inner write-back', { MTCFG: 1, MemAttr: 7 }, { sh: ISH }, [0x4f, ISH]],
    [
      'a cacheable type over a Device gets default hints',
      { MTCFG: 1, MemAttr: 15 },
      { attr: 0x04 },
      [0xff, NSH],
    ],
    [
      'a cacheable type keeps incoming hints',
      { MTCFG: 1, MemAttr: 15 },
      { attr: 0xaa },
      [0xee, NSH],
    ],
    ['ALLOCCFG no allocation', { ALLOCCFG: 8 }, {}, [0xcc, NSH]],
    ['ALLOCCFG read only', { ALLOCCFG: 12 }, {}, [0xee, NSH]],
    ['ALLOCCFG write, transient', { ALLOCCFG: 11 }, {}, [0x55, NSH]],
    ['ALLOCCFG on a Device', { ALLOCCFG: 15 }, { attr: 0x08 }, [0x08, OSH]],
    ['ALLOCCFG below 8 is incoming', { ALLOCCFG: 7 }, { attr: 0xee }, [0xee, NSH]],
    ['a Device is outer shareable', {}, { attr: 0x04, sh: NSH }, [0x04, OSH]],
    ['so is non-cacheable', {}, { attr: 0x44, sh: ISH }, [0x44, OSH]],
  ])('%s', (_, ste, incoming, out) => {
    expect(bypass(ste, incoming)).toEqual(out);
  });

  it('has no overrides without IDR1.ATTR_TYPES_OVR', () => {
    expect(bypass({ MTCFG: 1, MemAttr: 0, SHCFG: 3 }, {}, { attrTypesOvr: false })).toEqual([
      0xff,
      NSH,
    ]);
  });
});

/** Output of stage 1 through MAIR byte `index`. */
function stage1(mair: bigint, index: number, sh: number, incoming: Incoming = {}): number[] {
  const rig = new TranslationRig();
  const { table, cd } = rig.stage1(1);
  rig.writeCd(cd, { TTB0: table.root, MAIR0: mair & 0xffff_ffffn, MAIR1: mair >> 32n });
  const attrs = AF | NG | AP_UNPRIVILEGED | (BigInt(index) << 2n) | (BigInt(sh) << 8n);
  rig.map(table, 0x1000n, 0x4800_0000n, { attrs });
  return access(rig, 0x1000n, incoming);
}

describe('stage 1', () => {
  const MAIR = 0xbb_0c_08_04_00_4f_44_ffn;

  it.each([
    [0, [0xff, ISH]],
    [1, [0x44, OSH]],
    [2, [0x4f, ISH]],
    [3, [0x00, OSH]],
    [4, [0x04, OSH]],
    [5, [0x08, OSH]],
    [6, [0x0c, OSH]],
    [7, [0xbb, ISH]],
  ])('takes byte %i of MAIR', (index, out) => {
    expect(stage1(MAIR, index, ISH)).toEqual(out);
  });

  it.each([
    [0x01n, 0x00],
    [0x07n, 0x04],
    [0x0bn, 0x08],
    [0x0en, 0x0c],
    [0x40n, 0x43],
    [0xf0n, 0xf3],
  ])('takes the reserved MAIR byte %s as the manual says', (mair, attr) => {
    expect(stage1(mair, 0, ISH)[0]).toBe(attr);
  });

  it.each([
    [NSH, NSH],
    [1, NSH],
    [OSH, OSH],
    [ISH, ISH],
  ])('takes SH = %i', (sh, out) => {
    expect(stage1(0xffn, 0, sh)[1]).toBe(out);
  });

  it.each([
    [0xee, 0xee],
    [0xcc, 0xcc],
    [0x77, 0x77],
    [0x04, 0xff],
    [0x44, 0xff],
  ])('combines the hints of an incoming %i', (attr, out) => {
    expect(stage1(0xffn, 0, ISH, { attr, sh: OSH })).toEqual([out, ISH]);
  });
});

/** Output of a stream with stage 2 over `incoming`. */
function stage2(
  memAttr: number,
  sh: number,
  incoming: Incoming,
  ste: Fields<typeof STE_BITS> = {},
): number[] {
  const rig = new TranslationRig();
  const table = rig.table('4K', 40, 1);
  const attrs = AF | (3n << 6n) | (BigInt(memAttr) << 2n) | (BigInt(sh) << 8n);
  rig.map(table, 0x1000n, 0x4800_0000n, { attrs });
  rig.writeSte(1, { SHCFG: 1, ...rig.stage2Fields(table), Config: 6, ...ste });
  return access(rig, 0x1000n, incoming);
}

describe('stage 2', () => {
  it.each<[string, number, number, Incoming, number[]]>([
    ['write-back and write-back', 15, NSH, {}, [0xff, NSH]],
    ['write-back and write-through', 10, NSH, {}, [0xbb, NSH]],
    ['write-back and non-cacheable', 5, NSH, {}, [0x44, OSH]],
    ['write-through and write-back', 15, NSH, { attr: 0xbb }, [0xbb, NSH]],
    ['each half by itself', 11, NSH, { attr: 0xf4 }, [0xb4, NSH]],
    ['Device beats Normal', 1, NSH, {}, [0x04, OSH]],
    ['Device of the client beats write-back', 15, ISH, { attr: 0x08 }, [0x08, OSH]],
    ['the stronger Device wins', 2, NSH, { attr: 0x04 }, [0x04, OSH]],
    ['and the other way round', 0, NSH, { attr: 0x0c }, [0x00, OSH]],
    ['inner shareable beats non-shareable', 15, ISH, {}, [0xff, ISH]],
    ['outer shareable beats inner', 15, ISH, { sh: OSH }, [0xff, OSH]],
    ['hints of the client stay', 15, NSH, { attr: 0xee }, [0xee, NSH]],
  ])('%s', (_, ...[memAttr, sh, incoming, out]) => {
    expect(stage2(memAttr, sh, incoming)).toEqual(out);
  });

  it.each<[string, number, Incoming, number]>([
    ['110 forces write-back', 6, { attr: 0x44 }, 0xff],
    ['110 over a Device', 6, { attr: 0x04 }, 0xff],
    ['110 keeps hints', 6, { attr: 0xee }, 0xee],
    ['101 is non-cacheable', 5, {}, 0x44],
    ['101 leaves a Device', 5, { attr: 0x04 }, 0x04],
    ['111 is stage 1', 7, { attr: 0xbb }, 0xbb],
    ['001 is Device-nGnRE', 1, {}, 0x04],
    ['011 combines with a stronger Device', 3, { attr: 0x04 }, 0x04],
  ])('with S2FWB %s', (_, memAttr, incoming, attr) => {
    expect(stage2(memAttr, NSH, incoming, { S2FWB: 1 })[0]).toBe(attr);
  });

  it('takes overrides of the stream first', () => {
    expect(stage2(15, NSH, {}, { MTCFG: 1, MemAttr: 10, SHCFG: 3 })).toEqual([0xbb, ISH]);
  });

  it('combines with stage 1 in a nested stream, whatever the client says', () => {
    const rig = new TranslationRig();
    const table2 = rig.table('4K', 40, 1);
    rig.identity(table2, 0x4400_0000, 0x20_0000);
    const { table, cd } = rig.stage1(1);
    rig.writeCd(cd, { TTB0: table.root, MAIR0: 0xbb });
    rig.map(table, 0x1000n, 0x6000_0000n, { attrs: AF | NG | AP_UNPRIVILEGED });
    const attrs = AF | (3n << 6n) | (7n << 2n) | (3n << 8n);
    rig.map(table2, 0x6000_0000n, 0x4800_0000n, { attrs });
    rig.writeSte(1, { ...rig.stage2Fields(table2), Config: 7, S1ContextPtr: cd });
    expect(access(rig, 0x1000n, { attr: 0x04 })).toEqual([0x4b, ISH]);
  });
});
