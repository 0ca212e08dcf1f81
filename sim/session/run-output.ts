// What a run tells: log lines, events with their decoded line, diagnostics. Each record carries the place
// in the script whose call led to it.

import { hex } from '../base/hex.ts';
import type { VirtualClock } from '../machine/clock.ts';
import type { EventRecordDto, OutputRecord, Place } from '../protocol/api.ts';
import type { Diagnostic } from '../trace/diagnostics.ts';
import type { Recorder } from '../trace/recorder.ts';
import { EventLog, eventHeadline } from './event-log.ts';
import { FaultWhy } from './fault-why.ts';

/** What the output needs. */
export interface RunOutputOptions {
  readonly file: string;
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
  readonly emit: (record: OutputRecord) => void;
}

/** The same diagnostic text is told this often; the trace has them all. */
const MOST_REPEATS = 3;

/** Turns what happens into output records. */
export class RunOutput {
  readonly events = new EventLog();
  readonly #options: RunOutputOptions;
  readonly #why: FaultWhy;
  readonly #devices = new Map<number, string>();
  readonly #repeats = new Map<string, number>();
  readonly #texts = new Map<EventRecordDto, string>();
  /** Place of the call that is running; undefined between calls. */
  place: Place | undefined;

  constructor(options: RunOutputOptions) {
    this.#options = options;
    this.#why = new FaultWhy(options.recorder, options.file);
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
    this.#options.emit({ type: 'log', time: this.#now, level, text, ...this.#where });
  }

  diagnostic({ class: kind, section, text }: Diagnostic): void {
    const key = `${kind} ${section} ${text}`;
    const count = (this.#repeats.get(key) ?? 0) + 1;
    this.#repeats.set(key, count);
    if (count <= MOST_REPEATS) {
      const where = this.#where;
      this.#options.emit({ type: 'warn', time: this.#now, class: kind, section, text, ...where });
    }
  }

  /** The decoded line of a drained event, without its headline when there is a reason. */
  reasonOf(event: EventRecordDto): string {
    return this.#texts.get(event) ?? event.name;
  }

  get #now(): number {
    return this.#options.clock.now;
  }

  get #where(): { place?: Place } {
    return this.place === undefined ? {} : { place: this.place };
  }

  #event(event: EventRecordDto, number: number, expected: boolean): void {
    const device = this.#devices.get(event.sid) ?? `sid-${hex(event.sid)}`;
    const why = this.#why.explain(event);
    this.#texts.set(event, why === undefined ? event.name : `${event.name}: ${why}`);
    const headline = eventHeadline(event, device);
    const text = why === undefined ? headline : `${headline}: ${why}`;
    this.#options.emit({
      type: 'event',
      time: this.#now,
      number,
      event,
      text,
      ...(expected ? { expected } : {}),
      ...this.#where,
    });
  }
}
