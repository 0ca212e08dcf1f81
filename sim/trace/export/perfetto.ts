// perfetto: Chrome trace events (JSON) for ui.perfetto.dev, chrome://tracing and speedscope. Calls are
// strictly nested slices on the tracks of the script and of the kernel; calls that overlap without
// nesting are async events. Records that share a tick are drawn 1 ns apart; `args.tick` is the tick.

import type { CallFacts, EndedCall } from '../call-tree.ts';
import { CallTracker, scanCalls, trackOf } from '../call-tree.ts';
import { decodeCommand, decodeEvent, decodePageRequest, numberOf, textOf } from '../decoded.ts';
import { QueueTracker } from '../queue-tracker.ts';
import type { TraceRecord } from '../reader.ts';
import { accessText, recordText, streamText } from '../record-text.ts';
import type { ExportControl, ExportFormat, ExportSession } from './export-format.ts';
import { inPieces, passOver, SpreadClock } from './export-format.ts';

/** The session as slices, instants and counters on tracks. */
export const PERFETTO: ExportFormat = {
  id: 'perfetto',
  title: 'Timeline (Chrome JSON: Perfetto, speedscope)',
  extension: '.json',
  directory: false,
  files: (session, control) => [{ name: '', pieces: inPieces(document(session, control)) }],
};

/** Fixed tracks by thread id; walks get ids from {@link FIRST_STREAM} on. */
const TRACKS = {
  script: { tid: 1, name: 'script' },
  kernel: { tid: 2, name: 'kernel' },
  cmdq: { tid: 3, name: 'CMDQ' },
  eventq: { tid: 4, name: 'EVENTQ' },
  priq: { tid: 5, name: 'PRIQ' },
  irq: { tid: 6, name: 'interrupts' },
  mmio: { tid: 7, name: 'registers and memory' },
  log: { tid: 8, name: 'log' },
  ats: { tid: 9, name: 'ATS and stalls' },
} as const;
const FIRST_STREAM = 100;
/** What belongs to the walk of the next access. */
const WALK_KINDS: ReadonlySet<string> = new Set([
  'fetch',
  'cache',
  'tlb_entry',
  'walk_entry',
  'atc_entry',
]);

/** One trace event. Undefined parts are left out. */
interface TraceEvent {
  readonly ph: 'B' | 'E' | 'X' | 'i' | 'b' | 'e' | 'C' | 'M';
  readonly tid: number;
  readonly name: string;
  /** Nanoseconds to draw it at. */
  readonly at: number;
  /** Nanoseconds, of an X event. */
  readonly duration?: number;
  readonly id?: number;
  readonly args?: Readonly<Record<string, number | string>>;
}

function* document(session: ExportSession, control: ExportControl): Generator<string> {
  const facts = scanCalls(passOver(session, control, { from: 0, to: 0.3 }, ['call', 'return']));
  yield '{"displayTimeUnit":"ns","traceEvents":[\n';
  yield eventText({
    ph: 'M',
    tid: 0,
    name: 'process_name',
    at: 0,
    args: { name: session.header.file },
  });
  for (const { tid, name } of Object.values(TRACKS)) {
    yield `,\n${threadName(tid, name)}`;
  }
  const timeline = new Timeline(facts);
  for (const record of passOver(session, control, { from: 0.3, to: 1 })) {
    for (const event of timeline.take(record)) {
      yield `,\n${eventText(event)}`;
    }
  }
  for (const event of timeline.end()) {
    yield `,\n${eventText(event)}`;
  }
  yield '\n]}\n';
}

function threadName(tid: number, name: string): string {
  const order = {
    ph: 'M',
    tid,
    name: 'thread_sort_index',
    at: 0,
    args: { sort_index: tid },
  } as const;
  return `${eventText({ ph: 'M', tid, name: 'thread_name', at: 0, args: { name } })},\n${eventText(order)}`;
}

function eventText({ ph, tid, name, at, duration, id, args }: TraceEvent): string {
  const async = ph === 'b' || ph === 'e' ? ',"cat":"overlapping"' : '';
  const scope = ph === 'i' ? ',"s":"t"' : '';
  const dur = duration === undefined ? '' : `,"dur":${micros(duration)}`;
  const own = id === undefined ? '' : `,"id":${id}`;
  const values = args === undefined ? '' : `,"args":${JSON.stringify(args)}`;
  return (
    `{"ph":"${ph}","pid":1,"tid":${tid},"ts":${micros(at)}${dur}${async}${scope}${own},` +
    `"name":${JSON.stringify(name)}${values}}`
  );
}

/** Nanoseconds as microseconds with three decimals. */
function micros(nanoseconds: number): string {
  return `${Math.floor(nanoseconds / 1000)}.${String(nanoseconds % 1000).padStart(3, '0')}`;
}

