// The caches of the hardware: which one, what filter, and the stretch of entries around those that show.

import type { CacheEntryDto, CacheName, CachesDto } from '../../sim/protocol/inspect.ts';
import { Store } from '../base/store.ts';
import { askFor, View } from './view.ts';

/** Rows that are asked for around the visible ones. */
const AROUND = 100;
/** Most rows of one question. */
const MOST_ROWS = 1000;

/** Follows the caches. */
export class CachesView extends View {
  readonly caches = new Store<CachesDto | undefined>(undefined);
  /** Only of this cache; undefined: of all. */
  readonly shown = new Store<CacheName | undefined>(undefined);
  readonly filter = new Store('');
  readonly staleOnly = new Store(false);
  /** Id of the selected entry, and everything about it while it is cached. */
  readonly selected = new Store<string | undefined>(undefined);
  readonly entry = new Store<CacheEntryDto | undefined>(undefined);
  /** Entries whose record is this one or later are new. */
  readonly newFrom = new Store<number | undefined>(undefined);
  #visible = { first: 0, last: 0 };
  #newest: number | undefined;

  show(cache: CacheName | undefined): void {
    this.shown.set(cache);
    this.refresh();
  }

  setFilter(text: string): void {
    this.filter.set(text);
    this.refresh();
  }

  setStaleOnly(on: boolean): void {
    this.staleOnly.set(on);
    this.refresh();
  }

  select(id: string | undefined): void {
    this.selected.set(id);
    this.entry.set(undefined);
    this.refresh();
  }

  /** Rows [first, last) are to be seen: what is missing of them is asked for. */
  reveal(first: number, last: number): void {
    this.#visible = { first, last };
    const caches = this.caches.value;
    if (caches === undefined) {
      return;
    }
    const end = Math.min(last, caches.matching);
    if (first < caches.from || end > caches.from + caches.rows.length) {
      this.refresh();
    }
  }

  restart(): void {
    this.#newest = undefined;
    this.newFrom.set(undefined);
  }

  protected async load(): Promise<void> {
    const { first, last } = this.#visible;
    const shown = this.shown.value;
    const from = Math.max(0, first - AROUND);
    const { caches } = await askFor(this.ask, {
      kind: 'caches',
      ...(shown === undefined ? {} : { cache: shown }),
      filter: `${this.filter.value}${this.staleOnly.value ? ' stale' : ''}`,
      from,
      count: Math.min(MOST_ROWS, last + AROUND - from),
    });
    if (this.#newest !== undefined && caches.newest !== this.#newest) {
      this.newFrom.set(this.#newest + 1);
    }
    this.#newest = caches.newest;
    this.caches.set(caches);
    await this.#loadEntry();
  }

  async #loadEntry(): Promise<void> {
    const id = this.selected.value;
    const entry =
      id === undefined ? undefined : (await askFor(this.ask, { kind: 'cacheEntry', id })).entry;
    if (this.selected.value === id) {
      this.entry.set(entry);
    }
  }
}
