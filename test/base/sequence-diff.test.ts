import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editRuns } from '../../sim/base/sequence-diff.ts';

function runsOf(a: string, b: string): string {
  return editRuns(a.length, b.length, (at, bt) => a[at] === b[bt])
    .map((run) => {
      const [left, right] = [a.slice(run.a, run.aEnd), b.slice(run.b, run.bEnd)];
      return run.same ? left : `[-${left}+${right}]`;
    })
    .join('');
}

/** Length of the longest common subsequence, the slow way. */
function common(a: string, b: string): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const unit of a) {
    const next = [0];
    for (let at = 0; at < b.length; at++) {
      next.push(unit === b[at] ? (row[at] ?? 0) + 1 : Math.max(next[at] ?? 0, row[at + 1] ?? 0));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

describe('the edit between two sequences', () => {
  it.each([
    ['', '', ''],
    ['abc', 'abc', 'abc'],
    ['', 'ab', '[-+ab]'],
    ['ab', '', '[-ab+]'],
    ['abcd', 'abxd', 'ab[-c+x]d'],
    ['abd', 'abcd', 'ab[-+c]d'],
    ['xay', 'bac', '[-x+b]a[-y+c]'],
  ])('of %j and %j is %j', (a, b, expected) => {
    expect(runsOf(a, b)).toBe(expected);
  });

  it('covers both whole, alternates, and is as short as can be', () => {
    const text = fc.stringMatching(/^[abc]{0,14}$/);
    fc.assert(
      fc.property(text, text, (a, b) => {
        const runs = editRuns(a.length, b.length, (at, bt) => a[at] === b[bt]);
        let [aAt, bAt, same] = [0, 0, 0];
        for (const [index, run] of runs.entries()) {
          expect([run.a, run.b]).toEqual([aAt, bAt]);
          expect(run.aEnd - run.a + run.bEnd - run.b).toBeGreaterThan(0);
          expect(runs[index + 1]?.same).not.toBe(run.same);
          if (run.same) {
            expect(a.slice(run.a, run.aEnd)).toBe(b.slice(run.b, run.bEnd));
            same += run.aEnd - run.a;
          }
          [aAt, bAt] = [run.aEnd, run.bEnd];
        }
        expect([aAt, bAt]).toEqual([a.length, b.length]);
        expect(same).toBe(common(a, b));
      }),
      { numRuns: 500 },
    );
  });

  it('gives up on the middle when nothing matches, in bounded time', () => {
    const runs = editRuns(50_000, 50_000, (a, b) => a === b && (a < 10 || a >= 49_990));
    expect(runs).toEqual([
      { same: true, a: 0, aEnd: 10, b: 0, bEnd: 10 },
      { same: false, a: 10, aEnd: 49_990, b: 10, bEnd: 49_990 },
      { same: true, a: 49_990, aEnd: 50_000, b: 49_990, bEnd: 50_000 },
    ]);
  });
});
