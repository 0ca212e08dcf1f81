// What of the configuration is kept inside the SMMU, in any state, and what each CMD_CFGI removes: a change in
// memory shows exactly when a command that covers it has run.

import { describe, expect, it } from 'vitest';
import { GEOMETRY_DEFAULT, GEOMETRY_NONE } from '../../sim/smmu/cache-geometry.ts';
import { REG, SMMUEN, STRTAB } from '../support/smmu-rig.ts';
import { pack, STE_BITS, TranslationRig } from '../support/translation-rig.ts';

const VA = 0x1000n;
const SYNC = [0x46n, 0n] as const;
const cfgiSte = (sid: number, leaf: 0 | 1) => [0x03n | (BigInt(sid) << 32n), BigInt(leaf)] as const;
const cfgiRange = (sid: number, range: number) =>
  [0x04n | (BigInt(sid) << 32n), BigInt(range)] as const;
const CFGI_ALL = [0x04n, 31n] as const;
const cfgiCd = (sid: number, ssid: number, leaf: 0 | 1) =>
  [0x05n | (BigInt(ssid) << 12n) | (BigInt(sid) << 32n), BigInt(leaf)] as const;
const cfgiCdAll = (sid: number) => [0x06n | (BigInt(sid) << 32n), 0n] as const;
const TLBI_ALL = [0x30n, 0n] as const;

type Command = readonly [bigint, bigint];

describe('an STE', () => {
  const BYPASS = { Config: 4, SHCFG: 1 };
  const ABORT = { Config: 0 };

  it.each<[string, object, string]>([
    ['valid', BYPASS, '0x1000'],
    ['aborting', ABORT, 'abort'],
    ['invalid', { V: 0 }, 'abort 4'],
    ['ILLEGAL', { Config: 5, S1CDMax: 31 }, 'abort 4'],
  ])('that is %s stays until it is invalidated', (_, first, before) => {
    const rig = new TranslationRig();
    const second = before === '0x1000' ? ABORT : BYPASS;
    const after = before === '0x1000' ? 'abort' : '0x1000';
    rig.writeSte(1, first);
    const seen = [rig.outcome(1, VA)];
    rig.writeSte(1, second);
    seen.push(rig.outcome(1, VA));
    rig.commands(TLBI_ALL, SYNC);
    seen.push(rig.outcome(1, VA));
    rig.commands(cfgiSte(1, 1), SYNC);
    seen.push(rig.outcome(1, VA));
    expect(seen).toEqual([before, before, before, after]);
  });

  it.each<[string, Command, readonly number[]]>([
    ['CFGI_STE', cfgiSte(5, 1), [5]],
    ['CFGI_STE_RANGE of 2', cfgiRange(5, 0), [4, 5]],
    ['CFGI_STE_RANGE of 4', cfgiRange(6, 1), [4, 5, 6, 7]],
    ['CFGI_STE_RANGE of 8', cfgiRange(13, 2), [8, 9, 10, 11, 12, 13, 14, 15]],
    ['CFGI_ALL', CFGI_ALL, Array.from({ length: 16 }, (_, sid) => sid)],
    ['CFGI_CD_ALL', cfgiCdAll(5), []],
  ])('goes with %s, and no other', (_, command, gone) => {
    const rig = new TranslationRig();
    const sids = Array.from({ length: 16 }, (_unused, sid) => sid);
    for (const sid of sids) {
      rig.writeSte(sid, ABORT);
      rig.outcome(sid, VA);
      rig.writeSte(sid, BYPASS);
    }
    rig.commands(command, SYNC);
    expect(sids.filter((sid) => rig.outcome(sid, VA) === '0x1000')).toEqual(gone);
  });

  it('is kept while SMMUEN is 0', () => {
    const rig = new TranslationRig();
    rig.writeSte(1, ABORT);
    rig.outcome(1, VA);
    rig.writeSte(1, BYPASS);
    rig.write(REG.CR0, 12);
    rig.write(REG.CR0, 12 | SMMUEN);
    expect(rig.outcome(1, VA)).toBe('abort');
  });

  it('is read every time without caches', () => {
    const rig = new TranslationRig({ geometry: GEOMETRY_NONE });
    rig.writeSte(1, ABORT);
    const before = rig.outcome(1, VA);
    rig.writeSte(1, BYPASS);
    expect([before, rig.outcome(1, VA)]).toEqual(['abort', '0x1000']);
  });

  it('is evicted, oldest first, when the cache is full', () => {
    const rig = new TranslationRig({ geometry: { ...GEOMETRY_DEFAULT, ste: 2 } });
    for (const sid of [1, 2, 3]) {
      rig.writeSte(sid, ABORT);
      rig.outcome(sid, VA);
      rig.writeSte(sid, BYPASS);
    }
    expect([3, 2, 1].map((sid) => rig.outcome(sid, VA))).toEqual(['abort', 'abort', '0x1000']);
  });
});