/** Turns records into trace events. */
class Timeline {
  readonly #facts: CallFacts;
  readonly #calls: CallTracker;
  readonly #clock = new SpreadClock();
  readonly #streams = new Map<string, number>();
  readonly #changed = new Set<'CMDQ' | 'EVENTQ' | 'PRIQ'>();
  readonly #tracker = new QueueTracker((name) => {
    const queue = /^(CMDQ|EVENTQ|PRIQ)_/.exec(name)?.[1];
    if (queue !== undefined) {
      this.#changed.add(queue as 'CMDQ');
    }
  });
  /** Fetches and cache records since the last access: the walk of the next one. */
  #walk: { readonly record: TraceRecord; readonly at: number }[] = [];
  #at = 0;
  /** Tick of the last record. */
  #last = 0;

  constructor(facts: CallFacts) {
    this.#facts = facts;
    this.#calls = new CallTracker(facts);
  }

  *take(record: TraceRecord): Generator<TraceEvent> {
    for (const ended of this.#calls.take(record)) {
      yield this.#endCall(ended);
    }
    if (record.kind === 'return') {
      return;
    }
    this.#at = this.#clock.at(record.time);
    this.#last = record.time;
    this.#tracker.take(record);
    if (record.kind === 'call') {
      yield this.#begin(record);
    } else if (WALK_KINDS.has(record.kind)) {
      this.#walk.push({ record, at: this.#at });
    } else if (record.kind === 'dma') {
      yield* this.#access(record);
    } else {
      yield this.#instant(record);
    }
    for (const queue of this.#changed) {
      const args = { entries: this.#tracker.fill(queue) };
      yield { ph: 'C', tid: 0, name: `${queue} entries`, at: this.#at, args };
    }
    this.#changed.clear();
  }

  /** Ends what is still open, innermost first. */
  *end(): Generator<TraceEvent> {
    yield* this.#loose();
    for (const ended of this.#calls.end()) {
      yield this.#endCall(ended);
    }
  }

  #begin(call: TraceRecord): TraceEvent {
    const line = numberOf(call, 'line');
    const args = { ...headArgs(call), args: textOf(call, 'args'), ...(line === 0 ? {} : { line }) };
    return { ...this.#slice(this.#overlaps(call) ? 'b' : 'B', call), args };
  }

  #endCall({ call, ret }: EndedCall): TraceEvent {
    this.#last = ret?.time ?? this.#last;
    this.#at = this.#clock.at(this.#last);
    const slice = this.#slice(this.#overlaps(call) ? 'e' : 'E', call);
    return ret === undefined
      ? slice
      : { ...slice, args: { tick: ret.time, value: textOf(ret, 'value') } };
  }

  #overlaps(call: TraceRecord): boolean {
    return this.#facts.overlapping.has(call.id);
  }

  #slice(ph: 'B' | 'E' | 'b' | 'e', call: TraceRecord): TraceEvent {
    const { tid } = trackOf(call) === 0 ? TRACKS.script : TRACKS.kernel;
    const own = ph === 'b' || ph === 'e' ? { id: call.id } : {};
    return { ph, tid, name: textOf(call, 'fn'), at: this.#at, ...own };
  }

  /** A device's access as one slice, from the first fetch of its walk on. */
  *#access(record: TraceRecord): Generator<TraceEvent> {
    const { tid, declare } = this.#stream(numberOf(record, 'sid'), numberOf(record, 'ssid'));
    yield* declare;
    const at = this.#walk[0]?.at ?? this.#at;
    const name = `${accessText(numberOf(record, 'flags'))} 0x${BigInt(record.data['iova'] ?? 0).toString(16)}`;
    const args = { ...headArgs(record), what: recordText(record) };
    yield { ph: 'X', tid, name, at, duration: this.#at - at, args };
    for (const step of this.#walk) {
      yield {
        ph: 'i',
        tid,
        name: recordText(step.record),
        at: step.at,
        args: headArgs(step.record),
      };
    }
    this.#walk = [];
  }

  /** Fetches that no access followed (prefetches, a session that ends in a walk). */
  *#loose(): Generator<TraceEvent> {
    for (const { record, at } of this.#walk) {
      const { tid } = TRACKS.ats;
      yield { ph: 'i', tid, name: recordText(record), at, args: headArgs(record) };
    }
    this.#walk = [];
  }

  #instant(record: TraceRecord): TraceEvent {
    const { tid } = INSTANTS[record.kind] ?? TRACKS.kernel;
    const name = NAMES[record.kind]?.(record) ?? recordText(record);
    const args = { ...headArgs(record), what: recordText(record) };
    return { ph: 'i', tid, name, at: this.#at, args };
  }

  #stream(sid: number, ssid: number): { tid: number; declare: readonly TraceEvent[] } {
    const name = `DMA ${streamText(sid, ssid)}`;
    const known = this.#streams.get(name);
    const tid = known ?? FIRST_STREAM + this.#streams.size;
    this.#streams.set(name, tid);
    const declare: readonly TraceEvent[] =
      known === undefined ? [{ ph: 'M', tid, name: 'thread_name', at: 0, args: { name } }] : [];
    return { tid, declare };
  }
}

function headArgs(record: TraceRecord): Record<string, number> {
  return { tick: record.time, record: record.id, cause: record.cause };
}

const INSTANTS: Readonly<Partial<Record<TraceRecord['kind'], { readonly tid: number }>>> = {
  command: TRACKS.cmdq,
  event: TRACKS.eventq,
  event_result: TRACKS.eventq,
  ppr: TRACKS.priq,
  irq: TRACKS.irq,
  msi: TRACKS.irq,
  mmio_read: TRACKS.mmio,
  mmio_write: TRACKS.mmio,
  mem_write: TRACKS.mmio,
  log: TRACKS.log,
  diagnostic: TRACKS.log,
  drained: TRACKS.log,
  stall: TRACKS.ats,
  ats: TRACKS.ats,
};

const NAMES: Readonly<Partial<Record<TraceRecord['kind'], (record: TraceRecord) => string>>> = {
  command: (record) => decodeCommand(record).name,
  event: (record) => decodeEvent(record).name,
  ppr: (record) => decodePageRequest(record).name,
};
