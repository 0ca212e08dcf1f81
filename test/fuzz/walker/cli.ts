// `node scripts/run-node.mjs test/fuzz/walker/cli.ts [--accesses N] [--seed N]`: the engine against the
// reference walker, a million random translations by default. The seed is printed; exit 1 on the first
// disagreement.

import { runDuel } from '../../support/walker-duel.ts';

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? otherwise : Number(process.argv[at + 1]);
  if (!Number.isSafeInteger(value) || value < 0) {
    console.error(`--${name} wants a number`);
    process.exit(2);
  }
  return value;
}

const accesses = option('accesses', 1_000_000);
const seed = option('seed', Date.now() % 2 ** 31);
console.log(`seed ${seed}, ${accesses} translations`);
const result = runDuel(seed, accesses);
for (const [ending, times] of [...result.endings].sort(([a], [b]) => a.localeCompare(b))) {
  console.log(`  ${ending.padEnd(14)} ${times}`);
}
if (result.disagreement === undefined) {
  console.log(`${result.accesses} translations agree`);
} else {
  console.log(`disagreement after ${result.accesses}: ${result.disagreement}`);
  process.exitCode = 1;
}
