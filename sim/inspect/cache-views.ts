// The caches as data to show: rows for a list, and everything about one entry, with the cached bytes
// beside those that memory has now.

import { hex } from '../base/hex.ts';
import { grouped } from '../explain/words.ts';
import type {
  CacheCopyDto,
  CacheEntryDto,
  CacheName,
  CacheRowDto,
  CachesDto,
  WriterDto,
} from '../protocol/inspect.ts';
import { CD, L1CD } from '../smmu/spec/cd.ts';
import type { AnyRecord } from '../smmu/spec/layouts.ts';
import { LAYOUTS } from '../smmu/spec/layouts.ts';
import { L1STD, STE } from '../smmu/spec/ste.ts';
import {
  CACHE_ATC,
  CACHE_CD,
  CACHE_L1CD,
  CACHE_L1STD,
  CACHE_NAMES,
  CACHE_STE,
  CACHE_TLB,
  CACHE_WALK,
  ENTRY_CLEAN,
  ENTRY_GLOBAL,
  ENTRY_S1_LEVEL_SHIFT,
  ENTRY_S1_PERMS_SHIFT,
  ENTRY_S2_LEVEL_SHIFT,
  ENTRY_S2_PERMS_SHIFT,
  ENTRY_WORLD_SHIFT,
} from '../trace/kinds.ts';
import { recordById } from '../trace/reader.ts';
import { grantedText } from '../trace/record-text.ts';
import { BadArgument } from './arguments.ts';
import type { CacheContents } from './cache-contents.ts';
import type { CacheEntry, Copy } from './cache-entry.ts';
import type { CacheFilter } from './cache-filter.ts';
import {
  asidOf,
  isStructure,
  matches,
  parseFilter,
  sizeOf,
  stagesOf,
  vmidOf,
} from './cache-filter.ts';
import type { InspectContext } from './context.ts';
import { fieldDtos, LATEST, lastWriter, wordTexts, writerOf } from './context.ts';
import { configText } from './tables.ts';

/** Caches in the order in which they are shown. */
const SHOWN = [
  CACHE_STE,
  CACHE_CD,
  CACHE_TLB,
  CACHE_WALK,
  CACHE_ATC,
  CACHE_L1STD,
  CACHE_L1CD,
] as const;
/** Most rows of one answer. */
const MOST_ROWS = 1000;
const WORLDS = ['EL1', 'EL2', 'EL2 with E2H'];
/** L1CD keys: index in 23:0, index bits of the leaf tables above. */
const L1CD_INDEX = 0xff_ffff;

/** Which entries are asked for. */
export interface CacheQuestion {
  readonly cache?: CacheName;
  readonly filter: string;
  readonly from: number;
  readonly count: number;
}

/** A stretch of the entries that a filter lets through, by cache and key. */
export function cacheViews(
  context: InspectContext,
  contents: CacheContents,
  { cache, filter, from, count }: CacheQuestion,
): CachesDto {
  const numbers = SHOWN.filter((number) => cache === undefined || CACHE_NAMES[number] === cache);
  const parsed = tryFilter(filter);
  const found = typeof parsed === 'string' ? [] : matchingEntries(contents, numbers, parsed);
  const first = Math.min(from, Math.max(0, found.length - 1));
  const note = typeof parsed === 'string' ? parsed : noteOf(context, contents);
  return {
    caches: SHOWN.map((number) => ({
      name: nameOf(number),
      entries: contents.count(number),
      stale: contents.stale(number),
    })),
    ...(note === undefined ? {} : { note }),
    newest: contents.newest,
    matching: found.length,
    from: first,
    rows: found
      .slice(first, first + Math.min(count, MOST_ROWS))
      .map((entry) => cacheRow(context, entry)),
  };
}

function tryFilter(text: string): CacheFilter | string {
  try {
    return parseFilter(text.split(/\s+/).filter((word) => word !== ''));
  } catch (error) {
    if (error instanceof BadArgument) {
      return error.message;
    }
    throw error;
  }
}

/** Why entries may be missing. */
export function noteOf(context: InspectContext, contents: CacheContents): string | undefined {
  if (!contents.told) {
    return 'this session was recorded by a version that did not tell what caches hold';
  }
  const first = context.index.source.chunks[0]?.firstId ?? 1;
  return first > 1
    ? `records before ${first} were not kept: older entries are not shown`
    : undefined;
}

/** Entries of some caches (CACHE_*) that a filter lets through, in order of cache and key. */
export function matchingEntries(
  contents: CacheContents,
  caches: readonly number[],
  filter: CacheFilter,
): CacheEntry[] {
  return caches.flatMap((cache) =>
    [...contents.entries(cache)].filter((entry) => matches(entry, filter)).sort(byKey),
  );
}

