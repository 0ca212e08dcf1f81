// The walk of an explained fault as data to draw: the structures in the order they were read, and the
// 64-bit word that holds the guilty bits, field by field.

import { hex64 } from '../base/hex.ts';
import type { Explanation } from '../explain/explanation.ts';
import type { Culprit, Structure } from '../explain/structure.ts';
import type { FaultStepDto, FaultWalkDto, FaultWordDto } from '../protocol/inspect-fault.ts';
import { fieldDtos } from './context.ts';

const WORD_BITS = 64;

/** Undefined when nothing was read, or nothing can be told. */
export function faultWalk(explanation: Explanation): FaultWalkDto | undefined {
  const { steps, culprit } = explanation;
  if (steps.length === 0) {
    return undefined;
  }
  const word = culprit?.structure === undefined ? undefined : wordOf(culprit, culprit.structure);
  return {
    steps: steps.map((step) => stepOf(step, explanation)),
    ...(word === undefined ? {} : { word }),
  };
}

function stepOf(step: Structure, { culprit, symptom }: Explanation): FaultStepDto {
  const { title, index, pa, stage, ok } = step;
  return {
    title: index === undefined ? title : `${title} 0x${index.toString(16)}`,
    stage,
    pa: BigInt(pa),
    verdict:
      step === culprit?.structure
        ? 'guilty'
        : step === symptom?.structure
          ? 'fails'
          : ok
            ? 'ok'
            : 'no answer',
  };
}

function wordOf({ where, field, hi, lo }: Culprit, { layout, words, pa }: Structure): FaultWordDto {
  const base = Math.floor(lo / WORD_BITS) * WORD_BITS;
  const at = base / 32;
  return {
    where,
    field,
    hi,
    lo,
    base,
    pa: BigInt(pa + base / 8),
    word: hex64(words[at] ?? 0, words[at + 1] ?? 0),
    fields: fieldDtos(layout.describe(words)).filter(
      (view) => view.lo >= base && view.hi < base + WORD_BITS,
    ),
  };
}
