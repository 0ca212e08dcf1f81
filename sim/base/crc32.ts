// CRC-32 as zip and Ethernet have it (reflected polynomial 0xedb88320), fed piece by piece; four bytes a
// step, with a table for the distance of each to the end of the step.

const TABLES: readonly [Int32Array, Int32Array, Int32Array, Int32Array] = makeTables();
const [T0, T1, T2, T3] = TABLES;

/** Checksum of nothing; what {@link crc32} starts from. */
export const CRC32_START = 0;

/** Goes on from `crc` over ASCII text; characters count by their low eight bits. Unsigned 32 bits. */
export function crc32(text: string, crc: number = CRC32_START): number {
  let value = ~crc;
  const whole = text.length & ~3;
  let at = 0;
  while (at < whole) {
    value ^=
      (text.charCodeAt(at) & 0xff) |
      ((text.charCodeAt(at + 1) & 0xff) << 8) |
      ((text.charCodeAt(at + 2) & 0xff) << 16) |
      (text.charCodeAt(at + 3) << 24);
    value = step(value);
    at += 4;
  }
  for (; at < text.length; at++) {
    value = (T0[(value ^ text.charCodeAt(at)) & 0xff] as number) ^ (value >>> 8);
  }
  return ~value >>> 0;
}

/** Goes on from `crc` over bytes. Unsigned 32 bits. */
export function crc32Bytes(bytes: Uint8Array, crc: number = CRC32_START): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = bytes.length;
  let value = ~crc;
  let at = 0;
  while (at + 4 <= length) {
    value = step(value ^ view.getInt32(at, true));
    at += 4;
  }
  for (; at < length; at++) {
    value = (T0[(value ^ (bytes[at] as number)) & 0xff] as number) ^ (value >>> 8);
  }
  return ~value >>> 0;
}

function step(value: number): number {
  return (
    (T3[value & 0xff] as number) ^
    (T2[(value >>> 8) & 0xff] as number) ^
    (T1[(value >>> 16) & 0xff] as number) ^
    (T0[value >>> 24] as number)
  );
}

function makeTables(): [Int32Array, Int32Array, Int32Array, Int32Array] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) {
      value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
    }
    return value;
  });
  const further = (table: Int32Array): Int32Array =>
    table.map((value) => (first[value & 0xff] as number) ^ (value >>> 8));
  const second = further(first);
  const third = further(second);
  return [first, second, third, further(third)];
}
