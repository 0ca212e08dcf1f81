// Walks of every granule, level and stage; input ranges of both halves; output sizes; LPA2 and 52 bits.

import { describe, expect, it } from 'vitest';
import {
  GRANULES,
  type GranuleName,
  S1_RW,
  S2_RW,
  shiftAt,
  startLevel,
  TranslationRig,
} from '../support/translation-rig.ts';

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const names = Object.keys(GRANULES) as GranuleName[];

/** Blocks are legal at these levels without LPA2 and with 48-bit outputs. */
const BLOCK_LEVELS: Readonly<Record<GranuleName, readonly number[]>> = {
  '4K': [1, 2],
  '16K': [2],
  '64K': [2],
};

const leaves = names.flatMap((granule) =>
  [...BLOCK_LEVELS[granule], 3].map((level) => ({ granule, level })),
);

describe('stage 1', () => {
  it.each(leaves)('translates through a $granule leaf at level $level', ({ granule, level }) => {
    const rig = new TranslationRig();
    const { table } = rig.stage1(1, { granule });
    const size = 1n << BigInt(shiftAt(granule, level));
    const va = 5n * size;
    const pa = (0x5a5a_0000_0000n / size) * size;
    rig.map(table, va, pa, { level });
    expect([
      rig.outcome(1, va),
      rig.outcome(1, va + size - 4n),
      rig.outcome(1, va + size),
      rig.outcome(1, va - 1n),
    ]).toEqual([hex(pa), hex(pa + size - 4n), 'abort 10', 'abort 10']);
  });

  const levels = names.flatMap((granule) =>
    [0, 1, 2]
      .filter((level) => level >= startLevel(granule, 48))
      .map((level) => ({ granule, level })),
  );

  it.each(levels)(
    'takes a block at level $level of $granule only where it may be',
    ({ granule, level }) => {
      const rig = new TranslationRig();
      const { table } = rig.stage1(1, { granule });
      rig.map(table, 0n, 0n, { level });
      const allowed = BLOCK_LEVELS[granule].includes(level);
      expect(rig.outcome(1, 0x1000n)).toBe(allowed ? '0x1000' : 'abort 10');
    },
  );

  it.each(names)('takes no descriptor with bit 1 clear at level 3 of %s', (granule) => {
    const rig = new TranslationRig();
    const { table } = rig.stage1(1, { granule });
    rig.store(rig.entry(table, 0n, 3), [0x4800_0000n | S1_RW | 1n]);
    expect(rig.outcome(1, 0n)).toBe('abort 10');
  });

  const sizes = names.flatMap((granule) =>
    [25, 30, 31, 36, 39, 40, 42, 47, 48].map((bits) => ({ granule, bits })),
  );

  it.each(sizes)('of $bits bits with $granule covers exactly its range', ({ granule, bits }) => {
    const rig = new TranslationRig();
    const { table } = rig.stage1(1, { granule, inputBits: bits });
    const page = 1n << BigInt(GRANULES[granule].bits);
    const last = (1n << BigInt(bits)) - page;
    rig.map(table, 0n, 0x4800_0000n);
    rig.map(table, last, 0x4900_0000n);
    expect([
      rig.outcome(1, 0x10n),
      rig.outcome(1, last + 0x10n),
      rig.outcome(1, 1n << BigInt(bits)),
      rig.outcome(1, last | (1n << 52n)),
    ]).toEqual(['0x48000010', '0x49000010', 'abort 10', 'abort 10']);
  });

  it.each(sizes)('walks the high half of $bits bits with $granule', ({ granule, bits }) => {
    const rig = new TranslationRig();
    const { table, cd } = rig.stage1(1, { granule });
    const high = rig.table(granule, bits);
    const { tg0, tg1 } = GRANULES[granule];
    rig.writeCd(cd, {
      T0SZ: 16,
      TG0: tg0,
      TTB0: table.root,
      EPD1: 0,
      T1SZ: 64 - bits,
      TG1: tg1,
      TTB1: high.root,
    });
    const lowest = (1n << 64n) - (1n << BigInt(bits));
    rig.map(high, 0n, 0x4800_0000n);
    rig.map(table, 0n, 0x4900_0000n);
    expect([
      rig.outcome(1, lowest + 0x10n),
      rig.outcome(1, lowest - 0x10n),
      rig.outcome(1, 0x10n),
    ]).toEqual(['0x48000010', 'abort 10', '0x49000010']);
  });

  it('starts small tables inside a page', () => {
    const rig = new TranslationRig();
    const root = rig.take(0x1000) + 0x40;
    const cd = rig.take(64);
    const l3 = rig.take(4096);
    rig.writeCd(cd, { T0SZ: 31, TTB0: root });
    rig.writeSte(1, { Config: 5, S1ContextPtr: cd });
    rig.store(root + 7 * 8, [BigInt(l3) | 3n]);
    rig.store(l3, [0x4800_0000n | S1_RW | 3n]);
    expect(rig.outcome(1, 7n << 30n)).toBe('abort 10');
    rig.store(root + 7 * 8, [BigInt(rig.take(4096)) | 3n]);
    const [l2 = 0n] = rig.load(root + 7 * 8, 1);
    rig.store(Number(l2 & ~3n), [BigInt(l3) | 3n]);
    rig.invalidateAll();
    expect(rig.outcome(1, 7n << 30n)).toBe('0x48000000');
  });
});

