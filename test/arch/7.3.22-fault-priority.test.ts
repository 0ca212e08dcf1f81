// Which fault is recorded when several things are wrong at once, and what A, R, S and S2R, S2S make of it.

import { describe, expect, it } from 'vitest';
import {
  AF,
  AP_READ_ONLY,
  AP_UNPRIVILEGED,
  type CD_BITS,
  type Fields,
  NG,
  S1_RW,
  S2_RW,
  type STE_BITS,
  type Table,
  TranslationRig,
} from '../support/translation-rig.ts';

const VA = 0x1000n;
const NO_RAM = 0x1_0000_0000n;
const BEYOND = 1n << 47n;
const WRITE = 1;

interface Stream {
  readonly rig: TranslationRig;
  readonly table: Table;
}

/** IPS 40 bits, so that an address can be too large. */
function stream(cd: Fields<typeof CD_BITS> = {}): Stream {
  const rig = new TranslationRig();
  const { table, cd: at } = rig.stage1(1);
  rig.writeCd(at, { TTB0: table.root, IPS: 2, ...cd });
  return { rig, table };
}

describe('configuration comes first', () => {
  it('in the order StreamID, STE, SubstreamID, disabled, CD, translation', () => {
    const rig = new TranslationRig();
    const outcomes: string[] = [];
    const next = (ste: Fields<typeof STE_BITS>, ssid = 0): void => {
      rig.writeSte(1, ste);
      rig.invalidateAll();
      outcomes.push(rig.outcome(1, VA, { ssid }));
    };
    const cds = rig.take(0x1000);
    const bad: Fields<typeof STE_BITS> = { Config: 5, S1CDMax: 2, S1DSS: 2, S1ContextPtr: NO_RAM };
    outcomes.push(rig.outcome(0x1000, VA, { ssid: 0 }));
    next({ ...bad, V: 0 }, 9);
    next(bad, 9);
    next(bad, 0);
    next(bad, 1);
    next({ ...bad, S1ContextPtr: cds }, 1);
    rig.writeCd(cds + 64, { TTB0: NO_RAM });
    next({ ...bad, S1ContextPtr: cds }, 1);
    rig.writeCd(cds + 64, { TTB0: rig.take(4096) });
    next({ ...bad, S1ContextPtr: cds }, 1);
    expect(outcomes).toEqual([
      'abort 2',
      'abort 4',
      'abort 8',
      'abort 6',
      'abort 9',
      'abort a',
      'abort b',
      'abort 10',
    ]);
  });
});

describe('one stage', () => {
  it.each<[string, bigint, string]>([
    ['an invalid descriptor with a large address', BEYOND | S1_RW, 'abort 10'],
    [
      'a large address with AF = 0 and read-only',
      BEYOND | (S1_RW & ~AF) | AP_READ_ONLY | 3n,
      'abort 11',
    ],
    ['AF = 0 and read-only', (S1_RW & ~AF) | AP_READ_ONLY | 3n, 'abort 12'],
    ['read-only', S1_RW | AP_READ_ONLY | 3n, 'abort 13'],
  ])('%s', (_, descriptor, outcome) => {
    const { rig, table } = stream();
    rig.store(rig.entry(table, VA, 3), [descriptor]);
    expect(rig.outcome(1, VA, { flags: WRITE })).toBe(outcome);
  });

  it.each([0, 1, 2])('reports the table address of level %i before anything below', (level) => {
    const { rig, table } = stream();
    rig.store(rig.entry(table, VA, level), [BEYOND | 3n]);
    expect(rig.outcome(1, VA)).toBe('abort 11');
  });

  it.each([0, 1, 2])('aborts on a table of level %i that is nowhere, with its address', (level) => {
    const { rig, table } = stream();
    rig.store(rig.entry(table, VA, level), [NO_RAM | 3n]);
    rig.access(1, VA, { flags: WRITE });
    const index = level === 2 ? 1n : 0n;
    expect(rig.faults()).toMatchObject([
      { type: 0x0b, s2: false, class: 1, fetch: NO_RAM + index * 8n, rnw: false, input: VA },
    ]);
  });
});

