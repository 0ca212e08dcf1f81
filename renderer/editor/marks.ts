// What a run leaves on the script: the line of an error, of a fault, of a warning. The marks are markers
// (so the problems list has them too) and a word at the end of the line; they go with the next run.

import { editor, MarkerSeverity } from 'monaco-editor/editor/editor.api.js';
import type { OutputRecord, Place } from '../../sim/protocol/api.ts';

const OWNER = 'run';
/** A script that faults on end must not fill the list. */
const MARK_LIMIT = 500;

interface Mark {
  readonly place: Place;
  readonly severity: MarkerSeverity;
  readonly label: string;
  readonly message: string;
  count: number;
}

/** The marks of one run on one model. */
export class RunMarks {
  readonly #model: editor.ITextModel;
  readonly #file: string;
  readonly #marks = new Map<string, Mark>();
  readonly #decorations: string[] = [];
  #scheduled = false;

  /** @param file name under which the script ran */
  constructor(model: editor.ITextModel, file: string) {
    this.#model = model;
    this.#file = file;
  }

  add(records: readonly OutputRecord[]): void {
    for (const record of records) {
      const mark = markOf(record);
      if (mark !== undefined && mark.place.file === this.#file) {
        this.#count(mark);
      }
    }
  }

  clear(): void {
    this.#marks.clear();
    this.#show();
  }

  #count(mark: Mark): void {
    const key = `${mark.place.line}:${mark.message}`;
    const known = this.#marks.get(key);
    if (known !== undefined) {
      known.count += 1;
    } else if (this.#marks.size < MARK_LIMIT) {
      this.#marks.set(key, mark);
    } else {
      return;
    }
    if (!this.#scheduled) {
      this.#scheduled = true;
      requestAnimationFrame(() => {
        this.#scheduled = false;
        this.#show();
      });
    }
  }

  #show(): void {
    if (this.#model.isDisposed()) {
      return;
    }
    const marks = [...this.#marks.values()];
    editor.setModelMarkers(
      this.#model,
      OWNER,
      marks.map((mark) => ({
        ...this.#rangeOf(mark.place),
        severity: mark.severity,
        message: mark.count > 1 ? `${mark.message} (${mark.count} times)` : mark.message,
        source: 'run',
      })),
    );
    const old = this.#decorations.splice(0);
    this.#decorations.push(...this.#model.deltaDecorations(old, this.#lineWords(marks)));
  }

  #lineWords(marks: readonly Mark[]): editor.IModelDeltaDecoration[] {
    const lines = new Map<number, Mark>();
    for (const mark of marks) {
      const known = lines.get(mark.place.line);
      if (known === undefined || mark.severity > known.severity) {
        lines.set(mark.place.line, mark);
      }
    }
    return [...lines.values()].map((mark) => {
      const line = this.#lineOf(mark.place);
      const end = this.#model.getLineMaxColumn(line);
      const { name, sign } = lookOf(mark.severity);
      return {
        range: { startLineNumber: line, startColumn: end, endLineNumber: line, endColumn: end },
        options: {
          description: 'run mark',
          glyphMarginClassName: `mark-glyph mark-${name}`,
          glyphMarginHoverMessage: { value: mark.message },
          after: {
            content: `  ${sign} ${mark.label}`,
            inlineClassName: `mark-word mark-${name}`,
          },
          showIfCollapsed: true,
        },
      };
    });
  }

  #lineOf(place: Place): number {
    return Math.min(Math.max(place.line, 1), this.#model.getLineCount());
  }

  #rangeOf(place: Place) {
    const line = this.#lineOf(place);
    const word = this.#model.getWordAtPosition({ lineNumber: line, column: place.column });
    return {
      startLineNumber: line,
      startColumn: word?.startColumn ?? place.column,
      endLineNumber: line,
      endColumn: word?.endColumn ?? this.#model.getLineMaxColumn(line),
    };
  }
}

/** Style and sign of a mark: no meaning by colour alone. */
function lookOf(severity: MarkerSeverity): { readonly name: string; readonly sign: string } {
  if (severity === MarkerSeverity.Error) {
    return { name: 'error', sign: '✘' };
  }
  return severity === MarkerSeverity.Warning
    ? { name: 'warning', sign: '▲' }
    : { name: 'info', sign: '○' };
}

/** A run that a person stopped: nothing in the script is wrong. */
const STOPPED = 'Stopped';

function markOf(record: OutputRecord): Mark | undefined {
  if (record.type === 'result') {
    const { error } = record;
    const place = error?.place;
    return error === undefined || place === undefined || error.name === STOPPED
      ? undefined
      : mark(place, MarkerSeverity.Error, error.name, `${error.name}: ${error.message}`);
  }
  if (record.place === undefined) {
    return undefined;
  }
  if (record.type === 'event') {
    const { place, text, event, expected } = record;
    return expected === true
      ? mark(place, MarkerSeverity.Info, `${event.name}, expected`, text.trim())
      : mark(place, MarkerSeverity.Error, event.name, text.trim());
  }
  if (record.type === 'warn') {
    const section = record.section === '' ? '' : ` [${record.section}]`;
    const message = `${record.class}: ${record.text}${section}`;
    return mark(record.place, MarkerSeverity.Warning, record.class, message);
  }
  return undefined;
}

function mark(place: Place, severity: MarkerSeverity, label: string, message: string): Mark {
  return { place, severity, label, message, count: 1 };
}
