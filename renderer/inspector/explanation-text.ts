// Finds in the lines of an explanation what leads somewhere (places in scripts, addresses of memory) and
// which lines are the guilty step.

import type { Place } from '../../sim/protocol/api.ts';
import { placesIn } from '../console/places.ts';

/** A piece of a line: plain, a place in a script, or an address of memory. */
export interface Segment {
  readonly text: string;
  readonly place?: Place;
  readonly pa?: bigint;
}

/** A line with its pieces. */
export interface ExplanationLine {
  readonly segments: readonly Segment[];
  /** Part of the step that is marked as guilty. */
  readonly guilty: boolean;
}

const MARK = '<-- here';
/** A step: two spaces, then its title; what continues it is indented further. */
const STEP = /^ {2}\S/;
const ADDRESS = /0x[0-9a-f]{1,4}(?:_[0-9a-f]{4})+/g;
/** Physical addresses have at most 52 bits; below a page there is no memory. */
const HIGHEST = 2n ** 52n;
const LOWEST = 0x1000n;

/** The lines of an explanation in pieces. */
export function explanationRows(lines: readonly string[]): readonly ExplanationLine[] {
  const guilty = guiltyLines(lines);
  const rule = lines.findIndex((line) => line.startsWith('  Rule:'));
  const lastStep = rule < 0 ? lines.length : rule;
  const firstStep = lines.indexOf('') + 1;
  return lines.map((line, at) => ({
    guilty: guilty.has(at),
    segments: segmentsOf(line, at >= firstStep && at < lastStep),
  }));
}

/** The parts of an explanation, in the order of the text: what happened, the steps, the rule and its writers. */
export interface ExplanationParts {
  readonly head: readonly ExplanationLine[];
  readonly steps: readonly ExplanationLine[];
  readonly answer: readonly ExplanationLine[];
}

/** The lines of an explanation by part; one that tells of no steps has an answer only. */
export function explanationParts(lines: readonly string[]): ExplanationParts {
  const rows = explanationRows(lines);
  const headEnd = Math.max(lines.indexOf(''), 0);
  const stepsEnd = Math.max(lines.lastIndexOf(''), headEnd);
  return {
    head: rows.slice(0, headEnd),
    steps: rows.slice(headEnd, stepsEnd),
    answer: rows.slice(stepsEnd),
  };
}

function guiltyLines(lines: readonly string[]): ReadonlySet<number> {
  const marked = lines.findIndex((line) => line.includes(MARK));
  const guilty = new Set<number>();
  if (marked < 0) {
    return guilty;
  }
  let at = marked;
  guilty.add(at);
  while (at > 0 && !STEP.test(lines[at] ?? '') && lines[at - 1] !== '') {
    at -= 1;
    guilty.add(at);
  }
  return guilty;
}

interface Link {
  readonly start: number;
  readonly end: number;
  readonly target: Pick<Segment, 'place' | 'pa'>;
}

function segmentsOf(line: string, step: boolean): readonly Segment[] {
  const links: Link[] = [
    ...placesIn(line).map(({ start, end, place }) => ({ start, end, target: { place } })),
    ...(step ? addressesIn(line) : []),
  ].sort((a, b) => a.start - b.start);
  const segments: Segment[] = [];
  let from = 0;
  for (const { start, end, target } of links) {
    if (start > from) {
      segments.push({ text: line.slice(from, start) });
    }
    segments.push({ text: line.slice(start, end), ...target });
    from = end;
  }
  if (from < line.length || segments.length === 0) {
    segments.push({ text: line.slice(from) });
  }
  return segments;
}

/** Values that can be the address of a structure: aligned, and where memory can be. */
function addressesIn(line: string): Link[] {
  return [...line.matchAll(ADDRESS)].flatMap((match) => {
    const pa = BigInt(match[0].replaceAll('_', ''));
    const possible = pa >= LOWEST && pa < HIGHEST && pa % 8n === 0n;
    const start = match.index;
    return possible ? [{ start, end: start + match[0].length, target: { pa } }] : [];
  });
}