describe('two stages', () => {
  const LEAF = 0x6000_0000n;

  interface Nested {
    readonly rig: TranslationRig;
    readonly table: Table;
    readonly stage2: Table;
    readonly cd: number;
  }

  function nested(ste: Fields<typeof STE_BITS> = {}): Nested {
    const rig = new TranslationRig();
    const stage2 = rig.table('4K', 40, 1);
    rig.identity(stage2, 0x4400_0000, 0x20_0000);
    const { table, cd } = rig.stage1(1);
    rig.map(table, VA, LEAF);
    rig.map(stage2, LEAF, 0x4800_0000n, { attrs: S2_RW });
    rig.writeSte(1, { ...rig.stage2Fields(stage2), Config: 7, S1ContextPtr: cd, ...ste });
    return { rig, table, stage2, cd };
  }

  it('a stage 1 permission fault comes before the stage 2 walk of the output', () => {
    const { rig, table } = nested();
    rig.map(table, VA, 0x7000_0000n, { attrs: AF | NG | AP_UNPRIVILEGED | AP_READ_ONLY });
    rig.access(1, VA, { flags: WRITE });
    expect(rig.faults()).toMatchObject([{ type: 0x13, s2: false, class: 2 }]);
  });

  it.each<[string, (setup: Nested) => void, object]>([
    [
      'a hole under a table',
      ({ rig, table, stage2 }) => {
        const l3 = rig.entry(table, VA, 3);
        rig.store(rig.entry(stage2, BigInt(l3), 3), [0n]);
      },
      { type: 0x10, s2: true, class: 1 },
    ],
    [
      'a large address under a table',
      ({ rig, table, stage2, cd }) => {
        const l3 = rig.entry(table, VA, 3);
        rig.map(stage2, BigInt(l3) & ~0xfffn, BEYOND, { attrs: S2_RW });
        rig.writeSte(1, {
          ...rig.stage2Fields(stage2),
          Config: 7,
          S1ContextPtr: cd,
          S2PS: 2,
        });
      },
      { type: 0x11, s2: true, class: 1 },
    ],
    [
      'AF = 0 under a table',
      ({ rig, table, stage2 }) => {
        const l3 = BigInt(rig.entry(table, VA, 3)) & ~0xfffn;
        rig.map(stage2, l3, l3, { attrs: S2_RW & ~AF });
      },
      { type: 0x12, s2: true, class: 1 },
    ],
    [
      'no RAM under the stage 2 table of the output',
      ({ rig, stage2 }) => {
        rig.store(rig.entry(stage2, LEAF, 2), [NO_RAM | 3n]);
      },
      { type: 0x0b, s2: true, class: 2, fetch: NO_RAM },
    ],
    [
      'a stage 1 table whose PA is nowhere',
      ({ rig, table, stage2 }) => {
        const l3 = BigInt(rig.entry(table, VA, 3)) & ~0xfffn;
        rig.map(stage2, l3, NO_RAM, { attrs: S2_RW });
      },
      { type: 0x0b, s2: false, class: 1, fetch: NO_RAM + 8n },
    ],
    [
      'an invalid stage 1 leaf',
      ({ rig, table }) => rig.store(rig.entry(table, VA, 3), [0n]),
      { type: 0x10, s2: false, class: 2 },
    ],
    [
      'a hole under the output',
      ({ rig, stage2 }) => rig.store(rig.entry(stage2, LEAF, 3), [0n]),
      { type: 0x10, s2: true, class: 2, ipa: LEAF },
    ],
  ])('%s', (_, damage, event) => {
    const setup = nested();
    damage(setup);
    setup.rig.access(1, VA, { flags: WRITE });
    expect(setup.rig.faults()).toMatchObject([{ rnw: false, input: VA, ...event }]);
  });

  it('records the IPA of the descriptor for CLASS = TT', () => {
    const { rig, table, stage2 } = nested();
    const l3 = rig.entry(table, VA, 3);
    rig.store(rig.entry(stage2, BigInt(l3), 3), [0n]);
    rig.access(1, VA);
    expect(rig.faults()).toMatchObject([{ class: 1, ipa: BigInt(l3) & ~0xfffn }]);
  });

  it.each([
    { ste: { S2R: 0 }, cd: { R: 1 }, outcome: 'abort' },
    { ste: { S2R: 1 }, cd: { R: 0 }, outcome: 'abort 10' },
    { ste: { S2R: 1 }, cd: { A: 0 }, outcome: 'abort 10' },
    { ste: { S2S: 1, S2R: 0 }, cd: { R: 0 }, outcome: 'stall 10' },
  ])('the stage that faults decides: $ste, $cd', ({ ste, cd, outcome }) => {
    const { rig, stage2, table, cd: at } = nested(ste);
    rig.writeCd(at, { TTB0: table.root, ...cd });
    rig.store(rig.entry(stage2, LEAF, 3), [0n]);
    expect(rig.outcome(1, VA)).toBe(outcome);
  });
});

