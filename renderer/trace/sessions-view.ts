// Session files in the window: showing one that was opened, running it again, exports and comparisons, and
// the long tasks behind them.

import type { Disposable } from '../../sim/base/disposable.ts';
import { DisposableStore } from '../../sim/base/disposable.ts';
import type { FileText, Profile } from '../../sim/protocol/api.ts';
import type { SessionComparison, TaskProgress } from '../../sim/protocol/sessions.ts';
import type { OpenedSession } from '../../sim/protocol/trace-api.ts';
import { LIVE } from '../../sim/protocol/trace-api.ts';
import type { Remote } from '../base/connection.ts';
import { Store } from '../base/store.ts';
import type { Prompts } from '../commands/quick-pick.ts';
import type { ConsoleTerminal } from '../console/console-terminal.ts';
import type { Documents } from '../editor/documents.ts';
import type { Inspector } from '../inspector/inspector.ts';
import type { Layout } from '../workbench/layout.ts';
import type { SessionView } from '../workbench/session.ts';
import type { TraceModel } from './trace-model.ts';

/** Damages of a file that the console lists. */
const MOST_DAMAGES = 20;

/** What sessions work with. */
export interface SessionParts {
  readonly remote: Remote;
  readonly session: SessionView;
  readonly documents: Documents;
  readonly console: ConsoleTerminal;
  readonly inspector: Inspector;
  readonly layout: Layout;
  readonly prompts: Prompts;
  readonly trace: TraceModel;
}

/** A session file that is shown, and the document with its script. */
export interface ShownSession {
  readonly file: string;
  readonly document: string;
  readonly opened: OpenedSession;
}

/** Opened sessions of the window. */
export class SessionsView implements Disposable {
  readonly #parts: SessionParts;
  readonly #owned = new DisposableStore();
  /** The opened session that is shown; undefined: the one that runs or ran last. */
  readonly shown = new Store<ShownSession | undefined>(undefined);
  readonly tasks = new Store<readonly TaskProgress[]>([]);
  readonly comparison = new Store<SessionComparison | undefined>(undefined);

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { remote, session, trace } = parts;
    this.#owned.add(remote.on('task', (task) => this.#note(task)));
    let { state } = session.info.value;
    this.#owned.add(
      session.info.onDidChange((info) => {
        if (info.state === 'running' && state !== 'running') {
          this.shown.set(undefined);
          trace.restart(true);
        }
        state = info.state;
      }),
    );
    this.#owned.add(session.result.onDidChange((result) => result && trace.settle()));
  }

  /** Shows what a file of a session holds: console, trace, hardware. Its script is in `document`. */
  async show(file: FileText, document: string): Promise<void> {
    const { session: opened } = file;
    if (opened === undefined) {
      return;
    }
    const { remote, session, console: terminal, inspector, trace, layout } = this.#parts;
    if (session.running) {
      await session.stop();
    }
    await remote.calls.showSession(opened.session);
    this.shown.set({ file: file.name, document, opened });
    session.ran.set({ id: document, name: opened.file });
    session.status.set(undefined);
    trace.restart(false);
    terminal.start(`${file.name}: ${opened.file}`, opened.profile, opened.seed);
    for (const damage of opened.damage.slice(0, MOST_DAMAGES)) {
      terminal.problem(`${file.name}: ${damage}`);
    }
    if (opened.damages > MOST_DAMAGES) {
      terminal.problem(`${file.name}: ${opened.damages - MOST_DAMAGES} more lines are damaged`);
    }
    const { records, skipped } = await remote.calls.sessionConsole(opened.session);
    if (skipped > 0) {
      terminal.problem(`${skipped} older lines are left out; the trace has them`);
    }
    terminal.write(records);
    const result = records.find((record) => record.type === 'result');
    session.result.set(result?.type === 'result' ? result : undefined);
    inspector.refresh();
    layout.reveal('trace');
  }

  /** Runs the shown session's script again: same text, seed and profile. */
  async runAgain(): Promise<void> {
    const shown = this.shown.value;
    if (shown !== undefined) {
      this.#adopt(shown.opened);
      const { timeLimit, failNth, omitted } = shown.opened;
      await this.#parts.session.run(shown.document, (request) =>
        this.#parts.remote.calls.run({
          ...request,
          ...(timeLimit === undefined ? {} : { timeLimit }),
          ...(failNth === undefined ? {} : { failNth }),
          omit: omitted ?? [],
        }),
      );
    }
  }

  /** Opens the shown session's script as a new file, to be changed and run. */
  editAndRun(): void {
    const shown = this.shown.value;
    if (shown !== undefined) {
      this.#adopt(shown.opened);
      const { documents, layout } = this.#parts;
      layout.show(documents.create(shown.opened.script).id);
    }
  }

  /** Shows the session that ran last again. */
  async leave(): Promise<void> {
    const { remote, trace, inspector, session } = this.#parts;
    await remote.calls.showSession(LIVE);
    this.shown.set(undefined);
    session.result.set(undefined);
    trace.restart(session.running);
    inspector.refresh();
  }

  /** Lets a person choose a format, and writes it. */
  async chooseExport(): Promise<void> {
    const { remote, prompts } = this.#parts;
    const formats = await remote.calls.exportFormats();
    const items = formats.map(({ id, title }) => ({ label: id, detail: title, value: id }));
    const format = await prompts.choose('Export the session as', items);
    if (format !== undefined) {
      await this.exportAs(format);
    }
  }

  /** Writes the shown session in a format of another tool, where a person says. */
  async exportAs(format: string): Promise<void> {
    await this.#parts.remote.calls.exportSession(format);
  }

  /** Compares the shown session with a file. */
  async compare(): Promise<void> {
    const comparison = await this.#parts.remote.calls.compareSession();
    if (comparison !== undefined) {
      this.comparison.set(comparison);
      this.#parts.layout.reveal('comparison');
    }
  }

  /** Lets the desktop open session files with this application, or no longer; says what was done. */
  async associate(undo: boolean): Promise<void> {
    const { remote, prompts } = this.#parts;
    const { files, problems } = await remote.calls.associate(undo);
    const message = undo
      ? files.length === 0
        ? 'There was nothing to undo.'
        : 'Session files no longer open with this checkout.'
      : 'Session files open with this checkout.';
    const done = files.map((file) => `${undo ? 'Removed' : 'Wrote'} ${file}.`);
    await prompts.question(message, [...done, ...problems].join(' '), ['OK']);
  }

  cancel(task: number): Promise<void> {
    return this.#parts.remote.calls.cancelTask(task);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** The next run starts as this session did. */
  #adopt({ profile, seed }: OpenedSession): void {
    const { session } = this.#parts;
    session.profile.set(profile as Profile);
    session.seed.set(seed);
  }

  #note(task: TaskProgress): void {
    this.tasks.update((tasks) => {
      const others = tasks.filter((one) => one.task !== task.task);
      return task.done < 1 ? [...others, task] : others;
    });
  }
}
