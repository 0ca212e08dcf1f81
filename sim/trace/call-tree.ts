// Calls and their returns, matched: where each call ended and with what. A call that never returned
// (the session ended inside it) has no end.

import { textOf } from './decoded.ts';
import type { TraceRecord } from './reader.ts';

/** A call with its return. */
export interface MatchedCall {
  readonly call: TraceRecord;
  readonly ret: TraceRecord;
}

/** Matches returns with their calls in one pass: give it every record. */
export class CallMatcher {
  readonly #open = new Map<number, TraceRecord>();

  /** The call that this record ends, when it is a return. */
  take(record: TraceRecord): MatchedCall | undefined {
    if (record.kind === 'call') {
      this.#open.set(record.id, record);
      return undefined;
    }
    const call = record.kind === 'return' ? this.#open.get(record.cause) : undefined;
    if (call === undefined) {
      return undefined;
    }
    this.#open.delete(call.id);
    return { call, ret: record };
  }

  /** Calls that have not returned, oldest first. */
  get open(): readonly TraceRecord[] {
    return [...this.#open.values()];
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
