// `npm test [PART...]`: sets up what is missing, builds, runs every check there is and adds up one result.
// The last line is `N passed, M failed`; what cannot be had is a failure, never left out.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildWorkbench } from './build.mjs';
import { check } from './check.mjs';
import { startDisplay } from './display.mjs';
import { ensure } from './ensure.mjs';
import { ROOT, run } from './process.mjs';
import { ensureTraceReaders } from './system-libraries.mjs';
import { runVitest } from './vitest-run.mjs';

/**
 * @typedef {{ electron?: string, problem?: string }} Context
 * @typedef {{ passed: number, failed: number, skipped?: number }} Result
 */

/** @type {Record<string, (context: Context) => Promise<Result>>} */
const PARTS = {
  check: () => check(print),
  unit: () => runVitest('unit', { print }),
  arch: () => runVitest('arch', { print }),
  debug: () => runVitest('debug', { print }),
  conformance: runConformance,
  e2e: runEndToEnd,
};

function print(line) {
  console.log(line);
}

async function runConformance() {
  const vectors = readdirSync(join(ROOT, 'test'), { recursive: true })
    .map((name) => join('test', String(name)))
    .filter((name) => name.endsWith('.jsonl.gz'))
    .sort();
  const entry = 'test/conformance/cli.ts';
  if (vectors.length === 0 || !existsSync(join(ROOT, entry))) {
    return failure('conformance: there are no vectors, or nothing to replay them with');
  }
  const args = [join('scripts', 'run-node.mjs'), entry, ...vectors];
  const { code, output } = await run(process.execPath, args, {
    quiet: true,
    onOutput: (text) => process.stdout.write(text),
  });
  const last = /(?<passed>\d+) passed, (?<failed>\d+) failed\s*$/.exec(output)?.groups;
  if (last === undefined) return failure(`conformance: ended with ${code} and no result`);
  const failed = Number(last['failed']);
  return { passed: Number(last['passed']), failed: failed === 0 && code !== 0 ? 1 : failed };
}

/** @param {Context} context */
async function runEndToEnd({ electron, problem }) {
  if (problem !== undefined) return failure(`e2e: no window can be opened: ${problem}`);
  await buildWorkbench();
  if (process.platform !== 'linux') {
    return runVitest('e2e', { env: { SUBSTREAM_ELECTRON: electron }, print });
  }
  const { display, stop } = await startDisplay();
  try {
    const env = { SUBSTREAM_ELECTRON: electron, DISPLAY: display };
    return await runVitest('e2e', { env, print });
  } finally {
    stop();
  }
}

function failure(reason) {
  print(reason);
  return { passed: 0, failed: 1 };
}

async function runPart(name, part, context) {
  const start = performance.now();
  let result;
  try {
    result = await part(context);
  } catch (error) {
    result = failure(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const skipped = result.skipped ? `, ${result.skipped} skipped` : '';
  print(`== ${name}: ${result.passed} passed, ${result.failed} failed${skipped} (${seconds} s)\n`);
  return result;
}

async function main() {
  const wanted = process.argv.slice(2);
  const names = wanted.length > 0 ? wanted : Object.keys(PARTS);
  const unknown = names.find((name) => !(name in PARTS));
  if (unknown !== undefined) {
    return failure(`no part is called ${unknown}: ${Object.keys(PARTS).join(', ')}`);
  }
  let context;
  try {
    context = await ensure({ display: true });
    const missing = await ensureTraceReaders();
    if (missing !== undefined) print(`trace exports cannot be read back: ${missing}`);
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error));
  }
  const total = { passed: 0, failed: 0 };
  for (const [name, part] of Object.entries(PARTS)) {
    if (!names.includes(name)) continue;
    const { passed, failed } = await runPart(name, part, context);
    total.passed += passed;
    total.failed += failed;
  }
  return total;
}

const { passed, failed } = await main();
print(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
