import { describe, expect, it } from 'vitest';
import { explainEvent } from '../../sim/explain/explanation.ts';
import { explanationLines, MAIL_COLUMNS } from '../../sim/explain/text.ts';
import { TraceIndex } from '../../sim/explain/trace-index.ts';
import { blameOf } from '../support/explained-mistake.ts';
import { CD, ENTRIES, FaultRig, STE } from '../support/fault-rig.ts';
import type { Mistake } from './faults.ts';
import { MISTAKES } from './faults.ts';

const NAMES = { file: 'accel.ts', device: () => 'accel0' };

function textOf(mistake: Mistake, names = NAMES): string[] {
  return explanationLines(blameOf(mistake), names);
}

/** The CD's TTB0 turned to memory that holds no table: it shows three structures later. */
const WRONG_POINTER: Mistake = {
  name: 'a TTB0 of the script',
  event: 'F_TRANSLATION',
  where: 'CD',
  bits: [115, 68],
  make: (rig) => rig.poke(CD + 8, [0x4250_0000n], 'phys_write'),
};

describe('the text of an explanation', () => {
  it('fits in a mail, whatever the fault', () => {
    const long = MISTAKES.flatMap((mistake) => textOf(mistake)).filter(
      (line) => line.length > MAIL_COLUMNS,
    );
    expect(long).toEqual([]);
  });

  it('fits in a mail with long names, too', () => {
    const names = { file: `${'long-'.repeat(40)}.ts`, device: () => 'd'.repeat(90) };
    const lines = [...MISTAKES.slice(0, 40), WRONG_POINTER].flatMap((mistake) =>
      textOf(mistake, names),
    );
    expect(lines.filter((line) => line.length > MAIL_COLUMNS)).toEqual([]);
  });

  it('shows where a cause comes to light', async () => {
    const text = textOf(WRONG_POINTER).join('\n');
    await expect(`${text}\n`).toMatchFileSnapshot('golden/wrong-pointer.txt');
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

  it('names the line that made the bits so, too, when a later one wrote their word again', () => {
    const mistake: Mistake = {
      name: 'AF cleared, then a software bit set',
      event: 'F_ACCESS',
      where: 'L3',
      bits: [10, 10],
      make: (rig) => {
        rig.at(51, 'clear', () => rig.set(ENTRIES[3], [10, 10], 0n));
        rig.at(52, 'note', () => rig.set(ENTRIES[3], [55, 55], 1n));
      },
    };
    expect(textOf(mistake).join('\n')).toContain(
      '  Written last by     accel.ts:52  note()\n  Bits so since       accel.ts:51  clear()\n',
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
