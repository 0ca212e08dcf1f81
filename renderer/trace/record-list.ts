// The list of records: a fixed set of row elements that show whatever is scrolled to. Real elements, so that
// a screen reader reads them and text can be marked; made once, so that nothing is built while it scrolls.

import type { Disposable } from '../../sim/base/disposable.ts';
import { DisposableStore, toDisposable } from '../../sim/base/disposable.ts';
import type { TraceRow } from '../../sim/protocol/trace.ts';
import { classes } from '../base/dom.ts';
import { ROW_HEIGHT } from './list-scroll.ts';
import { timeText } from './time-range.ts';
import type { TraceModel } from './trace-model.ts';

/** Names of the cells, in order. */
const CELLS = ['id', 'time', 'lane', 'text', 'place'] as const;

/** What the list tells. */
export interface RecordListListener {
  /** A row was opened: Enter or a double click. */
  readonly onOpen: (row: TraceRow) => void;
}

/** Shows a model's rows in an element. */
export class RecordList implements Disposable {
  readonly #model: TraceModel;
  readonly #owned = new DisposableStore();
  readonly #body: HTMLElement;
  readonly #content = document.createElement('div');
  readonly #rows: HTMLElement[] = [];
  readonly #prefix = `trace-${Math.random().toString(36).slice(2)}`;
  #frame = 0;
  #bar = 0;

  /** @param body the scrolling element, a grid */
  constructor(body: HTMLElement, model: TraceModel, listener: RecordListListener) {
    this.#model = model;
    this.#body = body;
    this.#content.className = 'trace-content';
    this.#content.setAttribute('role', 'presentation');
    body.append(this.#content);
    this.#owned.add(model.onDidChange(() => this.#drawSoon()));
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(body);
    this.#owned.add(toDisposable(() => observer.disconnect()));
    this.#listen('scroll', () => this.#scrolled());
    this.#listen('wheel', (event) => this.#wheel(event as WheelEvent), { passive: false });
    this.#listen('click', (event) => this.#click(event as MouseEvent));
    this.#listen('dblclick', () => this.#open(listener));
    this.#listen('keydown', (event) => this.#key(event as KeyboardEvent, listener));
    this.#resize();
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#owned.dispose();
    this.#content.remove();
  }

  #listen(
    name: string,
    handler: (event: Event) => void,
    options: AddEventListenerOptions = {},
  ): void {
    this.#body.addEventListener(name, handler, options);
    this.#owned.add(toDisposable(() => this.#body.removeEventListener(name, handler)));
  }

  #resize(): void {
    const { scroll } = this.#model;
    scroll.height = this.#body.clientHeight;
    while (this.#rows.length < scroll.visible) {
      const row = document.createElement('div');
      row.setAttribute('role', 'row');
      for (const [column, name] of CELLS.entries()) {
        const cell = document.createElement('span');
        cell.className = `trace-${name}`;
        cell.setAttribute('role', 'gridcell');
        cell.setAttribute('aria-colindex', String(column + 1));
        row.append(cell);
      }
      this.#rows.push(row);
      this.#content.append(row);
    }
    scroll.to(this.#model.follow.value ? scroll.end : scroll.top);
    this.#model.scrolled();
  }

