// Runs episodes until the wanted number of operations is done; a failure names seed, episode and step.

import {
  GEOMETRY_DEFAULT,
  GEOMETRY_INFINITE,
  GEOMETRY_NONE,
} from '../../sim/smmu/cache-geometry.ts';
import type { SmmuOptions } from '../../sim/smmu/smmu.ts';
import { TranslationEngine } from '../../sim/smmu/translate.ts';
import type { Counts } from './episode.ts';
import { Episode } from './episode.ts';

/** Operations of one machine before the next is made. */
const EPISODE = 2000;

const GEOMETRIES = [GEOMETRY_DEFAULT, GEOMETRY_NONE, GEOMETRY_INFINITE] as const;

/** The engine under test; episodes take turns with the sizes of its caches. */
function engineOf(episode: number): SmmuOptions['translator'] {
  return (state, events, stalls) =>
    new TranslationEngine(state, events, stalls, GEOMETRIES[episode % GEOMETRIES.length]);
}

/** What a run was. */
export interface FuzzReport {
  readonly seed: number;
  readonly operations: number;
  readonly episodes: number;
  readonly counts: Counts;
  /** What became of the DMA. */
  readonly outcomes: Counts;
}

/**
 * Fuzzes for `operations` operations.
 * @throws Error naming the episode's seed and the step, with the cause.
 */
export function fuzz(
  seed: number,
  operations: number,
  translatorOf: (episode: number) => SmmuOptions['translator'] = engineOf,
): FuzzReport {
  const counts: Counts = {};
  const outcomes: Counts = {};
  let episodes = 0;
  for (let done = 0; done < operations; episodes++) {
    const own = (seed + Math.imul(episodes, 0x9e37_79b1)) | 0;
    const steps = Math.min(EPISODE, operations - done);
    const episode = runEpisode(own, steps, translatorOf(episodes));
    add(counts, episode.counts);
    add(outcomes, episode.outcomes);
    done += steps;
  }
  return { seed, operations, episodes, counts, outcomes };
}

function runEpisode(seed: number, steps: number, translator: SmmuOptions['translator']): Episode {
  let step = -1;
  try {
    const episode = new Episode(seed, translator);
    for (step = 0; step < steps; step++) {
      episode.step();
    }
    return episode;
  } catch (error) {
    throw new Error(`episode seed ${seed}, step ${step}: ${String(error)}`, { cause: error });
  }
}

function add(sum: Counts, more: Counts): void {
  for (const [kind, count] of Object.entries(more)) {
    sum[kind] = (sum[kind] ?? 0) + count;
  }
}
