// `substream explain SESSION [--event N]`: recorded faults, explained as text for a mail.

import { parseArgs } from 'node:util';
import { hardwareOf } from '../explain/hardware.ts';
import { Inspector } from '../inspect/inspector.ts';
import { notRecorded } from '../trace/record-groups.ts';
import { openForCommand } from './open-session.ts';
import { UsageError } from './usage-error.ts';

const HELP = `usage: substream explain SESSION.substream [--event N]

Explains the faults of a session, or event N of it (counted from 1): what the SMMU read
on the way, the bits at fault, the rule, the script lines that wrote them. 72 columns.

Exit status: 0 done; 2 wrong usage or unreadable session; 70 internal error.
`;

interface ExplainRequest {
  readonly path: string;
  readonly event: number | undefined;
}

/** Runs `substream explain ARGS`; returns its exit status. @throws UsageError */
export async function explainCommand(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const { path, event } = readRequest(args);
  const { header, source } = await openForCommand(path);
  const inspector = new Inspector(source, hardwareOf(header.machine), header.file);
  const { events } = inspector;
  const missing = notRecorded(source.omitted, ['event']);
  if (missing !== undefined) {
    process.stdout.write(`Unknown: ${missing}.\n`);
    return 0;
  }
  if (event !== undefined && event > events) {
    throw new UsageError(`explain: no event ${event}: ${path} has ${counted(events)}`);
  }
  const wanted =
    event === undefined ? Array.from({ length: events }, (_, index) => index + 1) : [event];
  const texts = wanted.map((number) => (inspector.explain(number)?.lines ?? []).join('\n'));
  process.stdout.write(
    texts.length === 0 ? 'no faults in this session\n' : `${texts.join('\n\n')}\n`,
  );
  return 0;
}

function counted(events: number): string {
  return events === 1 ? '1 event' : `${events} events`;
}

function readRequest(args: readonly string[]): ExplainRequest {
  const { positionals, values } = parse(args);
  const [path, extra] = positionals;
  if (path === undefined || extra !== undefined) {
    throw new UsageError('explain needs one session: substream explain SESSION [--event N]');
  }
  if (values.event !== undefined && !/^[1-9]\d{0,8}$/.test(values.event)) {
    throw new UsageError(`explain: --event ${values.event}: not a number from 1`);
  }
  return { path, event: values.event === undefined ? undefined : Number(values.event) };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { event: { type: 'string' } },
    });
  } catch (error) {
    const [line = ''] = (error as Error).message.split('. ');
    throw new UsageError(`explain: ${line.trim()}; try substream explain --help`);
  }
}
