// The tree of structures: Stream table, STEs, CD tables, CDs, translation tables. A node is named by a
// path that says all that is needed to open it, so nothing is kept and nothing is opened before its time.
// Limit: tables that lie at an IPA (nested streams) are shown as far as the identity of IPA and PA goes.

import { hex } from '../base/hex.ts';
import type { NodeDto } from '../protocol/inspect.ts';
import { CD, L1CD } from '../smmu/spec/cd.ts';
import { REGISTERS } from '../smmu/spec/registers.ts';
import { L1STD, STE } from '../smmu/spec/ste.ts';
import type { InspectContext } from './context.ts';
import { LATEST } from './context.ts';
import type { SlotList } from './slot-list.ts';
import { slotNodes } from './slot-list.ts';
import { structureNode } from './structure-node.ts';
import { descriptorSlots, openCd, stage2Node } from './translation-tables.ts';

const STE_BYTES = 64;
const CD_BYTES = 64;
const DESCRIPTOR_BYTES = 8;
const CONFIGS = ['abort', 'abort', 'abort', 'abort', 'bypass', 'stage 1', 'stage 2', 'nested'];

/** Children of a node by its id; the Stream table's own entries without one. */
export function tableNodes(context: InspectContext, id?: string): NodeDto[] {
  const [kind = '', ...rest] = (id ?? 'strtab').split(':');
  if (kind === 'range') {
    const [from, to, list = '', ...place] = rest;
    const slots = LISTS[list]?.(context, place.map(Number));
    return slots === undefined
      ? []
      : slotNodes(context.index, slots, { from: Number(from), to: Number(to) });
  }
  const list = LISTS[kind]?.(context, rest.map(Number));
  return list === undefined
    ? (OPENERS[kind]?.(context, rest.map(Number)) ?? [])
    : slotNodes(context.index, list);
}

/** Nodes whose children are not just the slots of one table. */
const OPENERS: Readonly<
  Record<string, (context: InspectContext, path: readonly number[]) => NodeDto[]>
> = {
  strtab: streamTable,
  ste: openSte,
  cd: openCd,
};

/** Tables by the id of the node that opens them: each is made from the numbers of the id. */
const LISTS: Readonly<
  Record<string, (context: InspectContext, path: readonly number[]) => SlotList>
> = {
  l1stds: level1Streams,
  l1std: (context, [first = 0, pa = 0, count = 0]) => steSlots(context, { pa, first, count }),
  l1cds: level1Contexts,
  l1cd: (context, [sid = 0, first = 0, pa = 0, count = 0]) =>
    cdSlots(context, { sid, pa, first, count }),
  table: (context, [pa = 0, level = 0, granule = 0, base = 0, stage = 1]) =>
    descriptorSlots(context, 'table', { pa, level, granule, base, stage, entries: 0 }),
  start: (context, [pa = 0, level = 0, granule = 0, base = 0, stage = 1, entries = 0]) =>
    descriptorSlots(context, 'start', { pa, level, granule, base, stage, entries }),
};

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
  return tableNodes(
    context,
    twoLevel ? `l1stds:${pa}:${log2size}:${split}` : `l1std:0:${pa}:${2 ** log2size}`,
  );
}

function level1Streams(
  context: InspectContext,
  [pa = 0, log2size = 0, split = 0]: readonly number[],
): SlotList {
  return {
    id: `l1stds:${pa}:${log2size}:${split}`,
    pa,
    bytes: DESCRIPTOR_BYTES,
    count: 2 ** Math.max(0, log2size - split),
    base: 0,
    unit: 2 ** split,
    what: 'StreamIDs',
    node: (entry, at) => {
      const words = context.index.wordsAt(at, 2, LATEST);
      const span = L1STD.get(words, 'Span');
      if (span === 0) {
        return undefined;
      }
      const first = entry * 2 ** split;
      const stes = 2 ** (span - 1);
      const pointer = L1STD.get(words, 'L2Ptr');
      return structureNode(context, 'L1STD', at, {
        id: `l1std:${first}:${pointer}:${stes}`,
        title: `L1STD ${entry}`,
        text: `StreamIDs ${hex(first)} to ${hex(first + stes - 1)}`,
        state: span > split + 1 ? 'invalid' : 'ok',
        hasChildren: true,
        covers: { first, last: first + stes - 1 },
      });
    },
  };
}

