import { describe, expect, it } from 'vitest';
import { idleTranslator } from '../support/smmu-rig.ts';
import { Random } from './random.ts';
import { fuzz } from './run.ts';

describe('the fuzzer', () => {
  it('finds nothing in a short run, and gets as far as walks, faults and stalls', () => {
    const { counts, outcomes, operations } = fuzz(1, 60_000);
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(operations);
    for (const outcome of ['ok', 'abort event 0x10', 'stalled event 0x10', 'abort event 0xa']) {
      expect([outcome, (outcomes[outcome] ?? 0) > 20]).toEqual([outcome, true]);
    }
  });

  it('does the same with the same seed', () => {
    expect(fuzz(7, 3000)).toEqual(fuzz(7, 3000));
    const one = new Random(3);
    const two = new Random(3);
    expect(Array.from({ length: 9 }, () => one.word())).toEqual(
      Array.from({ length: 9 }, () => two.word()),
    );
  });

  it('names the seed and the step of what it finds', () => {
    const broken: ReturnType<typeof idleTranslator> = (state, events, stalls) => ({
      ...idleTranslator()(state, events, stalls),
      translate: () => 9,
    });
    expect(() => fuzz(1, 5000, () => broken)).toThrow(
      /episode seed 1, step \d+: Broken: translate returned 9/,
    );
  });
});
