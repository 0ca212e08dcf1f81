// The queues as rings. Commands are what the driver stored and what the SMMU made of them; events and
// page requests are what the SMMU wrote. Indices and sizes come from the registers that set them up.

import { hex64 } from '../base/hex.ts';
import { lastAtMost } from '../explain/trace-index.ts';
import type { QueueDto, QueueEntryDto } from '../protocol/inspect.ts';
import { CERROR_NAMES } from '../smmu/spec/commands.ts';
import type { RegisterName } from '../smmu/spec/registers.ts';
import { REGISTERS } from '../smmu/spec/registers.ts';
import type { DecodedEntry } from '../trace/decoded.ts';
import { decodeCommand, decodeEvent, decodePageRequest, fieldsText } from '../trace/decoded.ts';
import { K } from '../trace/kinds.ts';
import type { TraceRecord } from '../trace/reader.ts';
import { recordById } from '../trace/reader.ts';
import type { InspectContext } from './context.ts';
import { LATEST, writerOf } from './context.ts';
import type { NewestRecords } from './newest-records.ts';

/** Kinds of records that the queues are made of. */
export const QUEUE_KINDS: readonly number[] = [K.command, K.event, K.ppr];

/** The three queues. `records` has {@link QUEUE_KINDS}. */
export function queueViews(context: InspectContext, records: NewestRecords): QueueDto[] {
  return [
    queueOf(context, 'CMDQ', seenOf(records, K.command), (record, number) =>
      commandEntry(context, record, number),
    ),
    queueOf(context, 'EVENTQ', seenOf(records, K.event), (record, number) =>
      eventEntry(context, record, number),
    ),
    queueOf(context, 'PRIQ', seenOf(records, K.ppr), (record, number) =>
      requestEntry(context, record, number),
    ),
  ];
}

interface Seen {
  readonly total: number;
  /** Ids of the newest records, newest first. */
  readonly ids: readonly number[];
}

function seenOf(records: NewestRecords, kind: number): Seen {
  return { total: records.total(kind), ids: records.newest(kind) };
}

function queueOf(
  { index }: InspectContext,
  name: QueueDto['name'],
  { total, ids }: Seen,
  entry: (record: TraceRecord, number: number) => QueueEntryDto,
): QueueDto {
  const register = (end: 'BASE' | 'PROD' | 'CONS'): number => {
    const table = REGISTERS[`${name}_${end}` as RegisterName];
    return index.registerSeen(table.offset, LATEST)?.lo ?? 0;
  };
  const based = index.registerAt(REGISTERS[`${name}_BASE`].offset, LATEST) !== undefined;
  const entries = ids.flatMap((id, at) => {
    const record = recordById(index.source, id);
    return record === undefined ? [] : [entry(record, total - 1 - at)];
  });
  const prod = name === 'CMDQ' ? register('PROD') & INDEX : total;
  return {
    name,
    size: based ? 2 ** (register('BASE') & LOG2SIZE) : 0,
    prod,
    cons: register('CONS') & INDEX,
    total,
    entries,
  };
}

/** Index and wrap of PROD and CONS; LOG2SIZE of a base register. */
const INDEX = 0xf_ffff;
const LOG2SIZE = 0x1f;

function wordsOf(record: TraceRecord, names: readonly string[]): string[] {
  return names.map((name) => {
    const value = BigInt(record.data[name] ?? 0);
    return hex64(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  });
}

function entryOf(
  { index }: InspectContext,
  record: TraceRecord,
  decoded: DecodedEntry,
  rest: Pick<QueueEntryDto, 'number' | 'index' | 'state' | 'words'>,
): QueueEntryDto {
  const writer = writerOf(index, record.id);
  return {
    ...rest,
    name: decoded.name,
    text: fieldsText(decoded),
    ...(writer === undefined ? {} : { writer }),
  };
}

function commandEntry(context: InspectContext, record: TraceRecord, number: number): QueueEntryDto {
  const cerror = Number(record.data['cerror'] ?? 0);
  return entryOf(context, record, decodeCommand(record), {
    number,
    index: Number(record.data['index'] ?? 0),
    state: cerror === 0 ? 'done' : `refused: ${CERROR_NAMES[cerror] ?? cerror}`,
    words: wordsOf(record, ['dw0', 'dw1']),
  });
}

function eventEntry(context: InspectContext, record: TraceRecord, number: number): QueueEntryDto {
  const event = eventNumber(context.index.events, record.id);
  const entry = entryOf(context, record, decodeEvent(record), {
    number,
    index: number,
    state: event === 0 ? 'lost' : 'recorded',
    words: wordsOf(record, ['w0', 'w1', 'w2', 'w3']),
  });
  return event === 0 ? entry : { ...entry, event };
}

/** Number of an event that software could see, from 1; 0 for one that was lost. */
function eventNumber(events: readonly number[], record: number): number {
  const at = lastAtMost(events, record);
  return events[at] === record ? at + 1 : 0;
}

function requestEntry(context: InspectContext, record: TraceRecord, number: number): QueueEntryDto {
  return entryOf(context, record, decodePageRequest(record), {
    number,
    index: number,
    state: Number(record.data['result'] ?? 0) === 0 ? 'queued' : 'answered by the SMMU',
    words: wordsOf(record, ['w0', 'w1']),
  });
}