  #drawSoon(): void {
    if (this.#frame === 0) {
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        this.#draw();
      });
    }
  }

  #draw(): void {
    const { scroll, pages, selected } = this.#model;
    const body = this.#body;
    this.#content.style.height = `${scroll.content}px`;
    if (Math.abs(this.#bar - scroll.bar) > 1) {
      this.#bar = scroll.bar;
      body.scrollTop = scroll.bar;
    }
    body.setAttribute('aria-rowcount', String(scroll.rows));
    const first = Math.floor(scroll.top);
    const offset = body.scrollTop - (scroll.top - first) * ROW_HEIGHT;
    let active = '';
    for (const [at, element] of this.#rows.entries()) {
      const index = first + at;
      const hidden = at > scroll.visible || index >= scroll.rows;
      element.hidden = hidden;
      if (hidden) {
        continue;
      }
      const row = pages.row(index);
      const isSelected = row !== undefined && row.id === selected.value?.id;
      element.style.transform = `translateY(${offset + at * ROW_HEIGHT}px)`;
      fillRow(element, row, index, isSelected);
      if (isSelected) {
        active = `${this.#prefix}-${row.id}`;
        element.id = active;
      } else if (element.id !== '') {
        element.id = '';
      }
    }
    if (active === '') {
      body.removeAttribute('aria-activedescendant');
    } else {
      body.setAttribute('aria-activedescendant', active);
    }
  }

  #scrolled(): void {
    const { scroll } = this.#model;
    if (Math.abs(this.#body.scrollTop - this.#bar) > 1) {
      this.#bar = this.#body.scrollTop;
      scroll.setBar(this.#bar);
      this.#model.scrolled();
    }
  }

  #wheel(event: WheelEvent): void {
    if (event.ctrlKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      return;
    }
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 3 * ROW_HEIGHT : 1;
    this.#model.scroll.by(event.deltaY * unit);
    this.#model.scrolled();
  }

  #click(event: MouseEvent): void {
    const row = (event.target as Element).closest<HTMLElement>('.trace-row');
    const index = row?.dataset['row'];
    if (index !== undefined && document.getSelection()?.isCollapsed !== false) {
      this.#model.selectRow(Number(index));
    }
  }

  #open(listener: RecordListListener): void {
    const row = this.#model.selected.value;
    if (row !== undefined) {
      listener.onOpen(row);
    }
  }

  #key(event: KeyboardEvent, listener: RecordListListener): void {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const { scroll, selected, chain } = this.#model;
    const at = selected.value?.row ?? Math.floor(scroll.top) - 1;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + scroll.page,
      PageUp: at - scroll.page,
      Home: 0,
      End: scroll.rows - 1,
    };
    const target = moves[event.key];
    if (target !== undefined) {
      this.#moveTo(Math.min(Math.max(0, target), scroll.rows - 1));
    } else if (event.key === 'Enter') {
      this.#open(listener);
    } else if (event.key === 'ArrowLeft' && selected.value !== undefined) {
      if (selected.value.cause > 0) {
        this.#model.selectId(selected.value.cause);
      }
    } else if (event.key === 'ArrowRight') {
      const effect = chain.value?.effects[0];
      if (effect !== undefined) {
        this.#model.selectId(effect.id);
      }
    } else {
      return;
    }
    event.preventDefault();
  }

  /** Selects a row that may not be here yet: shown first, selected when it has come. */
  #moveTo(index: number): void {
    const { scroll, pages } = this.#model;
    if (pages.row(index) !== undefined) {
      this.#model.selectRow(index);
      return;
    }
    scroll.reveal(index);
    this.#model.scrolled();
    const waiting = this.#model.onDidChange(() => {
      if (pages.row(index) !== undefined) {
        waiting.dispose();
        this.#model.selectRow(index);
      }
    });
  }
}

function fillRow(
  element: HTMLElement,
  row: TraceRow | undefined,
  index: number,
  selected: boolean,
): void {
  const key = `${index} ${row?.id ?? 0} ${selected}`;
  if (element.dataset['key'] === key) {
    return;
  }
  element.dataset['key'] = key;
  element.dataset['row'] = String(index);
  element.setAttribute('aria-rowindex', String(index + 1));
  element.setAttribute('aria-selected', String(selected));
  const lane = row?.lane.split(' ')[0] ?? '';
  element.className = classes(
    'trace-row',
    `lane-${lane}`,
    selected && 'selected',
    row?.bad === true && 'is-bad',
  );
  const texts =
    row === undefined
      ? ['', '', '', '…', '']
      : [
          `#${row.id}`,
          timeText(row.time),
          row.lane,
          row.bad ? `✘ ${row.text}` : row.text,
          row.line === 0 ? '' : `:${row.line}`,
        ];
  for (const [column, text] of texts.entries()) {
    const cell = element.children[column];
    if (cell !== undefined && cell.textContent !== text) {
      cell.textContent = text;
    }
  }
}