describe('A, R and S', () => {
  const settings = [0, 1, 2, 3, 4, 5, 6, 7].map((ars) => ({
    A: ars >> 2,
    R: (ars >> 1) & 1,
    S: ars & 1,
  }));
  const leaves: readonly [string, bigint][] = [
    ['10', 0n],
    ['11', BEYOND | S1_RW | 3n],
    ['12', (S1_RW & ~AF) | 3n],
    ['13', S1_RW | AP_READ_ONLY | 3n],
  ];

  it.each(settings)('A = $A, R = $R, S = $S decide about the four translation faults', (ars) => {
    const { rig, table } = stream(ars);
    for (const [type, descriptor] of leaves) {
      rig.store(rig.entry(table, VA, 3), [descriptor]);
      const ending = ars.S === 1 ? 'stall' : ars.A === 1 ? 'abort' : 'raz/wi';
      const recorded = ars.S === 1 || ars.R === 1;
      const outcome = rig.outcome(1, VA, { flags: WRITE });
      expect(outcome).toBe(recorded ? `${ending} ${type}` : ending);
    }
  });

  it.each(settings)('A = $A, R = $R, S = $S do not touch an external abort', (ars) => {
    const { rig, table } = stream(ars);
    rig.store(rig.entry(table, VA, 2), [NO_RAM | 3n]);
    expect(rig.outcome(1, VA)).toBe('abort b');
  });

  it('are not asked about a bypass address out of range', () => {
    const rig = new TranslationRig();
    const cds = rig.take(0x1000);
    rig.writeCd(cds, { A: 0, R: 0, TTB0: cds });
    rig.writeSte(1, { Config: 5, S1CDMax: 2, S1DSS: 1, S1ContextPtr: cds });
    expect(rig.outcome(1, 1n << 50n)).toBe('abort 11');
  });

  it('mark the record of a stall', () => {
    const { rig } = stream({ S: 1, R: 0, A: 0 });
    rig.access(1, VA);
    expect(rig.faults()).toMatchObject([{ type: 0x10, stall: true }]);
  });
});

describe('the trace of a fault', () => {
  it('leads from the event back through every fetch', () => {
    const { rig, table } = stream();
    const leaf = rig.entry(table, VA, 3);
    rig.store(leaf, [0n]);
    rig.access(1, VA);
    const records = rig.trace();
    const chain: string[] = [];
    let record = records.find(({ kind }) => kind === 'event');
    while (record !== undefined) {
      const { kind, data, cause } = record;
      chain.push(kind === 'fetch' ? `fetch ${data['what']}.${data['level']}` : kind);
      record = records.find(({ id }) => id === cause);
    }
    const descriptors = chain.filter((text) => text.startsWith('fetch 4'));
    expect(descriptors).toEqual(['fetch 4.3', 'fetch 4.2', 'fetch 4.1', 'fetch 4.0']);
    expect(chain[0]).toBe('event');
    expect(chain.filter((text) => text === 'cache').length).toBeGreaterThanOrEqual(2);
    expect(chain).toContain('fetch 1.0');
    expect(chain).toContain('fetch 3.7');
    const last = records.find(
      ({ kind, data }) => kind === 'fetch' && data['level'] === 3 && data['what'] === 4,
    );
    expect(last?.data['pa']).toBe(BigInt(leaf));
  });

  it('leaves no cause behind', () => {
    const { rig } = stream();
    rig.access(1, VA);
    expect(rig.recorder.cause).toBe(0);
  });
});
