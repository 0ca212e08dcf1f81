// Mistakes, one a row, each made at line 50 of a working set-up, with the fault that must follow and the
// bits that must be blamed. `by` is the line that wrote them when it is not 50.

import type { FaultRig, FaultRigOptions } from '../support/fault-rig.ts';
import {
  CD,
  CD_TABLE,
  ENTRIES,
  IOVA,
  LINE,
  PAGE,
  S2_TABLES,
  SID,
  STE,
  s2Entry,
  TABLES,
} from '../support/fault-rig.ts';
import { REG, STRTAB } from '../support/smmu-rig.ts';

const WRITE = 1;
const PRIVILEGED = 2;
const FETCH = 4;
const NOWHERE = 0x10_0000_0000n;

export interface Mistake {
  readonly name: string;
  readonly event: string;
  /** Structure and absolute bits to blame. */
  readonly where: string;
  readonly bits: readonly [number, number];
  readonly by?: number;
  readonly rig?: FaultRigOptions;
  /** What the driver does wrong. */
  readonly make: (rig: FaultRig) => void;
  readonly access?: Parameters<FaultRig['access']>[0];
  /** The SMMU is told of the change; false: it keeps what it has cached. */
  readonly invalidate?: boolean;
}

function bits(pa: number, range: readonly [number, number], value: bigint) {
  return (rig: FaultRig): void => rig.set(pa, range, value);
}

function both(...steps: readonly ((rig: FaultRig) => void)[]) {
  return (rig: FaultRig): void => steps.forEach((step) => void step(rig));
}

const NESTED: FaultRigOptions = { stages: 'nested' };
const S2_ONLY: FaultRigOptions = { stages: 's2' };
const noSsid = { ssid: -1 };

type SteRow = readonly [string, readonly [number, number], bigint, FaultRigOptions?];

/** Fields of the STE that make it ILLEGAL, alone. */
const BAD_STE: readonly SteRow[] = [
  ['V', [0, 0], 0n],
  ['Config without stage 1', [3, 1], 5n, { features: { s1p: false, ats: false } }],
  ['EATS split without stage 2', [93, 92], 2n],
  ['STRW reserved', [95, 94], 1n],
  ['STRW reserved, both bits', [95, 94], 3n],
  ['S1STALLD with forced stall', [91, 91], 1n, { features: { stallModel: 2 } }],
  ['S1CDMax beyond SSIDSIZE', [63, 59], 12n, { features: { ssidsize: 10 } }],
  ['S1Fmt two-level without CD2L', [5, 4], 2n, { features: { cd2l: false } }],
  ['S1ContextPtr beyond OAS', [55, 6], 1n << 46n],
  ['S2AA64 clear', [179, 179], 0n, NESTED],
  ['S2HA without HTTU', [184, 184], 1n, { stages: 'nested', features: { httu: 0 } }],
  ['S2HD with access flag only', [183, 183], 1n, { stages: 'nested', features: { httu: 1 } }],
  ['S2TG reserved', [175, 174], 3n, NESTED],
  ['S2TG not offered', [175, 174], 2n, { stages: 'nested', features: { gran16k: false } }],
  ['S2TTB beyond S2PS', [243, 196], 1n << 44n, NESTED],
  ['S2T0SZ too large', [165, 160], 60n, NESTED],
  ['S2SL0 that does not fit', [167, 166], 2n, { stages: 'nested' }],
  ['S2ENDI against TTENDIAN', [180, 180], 1n, NESTED],
  [
    'S2S where stalls do not exist',
    [185, 185],
    1n,
    { stages: 'nested', features: { stallModel: 1 } },
  ],
  ['S2VMID above 8 bits', [143, 128], 0x101n, { stages: 'nested', features: { vmid16: false } }],
  ['V, stage 2 only', [0, 0], 0n, S2_ONLY],
  ['S2TG reserved, stage 2 only', [175, 174], 3n, S2_ONLY],
];

