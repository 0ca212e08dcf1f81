// What the TLB keeps and what each CMD_TLBI removes: translations whose descriptors are gone from memory still
// hit, exactly until a command that covers them has run.

import { describe, expect, it } from 'vitest';
import {
  AF,
  AP_UNPRIVILEGED,
  CONTIGUOUS,
  NG,
  S1_RW,
  S2_RW,
  type Table,
  TranslationRig,
} from '../support/translation-rig.ts';

const SYNC = [0x46n, 0n] as const;
type Command = readonly [bigint, bigint];

interface Operand {
  readonly vmid?: number;
  readonly asid?: number;
  readonly address?: bigint;
  readonly leaf?: 0 | 1;
  readonly ttl?: number;
  readonly tg?: number;
  readonly num?: number;
  readonly scale?: number;
}

function tlbi(opcode: number, operand: Operand = {}): Command {
  const {
    vmid = 0,
    asid = 0,
    address = 0n,
    leaf = 0,
    ttl = 0,
    tg = 0,
    num = 0,
    scale = 0,
  } = operand;
  return [
    BigInt(opcode) |
      (BigInt(num) << 12n) |
      (BigInt(scale) << 20n) |
      (BigInt(vmid) << 32n) |
      (BigInt(asid) << 48n),
    address | BigInt(leaf) | (BigInt(ttl) << 8n) | (BigInt(tg) << 10n),
  ];
}

const NH_ALL = 0x10;
const NH_ASID = 0x11;
const NH_VA = 0x12;
const NH_VAA = 0x13;
const EL2_ALL = 0x20;
const EL2_ASID = 0x21;
const EL2_VA = 0x22;
const EL2_VAA = 0x23;
const S12_VMALL = 0x28;
const S2_IPA = 0x2a;
const NSNH_ALL = 0x30;

/** Entries by name: each is one translation of one stream, its leaf cleared behind the SMMU's back. */
interface Population {
  readonly rig: TranslationRig;
  /** Names of the translations that are still there. */
  alive(): string[];
}

const NAMES = ['v1a1', 'v1a1 other page', 'v1a2', 'v1 global', 'v2a1', 'el2', 'e2h a1', 'e2h a2'];

function populate(): Population {
  const rig = new TranslationRig({ cr2: 2 });
  const reads: [string, () => string][] = [];
  const add = (
    name: string,
    sid: number,
    { vmid = 0, asid = 0, strw = 0, pages = [0x1000n], global = false },
  ): void => {
    const { table, cd } = rig.stage1(sid);
    rig.writeCd(cd, { TTB0: table.root, ASID: asid });
    rig.writeSte(sid, { Config: 5, S1ContextPtr: cd, S2VMID: vmid, STRW: strw });
    for (const [index, page] of pages.entries()) {
      const attrs = global ? S1_RW & ~NG : S1_RW;
      const place = rig.map(table, page, 0x4800_0000n, { attrs });
      const label = index === 0 ? name : `${name} other page`;
      reads.push([label, () => rig.outcome(sid, page)]);
      rig.outcome(sid, page);
      rig.store(place, [0n]);
    }
  };
  add('v1a1', 1, { vmid: 1, asid: 1, pages: [0x1000n, 0x5000n] });
  add('v1a2', 2, { vmid: 1, asid: 2 });
  add('v1 global', 3, { vmid: 1, asid: 3, global: true });
  add('v2a1', 4, { vmid: 2, asid: 1 });
  add('el2', 5, { strw: 2 });
  rig.write(0x2c, 3);
  rig.write(0x20, 12);
  rig.write(0x2c, 3);
  rig.write(0x20, 13);
  add('e2h a1', 6, { strw: 2, asid: 1 });
  add('e2h a2', 7, { strw: 2, asid: 2 });
  rig.takeDiagnostics();
  return {
    rig,
    alive: () => reads.filter(([, read]) => read() === '0x48000000').map(([name]) => name),
  };
}

const without = (...gone: readonly string[]): string[] =>
  NAMES.filter((name) => !gone.includes(name));
const V1 = ['v1a1', 'v1a1 other page', 'v1a2', 'v1 global'];

