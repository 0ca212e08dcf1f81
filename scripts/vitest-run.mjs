// Runs vitest projects and counts what they report; a run that ends without a report is a failure.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from './process.mjs';

/**
 * @param {string} project
 * @param {{ env?: NodeJS.ProcessEnv, print: (line: string) => void }} options
 * @returns {Promise<{ passed: number, failed: number, skipped: number }>}
 */
export async function runVitest(project, { env, print }) {
  const report = join(ROOT, 'out', 'reports', `${project}.json`);
  mkdirSync(join(ROOT, 'out', 'reports'), { recursive: true });
  rmSync(report, { force: true });
  const tool = join('node_modules', 'vitest', 'vitest.mjs');
  const args = [tool, 'run', '--project', project, '--reporter=default', '--reporter=json'];
  const { code, output } = await run(process.execPath, [...args, `--outputFile.json=${report}`], {
    env: { ...process.env, ...colour(), ...env },
    quiet: true,
    onOutput: (text) => process.stdout.write(text),
  });
  if (!existsSync(report)) {
    print(`${project}: vitest ended with ${code} and wrote no report`);
    if (output === '') print('it printed nothing');
    return { passed: 0, failed: 1, skipped: 0 };
  }
  return countReport(JSON.parse(readFileSync(report, 'utf8')), code);
}

/** vitest writes into our pipe: whether a person reads it in colour is for us to tell. */
function colour() {
  return process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1', FORCE_COLOR: undefined };
}

/**
 * Counts a report: a file that could not be loaded, and an error outside of any test, fail as one test each.
 *
 * @param {{ testResults: { status: string, assertionResults: { status: string }[] }[] }} report
 * @param {number} code vitest's exit status
 */
export function countReport(report, code) {
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const count = (status) => tests.filter((test) => test.status === status).length;
  const passed = count('passed');
  const unloaded = report.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  );
  let failed = count('failed') + unloaded.length;
  if (failed === 0 && code !== 0) failed = 1;
  return { passed, failed, skipped: tests.length - passed - count('failed') };
}
