// The text that runs and the text that the user sees: a head in front of line 1, compiled conditions in
// other lines. Places of the engine count from 0, the user's from 1.

import type { Debugger } from 'node:inspector';
import type { TextInserts } from '../../script/text-inserts.ts';

/** A place in the user's text. */
export interface SourcePlace {
  readonly line: number;
  readonly column: number;
}

/** What prepareScript() puts around a script; its own functions are not the user's. */
const HEAD_END = 'return async function script() {';

/** Maps places of one script. */
export class ScriptSource {
  readonly scriptId: string;
  readonly inserts: TextInserts;
  /** Characters in front of the user's first line. */
  readonly shift: number;
  /** Lines of the user's text. */
  readonly lineCount: number;

  /** @param running the text that the engine compiled */
  constructor(scriptId: string, running: string, text: string, inserts: TextInserts) {
    this.scriptId = scriptId;
    this.inserts = inserts;
    const end = running.indexOf(HEAD_END);
    this.shift = end < 0 ? 0 : end + HEAD_END.length;
    this.lineCount = text.split('\n').length;
  }

  /** The user's place, or undefined for one outside of the user's text. */
  toUser({ scriptId, lineNumber, columnNumber = 0 }: Debugger.Location): SourcePlace | undefined {
    if (scriptId !== this.scriptId) {
      return undefined;
    }
    const line = lineNumber + 1;
    const column = columnNumber + 1 - (line === 1 ? this.shift : 0);
    if (column < 1 || line > this.lineCount) {
      return undefined;
    }
    return this.inserts.original({ line, column });
  }

  /** The engine's place. */
  toEngine(place: SourcePlace): Debugger.Location {
    const { line, column } = this.inserts.moved(place);
    return {
      scriptId: this.scriptId,
      lineNumber: line - 1,
      columnNumber: column - 1 + (line === 1 ? this.shift : 0),
    };
  }

  /** True inside a compiled condition: the script stands in front of the statement behind it. */
  isInsert({ scriptId, lineNumber, columnNumber = 0 }: Debugger.Location): boolean {
    const line = lineNumber + 1;
    const column = columnNumber + 1 - (line === 1 ? this.shift : 0);
    return scriptId === this.scriptId && this.inserts.covers({ line, column });
  }
}
