// `npm run conformance -- FILE.jsonl.gz... [--verbose]`: replays recorded vectors and says, for each
// category, how many cases agree; exit 1 if any does not.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Replayer, Verdict } from './replayer.ts';
import { loadReplayers } from './replayers.ts';

interface Tally {
  agreed: number;
  total: number;
  apart: number;
}

function usage(message: string): never {
  console.error(`${message}\nusage: npm run conformance -- FILE.jsonl.gz... [--verbose]`);
  process.exit(2);
}

function linesOf(file: string): Readonly<Record<string, unknown>>[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return usage(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Replays one case; a throw of the model is a divergence, not the end of the run. */
function replayed(replayer: Replayer, line: Readonly<Record<string, unknown>>): Verdict {
  try {
    return replayer.replay(line);
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const category = String(line['cat'] ?? line['category'] ?? replayer.name);
    return { id: String(line['id'] ?? '?'), category, outcome: 'diverged', detail };
  }
}

function tallyOf(tallies: Map<string, Tally>, category: string): Tally {
  const known = tallies.get(category);
  if (known !== undefined) {
    return known;
  }
  const tally = { agreed: 0, total: 0, apart: 0 };
  tallies.set(category, tally);
  return tally;
}

function count(tally: Tally, verdict: Verdict): void {
  if (verdict.outcome === 'apart') {
    tally.apart++;
    return;
  }
  tally.total++;
  tally.agreed += verdict.outcome === 'agreed' ? 1 : 0;
}

function runFile(file: string, replayers: readonly Replayer[], verbose: boolean): Tally {
  const tallies = new Map<string, Tally>();
  const sum: Tally = { agreed: 0, total: 0, apart: 0 };
  let name = '';
  for (const line of linesOf(file)) {
    const replayer = replayers.find((candidate) => candidate.matches(line));
    if (replayer === undefined) {
      // A header line has no case to replay.
      if ('id' in line) {
        return usage(`${file}: case ${String(line['id'])} is of no known kind`);
      }
      continue;
    }
    name = replayer.name;
    const verdict = replayed(replayer, line);
    count(tallyOf(tallies, verdict.category), verdict);
    count(sum, verdict);
    if (verbose && verdict.outcome !== 'agreed') {
      const sign = verdict.outcome === 'apart' ? 'apart' : 'DIVERGED';
      console.log(`  ${sign} ${verdict.category} ${verdict.id}: ${verdict.detail ?? ''}`);
    }
  }
  console.log(`${file}: ${name}`);
  for (const [category, { agreed, total, apart }] of tallies) {
    const beside = apart === 0 ? '' : `  (${apart} apart)`;
    console.log(`  ${category.padEnd(24)} ${agreed}/${total}${beside}`);
  }
  return sum;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const verbose = args.includes('--verbose');
  const files = args.filter((arg) => !arg.startsWith('--'));
  const unknown = args.find((arg) => arg.startsWith('--') && arg !== '--verbose');
  if (unknown !== undefined || files.length === 0) {
    usage(unknown === undefined ? 'no file named' : `unknown option ${unknown}`);
  }
  const replayers = await loadReplayers();
  const sums = files.map((file) => runFile(file, replayers, verbose));
  const passed = sums.reduce((total, sum) => total + sum.agreed, 0);
  const failed = sums.reduce((total, sum) => total + sum.total - sum.agreed, 0);
  const apart = sums.reduce((total, sum) => total + sum.apart, 0);
  if (apart !== 0) {
    console.log(`${apart} apart: decided from the manual where the other side deviates`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main();
