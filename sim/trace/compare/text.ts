// A comparison of two API shapes as text to send by mail: calls, commands, states, mistakes. 72 columns.

import { editRuns } from '../../base/sequence-diff.ts';
import type { Noticed, Rehearsal } from './slips.ts';
import { NOTICED } from './slips.ts';
import type { SessionSummary } from './summary.ts';

/** One side of a comparison. */
export interface ComparedScript {
  readonly file: string;
  readonly profile: string;
  readonly summary: SessionSummary;
  readonly rehearsals: readonly Rehearsal[];
}

const COLUMNS = 72;
/** Lines of one sequence's differences that are shown. */
const MOST_LINES = 24;

/** The lines of the comparison. */
export function compareText(a: ComparedScript, b: ComparedScript): string[] {
  return [
    'Two shapes of one driver, compared.',
    headLine('A', a),
    headLine('B', b),
    '',
    ...callLines(a, b),
    '',
    ...sequenceLines('Commands', a.summary.commands, b.summary.commands),
    '',
    ...sequenceLines('States reached', a.summary.states, b.summary.states),
    '',
    ...sequenceLines('Faults', a.summary.events, b.summary.events),
    '',
    ...mistakeLines(a, b),
  ];
}

function headLine(name: string, { file, profile, summary }: ComparedScript): string {
  const { calls, commands, events } = summary;
  return `  ${name}  ${file}  ${profile}: ${calls.length} calls, ${commands.length} commands, ${events.length} events`;
}

function callLines(a: ComparedScript, b: ComparedScript): string[] {
  const [inA, inB] = [counts(a.summary), counts(b.summary)];
  const names = [...new Set([...inA.keys(), ...inB.keys()])].sort();
  const rows = names
    .filter((name) => inA.get(name) !== inB.get(name))
    .map((name) => `  ${name.padEnd(44)} ${count(inA, name)} ${count(inB, name)}`);
  return rows.length === 0
    ? ['Calls: the same functions, as often.']
    : [`${'Calls that differ'.padEnd(46)} ${'A'.padStart(5)} ${'B'.padStart(5)}`, ...rows];
}

function counts({ calls }: SessionSummary): Map<string, number> {
  const found = new Map<string, number>();
  for (const { fn } of calls) {
    found.set(fn, (found.get(fn) ?? 0) + 1);
  }
  return found;
}

function count(found: ReadonlyMap<string, number>, name: string): string {
  return String(found.get(name) ?? '-').padStart(5);
}

function sequenceLines(what: string, a: readonly string[], b: readonly string[]): string[] {
  const lines: string[] = [];
  for (const run of editRuns(a.length, b.length, (at, bt) => a[at] === b[bt])) {
    if (run.same) {
      continue;
    }
    lines.push(...a.slice(run.a, run.aEnd).map((text) => `  - ${text}`));
    lines.push(...b.slice(run.b, run.bEnd).map((text) => `  + ${text}`));
  }
  if (lines.length === 0) {
    return [`${what}: the same ${a.length}, in the same order.`];
  }
  const left = lines.length - MOST_LINES;
  return [
    `${what}: ${a.length} in A (-), ${b.length} in B (+); what differs:`,
    ...lines.slice(0, MOST_LINES).map(clipped),
    ...(left > 0 ? [`  (${left} more)`] : []),
  ];
}

const LABELS: Readonly<Record<Noticed, string>> = {
  'return value': 'the kernel, by a return value',
  fault: 'the hardware, by a fault',
  diagnostic: 'only this workbench',
  nobody: 'nobody',
};

function mistakeLines(a: ComparedScript, b: ComparedScript): string[] {
  const tally = ({ rehearsals }: ComparedScript, noticed: Noticed): string =>
    String(rehearsals.filter((rehearsal) => rehearsal.noticed === noticed).length).padStart(5);
  return [
    'Mistakes: each call left out once, and made twice once. Noticed by',
    ...NOTICED.map(
      (noticed) => `  ${LABELS[noticed].padEnd(44)} ${tally(a, noticed)} ${tally(b, noticed)}`,
    ),
    ...whoLines('A', a),
    ...whoLines('B', b),
  ];
}

/** The mistakes that the kernel lets pass: what a reviewer wants to know of an API. */
function whoLines(name: string, { rehearsals }: ComparedScript): string[] {
  const passed = rehearsals.filter(({ noticed }) => noticed !== 'return value');
  const lines = passed.map(({ fn, line, kind, noticed, sign }) => {
    const what = `${fn} (line ${line}) ${kind === 'omitted' ? 'left out' : 'made twice'}`;
    return [`  ${what}:`, ...wrapped(sign === '' ? noticed : sign)].join('\n');
  });
  return lines.length === 0
    ? [`In ${name} the kernel refuses every one.`]
    : [
        `In ${name} the kernel does not refuse:`,
        ...[...new Set(lines)].flatMap((line) => line.split('\n')),
      ];
}

/** Text below a head line, broken at spaces. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = '     ';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > COLUMNS && line.trim() !== '') {
      lines.push(line);
      line = '     ';
    }
    line += ` ${word}`;
  }
  return [...lines, line].map(clipped);
}

function clipped(line: string): string {
  return line.length <= COLUMNS ? line : `${line.slice(0, COLUMNS - 3)}...`;
}
