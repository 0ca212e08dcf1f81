// What a set of breakpoints means for a run: which lines the engine gets, which conditions are compiled
// into the text, and what the simulator is watched for.

import type {
  BreakpointSet,
  BreakpointStatus,
  FunctionBreakpoint,
  LineBreakpoint,
  WatchRequest,
} from '../../protocol/debug.ts';
import { isApiFunction } from '../../script/api-names.ts';
import { parseTrigger } from '../../session/debug-trigger.ts';
import { breakpointFault } from './breakpoint-binding.ts';

/** A set taken apart. */
export interface BreakpointPlan {
  /** Line breakpoints whose expressions are well formed, disabled ones included. */
  readonly lines: readonly LineBreakpoint[];
  /** Function breakpoints, disabled ones included: the script may define what they name. */
  readonly functions: readonly FunctionBreakpoint[];
  readonly watch: WatchRequest;
  /** Breakpoints that can be judged without a run, and what is wrong with them. */
  readonly statuses: readonly BreakpointStatus[];
}

/** Takes a set apart. Inactive sets keep their places and stop nowhere. */
export function planBreakpoints(set: BreakpointSet): BreakpointPlan {
  const { active, exceptions } = set;
  const lines: LineBreakpoint[] = [];
  const statuses: BreakpointStatus[] = [];
  for (const breakpoint of set.lines) {
    const message = breakpointFault(breakpoint);
    if (message === undefined) {
      lines.push({ ...breakpoint, enabled: active && breakpoint.enabled });
    } else {
      statuses.push({ id: breakpoint.id, verified: false, message });
    }
  }
  for (const { id, name } of set.functions) {
    if (isApiFunction(name)) {
      statuses.push({ id, verified: true });
    }
  }
  for (const { id, on } of set.hardware) {
    const trigger = parseTrigger(on);
    statuses.push(
      typeof trigger === 'string'
        ? { id, verified: false, message: trigger }
        : { id, verified: true },
    );
  }
  const enabled = <B extends { readonly enabled: boolean }>(list: readonly B[]): readonly B[] =>
    active ? list.filter((breakpoint) => breakpoint.enabled) : [];
  const hardware = enabled(set.hardware).filter(({ on }) => typeof parseTrigger(on) !== 'string');
  return {
    lines,
    functions: set.functions.map((one) => ({ ...one, enabled: active && one.enabled })),
    statuses,
    watch: {
      functions: enabled(set.functions),
      hardware,
      exceptions: active && (exceptions.caught || exceptions.uncaught),
    },
  };
}
