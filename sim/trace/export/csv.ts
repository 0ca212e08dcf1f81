// csv: every record with every value, one row each, a column for each payload name (RFC 4180). What a
// column means depends on the row's kind; addresses are hexadecimal. Texts are written as they are:
// a spreadsheet may take one that starts with = for a formula.

import { hex } from '../../base/hex.ts';
import { TRACE_KINDS } from '../kinds.ts';
import { recordText } from '../record-text.ts';
import type { ExportControl, ExportFormat, ExportSession } from './export-format.ts';
import { inPieces, passOver } from './export-format.ts';

/** Names of the payload columns, in order of their first use in the table of kinds. */
export const CSV_PAYLOAD: readonly string[] = [
  ...new Set(Object.values(TRACE_KINDS).flatMap((fields) => Object.keys(fields))),
];

const HEAD = ['id', 'time_ns', 'kind', 'cause', 'summary'];
/** Payload names that another column has already. */
const RENAMED: Readonly<Record<string, string>> = { id: 'object_id' };

/** All records as a table. */
export const CSV: ExportFormat = {
  id: 'csv',
  title: 'Table (CSV)',
  extension: '.csv',
  directory: false,
  files: (session, control) => [{ name: '', pieces: inPieces(rows(session, control)) }],
};

function* rows(session: ExportSession, control: ExportControl): Generator<string> {
  yield row([...HEAD, ...CSV_PAYLOAD.map((name) => RENAMED[name] ?? name)]);
  for (const record of passOver(session, control)) {
    const { id, time, kind, cause, data } = record;
    const values = CSV_PAYLOAD.map((name) => {
      const value = data[name];
      return value === undefined ? '' : typeof value === 'bigint' ? hex(value) : String(value);
    });
    yield row([String(id), String(time), kind, String(cause), recordText(record), ...values]);
  }
}

function row(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