/** Fields of the CD that make it ILLEGAL, alone. */
const BAD_CD: readonly SteRow[] = [
  ['V', [31, 31], 0n],
  ['S where stalls do not exist', [44, 44], 1n, { features: { stallModel: 1 } }],
  ['A with TERM_MODEL', [46, 46], 0n, { features: { termModel: true } }],
  ['ENDI against TTENDIAN', [15, 15], 1n],
  ['AA64 clear', [41, 41], 0n],
  ['HA without HTTU', [43, 43], 1n, { features: { httu: 0 } }],
  ['HD with access flag only', [42, 42], 1n, { features: { httu: 1 } }],
  ['ASID above 8 bits', [63, 48], 0x102n, { features: { asid16: false } }],
  ['T0SZ too small', [5, 0], 8n],
  ['T0SZ too large', [5, 0], 60n],
  ['TG0 reserved', [7, 6], 3n],
  ['TG0 not offered', [7, 6], 1n, { features: { gran64k: false } }],
  ['TTB0 beyond IPS', [115, 68], 1n << 44n],
  ['V, nested', [31, 31], 0n, NESTED],
  ['T0SZ too small, nested', [5, 0], 4n, NESTED],
];

function badSte([name, range, value, rig]: SteRow): Mistake {
  return {
    name: `STE.${name}`,
    event: 'C_BAD_STE',
    where: 'STE',
    bits: range,
    ...(rig === undefined ? {} : { rig }),
    ...(rig?.stages === 's2' ? { access: noSsid } : {}),
    make: bits(STE, range, value),
  };
}

function badCd([name, range, value, rig]: SteRow): Mistake {
  return {
    name: `CD.${name}`,
    event: 'C_BAD_CD',
    where: 'CD',
    bits: range,
    ...(rig === undefined ? {} : { rig }),
    make: bits(CD, range, value),
  };
}

/** The half of TTB1, switched on with a mistake of its own. */
const BAD_HIGH_HALF: readonly Mistake[] = (
  [
    ['T1SZ never set', [21, 16], 0n, 2n],
    ['TG1 reserved', [23, 22], 16n, 0n],
  ] as const
).map(([name, range, t1sz, tg1]) => ({
  name: `CD.${name}`,
  event: 'C_BAD_CD',
  where: 'CD',
  bits: range,
  make: both(bits(CD, [21, 16], t1sz), bits(CD, [23, 22], tg1), bits(CD, [30, 30], 0n)),
}));

const STREAM_TABLE: readonly Mistake[] = [
  {
    name: 'a StreamID beyond LOG2SIZE',
    event: 'C_BAD_STREAMID',
    where: 'STRTAB_BASE_CFG',
    bits: [5, 0],
    by: LINE.registers,
    make: () => undefined,
    access: { sid: 64 },
  },
  {
    name: 'a StreamID with an STE never written',
    event: 'C_BAD_STE',
    where: 'STE',
    bits: [0, 0],
    by: -1,
    make: () => undefined,
    access: { sid: 9 },
  },
  {
    name: 'a Stream table where nothing answers',
    event: 'F_STE_FETCH',
    where: 'STRTAB_BASE',
    bits: [51, 6],
    make: (rig) => {
      rig.register(REG.CR0, 0);
      rig.register64(REG.STRTAB_BASE, NOWHERE);
      rig.register(REG.CR0, 0xd);
    },
  },
];

/** The Stream table as two levels, SPLIT 6, with the level 1 descriptor `l1std`. */
function twoLevel(l1std: bigint, log2size = 10) {
  return (rig: FaultRig): void => {
    rig.register(REG.CR0, 0);
    rig.register(REG.STRTAB_BASE_CFG, log2size | (6 << 6) | (1 << 16));
    rig.register64(REG.STRTAB_BASE, BigInt(L1_TABLE));
    rig.register(REG.CR0, 0xd);
    rig.poke(L1_TABLE, [l1std]);
  };
}
const L1_TABLE = 0x4048_0000;
const HIGH_TABLE = 0x4060_4000;

