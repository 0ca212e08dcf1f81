// Whether files changed since a build: their names, times and sizes, in one hash.

import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './process.mjs';

/**
 * @param {string[]} files paths relative to the repository's root
 */
export function fingerprint(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const stat = statSync(join(ROOT, file), { throwIfNoEntry: false });
    hash.update(`${file} ${stat?.mtimeMs ?? 'missing'} ${stat?.size ?? 0}\n`);
  }
  return hash.digest('hex');
}

/**
 * Every file below a folder, relative to the repository's root, in a stable order.
 *
 * @param {string} folder
 */
export function sourcesBelow(folder) {
  if (!statSync(join(ROOT, folder), { throwIfNoEntry: false })) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(ROOT.length))
    .sort();
}
