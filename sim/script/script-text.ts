// The text that runs: the script as the body of an async function, with the API as parameters of the
// function around it (names cost nothing there, and a script may declare the same names itself). The
// first line gets a head; no line moves.

import { withPlainComments } from './comment-words.ts';
import type { SyntaxFault, TypeStripper } from './realm.ts';

/** A script ready to be evaluated. */
export interface PreparedScript {
  readonly source: string;
  /** Globals that the script's text mentions, in the order of the parameters. */
  readonly parameters: readonly string[];
  /** Columns that the head takes of line 1. */
  readonly shift: number;
}

/** A prepared script, or why its text is none. */
export type Preparation =
  | { readonly ok: true; readonly script: PreparedScript }
  | { readonly ok: false; readonly fault: SyntaxFault };

const NO_MODULES =
  'import and export are not available: a script is one file and the whole API is global';
const FOOT = '\n}})';

/** Prepares `text`; `globals` are the names that the API offers. */
export function prepareScript(
  text: string,
  globals: ReadonlySet<string>,
  strip: TypeStripper,
): Preparation {
  const words = new Set(text.match(/[A-Za-z_$][\w$]*/g));
  const parameters = [...globals].filter((name) => words.has(name));
  const head = `(function (${parameters.join(',')}) { return async function script() {`;
  const stripped = strip(head + plain(text) + FOOT);
  if (!stripped.ok) {
    return { ok: false, fault: moved(stripped.fault, head.length, text) };
  }
  return {
    ok: true,
    script: { source: withPlainComments(stripped.text), parameters, shift: head.length },
  };
}

/** The place in the script for a place in the prepared text. */
export function unshift<P extends { readonly line: number; readonly column: number }>(
  place: P,
  shift: number,
): P {
  return place.line === 1 ? { ...place, column: Math.max(1, place.column - shift) } : place;
}

/** Without a byte order mark; `export {}`, which makes a module for some editors, is blanked out. */
function plain(text: string): string {
  return text
    .replace(/^\ufeff/, '')
    .replace(/^[ \t]*export\s*\{\s*\};?/m, (found) => found.replace(/[^\n]/g, ' '));
}

/** A fault past the end of the script (a bracket that is never closed) is shown at its end. */
function moved(given: SyntaxFault, shift: number, text: string): SyntaxFault {
  const fault = /'import'.*'export'/.test(given.message)
    ? { ...given, message: NO_MODULES }
    : given;
  const lines = text.split('\n');
  if (fault.line > lines.length) {
    return { ...fault, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  }
  return unshift(fault, shift);
}
