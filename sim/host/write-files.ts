// Writes what comes in pieces so that it is there whole or not at all: beside its place first, then
// renamed. Between pieces other work runs, so that a signal can stop it; nothing half-written stays.

import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ExportFile, ExportPiece } from '../trace/export/export-format.ts';
import { ExportCancelled } from '../trace/export/export-format.ts';

/** Stops a write when aborted. */
export interface WriteControl {
  readonly signal?: { readonly aborted: boolean };
}

/**
 * Replaces the file `path` by the pieces. A symbolic link is followed.
 * @throws the system's error or {@link ExportCancelled}, with nothing changed
 */
export async function writePieces(
  path: string,
  pieces: Iterable<ExportPiece>,
  control: WriteControl = {},
): Promise<void> {
  await writeTogether([{ path, pieces }], control);
}

/** A file to write. */
export interface FileToWrite {
  readonly path: string;
  readonly pieces: Iterable<ExportPiece>;
}

/**
 * Writes files that belong together: all are renamed when all are written.
 * @throws the system's error or {@link ExportCancelled}; then no file has changed, unless renaming failed
 */
export async function writeTogether(
  files: readonly FileToWrite[],
  control: WriteControl = {},
): Promise<void> {
  const written: { part: string; target: string }[] = [];
  try {
    for (const { path, pieces } of files) {
      const target = await realpath(path).catch(() => path);
      const part = join(dirname(target), `.${basename(target)}.${process.pid}.part`);
      written.push({ part, target });
      await writePart(part, pieces, control);
    }
    for (const { part, target } of written) {
      await rename(part, target);
    }
  } catch (error) {
    await Promise.all(written.map(({ part }) => rm(part, { force: true })));
    throw error;
  }
}

/**
 * Makes the directory `path` with these files in it; an empty directory may stand in its place.
 * @throws the system's error or {@link ExportCancelled}, with nothing left behind
 */
export async function writeDirectory(
  path: string,
  files: readonly ExportFile[],
  control: WriteControl = {},
): Promise<void> {
  const part = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  await mkdir(part);
  try {
    for (const { name, pieces } of files) {
      const target = join(part, name);
      await mkdir(dirname(target), { recursive: true });
      await writePart(target, pieces, control);
    }
    await rmdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') {
        throw error;
      }
    });
    await rename(part, path);
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    throw error;
  }
}

async function writePart(
  part: string,
  pieces: Iterable<ExportPiece>,
  control: WriteControl,
): Promise<void> {
  const file = await open(part, 'wx');
  try {
    for (const piece of pieces) {
      await writePiece(file, piece);
      if (control.signal?.aborted === true) {
        throw new ExportCancelled();
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writePiece(file: FileHandle, piece: ExportPiece): Promise<void> {
  if (piece.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
    return;
  }
  await file.writeFile(piece);
}
