// What the trace view asks about a session's records, and the answers: only what is on the screen, never
// the whole trace. Positions count the records that are kept, from 0; ids are those of the trace.

import type { ViewRow } from '../trace/view/trace-view.ts';

/** Which records are meant; an absent part means all. */
export interface TraceFilter {
  /** Kinds by name. */
  readonly kinds?: readonly string[];
  /** Number of a stream, as {@link TraceHead} lists them. */
  readonly stream?: number;
}

/** A record as a row of the list. */
export type TraceRow = ViewRow;

/** What is known of the trace as a whole. */
export interface TraceHead {
  /** Name of the script. */
  readonly file: string;
  /** Position after the newest record. */
  readonly records: number;
  /** Records that the filter lets through. */
  readonly rows: number;
  /** Older records that are not kept any more. */
  readonly dropped: number;
  /** Why newer records are missing. */
  readonly problem?: string;
  /** Which groups of records were left out on purpose: `fetches were not recorded`. */
  readonly leftOut?: string;
  /** Virtual time of the newest record, nanoseconds. */
  readonly time: number;
  readonly streams: readonly { readonly number: number; readonly title: string }[];
  /** Records per kind, of the kinds that occur. */
  readonly kinds: readonly { readonly name: string; readonly records: number }[];
}

/** One lane of a picture: how many records fall into each column. */
export interface LaneCounts {
  readonly title: string;
  readonly lane: string;
  readonly counts: Uint32Array;
}

/** A call in a picture. */
export interface CallSpan {
  readonly id: number;
  readonly lane: string;
  /** Positions from and to. */
  readonly from: number;
  readonly to: number;
  /** 0 for the outermost of its lane. */
  readonly depth: number;
  readonly text: string;
}

/** A picture of positions [from, to). */
export interface TraceLanes {
  readonly from: number;
  readonly to: number;
  readonly lanes: readonly LaneCounts[];
  /** Calls with their ends; only when the picture is close enough to show them. */
  readonly spans: readonly CallSpan[];
  /** Virtual time at some positions, in order. */
  readonly times: readonly { readonly at: number; readonly time: number }[];
}

/** Causes of a record, outermost first, and what it caused itself. */
export interface TraceChain {
  readonly causes: readonly TraceRow[];
  readonly record?: TraceRow;
  readonly effects: readonly TraceRow[];
  /** There are more effects than are listed. */
  readonly more: boolean;
}

/** Questions. Rows and positions of one filter. */
export type TraceRequest =
  | { readonly kind: 'head'; readonly filter: TraceFilter }
  | {
      readonly kind: 'list';
      readonly from: number;
      readonly count: number;
      readonly filter: TraceFilter;
    }
  | {
      readonly kind: 'lanes';
      readonly from: number;
      readonly to: number;
      readonly width: number;
      readonly filter: TraceFilter;
    }
  | { readonly kind: 'chain'; readonly id: number; readonly filter: TraceFilter }
  | {
      readonly kind: 'find';
      readonly text: string;
      /** Id at which to begin. */
      readonly from: number;
      readonly backwards: boolean;
      readonly filter: TraceFilter;
    }
  | { readonly kind: 'place'; readonly id: number; readonly filter: TraceFilter }
  | { readonly kind: 'event'; readonly number: number };

/** Answers, each to the question of its kind. */
export type TraceAnswer =
  | { readonly kind: 'head'; readonly head: TraceHead }
  | { readonly kind: 'list'; readonly total: number; readonly rows: readonly TraceRow[] }
  | { readonly kind: 'lanes'; readonly picture: TraceLanes }
  | { readonly kind: 'chain'; readonly chain: TraceChain }
  /** `found`: the id; `next`: where to go on looking when this much did not find it. */
  | { readonly kind: 'find'; readonly found?: number; readonly next?: number }
  /** The nearest row at or after the record, and the record's position in the whole trace. */
  | { readonly kind: 'place'; readonly row: number; readonly position: number }
  | { readonly kind: 'event'; readonly id: number };
