// CRC-32 as zip and Ethernet have it (reflected polynomial 0xedb88320), fed piece by piece.

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  }
  return value;
});

/** Checksum of nothing; pass it to {@link crc32} first. */
export const CRC32_START = 0;

/** Goes on from `crc` over ASCII text; characters count by their low eight bits. Unsigned 32 bits. */
export function crc32(text: string, crc: number = CRC32_START): number {
  let value = ~crc;
  for (let at = 0; at < text.length; at++) {
    value = (TABLE[(value ^ text.charCodeAt(at)) & 0xff] as number) ^ (value >>> 8);
  }
  return ~value >>> 0;
}
