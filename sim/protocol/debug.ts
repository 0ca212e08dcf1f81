// The contract of the debugger, in VS Code's words: what the window asks and what it is told. Plain data.
// Lines and columns count from 1 and mean the script's text as it was launched.

import type { RunRequest, RunResult, SessionStatus } from './api.ts';

/** A breakpoint on a line; its text parts are expressions of the script. */
export interface LineBreakpoint {
  /** The caller's number, unique among all breakpoints of a set. */
  readonly id: number;
  readonly enabled: boolean;
  readonly line: number;
  readonly column?: number | undefined;
  /** Stops only where this is true. */
  readonly condition?: string | undefined;
  /** When to stop by the number of hits: `5` or `=5`, `>=5`, `>5`, `<5`, `%5`. */
  readonly hitCondition?: string | undefined;
  /** Prints instead of stopping; `{expression}` inside is evaluated. */
  readonly logMessage?: string | undefined;
}

/** Stops where a function of the API is called, or where one of the script begins. */
export interface FunctionBreakpoint {
  readonly id: number;
  readonly enabled: boolean;
  readonly name: string;
}

/**
 * Stops when the hardware does something, in the frame of the script that led to it. `on` is a line of
 * words: what, then which: `event F_TRANSLATION sid=0x10 ssid=5`, `command CMD_CFGI_STE sid=0x10`,
 * `write STE sid=8`, `write CD sid=0x10 ssid=3 V`, `write PTE iova=0x70000000`, `register CR0 SMMUEN`,
 * `queue PRIQ 12`, `diagnostic guest-error`, `dma sid=0x10`, `irq`. A structure is watched where it is
 * when it is written: one that comes into being later counts from then on. A field of a register stops
 * when it changes, one of a structure whenever the 64-bit word that holds it is written.
 */
export interface HardwareBreakpoint {
  readonly id: number;
  readonly enabled: boolean;
  readonly on: string;
}

/** All breakpoints of a script. A set replaces the one before it. */
export interface BreakpointSet {
  /** False switches all off without forgetting any. */
  readonly active: boolean;
  readonly lines: readonly LineBreakpoint[];
  readonly functions: readonly FunctionBreakpoint[];
  readonly hardware: readonly HardwareBreakpoint[];
  readonly exceptions: { readonly caught: boolean; readonly uncaught: boolean };
}

/** What became of a breakpoint. */
export interface BreakpointStatus {
  readonly id: number;
  /** Bound to a real location. */
  readonly verified: boolean;
  /** Where it is bound; another line than asked when that one has no code. */
  readonly line?: number;
  readonly column?: number;
  /** Why it is not verified, or why it moved. */
  readonly message?: string;
}

/** What the simulator is watched for. */
export interface WatchRequest {
  readonly functions: readonly FunctionBreakpoint[];
  readonly hardware: readonly HardwareBreakpoint[];
  /** Exceptions that functions of the API throw. */
  readonly exceptions: boolean;
}

/** Text that the debugger puts into the script before it runs; places count from 1. */
export interface DebugInsert {
  readonly line: number;
  readonly column: number;
  readonly text: string;
  /** Takes the place of as many characters as it has. */
  readonly over?: boolean | undefined;
}

/** What the debugger prepares before a run; the host's, never a window's. */
export interface DebugPreparation {
  readonly inserts: readonly DebugInsert[];
  readonly watch: WatchRequest;
}

/** A run under the debugger. */
export interface DebugLaunch {
  readonly request: RunRequest;
  readonly breakpoints: BreakpointSet;
  readonly stopOnEntry?: boolean;
}

/** Why the script stands still. */
export type StopReason =
  | 'entry'
  | 'step'
  | 'breakpoint'
  | 'function breakpoint'
  | 'hardware breakpoint'
  | 'exception'
  | 'pause'
  | 'goto'
  | 'debugger statement'
  | 'out of memory';

/** One line of the call stack, innermost first. */
export interface DebugFrame {
  /** For {@link DebugApi.debugScopes} and evaluation; async frames and reasons have none. */
  readonly id?: number;
  /**
   * `call` is a function of the script, `reason` says why the simulator called the frame above it,
   * `async` is a frame that awaits the frames above it.
   */
  readonly kind: 'call' | 'reason' | 'async';
  readonly name: string;
  /** Where it stands; reasons have no place. */
  readonly line: number;
  readonly column: number;
}