describe('the top byte', () => {
  it.each([
    { tbi0: 0, tbi1: 0, low: 'abort 10', high: 'abort 10' },
    { tbi0: 1, tbi1: 0, low: '0x48000000', high: 'abort 10' },
    { tbi0: 0, tbi1: 1, low: 'abort 10', high: '0x49000000' },
  ])('is looked at by half: TBI0 = $tbi0, TBI1 = $tbi1', ({ tbi0, tbi1, low, high }) => {
    const rig = new TranslationRig();
    const { table, cd } = rig.stage1(1);
    const upper = rig.table('4K', 48);
    rig.map(table, 0x1000n, 0x4800_0000n);
    rig.map(upper, 0x1000n, 0x4900_0000n);
    rig.writeCd(cd, { TTB0: table.root, EPD1: 0, TTB1: upper.root, TBI0: tbi0, TBI1: tbi1 });
    expect([
      rig.outcome(1, 0x5a00_0000_0000_1000n),
      rig.outcome(1, 0x5aff_0000_0000_1000n),
      rig.outcome(1, 0x1000n),
      rig.outcome(1, 0xffff_0000_0000_1000n),
    ]).toEqual([low, high, '0x48000000', '0x49000000']);
  });

  it('is recorded as it came', () => {
    const rig = new TranslationRig();
    rig.stage1(1, { cd: { TBI0: 1 } });
    rig.access(1, 0x5a00_0000_0000_1000n);
    expect(rig.faults()).toMatchObject([{ type: 0x10, input: 0x5a00_0000_0000_1000n }]);
  });
});

describe('a half that is off', () => {
  it.each([
    ['EPD0', { EPD0: 1 }, 0x1000n, 'abort 10'],
    ['EPD1', { EPD1: 1 }, 0xffff_0000_0000_1000n, 'abort 10'],
    ['EPD0 in EL2, where it is ignored', { EPD0: 1 }, 0x1000n, '0x48000000'],
    ['the high half in EL2', { EPD1: 0 }, 0xffff_0000_0000_1000n, 'abort 10'],
  ])('by %s', (name, fields, address, outcome) => {
    const rig = new TranslationRig();
    const { table, cd } = rig.stage1(1, { ste: name.includes('EL2') ? { STRW: 2 } : {} });
    rig.map(table, 0x1000n, 0x4800_0000n);
    rig.writeCd(cd, { TTB0: table.root, TTB1: table.root, ...fields });
    expect(rig.outcome(1, address)).toBe(outcome);
  });

  it.each([
    { e0pd: { E0PD0: 1 }, flags: 0, outcome: 'abort 10' },
    { e0pd: { E0PD0: 1 }, flags: 2, outcome: '0x48000000' },
    { e0pd: { E0PD1: 1 }, flags: 0, outcome: '0x48000000' },
  ])('for unprivileged accesses: $e0pd, flags $flags', ({ e0pd, flags, outcome }) => {
    const rig = new TranslationRig();
    const { table, cd } = rig.stage1(1);
    rig.map(table, 0x1000n, 0x4800_0000n);
    rig.writeCd(cd, { TTB0: table.root, ...e0pd });
    expect([rig.outcome(1, 0x1000n, { flags: 2 }), rig.outcome(1, 0x1000n, { flags })]).toEqual([
      '0x48000000',
      outcome,
    ]);
  });
});

