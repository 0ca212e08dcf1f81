// Recorded sessions of the window: the one that runs or ran last, and files. All work on traces is done by
// the trace thread; here stands which session is meant, which file a person chose, and what may be cancelled.

import { basename, extname } from 'node:path';
import type { Disposable } from '../sim/base/disposable.ts';
import { Emitter } from '../sim/base/emitter.ts';
import { associate, dissociate } from '../sim/host/file-association.ts';
import type { TraceThread } from '../sim/host/trace-thread.ts';
import type { FileText } from '../sim/protocol/api.ts';
import type { InspectAnswer, InspectRequest } from '../sim/protocol/inspect.ts';
import type { Handlers } from '../sim/protocol/rpc.ts';
import { CancelledError } from '../sim/protocol/rpc.ts';
import type {
  AssociationReport,
  ExportChoice,
  SessionComparison,
  SessionsApi,
  TaskProgress,
} from '../sim/protocol/sessions.ts';
import type { TraceApi } from '../sim/protocol/trace-api.ts';
import { LIVE } from '../sim/protocol/trace-api.ts';
import type { FileDialogs } from './files.ts';
import { FileError } from './text-file.ts';

/** Ending of a session file. */
export const SESSION_ENDING = '.substream';

/** What sessions work with. */
export interface SessionSurroundings {
  readonly traces: TraceThread;
  readonly dialogs: FileDialogs;
  readonly formats: readonly ExportFormatInfo[];
  /** Program and arguments that start this application; the desktop adds the files. */
  readonly startCommand: readonly string[];
}

/** A format as the save dialog needs it. */
export interface ExportFormatInfo extends ExportChoice {
  /** Usual ending of the file; empty for a directory. */
  readonly extension: string;
}

/** Serves the sessions' part of the window's contract. */
export class Sessions implements Disposable {
  readonly #surroundings: SessionSurroundings;
  readonly #progress = new Emitter<TaskProgress>();
  readonly #cancels = new Map<number, Emitter<void>>();
  readonly #titles = new Map<number, string>();
  /** Name of the script and session by the path of an opened file. */
  readonly #names = new Map<string, string>();
  readonly onDidProgress = this.#progress.event;
  #current = LIVE;
  #nextTask = 1;
  #nextName = 1;

  constructor(surroundings: SessionSurroundings) {
    this.#surroundings = surroundings;
    surroundings.traces.onDidProgress(({ task, done }) => {
      const title = this.#titles.get(task);
      if (title !== undefined) {
        this.#progress.fire({ task, title, done: Math.min(done, 0.999) });
      }
    });
  }

  /** The calls of the contract. */
  handlers(): Handlers<SessionsApi> {
    const { formats } = this.#surroundings;
    return {
      trace: (request) => this.#calls.ask(this.#current, request),
      sessionConsole: (session) => this.#calls.console(session),
      showSession: async (session) => {
        this.#current = session;
      },
      saveTrace: () => this.#save(),
      exportFormats: async () => formats.map(({ id, title }) => ({ id, title })),
      exportSession: (format) => this.#export(format),
      compareSession: () => this.#compare(),
      associate: (undo) => this.#associate(undo),
      cancelTask: async (task) => this.#cancels.get(task)?.fire(),
    };
  }

  /** A run starts: it is what is shown from now on. */
  showLive(): void {
    this.#current = LIVE;
  }

  /** Whether an opened file is shown. */
  get showsFile(): boolean {
    return this.#current !== LIVE;
  }

  /** Looks at the hardware of the shown session. */
  inspect(request: InspectRequest): Promise<InspectAnswer> {
    return this.#calls.inspect(this.#current, request);
  }

