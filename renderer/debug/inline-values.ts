// Values behind lines: each line of the paused function up to the paused one shows the variables that it
// names, as VS Code does.

import type { DebugScope } from '../../sim/protocol/debug.ts';

/** Lines above the paused one that are looked at. */
const MOST_LINES = 60;
/** Variables behind one line. */
const MOST_VARIABLES = 4;
const WORD = /[A-Za-z_$][\w$]*/g;
const NOT_CODE = /\/\/.*$|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g;

/** Text by line (from 1), for a script that stands at `line`. */
export function inlineValues(
  lines: readonly string[],
  line: number,
  scopes: readonly DebugScope[],
): ReadonlyMap<number, string> {
  const values = new Map<string, string>();
  for (const { variables } of scopes) {
    for (const { name, value, type } of variables) {
      if (type !== 'function' && type !== 'undefined' && !values.has(name)) {
        values.set(name, value);
      }
    }
  }
  const shown = new Map<number, string>();
  if (values.size === 0) {
    return shown;
  }
  for (let at = line; at > 0 && at > line - MOST_LINES; at--) {
    const code = (lines[at - 1] ?? '').replace(NOT_CODE, '');
    const names = [...new Set(code.match(WORD))].filter((name) => values.has(name));
    if (names.length > 0) {
      const texts = names.slice(0, MOST_VARIABLES).map((name) => `${name} = ${values.get(name)}`);
      shown.set(at, texts.join(', '));
    }
  }
  return shown;
}
