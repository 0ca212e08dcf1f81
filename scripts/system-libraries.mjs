// The shared libraries, fonts and the virtual display that Electron needs on Debian and its relatives, and
// the programs that the tests read exports with.

import { existsSync } from 'node:fs';
import { run, say } from './process.mjs';

const LIBRARIES = [
  'libgtk-3-0',
  'libnss3',
  'libasound2',
  'libgbm1',
  'libxss1',
  'fonts-dejavu-core',
];
const VIRTUAL_DISPLAY = ['xvfb', 'xauth'];
/** Programs that the tests read our trace exports with. */
const TRACE_READERS = ['babeltrace2', 'gtkwave', 'tshark'];

/**
 * Installs what is missing, as root; otherwise says how to.
 *
 * @param {{ display?: boolean }} [options] `display`: the virtual display too
 * @returns {Promise<string | undefined>} what is still missing, as a sentence
 */
export async function ensureSystemLibraries(options = {}) {
  return ensurePackages(options.display ? [...LIBRARIES, ...VIRTUAL_DISPLAY] : LIBRARIES);
}

/**
 * Installs the programs that read trace exports in the tests, as root; otherwise says how to.
 *
 * @returns {Promise<string | undefined>} what is still missing, as a sentence
 */
export function ensureTraceReaders() {
  return ensurePackages(TRACE_READERS);
}

async function ensurePackages(wanted) {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/dpkg-query')) return undefined;
  const missing = missingPackages(wanted, await installedPackages());
  if (missing.length === 0) return undefined;
  if (process.getuid?.() !== 0) return howTo(missing);

  say(`installing ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const update = await run('apt-get', ['update', '-qq'], { env, quiet: true });
  const names = [];
  for (const name of missing) names.push(await installableName(name));
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...names];
  const result = await run('apt-get', install, { env, quiet: true });
  if (result.code === 0) return undefined;
  return `${howTo(missing)}\n${update.output}${result.output}`.trim();
}

function howTo(missing) {
  return `system packages are missing; install them with\n  sudo apt-get update && sudo apt-get install -y ${missing.join(' ')}`;
}

/**
 * Newer releases renamed some packages with the suffix t64 (64-bit time): either name counts.
 *
 * @param {string[]} wanted
 * @param {Set<string>} installed
 */
export function missingPackages(wanted, installed) {
  return wanted.filter((name) => !installed.has(name) && !installed.has(`${name}t64`));
}

async function installedPackages() {
  const format = ['-W', '-f', '$' + '{Package} $' + '{db:Status-Status}\\n'];
  const { output } = await run('dpkg-query', format, { quiet: true });
  const names = output
    .split('\n')
    .filter((line) => line.endsWith(' installed'))
    .map((line) => line.split(' ')[0] ?? '');
  return new Set(names);
}

async function installableName(name) {
  const { output } = await run('apt-cache', ['show', `${name}t64`], { quiet: true });
  return output.includes('Package:') ? `${name}t64` : name;
}
