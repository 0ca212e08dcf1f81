// `substream run`: options, the run itself, and its output as text or as JSON lines.

import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import type { OutputRecord, Profile, RunRequest, RunResult } from '../protocol/api.ts';
import { consoleLines } from '../protocol/console-text.ts';
import { jsonLine } from '../protocol/json-text.ts';
import { omittedBy, RecordChoiceError } from '../trace/record-groups.ts';
import { openInspector, takeInspect } from './debug/inspect-option.ts';
import { readScript, reasonOf } from './script-file.ts';
import { SessionHost } from './session-host.ts';
import { UsageError } from './usage-error.ts';

const HELP = `usage: substream run FILE.ts [OPTIONS]

Runs a driver script to its end and prints the kernel's log.

  --profile seed18|attr19  API shape; a script's own machine.configure() wins (seed18)
  --seed N                 seed of every random choice (1)
  --trace OUT.substream    save the session
  --record GROUP[,GROUP..] what the trace holds (all): calls log objects memory registers
                           commands fetches caches dma events interrupts; all,-caches
  --json                   print one JSON object a line; the last is the result
  --fail-nth N             the Nth allocation of the kernel side fails, counted from its boot
  --time-limit S           stop after S seconds, virtual or real, whichever come first
  --inspect[=PORT]         let Chrome DevTools or VS Code attach (9229)
  --inspect-brk[=PORT]     the same; wait for them and stop before the first statement

Exit status: 0 done; 1 the script threw, or an assertion failed; 2 wrong usage or
unreadable file; 3 done, with events that no expect_event covered; 4 time limit;
70 internal error.
`;

const PROFILES: readonly Profile[] = ['seed18', 'attr19'];
const SECONDS = /^\d+(\.\d+)?$/;

interface RunOptions {
  readonly request: RunRequest;
  readonly json: boolean;
  readonly trace?: string;
}

/** Runs `substream run ARGS`; returns its exit status. @throws UsageError */
export async function runCommand(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const { rest, inspect } = takeInspect(args);
  const { request, json, trace } = readOptions(rest);
  if (trace !== undefined) {
    checkWritable(trace);
  }
  const launched = inspect === undefined ? request : openInspector(inspect, request);
  const host = new SessionHost({ worker: new URL('./session-worker.js', import.meta.url) });
  const print = json ? printJson : printText;
  host.onDidOutput((records) => print(records));
  try {
    const result = await host.run(launched);
    if (trace !== undefined) {
      return await save(host, trace, result);
    }
    return result.exit;
  } finally {
    host.dispose();
  }
}

function readOptions(args: readonly string[]): RunOptions {
  const { values, positionals } = parse(args);
  const [file, extra] = positionals;
  if (file === undefined || extra !== undefined) {
    throw new UsageError(
      file === undefined ? 'run needs a FILE.ts' : `run takes one file, got '${extra}' too`,
    );
  }
  const { profile, seed, trace, record } = values;
  const limit = values['time-limit'];
  const nth = values['fail-nth'];
  if (profile !== undefined && !(PROFILES as readonly string[]).includes(profile)) {
    throw new UsageError(`--profile must be ${PROFILES.join(' or ')}, got '${profile}'`);
  }
  if (seed !== undefined && !/^\d{1,10}$/.test(seed)) {
    throw new UsageError(`--seed must be a whole number, got '${seed}'`);
  }
  if (nth !== undefined && !/^[1-9]\d{0,8}$/.test(nth)) {
    throw new UsageError(`--fail-nth must be a whole number above 0, got '${nth}'`);
  }
  if (limit !== undefined && !(SECONDS.test(limit) && Number(limit) > 0)) {
    throw new UsageError(`--time-limit must be a number of seconds above 0, got '${limit}'`);
  }
  const omit = record === undefined ? [] : omitted(record);
  return {
    request: {
      ...readScript(file),
      ...(omit.length === 0 ? {} : { omit }),
      ...(profile === undefined ? {} : { profile: profile as Profile }),
      ...(seed === undefined ? {} : { seed: Number(seed) }),
      ...(nth === undefined ? {} : { failNth: Number(nth) }),
      ...(limit === undefined ? {} : { timeLimit: Number(limit) }),
    },
    json: values.json === true,
    ...(trace === undefined ? {} : { trace }),
  };
}

/** @throws UsageError */
function omitted(record: string) {
  try {
    return omittedBy(record);
  } catch (error) {
    throw error instanceof RecordChoiceError ? new UsageError(`--record: ${error.message}`) : error;
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        profile: { type: 'string' },
        seed: { type: 'string' },
        trace: { type: 'string' },
        record: { type: 'string' },
        json: { type: 'boolean' },
        'fail-nth': { type: 'string' },
        'time-limit': { type: 'string' },
      },
    });
  } catch (error) {
    const [line = ''] = (error as Error).message.split('. ');
    throw new UsageError(`run: ${line.trim()}; try substream run --help`);
  }
}

function printJson(records: readonly OutputRecord[]): void {
  process.stdout.write(records.map((record) => `${jsonLine(record)}\n`).join(''));
}

function printText(records: readonly OutputRecord[]): void {
  for (const record of records) {
    const failed = record.type === 'result' && record.error !== undefined;
    const stream = failed ? process.stderr : process.stdout;
    stream.write(
      consoleLines(record)
        .map((line) => `${line}\n`)
        .join(''),
    );
  }
}

/** Found out before the run: a long run must not end in a file that cannot be written. */
function checkWritable(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new UsageError(`${path}: is a directory`);
    }
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw error instanceof UsageError
      ? error
      : new UsageError(`${path}: cannot be written: ${reasonOf(error)}`);
  }
}

async function save(host: SessionHost, path: string, result: RunResult): Promise<number> {
  try {
    await host.saveTraceTo(path);
    return result.exit;
  } catch (error) {
    process.stderr.write(`substream: ${path}: the session was not saved: ${reasonOf(error)}\n`);
    return result.exit === 0 ? 70 : result.exit;
  }
}
