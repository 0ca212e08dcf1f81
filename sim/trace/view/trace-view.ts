// Answers what the trace view of the window asks: a page of rows, a picture, a chain of causes. Each answer
// is as small as what is shown, however large the trace is.

import { hex } from '../../base/hex.ts';
import { numberOf } from '../decoded.ts';
import { TRACE_KIND_NAMES } from '../kinds.ts';
import type { TraceRecord, TraceSource } from '../reader.ts';
import { recordText } from '../record-text.ts';
import { LANE_NAMES, LANE_WALKS } from './lanes.ts';
import type { LanePicture, PictureRange, SpanPicture } from './pictures.ts';
import { callSpans, lanePictures, streamTitles, timesOf } from './pictures.ts';
import type { RowWish } from './row-filter.ts';
import { RowFilter } from './row-filter.ts';
import { ViewIndex } from './view-index.ts';

/** Rows of one answer at most. */
const MOST_ROWS = 500;
/** Columns of a picture at most. */
const MOST_COLUMNS = 8192;
/** Effects that are listed. */
const MOST_EFFECTS = 60;
/** Effects can come late (an interrupt, a leak told at the end): so many records are looked at. */
const EFFECT_REACH = 2_000_000;
/** Records that one question looks through for a text. */
const FIND_STEP = 20_000;

/** A record as a row of the list. */
export interface ViewRow {
  readonly id: number;
  /** Position among the records that the filter lets through. */
  readonly row: number;
  /** Nanoseconds of virtual time. */
  readonly time: number;
  readonly kind: string;
  /** Name of its lane; of a walk with its stream. */
  readonly lane: string;
  readonly text: string;
  /** Line of the script whose call led to it; 0: none. */
  readonly line: number;
  readonly column: number;
  readonly cause: number;
  /** Something went wrong: an event, a refused command, a failed access, a diagnostic. */
  readonly bad: boolean;
  /** Of an event: its number, for explanations. */
  readonly event?: number;
  /** Physical address that it names. */
  readonly pa?: bigint;
}

/** The view of one trace. */
export class TraceView {
  readonly #index: ViewIndex;
  readonly #file: string;
  #wish = '{}';
  #filter: RowFilter;

  /** @param file name of the script, for places */
  constructor(source: TraceSource, file: string) {
    this.#index = new ViewIndex(source);
    this.#filter = new RowFilter(this.#index, {});
    this.#file = file;
  }

  /** Takes in what came since. */
  update(): void {
    this.#index.update();
  }

  /** The trace as a whole. */
  head(wish: RowWish) {
    const index = this.#index;
    const first = index.chunks[0]?.firstId ?? 1;
    return {
      file: this.#file,
      records: index.total,
      rows: this.#rows(wish).rows,
      dropped: first - 1,
      time: index.total === 0 ? 0 : index.at(index.total - 1).time,
      streams: streamTitles(index),
      kinds: TRACE_KIND_NAMES.flatMap((name, kind) => {
        const records = index.kindCounts[kind] as number;
        return records === 0 ? [] : [{ name, records }];
      }),
    };
  }

