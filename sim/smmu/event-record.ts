// Events as 32-byte records, laid out by the table of each event (IHI 0070 7.3).

import { assert } from '../base/assert.ts';
import { hex, hi32, lo32 } from '../base/hex.ts';
import type { Field } from '../regs/field.ts';
import type { FieldTable } from '../regs/record.ts';
import type { EventFields } from './smmu-state.ts';
import { EVENT_BY_TYPE, EVENTS } from './spec/events.ts';

type Value = (event: EventFields) => number | boolean | undefined;

/** Bits of {@link EventFields.requested}. */
export const REQUESTED_R = 1;
export const REQUESTED_W = 2;
export const REQUESTED_X = 4;
export const REQUESTED_P = 8;

/** Where the value of each small field comes from; fields without an entry stay 0. */
const VALUES: Readonly<Record<string, Value>> = {
  Type: (event) => event.type,
  SSV: (event) => event.ssid >= 0 && event.type !== EVENTS.C_BAD_SUBSTREAMID.type,
  SubstreamID: (event) => Math.max(0, event.ssid),
  StreamID: (event) => event.sid,
  Reason: (event) => event.reason,
  STAG: (event) => (event.stall === true ? event.stag : 0),
  Stall: (event) => event.stall,
  PnU: (event) => event.pnu,
  InD: (event) => event.ind === true && event.rnw === true,
  RnW: (event) => event.rnw,
  S2: (event) => event.s2,
  CLASS: (event) => event.class,
  TTRnW: (event) => event.ttrnw,
  Span: (event) => event.span,
  R: (event) => ((event.requested ?? 0) & REQUESTED_R) !== 0,
  W: (event) => ((event.requested ?? 0) & REQUESTED_W) !== 0,
  X: (event) => ((event.requested ?? 0) & REQUESTED_X) !== 0,
  P: (event) => ((event.requested ?? 0) & REQUESTED_P) !== 0,
};

/** Writes the record of `event` into the eight words of `out`. */
export function encodeEvent(event: EventFields, out: Int32Array): void {
  const name = EVENT_BY_TYPE.get(event.type);
  assert(name !== undefined, `event type ${hex(event.type)} has no record`);
  out.fill(0);
  const fields: FieldTable = EVENTS[name].fields;
  for (const key in fields) {
    const field = fields[key];
    if (field !== undefined) {
      encodeField(event, key, field, out);
    }
  }
}

function encodeField(event: EventFields, key: string, field: Field, out: Int32Array): void {
  if (key === 'InputAddr') {
    put64(out, field, event.inputLo ?? 0, event.inputHi ?? 0);
  } else if (key === 'FetchAddr') {
    put64(out, field, lo32(event.fetchAddr ?? 0), hi32(event.fetchAddr ?? 0));
  } else if (key === 'IPA') {
    const ipa = event.s2 === true ? (event.ipa ?? 0) : 0;
    put64(out, field, lo32(ipa), hi32(ipa));
  } else {
    const value = VALUES[key]?.(event);
    if (value !== undefined) {
      const width = field.hi - field.lo + 1;
      const mask = width === 32 ? -1 : (1 << width) - 1;
      const word = field.lo >>> 5;
      out[word] = (out[word] as number) | ((Number(value) & mask) << (field.lo & 31));
    }
  }
}

/** Places an address in its 64-bit word, keeping only the bits that the field has. */
function put64(out: Int32Array, field: Field, lo: number, hi: number): void {
  const word = (field.lo >>> 6) * 2;
  out[word] = (out[word] as number) | (lo & maskOf(field, word));
  out[word + 1] = (out[word + 1] as number) | (hi & maskOf(field, word + 1));
}

/** Bits of 32-bit word `word` that belong to the field. */
function maskOf(field: Field, word: number): number {
  const from = Math.max(0, field.lo - word * 32);
  const to = Math.min(31, field.hi - word * 32);
  const upTo = to === 31 ? -1 : (1 << (to + 1)) - 1;
  return upTo & ~((1 << from) - 1);
}