const L1STD: readonly Mistake[] = (
  [
    ['Span 0', BigInt(STRTAB), [4, 0], 'C_BAD_STREAMID'],
    ['Span reserved', BigInt(STRTAB) | 20n, [4, 0], 'C_BAD_STREAMID'],
    ['Span more than SPLIT', BigInt(STRTAB) | 9n, [4, 0], 'C_BAD_STREAMID'],
    ['Span too short for the StreamID', BigInt(STRTAB) | 3n, [4, 0], 'C_BAD_STREAMID'],
    ['L2Ptr where nothing answers', NOWHERE | 7n, [55, 6], 'F_STE_FETCH'],
  ] as const
).map(([name, value, range, event]) => ({
  name: `L1STD.${name}`,
  event,
  where: 'L1STD',
  bits: range,
  make: twoLevel(value),
}));

const SUBSTREAMS: readonly Mistake[] = [
  {
    name: 'a SubstreamID beyond S1CDMax',
    event: 'C_BAD_SUBSTREAMID',
    where: 'STE',
    bits: [63, 59],
    by: LINE.ste,
    make: () => undefined,
    access: { ssid: 8 },
  },
  {
    name: 'a SubstreamID on a stream with one CD',
    event: 'C_BAD_SUBSTREAMID',
    where: 'STE',
    bits: [63, 59],
    make: bits(STE, [63, 59], 0n),
  },
  {
    name: 'a SubstreamID on a bypass stream',
    event: 'C_BAD_SUBSTREAMID',
    where: 'STE',
    bits: [3, 1],
    by: LINE.ste,
    rig: { stages: 'bypass' },
    make: () => undefined,
  },
  {
    name: 'a SubstreamID on a stage 2 stream',
    event: 'C_BAD_SUBSTREAMID',
    where: 'STE',
    bits: [3, 1],
    by: LINE.ste,
    rig: S2_ONLY,
    make: () => undefined,
  },
  {
    name: 'an SMMU without SubstreamIDs',
    event: 'C_BAD_SUBSTREAMID',
    where: 'IDR1',
    bits: [10, 6],
    by: -1,
    rig: { features: { ssidsize: 0 } },
    make: () => undefined,
  },
  {
    name: 'SubstreamID 0 while CD 0 is the stream itself',
    event: 'F_STREAM_DISABLED',
    where: 'STE',
    bits: [65, 64],
    by: LINE.ste,
    make: () => undefined,
    access: { ssid: 0 },
  },
  {
    name: 'no SubstreamID where S1DSS terminates',
    event: 'F_STREAM_DISABLED',
    where: 'STE',
    bits: [65, 64],
    make: bits(STE, [65, 64], 0n),
    access: noSsid,
  },
  {
    name: 'a CD table where nothing answers',
    event: 'F_CD_FETCH',
    where: 'STE',
    bits: [55, 6],
    make: bits(STE, [55, 6], NOWHERE >> 6n),
  },
  {
    name: 'a CD never written',
    event: 'C_BAD_CD',
    where: 'CD',
    bits: [31, 31],
    by: -1,
    make: () => undefined,
    access: { ssid: 5 },
  },
  ...(
    [
      ['L1CD.V clear', 0n, 'C_BAD_SUBSTREAMID', [0, 0]],
      ['L1CD.L2Ptr where nothing answers', NOWHERE | 1n, 'F_CD_FETCH', [55, 12]],
      ['L1CD.L2Ptr beyond OAS', (1n << 50n) | 1n, 'C_BAD_SUBSTREAMID', [55, 12]],
    ] as const
  ).map(([name, value, event, range]) => ({
    name,
    event,
    where: 'L1CD',
    bits: range,
    make: both(bits(STE, [5, 4], 2n), (rig) => rig.poke(CD_TABLE, [value])),
  })),
];

