// `substream export SESSION --format FORMAT -o OUT`: from a session file to the formats of other tools.

import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { ExportFormat } from '../trace/export/export-format.ts';
import { ExportCancelled } from '../trace/export/export-format.ts';
import { EXPORT_FORMATS, exportFormat } from '../trace/export/export-formats.ts';
import { notRecorded } from '../trace/record-groups.ts';
import { exportSession } from './export-session.ts';
import { openForCommand } from './open-session.ts';
import { reasonOf } from './script-file.ts';
import { UsageError } from './usage-error.ts';

const LIST = EXPORT_FORMATS.map(({ id, title }) => `  ${id.padEnd(9)} ${title}`).join('\n');

const HELP = `usage: substream export SESSION.substream --format FORMAT -o OUT

Writes a session in the format of another tool.

${LIST}

OUT is a file; for ctf a directory, which must not exist or be empty. pcapng writes its
dissector beside OUT, with the ending .lua. An interrupted export leaves nothing behind.

Exit status: 0 done; 2 wrong usage or unreadable session; 3 done, but the session file is
damaged: what could be read was exported; 70 internal error; 130 interrupted.
`;

/** Exit status when the session was damaged. */
const DAMAGED = 3;
const INTERRUPTED = 130;

interface ExportRequest {
  readonly input: string;
  readonly format: ExportFormat;
  readonly output: string;
}

/** Runs `substream export ARGS`; returns its exit status. @throws UsageError */
export async function exportCommand(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const request = readRequest(args);
  checkOutput(request);
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const progress = new ProgressLine(request.format.id);
  try {
    const { signal } = abort;
    const session = await openForCommand(request.input, {
      signal,
      onProgress: (done) => progress.show(done / 2),
    });
    const missing = notRecorded(session.header.omitted);
    if (missing !== undefined) {
      process.stderr.write(`substream: ${request.input}: ${missing}\n`);
    }
    await exportSession(session, request, {
      signal,
      onProgress: (done) => progress.show(0.5 + done / 2),
    });
    return session.damages > 0 ? DAMAGED : 0;
  } catch (error) {
    if (error instanceof ExportCancelled) {
      process.stderr.write('substream: export: interrupted, nothing was written\n');
      return INTERRUPTED;
    }
    if ((error as NodeJS.ErrnoException).syscall !== undefined) {
      throw new UsageError(`${request.output}: cannot be written: ${reasonOf(error)}`);
    }
    throw error;
  } finally {
    progress.clear();
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

function readRequest(args: readonly string[]): ExportRequest {
  const { values, positionals } = parse(args);
  const [input, extra] = positionals;
  if (input === undefined || extra !== undefined) {
    throw new UsageError(
      input === undefined
        ? 'export needs a SESSION.substream'
        : `export takes one session, got '${extra}' too`,
    );
  }
  const known = EXPORT_FORMATS.map(({ id }) => id).join(', ');
  if (values.format === undefined) {
    throw new UsageError(`export needs --format (there is: ${known})`);
  }
  const format = exportFormat(values.format);
  if (format === undefined) {
    throw new UsageError(`no format '${values.format}' (there is: ${known})`);
  }
  if (values.output === undefined) {
    throw new UsageError('export needs -o OUT');
  }
  return { input, format, output: values.output };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { format: { type: 'string' }, output: { type: 'string', short: 'o' } },
    });
  } catch (error) {
    const [line = ''] = (error as Error).message.split('. ');
    throw new UsageError(`export: ${line.trim()}; try substream export --help`);
  }
}

/** Found out first: a long export must not end in a place that cannot take it. */
function checkOutput({ input, format, output }: ExportRequest): void {
  const found = statSync(output, { throwIfNoEntry: false });
  if (found === undefined) {
    return;
  }
  if (existsSync(input) && realpathSync(output) === realpathSync(input)) {
    throw new UsageError(`${output}: is the session itself; it is not overwritten`);
  }
  if (found.isDirectory() && !format.directory) {
    throw new UsageError(`${output}: is a directory`);
  }
  if (format.directory && !found.isDirectory()) {
    throw new UsageError(`${output}: is a file; ${format.id} needs a directory`);
  }
  if (format.directory && readdirSync(output).length > 0) {
    throw new UsageError(`${output}: is not empty; nothing was overwritten`);
  }
}

/** A line on a terminal that tells how far it is; nothing elsewhere. */
class ProgressLine {
  readonly #what: string;
  #shown = -1;

  constructor(what: string) {
    this.#what = what;
  }

  show(done: number): void {
    const percent = Math.floor(done * 100);
    if (process.stderr.isTTY && percent !== this.#shown) {
      this.#shown = percent;
      process.stderr.write(`\r${this.#what} ${String(percent).padStart(3)} %`);
    }
  }

  clear(): void {
    if (this.#shown >= 0) {
      process.stderr.write('\r\x1b[K');
      this.#shown = -1;
    }
  }
}