describe('stage 2', () => {
  const starts = [
    { granule: '4K', level: 0, bits: 48 },
    { granule: '4K', level: 0, bits: 44 },
    { granule: '4K', level: 1, bits: 43 },
    { granule: '4K', level: 1, bits: 40 },
    { granule: '4K', level: 1, bits: 31 },
    { granule: '4K', level: 2, bits: 34 },
    { granule: '4K', level: 2, bits: 25 },
    { granule: '4K', level: 3, bits: 25 },
    { granule: '16K', level: 1, bits: 48 },
    { granule: '16K', level: 1, bits: 40 },
    { granule: '16K', level: 2, bits: 40 },
    { granule: '16K', level: 2, bits: 30 },
    { granule: '16K', level: 3, bits: 25 },
    { granule: '64K', level: 1, bits: 46 },
    { granule: '64K', level: 2, bits: 46 },
    { granule: '64K', level: 2, bits: 32 },
    { granule: '64K', level: 3, bits: 33 },
    { granule: '64K', level: 3, bits: 25 },
  ] as const;

  it.each(starts)(
    'of $bits bits starts at level $level of $granule',
    ({ granule, level, bits }) => {
      const rig = new TranslationRig();
      const table = rig.table(granule, bits, level);
      const last = (1n << BigInt(bits)) - (1n << BigInt(GRANULES[granule].bits));
      rig.map(table, 0n, 0x4800_0000n, { attrs: S2_RW });
      rig.map(table, last, 0x4900_0000n, { attrs: S2_RW });
      rig.writeSte(1, { Config: 6, ...rig.stage2Fields(table) });
      expect([rig.outcome(1, 0x10n), rig.outcome(1, last + 0x10n)]).toEqual([
        '0x48000010',
        '0x49000010',
      ]);
      rig.access(1, 1n << BigInt(bits));
      const beyondOutput = bits === 48;
      expect(rig.faults()).toMatchObject([
        beyondOutput
          ? { type: 0x11, s2: false, class: 2 }
          : { type: 0x10, s2: true, class: 2, ipa: 1n << BigInt(bits) },
      ]);
    },
  );

  it.each(leaves)('translates through a $granule leaf at level $level', ({ granule, level }) => {
    const rig = new TranslationRig();
    const start = granule === '4K' ? 0 : 1;
    const table = rig.table(granule, 46, start);
    const size = 1n << BigInt(shiftAt(granule, level));
    const pa = (0x5a5a_0000_0000n / size) * size;
    rig.map(table, 3n * size, pa, { level, attrs: S2_RW });
    rig.writeSte(1, { Config: 6, ...rig.stage2Fields(table) });
    expect([rig.outcome(1, 3n * size + 0x10n), rig.outcome(1, 4n * size)]).toEqual([
      hex(pa + 0x10n),
      'abort 10',
    ]);
  });
});

