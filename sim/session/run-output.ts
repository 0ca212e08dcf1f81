// What a run tells: log lines, events with their decoded line, diagnostics. Each record carries the place
// in the script whose call led to it.

import { hex } from '../base/hex.ts';
import type { Hardware } from '../explain/replay.ts';
import type { VirtualClock } from '../machine/clock.ts';
import type { EventRecordDto, OutputRecord, Place } from '../protocol/api.ts';
import type { Diagnostic } from '../trace/diagnostics.ts';
import { DRAINED_EXPECTED, DRAINED_HANDLED, K } from '../trace/kinds.ts';
import { scriptCallOf } from '../trace/reader.ts';
import type { Recorder } from '../trace/recorder.ts';
import { Repeats } from '../trace/repeats.ts';
import { EventLog, eventHeadline } from './event-log.ts';
import { FaultWhy, meaningOf } from './fault-why.ts';
import { QueuedEvents } from './queued-events.ts';

/** What the output needs. */
export interface RunOutputOptions {
  readonly file: string;
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
  readonly emit: (record: OutputRecord) => void;
  /** The machine as configured. */
  readonly hardware: () => Hardware;
}

/** Turns what happens into output records. */
export class RunOutput {
  readonly events = new EventLog();
  readonly #options: RunOutputOptions;
  readonly #why: FaultWhy;
  readonly #devices = new Map<number, string>();
  readonly #repeats = new Repeats();
  readonly #queued: QueuedEvents;
  /** Place of the call that is running; undefined between calls. */
  place: Place | undefined;

  constructor(options: RunOutputOptions) {
    this.#options = options;
    this.#why = new FaultWhy(options);
    this.#queued = new QueuedEvents(options.recorder);
    this.events.onEvent = (event, number, expected) => this.#event(event, number, expected);
  }

  /** Runs `tell`; what it tells is about `place`. */
  at(place: Place | undefined, tell: () => void): void {
    const saved = this.place;
    this.place = place;
    tell();
    this.place = saved;
  }

  /** Says what messages call the device behind a StreamID. */
  nameStream(sid: number, device: string): void {
    this.#devices.set(sid, device);
  }

  log({ level, text }: { readonly level: number; readonly text: string }): void {
    this.#options.emit({ type: 'log', time: this.#now, level, text, ...this.#where() });
  }

  diagnostic({ class: kind, section, text }: Diagnostic): void {
    if (this.#repeats.isTold(`${kind} ${section} ${text}`)) {
      const where = this.#where();
      this.#options.emit({ type: 'warn', time: this.#now, class: kind, section, text, ...where });
    }
  }

  /** What a script hears of an event. It names no line: a script must not depend on what is recorded. */
  reasonOf(event: EventRecordDto): string {
    const meaning = meaningOf(event);
    return meaning === undefined ? event.name : `${event.name}: ${meaning}`;
  }

  get #now(): number {
    return this.#options.clock.now;
  }

  /** The call of the script behind what happens, also when it happens later than that call. */
  #where(cause = this.#options.recorder.cause): { place?: Place } {
    const { recorder, file } = this.#options;
    const call = scriptCallOf(recorder, cause)?.data;
    const place =
      call === undefined
        ? this.place
        : { file, line: Number(call['line']), column: Number(call['column']) };
    return place === undefined ? {} : { place };
  }

  #event(event: EventRecordDto, number: number, expected: boolean): void {
    const device = this.#devices.get(event.sid) ?? `sid-${hex(event.sid)}`;
    const record = this.#queued.take(event.words);
    const why = this.#why.explain(event, record);
    const headline = eventHeadline(event, device);
    const text = why === undefined ? headline : `${headline}: ${why}`;
    const cause = record ?? this.#options.recorder.cause;
    this.#record(event, cause, { number, expected, text });
    this.#options.emit({
      type: 'event',
      time: this.#now,
      number,
      event,
      text,
      ...(expected ? { expected } : {}),
      ...this.#where(cause),
    });
  }

  /** The console's line about the event goes into the trace, as caused by the hardware's record. */
  #record(
    event: EventRecordDto,
    cause: number,
    { number, expected, text }: { number: number; expected: boolean; text: string },
  ): void {
    const { recorder } = this.#options;
    const saved = recorder.cause;
    const flags =
      (expected ? DRAINED_EXPECTED : 0) | (event.handled === true ? DRAINED_HANDLED : 0);
    recorder.cause = cause;
    const [smmu, line] = [recorder.intern(event.smmu ?? ''), recorder.intern(text)];
    recorder.emit(K.drained, number, flags, smmu, line);
    recorder.cause = saved;
  }
}
