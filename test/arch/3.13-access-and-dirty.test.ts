// Access flag and dirty state: faults without hardware updates, updates in memory with them, in both stages.

import { describe, expect, it } from 'vitest';
import {
  AF,
  AP_READ_ONLY,
  AP_UNPRIVILEGED,
  APTABLE_READ_ONLY,
  type CD_BITS,
  DBM,
  type Fields,
  NG,
  type STE_BITS,
  type Table,
  TranslationRig,
} from '../support/translation-rig.ts';

const VA = 0x1000n;
const WRITE = 1;
const OUT = 0x4800_0000n;
const USER = AP_UNPRIVILEGED | NG;
const CLEAN = USER | AP_READ_ONLY | DBM;

interface Stage1 {
  readonly rig: TranslationRig;
  /** The leaf as it is in memory now, without its address. */
  leaf(): bigint;
}

function stage1(attrs: bigint, cd: Fields<typeof CD_BITS>, tableBits = 0n): Stage1 {
  const rig = new TranslationRig();
  const { table, cd: at } = rig.stage1(1);
  rig.writeCd(at, { TTB0: table.root, ...cd });
  const place = rig.map(table, VA, OUT, { attrs, tableBits });
  return { rig, leaf: () => (rig.load(place, 1)[0] ?? 0n) ^ OUT ^ 3n };
}

describe('a stage 1 leaf with AF = 0', () => {
  it.each([
    { cd: {}, outcome: 'abort 12', after: USER },
    { cd: { AFFD: 1 }, outcome: '0x48000000', after: USER },
    { cd: { HA: 1 }, outcome: '0x48000000', after: USER | AF },
    { cd: { HA: 1, AFFD: 1 }, outcome: '0x48000000', after: USER | AF },
    { cd: { HD: 1 }, outcome: 'abort 12', after: USER },
  ])('with $cd: $outcome', ({ cd, outcome, after }) => {
    const { rig, leaf } = stage1(USER, cd);
    expect([rig.outcome(1, VA), leaf()]).toEqual([outcome, after]);
  });

  it('faults again: no fault is cached', () => {
    const { rig } = stage1(USER, {});
    expect([rig.outcome(1, VA), rig.outcome(1, VA)]).toEqual(['abort 12', 'abort 12']);
  });

  it('is F_ACCESS before F_PERMISSION', () => {
    const { rig } = stage1(USER | AP_READ_ONLY, {});
    expect(rig.outcome(1, VA, { flags: WRITE })).toBe('abort 12');
  });
});

describe('a stage 1 leaf that is writable and clean', () => {
  const dirty = USER | DBM | AF;

  it.each([
    { what: 'without HD', cd: { HA: 1 }, outcome: 'abort 13', after: CLEAN | AF },
    { what: 'with HD alone', cd: { HD: 1, AFFD: 1 }, outcome: 'abort 13', after: CLEAN | AF },
    { what: 'with HA and HD', cd: { HA: 1, HD: 1 }, outcome: '0x48000000', after: dirty },
  ])('takes a write $what: $outcome', ({ cd, outcome, after }) => {
    const { rig, leaf } = stage1(CLEAN | AF, cd);
    expect([rig.outcome(1, VA, { flags: WRITE }), leaf()]).toEqual([outcome, after]);
  });

  it('stays clean when read, and a write that hits the TLB still marks it', () => {
    const { rig, leaf } = stage1(CLEAN, { HA: 1, HD: 1 });
    const steps = [0, 0, WRITE, WRITE].map((flags) => [rig.outcome(1, VA, { flags }), leaf()]);
    expect(steps).toEqual([
      ['0x48000000', CLEAN | AF],
      ['0x48000000', CLEAN | AF],
      ['0x48000000', dirty],
      ['0x48000000', dirty],
    ]);
  });

  it('gets AF and dirty state in one store', () => {
    const { rig, leaf } = stage1(CLEAN, { HA: 1, HD: 1 });
    rig.access(1, VA, { flags: WRITE });
    const updates = rig.trace().filter(({ kind }) => kind === 'descriptor_update');
    expect([updates.length, leaf()]).toEqual([1, dirty]);
  });

  it('is not made writable against APTable', () => {
    const { rig, leaf } = stage1(CLEAN | AF, { HA: 1, HD: 1 }, APTABLE_READ_ONLY);
    expect([rig.outcome(1, VA, { flags: WRITE }), leaf()]).toEqual(['abort 13', CLEAN | AF]);
  });

  it('is not marked by a write that stage 1 refuses', () => {
    const { rig, leaf } = stage1((CLEAN | AF) & ~AP_UNPRIVILEGED, { HA: 1, HD: 1 });
    expect([rig.outcome(1, VA, { flags: WRITE }), leaf()]).toEqual([
      'abort 13',
      (CLEAN | AF) & ~AP_UNPRIVILEGED,
    ]);
  });

  it('counts as writable for WXN', () => {
    const { rig } = stage1(CLEAN | AF, { HA: 1, HD: 1, WXN: 1 });
    expect(rig.outcome(1, VA, { flags: 4 })).toBe('abort 13');
  });
});

