// Opens session files of any size: in pieces, with progress and cancel.

import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { ExportCancelled } from '../trace/export/export-format.ts';
import { SessionFileError } from '../trace/session-header.ts';
import type { ReadLimits, Session } from '../trace/session-reader.ts';
import { SessionReader } from '../trace/session-reader.ts';
import { reasonOf } from './script-file.ts';
import { UsageError } from './usage-error.ts';

/** Progress, cancel and limits of opening a file. */
export interface OpenControl extends ReadLimits {
  /** Told of the part read, 0 to 1. */
  readonly onProgress?: (done: number) => void;
  readonly signal?: { readonly aborted: boolean };
}

/** Bytes read at a time. */
const PIECE = 2 ** 20;

/**
 * Opens a session file; damage is told by the session.
 * @throws SessionFileError when it is no session that can be read, or the system's error
 * @throws ExportCancelled when the signal is aborted
 */
export async function openSession(path: string, control: OpenControl = {}): Promise<Session> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const reader = new SessionReader(control);
    const text = new TextDecoder();
    const bytes = new Uint8Array(PIECE);
    let done = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, 0, PIECE);
      if (bytesRead === 0) {
        break;
      }
      reader.push(text.decode(bytes.subarray(0, bytesRead), { stream: true }));
      done += bytesRead;
      control.onProgress?.(Math.min(1, done / Math.max(1, size)));
      if (control.signal?.aborted === true) {
        throw new ExportCancelled();
      }
    }
    reader.push(text.decode());
    return reader.end();
  } finally {
    await file.close();
  }
}

/**
 * Opens a session for a command and tells its damage on standard error.
 * @throws UsageError naming the file, the line and what is wrong
 */
export async function openForCommand(path: string, control: OpenControl = {}): Promise<Session> {
  try {
    const session = await openSession(path, control);
    for (const { line, text } of session.damage) {
      process.stderr.write(`substream: ${basename(path)}:${line}: ${text}\n`);
    }
    const more = session.damages - session.damage.length;
    if (more > 0) {
      process.stderr.write(`substream: ${basename(path)}: ${more} more lines are damaged\n`);
    }
    return session;
  } catch (error) {
    if (error instanceof ExportCancelled) {
      throw error;
    }
    const reason = error instanceof SessionFileError ? error.message : reasonOf(error);
    throw new UsageError(`${path}: ${reason}`);
  }
}
