// The mappings of a domain, read from its page table as it stands in memory (DDI 0487 D8.3). Neighbouring
// pages with the same attributes that one call wrote are one range. Tables that did not change since are
// not read again, so a million mappings cost their reading once.

import type { TraceIndex } from '../explain/trace-index.ts';
import { K } from '../trace/kinds.ts';
import type { DomainState } from '../trace/object-state.ts';
import { causeOf } from '../trace/reader.ts';
import { LATEST } from './context.ts';

const PAGE = 4096;
const LAST_LEVEL = 3;
const DESCRIPTOR_BYTES = 8;
/** Bars of one map. */
const MOST_BARS = 48;

/** Mapped addresses, bytes. */
export interface IovaRange {
  readonly iova: number;
  readonly size: number;
  readonly pa: number;
  /** `rwx`; `-` for what is not allowed. */
  readonly prot: string;
  /** Record that the first page's descriptor was written by. */
  readonly writer: number;
  /** Record that caused the writes: the call. */
  readonly call: number;
}

/** Ranges that stand together. */
export interface Bar {
  readonly iova: number;
  readonly size: number;
  /** Place of the first range, and how many they are. */
  readonly first: number;
  readonly ranges: number;
}

/** Everything that a page table maps. */
export interface IovaMap {
  /** By address. */
  readonly ranges: readonly IovaRange[];
  readonly bytes: number;
  readonly bars: readonly Bar[];
}

type Table = NonNullable<DomainState['table']>;

interface Place {
  readonly table: Table;
  readonly level: number;
  readonly pa: number;
  readonly bytes: number;
  readonly iova: number;
}

/** What one table maps, tables below it included, and the pages that this rests on. */
interface Content {
  readonly ranges: readonly IovaRange[];
  readonly version: number;
}

/** The maps of one session. */
export class IovaMaps {
  readonly #index: TraceIndex;
  /** Content by table, level and input address. */
  readonly #contents = new Map<string, Content>();
  /** By page: how often it was written, for pages that a table was read from. */
  readonly #versions = new Map<number, number>();
  /** Stores to any of these pages, and maps by their root as of so many. */
  #stores = 0;
  readonly #maps = new Map<number, IovaMap & { readonly stores: number }>();

  constructor(index: TraceIndex) {
    this.#index = index;
  }

  /** Sees a record: a store to a table makes what was read from it old. */
  take(kind: number, words: Int32Array, payload: number): void {
    if (kind === K.mem_write || kind === K.alloc) {
      const lo = (words[payload + 1] as number) >>> 0;
      const page = Math.floor(((words[payload + 2] as number) * 2 ** 32 + lo) / PAGE);
      const version = this.#versions.get(page);
      if (version !== undefined) {
        this.#versions.set(page, version + 1);
        this.#stores++;
      }
    }
  }

  /** What a page table maps. */
  mapOf(table: Table): IovaMap {
    const { root, level, bytes } = table;
    const known = this.#maps.get(root);
    if (known?.stores === this.#stores) {
      return known;
    }
    const { ranges } = this.#read({ table, level, pa: root, bytes, iova: 0 });
    const total = ranges.reduce((sum, { size }) => sum + size, 0);
    const map = { ranges, bytes: total, bars: barsOf(ranges, MOST_BARS), stores: this.#stores };
    this.#maps.set(root, map);
    return map;
  }

  /** A leaf table that nobody wrote since is as it was; the few above it are read each time. */
  #read(place: Place): Content {
    const { table, level, pa, iova, bytes } = place;
    const key = `${pa} ${level} ${iova} ${table.stage}`;
    const version = this.#version(pa, bytes);
    const known = this.#contents.get(key);
    if (level === LAST_LEVEL && known?.version === version) {
      return known;
    }
    const ranges: IovaRange[] = [];
    for (let at = 0; at < bytes; at += DESCRIPTOR_BYTES) {
      this.#descriptor(place, at, ranges);
    }
    const content = { ranges, version };
    if (level === LAST_LEVEL) {
      this.#contents.set(key, content);
    }
    return content;
  }