/** A value in a list of variables. */
export interface DebugVariable {
  readonly name: string;
  readonly value: string;
  /** `number`, `bigint`, `device`, ... */
  readonly type: string;
  /** For {@link DebugApi.debugVariables}; 0 for a value without parts. Valid until the script goes on. */
  readonly reference: number;
  /** False for what cannot be set: parts of frozen objects, constants, computed lines. */
  readonly writable: boolean;
}

/** A group of variables of a frame. */
export interface DebugScope {
  readonly name: string;
  readonly reference: number;
  readonly variables: readonly DebugVariable[];
}

/** An exception at the place where it was thrown. */
export interface DebugException {
  readonly name: string;
  readonly message: string;
  readonly caught: boolean;
}

/** The script stands still. */
export interface DebugStop {
  /** Counts the stops of a run. */
  readonly number: number;
  readonly reason: StopReason;
  /** The cause in words, e.g. what the hardware did. */
  readonly text?: string;
  /** Ids of the breakpoints that were hit. */
  readonly breakpoints: readonly number[];
  readonly exception?: DebugException;
  readonly frames: readonly DebugFrame[];
  /** Scopes of the innermost frame. */
  readonly scopes: readonly DebugScope[];
  readonly status?: SessionStatus;
}

/** An expression to evaluate. */
export interface EvaluateRequest {
  readonly expression: string;
  /** Frame in which names are looked up; the innermost by default. */
  readonly frame?: number;
  /** A `hover` must not change anything: what would is refused. */
  readonly context: 'repl' | 'watch' | 'hover';
}

/** Breakpoints as they are remembered between two starts, by script. */
export type RememberedBreakpoints = Readonly<Record<string, BreakpointSet>>;

/** Outcome of an evaluation; `ok` false when it threw or was refused, with the reason as `value`. */
export interface EvaluateAnswer {
  readonly ok: boolean;
  readonly value: string;
  readonly type: string;
  readonly reference: number;
}

/** A variable to set. */
export interface SetVariableRequest {
  /** Reference of the scope or object it is in. */
  readonly reference: number;
  readonly name: string;
  /** An expression, evaluated in `frame` (the innermost by default). */
  readonly expression: string;
  readonly frame?: number;
}

/** What a window asks of the debugger. Calls that need a stop are refused while the script runs. */
export interface DebugApi {
  /** Runs a script under the debugger to its end. */
  debugLaunch(launch: DebugLaunch): Promise<RunResult>;
  /** Everything that was remembered. */
  debugRecall(): Promise<RememberedBreakpoints>;
  /** Remembers the breakpoints of a script: its path, or the name of an example. */
  debugRemember(script: string, set: BreakpointSet): Promise<void>;
  /** Replaces the breakpoints, running or not; answers by id what became of them. */
  debugSetBreakpoints(set: BreakpointSet): Promise<readonly BreakpointStatus[]>;
  debugContinue(): Promise<void>;
  debugNext(): Promise<void>;
  debugStepIn(): Promise<void>;
  debugStepOut(): Promise<void>;
  debugPause(): Promise<void>;
  /** Runs on to a line, unless a breakpoint comes first. */
  debugRunTo(line: number): Promise<void>;
  /** Runs on until the SMMU has done one more thing: a command or a fetch. */
  debugStepHardware(unit: HardwareStep): Promise<void>;
  debugScopes(frame: number): Promise<readonly DebugScope[]>;
  debugVariables(reference: number): Promise<readonly DebugVariable[]>;
  debugEvaluate(request: EvaluateRequest): Promise<EvaluateAnswer>;
  debugSetVariable(request: SetVariableRequest): Promise<EvaluateAnswer>;
}

/** What the hardware does in one step. */
export type HardwareStep = 'command' | 'fetch';

/** What the debugger tells a window. */
export interface DebugEvents {
  debugStopped(stop: DebugStop): void;
  debugContinued(): void;
  /** Breakpoints were bound, moved or refused. */
  debugBreakpoints(statuses: readonly BreakpointStatus[]): void;
  /** The debugger let go of the run. */
  debugEnded(): void;
}
