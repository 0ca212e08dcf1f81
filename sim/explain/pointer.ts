// The pointer that led the SMMU to a structure: what is to blame when nothing answers there, and what
// may be wrong when nobody ever wrote what stands there.

import { CD } from '../smmu/spec/cd.ts';
import { REGISTERS } from '../smmu/spec/registers.ts';
import type { Culprit, Structure } from './structure.ts';
import { blame, blameRegister } from './structure.ts';
import type { Trail } from './trail.ts';

/** Blames the pointer to `structure`, with `rule`; undefined when the trail does not show it. */
export function blamePointer(
  trail: Trail,
  structure: Structure,
  rule: string,
): Culprit | undefined {
  const { l1std, ste, l1cd } = trail;
  switch (structure.title) {
    case 'L1STD':
      return blameRegister(REGISTERS.STRTAB_BASE, 'ADDR', rule);
    case 'STE':
      return l1std === undefined
        ? blameRegister(REGISTERS.STRTAB_BASE, 'ADDR', rule)
        : blame(l1std, 'L2Ptr', rule);
    case 'L1CD':
      return ste && blame(ste, 'S1ContextPtr', rule);
    case 'CD':
      return l1cd === undefined
        ? ste && blame(ste, 'S1ContextPtr', rule)
        : blame(l1cd, 'L2Ptr', rule);
    default:
      return blameTable(trail, structure, rule);
  }
}

function blameTable(
  { ste, cd, stage1, stage2 }: Trail,
  { stage, level }: Structure,
  rule: string,
): Culprit | undefined {
  const walk = stage === 1 ? stage1 : stage2;
  const parent = walk.find((table) => table.level === level - 1);
  if (parent !== undefined) {
    return blame(parent, 'next', rule);
  }
  if (stage === 2) {
    return ste && blame(ste, 'S2TTB', rule);
  }
  return cd && blame(cd, usesHigh(stage1, cd) ? 'TTB1' : 'TTB0', rule);
}

/** True when the stage 1 walk started in TTB1's table. */
export function usesHigh(stage1: readonly Structure[], cd: Structure): boolean {
  const first = stage1[0]?.pa ?? 0;
  const base = (field: 'TTB0' | 'TTB1'): number => CD.get(cd.words, field);
  return Math.abs(first - base('TTB1')) < Math.abs(first - base('TTB0')) && base('TTB1') !== 0;
}
