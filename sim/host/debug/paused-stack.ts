// The engine's stack as the user sees it: functions of the script only, with a line between two of them
// where the simulator called back, and the frames that await.

import type { Debugger, Runtime } from 'node:inspector';
import type { DebugFrame } from '../../protocol/debug.ts';
import type { ScriptSource, SourcePlace } from './script-source.ts';

/** Scopes that belong to the user's functions, in the engine's words. */
const SCOPE_NAMES: Readonly<Record<string, string>> = {
  local: 'Local',
  block: 'Block',
  catch: 'Catch',
  closure: 'Closure',
};

/** Name of the function that a script becomes. */
const SCRIPT = 'script';

/** A function's place on the stack. */
export interface CallPlace extends SourcePlace {
  /** What runs was not called from here but began later: behind an `await`, or in a `then`. */
  readonly later: boolean;
}

/** A scope with its number in the engine's list. */
export type OwnScope = Debugger.Scope & { readonly index: number };

/** Frames of one stop. */
export class PausedStack {
  readonly #source: ScriptSource;
  readonly #all: readonly Debugger.CallFrame[];
  readonly #async: Runtime.StackTrace | undefined;
  /** The script's frames, innermost first. */
  readonly own: readonly Debugger.CallFrame[];

  constructor(source: ScriptSource, stop: Debugger.PausedEventDataType) {
    this.#source = source;
    this.#all = stop.callFrames;
    this.#async = stop.asyncStackTrace;
    this.own = stop.callFrames.filter(({ location }) => source.toUser(location) !== undefined);
  }

  /** Frames of every kind. */
  get depth(): number {
    return this.#all.length;
  }

  /** True in the script's own statements, outside of its functions. */
  get isOutermost(): boolean {
    return this.own.length === 1 && this.own[0]?.functionName === SCRIPT;
  }

  /** True when the thread stopped in the script's own text. */
  get onTop(): boolean {
    return this.own.length > 0 && this.own[0] === this.#all[0];
  }

  /** Where the script stands. */
  get place(): SourcePlace | undefined {
    const [top] = this.own;
    return top && this.#source.toUser(top.location);
  }

  /** Places on the stack, innermost first, also of the frames that await. */
  calls(): readonly CallPlace[] {
    const calls: CallPlace[] = [];
    const add = (locations: readonly Debugger.Location[], later: boolean): void => {
      const places = locations.flatMap((location) => this.#source.toUser(location) ?? []);
      calls.push(...places.map((place, index) => ({ ...place, later: later && index === 0 })));
    };
    add(
      this.own.map(({ location }) => location),
      false,
    );
    for (let trace = this.#async; trace !== undefined; trace = trace.parent) {
      add(trace.callFrames, true);
    }
    return calls;
  }

  /** The stack; `reasons` say why the simulator called the script, innermost first. */
  frames(reasons: readonly string[]): readonly DebugFrame[] {
    const frames: DebugFrame[] = [];
    let gap = false;
    let gaps = 0;
    for (const frame of this.#all) {
      const place = this.#source.toUser(frame.location);
      if (place === undefined) {
        gap = true;
        continue;
      }
      const reason = gap ? reasons[gaps] : undefined;
      if (reason !== undefined && frames.length > 0) {
        frames.push({ kind: 'reason', name: reason, line: 0, column: 0 });
      }
      gaps += gap ? 1 : 0;
      gap = false;
      const id = this.own.indexOf(frame) + 1;
      frames.push({ id, kind: 'call', name: nameOf(frame.functionName), ...place });
    }
    return [...frames, ...this.#awaiting()];
  }

  #awaiting(): DebugFrame[] {
    const frames: DebugFrame[] = [];
    for (let trace = this.#async; trace !== undefined; trace = trace.parent) {
      for (const { functionName, scriptId, lineNumber, columnNumber } of trace.callFrames) {
        const place = this.#source.toUser({ scriptId, lineNumber, columnNumber });
        if (place !== undefined) {
          frames.push({ kind: 'async', name: nameOf(functionName), ...place });
        }
      }
    }
    return frames;
  }

  /** Scopes of a frame that the user wrote; the API's parameters around the script are not among them. */
  scopesOf(frame: Debugger.CallFrame): readonly OwnScope[] {
    const scopes: OwnScope[] = [];
    for (const [index, scope] of frame.scopeChain.entries()) {
      const { startLocation } = scope;
      const outside =
        startLocation !== undefined && this.#source.toUser(startLocation) === undefined;
      const wrapper = outside && !isScriptBody(scope, startLocation, this.#source);
      if (SCOPE_NAMES[scope.type] === undefined || wrapper) {
        break;
      }
      scopes.push({ ...scope, index });
    }
    return scopes;
  }
}

/** The body of the script's function starts inside the head, at its parameters. */
function isScriptBody(
  scope: Debugger.Scope,
  start: Debugger.Location | undefined,
  source: ScriptSource,
): boolean {
  return scope.name === 'script' && start?.scriptId === source.scriptId && start.lineNumber === 0;
}

function nameOf(functionName: string): string {
  return functionName === SCRIPT ? '(script)' : functionName === '' ? '(anonymous)' : functionName;
}

/** Name of a scope as the variables view shows it. */
export function scopeName({ type, name }: Debugger.Scope): string {
  const words = SCOPE_NAMES[type] ?? type;
  if (name === 'script' && type !== 'block' && type !== 'catch') {
    return 'Script';
  }
  return type === 'closure' && name !== undefined && name !== '' ? `${words} (${name})` : words;
}
