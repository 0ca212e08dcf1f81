// Lets a Linux desktop open session files with this checkout: a MIME type and a desktop entry in the
// user's own data folder, as the freedesktop.org specifications have them. Undone by removing both.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import type { AssociationReport } from '../protocol/sessions.ts';
import { writePieces } from './write-files.ts';

/** MIME type of a session file. */
export const SESSION_TYPE = 'application/x-substream';

const MIME_INFO = `<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="${SESSION_TYPE}">
    <comment>Substream session</comment>
    <sub-class-of type="text/plain"/>
    <glob pattern="*.substream"/>
    <magic priority="60">
      <match type="string" offset="0" value="{&quot;substream&quot;:"/>
    </magic>
  </mime-type>
</mime-info>
`;

/**
 * Associates session files with a command.
 * @param command program and arguments; the desktop adds the files
 * @throws the system's error, e.g. of a data folder that cannot be written
 */
export async function associate(
  command: readonly string[],
  data = dataFolder(),
): Promise<AssociationReport> {
  const files = filesIn(data);
  const entry = [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Substream',
    'Comment=A workbench for drivers behind an IOMMU',
    `Exec=${command.map(execArgument).join(' ')} %F`,
    `MimeType=${SESSION_TYPE};`,
    'Categories=Development;',
    'Terminal=false',
    '',
  ].join('\n');
  for (const [path, text] of [
    [files.mime, MIME_INFO],
    [files.entry, entry],
  ] as const) {
    await mkdir(dirname(path), { recursive: true });
    await writePieces(path, [text]);
  }
  return { files: [files.mime, files.entry], problems: updateDatabases(data) };
}

/** Takes the association away. */
export async function dissociate(data = dataFolder()): Promise<AssociationReport> {
  const { mime, entry } = filesIn(data);
  const files = [mime, entry].filter((path) => existsSync(path));
  for (const path of files) {
    await rm(path);
  }
  return { files, problems: files.length === 0 ? [] : updateDatabases(data) };
}

/** The user's data folder (XDG Base Directory Specification). */
function dataFolder(): string {
  const chosen = process.env['XDG_DATA_HOME'] ?? '';
  return isAbsolute(chosen) ? chosen : join(homedir(), '.local', 'share');
}

function filesIn(data: string) {
  return {
    mime: join(data, 'mime', 'packages', 'substream.xml'),
    entry: join(data, 'applications', 'substream.desktop'),
  };
}

/** One argument of an Exec key: quoted, then escaped as every text of a desktop entry is. */
function execArgument(argument: string): string {
  const quoted = `"${argument.replace(/["`$\\]/g, '\\$&')}"`;
  return quoted.replaceAll('\\', '\\\\').replaceAll('%', '%%');
}

/** The desktop looks into indexes, not into the files. */
function updateDatabases(data: string): string[] {
  return [
    ['update-mime-database', join(data, 'mime')],
    ['update-desktop-database', join(data, 'applications')],
  ].flatMap(([program = '', folder = '']) => {
    const { error, status } = spawnSync(program, [folder], { stdio: 'ignore' });
    return error === undefined && status === 0
      ? []
      : [`${program} ${error === undefined ? 'failed' : 'is not installed'}: run it on ${folder}`];
  });
}
