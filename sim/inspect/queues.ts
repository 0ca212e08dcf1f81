// The queues as rings. Commands are what the driver stored and what the SMMU made of them; events and
// page requests are what the SMMU wrote. Indices and sizes come from the registers that set them up.

import { hex64 } from '../base/hex.ts';
import type { QueueDto, QueueEntryDto } from '../protocol/inspect.ts';
import { CERROR_NAMES } from '../smmu/spec/commands.ts';
import type { RegisterName } from '../smmu/spec/registers.ts';
import { REGISTERS } from '../smmu/spec/registers.ts';
import type { DecodedEntry } from '../trace/decoded.ts';
import { decodeCommand, decodeEvent, decodePageRequest, fieldsText } from '../trace/decoded.ts';
import { K } from '../trace/kinds.ts';
import type { TraceRecord, TraceSource } from '../trace/reader.ts';
import { recordById, scanTrace } from '../trace/reader.ts';
import type { InspectContext } from './context.ts';
import { LATEST, writerOf } from './context.ts';

/** Newest entries that are shown of each queue. */
const SHOWN = 256;

/** The three queues. */
export function queueViews(context: InspectContext): QueueDto[] {
  const { index } = context;
  const found = newest(index.source);
  return [
    queueOf(context, 'CMDQ', found.command, (record, number) =>
      commandEntry(context, record, number),
    ),
    queueOf(context, 'EVENTQ', found.event, (record, number) =>
      eventEntry(context, record, number),
    ),
    queueOf(context, 'PRIQ', found.ppr, (record, number) => requestEntry(context, record, number)),
  ];
}

interface Seen {
  total: number;
  /** Ids of the newest records, oldest first. */
  ids: number[];
}

/** One pass over the trace for all queues. */
function newest({ chunks, texts }: TraceSource): Record<'command' | 'event' | 'ppr', Seen> {
  const seen = {
    command: { total: 0, ids: [] as number[] },
    event: { total: 0, ids: [] as number[] },
    ppr: { total: 0, ids: [] as number[] },
  };
  const byKind = new Map([
    [K.command, seen.command],
    [K.event, seen.event],
    [K.ppr, seen.ppr],
  ]);
  scanTrace({ chunks, texts }, (kind, id) => {
    const queue = byKind.get(kind);
    if (queue !== undefined) {
      queue.total++;
      queue.ids.push(id);
      if (queue.ids.length >= 2 * SHOWN) {
        queue.ids.splice(0, SHOWN);
      }
    }
  });
  return seen;
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
  const shown = ids.slice(-SHOWN).reverse();
  const entries = shown.flatMap((id, at) => {
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
  const event = context.index.events.indexOf(record.id) + 1;
  const entry = entryOf(context, record, decodeEvent(record), {
    number,
    index: number,
    state: event === 0 ? 'lost' : 'recorded',
    words: wordsOf(record, ['w0', 'w1', 'w2', 'w3']),
  });
  return event === 0 ? entry : { ...entry, event };
}

function requestEntry(context: InspectContext, record: TraceRecord, number: number): QueueEntryDto {
  return entryOf(context, record, decodePageRequest(record), {
    number,
    index: number,
    state: Number(record.data['result'] ?? 0) === 0 ? 'queued' : 'answered by the SMMU',
    words: wordsOf(record, ['w0', 'w1']),
  });
}
