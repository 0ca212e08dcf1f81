// The engine of Electron 33 (V8 13.0) dies when it pauses in the head of `for (const x of ...)` while a
// closure holds x: it cannot show the scope there in which x is not initialised yet. For such an engine
// the head gets a plain variable and the body the constant, in a text in which no line moves.

import type { DebugInsert } from '../../protocol/debug.ts';
import type { ParseCheck } from './breakpoint-inserts.ts';
import { scanScript } from './script-scan.ts';
import type { SourcePlace } from './script-source.ts';

const HEAD =
  /\bfor\s*(?:await\s*)?\(\s*((const|let)\s+([\w$]+|\[[^\n\]]*\]|\{[^\n}]*\}))\s+(?:of|in)\b/g;
/** Names of one character: the shortest head is `let x`. */
const NAMES = ['$', '_', 'ª', 'º', 'µ'];
const FINE_BEFORE = 12 * 100 + 4;
const FINE_FROM = 13 * 100 + 6;

/** What was put in, and the variable that nobody should see. */
export interface LoopHeads {
  readonly inserts: readonly DebugInsert[];
  readonly hidden?: string;
}

/** Whether an engine, e.g. `13.0.245.20`, needs this: 12.4 and 13.6 were seen to be fine, 13.0 not. */
export function diesInLoopHeads(v8: string): boolean {
  const [major = 0, minor = 0] = v8.split('.').map(Number);
  const version = major * 100 + minor;
  return version > FINE_BEFORE && version < FINE_FROM;
}

/** Rewrites the heads of `text`; nothing when the outcome would not parse. */
export function plainLoopHeads(text: string, parses: ParseCheck, apply: Apply): LoopHeads {
  const { code, lineStarts } = scanScript(text);
  const hidden = NAMES.find((name) => !text.includes(name));
  if (hidden === undefined) {
    return { inserts: [] };
  }
  const inserts = [...code.matchAll(HEAD)].flatMap((found): DebugInsert[] => {
    const [all, declared = '', keyword = '', binding = ''] = found;
    const at = found.index + all.indexOf(declared);
    const body = bodyOf(code, found.index);
    if (body === undefined) {
      return [];
    }
    const head = `var ${hidden}`.padEnd(declared.length);
    const original = text.slice(at + declared.length - binding.length, at + declared.length);
    return [
      { ...placeOf(lineStarts, at), text: head, over: true },
      { ...placeOf(lineStarts, body), text: `${keyword} ${original}=${hidden};` },
    ];
  });
  return inserts.length > 0 && parses(apply(inserts)) ? { inserts, hidden } : { inserts: [] };
}

/** The text with inserts in it. */
export type Apply = (inserts: readonly DebugInsert[]) => string;

/** Offset behind the brace that opens the body of the loop at `start`; undefined without one. */
function bodyOf(code: string, start: number): number | undefined {
  const end = closingBracket(code, code.indexOf('(', start));
  const rest = end === undefined ? null : /^\s*\{/.exec(code.slice(end + 1));
  return end === undefined || rest === null ? undefined : end + 1 + rest[0].length;
}

/** Offset of the bracket that closes the one at `open`. */
function closingBracket(code: string, open: number): number | undefined {
  let depth = 0;
  for (let at = open; at >= 0 && at < code.length; at++) {
    depth += '([{'.includes(code[at] ?? '') ? 1 : ')]}'.includes(code[at] ?? '') ? -1 : 0;
    if (depth === 0) {
      return at;
    }
  }
  return undefined;
}

/** Knows which places lie in the head of one and the same `for`: together they are one statement. */
export class ForHeads {
  readonly #heads: readonly { readonly from: number; readonly to: number }[];
  readonly #lineStarts: readonly number[];

  constructor(text: string) {
    const { code, lineStarts } = scanScript(text);
    this.#lineStarts = lineStarts;
    this.#heads = [...code.matchAll(/\bfor\s*(?:await\s*)?\(/g)].map(({ index }) => ({
      from: index,
      to: closingBracket(code, code.indexOf('(', index)) ?? index,
    }));
  }

  /** True when both places are in one head. */
  share(a: SourcePlace, b: SourcePlace): boolean {
    const [first, second] = [this.#offset(a), this.#offset(b)];
    return this.#heads.some(
      ({ from, to }) => first >= from && first <= to && second >= from && second <= to,
    );
  }

  #offset({ line, column }: SourcePlace): number {
    return (this.#lineStarts[line - 1] ?? 0) + column - 1;
  }
}

function placeOf(
  lineStarts: readonly number[],
  offset: number,
): { readonly line: number; readonly column: number } {
  const line = lineStarts.findLastIndex((start) => start <= offset);
  return { line: line + 1, column: offset - (lineStarts[line] ?? 0) + 1 };
}
