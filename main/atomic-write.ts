// Writing a file so that a crash or a full disk leaves either the old text or the new one, never half.

import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Mode of a file that did not exist before; the process's umask applies. */
const NEW_FILE_MODE = 0o666;

/**
 * Replaces the content of `path`: writes beside it, flushes to the disk, renames.
 * A symbolic link is followed; an existing file keeps its permission bits.
 *
 * @throws the system's error, with nothing changed
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const mode = (await stat(target).catch(() => undefined))?.mode;
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx', NEW_FILE_MODE);
    try {
      await file.writeFile(text, 'utf8');
      if (mode !== undefined) {
        await file.chmod(mode & 0o7777);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Makes the rename itself durable; not every platform can open a folder, and none of those needs it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') {
    return;
  }
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
