// Runs episodes until the wanted number of operations is done; a failure names seed, episode and step.

import type { SmmuOptions } from '../../sim/smmu/smmu.ts';
import type { Counts } from './episode.ts';
import { Episode } from './episode.ts';

/** Operations of one machine before the next is made. */
const EPISODE = 2000;

/** What a run was. */
export interface FuzzReport {
  readonly seed: number;
  readonly operations: number;
  readonly episodes: number;
  readonly counts: Counts;
}

/**
 * Fuzzes for `operations` operations.
 * @throws Error naming the episode's seed and the step, with the cause.
 */
export function fuzz(
  seed: number,
  operations: number,
  translator: SmmuOptions['translator'],
): FuzzReport {
  const counts: Counts = {};
  let episodes = 0;
  for (let done = 0; done < operations; episodes++) {
    const own = (seed + Math.imul(episodes, 0x9e37_79b1)) | 0;
    const steps = Math.min(EPISODE, operations - done);
    runEpisode(own, steps, translator, counts);
    done += steps;
  }
  return { seed, operations, episodes, counts };
}

function runEpisode(
  seed: number,
  steps: number,
  translator: SmmuOptions['translator'],
  counts: Counts,
): void {
  let step = -1;
  try {
    const episode = new Episode(seed, translator);
    for (step = 0; step < steps; step++) {
      episode.step();
    }
    for (const [kind, count] of Object.entries(episode.counts)) {
      counts[kind] = (counts[kind] ?? 0) + count;
    }
  } catch (error) {
    throw new Error(`episode seed ${seed}, step ${step}: ${String(error)}`, { cause: error });
  }
}