  /** Up to `count` rows from row `from` on. */
  list(wish: RowWish, from: number, count: number): { total: number; rows: ViewRow[] } {
    const filter = this.#rows(wish);
    const positions = filter.positions(from, Math.min(count, MOST_ROWS));
    return {
      total: filter.rows,
      rows: positions.map((position, at) => this.#row(this.#index.at(position), from + at)),
    };
  }

  /** The picture of a range of positions. */
  lanes(
    wish: RowWish,
    range: PictureRange,
  ): {
    from: number;
    to: number;
    lanes: LanePicture[];
    spans: SpanPicture[];
    times: { at: number; time: number }[];
  } {
    const from = Math.max(0, Math.floor(range.from));
    const to = Math.max(from + 1, Math.ceil(range.to));
    const width = Math.min(Math.max(1, Math.floor(range.width)), MOST_COLUMNS, to - from);
    const asked = { from, to, width };
    const filter = this.#rows(wish);
    return {
      from: asked.from,
      to: asked.to,
      lanes: lanePictures(this.#index, filter, asked),
      spans: callSpans(this.#index, asked),
      times: timesOf(this.#index, asked),
    };
  }

  /** Causes of a record, outermost first, and what it caused itself. */
  chain(wish: RowWish, id: number) {
    const filter = this.#rows(wish);
    const row = (record: TraceRecord): ViewRow =>
      this.#row(record, filter.rowAt(this.#index.positionOf(record.id)));
    const record = this.#index.record(id);
    const causes: ViewRow[] = [];
    for (let cause = record?.cause ?? 0; cause !== 0; ) {
      const found = this.#index.record(cause);
      if (found === undefined) {
        break;
      }
      causes.unshift(row(found));
      cause = found.cause;
    }
    const { effects, more } = this.#effects(id);
    return {
      causes,
      ...(record === undefined ? {} : { record: row(record) }),
      effects: effects.map(row),
      more,
    };
  }

  /** The next shown record whose line holds a text, or where to go on looking. */
  find(
    wish: RowWish,
    text: string,
    from: number,
    backwards: boolean,
  ): { found?: number; next?: number } {
    const wanted = text.toLowerCase();
    const index = this.#index;
    const filter = this.#rows(wish);
    const step = backwards ? -1 : 1;
    let position = index.positionOf(from);
    for (let looked = 0; looked < FIND_STEP; looked++, position += step) {
      if (position < 0 || position >= index.total) {
        return {};
      }
      const chunk = index.chunks[index.chunkAt(position, 'before')];
      if (chunk !== undefined && filter.shows(chunk, position - chunk.before)) {
        const record = index.at(position);
        if (this.#searched(record).includes(wanted)) {
          return { found: record.id };
        }
      }
    }
    return position < 0 || position >= index.total ? {} : { next: index.at(position).id };
  }

  /** Row and position of a record. */
  place(wish: RowWish, id: number): { row: number; position: number } {
    const position = this.#index.positionOf(id);
    return { row: this.#rows(wish).rowAt(position), position };
  }

  /** Id of event `number`, from 1; 0 when there is none. */
  event(number: number): number {
    return this.#index.events[number - 1] ?? 0;
  }

  #rows(wish: RowWish): RowFilter {
    const key = JSON.stringify(wish);
    if (key !== this.#wish) {
      this.#wish = key;
      this.#filter = new RowFilter(this.#index, wish);
    }
    return this.#filter;
  }

  #effects(id: number): { effects: TraceRecord[]; more: boolean } {
    const ids = this.#index.causedBy(id, MOST_EFFECTS + 1, EFFECT_REACH);
    const effects = ids.slice(0, MOST_EFFECTS).flatMap((each) => this.#index.record(each) ?? []);
    return { effects, more: ids.length > MOST_EFFECTS };
  }

  #searched(record: TraceRecord): string {
    const place = record.kind === 'call' ? ` ${this.#file}:${numberOf(record, 'line')}` : '';
    return `${record.kind} ${recordText(record)}${place}`.toLowerCase();
  }

  #row(record: TraceRecord, row: number): ViewRow {
    const { id, kind, cause, time, data } = record;
    const call = this.#scriptCall(record);
    const event = kind === 'event' ? this.#index.events.indexOf(id) + 1 : 0;
    const { pa } = data;
    return {
      id,
      row,
      time,
      kind,
      lane: this.#laneText(id),
      text: recordText(record),
      line: call === undefined ? 0 : numberOf(call, 'line'),
      column: call === undefined ? 0 : numberOf(call, 'column'),
      cause,
      bad: isBad(record),
      ...(event === 0 ? {} : { event }),
      ...(typeof pa === 'bigint' && pa !== 0n ? { pa } : {}),
    };
  }

  #scriptCall(record: TraceRecord): TraceRecord | undefined {
    let found: TraceRecord | undefined = record;
    while (found !== undefined && !(found.kind === 'call' && numberOf(found, 'line') > 0)) {
      found = found.cause === 0 ? undefined : this.#index.record(found.cause);
    }
    return found;
  }

  #laneText(id: number): string {
    const chunk = this.#index.chunks[this.#index.chunkAt(id, 'firstId')];
    const slot = chunk === undefined ? 0 : id - chunk.firstId;
    const lane = chunk?.lanes[slot] ?? 0;
    const stream = this.#index.streams[(chunk?.streams[slot] ?? 0) - 1];
    const name = lane === LANE_NAMES.length - 1 ? 'return' : (LANE_NAMES[lane] as string);
    if (lane !== LANE_WALKS || stream === undefined) {
      return name;
    }
    return `walk ${hex(stream.sid)}${stream.ssid < 0 ? '' : `/${stream.ssid}`}`;
  }
}

function isBad(record: TraceRecord): boolean {
  switch (record.kind) {
    case 'event':
    case 'diagnostic':
      return true;
    case 'command':
      return numberOf(record, 'cerror') !== 0;
    case 'dma':
      return numberOf(record, 'status') !== 0;
    case 'fetch':
      return numberOf(record, 'ok') === 0;
    default:
      return false;
  }
}