/** Stage 1 descriptors, level by level. */
const STAGE1: readonly Mistake[] = ENTRIES.flatMap((entry, level): Mistake[] => [
  {
    name: `L${level} invalid`,
    event: 'F_TRANSLATION',
    where: `L${level}`,
    bits: [0, 0],
    make: (rig) => rig.poke(entry, [0n]),
  },
  {
    name: `L${level} with an address beyond IPS`,
    event: 'F_ADDR_SIZE',
    where: `L${level}`,
    bits: [47, 12],
    make: both(bits(CD, [34, 32], 1n), bits(entry, [47, 12], 1n << 34n)),
  },
  ...(level === 3
    ? []
    : [
        {
          name: `L${level} to a table where nothing answers`,
          event: 'F_WALK_EABT',
          where: `L${level}`,
          bits: [47, 12] as const,
          make: bits(entry, [47, 12], NOWHERE >> 12n),
        },
      ]),
]);

const LEAF1 = ENTRIES[3];
const STAGE1_MORE: readonly Mistake[] = [
  {
    name: 'a reserved descriptor at level 3',
    event: 'F_TRANSLATION',
    where: 'L3',
    bits: [1, 1],
    make: bits(LEAF1, [1, 1], 0n),
  },
  {
    name: 'a block at level 0',
    event: 'F_TRANSLATION',
    where: 'L0',
    bits: [1, 1],
    make: bits(ENTRIES[0], [1, 1], 0n),
  },
  {
    name: 'an address never mapped',
    event: 'F_TRANSLATION',
    where: 'L3',
    bits: [0, 0],
    by: -1,
    make: () => undefined,
    access: { address: IOVA + 0x5000n },
  },
  {
    name: 'an address outside T0SZ',
    event: 'F_TRANSLATION',
    where: 'CD',
    bits: [5, 0],
    by: LINE.cd,
    make: () => undefined,
    access: { address: 1n << 50n },
  },
  {
    name: 'a tagged address without TBI',
    event: 'F_TRANSLATION',
    where: 'CD',
    bits: [5, 0],
    by: LINE.cd,
    make: () => undefined,
    access: { address: IOVA | (0x12n << 56n) },
  },
  {
    name: 'a T0SZ that leaves the address out',
    event: 'F_TRANSLATION',
    where: 'CD',
    bits: [5, 0],
    make: both(bits(CD, [5, 0], 35n), bits(CD, [115, 68], BigInt(TABLES[2]) >> 4n)),
  },
  {
    name: 'a high address while TTB1 is off',
    event: 'F_TRANSLATION',
    where: 'CD',
    bits: [30, 30],
    by: LINE.cd,
    make: () => undefined,
    access: { address: 0xffff_ffff_f000_0000n },
  },
  {
    name: 'walks through TTB0 off',
    event: 'F_TRANSLATION',
    where: 'CD',
    bits: [14, 14],
    make: bits(CD, [14, 14], 1n),
  },
  {
    name: 'unprivileged access with E0PD0',
    event: 'F_TRANSLATION',
    where: 'CD',
    bits: [66, 66],
    make: bits(CD, [66, 66], 1n),
  },
  {
    name: 'a TTB0 where nothing answers',
    event: 'F_WALK_EABT',
    where: 'CD',
    bits: [115, 68],
    make: bits(CD, [115, 68], NOWHERE >> 4n),
  },
  {
    name: 'an access flag left clear',
    event: 'F_ACCESS',
    where: 'L3',
    bits: [10, 10],
    make: bits(LEAF1, [10, 10], 0n),
  },
  {
    name: 'bypass beyond OAS',
    event: 'F_ADDR_SIZE',
    where: 'IDR5',
    bits: [2, 0],
    by: -1,
    rig: { stages: 'bypass' },
    make: () => undefined,
    access: { ssid: -1, address: 1n << 49n },
  },
];

