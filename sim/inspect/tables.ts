// The tree of structures: Stream table, STEs, CD tables, CDs, translation tables. A node is named by a
// path that says all that is needed to open it, so nothing is kept and nothing is opened before its time.
// Limit: tables that lie at an IPA (nested streams) are shown as far as the identity of IPA and PA goes.

import { hex } from '../base/hex.ts';
import type { AnyRecord } from '../explain/structure.ts';
import { LAYOUTS } from '../explain/structure.ts';
import type { NodeDto, NodeState } from '../protocol/inspect.ts';
import { CD, L1CD } from '../smmu/spec/cd.ts';
import type { Granule } from '../smmu/spec/descriptors.ts';
import { GRANULES_TG0, GRANULES_TG1, levelShift, startLevelFor } from '../smmu/spec/descriptors.ts';
import { REGISTERS } from '../smmu/spec/registers.ts';
import { L1STD, STE } from '../smmu/spec/ste.ts';
import type { InspectContext } from './context.ts';
import { fieldDtos, LATEST, lastWriter, wordTexts } from './context.ts';

const STE_BYTES = 64;
const CD_BYTES = 64;
/** Most children of one node; what is left out is said. */
const MOST = 1024;
const CONFIGS = ['abort', 'abort', 'abort', 'abort', 'bypass', 'stage 1', 'stage 2', 'nested'];
const ADDRESS_MASK = 0xffff_ffff_f000n;

/** Children of a node by its id; the Stream table's own entries without one. */
export function tableNodes(context: InspectContext, id?: string): NodeDto[] {
  const [kind = '', ...rest] = (id ?? 'strtab').split(':');
  const numbers = rest.map(Number);
  return OPENERS[kind]?.(context, numbers) ?? [];
}

type Opener = (context: InspectContext, path: readonly number[]) => NodeDto[];

const OPENERS: Readonly<Record<string, Opener>> = {
  strtab: streamTable,
  l1std: (context, [first = 0, pa = 0, count = 0]) => steNodes(context, pa, first, count),
  ste: openSte,
  l1cd: (context, [sid = 0, first = 0, pa = 0, count = 0]) =>
    cdNodes(context, { sid, pa, first, count }),
  cd: openCd,
  table: (context, [pa = 0, level = 0, granule = 0, base = 0, stage = 1]) =>
    tableEntries(context, { pa, level, granule, base, stage, entries: 0 }),
  start: (context, [pa = 0, level = 0, granule = 0, base = 0, stage = 1, entries = 0]) =>
    tableEntries(context, { pa, level, granule, base, stage, entries }),
};

/** What a node shows of a structure in memory. */
function structureNode(
  { index }: InspectContext,
  layout: AnyRecord,
  pa: number,
  head: Pick<NodeDto, 'id' | 'title' | 'text' | 'state' | 'hasChildren'>,
): NodeDto {
  const bytes = layout.bits / 8;
  const words = index.wordsAt(pa, bytes / 4, LATEST);
  const writer = lastWriter(index, pa, bytes);
  const fetched = index.fetches.newest(pa);
  const cached = fetched === 0 ? words : index.wordsAt(pa, bytes / 4, fetched);
  const changed = cached.some((word, at) => word !== words[at]);
  const descriptor = layout.bits === 64 && layout !== LAYOUTS.L1STD && layout !== LAYOUTS.L1CD;
  const invalidated = index.lastInvalidation(descriptor ? 'translation' : 'configuration');
  const since = Math.max(...index.writersOf(pa, bytes, LATEST), 0);
  const stale = changed && invalidated < since;
  return {
    ...head,
    state: stale ? 'stale' : head.state,
    pa: BigInt(pa),
    section: layout.section,
    words: wordTexts(words),
    fields: fieldDtos(layout.describe(words)),
    ...(writer === undefined ? {} : { writer }),
    ...(stale ? { cached: wordTexts(cached) } : {}),
  };
}