describe('stage 1 invalidations', () => {
  it('start from a TLB that holds all of it', () => {
    expect(populate().alive()).toEqual(NAMES);
  });

  const page = { address: 0x1000n };
  it.each<[string, Command, string[]]>([
    ['NH_ALL', tlbi(NH_ALL, { vmid: 1 }), without(...V1)],
    [
      'NH_ASID keeps global entries, which serve every ASID',
      tlbi(NH_ASID, { vmid: 1, asid: 1 }),
      without('v1a1 other page'),
    ],
    ['NH_ASID of an ASID that only globals have', tlbi(NH_ASID, { vmid: 1, asid: 3 }), NAMES],
    ['NH_VA', tlbi(NH_VA, { ...page, vmid: 1, asid: 2 }), without('v1a2', 'v1 global')],
    [
      'NH_VA takes a global entry with any ASID',
      tlbi(NH_VA, { ...page, vmid: 1, asid: 9 }),
      without('v1 global'),
    ],
    ['NH_VA of another VMID', tlbi(NH_VA, { ...page, vmid: 2, asid: 1 }), without('v2a1')],
    [
      'NH_VA of another page',
      tlbi(NH_VA, { address: 0x5000n, vmid: 1, asid: 1 }),
      without('v1a1 other page'),
    ],
    ['NH_VA of a page that nobody has', tlbi(NH_VA, { address: 0x9000n, vmid: 1, asid: 1 }), NAMES],
    ['NH_VAA', tlbi(NH_VAA, { ...page, vmid: 1 }), without('v1a1', 'v1a2', 'v1 global')],
    ['S12_VMALL', tlbi(S12_VMALL, { vmid: 2 }), without('v2a1')],
    ['S2_IPA leaves stage 1', tlbi(S2_IPA, { ...page, vmid: 1 }), NAMES],
    ['NSNH_ALL', tlbi(NSNH_ALL), ['el2', 'e2h a1', 'e2h a2']],
    ['EL2_ALL', tlbi(EL2_ALL), without('el2', 'e2h a1', 'e2h a2')],
    ['EL2_ASID', tlbi(EL2_ASID, { asid: 1 }), without('e2h a1')],
    ['EL2_VA with E2H', tlbi(EL2_VA, { ...page, asid: 2 }), without('e2h a2')],
    ['EL2_VAA with E2H', tlbi(EL2_VAA, page), without('e2h a1', 'e2h a2')],
  ])('%s', (_, command, alive) => {
    const population = populate();
    population.rig.commands(command, SYNC);
    expect(population.alive()).toEqual(alive);
  });

  it.each<[string, Command]>([
    ['EL2_VA', tlbi(EL2_VA, { ...page, asid: 77 })],
    ['EL2_VAA', tlbi(EL2_VAA, page)],
  ])('%s without E2H goes by address alone, and leaves E2H entries', (_, command) => {
    const population = populate();
    const { rig } = population;
    rig.write(0x20, 12);
    rig.write(0x2c, 2);
    rig.write(0x20, 13);
    rig.commands(command, SYNC);
    expect(population.alive()).toEqual(without('el2'));
  });

  it('match VMIDs as widely as CR0.VMW says', () => {
    const population = populate();
    population.rig.write(0x20, 13 | (2 << 6));
    population.rig.commands(tlbi(NH_ALL, { vmid: 3 }), SYNC);
    expect(population.alive()).toEqual(without(...V1, 'v2a1'));
  });

  it('ignore VMIDs without stage 2', () => {
    const rig = new TranslationRig({ features: { s2p: false, hyp: false } });
    const { table, cd } = rig.stage1(1);
    rig.writeSte(1, { Config: 5, S1ContextPtr: cd, S2VMID: 5 });
    const place = rig.map(table, 0x1000n, 0x4800_0000n);
    rig.outcome(1, 0x1000n);
    rig.store(place, [0n]);
    const stale = rig.outcome(1, 0x1000n);
    rig.commands(tlbi(NH_ALL, { vmid: 9 }), SYNC);
    expect([stale, rig.outcome(1, 0x1000n)]).toEqual(['0x48000000', 'abort 10']);
  });
});

