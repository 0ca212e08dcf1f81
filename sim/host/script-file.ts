// Reads a script for the command line. Whatever cannot be one is told in one line.

import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { UsageError } from './usage-error.ts';

/** Largest script, bytes. */
const MOST_BYTES = 4 * 2 ** 20;

/** A script as it was read. */
export interface ScriptFile {
  /** Name for messages. */
  readonly file: string;
  readonly text: string;
}

/** @throws UsageError naming the file and what is wrong with it */
export function readScript(path: string): ScriptFile {
  const bytes = readBytes(path);
  const text = new TextDecoder('utf-8', { fatal: true });
  try {
    if (bytes.includes(0)) {
      throw new TypeError('a NUL byte');
    }
    return { file: basename(path), text: text.decode(bytes) };
  } catch {
    throw new UsageError(`${path}: not a text file: a script is TypeScript in UTF-8`);
  }
}

function readBytes(path: string): Buffer {
  try {
    const { size } = statSync(path);
    if (size > MOST_BYTES) {
      throw new UsageError(`${path}: ${size} bytes; a script has at most ${MOST_BYTES}`);
    }
    return readFileSync(path);
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${path}: ${reasonOf(error)}`);
  }
}

/** Why a file cannot be used, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? message;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'is a directory',
  ENOTDIR: 'part of the path is not a directory',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left',
};
