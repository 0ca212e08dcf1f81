// `substream associate [--undo]`: the desktop opens session files with this checkout.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { AssociationReport } from '../protocol/sessions.ts';
import { associate, dissociate } from './file-association.ts';
import { reasonOf } from './script-file.ts';
import { UsageError } from './usage-error.ts';

const HELP = `usage: substream associate [--undo]

Lets a Linux desktop open *.substream files with this checkout: a MIME type and a desktop
entry in your own data folder (XDG_DATA_HOME). --undo takes both away.

On macOS and Windows only an installed application can be associated; there start with
npm start -- SESSION.substream, or drop the file onto the window.

Exit status: 0 done; 2 wrong usage, another system, or a folder that cannot be written;
70 internal error.
`;

/** Runs `substream associate ARGS`; returns its exit status. @throws UsageError */
export async function associateCommand(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const undo = wantsUndo(args);
  if (process.platform !== 'linux') {
    throw new UsageError('associate: only on Linux; elsewhere a packaged application is needed');
  }
  let report: AssociationReport;
  try {
    report = await (undo ? dissociate() : associate(startCommand()));
  } catch (error) {
    throw new UsageError(`associate: ${reasonOf(error)}`);
  }
  const { files, problems } = report;
  const done = undo ? 'removed' : 'wrote';
  const lines = files.length === 0 ? ['nothing to undo'] : files.map((file) => `${done} ${file}`);
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  process.stderr.write(problems.map((problem) => `substream: associate: ${problem}\n`).join(''));
  return 0;
}

/** What `npm start` runs, without npm: a desktop has no terminal's PATH. */
function startCommand(): readonly string[] {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return [process.execPath, join(folder, 'scripts', 'start.mjs')];
}

function wantsUndo(args: readonly string[]): boolean {
  try {
    const { values } = parseArgs({ args: [...args], options: { undo: { type: 'boolean' } } });
    return values.undo === true;
  } catch (error) {
    const [line = ''] = (error as Error).message.split('. ');
    throw new UsageError(`associate: ${line.trim()}; try substream associate --help`);
  }
}
