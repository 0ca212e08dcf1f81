// The slots of one table as nodes. A table with many is opened a stretch at a time, [0..1023], then
// [0..63], so that a million PASIDs cost no more to look at than a few.

import { hex } from '../base/hex.ts';
import type { TraceIndex } from '../explain/trace-index.ts';
import { grouped } from '../explain/words.ts';
import type { NodeDto } from '../protocol/inspect.ts';
import { LATEST } from './context.ts';

/** Slots that are looked at one by one; more are opened by stretches of so many. */
const STRETCH = 1024;
/** Nodes that are shown one by one; more are opened by stretches of {@link FEW}. */
const PLAIN = 128;
const FEW = 64;

/** A table: slots of one size next to each other. */
export interface SlotList {
  /** Id of the node that opens all of it. */
  readonly id: string;
  /** Where it begins, and the size of a slot; bytes. */
  readonly pa: number;
  readonly bytes: number;
  readonly count: number;
  /** StreamID, SubstreamID or address that slot 0 is for, and how many a slot is for. */
  readonly base: number;
  readonly unit: number;
  /** `StreamIDs`, `SubstreamIDs`, `addresses`. */
  readonly what: string;
  /** Node of a slot at an address; undefined when there is nothing in it. */
  readonly node: (entry: number, at: number) => NodeDto | undefined;
}

/** Slots [from, to). */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What is in a table, or in a stretch of it. */
export function slotNodes(
  index: TraceIndex,
  list: SlotList,
  { from, to }: Stretch = { from: 0, to: list.count },
): NodeDto[] {
  const { pa, bytes } = list;
  if (!(from >= 0 && to > from && to <= list.count)) {
    return [];
  }
  if (to - from > STRETCH) {
    const size = Math.max(STRETCH, 2 ** Math.ceil(Math.log2((to - from) / STRETCH)));
    return stretches({ from, to }, size)
      .filter((one) => index.wroteIn(pa + one.from * bytes, (one.to - one.from) * bytes))
      .map((one) => rangeNode(list, one));
  }
  const filled: { readonly entry: number; readonly node: NodeDto }[] = [];
  for (let entry = from; entry < to; entry++) {
    const at = pa + entry * bytes;
    const node = index.wordAt(at, LATEST).writer === 0 ? undefined : list.node(entry, at);
    if (node !== undefined) {
      filled.push({ entry, node });
    }
  }
  if (to - from > FEW && filled.length > PLAIN) {
    return stretches({ from, to }, FEW)
      .filter((one) => filled.some(({ entry }) => entry >= one.from && entry < one.to))
      .map((one) => rangeNode(list, one));
  }
  return filled.map(({ node }) => node);
}

function stretches({ from, to }: Stretch, size: number): Stretch[] {
  return Array.from({ length: Math.ceil((to - from) / size) }, (_, at) => ({
    from: from + at * size,
    to: Math.min(to, from + (at + 1) * size),
  }));
}

function rangeNode({ id, pa, bytes, base, unit, what }: SlotList, { from, to }: Stretch): NodeDto {
  const covers = { first: base + from * unit, last: base + to * unit - 1 };
  const text =
    what === 'addresses'
      ? `${grouped(covers.first)} to ${grouped(covers.last)}`
      : what === 'StreamIDs'
        ? `${what} ${hex(covers.first)} to ${hex(covers.last)}`
        : `${what} ${covers.first} to ${covers.last}`;
  return {
    id: `range:${from}:${to}:${id}`,
    title: `[${from}..${to - 1}]`,
    text,
    state: 'ok',
    hasChildren: true,
    covers,
    pa: BigInt(pa + from * bytes),
    words: [],
  };
}
