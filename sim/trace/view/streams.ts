// Which stream a record belongs to. Accesses, events and most cache records name theirs; the fetches of
// a walk do not: they belong to the first record after them that does, since a walk is not interrupted.

import { EVENTS } from '../../smmu/spec/events.ts';
import { PRI_ENTRY } from '../../smmu/spec/pri.ts';
import { CACHE_HIT, CACHE_INVALIDATE, K } from '../kinds.ts';
import { HEADER_WORDS } from '../recorder.ts';

/** A StreamID with its SubstreamID, -1 for none. */
export interface Stream {
  readonly sid: number;
  readonly ssid: number;
}

/** No stream: calls, registers, commands. */
export const NO_STREAM = 0;
/** All streams beyond the 254 that are told apart. */
export const OTHER_STREAM = 255;
/** Names none itself; the next record that does tells whose it is. */
export const LATER = -1;

const SID_BITS = 32;

/** Numbers the streams of a trace in the order in which they come. */
export class StreamTable {
  readonly #streams: Stream[] = [];
  readonly #numbers = new Map<number, number>();

  /** The streams; stream number n stands at n - 1. */
  get streams(): readonly Stream[] {
    return this.#streams;
  }

  /** Number of the stream of the record at word `at`, {@link NO_STREAM} or {@link LATER}. */
  of(words: Int32Array, at: number): number {
    const payload = at + HEADER_WORDS;
    switch (words[at]) {
      case K.fetch:
      case K.descriptor_update:
      case K.tlb_entry:
      case K.walk_entry:
      case K.atc_entry:
        return LATER;
      case K.dma:
        return this.#number(words[payload] as number, words[payload + 1] as number);
      case K.ats:
        return this.#number(words[payload + 1] as number, words[payload + 2] as number);
      case K.stall:
        return this.#number(words[payload] as number, -1);
      case K.cache:
        return this.#ofCache(words, payload);
      case K.event:
      case K.ppr:
        return this.#ofEntry(words, payload);
      default:
        return NO_STREAM;
    }
  }

  /** A hit tells the stream that hit. What is put in or pushed out has tags of its own; commands invalidate. */
  #ofCache(words: Int32Array, payload: number): number {
    switch (words[payload + 1]) {
      case CACHE_HIT:
        return this.#number(words[payload + 2] as number, words[payload + 3] as number);
      case CACHE_INVALIDATE:
        return NO_STREAM;
      default:
        return LATER;
    }
  }

  #ofEntry(words: Int32Array, payload: number): number {
    if (words[payload - HEADER_WORDS] === K.ppr) {
      const ssid = PRI_ENTRY.get(words, 'SSV', payload)
        ? PRI_ENTRY.get(words, 'SubstreamID', payload)
        : -1;
      return this.#number(PRI_ENTRY.get(words, 'StreamID', payload), ssid);
    }
    const { F_TRANSLATION } = EVENTS;
    const ssid = F_TRANSLATION.get(words, 'SSV', payload)
      ? F_TRANSLATION.get(words, 'SubstreamID', payload)
      : -1;
    return this.#number(F_TRANSLATION.get(words, 'StreamID', payload), ssid);
  }

  #number(sid: number, ssid: number): number {
    const key = (sid >>> 0) + (ssid + 1) * 2 ** SID_BITS;
    const known = this.#numbers.get(key);
    if (known !== undefined) {
      return known;
    }
    const number = this.#streams.length + 1;
    if (number >= OTHER_STREAM) {
      return OTHER_STREAM;
    }
    this.#streams.push({ sid: sid >>> 0, ssid });
    this.#numbers.set(key, number);
    return number;
  }
}