describe('tags', () => {
  it('let streams with the same VMID and ASID share an entry', () => {
    const rig = new TranslationRig();
    const first = rig.stage1(1, { cd: { ASID: 4 } });
    rig.map(first.table, 0x1000n, 0x4800_0000n);
    rig.stage1(2, { cd: { ASID: 4 } });
    rig.outcome(1, 0x1000n);
    expect(rig.outcome(2, 0x1000n)).toBe('0x48000000');
  });

  it.each([
    ['another ASID', { cd: { ASID: 5 } }],
    ['another VMID', { cd: { ASID: 4 }, ste: { S2VMID: 1 } }],
    ['another StreamWorld', { cd: { ASID: 4 }, ste: { STRW: 2 } }],
  ])('keep streams with %s apart', (_, options) => {
    const rig = new TranslationRig();
    const first = rig.stage1(1, { cd: { ASID: 4 } });
    rig.map(first.table, 0x1000n, 0x4800_0000n);
    rig.stage1(2, options);
    rig.outcome(1, 0x1000n);
    expect(rig.outcome(2, 0x1000n)).toBe('abort 10');
  });

  it.each([
    { aset: 0, outcome: '0x48000000' },
    { aset: 1, outcome: 'abort 10' },
  ])('of a global entry are VMID and ASET: another ASID with ASET = $aset', ({ aset, outcome }) => {
    const rig = new TranslationRig();
    const first = rig.stage1(1, { cd: { ASID: 4 } });
    rig.map(first.table, 0x1000n, 0x4800_0000n, { attrs: S1_RW & ~NG });
    rig.stage1(2, { cd: { ASID: 5, ASET: aset } });
    rig.outcome(1, 0x1000n);
    expect(rig.outcome(2, 0x1000n)).toBe(outcome);
  });
});

describe('entries of other sizes', () => {
  function cleared(level: number, attrs = S1_RW): { rig: TranslationRig; table: Table } {
    const rig = new TranslationRig();
    const { table, cd } = rig.stage1(1);
    rig.writeCd(cd, { TTB0: table.root });
    const place = rig.map(table, 0x4000_0000n, 0x8000_0000n, { level, attrs });
    rig.outcome(1, 0x4000_0000n);
    rig.store(place, [0n]);
    return { rig, table };
  }

  it.each([
    { level: 1, address: 0x7fff_f000n },
    { level: 2, address: 0x401f_f000n },
  ])('a block at level $level goes with any address in it', ({ level, address }) => {
    const { rig } = cleared(level);
    const stale = rig.outcome(1, address);
    rig.commands(tlbi(NH_VA, { address }), SYNC);
    expect([stale.startsWith('0x'), rig.outcome(1, 0x4000_0000n)]).toEqual([true, 'abort 10']);
  });

  it.each([
    { what: 'the level that TTL names', operand: { tg: 1, ttl: 2 }, gone: true },
    { what: 'another level', operand: { tg: 1, ttl: 3 }, gone: false },
    { what: 'another granule', operand: { tg: 2, ttl: 2 }, gone: false },
    { what: 'a range before it', operand: { tg: 1, num: 1, address: 0x3fff_e000n }, gone: false },
    {
      what: 'a range that reaches it',
      operand: { tg: 1, num: 2, address: 0x3fff_e000n },
      gone: true,
    },
    { what: 'a scaled range', operand: { tg: 1, num: 0, scale: 18, address: 0n }, gone: false },
    {
      what: 'a larger scaled range',
      operand: { tg: 1, num: 1, scale: 18, address: 0n },
      gone: true,
    },
  ])('range invalidation with $what', ({ operand, gone }) => {
    const { rig } = cleared(2);
    rig.commands(tlbi(NH_VA, { address: 0x4000_0000n, ...operand }), SYNC);
    expect(rig.outcome(1, 0x4000_0000n)).toBe(gone ? 'abort 10' : '0x80000000');
  });

  it('a contiguous run is one entry', () => {
    const rig = new TranslationRig();
    const { table } = rig.stage1(1);
    const places = Array.from({ length: 16 }, (_, page) =>
      rig.map(table, 0x1_0000n + BigInt(page) * 4096n, 0x8000_0000n + BigInt(page) * 4096n, {
        attrs: S1_RW | CONTIGUOUS,
      }),
    );
    rig.outcome(1, 0x1_3000n);
    for (const place of places) {
      rig.store(place, [0n]);
    }
    const other = rig.outcome(1, 0x1_f008n);
    rig.commands(tlbi(NH_VA, { address: 0x1_0000n }), SYNC);
    expect([other, rig.outcome(1, 0x1_f008n)]).toEqual(['0x8000f008', 'abort 10']);
  });

  it('a run that is not identical is used as it stands', () => {
    const rig = new TranslationRig();
    const { table } = rig.stage1(1);
    rig.map(table, 0x1_0000n, 0x8000_0000n, { attrs: S1_RW | CONTIGUOUS });
    rig.map(table, 0x1_1000n, 0x9000_0000n, { attrs: S1_RW | CONTIGUOUS });
    expect([
      rig.outcome(1, 0x1_0000n),
      rig.outcome(1, 0x1_1000n),
      rig.outcome(1, 0x1_2000n),
    ]).toEqual(['0x80000000', '0x90000000', 'abort 10']);
  });
});