  #descriptor({ table, level, pa, iova }: Place, at: number, ranges: IovaRange[]): void {
    const { lo, hi, writer } = this.#index.wordAt(pa + at, LATEST);
    if ((lo & 1) === 0 || (level === LAST_LEVEL && (lo & 2) === 0)) {
      return;
    }
    const bits = Math.log2(table.granule);
    const span = 2 ** (bits + (bits - 3) * (LAST_LEVEL - level));
    const where = iova + (at / DESCRIPTOR_BYTES) * span;
    const target = outputAddress(lo, hi, table.granule);
    if (level < LAST_LEVEL && (lo & 2) !== 0) {
      const below = { table, level: level + 1, pa: target, bytes: table.granule, iova: where };
      for (const range of this.#read(below).ranges) {
        append(ranges, range);
      }
    } else {
      append(ranges, {
        iova: where,
        size: span,
        pa: target,
        prot: access(lo, hi, table.stage),
        writer,
        call: causeOf(this.#index.source, writer),
      });
    }
  }

  #version(pa: number, bytes: number): number {
    let sum = 0;
    for (let page = Math.floor(pa / PAGE); page * PAGE < pa + bytes; page++) {
      const version = this.#versions.get(page) ?? 0;
      this.#versions.set(page, version);
      sum += version;
    }
    return sum;
  }
}

function append(ranges: IovaRange[], next: IovaRange): void {
  const last = ranges.at(-1);
  if (
    last !== undefined &&
    last.iova + last.size === next.iova &&
    last.pa + last.size === next.pa &&
    last.prot === next.prot &&
    last.call === next.call
  ) {
    ranges[ranges.length - 1] = { ...last, size: last.size + next.size };
  } else {
    ranges.push(next);
  }
}

/** Bits 47:12, and with the 64 KiB granule bits 51:48 in descriptor bits 15:12. */
function outputAddress(lo: number, hi: number, granule: number): number {
  const low = (lo & ~(granule - 1)) >>> 0;
  const top = granule === 2 ** 16 ? ((lo >>> 12) & 0xf) * 2 ** 48 : 0;
  return top + (hi & 0xffff) * 2 ** 32 + low;
}

/** What a device may do there: stage 1 has AP[2:1], stage 2 S2AP; XN is bit 54 in both. */
function access(lo: number, hi: number, stage: number): string {
  const bits = (lo >>> 6) & 3;
  const read = stage === 1 || (bits & 1) !== 0;
  const write = stage === 1 ? (bits & 2) === 0 : (bits & 2) !== 0;
  const execute = ((hi >>> 22) & 1) === 0;
  return `${read ? 'r' : '-'}${write ? 'w' : '-'}${execute ? 'x' : '-'}`;
}

/** The ranges as at most `most` bars: neighbours first, then those with the smallest gaps put together. */
function barsOf(ranges: readonly IovaRange[], most: number): readonly Bar[] {
  const gaps: number[] = [];
  for (let at = 1; at < ranges.length; at++) {
    const gap = gapBefore(ranges, at);
    if (gap > 0) {
      gaps.push(gap);
    }
  }
  const cut = gaps.length < most ? 0 : (gaps.sort((a, b) => b - a)[most - 1] ?? 0);
  const firsts = ranges.length === 0 ? [] : [0];
  for (let at = 1; at < ranges.length && firsts.length < most; at++) {
    if (gapBefore(ranges, at) > cut) {
      firsts.push(at);
    }
  }
  return firsts.flatMap((first, order) => {
    const end = firsts[order + 1] ?? ranges.length;
    const [from, last] = [ranges[first], ranges[end - 1]];
    return from === undefined || last === undefined
      ? []
      : [{ iova: from.iova, size: last.iova + last.size - from.iova, first, ranges: end - first }];
  });
}

function gapBefore(ranges: readonly IovaRange[], at: number): number {
  const before = ranges[at - 1];
  const range = ranges[at];
  return before === undefined || range === undefined ? 0 : range.iova - before.iova - before.size;
}
