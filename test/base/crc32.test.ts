import { crc32 as zlibCrc } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32, crc32Bytes } from '../../sim/base/crc32.ts';

describe('the checksum', () => {
  it('is the one of zip, in whatever pieces the text comes', () => {
    const ascii = fc.stringMatching(/^[\x20-\x7e]{0,40}$/);
    fc.assert(
      fc.property(ascii, ascii, (a, b) => {
        const bytes = Buffer.from(a + b);
        expect(crc32(b, crc32(a))).toBe(zlibCrc(bytes));
        expect(crc32Bytes(bytes)).toBe(zlibCrc(bytes));
        expect(crc32Bytes(Buffer.from(b), crc32(a))).toBe(zlibCrc(bytes));
      }),
    );
  });

  it('takes any byte', () => {
    const bytes = Uint8Array.from({ length: 1027 }, (_, at) => at & 0xff);
    expect(crc32Bytes(bytes)).toBe(zlibCrc(bytes));
  });
});
