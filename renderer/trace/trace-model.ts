// The trace view's state and how it gets what it shows: one question at a time, the newest wish first, and
// only while somebody looks. However fast records come, the window asks at its own pace.

import type { Disposable } from '../../sim/base/disposable.ts';
import { toDisposable } from '../../sim/base/disposable.ts';
import { Emitter } from '../../sim/base/emitter.ts';
import type {
  TraceAnswer,
  TraceChain,
  TraceFilter,
  TraceHead,
  TraceLanes,
  TraceRequest,
  TraceRow,
} from '../../sim/protocol/trace.ts';
import { Store } from '../base/store.ts';
import { ListScroll } from './list-scroll.ts';
import { PAGE_ROWS, RowPages } from './row-pages.ts';
import type { Range } from './time-range.ts';
import { showing, wholeRange } from './time-range.ts';

/** Between two looks at a session that runs. */
const LIVE_MS = 100;
/** Columns of a picture before the timeline knows its width. */
const FIRST_WIDTH = 800;

type Ask = (request: TraceRequest) => Promise<TraceAnswer>;

/** The view of the session that is shown. */
export class TraceModel implements Disposable {
  readonly #ask: Ask;
  readonly #drawn = new Emitter<void>();
  readonly scroll = new ListScroll();
  readonly pages = new RowPages();
  readonly head = new Store<TraceHead | undefined>(undefined);
  readonly filter = new Store<TraceFilter>({});
  readonly selected = new Store<TraceRow | undefined>(undefined);
  readonly chain = new Store<TraceChain | undefined>(undefined);
  readonly picture = new Store<TraceLanes | undefined>(undefined);
  readonly range = new Store<Range>({ from: 0, to: 1 });
  /** The list follows the newest records. */
  readonly follow = new Store(true);
  /** Why there is nothing to show. */
  readonly problem = new Store<string | undefined>(undefined);
  /** What the search says. */
  readonly found = new Store('');
  /** The timeline shows everything, also what comes. */
  #whole = true;
  #width = FIRST_WIDTH;
  #followers = 0;
  #first = true;
  #live = false;
  #busy = false;
  #staleHead = true;
  #stalePicture = true;
  #selection: { id: number; toRow: boolean } | undefined;
  #generation = 0;
  #search = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Something that the list or the timeline draws has changed. */
  readonly onDidChange = this.#drawn.event;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Nobody has looked yet. */
  get firstLook(): boolean {
    return this.#first;
  }

  /** Somebody looks, until the result is disposed. */
  look(): Disposable {
    this.#followers++;
    this.#first = false;
    this.refresh();
    return toDisposable(() => {
      this.#followers--;
    });
  }

  /** Another session is shown, or the one that is has started anew. */
  restart(live: boolean): void {
    this.#generation++;
    this.#live = live;
    this.#whole = true;
    this.#selection = undefined;
    this.pages.clear();
    this.scroll.top = 0;
    this.scroll.rows = 0;
    this.head.set(undefined);
    this.selected.set(undefined);
    this.chain.set(undefined);
    this.picture.set(undefined);
    this.filter.set({});
    this.follow.set(live);
    this.found.set('');
    this.refresh();
  }

  /** The session ended: one more look. */
  settle(): void {
    this.#live = false;
    if (this.#followers === 0) {
      // Nobody watched it come: reading starts at the beginning.
      this.follow.set(false);
    }
    this.refresh();
  }

  /** Asks again for everything that may have changed. */
  refresh(): void {
    this.#staleHead = true;
    this.#stalePicture = true;
    void this.#pump();
  }

  setFilter(filter: TraceFilter): void {
    this.filter.set(filter);
    this.pages.clear();
    const row = this.selected.value;
    if (row !== undefined) {
      this.#selection = { id: row.id, toRow: true };
    }
    this.refresh();
  }

  /** The list was scrolled. */
  scrolled(): void {
    this.follow.set(this.scroll.atEnd && (this.#live || this.follow.value));
    this.#drawn.fire();
    void this.#pump();
  }

  /** Shows a range of the timeline. */
  setRange(range: Range): void {
    const total = this.head.value?.records ?? 0;
    this.#whole = range.from <= 0 && range.to >= total;
    this.range.set(range);
    this.#stalePicture = true;
    this.#drawn.fire();
    void this.#pump();
  }

  /** The timeline has another width, pixels. */
  setWidth(width: number): void {
    if (width > 0 && width !== this.#width) {
      this.#width = width;
      this.#stalePicture = true;
      void this.#pump();
    }
  }

  /** Selects the row at an index of the list. */
  selectRow(index: number): void {
    const row = this.pages.row(Math.min(Math.max(0, index), this.scroll.rows - 1));
    if (row !== undefined) {
      this.#take(row);
      this.scroll.reveal(row.row);
      this.scrolled();
      this.#selection = { id: row.id, toRow: false };
      void this.#pump();
    }
  }

  /** Selects a record wherever it is, and shows it. */
  selectId(id: number): void {
    this.#selection = { id, toRow: true };
    void this.#pump();
  }

  /** Selects the record at a position of the timeline, or the next one that the filter shows. */
  async selectPosition(position: number): Promise<void> {
    const answer = await this.#ask({
      kind: 'list',
      from: Math.max(0, Math.floor(position)),
      count: 1,
      filter: {},
    });
    const row = answer.kind === 'list' ? answer.rows[0] : undefined;
    if (row !== undefined) {
      this.selectId(row.id);
    }
  }