  /**
   * Opens a session file and shows it; a damaged one as far as it can be read.
   * @throws FileError when it cannot be read at all
   */
  async open(path: string): Promise<FileText> {
    const name = `file-${this.#nextName++}`;
    const file = basename(path);
    let opened: Awaited<ReturnType<TraceApi['open']>>;
    try {
      opened = await this.#task(`Opening ${file}`, 'open', (task) => [path, name, task]);
    } catch (error) {
      throw new FileError('open', path, error);
    }
    if ('problem' in opened) {
      if (opened.script === undefined) {
        throw new FileError('open', path, opened.problem);
      }
      // The script of a newer file is worth having; its trace is not ours to guess at.
      return {
        name: `${basename(path, extname(path))}.ts`,
        text: opened.script,
        problem: opened.problem,
      };
    }
    const before = this.#names.get(path);
    if (before !== undefined) {
      await this.#calls.close(before);
    }
    this.#names.set(path, name);
    this.#current = name;
    return { path, name: file, text: opened.script, readonly: true, session: opened };
  }

  dispose(): void {
    this.#progress.dispose();
  }

  get #calls(): TraceApi {
    return this.#surroundings.traces.client.calls;
  }

  async #associate(undo: boolean): Promise<AssociationReport> {
    if (process.platform !== 'linux') {
      throw new Error('Session files can be associated on Linux; elsewhere that needs a package.');
    }
    return undo ? dissociate() : associate(this.#surroundings.startCommand);
  }

  async #save(): Promise<{ readonly path: string } | undefined> {
    const session = this.#current;
    const path = await this.#surroundings.dialogs.save(`session${SESSION_ENDING}`);
    if (path === undefined) {
      return undefined;
    }
    return this.#write(path, `Saving ${basename(path)}`, 'save', (task) => [session, path, task]);
  }

  async #export(id: string): Promise<{ readonly path: string } | undefined> {
    const session = this.#current;
    const format = this.#surroundings.formats.find((one) => one.id === id);
    if (format === undefined) {
      throw new Error(`there is no format ${id}`);
    }
    const path = await this.#surroundings.dialogs.save(`session${format.extension || `-${id}`}`);
    if (path === undefined) {
      return undefined;
    }
    const title = `Exporting ${basename(path)}`;
    return this.#write(path, title, 'exportAs', (task) => [session, id, path, task]);
  }

  async #compare(): Promise<SessionComparison | undefined> {
    const path = await this.#surroundings.dialogs.open([SESSION_ENDING]);
    if (path === undefined) {
      return undefined;
    }
    const name = `file-${this.#nextName++}`;
    const title = basename(path);
    const opened = await this.#task(`Opening ${title}`, 'open', (task) => [path, name, task]);
    if ('problem' in opened) {
      throw new FileError('open', path, opened.problem);
    }
    try {
      return { title, lines: await this.#calls.compare(this.#current, name) };
    } finally {
      await this.#calls.close(name);
    }
  }

  async #write<N extends 'save' | 'exportAs'>(
    path: string,
    title: string,
    call: N,
    args: (task: number) => Parameters<TraceApi[N]>,
  ): Promise<{ readonly path: string } | undefined> {
    try {
      await this.#task(title, call, args);
      return { path };
    } catch (error) {
      if (error instanceof CancelledError) {
        return undefined;
      }
      throw new FileError('save', path, error);
    }
  }

  /** Makes a call that takes its time: announced, and cancelled when a person says so. */
  async #task<N extends 'open' | 'save' | 'exportAs'>(
    title: string,
    call: N,
    args: (task: number) => Parameters<TraceApi[N]>,
  ): Promise<Awaited<ReturnType<TraceApi[N]>>> {
    const task = this.#nextTask++;
    const cancel = new Emitter<void>();
    this.#cancels.set(task, cancel);
    this.#titles.set(task, title);
    this.#progress.fire({ task, title, done: 0 });
    try {
      return await this.#surroundings.traces.client.call(call, args(task), cancel.event);
    } finally {
      this.#cancels.delete(task);
      this.#titles.delete(task);
      cancel.dispose();
      this.#progress.fire({ task, title, done: 1 });
    }
  }
}
