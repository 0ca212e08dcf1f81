// The editor widgets that show the documents: which one is active, where its cursor is, jumping to a place.

import type { editor } from 'monaco-editor/editor/editor.api.js';
import type { Disposable } from '../../sim/base/disposable.ts';
import { toDisposable } from '../../sim/base/disposable.ts';
import { Emitter } from '../../sim/base/emitter.ts';
import { Store } from '../base/store.ts';

/** A place to show, counted from 1. */
export interface EditorPlace {
  readonly line: number;
  readonly column: number;
}

/** A cursor, and how many pixels are above the first visible one. */
export interface ScrolledPlace extends EditorPlace {
  readonly top: number;
}

/** Knows the widgets of the visible documents. */
export class Editors {
  readonly #widgets = new Map<string, editor.IStandaloneCodeEditor>();
  readonly #pending = new Map<string, { readonly place?: EditorPlace }>();
  readonly #places = new Map<string, ScrolledPlace>();
  readonly #moved = new Emitter<void>();
  /** A cursor or what is visible of a document moved. */
  readonly onDidMove = this.#moved.event;
  /** Id of the document that commands mean; undefined when none is open. */
  readonly active = new Store<string | undefined>(undefined);
  /** Cursor of the active document. */
  readonly cursor = new Store<EditorPlace | undefined>(undefined);

  /** The widget that commands mean. */
  get current(): editor.IStandaloneCodeEditor | undefined {
    return this.active.value === undefined ? undefined : this.#widgets.get(this.active.value);
  }

  /** Registers a widget as long as it lives, and does what was asked of its document before. */
  add(id: string, widget: editor.IStandaloneCodeEditor): Disposable {
    this.#widgets.set(id, widget);
    const moved = widget.onDidChangeCursorPosition(({ position }) => {
      if (this.active.value === id) {
        this.cursor.set({ line: position.lineNumber, column: position.column });
      }
      this.#note(id, widget);
    });
    const scrolled = widget.onDidScrollChange(() => this.#note(id, widget));
    const place = this.#places.get(id);
    if (place !== undefined) {
      widget.setPosition({ lineNumber: place.line, column: place.column });
      widget.setScrollTop(place.top);
    }
    const focused = widget.onDidFocusEditorText(() => this.activate(id));
    const pending = this.#pending.get(id);
    if (pending !== undefined) {
      this.focus(id, pending.place);
    }
    return toDisposable(() => {
      moved.dispose();
      scrolled.dispose();
      focused.dispose();
      if (this.#widgets.get(id) === widget) {
        this.#widgets.delete(id);
      }
    });
  }

  /** Where a document stands when its widget comes. */
  place(id: string, place: ScrolledPlace): void {
    this.#places.set(id, place);
  }

  /** Where a document stands, also without a widget. */
  placeOf(id: string): ScrolledPlace {
    return this.#places.get(id) ?? { line: 1, column: 1, top: 0 };
  }

  activate(id: string | undefined): void {
    this.active.set(id);
    const position = this.current?.getPosition();
    this.cursor.set(position ? { line: position.lineNumber, column: position.column } : undefined);
  }

  /** Gives a document the keyboard, at a place if one is given; waits for its widget if there is none yet. */
  focus(id: string, place?: EditorPlace): void {
    const widget = this.#widgets.get(id);
    if (widget === undefined) {
      this.#pending.set(id, place === undefined ? {} : { place });
      return;
    }
    this.#pending.delete(id);
    if (place !== undefined) {
      const position = { lineNumber: place.line, column: place.column };
      widget.setPosition(position);
      widget.revealPositionInCenterIfOutsideViewport(position);
    }
    widget.focus();
    this.activate(id);
  }

  #note(id: string, widget: editor.IStandaloneCodeEditor): void {
    const position = widget.getPosition();
    if (position !== null) {
      const { lineNumber: line, column } = position;
      this.#places.set(id, { line, column, top: widget.getScrollTop() });
      this.#moved.fire();
    }
  }

  /** Runs one of the editor's own actions, e.g. `actions.find`. */
  trigger(action: string): void {
    const widget = this.current;
    widget?.focus();
    widget?.trigger('menu', action, undefined);
  }
}
