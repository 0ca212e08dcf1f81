// The layouts of STE and CD against a second, independently typed copy.

import { describe, expect, it } from 'vitest';
import { CD, L1CD } from '../../sim/smmu/spec/cd.ts';
import { L1STD, STE } from '../../sim/smmu/spec/ste.ts';
import { CD_BITS, STE_BITS } from '../support/translation-rig.ts';

const tables = [
  ['STE', STE, STE_BITS],
  ['CD', CD, CD_BITS],
  ['L1STD', L1STD, { Span: [4, 0], L2Ptr: [55, 6] }],
  ['L1CD', L1CD, { V: [0, 0], L2Ptr: [55, 12] }],
] as const;

describe('configuration structures', () => {
  for (const [name, table, copy] of tables) {
    it.each(Object.entries(copy))(`${name}.%s is where the manual has it`, (field, [hi, lo]) => {
      const found = (table.fields as Record<string, { hi: number; lo: number }>)[field];
      expect([found?.hi, found?.lo]).toEqual([hi, lo]);
    });

    it(`${name} accounts for every bit`, () => {
      const missing = Array.from({ length: table.bits }, (_, bit) => bit).filter(
        (bit) => table.fieldAt(bit) === undefined,
      );
      expect(missing).toEqual([]);
    });
  }
});
