// Compares two sessions by meaning, not by time: the script's calls are aligned by what they are called
// with, and under each call what came of it: kernel calls, commands, accesses by stream and PASID,
// faults, log. Register accesses, fetches, caches and stores to memory are not compared.

import { editRuns } from '../base/sequence-diff.ts';
import { numberOf } from './decoded.ts';
import type { ExportControl, ExportSession, PassShare } from './export/export-format.ts';
import { passOver } from './export/export-format.ts';
import type { TraceKind } from './kinds.ts';
import type { TraceRecord } from './reader.ts';
import { readTrace } from './reader.ts';
import { recordText } from './record-text.ts';

/** One line of a difference; `-` is in the first session only, `+` in the second, ` ` in both. */
export interface DiffLine {
  readonly sign: '-' | '+' | ' ';
  readonly text: string;
}

/** Where and how the sessions differ. */
export interface Difference {
  /** The call in each session; undefined: it has no such call. */
  readonly a?: CallPlace;
  readonly b?: CallPlace;
  /** What came of the call, where it differs, with what is the same around it. */
  readonly lines: readonly DiffLine[];
}

/** A call of the script in one session. */
export interface CallPlace {
  /** Number among the session's calls, from 1; 0 is what happened before the first. */
  readonly number: number;
  /** Line of the script, 0 before the first call. */
  readonly line: number;
  /** The call as it was made. */
  readonly text: string;
  /** Id of its record. */
  readonly record: number;
}

/** Counts of a session that a comparison shows. */
export interface SessionTotals {
  readonly calls: number;
  readonly commands: number;
  readonly accesses: number;
  readonly events: number;
}

/** The result of a comparison. */
export interface SessionDiff {
  /** Nothing that is compared differs, the setups included. */
  readonly same: boolean;
  /** What differs in script, profile, seed and machine, a line each. */
  readonly setup: readonly string[];
  readonly totals: readonly [SessionTotals, SessionTotals];
  /** The first differences, in the order of the sessions. */
  readonly differences: readonly Difference[];
  /** Differences in all. */
  readonly count: number;
}

/** Differences whose lines are worked out. */
const MOST_DIFFERENCES = 100;
/** Lines of one call that are compared. */
const MOST_LINES = 2000;
/** Lines that are the same, shown around those that differ. */
const CONTEXT = 2;

/** Kinds of record that are compared; the rest is how, not what. */
const COMPARED: ReadonlySet<TraceKind> = new Set([
  'call',
  'return',
  'log',
  'command',
  'dma',
  'event',
  'event_result',
  'ppr',
  'irq',
  'msi',
  'diagnostic',
  'stall',
  'ats',
  'wait',
  'device',
  'object',
] as const);

/**
 * Compares two sessions.
 * @throws ExportCancelled when the control's signal is aborted
 */
export function diffSessions(
  a: ExportSession,
  b: ExportSession,
  control: ExportControl = {},
): SessionDiff {
  const kinds = comparedKinds(a, b);
  const left = new Outline(a, kinds, control, { from: 0, to: 0.45 });
  const right = new Outline(b, kinds, control, { from: 0.45, to: 0.9 });
  const setup = setupDifferences(a, b);
  const found = new Findings(left, right);
  const runs = editRuns(
    left.calls.length,
    right.calls.length,
    (at, bt) => left.calls[at]?.text === right.calls[bt]?.text,
  );
  for (const run of runs) {
    const shared = Math.min(run.aEnd - run.a, run.bEnd - run.b);
    for (let n = 0; n < shared; n++) {
      found.pair(run.a + n, run.b + n);
    }
    for (let at = run.a + shared; at < run.aEnd; at++) {
      found.only(at, undefined);
    }
    for (let bt = run.b + shared; bt < run.bEnd; bt++) {
      found.only(undefined, bt);
    }
  }
  control.onProgress?.(1);
  return {
    same: found.count === 0 && setup.length === 0,
    setup,
    totals: [left.totals, right.totals],
    differences: found.differences,
    count: found.count,
  };
}

