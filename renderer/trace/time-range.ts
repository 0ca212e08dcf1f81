// The part of a trace that the timeline shows: positions of records, zoomed about a point and moved, always
// inside the trace.

/** Nearest zoom: this many records fill the timeline. */
const FEWEST = 8;

/** Positions [from, to). */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The whole of `total` records. */
export function wholeRange(total: number): Range {
  return { from: 0, to: Math.max(1, total) };
}

/** Zooms: factor below 1 goes nearer; `point` stays where it is. */
export function zoomed({ from, to }: Range, factor: number, point: number, total: number): Range {
  const width = Math.min(Math.max((to - from) * factor, FEWEST), Math.max(1, total));
  const part = (point - from) / (to - from);
  return inside({ from: point - part * width, to: point + (1 - part) * width }, total);
}

/** Moves by a part of the width; positive goes to later records. */
export function moved(range: Range, part: number, total: number): Range {
  const by = (range.to - range.from) * part;
  return inside({ from: range.from + by, to: range.to + by }, total);
}

/** Moves so that a position is shown, if it is not; keeps the width. */
export function showing(range: Range, position: number, total: number): Range {
  if (position >= range.from && position < range.to) {
    return range;
  }
  const half = (range.to - range.from) / 2;
  return inside({ from: position - half, to: position + half }, total);
}

/** Nearest range of the same width inside the trace. */
export function inside({ from, to }: Range, total: number): Range {
  const width = Math.min(to - from, Math.max(1, total));
  const start = Math.min(Math.max(0, from), Math.max(0, total - width));
  return { from: start, to: start + width };
}

/** Virtual time for people: nanoseconds as seconds, as the kernel's log has them. */
export function timeText(nanoseconds: number): string {
  const micros = Math.floor(nanoseconds / 1000);
  return `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}`;
}
