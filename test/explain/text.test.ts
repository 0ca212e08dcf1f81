import { describe, expect, it } from 'vitest';
import { explainEvent } from '../../sim/explain/explanation.ts';
import { explanationLines, MAIL_COLUMNS } from '../../sim/explain/text.ts';
import { TraceIndex } from '../../sim/explain/trace-index.ts';
import { DEFAULT_RAM } from '../../sim/machine/machine.ts';
import { FaultRig, STE } from '../support/fault-rig.ts';
import type { Mistake } from './faults.ts';
import { MISTAKES } from './faults.ts';

const NAMES = { file: 'accel.ts', device: () => 'accel0' };

function textOf(mistake: Mistake): string[] {
  const rig = new FaultRig(mistake.rig);
  rig.at(50, 'mistake', () => mistake.make(rig));
  if (mistake.invalidate ?? true) {
    rig.invalidate();
  }
  const record = rig.access(mistake.access) ?? 0;
  const hardware = { features: rig.rig.smmu.state.features, ram: [DEFAULT_RAM] };
  return explanationLines(explainEvent(new TraceIndex(rig.rig.recorder), record, hardware), NAMES);
}

describe('the text of an explanation', () => {
  it('fits in a mail, whatever the fault', () => {
    const long = MISTAKES.flatMap(textOf).filter((line) => line.length > MAIL_COLUMNS);
    expect(long).toEqual([]);
  });

  it.each([
    ['translation.txt', 'L3 invalid'],
    ['nested.txt', 'stage 2 leaf of the level 2 table unmapped'],
    ['permission.txt', 'a write below a read-only table'],
    ['stale-cd.txt', 'a CD repaired without invalidation'],
    ['streamid.txt', 'a StreamID beyond LOG2SIZE'],
    ['never-mapped.txt', 'an address never mapped'],
  ])('reads as in golden/%s', async (file, name) => {
    const mistake = MISTAKES.find((candidate) => candidate.name === name);
    const text = mistake === undefined ? '' : textOf(mistake).join('\n');
    await expect(`${text}\n`).toMatchFileSnapshot(`golden/${file}`);
  });

  it('asks about the pointer when nobody ever wrote what it leads to', () => {
    const mistake: Mistake = {
      name: 'a CD table pointer one bit off',
      event: 'C_BAD_CD',
      where: 'CD',
      bits: [31, 31],
      make: (rig) => rig.set(STE, [25, 25], 1n),
    };
    expect(textOf(mistake).join('\n')).toContain(
      'Nobody ever wrote there: is STE.S1ContextPtr right (written at\n  accel.ts:50)?',
    );
  });

  it('says that it cannot tell when the trace lacks what the SMMU read', () => {
    const rig = new FaultRig();
    const record = rig.access({ address: 0x1234_5000n }) ?? 0;
    const index = new TraceIndex(rig.rig.recorder);
    const hardware = {
      features: rig.rig.smmu.state.features,
      ram: [{ base: 0x8000_0000, size: 0x20_0000 }],
    };
    const explanation = explainEvent(index, record, hardware);
    expect([explanation.culprit, explanation.steps]).toEqual([undefined, []]);
    expect(explanationLines(explanation, NAMES).join('\n')).toContain(
      'Unknown: the trace does not tell',
    );
  });
});
