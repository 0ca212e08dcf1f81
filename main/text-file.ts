// Reading a script: what is not text is refused with words that a person understands.

import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';

const MAX_BYTES = 8 * 2 ** 20;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
  EDQUOT: 'the disk quota is used up',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ENOTDIR: 'a part of its path is not a folder',
};

/** An error about one file, in words for a person: what could not be done, to which file, and why. */
export class FileError extends Error {
  override readonly name = 'FileError';

  constructor(doing: 'open' | 'save', path: string, cause: unknown) {
    super(`cannot ${doing} ${basename(path)}: ${reasonOf(cause)} (${path})`, { cause });
  }
}

function reasonOf(cause: unknown): string {
  if (typeof cause === 'string') {
    return cause;
  }
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
}

/**
 * The text of a UTF-8 file, byte order mark kept.
 *
 * @throws FileError for what is missing, no file, too large or not text
 */
export async function readTextFile(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) {
      throw new FileError('open', path, `it has ${size} bytes, more than ${MAX_BYTES}`);
    }
    return decode(path, await readFile(path));
  } catch (error) {
    throw error instanceof FileError ? error : new FileError('open', path, error);
  }
}

function decode(path: string, bytes: Uint8Array): string {
  if (bytes.includes(0)) {
    throw new FileError('open', path, 'it is not a text file');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FileError('open', path, 'it is not UTF-8 text');
  }
}
