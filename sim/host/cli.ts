// The command line: `substream run FILE.ts`. One clear line for every kind of bad input; exit statuses
// 0 done, 1 script error, 2 usage, 3 unexpected events, 4 time limit, 70 internal error.

import { associateCommand } from './associate-command.ts';
import { runCommand } from './cli-run.ts';
import { compareCommand } from './compare-command.ts';
import { diffCommand } from './diff-command.ts';
import { explainCommand } from './explain-command.ts';
import { exportCommand } from './export-command.ts';
import { UsageError } from './usage-error.ts';

const HELP = `usage: substream COMMAND [OPTIONS]

  run FILE.ts         run a driver script to its end
  explain SESSION     explain the faults of a session
  export SESSION      write a session in the format of another tool
  diff A B            compare two sessions
  compare A.ts B.ts   compare two shapes of one driver, mistakes included
  associate [--undo]  let the desktop open session files with this checkout (Linux)

Help on a command: substream COMMAND --help
`;

type Command = (args: readonly string[]) => Promise<number>;

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['run', runCommand],
  ['export', exportCommand],
  ['explain', explainCommand],
  ['diff', diffCommand],
  ['compare', compareCommand],
  ['associate', associateCommand],
]);

/** Runs a command line; returns its exit status. */
async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS.get(name);
  if (command === undefined) {
    const known = [...COMMANDS.keys()].join(', ');
    throw new UsageError(`no command '${name}' (there is: ${known}); try --help`);
  }
  return await command(rest);
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads our output has left, as `head` does: nothing is left to say.
  process.exit(error.code === 'EPIPE' ? 0 : 70);
});
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const usage = error instanceof UsageError;
  process.stderr.write(`substream: ${usage ? error.message : (error as Error).stack}\n`);
  process.exitCode = usage ? 2 : 70;
}
