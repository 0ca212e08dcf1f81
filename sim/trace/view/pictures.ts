// The timeline's picture: records counted by lane and column, and calls with their ends when it is near
// enough. From left to right stand the records in their order: virtual time stands still while code runs.

import { textOf } from '../decoded.ts';
import { streamText } from '../record-text.ts';
import {
  LANE_KERNEL,
  LANE_NAMES,
  LANE_NONE,
  LANE_SCRIPT,
  LANE_WALKS,
  LANES_BY_KIND,
} from './lanes.ts';
import type { RowFilter } from './row-filter.ts';
import { OTHER_STREAM } from './streams.ts';
import type { ChunkIndex, ViewIndex } from './view-index.ts';

/** Walks of more streams than this share the last lane. */
const MOST_WALK_LANES = 12;
/** Calls are shown with their ends up to this many records a picture. */
const MOST_FOR_SPANS = 6000;
/** Places whose virtual time is told. */
const TIMES = 9;

/** Part of a trace to draw: positions [from, to) on so many columns. */
export interface PictureRange {
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

/** A lane's title and its records per column. */
export interface LanePicture {
  readonly title: string;
  readonly lane: string;
  readonly counts: Uint32Array;
}

/** A call with its end. */
export interface SpanPicture {
  readonly id: number;
  readonly lane: string;
  readonly from: number;
  readonly to: number;
  readonly depth: number;
  readonly text: string;
}

/** Lanes that occur at all, top to bottom, counted over the range. */
export function lanePictures(
  index: ViewIndex,
  filter: RowFilter,
  { from, to, width }: PictureRange,
): LanePicture[] {
  const walks = Math.min(index.streams.length, MOST_WALK_LANES) + 1;
  const slots = LANE_NAMES.length + walks;
  const counts = Array.from({ length: slots }, () => new Uint32Array(width));
  const scale = width / Math.max(1, to - from);
  for (let at = index.chunkAt(from, 'before'); at < index.chunks.length; at++) {
    const chunk = index.chunks[at] as ChunkIndex;
    if (chunk.before >= to) {
      break;
    }
    const first = Math.max(0, Math.floor(from) - chunk.before);
    const end = Math.min(chunk.count, Math.ceil(to) - chunk.before);
    for (let slot = first; slot < end; slot++) {
      if (filter.shows(chunk, slot)) {
        const lane = chunk.lanes[slot] as number;
        const place =
          lane === LANE_WALKS
            ? LANE_NAMES.length + walkLane(chunk.streams[slot] as number, walks)
            : lane;
        const column = Math.floor((chunk.before + slot - from) * scale);
        const row = counts[place] as Uint32Array;
        row[column] = (row[column] as number) + 1;
      }
    }
  }
  return titled(index, counts, walks);
}

function walkLane(stream: number, walks: number): number {
  return stream === 0 || stream === OTHER_STREAM || stream >= walks ? walks - 1 : stream - 1;
}

function titled(index: ViewIndex, counts: readonly Uint32Array[], walks: number): LanePicture[] {
  const present = presentLanes(index);
  return LANE_NAMES.flatMap((lane, number): LanePicture[] => {
    if (number === LANE_NONE || !present.has(number)) {
      return [];
    }
    if (number !== LANE_WALKS) {
      return [{ title: lane, lane, counts: counts[number] as Uint32Array }];
    }
    return Array.from({ length: walks }, (_, at) => {
      const stream = at < walks - 1 ? index.streams[at] : undefined;
      return {
        title: stream === undefined ? 'walks, other' : `walks ${shortStream(stream)}`,
        lane,
        counts: counts[LANE_NAMES.length + at] as Uint32Array,
      };
    }).filter(({ counts: own }, at) => at < walks - 1 || own.some((count) => count > 0));
  });
}

/** `0x10/5`, or `0x10` without a SubstreamID. */
function shortStream({ sid, ssid }: { readonly sid: number; readonly ssid: number }): string {
  const text = `0x${sid.toString(16)}`;
  return ssid < 0 ? text : `${text}/${ssid}`;
}

/** Lanes of the kinds that occur; calls count for both of theirs. */
function presentLanes(index: ViewIndex): Set<number> {
  const present = new Set<number>([LANE_SCRIPT, LANE_KERNEL]);
  for (const [kind, lanes] of LANES_BY_KIND.entries()) {
    if ((index.kindCounts[kind] as number) > 0) {
      for (const lane of lanes) {
        present.add(lane);
      }
    }
  }
  return present;
}

/** Titles of all streams, for filters. */
export function streamTitles(index: ViewIndex): { number: number; title: string }[] {
  return index.streams.map(({ sid, ssid }, at) => ({
    number: at + 1,
    title: streamText(sid, ssid),
  }));
}

/** Virtual time at a few positions of the range. */
export function timesOf(
  index: ViewIndex,
  { from, to }: PictureRange,
): { at: number; time: number }[] {
  const last = Math.min(to, index.total) - 1;
  if (last < from) {
    return [];
  }
  return Array.from({ length: TIMES }, (_, step) => {
    const at = Math.min(last, Math.floor(from + ((to - from) * step) / TIMES));
    return { at, time: index.at(at).time };
  });
}

/** Calls with their ends, when the range is small enough; otherwise none. */
export function callSpans(index: ViewIndex, { from, to }: PictureRange): SpanPicture[] {
  const first = Math.floor(from);
  const last = Math.min(Math.ceil(to), index.total);
  if (last - first > MOST_FOR_SPANS || last <= first) {
    return [];
  }
  const spans = new SpanBuilder(index, first);
  for (let position = first; position < last; position++) {
    spans.take(position);
  }
  return spans.end(last);
}

interface OpenCall {
  readonly id: number;
  readonly lane: string;
  readonly from: number;
  readonly depth: number;
  readonly text: string;
}

/** Follows the calls that are open; a call ends with its return, or when something not below it comes. */
class SpanBuilder {
  readonly #index: ViewIndex;
  readonly #open: OpenCall[] = [];
  readonly #spans: SpanPicture[] = [];
  readonly #callOf = new Map<number, number>();