/** Where the Stream table is and how it is laid out, as software set it last. */
function streamTablePlace({ index, hardware }: InspectContext) {
  const base = index.registerAt(REGISTERS.STRTAB_BASE.offset, LATEST);
  const config = index.registerAt(REGISTERS.STRTAB_BASE_CFG.offset, LATEST);
  if (base === undefined || config === undefined) {
    return undefined;
  }
  const cfg = [config.lo, config.hi];
  const split = REGISTERS.STRTAB_BASE_CFG.get(cfg, 'SPLIT');
  return {
    pa: REGISTERS.STRTAB_BASE.get([base.lo, base.hi], 'ADDR'),
    log2size: Math.min(REGISTERS.STRTAB_BASE_CFG.get(cfg, 'LOG2SIZE'), hardware.features.sidsize),
    split: split === 8 || split === 10 ? split : 6,
    twoLevel: REGISTERS.STRTAB_BASE_CFG.get(cfg, 'FMT') === 1,
  };
}

function streamTable(context: InspectContext): NodeDto[] {
  const place = streamTablePlace(context);
  if (place === undefined) {
    return [];
  }
  const { pa, log2size, split, twoLevel } = place;
  if (!twoLevel) {
    return steNodes(context, pa, 0, 2 ** log2size);
  }
  const nodes: NodeDto[] = [];
  const count = 2 ** Math.max(0, log2size - split);
  for (let entry = 0; entry < count && nodes.length < MOST; entry++) {
    const at = pa + entry * 8;
    const words = context.index.wordsAt(at, 2, LATEST);
    const span = L1STD.get(words, 'Span');
    if (span === 0) {
      continue;
    }
    const first = entry * 2 ** split;
    const stes = 2 ** (span - 1);
    const pointer = L1STD.get(words, 'L2Ptr');
    nodes.push(
      structureNode(context, LAYOUTS.L1STD, at, {
        id: `l1std:${first}:${pointer}:${stes}`,
        title: `L1STD ${entry}`,
        text: `StreamIDs ${hex(first)} to ${hex(first + stes - 1)}`,
        state: span > split + 1 ? 'invalid' : 'ok',
        hasChildren: true,
      }),
    );
  }
  return nodes;
}

/** STEs that were ever written and do not just abort, or stand alone in what was asked for. */
function steNodes(context: InspectContext, pa: number, first: number, count: number): NodeDto[] {
  const nodes: NodeDto[] = [];
  for (let entry = 0; entry < count && nodes.length < MOST; entry++) {
    const at = pa + entry * STE_BYTES;
    if (context.index.wordAt(at, LATEST).writer === 0) {
      continue;
    }
    const words = context.index.wordsAt(at, STE_BYTES / 4, LATEST);
    const valid = STE.get(words, 'V') === 1;
    const config = STE.get(words, 'Config');
    if (!valid && words.every((word) => word === 0)) {
      continue;
    }
    if (valid && config < 4) {
      continue;
    }
    nodes.push(
      structureNode(context, LAYOUTS.STE, at, {
        id: `ste:${first + entry}:${at}`,
        title: `STE ${hex(first + entry)}`,
        text: valid ? configText(words) : 'not valid',
        state: valid ? 'ok' : 'invalid',
        hasChildren: valid && (config & 3) !== 0,
      }),
    );
  }
  return nodes;
}

/** What a valid STE does with its stream: `nested, 2^10 CDs`. */
export function configText(words: Int32Array): string {
  const config = STE.get(words, 'Config');
  const max = STE.get(words, 'S1CDMax');
  const cds = (config & 1) === 0 ? '' : max === 0 ? ', one CD' : `, 2^${max} CDs`;
  return `${CONFIGS[config] ?? ''}${cds}`;
}

