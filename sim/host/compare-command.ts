// `substream compare FILE_A FILE_B`: two shapes of one driver: what differs in calls, commands, states
// reached, and which mistakes each shape lets pass. Each mistake is tried, not guessed.

import { KERNEL_FUNCTIONS } from '../kernel/api-table.ts';
import type { RunRequest } from '../protocol/api.ts';
import type { Slip } from '../script/slips.ts';
import { canSlip } from '../script/slips.ts';
import type { Ending, Rehearsal } from '../trace/compare/slips.ts';
import { noticedBy } from '../trace/compare/slips.ts';
import { summarize } from '../trace/compare/summary.ts';
import type { ComparedScript } from '../trace/compare/text.ts';
import { compareText } from '../trace/compare/text.ts';
import { SessionReader } from '../trace/session-reader.ts';
import { readScript } from './script-file.ts';
import { SessionHost } from './session-host.ts';
import { twoFiles } from './two-files.ts';

const FILES = 'two scripts: substream compare FILE_A.ts FILE_B.ts';

const HELP = `usage: substream compare FILE_A.ts FILE_B.ts

Runs two scripts (as written for different API shapes, say) and compares their calls,
commands, states of STEs and CDs, and faults; then tries each call left out and made
twice, and tells who notices. Text of 72 columns, to send by mail.

Exit status: 0 done; 1 one of the scripts does not run to its end; 2 wrong usage or
unreadable file; 70 internal error.
`;

/** Different calls of one script whose slips are tried. */
const MOST_CALLS = 40;
/** Virtual seconds that a rehearsal may take. */
const LIMIT = 10;

/** Runs `substream compare ARGS`; returns its exit status. @throws UsageError */
export async function compareCommand(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const [left, right] = twoFiles('compare', args, FILES);
  const requests = [readScript(left), readScript(right)] as const;
  const host = new SessionHost({
    worker: new URL('./session-worker.js', import.meta.url),
    spare: true,
  });
  try {
    const a = await rehearsed(host, requests[0]);
    const b = await rehearsed(host, requests[1]);
    process.stdout.write(`${compareText(a, b).join('\n')}\n`);
    return 0;
  } catch (error) {
    if (error instanceof ScriptFailed) {
      process.stderr.write(`substream: compare: ${error.message}\n`);
      return 1;
    }
    throw error;
  } finally {
    host.dispose();
  }
}

class ScriptFailed extends Error {
  override readonly name = 'ScriptFailed';
}

interface Run extends Ending {
  readonly profile: string;
}

/** The script as written, and with each of its slips. */
async function rehearsed(host: SessionHost, request: RunRequest): Promise<ComparedScript> {
  const intended = await runOnce(host, request);
  if (intended.error !== undefined) {
    throw new ScriptFailed(`${request.file}: ${intended.error}`);
  }
  const { summary, profile } = intended;
  const rehearsals: Rehearsal[] = [];
  for (const { call, fn, line } of slippingCalls(summary.calls)) {
    for (const kind of ['omitted', 'doubled'] as const) {
      const slipped = await runOnce(host, request, { call, kind });
      rehearsals.push({ fn, line, kind, ...noticedBy(intended, slipped) });
    }
  }
  return { file: request.file, profile, summary, rehearsals };
}

/** The first call at each place, with its number among the calls that can slip. */
function slippingCalls(calls: Ending['summary']['calls']) {
  const places = new Set<string>();
  return calls
    .filter(({ fn }) => canSlip(fn))
    .map(({ fn, line }, index) => ({ fn, line, call: index + 1 }))
    .filter(({ fn, line }) => {
      const place = `${fn}:${line}`;
      const known = places.has(place);
      places.add(place);
      return !known;
    })
    .slice(0, MOST_CALLS);
}

async function runOnce(host: SessionHost, request: RunRequest, slip?: Slip): Promise<Run> {
  const result = await host.run({
    ...request,
    timeLimit: LIMIT,
    ...(slip === undefined ? {} : { slip }),
  });
  const reader = new SessionReader();
  reader.push(await host.saveTrace());
  const { header, source } = reader.end();
  const summary = summarize(source);
  const calls = summary.calls.filter(({ fn }) => Object.hasOwn(KERNEL_FUNCTIONS, fn));
  return {
    summary: { ...summary, calls },
    profile: header.profile,
    ...(result.error === undefined ? {} : { error: result.error.message }),
  };
}
