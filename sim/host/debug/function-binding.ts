// Binds function breakpoints to the first statements of the script's own functions of that name.

import type { BreakpointStatus, FunctionBreakpoint } from '../../protocol/debug.ts';
import { isApiFunction } from '../../script/api-names.ts';
import type { FunctionEntry, StopPlace } from './breakpoint-binding.ts';
import { firstIn, functionsNamed } from './script-functions.ts';
import type { ParsedScript, ScriptTree } from './script-tree.ts';

/** Where the functions begin, and what became of the breakpoints that name none of the API. */
export interface BoundFunctions {
  readonly entries: readonly FunctionEntry[];
  readonly statuses: readonly BreakpointStatus[];
}

/** Finds the functions among `places`, where the engine can stop. */
export async function bindFunctions(
  breakpoints: readonly FunctionBreakpoint[],
  tree: ScriptTree,
  places: readonly StopPlace[],
): Promise<BoundFunctions> {
  const script = breakpoints.length === 0 ? undefined : await tree.parsed();
  const entries: FunctionEntry[] = [];
  const statuses: BreakpointStatus[] = [];
  for (const { id, name, enabled } of breakpoints) {
    const found = script === undefined ? [] : beginnings(script, name, places);
    if (enabled) {
      entries.push(...found.map((place) => ({ id, place })));
    }
    if (!isApiFunction(name) || found.length > 0) {
      statuses.push(statusOf(id, name, found));
    }
  }
  return { entries, statuses };
}

function beginnings(
  script: ParsedScript,
  name: string,
  places: readonly StopPlace[],
): readonly StopPlace[] {
  return functionsNamed(script, name).flatMap((fn) => firstIn(script, fn, places) ?? []);
}

function statusOf(id: number, name: string, found: readonly StopPlace[]): BreakpointStatus {
  const [first] = found;
  if (first === undefined) {
    const message = `neither the API nor the script has a function named ${name}`;
    return { id, verified: false, message };
  }
  const at = { id, verified: true, line: first.line, column: first.column };
  return found.length === 1
    ? at
    : { ...at, message: `stops in ${found.length} functions of this name` };
}
