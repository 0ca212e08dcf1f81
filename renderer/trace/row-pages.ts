// The rows that the list has, a page at a time: what is asked for comes when it comes, what was seen last
// stays. Only the pages around the visible rows are ever held.

import type { TraceRow } from '../../sim/protocol/trace.ts';

/** Rows of a page. */
export const PAGE_ROWS = 100;
/** Pages that are held. */
const MOST_PAGES = 40;

/** Rows by page, of one session and filter. */
export class RowPages {
  readonly #pages = new Map<number, readonly TraceRow[]>();

  /** A row, if its page is here. */
  row(index: number): TraceRow | undefined {
    return this.#pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS];
  }

  /** First page of rows [from, to) that is missing, or not complete though there are more rows now. */
  missing(from: number, to: number, total: number): number | undefined {
    const last = Math.min(to, total) - 1;
    for (let page = Math.floor(from / PAGE_ROWS); page * PAGE_ROWS <= last; page++) {
      const rows = this.#pages.get(page);
      const there = Math.min(PAGE_ROWS, total - page * PAGE_ROWS);
      if (rows === undefined || rows.length < there) {
        return page;
      }
    }
    return undefined;
  }

  /** Takes a page; the one that was taken longest ago gives way. */
  put(page: number, rows: readonly TraceRow[]): void {
    this.#pages.delete(page);
    this.#pages.set(page, rows);
    if (this.#pages.size > MOST_PAGES) {
      const [oldest] = this.#pages.keys();
      if (oldest !== undefined) {
        this.#pages.delete(oldest);
      }
    }
  }

  clear(): void {
    this.#pages.clear();
  }
}
