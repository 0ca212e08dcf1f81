// Events of a run as the driver drained them, and which of them the script expected.

import { hex } from '../base/hex.ts';
import type { EventRecordDto } from '../protocol/api.ts';

/** Decides whether an event was expected. */
export type EventMatch = (event: EventRecordDto) => boolean;

interface Expectation {
  readonly matches: EventMatch;
  found: number;
}

/** Collects the events of one run. */
export class EventLog {
  readonly #drained: EventRecordDto[] = [];
  readonly #expectations: Expectation[] = [];
  #unexpected = 0;
  /** Told of each event with its number, from 1, and whether somebody expected it. */
  onEvent: ((event: EventRecordDto, number: number, expected: boolean) => void) | undefined;

  /** Everything drained so far, oldest first. */
  get drained(): readonly EventRecordDto[] {
    return this.#drained;
  }

  /** Events that no expectation covered and no fault handler took. */
  get unexpected(): number {
    return this.#unexpected;
  }

  /** Takes an event that the driver drained. */
  take(event: EventRecordDto): void {
    this.#drained.push(event);
    const covering = this.#expectations.toReversed().find(({ matches }) => matches(event));
    if (covering !== undefined) {
      covering.found++;
    }
    const expected = covering !== undefined || event.handled === true;
    this.#unexpected += expected ? 0 : 1;
    this.onEvent?.(event, this.#drained.length, expected);
  }

  /** Runs `body`; events that match and come meanwhile are expected. Returns how many came. */
  expect(matches: EventMatch, body: () => void): number {
    const expectation = { matches, found: 0 };
    this.#expectations.push(expectation);
    try {
      body();
    } finally {
      this.#expectations.splice(this.#expectations.indexOf(expectation), 1);
    }
    return expectation.found;
  }
}

/** `F_TRANSLATION accel0 SID 0x10 SSID 5 read 0x70000000`: what happened, without the reason. */
export function eventHeadline(event: EventRecordDto, device: string): string {
  const words = [event.name, device, `SID ${hex(event.sid)}`];
  if (event.ssid !== undefined) {
    words.push(`SSID ${event.ssid}`);
  }
  if (event.rnw !== undefined) {
    const access = event.ind === true ? 'fetch' : event.rnw ? 'read' : 'write';
    words.push(event.pnu === true ? `privileged ${access}` : access);
  }
  if (event.iova !== undefined) {
    words.push(hex(event.iova));
  }
  if (event.ipa !== undefined) {
    words.push(`IPA ${hex(event.ipa)}`);
  }
  if (event.stall === true) {
    words.push(`stalled (STAG ${hex(event.stag ?? 0)})`);
  }
  return words.join(' ');
}
