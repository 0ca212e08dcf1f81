// The transitions of the kernel's own test of its entry writer (fact sheet H.2): syncs, hitless or not, and
// at every sync the entry is the old or the new one in the bits that the hardware uses.

import { describe, expect, it } from 'vitest';
import {
  arm_smmu_get_cd_used,
  arm_smmu_get_ste_update_safe,
  arm_smmu_get_ste_used,
  arm_smmu_write_entry,
} from '../../sim/kernel/arm-smmu-v3/entry-writer.ts';

type Entry = readonly bigint[];

const at = (value: bigint, low: number): bigint => value << BigInt(low);
const entry = (...words: bigint[]): Entry => [
  ...words,
  ...Array<bigint>(8 - words.length).fill(0n),
];

const SHCFG_INCOMING = at(1n, 44);
const TABLE = 0xf0f0_f0f0_f0f0n & ~0x3fn;
const OTHER_TABLE = 0x4b_4b4b_4b4bn & ~0x3fn;
const SSID0 = 2n;
const BYPASS_S1 = 1n;

const ABORT = entry(1n);
const BYPASS = entry(1n | at(4n, 1), SHCFG_INCOMING);

function cdTable(
  dss: bigint,
  options: { ats?: boolean; stall?: boolean; table?: bigint } = {},
): Entry {
  return entry(
    1n | at(5n, 1) | at(2n, 4) | (options.table ?? TABLE) | at(31n, 59),
    dss |
      at(1n, 2) |
      at(1n, 4) |
      at(3n, 6) |
      (options.stall === true ? 0n : at(1n, 27)) |
      (options.ats === true ? at(1n, 28) : 0n) |
      (dss === BYPASS_S1 ? SHCFG_INCOMING : 0n),
  );
}

/** VTCR of the fixture: T0SZ 4, SL 3, IRGN 2, ORGN 1, SH 3, TG 2, PS 1. */
const VTCR = 4n | at(3n, 6) | at(2n, 8) | at(1n, 10) | at(3n, 12) | at(2n, 14) | at(1n, 16);
const VTTBR = 0xdaed_beef_dead_beefn & 0xf_ffff_ffff_fff0n;

function stage2(options: { ats?: boolean; stall?: boolean } = {}): Entry {
  return entry(
    1n | at(6n, 1),
    SHCFG_INCOMING | (options.ats === true ? at(1n, 28) : 0n),
    at(VTCR, 32) |
      at(1n, 51) |
      at(1n, 54) |
      at(1n, 58) |
      (options.stall === true ? at(1n, 57) : 0n),
    VTTBR,
  );
}

/** Stage 2 of a parent, stage 1 of a guest that bypasses by S1DSS; ATS. */
function nested(): Entry {
  const [g0 = 0n, g1 = 0n] = cdTable(BYPASS_S1, { ats: true });
  const [, s1 = 0n, s2 = 0n, s3 = 0n] = stage2({ ats: true });
  return entry(g0 | at(7n, 1), g1 | s1 | at(1n, 19), s2, s3);
}

const TCR_IPS = at(1n, 32);
function cd(asid: bigint, options: { epd0?: boolean; shared?: boolean } = {}): Entry {
  const translating = 4n | at(2n, 6) | at(2n, 8) | at(1n, 10) | at(3n, 12);
  const common = at(1n, 30) | at(1n, 31) | TCR_IPS | at(1n, 41) | at(3n, 45) | at(asid, 48);
  const aset = options.shared === true ? 0n : at(1n, 47);
  return options.epd0 === true
    ? entry((common & ~at(1n, 45)) | aset | at(1n, 14), 0n, 0n, 0xabc_def0_1234_5678n)
    : entry(common | aset | translating, VTTBR, 0n, 0xabc_def0_1234_5678n);
}
const NO_CD = entry();

const ATS = { ats: true };
const STALL = { stall: true };
type Row = readonly [what: string, from: Entry, to: Entry, hitless: boolean, syncs: number];

