// All problems of the open scripts: what the TypeScript worker finds, and what the last run left.

import { editor, MarkerSeverity } from 'monaco-editor/editor/editor.api.js';
import { Store } from '../base/store.ts';
import type { DocumentInfo, Documents } from '../editor/documents.ts';

/** One problem. Line and column count from 1. */
export interface Problem {
  readonly key: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  readonly source: string;
  readonly document: DocumentInfo;
  readonly line: number;
  readonly column: number;
}

/** Follows Monaco's markers. */
export class Problems {
  readonly #documents: Documents;
  /** By document in the order of opening, then by line. */
  readonly list = new Store<readonly Problem[]>([]);

  constructor(documents: Documents) {
    this.#documents = documents;
    editor.onDidChangeMarkers(() => this.#collect());
    documents.list.onDidChange(() => this.#collect());
  }

  #collect(): void {
    const order = new Map(this.#documents.list.value.map(({ id }, index) => [id, index]));
    const problems = editor
      .getModelMarkers({})
      .flatMap((marker) => this.#problemOf(marker))
      .sort(
        (a, b) =>
          (order.get(a.document.id) ?? 0) - (order.get(b.document.id) ?? 0) ||
          a.line - b.line ||
          a.column - b.column,
      );
    this.list.set(problems);
  }

  #problemOf(marker: editor.IMarker): readonly Problem[] {
    const document = this.#documents.byUri(marker.resource);
    const severity = severityOf(marker.severity);
    if (document === undefined || severity === undefined) {
      return [];
    }
    const code = typeof marker.code === 'string' ? `(${marker.code})` : '';
    const { startLineNumber: line, startColumn: column, message } = marker;
    return [
      {
        key: `${document.id}:${line}:${column}:${marker.owner}:${message}`,
        severity,
        message,
        source: `${marker.source ?? marker.owner}${code}`,
        document,
        line,
        column,
      },
    ];
  }
}

/** Hints are shown in the editor only. */
function severityOf(severity: MarkerSeverity): Problem['severity'] | undefined {
  if (severity === MarkerSeverity.Hint) {
    return undefined;
  }
  return severity === MarkerSeverity.Error
    ? 'error'
    : severity === MarkerSeverity.Warning
      ? 'warning'
      : 'info';
}
