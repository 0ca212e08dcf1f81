// "What would the SMMU do with this access now?": the hardware itself walks, with cold caches, over the
// memory as it stands, and every structure that it reads is shown.

import { hex } from '../base/hex.ts';
import type { Access } from '../explain/replay.ts';
import { eventWords, replay } from '../explain/replay.ts';
import { storedMemory } from '../explain/seen.ts';
import { stepLines } from '../explain/text.ts';
import { trailOf } from '../explain/trail.ts';
import { EVENT_BY_TYPE, EVENTS } from '../smmu/spec/events.ts';
import type { InspectContext } from './context.ts';
import { LATEST } from './context.ts';

const STATUS = ['passes', 'is aborted', 'ends as RAZ/WI', 'stalls'];

/** The walk of one access, as lines. */
export function walkLines({ index, hardware }: InspectContext, access: Access): string[] {
  const memory = storedMemory(index, LATEST);
  const outcome = replay(index, hardware, access, { when: LATEST, memory });
  const trail = trailOf(outcome.fetches, memory, access);
  const type = outcome.event === undefined ? 0 : eventType(outcome.event);
  const name = type === 0 ? '' : `, ${EVENT_BY_TYPE.get(type) ?? hex(type)}`;
  const end = `  the access ${STATUS[outcome.status] ?? 'ends'}${name}`;
  const to = outcome.status === 0 ? `: ${hex(outcome.pa)}` : '';
  return [...trail.all.flatMap((step) => stepLines(step)), `${end}${to}`];
}

function eventType(event: readonly bigint[]): number {
  return EVENTS.C_BAD_STE.get(eventWords(event), 'Type');
}