  /** Looks for a text from the selection on, or back; says what it found. */
  async search(text: string, backwards: boolean): Promise<void> {
    const turn = ++this.#search;
    const filter = this.filter.value;
    const start = this.selected.value?.id ?? 0;
    let from: number | undefined = Math.max(0, start + (backwards ? -1 : 1));
    this.found.set('searching…');
    while (from !== undefined && turn === this.#search) {
      const answer: TraceAnswer = await this.#ask({ kind: 'find', text, from, backwards, filter });
      if (answer.kind !== 'find' || turn !== this.#search) {
        return;
      }
      if (answer.found !== undefined) {
        this.found.set('');
        this.selectId(answer.found);
        return;
      }
      from = answer.next;
      this.found.set(from === undefined ? 'No more' : `searching… #${from}`);
    }
  }

  /** Gives a search up. */
  endSearch(): void {
    this.#search++;
    this.found.set('');
  }

  /** Selects event `number`. */
  async selectEvent(number: number): Promise<void> {
    const answer = await this.#ask({ kind: 'event', number });
    if (answer.kind === 'event' && answer.id > 0) {
      this.selectId(answer.id);
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#drawn.dispose();
  }

  /** Asks for what is missing, most wanted first, until nothing is. */
  async #pump(): Promise<void> {
    if (this.#busy || this.#followers === 0) {
      return;
    }
    this.#busy = true;
    try {
      for (let more = true; more && this.#followers > 0; ) {
        more = await this.#step();
      }
      this.problem.set(undefined);
    } catch (error) {
      this.problem.set(error instanceof Error ? error.message : String(error));
    } finally {
      this.#busy = false;
    }
    if (this.#live) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.refresh(), LIVE_MS);
    }
  }

  async #step(): Promise<boolean> {
    const generation = this.#generation;
    const current = (): boolean => generation === this.#generation;
    const filter = this.filter.value;
    const selection = this.#selection;
    if (this.#staleHead) {
      this.#staleHead = false;
      const answer = await this.#ask({ kind: 'head', filter });
      if (answer.kind === 'head' && current()) {
        this.#takeHead(answer.head);
      }
      return true;
    }
    if (selection !== undefined) {
      this.#selection = undefined;
      await this.#askChain(selection, filter, current);
      return true;
    }
    const top = Math.floor(this.scroll.top);
    const page = this.pages.missing(top, top + this.scroll.visible, this.scroll.rows);
    if (page !== undefined) {
      const from = page * PAGE_ROWS;
      const answer = await this.#ask({ kind: 'list', from, count: PAGE_ROWS, filter });
      if (answer.kind === 'list' && current() && filter === this.filter.value) {
        this.pages.put(page, answer.rows);
        this.scroll.rows = answer.total;
        this.#drawn.fire();
      }
      return true;
    }
    if (this.#stalePicture) {
      this.#stalePicture = false;
      const { from, to } = this.range.value;
      const answer = await this.#ask({ kind: 'lanes', from, to, width: this.#width, filter });
      if (answer.kind === 'lanes' && current()) {
        this.picture.set(answer.picture);
        this.#drawn.fire();
      }
      return true;
    }
    return false;
  }

  #takeHead(head: TraceHead): void {
    this.head.set(head);
    this.scroll.rows = head.rows;
    this.scroll.to(this.follow.value ? this.scroll.end : this.scroll.top);
    if (this.#whole) {
      this.range.set(wholeRange(head.records));
    }
    this.#drawn.fire();
  }

  async #askChain(
    { id, toRow }: { id: number; toRow: boolean },
    filter: TraceFilter,
    current: () => boolean,
  ): Promise<void> {
    const answer = await this.#ask({ kind: 'chain', id, filter });
    if (answer.kind !== 'chain' || !current() || answer.chain.record === undefined) {
      return;
    }
    const { record } = answer.chain;
    this.chain.set(answer.chain);
    this.#take(record);
    const place = await this.#ask({ kind: 'place', id, filter });
    if (place.kind === 'place' && current()) {
      const total = this.head.value?.records ?? 0;
      const shown = showing(this.range.value, place.position, total);
      if (shown !== this.range.value) {
        this.setRange(shown);
      }
      if (toRow) {
        this.follow.set(false);
        this.scroll.reveal(place.row);
      }
      this.selectedPosition = place.position;
      this.#drawn.fire();
    }
  }

  /** Position of the selected record in the whole trace. */
  selectedPosition: number | undefined;

  #take(row: TraceRow): void {
    if (row.id !== this.selected.value?.id) {
      this.chain.set(undefined);
      this.selectedPosition = undefined;
    }
    this.selected.set(row);
    this.#drawn.fire();
  }
}
