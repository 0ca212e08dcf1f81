// The lanes of the timeline: which kind of record stands in which. Walks have one lane per stream.

import { CACHE_INVALIDATE, FETCH_COMMAND, K, TRACE_KIND_NAMES } from '../kinds.ts';
import { HEADER_WORDS } from '../recorder.ts';

/** Lanes by number, top to bottom; `walks` is one lane per stream in the picture. */
export const LANE_NAMES = [
  'script',
  'kernel',
  'log',
  'registers',
  'memory',
  'CMDQ',
  'walks',
  'DMA',
  'EVENTQ',
  'interrupts',
  'none',
] as const;

/** Name of a lane. */
export type LaneName = (typeof LANE_NAMES)[number];

export const LANE_SCRIPT = 0;
export const LANE_KERNEL = 1;
export const LANE_CMDQ = 5;
export const LANE_WALKS = 6;
/** Returns: they end a call and are no activity of their own. */
export const LANE_NONE = 10;

const BY_KIND: Readonly<Partial<Record<(typeof TRACE_KIND_NAMES)[number], LaneName>>> = {
  call: 'kernel',
  return: 'none',
  log: 'log',
  diagnostic: 'log',
  drained: 'log',
  mmio_read: 'registers',
  mmio_write: 'registers',
  mem_write: 'memory',
  alloc: 'memory',
  free: 'memory',
  command: 'CMDQ',
  fetch: 'walks',
  cache: 'walks',
  descriptor_update: 'walks',
  tlb_entry: 'walks',
  walk_entry: 'walks',
  atc_entry: 'walks',
  dma: 'DMA',
  ats: 'DMA',
  device: 'DMA',
  event: 'EVENTQ',
  event_result: 'EVENTQ',
  ppr: 'EVENTQ',
  stall: 'EVENTQ',
  irq: 'interrupts',
  msi: 'interrupts',
  wait: 'kernel',
  object: 'kernel',
  state: 'kernel',
};

const LANE_OF_KIND: Uint8Array = Uint8Array.from(
  TRACE_KIND_NAMES.map((kind) => LANE_NAMES.indexOf(BY_KIND[kind] ?? 'kernel')),
);

/** Word of a call's payload that holds the line. */
const CALL_LINE = HEADER_WORDS + 2;
/** Word of a cache record's payload that holds what was done. */
const CACHE_OPERATION = HEADER_WORDS + 1;

/** Lane of the record whose header starts at word `at`. */
export function laneOf(words: Int32Array, at: number): number {
  const kind = words[at] as number;
  if (kind === K.call) {
    return words[at + CALL_LINE] === 0 ? LANE_KERNEL : LANE_SCRIPT;
  }
  const isOfCommand =
    kind === K.fetch
      ? words[at + HEADER_WORDS] === FETCH_COMMAND
      : kind === K.cache && words[at + CACHE_OPERATION] === CACHE_INVALIDATE;
  if (isOfCommand) {
    return LANE_CMDQ;
  }
  return LANE_OF_KIND[kind] as number;
}

/** Lanes in which records of each kind stand, by the kind's number. */
export const LANES_BY_KIND: readonly (readonly number[])[] = TRACE_KIND_NAMES.map((kind, number) =>
  kind === 'call'
    ? [LANE_SCRIPT, LANE_KERNEL]
    : kind === 'fetch' || kind === 'cache'
      ? [LANE_CMDQ, LANE_WALKS]
      : [LANE_OF_KIND[number] as number],
);
