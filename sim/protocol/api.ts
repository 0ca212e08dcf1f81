// The one contract between worker, main process, window and command line. Messages are plain data.
// Adding a call touches this file, its implementer and its caller; nothing in between knows it.

import type { TraceKind } from '../trace/kinds.ts';
import type { BackupsApi, BackupsEvents } from './backups.ts';
import type { ConfigurationApi, ConfigurationEvents } from './configuration.ts';
import type { DebugApi, DebugEvents, DebugPreparation } from './debug.ts';
import type { InspectAnswer, InspectRequest } from './inspect.ts';
import type { RememberedApi } from './remembered.ts';
import type { SessionsApi, SessionsEvents } from './sessions.ts';
import type { OpenedSession } from './trace-api.ts';

/** API shape of a run: the seed's of 2018, or the separate aux calls of 2019. */
export type Profile = 'seed18' | 'attr19';

/** A place in a script; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A script to run. */
export interface RunRequest {
  /** Name for messages, e.g. `accel.ts`. */
  readonly file: string;
  readonly text: string;
  /** Chosen by the user; the script's own `machine.configure({ profile })` wins. */
  readonly profile?: Profile;
  /** Seed of every random choice; default 1. */
  readonly seed?: number;
  /** Virtual seconds after which the run is stopped with exit 4; none by default. */
  readonly timeLimit?: number;
  /** False: nothing is recorded, so that there is nothing to look at afterwards. */
  readonly record?: boolean;
  /** Kinds of records that are left out of the trace. */
  readonly omit?: readonly TraceKind[];
  /** This allocation of the stack, counted from 1 once the kernel has booted, fails. */
  readonly failNth?: number;
  /** A rehearsal: call `call` (from 1, of those that act on the IOMMU) is left out, or made twice. */
  readonly slip?: { readonly call: number; readonly kind: 'omitted' | 'doubled' };
  /** Set by the host when a debugger is attached; a window cannot set it. */
  readonly debug?: DebugPreparation;
}

/** An event record as the driver drained it. Addresses as bigint across threads, hex text in files. */
export interface EventRecordDto {
  readonly type: number;
  readonly name: string;
  readonly sid: number;
  readonly ssid?: number;
  readonly iova?: bigint;
  readonly ipa?: bigint;
  readonly rnw?: boolean;
  readonly stall?: boolean;
  readonly stag?: number;
  /** Privileged access; instruction fetch; fault at stage 2. */
  readonly pnu?: boolean;
  readonly ind?: boolean;
  readonly s2?: boolean;
  /** What was being done: 0 a CD fetch, 1 a table fetch, 2 the access itself. */
  readonly class?: number;
  /** A fault handler of the kernel took it (SVA): nobody is surprised. */
  readonly handled?: boolean;
  /** Name of the SMMU whose queue held it. */
  readonly smmu?: string;
  /** The four 64-bit words, `0x` and 16 digits each. */
  readonly words: readonly [string, string, string, string];
}

/** Why a script ended early. */
export interface ScriptError {
  readonly name: string;
  readonly message: string;
  readonly place?: Place;
  /** Frames in the script only, innermost first. */
  readonly stack: readonly Place[];
}

/** One object of the output stream; `run --json` prints the same, one a line. */
export type OutputRecord =
  | {
      readonly type: 'log';
      /** Ticks, nanoseconds of virtual time. */
      readonly time: number;
      /** As printk: 0 emerg to 7 debug. */
      readonly level: number;
      readonly text: string;
      readonly place?: Place;
    }
  | {
      readonly type: 'event';
      readonly time: number;
      /** Number of the event in this run, from 1. */
      readonly number: number;
      readonly event: EventRecordDto;
      /** The decoded line under the kernel's dump. */
      readonly text: string;
      /** An `expect_event` covered it, or a fault handler took it: no mistake. */
      readonly expected?: true;
      readonly place?: Place;
    }
  | {
      readonly type: 'warn';
      readonly time: number;
      readonly class: string;
      readonly section: string;
      readonly text: string;
      readonly place?: Place;
    }
  | {
      readonly type: 'result';
      readonly ok: boolean;
      /** Exit status of `substream run`. */
      readonly exit: number;
      readonly events: number;
      readonly dmas: number;
      /** Allocations of the stack since the kernel booted; only told when one was to fail. */
      readonly allocations?: number;
      readonly error?: ScriptError;
    };

