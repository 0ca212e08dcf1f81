// csv: every record with every value, one row each, a column for each payload name (RFC 4180). What a
// column means depends on the row's kind; addresses are hexadecimal. Texts are written as they are:
// a spreadsheet may take one that starts with = for a formula.

import { ensure } from '../../base/assert.ts';
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

/** Where a kind's values stand in a row: the commas before each, and those after the last. */
interface RowPlan {
  readonly fields: readonly { readonly commas: string; readonly name: string }[];
  readonly rest: string;
}

const PLANS: ReadonlyMap<string, RowPlan> = new Map(
  Object.entries(TRACE_KINDS).map(([kind, payload]) => {
    const places = Object.keys(payload)
      .map((name) => ({ name, at: CSV_PAYLOAD.indexOf(name) + 1 }))
      .sort((a, b) => a.at - b.at);
    let last = 0;
    const fields = places.map(({ name, at }) => {
      const commas = ','.repeat(at - last);
      last = at;
      return { commas, name };
    });
    return [kind, { fields, rest: ','.repeat(CSV_PAYLOAD.length - last) }];
  }),
);

function* rows(session: ExportSession, control: ExportControl): Generator<string> {
  yield `${[...HEAD, ...CSV_PAYLOAD.map((name) => RENAMED[name] ?? name)].join(',')}\r\n`;
  for (const record of passOver(session, control)) {
    const { id, time, kind, cause, data } = record;
    let row = `${id},${time},${kind},${cause},${cell(recordText(record))}`;
    const { fields, rest } = ensure(PLANS.get(kind), 'columns');
    for (const { commas, name } of fields) {
      const value = data[name] ?? '';
      row += commas;
      row +=
        typeof value === 'string' ? cell(value) : typeof value === 'bigint' ? hex(value) : value;
    }
    yield `${row}${rest}\r\n`;
  }
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