describe('the walk cache', () => {
  /** A page whose level 3 table is replaced behind the SMMU's back. */
  function replaced(): { rig: TranslationRig } {
    const rig = new TranslationRig();
    const { table } = rig.stage1(1);
    rig.map(table, 0x1000n, 0x4800_0000n);
    rig.map(table, 0x2000n, 0x4800_1000n);
    rig.outcome(1, 0x1000n);
    const other = rig.take(4096);
    rig.store(other + 8, [0x4900_0000n | S1_RW | 3n, 0x4900_1000n | S1_RW | 3n]);
    rig.store(rig.entry(table, 0x1000n, 2), [BigInt(other) | 3n]);
    return { rig };
  }

  it('keeps a table after Leaf = 1', () => {
    const { rig } = replaced();
    rig.commands(tlbi(NH_VA, { address: 0x2000n, leaf: 1 }), SYNC);
    expect(rig.outcome(1, 0x2000n)).toBe('0x48001000');
  });

  it.each<[string, Command]>([
    ['NH_VA with Leaf = 0', tlbi(NH_VA, { address: 0x2000n })],
    ['NH_VA of any address under it', tlbi(NH_VA, { address: 0x1f_f000n })],
    ['NH_VAA', tlbi(NH_VAA, { address: 0x2000n })],
    ['NH_ASID', tlbi(NH_ASID)],
    ['NH_ALL', tlbi(NH_ALL)],
    ['TTL above the table', tlbi(NH_VA, { address: 0x2000n, tg: 1, ttl: 3 })],
  ])('drops it with %s', (_, command) => {
    const { rig } = replaced();
    rig.commands(command, SYNC);
    expect(rig.outcome(1, 0x2000n)).toBe('0x49001000');
  });

  it.each<[string, Command]>([
    ['another address', tlbi(NH_VA, { address: 0x20_0000n })],
    ['another ASID', tlbi(NH_VA, { address: 0x2000n, asid: 1 })],
    ['TTL at the level of the table', tlbi(NH_VA, { address: 0x20_0000n, tg: 1, ttl: 2 })],
    ['TTL of a block at its level', tlbi(NH_VA, { address: 0n, tg: 1, ttl: 2 })],
  ])('keeps it with %s', (_, command) => {
    const { rig } = replaced();
    rig.commands(command, SYNC);
    expect(rig.outcome(1, 0x2000n)).toBe('0x48001000');
  });

  it('never holds an invalid descriptor', () => {
    const rig = new TranslationRig();
    const { table } = rig.stage1(1);
    const before = rig.outcome(1, 0x1000n);
    rig.map(table, 0x1000n, 0x4800_0000n);
    expect([before, rig.outcome(1, 0x1000n)]).toEqual(['abort 10', '0x48000000']);
  });
});

