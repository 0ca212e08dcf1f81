// Reads record lines in exactly the form that session-file.ts writes, several times faster than JSON.parse.
// Any other line is left to the general parser, which also knows what is wrong with it.

import { assert } from '../base/assert.ts';
import type { PayloadType } from './kinds.ts';
import { TRACE_KIND_NAMES, TRACE_KINDS } from './kinds.ts';
import { asciiBytes } from './line-buffer.ts';
import type { RecordHead, TraceBuilder } from './trace-builder.ts';

/** A kind's number, and its name and payload as they stand in a line. */
interface KindPlan {
  readonly number: number;
  readonly name: Uint8Array;
  readonly fields: readonly { readonly before: Uint8Array; readonly type: PayloadType }[];
}

const START = asciiBytes('{"id":');
const KIND = asciiBytes(',"kind":"');
const CAUSE = asciiBytes('","cause":');
const TIME = asciiBytes(',"time":');
const DATA = asciiBytes(',"data":{');
const END = asciiBytes('}}');
const HEX_START = asciiBytes('"0x');
const QUOTE = 34;
const MINUS = 45;
const BACKSLASH = 92;
const TWO_32 = 2 ** 32;
/** Digits that a number may have: one more could be inexact. */
const MOST_DIGITS = 15;

const PLANS: ReadonlyMap<number, KindPlan> = makePlans();

/** The line read last; `kind`, `words` and `length` are valid when {@link read} has said so. */
export class CanonicalLine implements RecordHead {
  id = 0;
  kind = 0;
  cause = 0;
  time = 0;
  readonly words = new Int32Array(8);
  length = 0;
  readonly #builder: TraceBuilder;
  #text = '';
  #at = 0;

  /** Texts of records are interned in `builder`. */
  constructor(builder: TraceBuilder) {
    this.#builder = builder;
  }

  /** Reads the line between two positions of `text`; false when it is not in the form we write. */
  read(text: string, from: number, end: number): boolean {
    this.#text = text;
    this.#at = from;
    return this.#head() && this.#literal(END) && this.#at === end;
  }

  #head(): boolean {
    if (!this.#literal(START)) {
      return false;
    }
    this.id = this.#number();
    if (!this.#literal(KIND)) {
      return false;
    }
    const plan = this.#plan();
    if (plan === undefined || !this.#literal(CAUSE)) {
      return false;
    }
    this.kind = plan.number;
    this.cause = this.#number();
    if (!this.#literal(TIME)) {
      return false;
    }
    this.time = this.#number();
    return this.id > 0 && this.cause >= 0 && this.time >= 0 && this.#payload(plan);
  }

  #plan(): KindPlan | undefined {
    const text = this.#text;
    let hash = 0;
    let at = this.#at;
    for (let unit = text.charCodeAt(at); unit > QUOTE; unit = text.charCodeAt(++at)) {
      hash = (Math.imul(hash, 31) + unit) | 0;
    }
    const plan = PLANS.get(hash);
    return plan !== undefined && this.#literal(plan.name) ? plan : undefined;
  }

  #payload(plan: KindPlan): boolean {
    if (!this.#literal(DATA)) {
      return false;
    }
    this.length = 0;
    for (const { before, type } of plan.fields) {
      if (!this.#literal(before) || !this.#value(type)) {
        return false;
      }
    }
    return true;
  }

  #value(type: PayloadType): boolean {
    if (type === 'u64') {
      return this.#u64();
    }
    if (type === 'str') {
      return this.#string();
    }
    const negative = type === 's32' && this.#text.charCodeAt(this.#at) === MINUS;
    this.#at += negative ? 1 : 0;
    const value = this.#number();
    this.words[this.length++] = negative ? -value : value;
    return type === 'u32'
      ? value >= 0 && value < TWO_32
      : value >= (negative ? 1 : 0) && value < (negative ? 0x8000_0001 : 0x8000_0000);
  }

  #literal(bytes: Uint8Array): boolean {
    const text = this.#text;
    const at = this.#at;
    for (let n = 0; n < bytes.length; n++) {
      if (text.charCodeAt(at + n) !== bytes[n]) {
        return false;
      }
    }
    this.#at = at + bytes.length;
    return true;
  }

  /** A number without sign and leading zeros, or -1. */
  #number(): number {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    let value = 0;
    for (let digit = text.charCodeAt(at) - 48; digit >= 0 && digit <= 9; ) {
      value = value * 10 + digit;
      digit = text.charCodeAt(++at) - 48;
    }
    this.#at = at;
    const digits = at - start;
    const canonical = digits === 1 || (digits <= MOST_DIGITS && text.charCodeAt(start) !== 48);
    return digits > 0 && canonical ? value : -1;
  }

  #u64(): boolean {
    if (!this.#literal(HEX_START)) {
      return false;
    }
    const text = this.#text;
    const start = this.#at;
    let at = start;
    let lo = 0;
    let hi = 0;
    for (let digit = hexDigit(text.charCodeAt(at)); digit >= 0; ) {
      hi = (hi << 4) | (lo >>> 28);
      lo = (lo << 4) | digit;
      digit = hexDigit(text.charCodeAt(++at));
    }
    this.words[this.length++] = lo;
    this.words[this.length++] = hi;
    this.#at = at + 1;
    return at > start && at - start <= 16 && text.charCodeAt(at) === QUOTE;
  }

  #string(): boolean {
    const text = this.#text;
    const start = this.#at + 1;
    if (text.charCodeAt(start - 1) !== QUOTE) {
      return false;
    }
    let at = start;
    for (let unit = text.charCodeAt(at); unit !== QUOTE; unit = text.charCodeAt(++at)) {
      if (unit === BACKSLASH || !(unit >= 32)) {
        return this.#escaped(start, at);
      }
    }
    this.#at = at + 1;
    this.words[this.length++] = this.#builder.intern(text.slice(start, at));
    return true;
  }

  /** A string with escapes from `at` on. */
  #escaped(start: number, at: number): boolean {
    const text = this.#text;
    let end = at;
    for (let unit = text.charCodeAt(end); unit !== QUOTE; unit = text.charCodeAt(++end)) {
      if (unit === BACKSLASH) {
        end++;
      } else if (!(unit >= 32)) {
        return false;
      }
    }
    this.#at = end + 1;
    try {
      const value = JSON.parse(text.slice(start - 1, end + 1)) as string;
      this.words[this.length++] = this.#builder.intern(value);
      return true;
    } catch {
      return false;
    }
  }
}

/** Value of a lower-case hexadecimal digit, or -1. */
function hexDigit(unit: number): number {
  if (unit >= 48 && unit <= 57) {
    return unit - 48;
  }
  return unit >= 97 && unit <= 102 ? unit - 87 : -1;
}

function makePlans(): Map<number, KindPlan> {
  const plans = TRACE_KIND_NAMES.map((kind, number): [number, KindPlan] => {
    const name = asciiBytes(kind);
    const hash = name.reduce((value, unit) => (Math.imul(value, 31) + unit) | 0, 0);
    const fields = Object.entries<PayloadType>(TRACE_KINDS[kind]).map(([field, type], index) => ({
      before: asciiBytes(`${index === 0 ? '' : ','}"${field}":`),
      type,
    }));
    return [hash, { number, name, fields }];
  });
  const byHash = new Map(plans);
  assert(byHash.size === plans.length, 'the names of two kinds have the same hash');
  return byHash;
}
