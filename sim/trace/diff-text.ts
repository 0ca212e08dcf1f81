// A comparison as plain text to send by mail: 72 columns, the first divergence in front.

import type { CallPlace, Difference, DiffLine, SessionDiff, SessionTotals } from './diff.ts';
import type { ExportSession } from './export/export-format.ts';

const COLUMNS = 72;
const SINGULAR = { calls: 'call', commands: 'command', accesses: 'access', events: 'event' };
/** Lines shown of one difference. */
const MOST_LINES = 40;

/** The lines of a comparison of `a` with `b`. */
export function diffText(diff: SessionDiff, a: ExportSession, b: ExportSession): string[] {
  const heads = [headLine('A', a, diff.totals[0]), headLine('B', b, diff.totals[1])];
  if (diff.same) {
    return ['The sessions agree.', ...heads];
  }
  const [first, ...rest] = diff.differences;
  const lines = [
    diff.count === 0 ? 'The sessions agree, but not how they were set up.' : 'The sessions differ.',
    ...heads,
    ...diff.setup.flatMap((line) => wrapped('  ', line)),
  ];
  if (first !== undefined) {
    lines.push('', 'First divergence:', ...differenceLines(first));
  }
  if (rest.length > 0) {
    lines.push('', 'Then:');
    for (const difference of rest) {
      lines.push(...differenceLines(difference));
    }
  }
  const left = diff.count - diff.differences.length;
  if (left > 0) {
    lines.push('', `${left} more differences are not shown.`);
  }
  return lines;
}

function headLine(name: string, { header }: ExportSession, totals: SessionTotals): string {
  const { calls, commands, accesses, events } = totals;
  const counts = Object.entries({ calls, commands, accesses, events })
    .map(
      ([what, count]) => `${count} ${count === 1 ? SINGULAR[what as keyof SessionTotals] : what}`,
    )
    .join(', ');
  return `  ${name}  ${header.file}  ${header.profile}  seed ${header.seed}: ${counts}`;
}

function differenceLines({ a, b, lines }: Difference): string[] {
  const heads =
    a === undefined || b === undefined
      ? [...callLines('-', a, 'A'), ...callLines('+', b, 'B')]
      : a.text === b.text
        ? callLines(' ', a, a.number === b.number ? 'both' : `A, ${b.number} of B`)
        : [...callLines('-', a, 'A'), ...callLines('+', b, 'B')];
  const shown = lines.slice(0, MOST_LINES).flatMap(resultLine);
  const left = lines.length - MOST_LINES;
  return [...heads, ...shown, ...(left > 0 ? [`      (${left} more lines)`] : [])];
}

function callLines(sign: string, call: CallPlace | undefined, where: string): string[] {
  if (call === undefined) {
    return [];
  }
  const at = call.number === 0 ? where : `call ${call.number} of ${where}, line ${call.line}`;
  return [`${sign} ${at}`, ...wrapped(`${sign}   `, call.text)];
}

function resultLine({ sign, text }: DiffLine): string[] {
  return wrapped(`${sign}     `, text);
}

/** Text broken at spaces; the first line's sign stands before each. Long words are not broken. */
function wrapped(lead: string, text: string): string[] {
  const lines: string[] = [];
  let line = lead;
  let empty = true;
  for (const word of text.replaceAll(/[\n\t]+/g, ' ').split(' ')) {
    if (!empty && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = `${lead}  `;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}
