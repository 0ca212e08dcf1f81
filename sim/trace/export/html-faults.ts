// Faults explained out of the trace alone: what the event says, the fetches that led there, who wrote
// the last thing read, and the call that caused it. What the trace does not tell is left out.

import { bigOf, decodeEvent, numberOf, textOf } from '../decoded.ts';
import type { TraceRecord } from '../reader.ts';
import { recordText } from '../record-text.ts';
import type { TraceIndex } from '../trace-index.ts';
import { escapeHtml } from './html-text.ts';

/** How far back from an event its fetches are looked for, in records. */
const WALK_REACH = 64;

/** What lies between two accesses. */
const ENDS_OF_A_WALK: ReadonlySet<TraceRecord['kind']> = new Set([
  'call',
  'return',
  'command',
  'dma',
  'event',
] as const);

/** A fault with what was known when it came. */
export interface FaultContext {
  readonly event: TraceRecord;
  /** The reads of structures that led to it, in order. */
  readonly fetches: readonly TraceRecord[];
  /** Id of the record that wrote last what the last fetch read, 0 when the trace has none. */
  readonly writer: number;
}

/** Collects what explains an event; `lastWrites`: by physical address, the id of the last `mem_write`. */
export function faultContext(
  index: TraceIndex,
  event: TraceRecord,
  lastWrites: ReadonlyMap<number, number>,
): FaultContext {
  const fetches = fetchesBefore(index, event);
  const last = fetches.at(-1);
  const writer = last === undefined ? 0 : (lastWrites.get(Number(bigOf(last, 'pa'))) ?? 0);
  return { event, fetches, writer };
}

/** One HTML section a fault; `explain` gives better lines than ours, for those it can explain. */
export function faultSections(
  index: TraceIndex,
  faults: readonly FaultContext[],
  explain: ((number: number) => readonly string[] | undefined) | undefined,
): string[] {
  return faults.map((fault, at) => {
    const { event } = fault;
    const lines = explain?.(at + 1) ?? ownLines(index, fault);
    const fields = decodeEvent(event)
      .fields.map(
        ({ name, text, meaning }) =>
          `${name} ${text}${meaning === undefined ? '' : ` (${meaning})`}`,
      )
      .join(', ');
    return (
      `<h3>${at + 1}. <span class="fault">&#x2718; ${escapeHtml(recordText(event))}</span></h3>\n` +
      `<p class="dim">${escapeHtml(fields)}</p>\n<pre>${escapeHtml(lines.join('\n'))}</pre>\n`
    );
  });
}

function ownLines(index: TraceIndex, { event, fetches, writer }: FaultContext): string[] {
  return [
    ...fetches.map((fetch) => `  ${recordText(fetch)}`),
    ...writerLines(index, writer),
    ...causeLines(index, event),
  ];
}

/** Reads of structures by the same access: those right before the event, under the same script call. */
function fetchesBefore(index: TraceIndex, event: TraceRecord): TraceRecord[] {
  const fetches: TraceRecord[] = [];
  const call = index.scriptCallOf(event.id);
  for (let id = event.id - 1; id > 0 && id >= event.id - WALK_REACH; id--) {
    const record = index.record(id);
    if (record === undefined || ENDS_OF_A_WALK.has(record.kind)) {
      break;
    }
    if (record.kind === 'fetch' && index.scriptCallOf(id) === call) {
      fetches.unshift(record);
    }
  }
  return fetches;
}

/** Who wrote what the last fetch read. */
function writerLines(index: TraceIndex, writer: number): string[] {
  const write = index.record(writer);
  if (write === undefined) {
    return [];
  }
  const call = index.scriptCall(writer);
  const by = call === undefined ? '' : ` by line ${numberOf(call, 'line')}, ${recordText(call)}`;
  return [`  written last${by}: ${recordText(write)}`];
}

function causeLines(index: TraceIndex, event: TraceRecord): string[] {
  const calls = index.chain(event.id).filter(({ kind }) => kind === 'call');
  return calls.map((call) => {
    const line = numberOf(call, 'line');
    return `  caused by ${line > 0 ? `line ${line}: ` : ''}${textOf(call, 'fn')}(${textOf(call, 'args')})`;
  });
}
