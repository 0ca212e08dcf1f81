// Hexadecimal text for people, and the 64-bit halves that it is made of.

const TWO_32 = 2 ** 32;

/** `0x`-prefixed hexadecimal of a non-negative number or bigint, padded to `digits`. */
export function hex(value: number | bigint, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

/** `0x` and 16 digits of a 64-bit value held as two 32-bit halves (any sign). */
export function hex64(lo: number, hi: number): string {
  return `0x${(hi >>> 0).toString(16).padStart(8, '0')}${(lo >>> 0).toString(16).padStart(8, '0')}`;
}

/** Low 32 bits, signed, of a number below 2^53 (split an address once, at the edge). */
export function lo32(value: number): number {
  return value | 0;
}

/** High 32 bits, signed, of a non-negative number below 2^53. */
export function hi32(value: number): number {
  return Math.floor(value / TWO_32) | 0;
}

/** The number made of two halves; exact while `hi` is below 2^21. */
export function join(lo: number, hi: number): number {
  return (hi >>> 0) * TWO_32 + (lo >>> 0);
}

/** The bigint made of two halves. */
export function big(lo: number, hi: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}

/** Low half, signed, of a bigint taken modulo 2^64. */
export function bigLo(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

/** High half, signed, of a bigint taken modulo 2^64. */
export function bigHi(value: bigint): number {
  return Number(BigInt.asIntN(32, value >> 32n));
}

/** The four bytes of a word in the other order. */
export function swapped(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** 32-bit halves, low ones first, of 64-bit words as texts that `BigInt` reads. */
export function halvesOf(texts: readonly string[]): Int32Array {
  return Int32Array.from(texts.flatMap((text) => [bigLo(BigInt(text)), bigHi(BigInt(text))]));
}
