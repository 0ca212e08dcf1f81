import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { big, bigHi, bigLo, hex, hex64, hi32, join, lo32 } from '../../sim/base/hex.ts';

describe('64-bit values in halves', () => {
  it('split and join without loss below 2^53', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger().map(Math.abs), (value) => {
        expect(join(lo32(value), hi32(value))).toBe(value);
      }),
    );
  });

  it('split and join any bigint of 64 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        expect(big(bigLo(value), bigHi(value))).toBe(value);
        expect(BigInt(hex64(bigLo(value), bigHi(value)))).toBe(value);
      }),
    );
  });

  it('print with the digits asked for', () => {
    expect([hex(10), hex(10, 8), hex(2n ** 63n), hex64(-1, 0)]).toEqual([
      '0xa',
      '0x0000000a',
      '0x8000000000000000',
      '0x00000000ffffffff',
    ]);
  });
});
