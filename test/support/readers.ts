// Other people's programs that read what we export. One that is missing fails the test that needs it.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ExportFormat, ExportSession } from '../../sim/trace/export/export-format.ts';

/** An unprivileged user of every Debian: tshark loads no Lua script for root. */
const NOBODY = 65_534;

/** Files of an export, written out as the command line would. */
export interface Exported {
  readonly folder: string;
  /** Path of the output, or of one of the files beside or below it. */
  readonly path: (name?: string) => string;
}

/** All bytes of an export's file. */
export function bytesOf(format: ExportFormat, session: ExportSession, name = ''): Buffer {
  const file = format.files(session, {}).find((each) => each.name === name);
  if (file === undefined) {
    throw new Error(`${format.id} has no file "${name}"`);
  }
  const pieces: Buffer[] = [];
  for (const piece of file.pieces) {
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

/** The text of an export. */
export function textOfExport(format: ExportFormat, session: ExportSession, name = ''): string {
  return bytesOf(format, session, name).toString('utf8');
}

/** Writes an export below a new folder that anyone may read, and gives it to `use`. */
export function withExport<T>(
  format: ExportFormat,
  session: ExportSession,
  use: (exported: Exported) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), 'substream-'));
  try {
    chmodSync(folder, 0o755);
    const path = (name = ''): string =>
      format.directory ? join(folder, 'out', name) : join(folder, `out${name || format.extension}`);
    for (const { name } of format.files(session, {})) {
      mkdirSync(dirname(path(name)), { recursive: true });
      writeFileSync(path(name), bytesOf(format, session, name));
    }
    return use({ folder, path });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs a reader and gives its output.
 * @throws Error when it is not installed, fails, or complains.
 */
export function runReader(
  command: string,
  args: readonly string[],
  options: { readonly unprivileged?: boolean; readonly quiet?: boolean } = {},
): string {
  const lower = options.unprivileged === true && process.getuid?.() === 0;
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', HOME: '/nonexistent' },
    ...(lower ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  if (result.error !== undefined) {
    throw new Error(
      `${command} cannot be run (${result.error.message}). The tests read our exports with it: ` +
        'install babeltrace2, gtkwave and tshark (`npm test` does as root on Debian).',
    );
  }
  if (result.status !== 0 || (options.quiet !== false && result.stderr.trim() !== '')) {
    throw new Error(`${command} ${args.join(' ')}: status ${result.status}\n${result.stderr}`);
  }
  return result.stdout;
}