function openSte(context: InspectContext, [sid = 0, pa = 0]: readonly number[]): NodeDto[] {
  const words = context.index.wordsAt(pa, STE_BYTES / 4, LATEST);
  const config = STE.get(words, 'Config');
  return [
    ...((config & 1) === 1 ? contextNodes(context, sid, words) : []),
    ...((config & 2) === 2 ? stage2Node(context, words) : []),
  ];
}

/** CDs of a linear table, or its level 1. */
function contextNodes(context: InspectContext, sid: number, ste: Int32Array): NodeDto[] {
  const pa = STE.get(ste, 'S1ContextPtr');
  const max = STE.get(ste, 'S1CDMax');
  const format = STE.get(ste, 'S1Fmt');
  if (max === 0 || format === 0 || format === 3) {
    return cdNodes(context, { sid, pa, first: 0, count: 2 ** max });
  }
  const leafBits = format === 1 ? 6 : 10;
  const nodes: NodeDto[] = [];
  for (let entry = 0; entry < 2 ** Math.max(0, max - leafBits) && nodes.length < MOST; entry++) {
    const at = pa + entry * 8;
    const words = context.index.wordsAt(at, 2, LATEST);
    if (L1CD.get(words, 'V') === 0) {
      continue;
    }
    const first = entry * 2 ** leafBits;
    const count = Math.min(2 ** leafBits, 2 ** max);
    nodes.push(
      structureNode(context, LAYOUTS.L1CD, at, {
        id: `l1cd:${sid}:${first}:${L1CD.get(words, 'L2Ptr')}:${count}`,
        title: `L1CD ${entry}`,
        text: `SubstreamIDs ${first} to ${first + count - 1}`,
        state: 'ok',
        hasChildren: true,
      }),
    );
  }
  return nodes;
}

interface CdRange {
  readonly sid: number;
  readonly pa: number;
  readonly first: number;
  readonly count: number;
}

function cdNodes(context: InspectContext, { sid, pa, first, count }: CdRange): NodeDto[] {
  const nodes: NodeDto[] = [];
  for (let entry = 0; entry < count && nodes.length < MOST; entry++) {
    const at = pa + entry * CD_BYTES;
    const words = context.index.wordsAt(at, CD_BYTES / 4, LATEST);
    if (words.every((word) => word === 0)) {
      continue;
    }
    const valid = CD.get(words, 'V') === 1;
    nodes.push(
      structureNode(context, LAYOUTS.CD, at, {
        id: `cd:${sid}:${first + entry}:${at}`,
        title: `CD ${first + entry}`,
        text: valid ? `ASID ${CD.get(words, 'ASID')}` : 'not valid',
        state: valid ? 'ok' : 'invalid',
        hasChildren: valid,
      }),
    );
  }
  return nodes;
}

function openCd(context: InspectContext, [, , pa = 0]: readonly number[]): NodeDto[] {
  const words = context.index.wordsAt(pa, CD_BYTES / 4, LATEST);
  return [0, 1].flatMap((half) => {
    const name = (field: string): 'T0SZ' => field.replace('x', String(half)) as 'T0SZ';
    if (CD.get(words, name('EPDx')) === 1) {
      return [];
    }
    const code = CD.get(words, name('TGx'));
    const granule = (half === 0 ? GRANULES_TG0 : GRANULES_TG1)[code];
    const bits = 64 - CD.get(words, name('TxSZ'));
    return granule === undefined
      ? []
      : [startNode(context, `TTB${half}`, { granule, pa: CD.get(words, name('TTBx')), bits })];
  });
}

interface StartTable {
  readonly granule: Granule;
  readonly pa: number;
  /** Bits of the input address. */
  readonly bits: number;
}

