// Conditions, hit counts and logpoints compiled into the script's text: in a hot loop that costs a
// thousandth of what the engine's own conditions cost. Only at lines that surely begin a statement; any
// other breakpoint stays with the engine.

import type { DebugInsert, LineBreakpoint } from '../../protocol/debug.ts';
import { TextInserts } from '../../script/text-inserts.ts';
import { GUEST_BREAK } from '../../session/debug-agent.ts';
import { checkCall, hasCondition } from './breakpoint-binding.ts';
import type { ScriptScan } from './script-scan.ts';
import { scanScript } from './script-scan.ts';

/** What code may end with when a statement begins on the next line. */
const ENDS_BEFORE = new Set(['', ';', '{', '}']);
/** First words that continue what stands above. */
const CONTINUES = new Set(
  'else catch finally while instanceof in of as satisfies case default extends implements'.split(
    ' ',
  ),
);

/** Inserts, and the breakpoints that they stand for. */
export interface CompiledBreakpoints {
  readonly inserts: readonly DebugInsert[];
  readonly ids: ReadonlySet<number>;
}

/** The id by which the text calls: the same breakpoint may also be with the engine, after a change. */
export function compiledId(id: number): number {
  return -id;
}

/** True when the text parses. */
export type ParseCheck = (text: string) => boolean;

/** Compiles what can be compiled; `parses` decides about each candidate. */
export function compileBreakpoints(
  text: string,
  lines: readonly LineBreakpoint[],
  parses: ParseCheck,
): CompiledBreakpoints {
  const scan = scanScript(text);
  const groups = new Map<number, LineBreakpoint[]>();
  for (const breakpoint of lines) {
    if (breakpoint.enabled && breakpoint.column === undefined) {
      groups.set(breakpoint.line, [...(groups.get(breakpoint.line) ?? []), breakpoint]);
    }
  }
  const candidates = [...groups].flatMap(([line, group]) => {
    const insert = group.every(hasCondition) ? insertAt(text, scan, line, group) : undefined;
    return insert === undefined ? [] : [{ insert, group }];
  });
  const works = (some: readonly { readonly insert: DebugInsert }[]): boolean =>
    parses(new TextInserts(some.map(({ insert }) => insert)).apply(text));
  const chosen =
    candidates.length === 0 || works(candidates)
      ? candidates
      : candidates.filter((candidate) => works([candidate]));
  return {
    inserts: chosen.map(({ insert }) => insert),
    ids: new Set(chosen.flatMap(({ group }) => group.map(({ id }) => id))),
  };
}

function insertAt(
  text: string,
  { lineStarts, before }: ScriptScan,
  line: number,
  group: readonly LineBreakpoint[],
): DebugInsert | undefined {
  const start = lineStarts[line - 1];
  const above = before[line - 1];
  if (start === undefined || above === undefined) {
    return undefined;
  }
  const [, indent = '', word = ''] = /^([ \t]*)([A-Za-z_$][\w$]*)?/.exec(text.slice(start)) ?? [];
  const begins = above.inCode && ENDS_BEFORE.has(above.last) && word !== '' && !CONTINUES.has(word);
  return begins
    ? { line, column: indent.length + 1, text: group.map(statementOf).join('') }
    : undefined;
}

/** The condition runs in place, without a call, until it is true. */
function statementOf(breakpoint: LineBreakpoint): string {
  const id = compiledId(breakpoint.id);
  const { condition, ...rest } = { ...breakpoint, id };
  if (condition === undefined) {
    return `if(${checkCall(rest)})debugger;`;
  }
  const failed = `${GUEST_BREAK}(${id},"",()=>{throw $e})`;
  return `try{if((${condition})&&${checkCall(rest)})debugger;}catch($e){if(${failed})debugger;}`;
}
