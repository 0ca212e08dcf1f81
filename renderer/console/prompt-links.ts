// Finds in a line of the console what leads somewhere: events to explain, lines of the script, places.

import type { Place } from '../../sim/protocol/api.ts';
import { placesIn } from './places.ts';

/** Where a link leads: to a place, a line of the script that ran last, or the explanation of an event. */
export type LinkTarget =
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'line'; readonly line: number }
  | { readonly kind: 'event'; readonly event: number };

/** A link from `start` up to but not including `end`. */
export interface FoundLink {
  readonly start: number;
  readonly end: number;
  readonly target: LinkTarget;
}

const EVENT = /\[(?:explain|event) (\d+)\]/g;
const LINE = /\bline (\d+)\b/g;

/** All links in `text`, in order. */
export function linksIn(text: string): readonly FoundLink[] {
  const numbered = (pattern: RegExp, make: (number: number) => LinkTarget): FoundLink[] =>
    [...text.matchAll(pattern)].map((match) => ({
      start: match.index,
      end: match.index + match[0].length,
      target: make(Number(match[1])),
    }));
  return [
    ...placesIn(text).map(({ start, end, place }) => ({
      start,
      end,
      target: { kind: 'place' as const, place },
    })),
    ...numbered(EVENT, (event) => ({ kind: 'event', event })),
    ...numbered(LINE, (line) => ({ kind: 'line', line })),
  ].sort((a, b) => a.start - b.start);
}
