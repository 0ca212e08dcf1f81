// The walk of a fault, drawn: a row for each structure of the access with the stage 2 walks that led to it,
// and below the guilty word, bit by bit.

import type { CSSProperties, ReactElement } from 'react';
import type { FaultStepDto, FaultWalkDto, FaultWordDto } from '../../sim/protocol/inspect-fault.ts';
import { classes } from '../base/dom.ts';
import { useWorkbench } from '../workbench/context.ts';
import { showMemory } from './actions.ts';
import { walkRows } from './fault-walk-rows.ts';
import { groupedHex } from './memory-view.ts';

/** Signs beside the colours. */
const SIGNS: Readonly<Record<FaultStepDto['verdict'], string>> = {
  ok: '✓',
  guilty: '✘',
  fails: '!',
  'no answer': '?',
};
/** Bits below which a field of the strip has no room for its name. */
const NAMED_BITS = 6;
const WORD_BITS = 64;

/** The steps of a walk, and the word that is to blame. */
export function FaultWalk({ walk }: { readonly walk: FaultWalkDto }): ReactElement {
  return (
    <div className="fault-walk">
      <ol aria-label="Walk">
        {walkRows(walk.steps).map((row, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity
          <li key={at}>
            {row.map((step, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: steps have no other identity
              <Step key={index} step={step} />
            ))}
          </li>
        ))}
      </ol>
      {walk.word !== undefined && <Word word={walk.word} />}
    </div>
  );
}

function Step({ step }: { readonly step: FaultStepDto }): ReactElement {
  const workbench = useWorkbench();
  const { title, pa, verdict, stage } = step;
  return (
    <button
      type="button"
      className={classes('fault-step', `is-${verdict.replace(' ', '-')}`, stage === 2 && 'is-s2')}
      title={`${title} at ${groupedHex(pa)}: ${verdict}. Show this memory`}
      onClick={() => showMemory(workbench, pa)}
    >
      <span aria-hidden="true">{SIGNS[verdict]}</span> {title}
      <span className="visually-hidden">: {verdict}</span>
    </button>
  );
}

function Word({ word }: { readonly word: FaultWordDto }): ReactElement {
  const { where, field, hi, lo, base, fields } = word;
  const guilty = fields.find(({ name }) => name === field);
  const bits = hi === lo ? `[${hi}]` : `[${hi}:${lo}]`;
  const meaning = guilty?.meaning === undefined ? '' : ` (${guilty.meaning})`;
  const said = `${where}.${field} ${bits}: ${field} = ${guilty?.text ?? '?'}${meaning}`;
  return (
    <figure className="fault-word">
      <div className="fault-strip" aria-hidden="true">
        {fields.map((part) => (
          <span
            key={part.name}
            className={classes('fault-field', part.name === field && 'is-guilty')}
            style={placeOf(part.lo - base, part.hi - base)}
            title={`${part.name} [${part.hi}:${part.lo}] = ${part.text}`}
          >
            {part.hi - part.lo + 1 >= NAMED_BITS ? part.name : ''}
          </span>
        ))}
      </div>
      <div className="fault-pointer" aria-hidden="true">
        <span style={placeOf(lo - base, hi - base)} />
      </div>
      <figcaption>{said}</figcaption>
    </figure>
  );
}

/** Where bits of the word are in the strip, whose left end is bit 63. */
function placeOf(lo: number, hi: number): CSSProperties {
  const percent = 100 / WORD_BITS;
  return { left: `${(WORD_BITS - 1 - hi) * percent}%`, width: `${(hi - lo + 1) * percent}%` };
}
