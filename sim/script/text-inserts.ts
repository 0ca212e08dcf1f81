// Short texts put into a script before it runs (compiled conditions of breakpoints), and the way back
// from columns of the text that runs to columns of the script. No insert has a line break.

/** A text to put in front of what stands at a place; line and column count from 1. */
export interface TextInsert {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

interface Position {
  readonly line: number;
  readonly column: number;
}

/** The inserts of one script, at most one a line. */
export class TextInserts {
  readonly #byLine: ReadonlyMap<number, TextInsert>;

  constructor(inserts: readonly TextInsert[]) {
    this.#byLine = new Map(inserts.map((insert) => [insert.line, insert]));
  }

  /** The text that runs. */
  apply(text: string): string {
    if (this.#byLine.size === 0) {
      return text;
    }
    const lines = text.split('\n');
    for (const [line, { column, text: inserted }] of this.#byLine) {
      const old = lines[line - 1];
      if (old !== undefined) {
        lines[line - 1] = old.slice(0, column - 1) + inserted + old.slice(column - 1);
      }
    }
    return lines.join('\n');
  }

  /** The place in the script for one in the text that runs; inside an insert: where it was put. */
  original<P extends Position>(place: P): P {
    const insert = this.#byLine.get(place.line);
    if (insert === undefined || place.column <= insert.column) {
      return place;
    }
    return { ...place, column: Math.max(insert.column, place.column - insert.text.length) };
  }

  /** The place in the text that runs for one in the script: behind an insert at that place. */
  moved<P extends Position>(place: P): P {
    const insert = this.#byLine.get(place.line);
    if (insert === undefined || place.column < insert.column) {
      return place;
    }
    return { ...place, column: place.column + insert.text.length };
  }

  /** True when a place of the text that runs lies inside an insert. */
  covers({ line, column }: Position): boolean {
    const insert = this.#byLine.get(line);
    return (
      insert !== undefined && column >= insert.column && column < insert.column + insert.text.length
    );
  }
}