/** What one session left out cannot be compared. */
function comparedKinds(a: ExportSession, b: ExportSession): ReadonlySet<TraceKind> {
  const omitted = [...(a.header.omitted ?? []), ...(b.header.omitted ?? [])];
  return new Set([...COMPARED].filter((kind) => !omitted.includes(kind)));
}

/** A call of the script and a fingerprint of what came of it. */
interface OutlinedCall extends CallPlace {
  /** Name of the function. */
  readonly fn: string;
  hash: number;
  /** Id of the first record of the next call. */
  end: number;
}

/** The calls of one session, found in one pass; what is below a call is read again when needed. */
class Outline {
  readonly calls: OutlinedCall[] = [];
  readonly totals: SessionTotals;
  readonly #session: ExportSession;
  readonly #kinds: ReadonlySet<TraceKind>;

  constructor(
    session: ExportSession,
    kinds: ReadonlySet<TraceKind>,
    control: ExportControl,
    share: PassShare,
  ) {
    this.#session = session;
    this.#kinds = kinds;
    const counts = { calls: 0, commands: 0, accesses: 0, events: 0 };
    const first = session.source.chunks[0]?.firstId ?? 1;
    let current = this.#open({
      number: 0,
      line: 0,
      text: '(before the first call)',
      record: first,
    });
    for (const record of passOver(session, control, share)) {
      counts.commands += record.kind === 'command' ? 1 : 0;
      counts.accesses += record.kind === 'dma' ? 1 : 0;
      counts.events += record.kind === 'event' ? 1 : 0;
      if (kinds.has('call') && isOuterCall(record)) {
        counts.calls++;
        current.end = record.id;
        current = this.#open({
          number: counts.calls,
          line: numberOf(record, 'line'),
          text: recordText(record),
          record: record.id,
        });
      } else if (kinds.has(record.kind)) {
        current.hash = mix(current.hash, comparedText(record));
      }
      current.end = record.id + 1;
    }
    this.totals = counts;
  }

  /** What came of a call, a line each. */
  linesOf(call: OutlinedCall): string[] {
    const lines: string[] = [];
    for (const record of readTrace(this.#session.source, call.record)) {
      if (record.id >= call.end || lines.length >= MOST_LINES) {
        break;
      }
      if (this.#kinds.has(record.kind) && !isOuterCall(record)) {
        lines.push(comparedText(record));
      }
    }
    return lines;
  }

  #open({ number, line, text, record }: CallPlace): OutlinedCall {
    const fn = text.slice(0, text.indexOf('('));
    // Field by field: there is one for each call of a session.
    const call = { number, line, text, record, fn, hash: 0, end: record };
    this.calls.push(call);
    return call;
  }
}

/** Calls of the script that no other call caused. */
function isOuterCall(record: TraceRecord): boolean {
  return record.kind === 'call' && record.cause === 0 && numberOf(record, 'line') > 0;
}

function comparedText(record: TraceRecord): string {
  return record.kind === 'call' ? `calls ${recordText(record)}` : recordText(record);
}

/** FNV-1a over the text, on top of what came before. */
function mix(hash: number, text: string): number {
  let value = hash ^ 0x811c_9dc5;
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x0100_0193);
  }
  return value | 0;
}

/** Collects the differences; works out the lines of the first ones. */
class Findings {
  readonly differences: Difference[] = [];
  count = 0;
  readonly #left: Outline;
  readonly #right: Outline;

  constructor(left: Outline, right: Outline) {
    this.#left = left;
    this.#right = right;
  }

