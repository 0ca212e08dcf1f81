// How the steps of a walk are laid out: what stage 2 read on the way to a structure stands before it.

import type { FaultStepDto } from '../../sim/protocol/inspect-fault.ts';

/** Rows, each ending with the structure that its stage 2 walk led to; the last row may be such a walk alone. */
export function walkRows(steps: readonly FaultStepDto[]): readonly (readonly FaultStepDto[])[] {
  const rows: FaultStepDto[][] = [];
  let row: FaultStepDto[] = [];
  for (const step of steps) {
    row.push(step);
    if (step.stage !== 2) {
      rows.push(row);
      row = [];
    }
  }
  return row.length === 0 ? rows : [...rows, row];
}