const READ_ONLY2 = 1n << 6n;
const WRITABLE2 = 2n << 6n;

function stage2(attrs: bigint, ste: Fields<typeof STE_BITS>): Stage1 {
  const rig = new TranslationRig();
  const table = rig.table('4K', 40, 1);
  const place = rig.map(table, VA, OUT, { attrs });
  rig.writeSte(1, { Config: 6, ...rig.stage2Fields(table), ...ste });
  return { rig, leaf: () => (rig.load(place, 1)[0] ?? 0n) ^ OUT ^ 3n };
}

describe('stage 2', () => {
  it.each([
    { ste: {}, outcome: 'abort 12', after: READ_ONLY2 },
    { ste: { S2AFFD: 1 }, outcome: '0x48000000', after: READ_ONLY2 },
    { ste: { S2HA: 1 }, outcome: '0x48000000', after: READ_ONLY2 | AF },
  ])('with AF = 0 and $ste: $outcome', ({ ste, outcome, after }) => {
    const { rig, leaf } = stage2(READ_ONLY2, ste);
    expect([rig.outcome(1, VA), leaf()]).toEqual([outcome, after]);
  });

  it.each([
    { ste: { S2HA: 1 }, outcome: 'abort 13', after: READ_ONLY2 | DBM | AF },
    { ste: { S2HA: 1, S2HD: 1 }, outcome: '0x48000000', after: READ_ONLY2 | WRITABLE2 | DBM | AF },
    { ste: { S2HD: 1 }, outcome: 'abort 13', after: READ_ONLY2 | DBM | AF },
  ])('a write to a clean page with $ste: $outcome', ({ ste, outcome, after }) => {
    const { rig, leaf } = stage2(READ_ONLY2 | DBM | AF, ste);
    rig.outcome(1, VA);
    expect([rig.outcome(1, VA, { flags: WRITE }), leaf()]).toEqual([outcome, after]);
  });
});

describe('a stage 1 update in a nested stream', () => {
  interface Nested {
    readonly rig: TranslationRig;
    readonly stage2: Table;
    readonly leafPage: bigint;
    leaf1(): bigint;
    leaf2(): bigint;
  }

  function nested(tableAttrs: bigint, ste: Fields<typeof STE_BITS>): Nested {
    const rig = new TranslationRig();
    const table2 = rig.table('4K', 40, 1);
    rig.identity(table2, 0x4400_0000, 0x20_0000);
    const { table, cd } = rig.stage1(1);
    rig.writeCd(cd, { TTB0: table.root, HA: 1, HD: 1 });
    const place = rig.map(table, VA, OUT, { attrs: CLEAN });
    rig.map(table2, OUT, OUT, { attrs: AF | READ_ONLY2 | WRITABLE2 });
    const leafPage = BigInt(place - (place % 4096));
    const place2 = rig.map(table2, leafPage, leafPage, { attrs: tableAttrs });
    rig.writeSte(1, { ...rig.stage2Fields(table2), Config: 7, S1ContextPtr: cd, ...ste });
    return {
      rig,
      stage2: table2,
      leafPage,
      leaf1: () => (rig.load(place, 1)[0] ?? 0n) ^ OUT ^ 3n,
      leaf2: () => (rig.load(place2, 1)[0] ?? 0n) ^ leafPage ^ 3n,
    };
  }

  it('is a write through stage 2, and marks that page dirty', () => {
    const { rig, leaf1, leaf2 } = nested(AF | READ_ONLY2 | DBM, { S2HA: 1, S2HD: 1 });
    expect([rig.outcome(1, VA, { flags: WRITE }), leaf1(), leaf2()]).toEqual([
      '0x48000000',
      USER | DBM | AF,
      AF | READ_ONLY2 | WRITABLE2 | DBM,
    ]);
  });

  it('faults at stage 2 with TTRnW = 0 where it may not write', () => {
    const { rig, leaf1, leafPage } = nested(AF | READ_ONLY2, {});
    rig.access(1, VA);
    expect(rig.faults()).toMatchObject([
      { type: 0x13, s2: true, class: 1, ttrnw: false, ipa: leafPage, rnw: true },
    ]);
    expect(leaf1()).toBe(CLEAN);
  });

  it('faults with TTRnW = 1 where it may not even read', () => {
    const { rig, leafPage } = nested(AF | WRITABLE2, {});
    rig.access(1, VA, { flags: WRITE });
    expect(rig.faults()).toMatchObject([
      { type: 0x13, s2: true, class: 1, ttrnw: true, ipa: leafPage, rnw: false },
    ]);
  });
});
