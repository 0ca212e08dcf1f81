import { describe, expect, it } from 'vitest';
import type { Explanation } from '../../sim/explain/explanation.ts';
import { explainEvent } from '../../sim/explain/explanation.ts';
import { TraceIndex } from '../../sim/explain/trace-index.ts';
import { DEFAULT_RAM } from '../../sim/machine/machine.ts';
import { FaultRig } from '../support/fault-rig.ts';
import type { Mistake } from './faults.ts';
import { MISTAKES } from './faults.ts';

function explain(mistake: Mistake): Explanation {
  const rig = new FaultRig(mistake.rig);
  rig.at(50, 'mistake', () => mistake.make(rig));
  if (mistake.invalidate ?? true) {
    rig.invalidate();
  }
  const record = rig.access(mistake.access);
  if (record === undefined) {
    throw new Error('the access raised no event');
  }
  const hardware = { features: rig.rig.smmu.state.features, ram: [DEFAULT_RAM] };
  return explainEvent(new TraceIndex(rig.rig.recorder), record, hardware);
}

describe('an explained fault', () => {
  it.each(MISTAKES.map((mistake) => [mistake.name, mistake] as const))(
    'blames the right bits: %s',
    (_, mistake) => {
      const explanation = explain(mistake);
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
