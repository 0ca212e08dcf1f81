// Which calls nest and which only overlap: slices of a timeline must nest strictly on their track.

import { numberOf } from '../decoded.ts';
import type { TraceRecord } from '../reader.ts';

/** What a pass over the calls found. */
export interface CallNesting {
  /** Ids of calls that overlap others of their track without nesting. */
  readonly overlapping: ReadonlySet<number>;
}

/**
 * Finds the calls that end before a call that began inside them. Two tracks: the script's calls (line
 * above 0) and the kernel's. A call that never returns overlaps when a call around it does return.
 */
export function nestCalls(records: Iterable<TraceRecord>): CallNesting {
  const overlapping = new Set<number>();
  const tracks: [number[], number[]] = [[], []];
  const trackOf = new Map<number, number[]>();
  for (const record of records) {
    if (record.kind === 'call') {
      const track = tracks[numberOf(record, 'line') > 0 ? 0 : 1];
      track.push(record.id);
      trackOf.set(record.id, track);
    } else if (record.kind === 'return') {
      const track = trackOf.get(record.cause);
      trackOf.delete(record.cause);
      endCall(track ?? [], record.cause, overlapping);
    }
  }
  return { overlapping };
}

/**
 * Ends a call. Calls that began inside it and still run are the overlapping ones: they either end
 * later or never.
 */
function endCall(track: number[], id: number, overlapping: Set<number>): void {
  const at = track.lastIndexOf(id);
  if (at < 0) {
    return;
  }
  for (const inner of track.splice(at)) {
    if (inner !== id) {
      overlapping.add(inner);
    }
  }
}
