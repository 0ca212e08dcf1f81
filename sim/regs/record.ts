// Typed tables of in-memory records: one literal gives get, encode, describe and the views' fields.
// Tables check themselves when they are made: overlaps, ranges past the end, codes that do not fit.

import { assert, fail } from '../base/assert.ts';
import { big, hex } from '../base/hex.ts';
import type { Field } from './field.ts';

/** The 32-bit words of a record, little-endian word order; sign does not matter. */
export type Words = ArrayLike<number>;

/** Fields by the manual's name. */
export type FieldTable = Readonly<Record<string, Field>>;

/** The type of a field's value. */
export type ValueOf<F> = F extends Field<infer T> ? T : never;

/** A field of a record as a view shows it. */
export interface FieldView {
  readonly name: string;
  readonly hi: number;
  readonly lo: number;
  readonly value: number | bigint;
  /** Value as text: hexadecimal for addresses and wide fields, decimal otherwise. */
  readonly text: string;
  /** Meaning of an enumerated value, or `reserved`. */
  readonly meaning?: string;
  /** Values that the layout defines, as text; absent for single bits and whole 64-bit words. */
  readonly legal?: string;
  readonly doc?: string;
}

/** A record layout: name, section of the manual, size in bits and its fields. */
export interface RecordTable<F extends FieldTable> {
  readonly name: string;
  readonly section: string;
  readonly bits: number;
  readonly fields: F;
  /** Value of one field; `at` is the index of the record's first word in `words`. */
  get<K extends keyof F>(words: Words, field: K, at?: number): ValueOf<F[K]>;
  /** Words of a record with the given fields, all other bits 0. */
  encode(values: { readonly [K in keyof F]?: ValueOf<F[K]> | number }): Int32Array;
  /** Writes one field in place. */
  set<K extends keyof F>(
    words: Int32Array,
    field: K,
    value: ValueOf<F[K]> | number,
    at?: number,
  ): void;
  /** Every field with its value, in bit order, RES0 fields left out. */
  describe(words: Words, at?: number): FieldView[];
  /** Name of the field that holds absolute bit `bit`, or undefined. */
  fieldAt(bit: number): (keyof F & string) | undefined;
}

/**
 * Makes a record layout.
 * @throws AssertionError when two fields overlap or one reaches past `bits`.
 */
export function record<const F extends FieldTable>(
  name: string,
  section: string,
  bits: number,
  fields: F,
): RecordTable<F> {
  checkTable(name, bits, fields);
  const ordered = Object.entries(fields).sort(([, a], [, b]) => a.lo - b.lo);
  return {
    name,
    section,
    bits,
    fields,
    get: (words, field, at = 0) =>
      readField(words, fieldNamed(name, fields, field), at) as ValueOf<F[typeof field]>,
    encode: (values) => {
      const words = new Int32Array(bits / 32);
      for (const [key, value] of Object.entries(values)) {
        const field = fieldNamed(name, fields, key);
        writeBits(words, field, rawBits(field, value as number | bigint, `${name}.${key}`), 0);
      }
      return words;
    },
    set: (words, key, value, at = 0) => {
      const field = fieldNamed(name, fields, key);
      writeBits(words, field, rawBits(field, value, `${name}.${String(key)}`), at);
    },
    describe: (words, at = 0) =>
      ordered
        .filter(([, field]) => field.kind !== 'res0')
        .map(([key, field]) => describeField(key, field, readField(words, field, at))),
    fieldAt: (bit) => ordered.find(([, field]) => bit >= field.lo && bit <= field.hi)?.[0],
  };
}

function fieldNamed<F extends FieldTable>(name: string, fields: F, field: keyof F): Field {
  return fields[field] ?? fail(`${name} has no field ${String(field)}`);
}

