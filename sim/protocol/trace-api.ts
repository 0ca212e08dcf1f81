// What the thread that keeps traces answers (main process → trace thread). One trace is of the session that
// runs or ran last, under the name LIVE; others are of opened files.

import type { TraceKind } from '../trace/kinds.ts';
import type { OutputRecord } from './api.ts';
import type { InspectAnswer, InspectRequest } from './inspect.ts';
import type { Contract } from './rpc.ts';
import type { TraceAnswer, TraceRequest } from './trace.ts';

/** Name of the session that runs or ran last. */
export const LIVE = 'live';

/** An opened session as the window shows it. */
export interface OpenedSession {
  /** Its name in further calls. */
  readonly session: string;
  /** Name of the script inside, and its text. */
  readonly file: string;
  readonly script: string;
  readonly profile: string;
  readonly seed: number;
  readonly timeLimit?: number;
  readonly failNth?: number;
  /** Kinds of records that were left out on purpose. */
  readonly omitted?: readonly TraceKind[];
  readonly records: number;
  /** What is wrong with the file, the first of it; empty when it is whole. */
  readonly damage: readonly string[];
  readonly damages: number;
}

/** A session that cannot be shown at all, and the script if that much could be read. */
export interface UnreadableSession {
  readonly problem: string;
  readonly script?: string;
}

/** What the console showed of a session. */
export interface SessionConsole {
  readonly records: readonly OutputRecord[];
  /** Older lines that are left out. */
  readonly skipped: number;
}

/** The calls. A long one can be cancelled by its caller; then nothing half-written stays. */
export interface TraceApi {
  ask(session: string, request: TraceRequest): Promise<TraceAnswer>;
  inspect(session: string, request: InspectRequest): Promise<InspectAnswer>;
  /** Opens a session file as `session`. Told of progress as `task`. */
  open(path: string, session: string, task: number): Promise<OpenedSession | UnreadableSession>;
  close(session: string): Promise<void>;
  console(session: string): Promise<SessionConsole>;
  /** Writes the session file, atomically. */
  save(session: string, path: string, task: number): Promise<void>;
  /** Writes another tool's format. */
  exportAs(session: string, format: string, path: string, task: number): Promise<void>;
  /** Two sessions compared by meaning, as lines of text. */
  compare(a: string, b: string): Promise<readonly string[]>;
  ping(): Promise<'pong'>;
}

/** What the thread announces. */
export interface TraceEvents {
  /** A task's part done, 0 to 1. */
  progress(task: number, done: number): void;
}

/** The names that may cross. */
export const TRACE_CONTRACT: Contract<TraceApi, TraceEvents> = {
  calls: {
    ask: true,
    inspect: true,
    open: true,
    close: true,
    console: true,
    save: true,
    exportAs: true,
    compare: true,
    ping: true,
  },
  events: { progress: true },
};
