// `substream diff A B`: two session files, compared by meaning.

import { diffSessions } from '../trace/diff.ts';
import { diffText } from '../trace/diff-text.ts';
import { openForCommand } from './open-session.ts';
import { twoFiles } from './two-files.ts';

const FILES = 'two sessions: substream diff A.substream B.substream';

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
  const [left, right] = twoFiles('diff', args, FILES);
  const a = await openForCommand(left);
  const b = await openForCommand(right);
  const diff = diffSessions(a, b);
  const lines = diffText(diff, a, b);
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return diff.same ? 0 : 1;
}
