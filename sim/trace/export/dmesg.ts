// dmesg: the kernel log as `dmesg` prints it, one line a record: `[    0.004213] text`. Levels are not
// printed, as dmesg does not print them either. A record of several lines repeats its stamp.

import { textOf } from '../decoded.ts';
import type { ExportControl, ExportFormat, ExportSession } from './export-format.ts';
import { inPieces, passOver } from './export-format.ts';

const NS = 1e9;

/** The log of a session as dmesg prints it. */
export const DMESG: ExportFormat = {
  id: 'dmesg',
  title: 'Kernel log (dmesg)',
  extension: '.log',
  directory: false,
  files: (session, control) => [{ name: '', pieces: inPieces(lines(session, control)) }],
};

/** The time of a log line: `[    0.004213] `. */
export function dmesgStamp(ticks: number): string {
  const seconds = String(Math.floor(ticks / NS)).padStart(5);
  const micros = String(Math.floor((ticks % NS) / 1000)).padStart(6, '0');
  return `[${seconds}.${micros}] `;
}

function* lines(session: ExportSession, control: ExportControl): Generator<string> {
  for (const record of passOver(session, control, undefined, ['log'])) {
    for (const line of textOf(record, 'text').replace(/\n$/, '').split('\n')) {
      yield `${dmesgStamp(record.time)}${printable(line)}\n`;
    }
  }
}

/** Control characters as dmesg escapes them: `\x1b`. Tabs stay. */
function printable(text: string): string {
  return [...text]
    .map((unit) =>
      unit !== '\t' && (unit < ' ' || unit === '\x7f')
        ? `\\x${unit.charCodeAt(0).toString(16).padStart(2, '0')}`
        : unit,
    )
    .join('');
}
