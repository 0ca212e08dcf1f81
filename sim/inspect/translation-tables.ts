// Translation tables as nodes of the tree: where those of a CD or an STE begin, and their descriptors.

import { hex } from '../base/hex.ts';
import type { NodeDto, NodeState } from '../protocol/inspect.ts';
import { CD } from '../smmu/spec/cd.ts';
import type { Granule } from '../smmu/spec/descriptors.ts';
import { GRANULES_TG0, GRANULES_TG1, levelShift, startLevelFor } from '../smmu/spec/descriptors.ts';
import { STE } from '../smmu/spec/ste.ts';
import type { InspectContext } from './context.ts';
import { LATEST, lastWriter } from './context.ts';
import type { SlotList } from './slot-list.ts';
import { structureNode } from './structure-node.ts';

const CD_BYTES = 64;
const DESCRIPTOR_BYTES = 8;
const ADDRESS_MASK = 0xffff_ffff_f000n;

/** The translation tables of a CD. */
export function openCd(context: InspectContext, [, , pa = 0]: readonly number[]): NodeDto[] {
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
    ...(writer === undefined ? {} : { writer }),
  };
}

/** The stage 2 table of an STE. */
export function stage2Node(context: InspectContext, ste: Int32Array): NodeDto[] {
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

/** The descriptors of one table; `kind` as in the id of its node. */
export function descriptorSlots(
  context: InspectContext,
  kind: 'table' | 'start',
  place: TablePlace,
): SlotList {
  const { pa, level, base, stage, entries } = place;
  const granule = GRANULES_TG0[place.granule];
  const size = granule === undefined ? 1 : 2 ** levelShift(granule, level);
  const more = kind === 'start' ? `:${entries}` : '';
  return {
    id: `${kind}:${pa}:${level}:${place.granule}:${base}:${stage}${more}`,
    pa,
    bytes: DESCRIPTOR_BYTES,
    count: granule === undefined ? 0 : entries || 2 ** granule.stride,
    base,
    unit: size,
    what: 'addresses',
    node: (entry, at) => {
      const { lo, hi } = context.index.wordAt(at, LATEST);
      return lo === 0 && hi === 0
        ? undefined
        : descriptorNode(context, place, entry, { at, lo, hi, size });
    },
  };
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
  const layout = table ? 'table' : stage === 2 ? 'leaf2' : 'leaf1';
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
