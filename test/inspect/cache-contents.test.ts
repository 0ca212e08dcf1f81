import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { big, hex } from '../../sim/base/hex.ts';
import type { PciFunction } from '../../sim/devices/pci-function.ts';
import { TraceIndex } from '../../sim/explain/trace-index.ts';
import { CacheContents } from '../../sim/inspect/cache-contents.ts';
import type { CacheEntry, Copy } from '../../sim/inspect/cache-entry.ts';
import { GEOMETRY_DEFAULT, GEOMETRY_INFINITE } from '../../sim/smmu/cache-geometry.ts';
import type { CachedDescriptor, CachedStructure } from '../../sim/smmu/cached.ts';
import { Smmu } from '../../sim/smmu/smmu.ts';
import { TranslationEngine } from '../../sim/smmu/translate.ts';
import {
  CACHE_ATC,
  CACHE_CD,
  CACHE_L1CD,
  CACHE_L1STD,
  CACHE_NAMES,
  CACHE_STE,
  CACHE_TLB,
  CACHE_WALK,
} from '../../sim/trace/kinds.ts';
import type { TraceSource } from '../../sim/trace/reader.ts';
import { readSession } from '../../sim/trace/session-reader.ts';
import { Episode } from '../fuzz/episode.ts';
import { CD, ENTRIES, FaultRig } from '../support/fault-rig.ts';
import { runScript } from '../support/run-script.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
/** So small that entries are evicted all the time. */
const TINY = { ste: 2, cd: 3, level1: 2, tlb: 5, walk: 3 };
/** Size, StreamWorld, stage and the kinds of global entries: the bits of a key that records tell. */
const KEY_BITS = 0x7ff;

/** Every entry of the hardware's own caches, a line each. */
function modelLines(engine: TranslationEngine): string[] {
  const { stes, cds, l1stds, l1cds, tlb, walks } = engine.cached();
  return [
    ...stes.map((entry) => `STE ${structureText(entry)}`),
    ...cds.map((entry) => `CD ${structureText(entry)}`),
    ...l1stds.map((entry) => `L1STD ${structureText(entry)}`),
    ...l1cds.map((entry) => `L1CD ${structureText(entry)}`),
    ...tlb.map(({ s1, s2, ...entry }) => `TLB ${entryText(entry)} of ${madeOf([s1, s2])}`),
    ...walks.map(
      ({ pa, next, ...entry }) => `walk ${entryText({ ...entry, pa: next })} at ${hex(pa)}`,
    ),
  ].sort();
}

function structureText({ sid, index, pa, words }: CachedStructure): string {
  return `${hex(sid)} ${index} at ${hex(pa)}: ${words.join()}`;
}

interface Keyed {
  readonly input: bigint;
  readonly tag: number;
  readonly kind: number;
  readonly pa: number;
}

function entryText({ input, tag, kind, pa }: Keyed): string {
  return `${hex(input)} tag ${hex(tag >>> 0)} kind ${hex(kind & KEY_BITS)} -> ${hex(pa)}`;
}

function madeOf(from: readonly (CachedDescriptor | undefined)[]): string {
  return from
    .map((one) => (one === undefined ? '-' : `${hex(one.pa)}=${hex(one.value)}`))
    .join(', ');
}

/** The same of what the records tell. */
function recordedLines(contents: CacheContents): string[] {
  const lines = (cache: number, text: (entry: CacheEntry) => string): string[] =>
    [...contents.entries(cache)].map((entry) => `${CACHE_NAMES[cache]} ${text(entry)}`);
  const structure = ({ sid, ssid, pa, copies }: CacheEntry): string =>
    structureText({ sid, index: ssid, pa, words: [...(copies[0]?.words ?? [])] });
  return [
    ...[CACHE_STE, CACHE_CD, CACHE_L1STD, CACHE_L1CD].flatMap((cache) => lines(cache, structure)),
    ...lines(CACHE_TLB, (entry) => {
      const descriptors = [1, 2].map((stage) =>
        entry.copies
          .filter((copy) => copy.stage === stage)
          .map(descriptorOf)
          .at(0),
      );
      return `${entryText({ ...entry, kind: entry.shape })} of ${madeOf(descriptors)}`;
    }),
    ...lines(CACHE_WALK, (entry) => {
      const at = entry.copies[0]?.pa ?? 0;
      return `${entryText({ ...entry, kind: entry.shape })} at ${hex(at)}`;
    }),
  ].sort();
}

function descriptorOf({ pa, words: [lo = 0, hi = 0] }: Copy): CachedDescriptor {
  return { pa, value: big(lo, hi) };
}

function atcLines(functions: Iterable<readonly [number, PciFunction]>): string[] {
  return [...functions].flatMap(([sid, one]) =>
    one
      .cached()
      .map(({ ssid, page, pa, granted }) => `${sid} ${ssid} ${hex(page)} ${hex(pa)} ${granted}`),
  );
}

