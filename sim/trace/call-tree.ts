// Calls and where they end. A call that returns a value has a `return` record; one that returns nothing,
// or an object, or throws, has none: it ends when something comes that is not below it.

import { numberOf, textOf } from './decoded.ts';
import type { TraceRecord } from './reader.ts';

/** A call that has ended. */
export interface EndedCall {
  readonly call: TraceRecord;
  /** Its `return` record, when it has one. */
  readonly ret?: TraceRecord;
}

/** What a pass over all records tells of the calls. */
export interface CallFacts {
  /** Ids of calls that have a `return` record. */
  readonly returned: ReadonlySet<number>;
  /** Ids of calls that end after a call of their track that began before them: they do not nest. */
  readonly overlapping: ReadonlySet<number>;
}

/** Track of a call: 0 the script's, 1 the kernel's own. */
export function trackOf(call: TraceRecord): 0 | 1 {
  return numberOf(call, 'line') > 0 ? 0 : 1;
}

/** Collects {@link CallFacts}; the first of two passes. */
export function scanCalls(records: Iterable<TraceRecord>): CallFacts {
  const returned = new Set<number>();
  const stacks: [number[], number[]] = [[], []];
  const tracks = new Map<number, 0 | 1>();
  const late = new Set<number>();
  for (const record of records) {
    if (record.kind === 'call') {
      const track = trackOf(record);
      stacks[track].push(record.id);
      tracks.set(record.id, track);
    } else if (record.kind === 'return' && tracks.has(record.cause)) {
      const stack = stacks[tracks.get(record.cause) ?? 0];
      returned.add(record.cause);
      tracks.delete(record.cause);
      const at = stack.lastIndexOf(record.cause);
      for (const inner of at < 0 ? [] : stack.splice(at)) {
        if (inner !== record.cause) {
          late.add(inner);
        }
      }
    }
  }
  return { returned, overlapping: new Set([...late].filter((id) => returned.has(id))) };
}

/** Follows the calls that are open; give it every record, in the second pass. */
export class CallTracker {
  readonly #facts: CallFacts;
  /** Open calls, outermost first; those of both tracks. */
  readonly #open: TraceRecord[] = [];
  /** By record id: id of the innermost call around it. Records without one are not kept. */
  readonly #callOf = new Map<number, number>();

  constructor(facts: CallFacts) {
    this.#facts = facts;
  }

  /** Calls that have ended before this record, or with it, innermost first. */
  take(record: TraceRecord): EndedCall[] {
    if (record.kind === 'return') {
      return this.#return(record);
    }
    const around = this.#callOf.get(record.cause) ?? 0;
    const ended = this.#leave(around, record);
    if (this.#open.length === 0) {
      this.#callOf.clear();
    }
    if (record.kind === 'call') {
      this.#open.push(record);
      this.#callOf.set(record.id, record.id);
    } else if (around !== 0) {
      this.#callOf.set(record.id, around);
    }
    return ended;
  }

  /** Calls that are still open, innermost first: the session ended inside them, or they return nothing. */
  end(): EndedCall[] {
    return this.#open
      .splice(0)
      .reverse()
      .map((call) => ({ call }));
  }

  #return(record: TraceRecord): EndedCall[] {
    const at = this.#open.findLastIndex(({ id }) => id === record.cause);
    if (at < 0) {
      return [];
    }
    const inner = this.#over(at);
    const [call] = this.#open.splice(at, 1);
    const own = call === undefined ? [] : [{ call, ret: record }];
    return [...inner, ...own];
  }

  /** Ends the calls without a `return` that are not around `record`, which lies below call `around`. */
  #leave(around: number, record: TraceRecord): EndedCall[] {
    const outermost = around === 0 && record.kind === 'call' && trackOf(record) === 0;
    const at = this.#open.findLastIndex(({ id }) => id === around);
    if (at < 0 && !outermost) {
      return [];
    }
    return this.#over(at);
  }

  /**
   * Ends the calls above position `at` that have no `return`, innermost first; but not those around
   * a call of their track that has one still to come.
   */
  #over(at: number): EndedCall[] {
    const ended: EndedCall[] = [];
    const blocked = [false, false];
    for (let place = this.#open.length - 1; place > at; place--) {
      const call = this.#open[place] as TraceRecord;
      const track = trackOf(call);
      if (this.#facts.returned.has(call.id)) {
        blocked[track] ||= !this.#facts.overlapping.has(call.id);
      } else if (blocked[track] === false) {
        this.#open.splice(place, 1);
        ended.push({ call });
      }
    }
    return ended;
  }
}

/** Arguments of a call as shown, split at the commas that stand outside brackets and quotes. */
export function splitArguments(call: TraceRecord): readonly string[] {
  const text = textOf(call, 'args');
  const parts: string[] = [];
  let depth = 0;
  let quote = '';
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text[at] as string;
    if (quote !== '') {
      if (unit === '\\') {
        at++;
      } else if (unit === quote) {
        quote = '';
      }
    } else if (unit === '"' || unit === "'") {
      quote = unit;
    } else if ('([{'.includes(unit)) {
      depth++;
    } else if (')]}'.includes(unit)) {
      depth--;
    } else if (unit === ',' && depth === 0) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  const last = text.slice(from).trim();
  return last === '' && parts.length === 0 ? [] : [...parts, last];
}

const SIZES: Readonly<Record<string, bigint>> = { K: 1n << 10n, M: 1n << 20n, G: 1n << 30n };

/** A number as calls show it: decimal or hexadecimal, with or without `n`, or SZ_4K and its kind. */
export function shownNumber(text: string | undefined): bigint | undefined {
  const size = /^SZ_(\d+)([KMG])$/.exec(text ?? '');
  if (size !== null) {
    return BigInt(size[1] ?? 0) * (SIZES[size[2] ?? ''] ?? 1n);
  }
  return /^(0x[0-9a-fA-F]+|\d+)n?$/.test(text ?? '')
    ? BigInt((text ?? '').replace('n', ''))
    : undefined;
}
