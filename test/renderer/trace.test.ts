// The arithmetic of the trace view: lists of any length, ranges of the timeline, pages of rows.

import { describe, expect, it } from 'vitest';
import { ListScroll, ROW_HEIGHT } from '../../renderer/trace/list-scroll.ts';
import { PAGE_ROWS, RowPages } from '../../renderer/trace/row-pages.ts';
import {
  inside,
  moved,
  showing,
  timeText,
  wholeRange,
  zoomed,
} from '../../renderer/trace/time-range.ts';
import type { TraceRow } from '../../sim/protocol/trace.ts';

function list(rows: number, height = 200): ListScroll {
  const scroll = new ListScroll();
  scroll.rows = rows;
  scroll.height = height;
  return scroll;
}

describe('the scrolling of a list', () => {
  it.each([0, 1, 9, 10, 11, 1000, 10_000_000])(
    'reaches the first and the last of %i rows by bar and by wheel',
    (rows) => {
      const scroll = list(rows);
      scroll.setBar(scroll.content);
      expect(scroll.top + 10).toBeGreaterThanOrEqual(rows);
      scroll.by(-rows * ROW_HEIGHT);
      expect(scroll.top).toBe(0);
      scroll.by(rows * ROW_HEIGHT);
      expect(scroll.atEnd).toBe(true);
      scroll.setBar(0);
      expect(scroll.top).toBe(0);
    },
  );

  it('moves by exactly a row at a time, however long the list is', () => {
    const scroll = list(10_000_000);
    scroll.to(5_000_000);
    scroll.by(ROW_HEIGHT);
    expect(scroll.top).toBe(5_000_001);
    expect(scroll.content).toBeLessThan(16_000_000);
  });

  it.each([0, 5, 9, 10, 55, 500, 999])('shows row %i whole when it is asked for', (row) => {
    for (const from of [0, 3.5, 50, 400, 990]) {
      const scroll = list(1000);
      scroll.to(from);
      scroll.reveal(row);
      expect(scroll.top).toBeLessThanOrEqual(row);
      expect(scroll.top + 10).toBeGreaterThanOrEqual(row + 1);
    }
  });

  it('stays where it is for a row that is shown', () => {
    const scroll = list(1000);
    scroll.to(100);
    scroll.reveal(105);
    expect(scroll.top).toBe(100);
  });
});

describe('the range of the timeline', () => {
  const total = 1_000_000;

  it('keeps the point under the pointer where it is', () => {
    const range = { from: 200_000, to: 600_000 };
    const near = zoomed(range, 0.5, 300_000, total);
    expect((300_000 - near.from) / (near.to - near.from)).toBeCloseTo(0.25);
    expect(near.to - near.from).toBe(200_000);
  });

  it.each([0.0001, 0.3, 1, 2, 1e9])('stays inside the trace, zoomed by %d', (factor) => {
    for (const point of [0, 1, total / 2, total]) {
      const { from, to } = zoomed(wholeRange(total), factor, point, total);
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeLessThanOrEqual(total);
      expect(to - from).toBeGreaterThanOrEqual(8);
    }
  });

  it('keeps its width when it is moved, also at the ends', () => {
    const range = { from: 10, to: 110 };
    expect(moved(range, 1, total)).toEqual({ from: 110, to: 210 });
    expect(moved(range, -1, total)).toEqual({ from: 0, to: 100 });
    expect(moved(range, 1e9, total)).toEqual({ from: total - 100, to: total });
    expect(inside({ from: 5, to: 50 }, 10)).toEqual({ from: 0, to: 10 });
  });

  it('moves to a position only when that is not shown', () => {
    const range = { from: 10, to: 110 };
    expect(showing(range, 50, total)).toBe(range);
    expect(showing(range, 5000, total)).toEqual({ from: 4950, to: 5050 });
  });

  it('writes times as the log does', () => {
    expect(timeText(4_213_000)).toBe('0.004213');
    expect(timeText(61_000_000_999)).toBe('61.000000');
  });
});

describe('the pages of rows', () => {
  const page = (number: number, rows = PAGE_ROWS): TraceRow[] =>
    Array.from({ length: rows }, (_, at) => ({ id: number * PAGE_ROWS + at }) as TraceRow);

  it('tell the first page that is missing of what is shown', () => {
    const pages = new RowPages();
    expect(pages.missing(250, 280, 1000)).toBe(2);
    pages.put(2, page(2));
    expect(pages.missing(250, 280, 1000)).toBeUndefined();
    expect(pages.missing(250, 320, 1000)).toBe(3);
    expect(pages.row(250)?.id).toBe(250);
    expect(pages.row(350)).toBeUndefined();
  });

  it('ask again for the last page when more rows have come', () => {
    const pages = new RowPages();
    pages.put(0, page(0, 30));
    expect(pages.missing(0, 50, 30)).toBeUndefined();
    expect(pages.missing(0, 50, 31)).toBe(0);
  });

  it('are forgotten, the oldest first, so that scrolling costs no memory', () => {
    const pages = new RowPages();
    for (let number = 0; number < 100; number++) {
      pages.put(number, page(number));
    }
    expect(pages.row(0)).toBeUndefined();
    expect(pages.row(99 * PAGE_ROWS)).toBeDefined();
  });
});
