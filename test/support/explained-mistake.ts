// A mistake of the golden set, made on a rig of its own and explained.

import type { Explanation } from '../../sim/explain/explanation.ts';
import { explainEvent } from '../../sim/explain/explanation.ts';
import { TraceIndex } from '../../sim/explain/trace-index.ts';
import { DEFAULT_RAM } from '../../sim/machine/machine.ts';
import type { Mistake } from '../explain/faults.ts';
import { FaultRig } from './fault-rig.ts';

/** Makes the mistake at line 50, accesses at line 99, and explains the event. */
export function blameOf(mistake: Mistake): Explanation {
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