function checkTable(name: string, bits: number, fields: FieldTable): void {
  assert(bits % 32 === 0, `${name}: ${bits} bits is not a multiple of 32`);
  const owner = new Array<string | undefined>(bits);
  for (const [key, field] of Object.entries(fields)) {
    assert(
      field.lo <= field.hi && field.hi < bits,
      `${name}.${key} [${field.hi}:${field.lo}] past ${bits} bits`,
    );
    for (let bit = field.lo; bit <= field.hi; bit++) {
      assert(owner[bit] === undefined, `${name}.${key} and ${name}.${owner[bit]} share bit ${bit}`);
      owner[bit] = key;
    }
  }
}

/** Up to 32 bits from bit `lo`, unsigned. */
function bitsAt(words: Words, lo: number, width: number, at: number): number {
  const index = at + (lo >>> 5);
  const shift = lo & 31;
  const first = (words[index] ?? 0) >>> shift;
  const rest = shift === 0 ? 0 : (words[index + 1] ?? 0) << (32 - shift);
  const mask = width === 32 ? -1 : (1 << width) - 1;
  return ((shift + width > 32 ? first | rest : first) & mask) >>> 0;
}

function readField(words: Words, field: Field, at: number): number | bigint {
  const width = field.hi - field.lo + 1;
  const low = bitsAt(words, field.lo, Math.min(width, 32), at);
  const high = width > 32 ? bitsAt(words, field.lo + 32, width - 32, at) : 0;
  if (field.kind === 'u64') {
    return big(low, high);
  }
  const raw = high * 2 ** 32 + low;
  return field.kind === 'addr' ? raw * 2 ** (field.lo % 64) : raw;
}

/** The bits of `value` as the field holds them. */
function rawBits(field: Field, value: number | bigint, what: string): bigint {
  const scale = field.kind === 'addr' ? 2n ** BigInt(field.lo % 64) : 1n;
  const raw = BigInt(value) / scale;
  const range = `[${field.hi}:${field.lo}]`;
  assert(
    raw * scale === BigInt(value),
    `${what}: ${hex(value)} is not a multiple of ${hex(scale)}`,
  );
  assert(
    raw >= 0n && raw < 1n << BigInt(field.hi - field.lo + 1),
    `${what}: ${hex(value)} does not fit ${range}`,
  );
  return raw;
}

function writeBits(words: Int32Array, field: Field, raw: bigint, at: number): void {
  for (let bit = field.lo; bit <= field.hi; bit++) {
    const index = at + (bit >>> 5);
    const mask = 1 << (bit & 31);
    const word = words[index] ?? 0;
    words[index] = (raw >> BigInt(bit - field.lo)) & 1n ? word | mask : word & ~mask;
  }
}

function describeField(name: string, field: Field, value: number | bigint): FieldView {
  const width = field.hi - field.lo + 1;
  const wide = field.kind === 'addr' || field.kind === 'u64' || width > 8;
  const legal = legalValues(field);
  const meaning =
    field.codes === undefined ? undefined : (field.codes[Number(value)] ?? 'reserved');
  return {
    name,
    hi: field.hi,
    lo: field.lo,
    value,
    text: wide ? hex(value) : String(value),
    ...(meaning === undefined ? {} : { meaning }),
    ...(legal === undefined ? {} : { legal }),
    ...(field.doc === undefined ? {} : { doc: field.doc }),
  };
}

/** `0 abort, 4 bypass`, `0 to 63`, `multiples of 0x40`: what the bits can hold by themselves. */
function legalValues({ kind, hi, lo, codes }: Field): string | undefined {
  switch (kind) {
    case 'code':
      return Object.entries(codes ?? {})
        .map(([value, meaning]) => `${value} ${meaning}`)
        .join(', ');
    case 'uint':
      return hi === lo ? undefined : `0 to ${hex(2 ** (hi - lo + 1) - 1)}`;
    case 'addr':
      return lo % 64 === 0 ? undefined : `multiples of ${hex(2 ** (lo % 64))}`;
    case 'res0':
      return '0';
    default:
      return undefined;
  }
}