function byKey(a: CacheEntry, b: CacheEntry): number {
  const order =
    isStructure(a.cache) || a.cache === CACHE_ATC ? a.sid - b.sid || a.ssid - b.ssid : 0;
  return (
    order ||
    (a.tag >>> 0) - (b.tag >>> 0) ||
    (a.input < b.input ? -1 : a.input > b.input ? 1 : a.record - b.record)
  );
}

/** One entry as a row. */
export function cacheRow({ index }: InspectContext, entry: CacheEntry): CacheRowDto {
  const writer = writerOf(index, entry.record);
  return {
    id: `${entry.cache}:${entry.record}`,
    cache: nameOf(entry.cache),
    key: keyText(entry),
    text: holdsText(entry),
    state: entry.freshness,
    record: entry.record,
    time: recordById(index.source, entry.record)?.time ?? 0,
    ...(writer === undefined ? {} : { writer }),
  };
}

/** Everything about the entry of a row; undefined when it is no longer cached. */
export function cacheEntry(
  context: InspectContext,
  contents: CacheContents,
  id: string,
): CacheEntryDto | undefined {
  const [cache = Number.NaN, record] = id.split(':').map(Number);
  for (const entry of contents.entries(cache)) {
    if (entry.record === record) {
      const copies = entry.copies.map((copy) => copyDto(context, entry, copy));
      return { ...cacheRow(context, entry), facts: factsOf(entry), copies };
    }
  }
  return undefined;
}

function nameOf(cache: number): CacheName {
  return CACHE_NAMES[cache] ?? 'STE';
}

function keyText({ cache, sid, ssid, input }: CacheEntry): string {
  switch (cache) {
    case CACHE_STE:
      return hex(sid);
    case CACHE_CD:
      return `${hex(sid)} ${ssid}`;
    case CACHE_L1STD:
      return `[${sid}]`;
    case CACHE_L1CD:
      return `${hex(sid)} [${ssid & L1CD_INDEX}]`;
    case CACHE_ATC:
      return `${hex(sid)}${ssid < 0 ? '' : ` ${ssid}`} ${grouped(input)}`;
    default:
      return grouped(input);
  }
}

function holdsText(entry: CacheEntry): string {
  const { cache, pa, granted, copies } = entry;
  const words = copies[0]?.words;
  if (isStructure(cache)) {
    return words === undefined ? `at ${grouped(pa)}` : structureText(cache, words);
  }
  if (cache === CACHE_ATC) {
    return `-> ${grouped(pa)} ${grantedText(granted)}`;
  }
  const tags = `${tagText(entry)}, stage ${stagesOf(entry).join('+')}`;
  const size = sizeText(sizeOf(entry) ?? 0);
  return cache === CACHE_WALK
    ? `${size} -> L${levelOf(entry, 1) + 1} table ${grouped(pa)}  ${tags}`
    : `${size} -> ${grouped(pa)} ${permissionText(entry)}  ${tags}`;
}

function structureText(cache: number, words: Int32Array): string {
  switch (cache) {
    case CACHE_STE:
      return STE.get(words, 'V') === 1 ? configText(words) : 'not valid';
    case CACHE_CD:
      return CD.get(words, 'V') === 1 ? `ASID ${CD.get(words, 'ASID')}` : 'not valid';
    case CACHE_L1STD:
      return `Span ${L1STD.get(words, 'Span')}, table ${grouped(L1STD.get(words, 'L2Ptr'))}`;
    default:
      return L1CD.get(words, 'V') === 1
        ? `table ${grouped(L1CD.get(words, 'L2Ptr'))}`
        : 'not valid';
  }
}

function tagText(entry: CacheEntry): string {
  const asid = asidOf(entry);
  const own =
    (entry.shape & ENTRY_GLOBAL) !== 0 ? ' global' : asid === undefined ? '' : ` asid ${asid}`;
  return `vmid ${vmidOf(entry) ?? 0}${own}`;
}

function sizeText(bits: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  return `${2 ** (bits % 10)} ${units[Math.floor(bits / 10)] ?? ''}`;
}

/** `rw-`: what both stages together let an unprivileged access do, then a privileged one where it differs. */
function permissionText({ shape }: CacheEntry): string {
  const both = (shape >>> ENTRY_S1_PERMS_SHIFT) & (shape >>> ENTRY_S2_PERMS_SHIFT) & 0x3f;
  const text = (bits: number): string =>
    ['r', 'w', 'x'].map((letter, bit) => (bits & (1 << bit) ? letter : '-')).join('');
  const [user, privileged] = [text(both), text(both >>> 3)];
  return user === privileged ? user : `${user} (privileged ${privileged})`;
}

