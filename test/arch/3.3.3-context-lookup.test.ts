// From SubstreamID to CD: every S1DSS mode, S1CDMax, linear and two-level tables, with and without stage 2.

import { describe, expect, it } from 'vitest';
import { type Fields, S2_RW, type STE_BITS, TranslationRig } from '../support/translation-rig.ts';

const VA = 0x1234_5000n;

/** CDs 0 to 3 map VA to page 0x4800_0000 + 4096 * index. */
function linearTable(rig: TranslationRig, count = 4): number {
  const at = rig.take(64 * count);
  for (let index = 0; index < 4 && index < count; index++) {
    const table = rig.table('4K', 48);
    rig.map(table, VA, BigInt(0x4800_0000 + 4096 * index));
    rig.writeCd(at + 64 * index, { TTB0: table.root, ASID: index });
  }
  return at;
}

const pageOf = (index: number): string => `0x${(0x4800_0000 + 4096 * index).toString(16)}`;

describe('SubstreamIDs', () => {
  it.each<{ s1dss: number; none: string; zero: string }>([
    { s1dss: 0, none: 'abort 6', zero: pageOf(0) },
    { s1dss: 1, none: '0x12345000', zero: pageOf(0) },
    { s1dss: 2, none: pageOf(0), zero: 'abort 6' },
    { s1dss: 3, none: 'abort 6', zero: pageOf(0) },
  ])('with S1DSS = $s1dss: without one $none, with 0 $zero', ({ s1dss, none, zero }) => {
    const rig = new TranslationRig();
    rig.writeSte(1, { Config: 5, S1CDMax: 2, S1ContextPtr: linearTable(rig), S1DSS: s1dss });
    expect([
      rig.outcome(1, VA),
      rig.outcome(1, VA, { ssid: 0 }),
      rig.outcome(1, VA, { ssid: 3 }),
      rig.outcome(1, VA, { ssid: 4 }),
    ]).toEqual([none, zero, pageOf(3), 'abort 8']);
  });

  it('are refused with S1CDMax = 0, whatever S1DSS says', () => {
    const rig = new TranslationRig();
    rig.writeSte(1, { Config: 5, S1ContextPtr: linearTable(rig), S1DSS: 0 });
    expect([rig.outcome(1, VA), rig.outcome(1, VA, { ssid: 0 })]).toEqual([pageOf(0), 'abort 8']);
  });

  it('are refused without IDR1.SSIDSIZE, and S1CDMax and S1DSS do not matter', () => {
    const rig = new TranslationRig({ features: { ssidsize: 0 } });
    rig.writeSte(1, { Config: 5, S1CDMax: 5, S1ContextPtr: linearTable(rig), S1DSS: 1 });
    expect([rig.outcome(1, VA), rig.outcome(1, VA, { ssid: 1 })]).toEqual([pageOf(0), 'abort 8']);
  });

  it('are refused without stage 1', () => {
    const rig = new TranslationRig();
    const stage2 = rig.table('4K', 40, 1);
    rig.map(stage2, 0x1000n, 0x4900_0000n, { attrs: S2_RW });
    rig.writeSte(1, { Config: 6, ...rig.stage2Fields(stage2) });
    expect([rig.outcome(1, 0x1000n), rig.outcome(1, 0x1000n, { ssid: 1 })]).toEqual([
      '0x49000000',
      'abort 8',
    ]);
  });

  it('name the substream in the record', () => {
    const rig = new TranslationRig();
    rig.writeSte(1, { Config: 5, S1CDMax: 2, S1ContextPtr: linearTable(rig), S1DSS: 2 });
    rig.access(1, VA, { ssid: 3, flags: 0 });
    rig.access(1, VA + 0x1000n, { ssid: 3 });
    expect(rig.faults()).toMatchObject([{ type: 0x10, ssid: 3, sid: 1 }]);
  });
});

describe('S1DSS = 1 in a nested stream', () => {
  it('takes the address as an IPA for stage 2, without any CD', () => {
    const rig = new TranslationRig();
    const stage2 = rig.table('4K', 40, 1);
    rig.map(stage2, 0x7000n, 0x4900_0000n, { attrs: S2_RW });
    rig.writeSte(1, {
      ...rig.stage2Fields(stage2),
      Config: 7,
      S1CDMax: 2,
      S1DSS: 1,
      S1ContextPtr: 0xff_ff00_0000,
    });
    expect(rig.outcome(1, 0x7123n)).toBe('0x49000123');
    rig.access(1, 1n << 50n);
    expect(rig.faults()).toMatchObject([{ type: 0x11, s2: false, class: 2 }]);
  });
});