type PermissionRow = readonly [
  name: string,
  where: string,
  bits: readonly [number, number],
  make: (rig: FaultRig) => void,
  flags: number,
];

const PERMISSION: readonly Mistake[] = (
  [
    ['a write to a read-only page', 'L3', [7, 7], bits(LEAF1, [7, 7], 1n), WRITE],
    [
      'a privileged write to a read-only page',
      'L3',
      [7, 7],
      bits(LEAF1, [7, 7], 1n),
      WRITE | PRIVILEGED,
    ],
    ['an unprivileged read of a kernel page', 'L3', [6, 6], bits(LEAF1, [6, 6], 0n), 0],
    ['an unprivileged write of a kernel page', 'L3', [6, 6], bits(LEAF1, [6, 6], 0n), WRITE],
    ['an unprivileged fetch with UXN', 'L3', [54, 54], bits(LEAF1, [54, 54], 1n), FETCH],
    [
      'a privileged fetch with PXN',
      'L3',
      [53, 53],
      both(bits(LEAF1, [53, 53], 1n), bits(LEAF1, [6, 6], 0n)),
      FETCH | PRIVILEGED,
    ],
    ['a write below a read-only table', 'L1', [62, 62], bits(ENTRIES[1], [62, 62], 1n), WRITE],
    ['a read below a privileged table', 'L2', [61, 61], bits(ENTRIES[2], [61, 61], 1n), 0],
    ['a fetch below UXNTable', 'L0', [60, 60], bits(ENTRIES[0], [60, 60], 1n), FETCH],
    [
      'a privileged fetch below PXNTable',
      'L1',
      [59, 59],
      both(bits(ENTRIES[1], [59, 59], 1n), bits(LEAF1, [6, 6], 0n)),
      FETCH | PRIVILEGED,
    ],
    ['a fetch from a writable page with WXN', 'CD', [36, 36], bits(CD, [36, 36], 1n), FETCH],
    [
      'a privileged read of a user page with PAN',
      'CD',
      [40, 40],
      bits(CD, [40, 40], 1n),
      PRIVILEGED,
    ],
  ] as readonly PermissionRow[]
).map(([name, where, range, make, flags]) => ({
  name,
  event: 'F_PERMISSION',
  where,
  bits: range,
  make,
  access: { flags },
}));

/** Stage 2, by what it is asked for: the CD, each stage 1 table, the page itself. */
const STAGE2: readonly Mistake[] = [
  ['the CD table', CD_TABLE],
  ...TABLES.map((table, level) => [`the level ${level} table`, table] as const),
  ['the page', PAGE],
].flatMap(([what, ipa]): Mistake[] => {
  const entry = s2Entry(Number(ipa));
  const rows: [string, string, [number, number], (rig: FaultRig) => void][] = [
    ['F_TRANSLATION', 'unmapped', [0, 0], (rig) => rig.poke(entry, [0n])],
    ['F_ACCESS', 'without access flag', [10, 10], bits(entry, [10, 10], 0n)],
    ['F_PERMISSION', 'not readable', [6, 6], bits(entry, [6, 6], 0n)],
    [
      'F_ADDR_SIZE',
      'beyond S2PS',
      [47, 12],
      both(bits(STE, [178, 176], 1n), bits(entry, [47, 12], 1n << 34n)),
    ],
  ];
  return rows.map(([event, how, range, make]) => ({
    name: `stage 2 leaf of ${String(what)} ${how}`,
    event,
    where: 'S2 L3',
    bits: range,
    rig: NESTED,
    make,
  }));
});