/** The last record of a run. */
export type RunResult = Extract<OutputRecord, { type: 'result' }>;

/** Figures for the status bar. */
export interface SessionStatus {
  readonly time: number;
  readonly cmdq: { readonly prod: number; readonly cons: number };
  readonly eventq: { readonly prod: number; readonly cons: number };
  readonly pasids: number;
  readonly faults: number;
  readonly dmas: number;
}

/** What a session worker answers (main process or command line → worker). */
export interface SessionApi {
  /** Runs a script to its end. One run at a time; a second call is refused. */
  run(request: RunRequest): Promise<RunResult>;
  /** The finished or running session as text of the session file (design 4.3): for those that fit one. */
  saveTrace(): Promise<string>;
  /** Writes the session file, of any size: whole, or not at all. */
  saveTraceTo(path: string): Promise<void>;
  /** Looks at the hardware as the session left it, or has it now. */
  inspect(request: InspectRequest): Promise<InspectAnswer>;
  ping(): Promise<'pong'>;
}

/** What a session worker announces. */
export interface SessionEvents {
  output(records: readonly OutputRecord[]): void;
  status(status: SessionStatus): void;
}

/** State of the session as the window shows it. */
export type SessionState = 'starting' | 'idle' | 'running' | 'stopping' | 'dead';

/** A file the window edits. */
export interface FileText {
  /** Absolute path; examples have none. */
  readonly path?: string;
  readonly name: string;
  readonly text: string;
  readonly readonly?: boolean;
  /** Of a session file: what is recorded in it. */
  readonly session?: OpenedSession;
  /** Why there is only the script of a session file. */
  readonly problem?: string;
}

/** An example of the gallery. */
export interface ExampleInfo {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
}

/** What the window looks like. */
export type ThemeName = 'dark' | 'light' | 'contrast';

/** What a person chose; `system` follows the desktop. */
export type ThemeChoice = ThemeName | 'system';

/** What the window asks of the main process. */
export interface WorkbenchApi
  extends DebugApi,
    SessionsApi,
    BackupsApi,
    ConfigurationApi,
    RememberedApi {
  examples(): Promise<readonly ExampleInfo[]>;
  openExample(name: string): Promise<FileText>;
  /** Shows the open dialog; undefined when cancelled. */
  openDialog(): Promise<FileText | undefined>;
  openFile(path: string): Promise<FileText>;
  /**
   * Saves atomically; without a path it asks for one. Undefined when cancelled. Rejected with a
   * FileChangedError when the file is not what it was when it was opened, unless `overwrite`.
   */
  saveFile(file: {
    readonly path?: string;
    readonly name: string;
    readonly text: string;
    readonly overwrite?: boolean;
  }): Promise<{ readonly path: string; readonly name: string } | undefined>;
  recentFiles(): Promise<readonly { readonly path: string; readonly name: string }[]>;
  /** Files the window was started with, or the first example. */
  initialFiles(): Promise<readonly FileText[]>;
  /** Tells which files are unsaved, for the close question. */
  setDirty(names: readonly string[]): Promise<void>;
  run(request: RunRequest): Promise<RunResult>;
  stop(): Promise<void>;
  /** Looks at the hardware of the session that runs or ran last; rejected when there is none. */
  inspect(request: InspectRequest): Promise<InspectAnswer>;
  getTheme(): Promise<ThemeName>;
  /** Writes the choice into settings.json; the theme that follows from it is announced by `theme`. */
  setTheme(choice: ThemeChoice): Promise<void>;
}

/** What the main process announces to the window. */
export interface WorkbenchEvents
  extends DebugEvents,
    SessionsEvents,
    BackupsEvents,
    ConfigurationEvents {
  output(records: readonly OutputRecord[]): void;
  status(status: SessionStatus): void;
  sessionState(state: SessionState, message?: string): void;
  /** A menu item or its key: one of the command names of the palette. */
  command(name: string): void;
  openFile(file: FileText): void;
  theme(theme: ThemeName): void;
}
