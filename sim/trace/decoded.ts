// Commands, events and page requests of the trace, decoded by the hardware's own tables: for texts,
// exports and comparison.

import { bigHi, bigLo, hex } from '../base/hex.ts';
import type { FieldView, RecordTable } from '../regs/record.ts';
import { COMMAND_BY_OPCODE, COMMANDS } from '../smmu/spec/commands.ts';
import { EVENT_BY_TYPE, EVENTS } from '../smmu/spec/events.ts';
import { PRI_ENTRY } from '../smmu/spec/pri.ts';
import type { TraceRecord } from './reader.ts';

/** `result` of an `event_result` record. */
export const EVENT_RESULTS = ['queued', 'lost: overflow', 'discarded', 'held: stall'] as const;

/** `result` of a `ppr` record. */
export const PPR_RESULTS = ['queued', 'lost: overflow', 'refused', 'write aborted'] as const;

/** A decoded queue entry. */
export interface DecodedEntry {
  /** The manual's name, or `reserved 0x..` for a number without one. */
  readonly name: string;
  /** Its fields in bit order, the opcode or event number left out. */
  readonly fields: readonly FieldView[];
}

type AnyTable = Pick<RecordTable<Readonly<Record<string, never>>>, 'describe'>;

/** The payload value `name` of a record as bigint. */
export function bigOf(record: TraceRecord, name: string): bigint {
  return BigInt(record.data[name] ?? 0);
}

/** The payload value `name` of a record as number. */
export function numberOf(record: TraceRecord, name: string): number {
  return Number(record.data[name] ?? 0);
}

/** The payload value `name` of a record as text. */
export function textOf(record: TraceRecord, name: string): string {
  return String(record.data[name] ?? '');
}

/** Decodes a `command` record. */
export function decodeCommand(record: TraceRecord): DecodedEntry {
  const words = wordsOf(record, ['dw0', 'dw1']);
  const opcode = (words[0] ?? 0) & 0xff;
  const name = COMMAND_BY_OPCODE.get(opcode);
  const table: AnyTable | undefined = name === undefined ? undefined : COMMANDS[name];
  return decode(name ?? `reserved ${hex(opcode, 2)}`, table, words);
}

/** Decodes an `event` record. */
export function decodeEvent(record: TraceRecord): DecodedEntry {
  const words = wordsOf(record, ['w0', 'w1', 'w2', 'w3']);
  const type = (words[0] ?? 0) & 0xff;
  const name = EVENT_BY_TYPE.get(type);
  const table: AnyTable | undefined = name === undefined ? undefined : EVENTS[name];
  return decode(name ?? `event ${hex(type, 2)}`, table, words);
}

/** Decodes a `ppr` record. */
export function decodePageRequest(record: TraceRecord): DecodedEntry {
  return decode('page request', PRI_ENTRY, wordsOf(record, ['w0', 'w1']));
}

/** Value of the field `name` of an entry, or undefined when it has none. */
export function fieldOf(entry: DecodedEntry, name: string): number | bigint | undefined {
  return entry.fields.find((field) => field.name === name)?.value;
}

/** The fields that are not 0, as text: `StreamID=0x10 Leaf`; a flag that is set shows its name. */
export function fieldsText(entry: DecodedEntry): string {
  return entry.fields
    .filter(({ value }) => BigInt(value) !== 0n)
    .map(({ name, hi, lo, text, meaning }) => (hi === lo ? name : `${name}=${meaning ?? text}`))
    .join(' ');
}

function wordsOf(record: TraceRecord, names: readonly string[]): Int32Array {
  return Int32Array.from(
    names.flatMap((name) => [bigLo(bigOf(record, name)), bigHi(bigOf(record, name))]),
  );
}

function decode(name: string, table: AnyTable | undefined, words: Int32Array): DecodedEntry {
  const fields = table?.describe(words) ?? [];
  return {
    name,
    fields: fields.filter((field) => field.name !== 'Opcode' && field.name !== 'Type'),
  };
}
