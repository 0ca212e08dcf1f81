import { describe, expect, it } from 'vitest';
import { idleTranslator } from '../support/smmu-rig.ts';
import { Random } from './random.ts';
import { fuzz } from './run.ts';

describe('the fuzzer', () => {
  it('finds nothing in a short run', () => {
    const { counts, operations } = fuzz(1, 20_000, idleTranslator());
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(operations);
    expect(counts['dma']).toBeGreaterThan(5000);
  });

  it('does the same with the same seed', () => {
    expect(fuzz(7, 3000, idleTranslator())).toEqual(fuzz(7, 3000, idleTranslator()));
    const one = new Random(3);
    const two = new Random(3);
    expect(Array.from({ length: 9 }, () => one.word())).toEqual(
      Array.from({ length: 9 }, () => two.word()),
    );
  });

  it('names the seed and the step of what it finds', () => {
    const broken = () => ({
      ...idleTranslator()(undefined as never, undefined as never, undefined as never),
      translate: () => 9,
    });
    expect(() => fuzz(1, 5000, broken)).toThrow(/episode seed 1, step \d+: Broken: translate/);
  });
});