describe('two-level CD tables', () => {
  it.each([
    { format: 1, bits: 6 },
    { format: 2, bits: 10 },
  ])('with S1Fmt = $format index leaves of 2^$bits CDs', ({ format, bits }) => {
    const rig = new TranslationRig();
    const level1 = rig.take(8 * 2 ** (12 - Math.min(bits, 9)));
    const leaf = rig.take(64 * 2 ** bits);
    const table = rig.table('4K', 48);
    rig.map(table, VA, 0x4800_0000n);
    const ssid = 2 * 2 ** bits + 5;
    rig.store(level1 + 2 * 8, [BigInt(leaf) | 1n]);
    rig.store(level1 + 3 * 8, [BigInt(leaf)]);
    rig.writeCd(leaf + 5 * 64, { TTB0: table.root });
    rig.writeSte(1, { Config: 5, S1Fmt: format, S1CDMax: 12, S1ContextPtr: level1 });
    expect([
      rig.outcome(1, VA, { ssid }),
      rig.outcome(1, VA, { ssid: ssid + 2 ** bits }),
      rig.outcome(1, VA, { ssid: 5 }),
      rig.outcome(1, VA, { ssid: 4096 }),
    ]).toEqual(['0x48000000', 'abort 8', 'abort 8', 'abort 8']);
  });

  it('treat a leaf pointer beyond the address size as no leaf', () => {
    const rig = new TranslationRig();
    const level1 = rig.take(64);
    rig.store(level1, [(1n << 48n) | 1n]);
    rig.writeSte(1, { Config: 5, S1Fmt: 1, S1CDMax: 3, S1ContextPtr: level1 });
    expect(rig.outcome(1, VA, { ssid: 1 })).toBe('abort 8');
  });

  it('report the PA of a CD or L1CD that cannot be read', () => {
    const rig = new TranslationRig();
    const level1 = rig.take(64);
    rig.store(level1, [0x1_0000_0000n | 1n]);
    rig.writeSte(1, { Config: 5, S1Fmt: 1, S1CDMax: 3, S1ContextPtr: level1 });
    rig.writeSte(2, { Config: 5, S1Fmt: 1, S1CDMax: 3, S1ContextPtr: 0x1_0000_0000 });
    rig.access(1, VA, { ssid: 3 });
    rig.access(2, VA, { ssid: 3 });
    expect(rig.faults()).toMatchObject([
      { type: 9, sid: 1, fetch: 0x1_0000_00c0n },
      { type: 9, sid: 2, fetch: 0x1_0000_0000n },
    ]);
  });

  it('align S1ContextPtr to the table', () => {
    const rig = new TranslationRig();
    const at = linearTable(rig, 16);
    rig.writeSte(1, { Config: 5, S1CDMax: 4, S1ContextPtr: at + 0x40 });
    expect(rig.outcome(1, VA, { ssid: 1 })).toBe(pageOf(1));
  });
});

describe('a CD behind stage 2', () => {
  const CD_IPA = 0x9000;

  function nested(ste: Fields<typeof STE_BITS> = {}): { rig: TranslationRig; cd: number } {
    const rig = new TranslationRig();
    const stage2 = rig.table('4K', 40, 1);
    const cd = rig.take(4096);
    const table = rig.table('4K', 48);
    rig.identity(stage2, 0x4400_0000, 0x40_0000);
    rig.map(stage2, BigInt(CD_IPA), BigInt(cd), { attrs: S2_RW });
    rig.map(table, VA, 0x4410_0000n);
    rig.writeCd(cd, { TTB0: table.root });
    rig.writeSte(1, { ...rig.stage2Fields(stage2), Config: 7, S1ContextPtr: CD_IPA, ...ste });
    return { rig, cd };
  }

  it('is read at the translation of its IPA', () => {
    expect(nested().rig.outcome(1, VA)).toBe('0x44100000');
  });

  it.each([
    { what: 'not mapped', ste: { S1ContextPtr: 0xa040 }, type: 0x10, ipa: 0xa000n },
    { what: 'outside the IPA size', ste: { S1ContextPtr: 1n << 41n }, type: 0x10, ipa: 1n << 41n },
  ])('gives a stage 2 fault with CLASS = CD when it is $what', ({ ste, type, ipa }) => {
    const { rig } = nested(ste);
    rig.access(1, VA, { flags: 1 });
    expect(rig.faults()).toMatchObject([{ type, s2: true, class: 0, ipa, rnw: false, input: VA }]);
  });

  it('obeys S2R, not CD.R', () => {
    const { rig } = nested({ S1ContextPtr: 0xa000, S2R: 0 });
    expect(rig.outcome(1, VA)).toBe('abort');
  });

  it('is refused in Device memory with S2PTW', () => {
    const { rig } = nested({ S2PTW: 1 });
    const attrs = (3n << 6n) | (1n << 10n);
    expect(rig.outcome(1, VA)).toBe('0x44100000');
    const device = nested({ S2PTW: 1, S1ContextPtr: 0xb000 });
    const { rig: other } = device;
    const stage2 = other.table('4K', 40, 1);
    other.map(stage2, 0xb000n, BigInt(device.cd), { attrs });
    other.writeSte(1, { ...other.stage2Fields(stage2), Config: 7, S1ContextPtr: 0xb000, S2PTW: 1 });
    other.access(1, VA);
    expect(other.faults()).toMatchObject([{ type: 0x13, s2: true, class: 0, ipa: 0xb000n }]);
  });
});