  /** Two calls at the same place: the same call, another result, or another call. */
  pair(at: number, bt: number): void {
    const a = this.#left.calls[at];
    const b = this.#right.calls[bt];
    if (a === undefined || b === undefined || (a.text === b.text && a.hash === b.hash)) {
      return;
    }
    if (a.text !== b.text && a.fn !== b.fn) {
      this.only(at, undefined);
      this.only(undefined, bt);
      return;
    }
    this.#add(() => {
      const lines = this.#compare(this.#left.linesOf(a), this.#right.linesOf(b));
      return { a: placeOf(a), b: placeOf(b), lines };
    });
  }

  /** A call that one session has alone. */
  only(at: number | undefined, bt: number | undefined): void {
    const a = at === undefined ? undefined : this.#left.calls[at];
    const b = bt === undefined ? undefined : this.#right.calls[bt];
    this.#add(() => ({
      ...(a === undefined ? {} : { a: placeOf(a) }),
      ...(b === undefined ? {} : { b: placeOf(b) }),
      lines: [
        ...signed('-', a === undefined ? [] : this.#left.linesOf(a)),
        ...signed('+', b === undefined ? [] : this.#right.linesOf(b)),
      ],
    }));
  }

  #add(make: () => Difference): void {
    this.count++;
    if (this.differences.length < MOST_DIFFERENCES) {
      this.differences.push(make());
    }
  }

  #compare(a: readonly string[], b: readonly string[]): DiffLine[] {
    const lines: DiffLine[] = [];
    const runs = editRuns(a.length, b.length, (at, bt) => a[at] === b[bt]);
    for (const [index, run] of runs.entries()) {
      if (run.same) {
        lines.push(...context(a.slice(run.a, run.aEnd), index > 0, index < runs.length - 1));
      } else {
        lines.push(...signed('-', a.slice(run.a, run.aEnd)));
        lines.push(...signed('+', b.slice(run.b, run.bEnd)));
      }
    }
    return lines;
  }
}

/** What is the same, cut down to what stands next to differences before or after it. */
function context(lines: readonly string[], before: boolean, after: boolean): DiffLine[] {
  const head = before ? CONTEXT : 0;
  const tail = after ? CONTEXT : 0;
  if (lines.length <= head + tail + 1) {
    return signed(' ', lines);
  }
  const left = lines.length - head - tail;
  return [
    ...signed(' ', lines.slice(0, head)),
    { sign: ' ', text: `(${left} lines are the same)` },
    ...signed(' ', lines.slice(lines.length - tail)),
  ];
}

function signed(sign: DiffLine['sign'], texts: readonly string[]): DiffLine[] {
  return texts.map((text) => ({ sign, text }));
}

function placeOf({ number, line, text, record }: OutlinedCall): CallPlace {
  return { number, line, text, record };
}

function setupDifferences({ header: a }: ExportSession, { header: b }: ExportSession): string[] {
  const lines: string[] = [];
  const compare = (what: string, left: unknown, right: unknown): void => {
    const texts = [left, right].map((value) => JSON.stringify(value) ?? 'not set');
    if (texts[0] !== texts[1]) {
      lines.push(`${what}: ${texts[0]} in A, ${texts[1]} in B`);
    }
  };
  if (a.script !== b.script) {
    const [left, right] = [a.script.split('\n'), b.script.split('\n')];
    const runs = editRuns(left.length, right.length, (at, bt) => left[at] === right[bt]);
    const changed = runs.filter(({ same }) => !same);
    const [first] = changed;
    lines.push(
      `script: ${changed.length} ${changed.length === 1 ? 'place differs' : 'places differ'}, ` +
        `the first at line ${(first?.a ?? 0) + 1} of A, line ${(first?.b ?? 0) + 1} of B`,
    );
  }
  compare('profile', a.profile, b.profile);
  compare('seed', a.seed, b.seed);
  compare('time limit', a.timeLimit, b.timeLimit);
  compare('failing allocation', a.failNth, b.failNth);
  compare('left out of the record', a.omitted, b.omitted);
  for (const key of new Set([...Object.keys(a.machine), ...Object.keys(b.machine)])) {
    compare(`machine ${key}`, a.machine[key], b.machine[key]);
  }
  return lines;
}
