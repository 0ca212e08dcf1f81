// Types of a script blanked out by amaro (strip-only: every line and column stays where it was). What
// amaro lets pass and the engine refuses (a name declared twice) is found by compiling the result.

import vm from 'node:vm';
import { transformSync } from 'amaro';
import type { SyntaxFault, TypeStripper } from '../script/realm.ts';

const WHAT_INSTEAD: readonly (readonly [RegExp, string])[] = [
  [/enum/, 'enum is not available here: use a const object, e.g. const Mode = { A: 0 } as const'],
  [/parameter propert/, 'parameter properties are not available here: assign in the constructor'],
  [/namespace|module/, 'namespaces are not available here: use plain objects and functions'],
];

/** Strips `text`; a fault names the place in it and, for what cannot be stripped, what to write. */
export const stripTypes: TypeStripper = (text) => {
  try {
    const stripped = transformSync(text, { mode: 'strip-only' }).code;
    const fault = engineFault(stripped);
    return fault === undefined ? { ok: true, text: stripped } : { ok: false, fault };
  } catch (error) {
    return { ok: false, fault: faultOf(error) };
  }
};

/** What the engine says: its stack starts with the place, the line, and a caret under the column. */
function engineFault(text: string): SyntaxFault | undefined {
  try {
    new vm.Script(text, { filename: FILE });
    return undefined;
  } catch (error) {
    const { message, stack = '' } = error as Error;
    const [place = '', code = '', caret = ''] = stack.split('\n');
    const line = Number(place.slice(FILE.length + 1));
    const at = Math.max(0, caret.indexOf('^'));
    return { message: newerThan(code, at) ?? message, line: line > 0 ? line : 1, column: at + 1 };
  }
}

/** Words for what the engine does not know yet, where it only stumbles over a character. */
function newerThan(line: string, at: number): string | undefined {
  return line[at] === '@'
    ? 'decorators are not available here: call the function yourself'
    : /\busing\s+$/.test(line.slice(0, at))
      ? 'using is not available here: release it in a finally block'
      : undefined;
}

const FILE = 'script-to-check';

function faultOf(error: unknown): SyntaxFault {
  const { code, message, startLine, startColumn } = error as Record<string, unknown>;
  if (typeof startLine !== 'number' || typeof startColumn !== 'number') {
    throw error;
  }
  const said = String(message);
  const instead =
    code === 'UnsupportedSyntax' ? WHAT_INSTEAD.find(([pattern]) => pattern.test(said)) : undefined;
  return { message: instead?.[1] ?? said, line: startLine, column: startColumn + 1 };
}
