// Everything a fresh machine lacks. Nothing here may import an npm package: there are none yet.

import { findElectron } from './electron-binary.mjs';
import { ensureNpmPackages } from './npm-packages.mjs';
import { ensureSystemLibraries } from './system-libraries.mjs';

/**
 * @param {{ display?: boolean }} [options] `display`: a virtual display too
 * @returns {Promise<{ electron?: string, problem?: string }>} the executable, or why there is no window to be had
 */
export async function ensure(options = {}) {
  await ensureNpmPackages();
  try {
    const electron = await findElectron();
    const problem = await ensureSystemLibraries(options);
    return problem === undefined
      ? { electron: electron.path }
      : { electron: electron.path, problem };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
