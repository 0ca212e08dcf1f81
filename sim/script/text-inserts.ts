// Short texts put into a script before it runs (compiled conditions of breakpoints), and the way back
// from columns of the text that runs to columns of the script. No insert has a line break.

/** A text to put in front of what stands at a place, or over it; line and column count from 1. */
export interface TextInsert {
  readonly line: number;
  readonly column: number;
  readonly text: string;
  /** Takes the place of as many characters as it has: nothing moves. */
  readonly over?: boolean | undefined;
}

interface Position {
  readonly line: number;
  readonly column: number;
}

/** The inserts of one script. */
export class TextInserts {
  /** Those that move what stands behind them, by line, from left to right. */
  readonly #moving = new Map<number, TextInsert[]>();
  readonly #all: readonly TextInsert[];

  constructor(inserts: readonly TextInsert[]) {
    this.#all = [...inserts].sort((a, b) => b.column - a.column);
    for (const insert of this.#all.toReversed().filter(({ over }) => over !== true)) {
      this.#moving.set(insert.line, [...(this.#moving.get(insert.line) ?? []), insert]);
    }
  }

  /** The text that runs. */
  apply(text: string): string {
    if (this.#all.length === 0) {
      return text;
    }
    const lines = text.split('\n');
    for (const { line, column, text: inserted, over } of this.#all) {
      const old = lines[line - 1];
      if (old !== undefined) {
        const rest = old.slice(column - 1 + (over === true ? inserted.length : 0));
        lines[line - 1] = old.slice(0, column - 1) + inserted + rest;
      }
    }
    return lines.join('\n');
  }

  /** The place in the script for one in the text that runs; inside an insert: where it was put. */
  original<P extends Position>(place: P): P {
    let { column } = place;
    for (const insert of this.#moving.get(place.line) ?? []) {
      if (column <= insert.column) {
        break;
      }
      column = Math.max(insert.column, column - insert.text.length);
    }
    return { ...place, column };
  }

  /** The place in the text that runs for one in the script: behind an insert at that place. */
  moved<P extends Position>(place: P): P {
    const before = (this.#moving.get(place.line) ?? []).filter(
      ({ column }) => column <= place.column,
    );
    const shift = before.reduce((sum, { text }) => sum + text.length, 0);
    return { ...place, column: place.column + shift };
  }

  /** True when a place of the text that runs lies inside an insert. */
  covers({ line, column }: Position): boolean {
    let shift = 0;
    return (this.#moving.get(line) ?? []).some((insert) => {
      const start = insert.column + shift;
      shift += insert.text.length;
      return column >= start && column < start + insert.text.length;
    });
  }
}
