// `substream diff A B`: two session files, compared by meaning.

import { parseArgs } from 'node:util';
import { diffSessions } from '../trace/diff.ts';
import { diffText } from '../trace/diff-text.ts';
import { openForCommand } from './open-session.ts';
import { UsageError } from './usage-error.ts';

const HELP = `usage: substream diff A.substream B.substream

Compares two sessions by meaning: the script's calls, and what came of each: commands,
accesses by stream and PASID, faults, log. Times, register accesses and table contents
are not compared.

Exit status: 0 the sessions agree; 1 they differ; 2 wrong usage or unreadable session;
70 internal error.
`;

/** Runs `substream diff ARGS`; returns its exit status. @throws UsageError */
export async function diffCommand(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const [left, right] = readFiles(args);
  const a = await openForCommand(left);
  const b = await openForCommand(right);
  const diff = diffSessions(a, b);
  const lines = diffText(diff, a, b);
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return diff.same ? 0 : 1;
}

function readFiles(args: readonly string[]): [string, string] {
  const [left, right, extra] = parse(args);
  if (left === undefined || right === undefined || extra !== undefined) {
    throw new UsageError('diff needs two sessions: substream diff A.substream B.substream');
  }
  return [left, right];
}

function parse(args: readonly string[]): string[] {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: {} }).positionals;
  } catch (error) {
    const [line = ''] = (error as Error).message.split('. ');
    throw new UsageError(`diff: ${line.trim()}; try substream diff --help`);
  }
}