describe('nested entries', () => {
  const IPA = 0x6000_0000n;

  function nested(): { rig: TranslationRig; leaf1: number; leaf2: number } {
    const rig = new TranslationRig();
    const stage2 = rig.table('4K', 40, 1);
    rig.identity(stage2, 0x4400_0000, 0x20_0000);
    const { table, cd } = rig.stage1(1);
    rig.writeCd(cd, { TTB0: table.root, ASID: 1 });
    const leaf1 = rig.map(table, 0x1000n, IPA);
    const leaf2 = rig.map(stage2, IPA, 0x4800_0000n, { attrs: S2_RW });
    rig.writeSte(1, { ...rig.stage2Fields(stage2), Config: 7, S1ContextPtr: cd, S2VMID: 5 });
    rig.outcome(1, 0x1000n);
    return { rig, leaf1, leaf2 };
  }

  it.each<[string, readonly Command[], string]>([
    ['nothing', [], '0x48000000'],
    ['S2_IPA alone', [tlbi(S2_IPA, { vmid: 5, address: IPA })], '0x48000000'],
    ['NH_ALL alone', [tlbi(NH_ALL, { vmid: 5 })], '0x48000000'],
    [
      'S2_IPA and NH_ALL',
      [tlbi(S2_IPA, { vmid: 5, address: IPA }), tlbi(NH_ALL, { vmid: 5 })],
      'abort 10',
    ],
    [
      'S2_IPA and NH_VAA',
      [tlbi(S2_IPA, { vmid: 5, address: IPA }), tlbi(NH_VAA, { vmid: 5, address: 0x1000n })],
      'abort 10',
    ],
    [
      'S2_IPA of the wrong VMID',
      [tlbi(S2_IPA, { vmid: 6, address: IPA }), tlbi(NH_ALL, { vmid: 5 })],
      '0x48000000',
    ],
    ['S12_VMALL', [tlbi(S12_VMALL, { vmid: 5 })], 'abort 10'],
    ['NSNH_ALL', [tlbi(NSNH_ALL)], 'abort 10'],
  ])('a changed stage 2 leaf shows after %s: %s', (_, commands, outcome) => {
    const { rig, leaf2 } = nested();
    rig.store(leaf2, [0n]);
    rig.commands(...commands, SYNC);
    expect(rig.outcome(1, 0x1000n)).toBe(outcome);
  });

  it.each<[string, Command, string]>([
    ['NH_VA', tlbi(NH_VA, { vmid: 5, asid: 1, address: 0x1000n }), 'abort 10'],
    ['NH_ASID', tlbi(NH_ASID, { vmid: 5, asid: 1 }), 'abort 10'],
    ['S2_IPA', tlbi(S2_IPA, { vmid: 5, address: IPA }), '0x48000000'],
  ])('a changed stage 1 leaf after %s', (_, command, outcome) => {
    const { rig, leaf1 } = nested();
    rig.store(leaf1, [0n]);
    rig.commands(command, SYNC);
    expect(rig.outcome(1, 0x1000n)).toBe(outcome);
  });

  it('pieces of a stage 1 block all go with one address of it', () => {
    const rig = new TranslationRig();
    const stage2 = rig.table('4K', 40, 1);
    rig.identity(stage2, 0x4400_0000, 0x20_0000);
    const { table, cd } = rig.stage1(1);
    const block = rig.map(table, 0x20_0000n, IPA, { level: 2 });
    rig.map(stage2, IPA, 0x4800_0000n, { attrs: S2_RW });
    rig.map(stage2, IPA + 0x1000n, 0x4900_0000n, { attrs: S2_RW });
    rig.writeSte(1, { ...rig.stage2Fields(stage2), Config: 7, S1ContextPtr: cd });
    rig.outcome(1, 0x20_0000n);
    rig.outcome(1, 0x20_1000n);
    rig.store(block, [0n]);
    rig.commands(tlbi(NH_VA, { address: 0x20_0000n, tg: 1, ttl: 2 }), SYNC);
    expect(rig.outcome(1, 0x20_1000n)).toBe('abort 10');
  });
});

describe('a permission in the TLB', () => {
  it('holds until it is invalidated, both ways', () => {
    const rig = new TranslationRig();
    const { table } = rig.stage1(1);
    const readOnly = AF | NG | AP_UNPRIVILEGED | (1n << 7n);
    rig.map(table, 0x1000n, 0x4800_0000n, { attrs: readOnly });
    rig.outcome(1, 0x1000n);
    rig.map(table, 0x1000n, 0x4800_0000n);
    const stale = rig.outcome(1, 0x1000n, { flags: 1 });
    rig.commands(tlbi(NH_VA, { address: 0x1000n }), SYNC);
    expect([stale, rig.outcome(1, 0x1000n, { flags: 1 })]).toEqual(['abort 13', '0x48000000']);
  });
});

describe('stale translations', () => {
  it('are named once when they are used, with the descriptor', () => {
    const rig = new TranslationRig();
    const { table } = rig.stage1(1);
    const place = rig.map(table, 0x1000n, 0x4800_0000n);
    rig.outcome(1, 0x1000n);
    rig.takeDiagnostics();
    rig.store(place, [0n]);
    rig.outcome(1, 0x1000n);
    rig.outcome(1, 0x1000n);
    expect(rig.takeDiagnostics()).toEqual([
      `guest-error 4.4: the descriptor at 0x${place.toString(16)} was changed without CMD_TLBI: the TLB still translates 0x1000 by its old value`,
    ]);
  });

  it('are not named for flags that the hardware sets, or after the invalidation', () => {
    const rig = new TranslationRig();
    const { table, cd } = rig.stage1(1);
    rig.writeCd(cd, { TTB0: table.root, HA: 1, HD: 1 });
    const attrs = NG | AP_UNPRIVILEGED | (1n << 7n) | (1n << 51n);
    const place = rig.map(table, 0x1000n, 0x4800_0000n, { attrs });
    rig.takeDiagnostics();
    rig.outcome(1, 0x1000n);
    rig.outcome(1, 0x1000n, { flags: 1 });
    rig.outcome(1, 0x1000n);
    rig.store(place, [0n]);
    rig.commands(tlbi(NH_VA, { address: 0x1000n }), SYNC);
    rig.outcome(1, 0x1000n);
    expect(rig.takeDiagnostics()).toEqual([]);
  });
});
