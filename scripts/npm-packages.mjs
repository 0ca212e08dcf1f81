// The npm packages of the lock file: installed when they are missing or differ from it.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runNpm, say } from './process.mjs';

/** Runs `npm ci` if node_modules is not what the lock file says. */
export async function ensureNpmPackages() {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const record = join(ROOT, 'node_modules', '.package-lock.json');
  if (existsSync(record) && matchesLock(lock, JSON.parse(readFileSync(record, 'utf8')))) return;
  say('installing npm packages');
  const { code, output } = await runNpm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    quiet: true,
  });
  if (code !== 0) throw new Error(`npm ci failed\n${output}`);
}

/**
 * Whether what npm recorded as installed is what the lock file asks for. Optional packages may be absent:
 * they belong to other platforms.
 *
 * @param {{ packages: Record<string, { version?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }> }} lock
 * @param {{ packages: Record<string, { version?: string }> }} installed
 */
export function matchesLock(lock, installed) {
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed.packages[path];
    if (found === undefined) return wanted.optional === true || wanted.devOptional === true;
    return found.version === wanted.version;
  });
}