function startNode(
  { index }: InspectContext,
  title: string,
  { granule, pa, bits }: StartTable,
): NodeDto {
  const level = startLevelFor(granule, bits);
  const writer = lastWriter(index, pa, 8);
  const entries = 2 ** Math.max(0, bits - levelShift(granule, level));
  const code = GRANULES_TG0.indexOf(granule);
  return {
    id: `start:${pa}:${level}:${code}:0:1:${entries}`,
    title,
    text: `${bits}-bit addresses, ${2 ** (granule.pageBits - 10)} KiB pages, from level ${level}`,
    state: 'ok',
    hasChildren: true,
    pa: BigInt(pa),
    words: [],
    fields: [],
    ...(writer === undefined ? {} : { writer }),
  };
}

function stage2Node(context: InspectContext, ste: Int32Array): NodeDto[] {
  const granule = GRANULES_TG0[STE.get(ste, 'S2TG')];
  if (granule === undefined) {
    return [];
  }
  const bits = 64 - STE.get(ste, 'S2T0SZ');
  const sl0 = STE.get(ste, 'S2SL0');
  const level = (granule === GRANULES_TG0[0] ? [2, 1, 0, 3] : [3, 2, 1, 0])[sl0] ?? 3;
  const pa = STE.get(ste, 'S2TTB');
  const entries = 2 ** Math.max(0, bits - levelShift(granule, level));
  const node = startNode(context, 'S2TTB', { granule, pa, bits });
  const code = GRANULES_TG0.indexOf(granule);
  return [
    {
      ...node,
      id: `start:${pa}:${level}:${code}:0:2:${entries}`,
      text: `${bits}-bit IPAs, VMID ${STE.get(ste, 'S2VMID')}, from level ${level}`,
    },
  ];
}

interface TablePlace {
  readonly pa: number;
  readonly level: number;
  /** Index into GRANULES_TG0. */
  readonly granule: number;
  /** Input address of the first entry, bytes. */
  readonly base: number;
  readonly stage: number;
  /** 0: a whole table. */
  readonly entries: number;
}

function tableEntries(context: InspectContext, place: TablePlace): NodeDto[] {
  const granule = GRANULES_TG0[place.granule];
  if (granule === undefined) {
    return [];
  }
  const nodes: NodeDto[] = [];
  const count = place.entries || 2 ** granule.stride;
  const size = 2 ** levelShift(granule, place.level);
  for (let entry = 0; entry < count && nodes.length < MOST; entry++) {
    const at = place.pa + entry * 8;
    const { lo, hi } = context.index.wordAt(at, LATEST);
    if (lo !== 0 || hi !== 0) {
      nodes.push(descriptorNode(context, place, entry, { at, lo, hi, size }));
    }
  }
  return nodes;
}

function descriptorNode(
  context: InspectContext,
  { level, granule, base, stage }: TablePlace,
  entry: number,
  { at, lo, hi, size }: { at: number; lo: number; hi: number; size: number },
): NodeDto {
  const value = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
  const next = Number(value & ADDRESS_MASK);
  const input = base + entry * size;
  const valid = (lo & 1) === 1;
  const table = valid && level < 3 && (lo & 2) !== 0;
  const layout = table ? LAYOUTS.table : stage === 2 ? LAYOUTS.leaf2 : LAYOUTS.leaf1;
  const state: NodeState = valid ? 'ok' : 'invalid';
  return structureNode(context, layout, at, {
    id: table ? `table:${next}:${level + 1}:${granule}:${input}:${stage}` : `leaf:${at}`,
    title: `L${level}[${entry}]`,
    text: valid
      ? `${hex(input)} ${table ? 'table' : '->'} ${hex(next)}${table ? '' : leafText(lo, stage)}`
      : `${hex(input)} not valid`,
    state,
    hasChildren: table,
  });
}

function leafText(lo: number, stage: number): string {
  const ap = (lo >>> 6) & 3;
  if (stage === 2) {
    return ` ${['none', 'r', 'w', 'rw'][ap] ?? ''}`;
  }
  return ` ${ap & 2 ? 'r' : 'rw'}${ap & 1 ? ' user' : ''}${lo & 0x400 ? '' : ' AF=0'}`;
}
