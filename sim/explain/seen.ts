// The bytes that the SMMU had for one access: each word as it read it last, which is the truth even
// where a device's DMA or an unrecorded store had changed memory; elsewhere what the trace's stores say.

import { K } from '../trace/kinds.ts';
import { scanTrace } from '../trace/reader.ts';
import { HEADER_WORDS } from '../trace/recorder.ts';
import { type Fetch, FORGOTTEN } from './fetch-history.ts';
import type { TraceIndex, WordAt } from './trace-index.ts';

/** Bytes of an STE or a CD: one fetch covers all of it. */
const ENTRY = 64;

/** Memory as the SMMU had it for one access. */
export interface SeenMemory {
  /** The aligned 8 bytes at `pa`, with the record that wrote them. */
  wordAt(pa: number): WordAt;
  /** Record as of which the word at `pa` was taken. */
  asOf(pa: number): number;
}

/** What the SMMU read last of each word before record `record`: cached structures keep those bytes. */
export function seenMemory(index: TraceIndex, record: number): SeenMemory {
  let all: Map<number, Fetch> | undefined;
  const fetchOf = (pa: number): Fetch | undefined => {
    const fetch = index.fetches.before(pa, record);
    if (fetch !== FORGOTTEN) {
      return fetch;
    }
    all ??= lastFetches(index, record);
    return all.get(pa);
  };
  const asOf = (pa: number): number =>
    (fetchOf(pa) ?? fetchOf(Math.floor(pa / ENTRY) * ENTRY))?.id ?? record;
  return {
    asOf,
    wordAt: (pa) => {
      const fetch = fetchOf(pa);
      const word = index.wordAt(pa, asOf(pa));
      return fetch === undefined ? word : { ...word, ...writerOf(index, pa, word, fetch) };
    },
  };
}

/** Memory as the trace's stores had left it at record `record`. */
export function storedMemory(index: TraceIndex, record: number): SeenMemory {
  return { asOf: () => record, wordAt: (pa) => index.wordAt(pa, record) };
}

/** `memory` with the word at `pa` replaced. */
export function withWord(memory: SeenMemory, pa: number, lo: number, hi: number): SeenMemory {
  return {
    asOf: (at) => memory.asOf(at),
    wordAt: (at) => (at === pa ? { ...memory.wordAt(at), lo, hi } : memory.wordAt(at)),
  };
}

/** `count` 32-bit words from `pa`. */
export function seenWords(memory: SeenMemory, pa: number, count: number): Int32Array {
  const words = new Int32Array(count);
  for (let at = 0; at < count; at += 2) {
    const { lo, hi } = memory.wordAt(pa + at * 4);
    words[at] = lo;
    words[at + 1] = hi;
  }
  return words;
}

/** What the SMMU itself changes in a descriptor: AF, and AP[2] or S2AP[1]. */
const UPDATED_BITS = 0x480;

/**
 * The value that was read decides who wrote it: the last store when it is that store's value, but for what
 * the SMMU updates, else the one device write that can have changed it since. More leaves it open.
 */
function writerOf(index: TraceIndex, pa: number, word: WordAt, { id, lo, hi }: Fetch) {
  if (word.lo === lo && word.hi === hi) {
    return { lo, hi, uncertain: false };
  }
  const updated = ((word.lo ^ lo) & ~UPDATED_BITS) === 0 && word.hi === hi;
  const [write, another] = index.deviceWrites(pa, word.writer, id);
  if (write === undefined) {
    return { lo, hi, uncertain: !updated };
  }
  return another === undefined && !updated
    ? { lo, hi, writer: write, uncertain: false }
    : { lo, hi, uncertain: true };
}

function lastFetches(index: TraceIndex, record: number): Map<number, Fetch> {
  const fetches = new Map<number, Fetch>();
  scanTrace(index.source, (kind, id, words, at) => {
    if (kind === K.fetch && id < record && words[at + HEADER_WORDS + 3] === 1) {
      const payload = at + HEADER_WORDS;
      const pa =
        ((words[payload + 5] as number) >>> 0) * 2 ** 32 + ((words[payload + 4] as number) >>> 0);
      fetches.set(pa, {
        id,
        lo: words[payload + 6] as number,
        hi: words[payload + 7] as number,
      });
    }
  });
  return fetches;
}