function recordedAtcLines(contents: CacheContents): string[] {
  return [...contents.entries(CACHE_ATC)].map(
    ({ sid, ssid, input, pa, granted }) => `${sid} ${ssid} ${hex(input)} ${hex(pa)} ${granted}`,
  );
}

function contentsOf(source: TraceSource): CacheContents {
  const contents = new CacheContents(new TraceIndex(source));
  contents.update();
  return contents;
}

/** The PCI functions that are made from now on, by StreamID. */
function endpoints(): Map<number, PciFunction> {
  const functions = new Map<number, PciFunction>();
  const register = Smmu.prototype.registerEndpoint;
  vi.spyOn(Smmu.prototype, 'registerEndpoint').mockImplementation(function (
    this: Smmu,
    sid,
    endpoint,
  ) {
    functions.set(sid, endpoint as PciFunction);
    register.call(this, sid, endpoint);
  });
  return functions;
}

/** What {@link checkEachAccess} saw. */
interface Checked {
  accesses: number;
  /** Most entries that were cached at a time. */
  most: number;
  /** The first comparison that failed. */
  wrong?: { readonly recorded: readonly string[]; readonly model: readonly string[] };
}

/** From now on compares after each access. */
function checkEachAccess(): Checked {
  const counts: Checked = { accesses: 0, most: 0 };
  const followed = new Map<Smmu, { index: TraceIndex; contents: CacheContents }>();
  const { translate } = Smmu.prototype;
  vi.spyOn(Smmu.prototype, 'translate').mockImplementation(function (this: Smmu, transaction) {
    const status = translate.call(this, transaction);
    let follower = followed.get(this);
    if (follower === undefined) {
      const index = new TraceIndex(this.state.recorder);
      follower = { index, contents: new CacheContents(index) };
      followed.set(this, follower);
    }
    follower.index.update();
    follower.contents.update();
    const model = modelLines(this.translator as TranslationEngine);
    const recorded = recordedLines(follower.contents);
    if (recorded.join('\n') !== model.join('\n')) {
      counts.wrong ??= { recorded, model };
    }
    counts.accesses++;
    counts.most = Math.max(counts.most, model.length);
    return status;
  });
  return counts;
}

afterEach(() => vi.restoreAllMocks());

describe('the caches as the records tell them', () => {
  const examples = readdirSync(EXAMPLES).filter((name) => name.endsWith('.ts'));
  it.each(examples)(
    'are those of the hardware after each access in %s, and in its session file',
    async (name) => {
      const functions = endpoints();
      const checked = checkEachAccess();
      const { session } = await runScript(readFileSync(join(EXAMPLES, name), 'utf8'));
      expect(checked.wrong).toBeUndefined();
      expect(checked.accesses).toBeGreaterThan(0);
      expect(checked.most).toBeGreaterThan(0);
      const contents = contentsOf(readSession([session.traceText()]).source);
      const smmu = session.world?.port as Smmu;
      expect(recordedLines(contents)).toEqual(modelLines(smmu.translator as TranslationEngine));
      expect(recordedAtcLines(contents)).toEqual(atcLines(functions));
    },
  );

  it.each([
    ['of common sizes', GEOMETRY_DEFAULT],
    ['without bounds', GEOMETRY_INFINITE],
    ['of a few entries', TINY],
  ])('follow random machines step by step, with caches %s', (_, geometry) => {
    let held = 0;
    for (let seed = 1; seed <= 12; seed++) {
      let engine: TranslationEngine | undefined;
      const episode = new Episode(seed, (state, events, stalls) => {
        engine = new TranslationEngine(state, events, stalls, geometry);
        return engine;
      });
      const index = new TraceIndex(episode.recorder);
      const contents = new CacheContents(index);
      for (let step = 0; step < 1500; step++) {
        episode.step();
        if (step % 25 === 0) {
          index.update();
          contents.update();
          const model = engine === undefined ? [] : modelLines(engine);
          expect(recordedLines(contents), `seed ${seed}, step ${step}`).toEqual(model);
          held = Math.max(held, model.length);
        }
      }
    }
    expect(held).toBeGreaterThan(8);
  });

  it('hold a descriptor as the hardware left it when it set the Access flag', () => {
    const rig = new FaultRig({ features: { httu: 2 } });
    rig.set(CD, [43, 43], 1n);
    rig.set(ENTRIES[3], [10, 10], 0n);
    rig.access();
    const model = modelLines(rig.rig.smmu.translator as TranslationEngine);
    expect(model.some((line) => line.includes('=0x40700f43'))).toBe(true);
    expect(recordedLines(contentsOf(rig.rig.recorder))).toEqual(model);
  });
});