describe('output sizes', () => {
  it.each([
    { ips: 0, pa: 0xffff_f000n, beyond: 1n << 32n },
    { ips: 1, pa: (1n << 36n) - 4096n, beyond: 1n << 36n },
    { ips: 4, pa: (1n << 44n) - 4096n, beyond: 1n << 44n },
    { ips: 2, pa: (1n << 40n) - 4096n, beyond: 1n << 47n },
  ])('of IPS = $ips bound leaves and tables', ({ ips, pa, beyond }) => {
    const rig = new TranslationRig();
    const { table, cd } = rig.stage1(1);
    rig.writeCd(cd, { TTB0: table.root, IPS: ips });
    rig.map(table, 0x1000n, pa);
    rig.map(table, 0x2000n, beyond);
    rig.store(rig.entry(table, 1n << 40n, 1), [beyond | 3n]);
    expect([rig.outcome(1, 0x1000n), rig.outcome(1, 0x2000n), rig.outcome(1, 1n << 40n)]).toEqual([
      hex(pa),
      'abort 11',
      'abort 11',
    ]);
  });

  it('of S2PS bound stage 2, with the IPA in the record', () => {
    const rig = new TranslationRig();
    const table = rig.table('4K', 40, 1);
    rig.map(table, 0x1000n, 1n << 36n, { attrs: S2_RW });
    rig.writeSte(1, { Config: 6, ...rig.stage2Fields(table), S2PS: 1 });
    rig.access(1, 0x1008n, { flags: 1 });
    expect(rig.faults()).toMatchObject([
      { type: 0x11, s2: true, class: 2, ipa: 0x1000n, rnw: false, input: 0x1008n },
    ]);
  });

  it('are never larger than IDR5.OAS', () => {
    const rig = new TranslationRig({ features: { oas: 2 } });
    const { table, cd } = rig.stage1(1);
    rig.writeCd(cd, { TTB0: table.root, IPS: 6 });
    rig.map(table, 0x1000n, 1n << 40n);
    expect(rig.outcome(1, 0x1000n)).toBe('abort 11');
  });
});

describe('52-bit addresses', () => {
  const features = { oas: 6, vax: 1, ds: true } as const;
  const OUT = 0xf_3000_0000_0000n;

  it('come out of 64 KiB tables through bits 15:12', () => {
    const rig = new TranslationRig({ features });
    const { table, cd } = rig.stage1(1, { granule: '64K' });
    rig.writeCd(cd, { TTB0: table.root, TG0: 1, IPS: 6 });
    rig.store(rig.entry(table, 0n, 3), [0x3000_0000_0000n | (0xfn << 12n) | S1_RW | 3n]);
    expect(rig.outcome(1, 0x8n)).toBe(hex(OUT + 8n));
  });

  it('go into 64 KiB tables with T0SZ = 12', () => {
    const rig = new TranslationRig({ features });
    const { table } = rig.stage1(1, { granule: '64K', inputBits: 52 });
    rig.map(table, 0xf_ffff_ffff_0000n, 0x4800_0000n);
    expect(rig.outcome(1, 0xf_ffff_ffff_0004n)).toBe('0x48000004');
  });

  it('take a 4 TiB block of 64 KiB tables', () => {
    const rig = new TranslationRig({ features });
    const { table, cd } = rig.stage1(1, { granule: '64K' });
    rig.writeCd(cd, { TTB0: table.root, TG0: 1, IPS: 6 });
    rig.map(table, 0n, 1n << 42n, { level: 1 });
    expect(rig.outcome(1, 0x123n)).toBe(hex((1n << 42n) + 0x123n));
  });

  it.each([
    { granule: '4K', tg0: 0, level: -1 },
    { granule: '16K', tg0: 2, level: 0 },
  ] as const)(
    'with DS and $granule start at level $level and use bits 9:8 and 49:48',
    ({ granule, tg0, level }) => {
      const rig = new TranslationRig({ features });
      const table = rig.table(granule, 52, level);
      const cd = rig.take(64);
      rig.writeCd(cd, { T0SZ: 12, TG0: tg0, TTB0: table.root, IPS: 6, DS: 1, SH0: 3 });
      rig.writeSte(1, { Config: 5, S1ContextPtr: cd });
      const va = 0xf_ffff_0000_0000n;
      const attrs = (S1_RW & ~(3n << 8n)) | (3n << 8n) | (3n << 48n);
      rig.store(rig.entry(table, va, 3), [0x3000_0000_0000n | attrs | 3n]);
      const t = rig.access(1, va + 4n);
      expect([hex(BigInt(t.pa)), t.outShareability, rig.faults()]).toEqual([hex(OUT + 4n), 3, []]);
    },
  );

  it('allow a 512 GiB block at level 0 with DS only', () => {
    const outcomes = [0, 1].map((ds) => {
      const rig = new TranslationRig({ features });
      const { table, cd } = rig.stage1(1);
      rig.writeCd(cd, { TTB0: table.root, IPS: 6, DS: ds });
      rig.store(rig.entry(table, 0n, 0), [(S1_RW & ~(3n << 8n)) | 1n]);
      return rig.outcome(1, 0x5_1234_5678n);
    });
    expect(outcomes).toEqual(['abort 10', '0x512345678']);
  });
});

