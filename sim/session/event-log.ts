// Events of a run as the driver drained them: read from the driver's own log lines, so that what was not
// drained is not shown. Keeps which of them the script expected.

import { hex } from '../base/hex.ts';
import type { EventRecordDto } from '../protocol/api.ts';
import { decodeEventWords, wordsOfText } from './event-decoder.ts';

/** What a message needs of a line of the kernel's log. */
export interface DriverLine {
  readonly message: string;
  readonly device?: string;
}

/** Decides whether an event was expected. */
export type EventMatch = (event: EventRecordDto) => boolean;

interface Expectation {
  readonly matches: EventMatch;
  found: number;
}

const HEAD = /^event 0x[0-9a-f]+ received:$/;
const WORD = /^\t(0x[0-9a-f]{16})$/;

/** Collects the events of one run. */
export class EventLog {
  readonly #drained: EventRecordDto[] = [];
  readonly #expectations: Expectation[] = [];
  /** Words of the record that the driver is printing, by device. */
  readonly #partial = new Map<string, string[]>();
  #unexpected = 0;
  /** Told of each event with its number, from 1. */
  onEvent: ((event: EventRecordDto, number: number) => void) | undefined;

  /** Everything drained so far, oldest first. */
  get drained(): readonly EventRecordDto[] {
    return this.#drained;
  }

  /** Events that no expectation covered. */
  get unexpected(): number {
    return this.#unexpected;
  }

  /** Takes a line of the kernel's log. */
  take({ message, device = '' }: DriverLine): void {
    if (HEAD.test(message)) {
      this.#partial.set(device, []);
      return;
    }
    const words = this.#partial.get(device);
    const word = WORD.exec(message)?.[1];
    if (words === undefined || word === undefined) {
      return;
    }
    words.push(word);
    if (words.length === 4) {
      this.#partial.delete(device);
      this.#add(decodeEventWords(wordsOfText(words)));
    }
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

  #add(event: EventRecordDto): void {
    this.#drained.push(event);
    const covering = this.#expectations.toReversed().find(({ matches }) => matches(event));
    if (covering === undefined) {
      this.#unexpected++;
    } else {
      covering.found++;
    }
    this.onEvent?.(event, this.#drained.length);
  }
}

/** `F_TRANSLATION accel0 SID 0x10 SSID 5 read 0x70000000`: what happened, without the reason. */
export function eventHeadline(event: EventRecordDto, device: string): string {
  const words = [event.name, device, `SID ${hex(event.sid)}`];
  if (event.ssid !== undefined) {
    words.push(`SSID ${event.ssid}`);
  }
  if (event.rnw !== undefined) {
    const access = event.inst === true ? 'fetch' : event.rnw ? 'read' : 'write';
    words.push(event.priv === true ? `privileged ${access}` : access);
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
