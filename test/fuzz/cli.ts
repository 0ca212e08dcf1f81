// `npm run fuzz -- [--ops N] [--seed N]`: the long run. Prints what it did and how fast; exit status 1 with
// the seed of the episode when something broke.

import { parseArgs } from 'node:util';
import { fuzz } from './run.ts';

const { values } = parseArgs({
  options: {
    ops: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const operations = Number(values.ops);
const seed = Number(values.seed);
if (!Number.isSafeInteger(operations) || operations <= 0 || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run fuzz -- [--ops N] [--seed N]');
  process.exit(2);
}
console.log(`seed ${seed}, ${operations} operations`);
const start = performance.now();
try {
  const { episodes, counts, outcomes } = fuzz(seed, operations);
  const seconds = (performance.now() - start) / 1000;
  console.log({ operations: counts, dma: outcomes });
  console.log(`${episodes} machines, ${seconds.toFixed(1)} s: nothing found`);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
