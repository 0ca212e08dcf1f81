// What the window asks about recorded sessions: their trace, their files, other tools' formats. The one that
// is shown is the one that runs or ran last, or a file that was opened since.

import type { Contract } from './rpc.ts';
import type { TraceAnswer, TraceRequest } from './trace.ts';
import type { SessionConsole } from './trace-api.ts';

/** A format of another tool. */
export interface ExportChoice {
  readonly id: string;
  /** The format and what opens it. */
  readonly title: string;
}

/** A long piece of work, for a bar with a way to cancel it. */
export interface TaskProgress {
  readonly task: number;
  readonly title: string;
  /** 0 to 1; 1 when it has ended, however. */
  readonly done: number;
}

/** Two sessions compared. */
export interface SessionComparison {
  readonly title: string;
  /** Mail-ready, with places as `accel.ts:39`. */
  readonly lines: readonly string[];
}

/** What was done to associate session files, for people. */
export interface AssociationReport {
  /** Files that were written or removed. */
  readonly files: readonly string[];
  /** What the desktop still lacks: a tool that is not installed or failed. */
  readonly problems: readonly string[];
}

/** The calls. Dialogs that are cancelled answer with undefined. */
export interface SessionsApi {
  /** A part of the shown session's trace. Rejected when there is none. */
  trace(request: TraceRequest): Promise<TraceAnswer>;
  /** What the console showed of an opened session. */
  sessionConsole(session: string): Promise<SessionConsole>;
  /** Shows an opened session again, or LIVE: the one that runs or ran last. */
  showSession(session: string): Promise<void>;
  /** Saves the shown session where a person says. */
  saveTrace(): Promise<{ readonly path: string } | undefined>;
  exportFormats(): Promise<readonly ExportChoice[]>;
  exportSession(format: string): Promise<{ readonly path: string } | undefined>;
  /** Compares the shown session with one that a person chooses. */
  compareSession(): Promise<SessionComparison | undefined>;
  /** Lets the desktop open session files with this application, or no longer. Rejected off Linux. */
  associate(undo: boolean): Promise<AssociationReport>;
  cancelTask(task: number): Promise<void>;
}

/** What is announced. */
export interface SessionsEvents {
  task(progress: TaskProgress): void;
}

/** Part of the contract between window and main process. */
export const SESSIONS_CONTRACT: Contract<SessionsApi, SessionsEvents> = {
  calls: {
    trace: true,
    sessionConsole: true,
    showSession: true,
    saveTrace: true,
    exportFormats: true,
    exportSession: true,
    compareSession: true,
    associate: true,
    cancelTask: true,
  },
  events: { task: true },
};