describe('big-endian tables', () => {
  it('are read and their leaves used', () => {
    const rig = new TranslationRig({ features: { ttendian: 0 } });
    const { table, cd } = rig.stage1(1);
    rig.writeCd(cd, { TTB0: table.root, ENDI: 1 });
    rig.map(table, 0x1000n, 0x4800_0000n);
    const swap = (pa: number): void => {
      const [word = 0n] = rig.load(pa, 1);
      const bytes = word.toString(16).padStart(16, '0').match(/../g) ?? [];
      rig.store(pa, [BigInt(`0x${bytes.reverse().join('')}`)]);
    };
    const places = [0, 1, 2, 3].map((level) => rig.entry(table, 0x1000n, level));
    expect(rig.outcome(1, 0x1000n)).toBe('abort 10');
    for (const place of places) {
      swap(place);
    }
    expect(rig.outcome(1, 0x1000n)).toBe('0x48000000');
  });
});

describe('nested walks', () => {
  const pairs = names.flatMap((s1) => names.map((s2) => ({ s1, s2 })));

  it.each(pairs)('of $s1 over $s2 go through both stages', ({ s1, s2 }) => {
    const rig = new TranslationRig();
    const stage2 = rig.table(s2, 40, s2 === '64K' ? 2 : 1);
    rig.identity(stage2, 0x4400_0000, 0x100_0000);
    const { table } = rig.stage1(1, { granule: s1 });
    const ipa = 0x7_0000_0000n;
    rig.map(table, 0x10_0000n, ipa);
    rig.map(stage2, ipa, 0x5000_0000n, { attrs: S2_RW });
    const [ste0 = 0n] = rig.load(0x4040_0040, 1);
    rig.writeSte(1, {
      ...rig.stage2Fields(stage2),
      Config: 7,
      S1ContextPtr: ste0 & 0xff_ffff_ffff_ffc0n,
    });
    expect([rig.outcome(1, 0x10_0ff0n), rig.outcome(1, 0x10_0ff0n)]).toEqual([
      '0x50000ff0',
      '0x50000ff0',
    ]);
    rig.map(table, 0x80_0000n, 0x8_0000_0000n);
    rig.access(1, 0x80_0123n, { flags: 1 });
    expect(rig.faults()).toMatchObject([
      { type: 0x10, s2: true, class: 2, ipa: 0x8_0000_0000n, input: 0x80_0123n, rnw: false },
    ]);
  });

  it('give the span that both stages share', () => {
    const rig = new TranslationRig();
    const stage2 = rig.table('4K', 40, 1);
    rig.identity(stage2, 0x4400_0000, 0x10_0000);
    const { table } = rig.stage1(1);
    rig.map(table, 0x20_0000n, 0x6000_0000n, { level: 2 });
    rig.map(stage2, 0x6000_0000n, 0x5000_0000n, { attrs: S2_RW });
    const [ste0 = 0n] = rig.load(0x4040_0040, 1);
    rig.writeSte(1, {
      ...rig.stage2Fields(stage2),
      Config: 7,
      S1ContextPtr: ste0 & 0xff_ffff_ffff_ffc0n,
    });
    const t = rig.access(1, 0x20_0ff0n);
    expect([t.pa, t.span]).toEqual([0x5000_0ff0, 0x10]);
  });
});
