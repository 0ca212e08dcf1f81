import { describe, expect, it } from 'vitest';
import { blameOf } from '../support/explained-mistake.ts';
import { MISTAKES } from './faults.ts';

describe('an explained fault', () => {
  it.each(MISTAKES.map((mistake) => [mistake.name, mistake] as const))(
    'blames the right bits: %s',
    (_, mistake) => {
      const explanation = blameOf(mistake);
      expect(explanation.unknown).toBeUndefined();
      const { culprit } = explanation;
      expect({
        event: explanation.name,
        where: culprit?.where,
        bits: [culprit?.hi, culprit?.lo],
        by: explanation.writtenBy?.line ?? -1,
        accessed: explanation.accessedBy?.line,
      }).toEqual({
        event: mistake.event,
        where: mistake.where,
        bits: mistake.bits,
        by: mistake.by ?? 50,
        accessed: 99,
      });
    },
  );

  it('covers at least 120 mistakes, and every event that a device access can raise', () => {
    expect(MISTAKES.length).toBeGreaterThanOrEqual(120);
  });
});
