import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  entriesIn,
  entryOf,
  indexMask,
  isConsistent,
  isEmpty,
  isFull,
  nextIndex,
  wrapOf,
} from '../../sim/smmu/queue.ts';

const size = fc.integer({ min: 0, max: 19 });

describe('circular queue indexes (3.5.1)', () => {
  it('agree with a queue that counts for ever', () => {
    fc.assert(
      fc.property(size, fc.array(fc.boolean(), { maxLength: 200 }), (log2Size, moves) => {
        const entries = 2 ** log2Size;
        let produced = 0;
        let consumed = 0;
        let prod = 0;
        let cons = 0;
        for (const produce of moves) {
          if (produce && produced - consumed < entries) {
            produced++;
            prod = nextIndex(prod, log2Size);
          } else if (!produce && consumed < produced) {
            consumed++;
            cons = nextIndex(cons, log2Size);
          }
          expect(isEmpty(prod, cons, log2Size)).toBe(produced === consumed);
          expect(isFull(prod, cons, log2Size)).toBe(produced - consumed === entries);
          expect(entriesIn(prod, cons, log2Size)).toBe(produced - consumed);
          expect(entryOf(prod, log2Size)).toBe(produced % entries);
          expect(wrapOf(prod, log2Size)).toBe(Math.floor(produced / entries) % 2);
          expect(isConsistent(prod, cons, log2Size)).toBe(true);
        }
      }),
    );
  });

  it('are inconsistent exactly when a producer lapped its consumer', () => {
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(), (log2Size, a, b) => {
        const prod = a & indexMask(log2Size);
        const cons = b & indexMask(log2Size);
        const sameWrap = wrapOf(prod, log2Size) === wrapOf(cons, log2Size);
        const ahead = entryOf(prod, log2Size) - entryOf(cons, log2Size);
        expect(isConsistent(prod, cons, log2Size)).toBe(sameWrap ? ahead >= 0 : ahead <= 0);
      }),
    );
  });

  it('of a queue with one entry consist of the wrap flag', () => {
    expect([entryOf(1, 0), wrapOf(1, 0), nextIndex(1, 0), indexMask(0)]).toEqual([0, 1, 0, 1]);
    expect(isFull(1, 0, 0)).toBe(true);
  });
});