const STES: readonly Row[] = [
  ['bypass to abort', BYPASS, ABORT, true, 2],
  ['abort to bypass', ABORT, BYPASS, true, 2],
  ['table to abort', cdTable(SSID0, ATS), ABORT, true, 2],
  ['abort to table', ABORT, cdTable(SSID0, ATS), true, 2],
  ['table to bypass', cdTable(SSID0, ATS), BYPASS, true, 3],
  ['bypass to table', BYPASS, cdTable(SSID0, ATS), true, 3],
  ['S1DSS SSID 0 to bypass', cdTable(SSID0, ATS), cdTable(BYPASS_S1, ATS), true, 1],
  ['S1DSS bypass to SSID 0', cdTable(BYPASS_S1, ATS), cdTable(SSID0, ATS), true, 1],
  ['S1DSS bypass to bypass', cdTable(BYPASS_S1, ATS), BYPASS, true, 2],
  ['bypass to S1DSS bypass', BYPASS, cdTable(BYPASS_S1, ATS), true, 2],
  ['stage 2 to abort', stage2(ATS), ABORT, true, 2],
  ['abort to stage 2', ABORT, stage2(ATS), true, 2],
  ['stage 2 to bypass', stage2(ATS), BYPASS, true, 2],
  ['bypass to stage 2', BYPASS, stage2(ATS), true, 2],
  ['table to stage 2', cdTable(SSID0, ATS), stage2(ATS), true, 3],
  ['stage 2 to table', stage2(ATS), cdTable(SSID0, ATS), true, 3],
  [
    'table to another table and S1DSS',
    cdTable(SSID0, ATS),
    cdTable(BYPASS_S1, { ats: true, table: OTHER_TABLE }),
    false,
    3,
  ],
  ['stalling table to stage 2', cdTable(SSID0, STALL), stage2(STALL), true, 3],
  ['stage 2 to stalling table', stage2(STALL), cdTable(SSID0, STALL), true, 3],
  ['nested to stage 2 without ATS', nested(), stage2(), true, 3],
  ['stage 2 without ATS to nested', stage2(), nested(), true, 2],
];
const CDS: readonly Row[] = [
  ['none to stage 1', NO_CD, cd(1997n), false, 2],
  ['stage 1 to none', cd(1997n), NO_CD, false, 2],
  ['ASID 778 to 1997', cd(778n), cd(1997n), true, 1],
  ['ASID 1997 to 778', cd(1997n), cd(778n), true, 1],
  ['none to SVA', NO_CD, cd(1997n, { shared: true }), false, 2],
  ['SVA to none', cd(1997n, { shared: true }), NO_CD, false, 2],
  [
    'SVA to released',
    cd(1997n, { shared: true }),
    cd(1997n, { shared: true, epd0: true }),
    true,
    2,
  ],
  [
    'released to SVA',
    cd(1997n, { shared: true, epd0: true }),
    cd(1997n, { shared: true }),
    true,
    2,
  ],
];

function rows(table: readonly Row[]) {
  return table.map(([what, from, to, hitless, syncs]) => ({ what, from, to, hitless, syncs }));
}

interface Kind {
  used(entry: Entry): bigint[];
  safe?(from: Entry, to: Entry): bigint[];
}

/** Runs a transition and looks at the entry at each sync as the hardware would. */
function run(
  kind: Kind,
  from: Entry,
  to: Entry,
): { syncs: number; hitless: boolean; torn: boolean } {
  const live = [...from];
  const memory = [...from];
  let hitless = true;
  let torn = false;
  const same = (view: Entry, other: Entry, ignored: Entry): boolean =>
    kind
      .used(view)
      .every(
        (mask, index) =>
          (((view[index] as bigint) ^ (other[index] as bigint)) &
            mask &
            ~(ignored[index] ?? 0n)) ===
          0n,
      );
  const syncs = arm_smmu_write_entry(
    {
      ...kind,
      write: (index, value) => {
        memory[index] = value;
      },
      sync: () => {
        hitless &&= memory[0] !== 0n;
        const safe = kind.safe?.(from, to) ?? [];
        torn ||= memory[0] !== 0n && !same(memory, from, safe) && !same(memory, to, safe);
      },
    },
    live,
    to,
  );
  expect(memory).toEqual([...to]);
  return { syncs, hitless, torn };
}

describe('a stream table entry', () => {
  const kind: Kind = { used: arm_smmu_get_ste_used, safe: arm_smmu_get_ste_update_safe };
  it.each(rows(STES))('goes from $what', ({ from, to, hitless, syncs }) => {
    expect(run(kind, from, to)).toEqual({ syncs, hitless, torn: false });
  });

  it('uses every bit that the entries of this test set', () => {
    for (const ste of STES.flatMap(([, from, to]) => [from, to])) {
      const used = arm_smmu_get_ste_used(ste);
      expect(ste.map((word, index) => word & ~(used[index] as bigint))).toEqual(entry());
    }
  });
});

describe('a context descriptor', () => {
  it.each(rows(CDS))('goes from $what', ({ from, to, hitless, syncs }) => {
    expect(run({ used: arm_smmu_get_cd_used }, from, to)).toEqual({ syncs, hitless, torn: false });
  });
});

it('needs no sync when nothing changes', () => {
  expect(run({ used: arm_smmu_get_ste_used }, BYPASS, BYPASS)).toMatchObject({ syncs: 0 });
});