  constructor(index: ViewIndex, first: number) {
    this.#index = index;
    this.#enter(index.at(first).cause);
  }

  take(position: number): void {
    const record = this.#index.at(position);
    const around = this.#callAround(record.cause);
    if (record.kind === 'return') {
      if (this.#open.some(({ id }) => id === record.cause)) {
        this.#leaveTo(record.cause, position);
        this.#close(position + 1);
      }
      return;
    }
    this.#leaveTo(around, position);
    if (record.kind === 'call') {
      this.#push(record.id, position);
      this.#callOf.set(record.id, record.id);
    } else {
      this.#callOf.set(record.id, around);
    }
  }

  end(position: number): SpanPicture[] {
    while (this.#open.length > 0) {
      this.#close(position);
    }
    return this.#spans.sort((a, b) => a.from - b.from || a.depth - b.depth);
  }

  /** Opens the calls around the first record of the range. */
  #enter(cause: number): void {
    const calls: number[] = [];
    for (let record = this.#index.record(cause); record !== undefined; ) {
      if (record.kind === 'call') {
        calls.push(record.id);
      }
      record = record.cause === 0 ? undefined : this.#index.record(record.cause);
    }
    for (const id of calls.reverse()) {
      this.#push(id, this.#index.positionOf(id));
      this.#callOf.set(id, id);
    }
  }

  #push(id: number, position: number): void {
    const record = this.#index.record(id);
    if (record !== undefined) {
      const lane = record.data['line'] === 0 ? 'kernel' : 'script';
      const depth = this.#open.filter((call) => call.lane === lane).length;
      this.#open.push({ id, lane, from: position, depth, text: textOf(record, 'fn') });
    }
  }

  /** Id of the innermost call around a cause; 0 for none. */
  #callAround(cause: number): number {
    const known = this.#callOf.get(cause);
    if (known !== undefined || cause === 0) {
      return known ?? 0;
    }
    let record = this.#index.record(cause);
    while (record !== undefined && record.kind !== 'call') {
      record = record.cause === 0 ? undefined : this.#index.record(record.cause);
    }
    this.#callOf.set(cause, record?.id ?? 0);
    return record?.id ?? 0;
  }

  /** Ends the calls that are not `id` nor around it. */
  #leaveTo(id: number, position: number): void {
    if (id !== 0 && !this.#open.some((call) => call.id === id)) {
      return;
    }
    while (this.#open.length > 0 && this.#open.at(-1)?.id !== id) {
      this.#close(position);
    }
  }

  #close(position: number): void {
    const call = this.#open.pop();
    if (call !== undefined) {
      this.#spans.push({ ...call, to: position });
    }
  }
}