describe('a level 1 Stream table descriptor', () => {
  const TABLES = [0x4060_0000, 0x4061_0000] as const;

  function rigWithTables(): TranslationRig {
    const rig = new TranslationRig();
    rig.write(REG.CR0, 12);
    rig.write(REG.STRTAB_BASE_CFG, (1 << 16) | (6 << 6) | 12);
    rig.write(REG.CR0, 12 | SMMUEN);
    rig.store(STRTAB, [BigInt(TABLES[0]) | 7n]);
    rig.store(TABLES[0], pack(STE_BITS, { V: 1, Config: 0 }));
    rig.store(TABLES[1], pack(STE_BITS, { V: 1, Config: 4, SHCFG: 1 }));
    return rig;
  }

  it.each<[string, Command, string]>([
    ['stays after CFGI_STE with Leaf = 1', cfgiSte(0, 1), 'abort'],
    ['goes with CFGI_STE with Leaf = 0', cfgiSte(0, 0), '0x1000'],
    ['goes with CFGI_STE_RANGE', cfgiRange(0, 0), '0x1000'],
    ['goes with CFGI_ALL', CFGI_ALL, '0x1000'],
    ['stays when another one is meant', cfgiSte(64, 0), 'abort'],
  ])('%s', (_, command, after) => {
    const rig = rigWithTables();
    const before = rig.outcome(0, VA);
    rig.store(STRTAB, [BigInt(TABLES[1]) | 7n]);
    rig.commands(command, SYNC);
    expect([before, rig.outcome(0, VA)]).toEqual(['abort', after]);
  });

  it('stays in an invalid state too', () => {
    const rig = rigWithTables();
    rig.store(STRTAB, [0n]);
    const before = rig.outcome(0, VA);
    rig.store(STRTAB, [BigInt(TABLES[1]) | 7n]);
    const stale = rig.outcome(0, VA);
    rig.commands(cfgiSte(0, 0), SYNC);
    expect([before, stale, rig.outcome(0, VA)]).toEqual(['abort 2', 'abort 2', '0x1000']);
  });
});

