// Why a script stands still, in VS Code's words.

import type { Debugger, Runtime } from 'node:inspector';
import type { DebugException, DebugStop } from '../../protocol/debug.ts';
import type { PausedState } from '../../session/debug-agent.ts';

/** What the script was told to do when it last went on. */
export type Going =
  | { readonly how: 'run' | 'pause' | 'entry' | 'goto' | 'release' }
  | {
      readonly how: 'step';
      readonly step: 'Debugger.stepOver' | 'Debugger.stepInto' | 'Debugger.stepOut';
    };

const BY_GOING = {
  run: 'debugger statement',
  pause: 'pause',
  entry: 'entry',
  goto: 'goto',
  release: 'pause',
  step: 'step',
} as const;

/** Something that was thrown: as the engine holds it, or as text. */
export type ThrownValue = { readonly caught: boolean } & (
  | { readonly value: Runtime.RemoteObject }
  | { readonly text: string }
);

/** What is known of a stop. */
export interface StopFacts {
  readonly stop: Debugger.PausedEventDataType;
  readonly state: PausedState;
  readonly hits: readonly number[];
  /** The function of the script that begins here, when its breakpoint was hit. */
  readonly named: string | undefined;
  readonly going: Going;
  readonly exception: boolean;
}

/** Reason, text and breakpoints of a stop. */
export function reasonOf({
  stop,
  state: { cause },
  hits,
  named,
  going,
  exception,
}: StopFacts): Pick<DebugStop, 'reason' | 'text' | 'breakpoints'> {
  if (stop.reason === 'OOM') {
    return { reason: 'out of memory', text: 'the script holds too much memory', breakpoints: [] };
  }
  if (exception) {
    return { reason: 'exception', breakpoints: [] };
  }
  if (cause !== undefined) {
    const { kind, breakpoints, text } = cause;
    const reason =
      breakpoints.length === 0
        ? 'step'
        : kind === 'function'
          ? 'function breakpoint'
          : 'hardware breakpoint';
    return { reason, text, breakpoints };
  }
  if (named !== undefined) {
    return { reason: 'function breakpoint', text: `${named}()`, breakpoints: hits };
  }
  return hits.length > 0
    ? { reason: 'breakpoint', breakpoints: hits }
    : { reason: BY_GOING[going.how], breakpoints: [] };
}

/** True when something was thrown, by the script itself or by a function of the API. */
export function isThrow({ reason }: Debugger.PausedEventDataType, { cause }: PausedState): boolean {
  return cause?.kind === 'exception' || reason === 'exception' || reason === 'promiseRejection';
}

/** The exception of a stop, thrown by the script itself or by a function of the API. */
export function exceptionOf(
  stop: Debugger.PausedEventDataType,
  state: PausedState,
  caught: boolean,
): ThrownValue | undefined {
  const { data } = stop;
  const { cause } = state;
  if (cause?.kind === 'exception') {
    return { caught, text: `Error: ${cause.text}` };
  }
  return isThrow(stop, state)
    ? { caught, value: (data ?? { type: 'undefined' }) as Runtime.RemoteObject }
    : undefined;
}

/** An exception by what is shown of its value, e.g. `TypeError: no such thing`. */
export function namedException(shown: string, caught: boolean): DebugException {
  const found = /^(\w*Error): ([\s\S]*)$/.exec(shown);
  return { name: found?.[1] ?? 'thrown', message: found?.[2] ?? shown, caught };
}