/** Level of the descriptor of a stage. */
function levelOf({ shape }: CacheEntry, stage: number): number {
  return ((shape >>> (stage === 2 ? ENTRY_S2_LEVEL_SHIFT : ENTRY_S1_LEVEL_SHIFT)) & 7) - 1;
}

function factsOf(entry: CacheEntry): { name: string; text: string }[] {
  const { cache, sid, ssid, input, pa, shape, granted } = entry;
  const facts: [string, string | undefined][] = isStructure(cache)
    ? [
        [cache === CACHE_L1STD ? 'Index' : 'StreamID', hex(sid)],
        ['SubstreamID', cache === CACHE_CD ? String(ssid) : undefined],
        ['Index', cache === CACHE_L1CD ? String(ssid & L1CD_INDEX) : undefined],
      ]
    : [
        ['Input', rangeText(input, sizeOf(entry) ?? 0)],
        [cache === CACHE_WALK ? 'Next table' : 'Output', grouped(pa)],
        ['Stage', cache === CACHE_ATC ? undefined : stagesOf(entry).join(' and ')],
        [
          'StreamWorld',
          cache === CACHE_ATC ? undefined : WORLDS[(shape >>> ENTRY_WORLD_SHIFT) & 3],
        ],
        ['Tag', cache === CACHE_ATC ? undefined : tagText(entry)],
        ['Permissions', cache === CACHE_TLB ? permissionText(entry) : undefined],
        [
          'Dirty state',
          cache === CACHE_TLB && (shape & ENTRY_CLEAN) !== 0
            ? 'clean: a write walks again'
            : undefined,
        ],
        ['Granted', cache === CACHE_ATC ? grantedText(granted) : undefined],
        ['Stream', cache === CACHE_WALK ? undefined : streamText(entry)],
      ];
  return facts.flatMap(([name, text]) => (text === undefined ? [] : [{ name, text }]));
}

function streamText({ cache, sid, ssid }: CacheEntry): string {
  const stream = ssid < 0 ? `SID ${hex(sid)}` : `SID ${hex(sid)} SSID ${ssid}`;
  return cache === CACHE_ATC ? stream : `brought in by ${stream}; not a tag of the entry`;
}

function rangeText(input: bigint, bits: number): string {
  return `${grouped(input)} to ${grouped(input + (1n << BigInt(bits)) - 1n)}, ${sizeText(bits)}`;
}

function copyDto(context: InspectContext, entry: CacheEntry, copy: Copy): CacheCopyDto {
  const { pa, words } = copy;
  const layout = layoutOf(entry, copy);
  const memory = context.index.wordsAt(pa, words.length, LATEST);
  const now = new Map(layout.describe(memory).map(({ name, text }) => [name, text]));
  const fields = fieldDtos(layout.describe(words));
  const stale = entry.freshness === 'stale';
  const writer: WriterDto | undefined = lastWriter(context.index, pa, words.length * 4);
  return {
    title: copyTitle(entry, copy),
    pa: BigInt(pa),
    section: layout.section,
    cached: wordTexts(words),
    memory: wordTexts(stale ? memory : words),
    fields,
    differs: stale
      ? fields.flatMap(({ name, text }) => {
          const other = now.get(name) ?? text;
          return other === text ? [] : [{ name, text: other }];
        })
      : [],
    ...(writer === undefined ? {} : { writer }),
  };
}

function copyTitle(entry: CacheEntry, { stage }: Copy): string {
  const level = levelOf(entry, entry.cache === CACHE_WALK ? 1 : stage);
  return stage === 0 ? nameOf(entry.cache) : `Stage ${stage} level ${level} descriptor`;
}

function layoutOf({ cache }: CacheEntry, { stage }: Copy): AnyRecord {
  if (cache === CACHE_WALK) {
    return LAYOUTS.table;
  }
  if (stage !== 0) {
    return stage === 2 ? LAYOUTS.leaf2 : LAYOUTS.leaf1;
  }
  return (
    {
      [CACHE_STE]: LAYOUTS.STE,
      [CACHE_CD]: LAYOUTS.CD,
      [CACHE_L1STD]: LAYOUTS.L1STD,
      [CACHE_L1CD]: LAYOUTS.L1CD,
    }[cache] ?? LAYOUTS.STE
  );
}
