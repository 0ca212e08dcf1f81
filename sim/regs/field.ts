// Fields of registers and records, at the manual's own absolute [hi:lo] bit numbers.
// Values: number up to 32 bits and for addresses (kept in place), bigint for full 64-bit fields.

import { assert } from '../base/assert.ts';

/** How a field's bits become a value. */
export type FieldKind = 'flag' | 'uint' | 'code' | 'addr' | 'u64' | 'res0';

/** One field: bit range, kind, and what a person is told about it. */
export interface Field<T extends number | bigint = number | bigint> {
  readonly kind: FieldKind;
  readonly hi: number;
  readonly lo: number;
  /** Meaning of each defined value of a `code` field. */
  readonly codes?: Readonly<Record<number, string>>;
  /** One sentence for hovers and inspectors. */
  readonly doc?: string;
  /** Carries the type of the value; never set. */
  readonly type?: T;
}

/** A single bit, 0 or 1. */
export function flag(bit: number, doc?: string): Field<0 | 1> {
  return withDoc({ kind: 'flag', hi: bit, lo: bit }, doc);
}

/** An unsigned number of at most 32 bits. */
export function uint(hi: number, lo: number, doc?: string): Field<number> {
  assert(hi - lo < 32, `uint [${hi}:${lo}] is wider than 32 bits`);
  return withDoc({ kind: 'uint', hi, lo }, doc);
}

/** An enumerated field; values without an entry are reserved. */
export function code<const C extends Readonly<Record<number, string>>>(
  hi: number,
  lo: number,
  codes: C,
  doc?: string,
): Field<number> {
  for (const key of Object.keys(codes)) {
    assert(Number(key) < 2 ** (hi - lo + 1), `code ${key} does not fit [${hi}:${lo}]`);
  }
  return withDoc({ kind: 'code', hi, lo, codes }, doc);
}

/**
 * An address field: the value keeps the bits in place within its 64-bit word, so it is an address in
 * bytes. Exact as a number: at most 53 significant bits.
 */
export function addr(hi: number, lo: number, doc?: string): Field<number> {
  assert(hi - lo < 53, `addr [${hi}:${lo}] does not fit a number`);
  return withDoc({ kind: 'addr', hi, lo }, doc);
}

/** A field of up to 64 bits shown or handed out whole, as a bigint. */
export function u64(hi: number, lo: number, doc?: string): Field<bigint> {
  assert(hi - lo < 64, `u64 [${hi}:${lo}] is wider than 64 bits`);
  return withDoc({ kind: 'u64', hi, lo }, doc);
}

/** Bits the manual says are RES0; named so that every bit of a record is accounted for. */
export function res0(hi: number, lo: number): Field<number> {
  return { kind: 'res0', hi, lo };
}

function withDoc<T extends number | bigint>(field: Field<T>, doc: string | undefined): Field<T> {
  return doc === undefined ? field : { ...field, doc };
}