/** STEs that were ever written and do not just abort. */
function steSlots(
  context: InspectContext,
  { pa, first, count }: { readonly pa: number; readonly first: number; readonly count: number },
): SlotList {
  return {
    id: `l1std:${first}:${pa}:${count}`,
    pa,
    bytes: STE_BYTES,
    count,
    base: first,
    unit: 1,
    what: 'StreamIDs',
    node: (entry, at) => steNode(context, first + entry, at),
  };
}

function steNode(context: InspectContext, sid: number, at: number): NodeDto | undefined {
  const words = context.index.wordsAt(at, STE_BYTES / 4, LATEST);
  const valid = STE.get(words, 'V') === 1;
  const config = STE.get(words, 'Config');
  if ((!valid && words.every((word) => word === 0)) || (valid && config < 4)) {
    return undefined;
  }
  return structureNode(context, 'STE', at, {
    id: `ste:${sid}:${at}`,
    title: `STE ${hex(sid)}`,
    text: valid ? configText(words) : 'not valid',
    state: valid ? 'ok' : 'invalid',
    hasChildren: valid && (config & 3) !== 0,
  });
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
  const linear = max === 0 || format === 0 || format === 3;
  return tableNodes(
    context,
    linear
      ? `l1cd:${sid}:0:${pa}:${2 ** max}`
      : `l1cds:${sid}:${pa}:${max}:${format === 1 ? 6 : 10}`,
  );
}

function level1Contexts(
  context: InspectContext,
  [sid = 0, pa = 0, max = 0, leafBits = 0]: readonly number[],
): SlotList {
  return {
    id: `l1cds:${sid}:${pa}:${max}:${leafBits}`,
    pa,
    bytes: DESCRIPTOR_BYTES,
    count: 2 ** Math.max(0, max - leafBits),
    base: 0,
    unit: 2 ** leafBits,
    what: 'SubstreamIDs',
    node: (entry, at) => {
      const words = context.index.wordsAt(at, 2, LATEST);
      if (L1CD.get(words, 'V') === 0) {
        return undefined;
      }
      const first = entry * 2 ** leafBits;
      const count = Math.min(2 ** leafBits, 2 ** max);
      return structureNode(context, 'L1CD', at, {
        id: `l1cd:${sid}:${first}:${L1CD.get(words, 'L2Ptr')}:${count}`,
        title: `L1CD ${entry}`,
        text: `SubstreamIDs ${first} to ${first + count - 1}`,
        state: 'ok',
        hasChildren: true,
        covers: { first, last: first + count - 1 },
      });
    },
  };
}

interface CdRange {
  readonly sid: number;
  readonly pa: number;
  readonly first: number;
  readonly count: number;
}

function cdSlots(context: InspectContext, { sid, pa, first, count }: CdRange): SlotList {
  return {
    id: `l1cd:${sid}:${first}:${pa}:${count}`,
    pa,
    bytes: CD_BYTES,
    count,
    base: first,
    unit: 1,
    what: 'SubstreamIDs',
    node: (entry, at) => {
      const words = context.index.wordsAt(at, CD_BYTES / 4, LATEST);
      if (words.every((word) => word === 0)) {
        return undefined;
      }
      const valid = CD.get(words, 'V') === 1;
      return structureNode(context, 'CD', at, {
        id: `cd:${sid}:${first + entry}:${at}`,
        title: `CD ${first + entry}`,
        text: valid ? `ASID ${CD.get(words, 'ASID')}` : 'not valid',
        state: valid ? 'ok' : 'invalid',
        hasChildren: valid,
      });
    },
  };
}
