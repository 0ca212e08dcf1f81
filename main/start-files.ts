// The files that a command line names.

import { resolve } from 'node:path';

/**
 * Absolute paths of the files in `argv`.
 *
 * @param argv as `process.argv`: the executable, options, the app's folder if `defaultApp`, files
 * @param folder the folder that relative names mean
 */
export function filesOf(argv: readonly string[], defaultApp: boolean, folder: string): string[] {
  const names = argv.slice(1).filter((argument) => !argument.startsWith('-'));
  return names.slice(defaultApp ? 1 : 0).map((name) => resolve(folder, name));
}
