import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { PhysicalMemory } from '../../sim/machine/memory.ts';

const BASE = 0x4000_0000;
const SIZE = 0x80_0000;
const HIGH = 2 ** 40;

describe('physical memory', () => {
  let memory: PhysicalMemory;
  beforeEach(() => {
    memory = new PhysicalMemory([
      { base: BASE, size: SIZE },
      { base: HIGH, size: 0x20_0000 },
    ]);
  });

  it('behaves as one flat array of bytes, whatever the mix of accesses', () => {
    const flat = new Uint8Array(SIZE);
    const view = new DataView(flat.buffer);
    const offset = fc.nat(SIZE / 8 - 1).map((n) => n * 8);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(offset, fc.integer(), fc.integer(), fc.constantFrom(4, 8, 3)), {
          maxLength: 40,
        }),
        (writes) => {
          for (const [at, lo, hi, width] of writes) {
            if (width === 8) {
              memory.write64(BASE + at, lo, hi);
              view.setInt32(at, lo, true);
              view.setInt32(at + 4, hi, true);
            } else if (width === 4) {
              memory.write32(BASE + at + 4, lo);
              view.setInt32(at + 4, lo, true);
            } else {
              const bytes = Uint8Array.of(lo, hi, lo ^ hi);
              memory.writeBytes(BASE + at + 1, bytes);
              flat.set(bytes, at + 1);
            }
          }
          for (const [at] of writes) {
            expect(memory.read64(BASE + at)).toBe(true);
            expect([memory.lo, memory.hi]).toEqual([
              view.getInt32(at, true),
              view.getInt32(at + 4, true),
            ]);
            expect(memory.read32(BASE + at)).toBe(true);
            expect(memory.lo).toBe(view.getInt32(at, true));
            expect(memory.readBytes(BASE + at, 8)).toEqual(flat.slice(at, at + 8));
          }
        },
      ),
    );
  });

  it('reads zero where nothing was written, without taking host memory', () => {
    expect(memory.read64(BASE + 0x1000)).toBe(true);
    expect([memory.lo, memory.hi, memory.hostBytes]).toEqual([0, 0, 0]);
    expect(memory.fill(BASE, SIZE, 0)).toBe(true);
    expect(memory.hostBytes).toBe(0);
  });

  it('copies across chunk borders', () => {
    const border = BASE + 0x20_0000;
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i + 1);
    expect(memory.writeBytes(border - 50, bytes)).toBe(true);
    expect(memory.readBytes(border - 50, 100)).toEqual(bytes);
    expect(memory.fill(border - 2, 4, 0xee)).toBe(true);
    expect([...(memory.readBytes(border - 3, 6) ?? [])]).toEqual([48, 0xee, 0xee, 0xee, 0xee, 53]);
  });

  it('moves a part of an array, across chunk borders and out of memory never written', () => {
    const border = BASE + 0x20_0000;
    const source = Uint8Array.from({ length: 12 }, (_, i) => i + 1);
    expect(memory.writeBytes(border - 3, source, 2, 6)).toBe(true);
    const target = new Uint8Array(12).fill(0xee);
    expect(memory.readInto(border - 4, target, 3, 8)).toBe(true);
    expect([...target]).toEqual([0xee, 0xee, 0xee, 0, 3, 4, 5, 6, 7, 8, 0, 0xee]);
    expect(memory.readInto(BASE + 0x60_0000, target, 4, 2)).toBe(true);
    expect([...target.subarray(3, 7)]).toEqual([0, 0, 0, 5]);
    expect(memory.readInto(BASE + SIZE - 2, target, 0, 4)).toBe(false);
    expect(target[0]).toBe(0xee);
    expect(memory.writeBytes(HIGH + 0x10, source, 11)).toBe(true);
    expect(memory.readBytes(HIGH + 0x10, 2)).toEqual(Uint8Array.of(12, 0));
  });

  it.each([
    ['below', BASE - 8],
    ['just past the end of', BASE + SIZE],
    ['between the regions of', 0x8000_0000],
  ])('answers false %s RAM', (_, pa) => {
    expect([
      memory.read64(pa),
      memory.read32(pa),
      memory.write64(pa, 1, 1),
      memory.write32(pa, 1),
      memory.readBytes(pa, 1),
      memory.writeBytes(pa, Uint8Array.of(1)),
    ]).toEqual([false, false, false, false, undefined, false]);
  });

  it('writes nothing of a copy that runs out of RAM', () => {
    expect(memory.writeBytes(BASE + SIZE - 2, Uint8Array.of(1, 2, 3, 4))).toBe(false);
    expect([...(memory.readBytes(BASE + SIZE - 2, 2) ?? [])]).toEqual([0, 0]);
  });

  it('reaches every region, also above 4 GiB', () => {
    expect(memory.write64(HIGH + 8, 7, -1)).toBe(true);
    expect(memory.read64(HIGH + 8)).toBe(true);
    expect([memory.lo, memory.hi]).toEqual([7, -1]);
    expect(memory.contains(HIGH, 0x20_0000)).toBe(true);
    expect(memory.contains(HIGH, 0x20_0001)).toBe(false);
  });

  it('counts writes of every kind around an address, and no reads', () => {
    const before = memory.writesNear(BASE);
    memory.write64(BASE + 8, 1, 2);
    memory.write32(BASE + 8, 0);
    memory.writeBytes(BASE + 16, Uint8Array.of(1));
    memory.fill(BASE, 64);
    memory.read64(BASE);
    memory.readBytes(BASE, 64);
    expect(memory.writesNear(BASE + 0x1000) - before).toBe(4);
    const high = memory.writesNear(HIGH);
    memory.write64(HIGH, 1, 1);
    expect(memory.writesNear(HIGH) - high).toBe(1);
    expect(memory.writesNear(0)).toBe(0);
  });

  it('refuses a region that is not whole chunks, by name', () => {
    expect(() => new PhysicalMemory([{ base: BASE, size: 0x1000 }])).toThrow(
      'RAM region 0x40000000+0x1000 is not a multiple of 2 MiB',
    );
  });
});