describe('a CD', () => {
  /** SubstreamIDs 0 to 3 of StreamIDs 1 and 2, which share a CD table; the CDs are invalid. */
  function rigWithCds(): { rig: TranslationRig; makeValid: () => void } {
    const rig = new TranslationRig();
    const cds = rig.take(4 * 64);
    const table = rig.table('4K', 48);
    rig.map(table, VA, 0x4800_0000n);
    for (const sid of [1, 2]) {
      rig.writeSte(sid, { Config: 5, S1CDMax: 2, S1DSS: 1, S1ContextPtr: cds });
    }
    const makeValid = (): void => {
      for (let ssid = 0; ssid < 4; ssid++) {
        rig.writeCd(cds + ssid * 64, { TTB0: table.root, ASID: ssid });
      }
    };
    return { rig, makeValid };
  }

  const all = [1, 2].flatMap((sid) => [0, 1, 2, 3].map((ssid) => `${sid}.${ssid}`));

  it.each<[string, Command, readonly string[]]>([
    ['CFGI_CD', cfgiCd(1, 2, 1), ['1.2']],
    ['CFGI_CD with Leaf = 0', cfgiCd(2, 0, 0), ['2.0']],
    ['CFGI_CD_ALL', cfgiCdAll(2), ['2.0', '2.1', '2.2', '2.3']],
    ['CFGI_STE of its stream', cfgiSte(1, 1), ['1.0', '1.1', '1.2', '1.3']],
    ['CFGI_STE_RANGE', cfgiRange(2, 0), ['2.0', '2.1', '2.2', '2.3']],
    ['CFGI_ALL', CFGI_ALL, all],
    ['TLBI_NSNH_ALL', TLBI_ALL, []],
  ])('that was invalid goes with %s, and no other', (_, command, gone) => {
    const { rig, makeValid } = rigWithCds();
    const read = (name: string): string => {
      const [sid, ssid] = name.split('.').map(Number);
      return rig.outcome(sid ?? 0, VA, { ssid: ssid ?? 0 });
    };
    expect(new Set(all.map(read))).toEqual(new Set(['abort a']));
    makeValid();
    expect(new Set(all.map(read))).toEqual(new Set(['abort a']));
    rig.commands(command, SYNC);
    expect(all.filter((name) => read(name) === '0x48000000')).toEqual(gone);
  });

  it.each<[string, Command, string]>([
    ['stays after CFGI_CD with Leaf = 1', cfgiCd(1, 5, 1), 'abort 8'],
    ['goes with CFGI_CD with Leaf = 0', cfgiCd(1, 5, 0), '0x48000000'],
    ['goes with CFGI_CD_ALL', cfgiCdAll(1), '0x48000000'],
    ['goes with CFGI_STE', cfgiSte(1, 1), '0x48000000'],
    ['stays when another one is meant', cfgiCd(1, 64, 0), 'abort 8'],
  ])('behind an invalid L1CD: that %s', (_, command, after) => {
    const rig = new TranslationRig();
    const level1 = rig.take(64);
    const leaf = rig.take(4096);
    const table = rig.table('4K', 48);
    rig.map(table, VA, 0x4800_0000n);
    rig.writeCd(leaf + 5 * 64, { TTB0: table.root });
    rig.writeSte(1, { Config: 5, S1Fmt: 1, S1CDMax: 8, S1ContextPtr: level1 });
    const before = rig.outcome(1, VA, { ssid: 5 });
    rig.store(level1, [BigInt(leaf) | 1n]);
    rig.commands(command, SYNC);
    expect([before, rig.outcome(1, VA, { ssid: 5 })]).toEqual(['abort 8', after]);
  });

  it('whose fetch failed is read again', () => {
    const rig = new TranslationRig();
    const stage2 = rig.table('4K', 40, 1);
    const { table, cd } = rig.stage1(1);
    rig.identity(stage2, 0x4400_0000, 0x20_0000);
    rig.map(table, VA, 0x4400_0000n);
    rig.store(rig.entry(stage2, BigInt(cd), 3), [0n]);
    rig.writeSte(1, { ...rig.stage2Fields(stage2), Config: 7, S1ContextPtr: cd });
    const before = rig.outcome(1, VA);
    rig.map(stage2, BigInt(cd) & ~0xfffn, BigInt(cd) & ~0xfffn, {
      attrs: (3n << 6n) | (1n << 10n) | 60n,
    });
    expect([before, rig.outcome(1, VA)]).toEqual(['abort 10', '0x44000000']);
  });
});

describe('stale configuration', () => {
  it('is named once when it is used, with its place', () => {
    const rig = new TranslationRig();
    const { table, cd } = rig.stage1(1);
    rig.map(table, VA, 0x4800_0000n);
    rig.outcome(1, VA);
    rig.takeDiagnostics();
    rig.writeCd(cd, { TTB0: table.root, ASID: 7 });
    rig.outcome(1, VA);
    rig.outcome(1, VA);
    rig.writeSte(1, { Config: 5, S1ContextPtr: cd, S2VMID: 3 });
    rig.outcome(1, VA);
    expect(rig.takeDiagnostics()).toEqual([
      `guest-error 4.3.8: CD of sid 0x1 at 0x${cd.toString(16)} was changed without CMD_CFGI: the SMMU uses its old copy`,
      `guest-error 4.3.8: STE of sid 0x1 at 0x${(STRTAB + 64).toString(16)} was changed without CMD_CFGI: the SMMU uses its old copy`,
    ]);
  });

  it('is not named after the invalidation, nor when the same bytes are written', () => {
    const rig = new TranslationRig();
    const { table, cd } = rig.stage1(1);
    rig.map(table, VA, 0x4800_0000n);
    rig.outcome(1, VA);
    rig.takeDiagnostics();
    rig.writeSte(1, { Config: 5, S1ContextPtr: cd });
    rig.outcome(1, VA);
    rig.writeCd(cd, { TTB0: table.root, ASID: 7 });
    rig.commands(cfgiCd(1, 0, 1), SYNC);
    rig.outcome(1, VA);
    expect(rig.takeDiagnostics()).toEqual([]);
  });
});
