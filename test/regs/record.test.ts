import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addr, code, flag, res0, u64, uint } from '../../sim/regs/field.ts';
import { record } from '../../sim/regs/record.ts';
import { register } from '../../sim/regs/register.ts';

const SAMPLE = record('SAMPLE', '0.0', 128, {
  V: flag(0, 'Valid.'),
  Config: code(3, 1, { 0: 'abort', 5: 'stage 1' }),
  Ptr: addr(55, 6),
  Straddle: uint(71, 60),
  Wide: u64(127, 72),
});

/** The same field read the slow way: one bigint of the whole record. */
function bitsOf(words: Int32Array, hi: number, lo: number): bigint {
  const whole = words.reduce((sum, word, i) => sum | (BigInt(word >>> 0) << BigInt(32 * i)), 0n);
  return (whole >> BigInt(lo)) & ((1n << BigInt(hi - lo + 1)) - 1n);
}

describe('a record table', () => {
  it('reads back what it encodes, in every field, whatever stands beside it', () => {
    fc.assert(
      fc.property(
        fc.record({
          v: fc.nat(1),
          config: fc.constantFrom(0, 5),
          ptr: fc.bigInt({ min: 0n, max: (1n << 50n) - 1n }),
          straddle: fc.nat(0xfff),
          wide: fc.bigInt({ min: 0n, max: (1n << 56n) - 1n }),
        }),
        ({ v, config, ptr, straddle, wide }) => {
          const words = SAMPLE.encode({
            V: v,
            Config: config,
            Ptr: Number(ptr << 6n),
            Straddle: straddle,
            Wide: wide,
          });
          expect({
            v: SAMPLE.get(words, 'V'),
            config: SAMPLE.get(words, 'Config'),
            ptr: SAMPLE.get(words, 'Ptr'),
            straddle: SAMPLE.get(words, 'Straddle'),
            wide: SAMPLE.get(words, 'Wide'),
          }).toEqual({ v, config, ptr: Number(ptr << 6n), straddle, wide });
          expect(bitsOf(words, 71, 60)).toBe(BigInt(straddle));
          expect(bitsOf(words, 55, 6)).toBe(ptr);
        },
      ),
    );
  });

  it('changes only the bits of the field it sets', () => {
    const words = new Int32Array(4).fill(-1);
    SAMPLE.set(words, 'Straddle', 0);
    expect([...words].map((word) => word >>> 0)).toEqual([
      0xffff_ffff, 0x0fff_ffff, 0xffff_ff00, 0xffff_ffff,
    ]);
  });

  it('reads a record that starts at any word of a larger buffer', () => {
    const buffer = new Int32Array(12);
    buffer.set(SAMPLE.encode({ Config: 5, Straddle: 0xabc }), 8);
    expect([SAMPLE.get(buffer, 'Config', 8), SAMPLE.get(buffer, 'Straddle', 8)]).toEqual([
      5, 0xabc,
    ]);
  });

  it('describes its fields in bit order with the meaning of codes', () => {
    const views = SAMPLE.describe(SAMPLE.encode({ V: 1, Config: 5, Ptr: 0x4190_0000 }));
    expect(views.map(({ name, text, meaning }) => [name, text, meaning])).toEqual([
      ['V', '1', undefined],
      ['Config', '5', 'stage 1'],
      ['Ptr', '0x41900000', undefined],
      ['Straddle', '0x0', undefined],
      ['Wide', '0x0', undefined],
    ]);
    expect(SAMPLE.describe(SAMPLE.encode({ Config: 3 }))[1]?.meaning).toBe('reserved');
    expect(views.map(({ name, legal }) => [name, legal])).toEqual([
      ['V', undefined],
      ['Config', '0 abort, 5 stage 1'],
      ['Ptr', 'multiples of 0x40'],
      ['Straddle', '0 to 0xfff'],
      ['Wide', undefined],
    ]);
  });

  it('names the field that holds a bit', () => {
    expect([0, 3, 55, 57, 71, 127].map((bit) => SAMPLE.fieldAt(bit))).toEqual([
      'V',
      'Config',
      'Ptr',
      undefined,
      'Straddle',
      'Wide',
    ]);
  });

  it.each([
    ['two fields that share a bit', () => record('T', '0', 32, { A: uint(3, 0), B: flag(3) })],
    ['a field past the end', () => record('T', '0', 32, { A: flag(32) })],
    ['a code that does not fit', () => code(1, 0, { 4: 'four' })],
    ['a size that is not whole words', () => record('T', '0', 33, {})],
  ])('refuses %s when the table is made', (_, make) => {
    expect(make).toThrow();
  });

  it.each([
    ['a value too wide', { Straddle: 0x1000 }, 'SAMPLE.Straddle: 0x1000 does not fit [71:60]'],
    ['a misaligned address', { Ptr: 0x41 }, 'SAMPLE.Ptr: 0x41 is not a multiple of 0x40'],
  ])('names field and value of %s', (_, values, message) => {
    expect(() => SAMPLE.encode(values)).toThrow(message);
  });
});

describe('a register table', () => {
  it('knows the bits that are not RES0', () => {
    const table = register(
      'R',
      { section: '6.3', offset: 0x80, width: 64, access: 'RW' },
      { RA: flag(62), ADDR: addr(55, 6), LOW: res0(5, 0) },
    );
    expect([table.maskLo >>> 0, table.maskHi >>> 0]).toEqual([0xffff_ffc0, 0x40ff_ffff]);
  });

  it('refuses an offset that its width does not divide', () => {
    const place = { section: '6.3', offset: 0x84, width: 64, access: 'RW' } as const;
    expect(() => register('R', place, {})).toThrow('R at 0x84 is misaligned');
  });
});