const STAGE2_MORE: readonly Mistake[] = [
  {
    name: 'stage 2 level 1 invalid',
    event: 'F_TRANSLATION',
    where: 'S2 L1',
    bits: [0, 0],
    rig: NESTED,
    make: (rig) => rig.poke(S2_TABLES.l1 + 8, [0n]),
  },
  {
    name: 'stage 2 level 2 invalid',
    event: 'F_TRANSLATION',
    where: 'S2 L2',
    bits: [0, 0],
    rig: NESTED,
    make: (rig) => rig.poke(S2_TABLES.l2 + 3 * 8, [0n]),
  },
  {
    name: 'stage 2 table where nothing answers',
    event: 'F_WALK_EABT',
    where: 'S2 L2',
    bits: [47, 12],
    rig: S2_ONLY,
    make: bits(S2_TABLES.l2 + 3 * 8, [47, 12], NOWHERE >> 12n),
    access: { ssid: -1, address: BigInt(PAGE) },
  },
  {
    name: 'a write where stage 2 allows reads only',
    event: 'F_PERMISSION',
    where: 'S2 L3',
    bits: [7, 7],
    rig: NESTED,
    make: bits(s2Entry(PAGE), [7, 7], 0n),
    access: { flags: WRITE },
  },
  {
    name: 'a fetch where stage 2 says execute never',
    event: 'F_PERMISSION',
    where: 'S2 L3',
    bits: [54, 53],
    rig: NESTED,
    make: bits(s2Entry(PAGE), [54, 53], 2n),
    access: { flags: FETCH },
  },
  {
    name: 'an IPA beyond S2T0SZ',
    event: 'F_TRANSLATION',
    where: 'STE',
    bits: [165, 160],
    by: LINE.ste,
    rig: S2_ONLY,
    make: () => undefined,
    access: { ssid: -1, address: 1n << 40n },
  },
  {
    name: 'a page outside stage 2, stage 2 only',
    event: 'F_TRANSLATION',
    where: 'S2 L3',
    bits: [0, 0],
    rig: S2_ONLY,
    make: (rig) => rig.poke(s2Entry(PAGE), [0n]),
    access: { ssid: -1, address: BigInt(PAGE) },
  },
  {
    name: 'a table in Device memory with S2PTW',
    event: 'F_PERMISSION',
    where: 'STE',
    bits: [182, 182],
    rig: NESTED,
    make: both(bits(s2Entry(TABLES[2]), [5, 2], 0n), bits(STE, [182, 182], 1n)),
  },
];

/** The SMMU still holds what was wrong before: the driver repaired it and told nobody. */
const STALE: readonly Mistake[] = (
  [
    ['an STE', STE, [0, 0], 'C_BAD_STE', 'STE'],
    ['a CD', CD, [31, 31], 'C_BAD_CD', 'CD'],
    ['a CD with a wrong T0SZ', CD, [5, 0], 'C_BAD_CD', 'CD'],
  ] as const
).map(([what, pa, range, event, where]) => ({
  name: `${what} repaired without invalidation`,
  event,
  where,
  bits: range,
  invalidate: false,
  make: (rig: FaultRig) => {
    const [good = 0n] = rig.rig.load(pa, 1);
    rig.set(pa, range, 0n);
    rig.invalidate();
    rig.rig.access(SID, IOVA, { ssid: 3 });
    rig.at(60, 'repair', () => rig.poke(pa, [good]));
  },
}));

/** The TLB still holds what was mapped before: the driver changed the tables and told nobody. */
const STALE_TLB: readonly Mistake[] = (
  [
    ['a read-only page made writable', [7, 7], 'F_PERMISSION', { flags: WRITE }, LEAF1, 'L3'],
    ['a kernel page opened to users', [6, 6], 'F_PERMISSION', { flags: 0 }, LEAF1, 'L3'],
    ['a page made executable', [54, 54], 'F_PERMISSION', { flags: FETCH }, LEAF1, 'L3'],
  ] as const
).map(([what, range, event, access, pa, where]) => ({
  name: `${what} without TLBI`,
  event,
  where,
  bits: range,
  invalidate: false,
  access,
  make: (rig: FaultRig) => {
    const [good = 0n] = rig.rig.load(pa, 1);
    rig.set(pa, range, range[0] === 6 ? 0n : 1n);
    rig.invalidate();
    rig.rig.access(SID, IOVA, { ssid: 3, flags: range[0] === 6 ? PRIVILEGED : 0 });
    rig.at(60, 'repair', () => rig.poke(pa, [good]));
  },
}));

