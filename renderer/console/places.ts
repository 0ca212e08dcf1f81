// Finds places in scripts (`accel.ts:39`, `accel.ts:39:5`) in a line of text, to make them links.

import type { Place } from '../../sim/protocol/api.ts';

/** A place and where it stands in the text, from `start` up to but not including `end`. */
export interface FoundPlace {
  readonly start: number;
  readonly end: number;
  readonly place: Place;
}

const PLACE = /([\w.-]+[.]ts):(\d+)(?::(\d+))?/g;

/** All places in `line`, in order. */
export function placesIn(line: string): readonly FoundPlace[] {
  return [...line.matchAll(PLACE)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    place: {
      file: match[1] ?? '',
      line: Number(match[2]),
      column: match[3] === undefined ? 1 : Number(match[3]),
    },
  }));
}