const HIGH = 0xffff_ffff_f000_0000n;
/** TTB1 with 48 bits and 4 KiB pages, leading to `ttb1`. */
function highHalf(ttb1: bigint) {
  return both(
    bits(CD, [21, 16], 16n),
    bits(CD, [23, 22], 2n),
    bits(CD, [179, 132], ttb1 >> 4n),
    bits(CD, [30, 30], 0n),
  );
}

const HIGH_HALF: readonly Mistake[] = [
  {
    name: 'a TTB1 where nothing answers',
    event: 'F_WALK_EABT',
    where: 'CD',
    bits: [179, 132],
    make: highHalf(NOWHERE),
    access: { address: HIGH },
  },
  {
    name: 'a high address that TTB1 does not map',
    event: 'F_TRANSLATION',
    where: 'L0',
    bits: [0, 0],
    by: -1,
    make: highHalf(BigInt(HIGH_TABLE)),
    access: { address: HIGH },
  },
  {
    name: 'a high address outside T1SZ',
    event: 'F_TRANSLATION',
    where: 'CD',
    bits: [21, 16],
    make: both(highHalf(BigInt(HIGH_TABLE)), bits(CD, [21, 16], 32n)),
    access: { address: 0xffff_8000_0000_0000n },
  },
  {
    name: 'unprivileged access with E0PD1',
    event: 'F_TRANSLATION',
    where: 'CD',
    bits: [130, 130],
    make: both(highHalf(BigInt(HIGH_TABLE)), bits(CD, [130, 130], 1n)),
    access: { address: HIGH },
  },
];

const ATS_REQUEST = 16;
const TRANSLATED = 8;
const ATS: readonly Mistake[] = [
  {
    name: 'a Translation Request while EATS is off',
    event: 'F_BAD_ATS_TREQ',
    where: 'STE',
    bits: [93, 92],
    by: LINE.ste,
    make: () => undefined,
    access: { flags: ATS_REQUEST },
  },
  {
    name: 'a Translated transaction while EATS is off',
    event: 'F_TRANSL_FORBIDDEN',
    where: 'STE',
    bits: [93, 92],
    by: LINE.ste,
    make: (rig) => rig.register(REG.CR0, 0x1d),
    access: { flags: TRANSLATED },
  },
  {
    name: 'a Translation Request on a bypass stream',
    event: 'F_BAD_ATS_TREQ',
    where: 'STE',
    bits: [3, 1],
    by: LINE.ste,
    rig: { stages: 'bypass' },
    make: () => undefined,
    access: { ssid: -1, flags: ATS_REQUEST },
  },
  {
    name: 'split-stage ATS without ATSCHK',
    event: 'F_BAD_ATS_TREQ',
    where: 'CR0',
    bits: [4, 4],
    by: 2,
    rig: NESTED,
    make: bits(STE, [93, 92], 2n),
    access: { flags: ATS_REQUEST },
  },
];

export const MISTAKES: readonly Mistake[] = [
  ...BAD_STE.map(badSte),
  ...BAD_CD.map(badCd),
  ...BAD_HIGH_HALF,
  ...STREAM_TABLE,
  ...L1STD,
  ...SUBSTREAMS,
  ...STAGE1,
  ...STAGE1_MORE,
  ...PERMISSION,
  ...STAGE2,
  ...STAGE2_MORE,
  ...STALE,
  ...STALE_TLB,
  ...HIGH_HALF,
  ...ATS,
];
