// The window's parts, made once and wired: no React in here.

import type { ThemeName } from '../../sim/protocol/api.ts';
import type { Configuration } from '../../sim/protocol/configuration.ts';
import type { Remote } from '../base/connection.ts';
import { ContextMenu } from '../base/context-menu.tsx';
import { Store } from '../base/store.ts';
import { Prompts } from '../commands/quick-pick.ts';
import { CommandRegistry } from '../commands/registry.ts';
import type { ConsoleOptions } from '../console/console-terminal.ts';
import { ConsoleTerminal } from '../console/console-terminal.ts';
import { Prompt } from '../console/prompt.ts';
import type { LinkTarget } from '../console/prompt-links.ts';
import { DebugView } from '../debug/debug-view.ts';
import { provideHovers } from '../debug/hover.ts';
import { InputPrompt } from '../debug/input-box.tsx';
import { autoSave } from '../editor/auto-save.ts';
import { BackupKeeper } from '../editor/backup-keeper.ts';
import { Documents } from '../editor/documents.ts';
import { Editors } from '../editor/editors.ts';
import { setEditorTheme } from '../editor/themes.ts';
import { explainEvent, showWriter } from '../inspector/actions.ts';
import { Inspector } from '../inspector/inspector.ts';
import type { Preferences } from '../preferences/preferences.ts';
import { Problems } from '../problems/problems.ts';
import { SessionsView } from '../trace/sessions-view.ts';
import { TraceModel } from '../trace/trace-model.ts';
import { commandHandlers } from './command-handlers.ts';
import { FilesView } from './files-view.ts';
import { jumpTo } from './jump.ts';
import { endEditorChord, keyContext } from './key-context.ts';
import { Layout } from './layout.ts';
import { SessionView } from './session.ts';
import { focusMiddle } from './window-parts.ts';

/** Everything that components and commands work with. */
export interface WorkbenchModel {
  readonly remote: Remote;
  readonly documents: Documents;
  readonly backups: BackupKeeper;
  readonly editors: Editors;
  readonly layout: Layout;
  readonly files: FilesView;
  readonly session: SessionView;
  readonly console: ConsoleTerminal;
  readonly consoleFind: Store<boolean>;
  readonly prompt: Prompt;
  readonly problems: Problems;
  readonly inspector: Inspector;
  readonly trace: TraceModel;
  readonly sessions: SessionsView;
  readonly debug: DebugView;
  readonly input: InputPrompt;
  readonly menu: ContextMenu;
  readonly prompts: Prompts;
  readonly commands: CommandRegistry;
  readonly preferences: Preferences;
  readonly theme: Store<ThemeName>;
  /** The last error of a command, shown until dismissed. */
  readonly notice: Store<string | undefined>;
}

/** Makes the workbench and connects it to the main process. */
export function createWorkbench(
  remote: Remote,
  theme: ThemeName,
  preferences: Preferences,
): WorkbenchModel {
  const documents = new Documents(Object.values(preferences.configuration.value.files));
  const notice = new Store<string | undefined>(undefined);
  const tell = (error: unknown): void =>
    notice.set(error instanceof Error ? error.message : String(error));
  const editors = new Editors();
  const prompts = new Prompts();
  const layout: Layout = new Layout({
    activated: (id) => editors.activate(id),
    focusEditor: (id) => editors.focus(id),
    focusMiddle: () => focusMiddle({ layout, editors }),
  });
  const terminal = new ConsoleTerminal(consoleOptions(preferences));
  const session = new SessionView(remote, preferences, { documents, terminal });
  const inspector = new Inspector((request) => remote.calls.inspect(request), session);
  const trace = new TraceModel((request) => remote.calls.trace(request));
  const shared = { remote, session, documents, console: terminal, inspector, layout, prompts };
  const parts = {
    trace,
    preferences,
    sessions: new SessionsView({ ...shared, trace }),
    remote,
    documents,
    backups: new BackupKeeper(remote.calls, documents, tell),
    editors,
    layout,
    files: new FilesView(remote, documents, prompts, layout),
    session,
    console: terminal,
    consoleFind: new Store(false),
    prompt: new Prompt((request) => remote.calls.inspect(request), terminal),
    problems: new Problems(documents),
    inspector,
    debug: new DebugView(remote, session, documents),
    input: new InputPrompt(),
    menu: new ContextMenu(),
    prompts,
    theme: new Store(theme),
    notice,
  };
  const commands: CommandRegistry = new CommandRegistry(
    commandHandlers(parts, () => commands),
    { bindings: preferences.bindings, context: () => keyContext(parts), endEditorChord },
    tell,
  );
  const workbench = { ...parts, commands };
  connect(workbench);
  return workbench;
}

/** Files that are dropped anywhere are opened. */
function takeDrops(): void {
  window.addEventListener('dragover', (event) => {
    if (event.dataTransfer?.types.includes('Files') === true) {
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
    }
  });
  window.addEventListener('drop', (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) {
      event.preventDefault();
      window.substream.open(files);
    }
  });
}

function connect(workbench: WorkbenchModel): void {
  const { remote, commands, console: terminal, files } = workbench;
  takeDrops();
  remote.on('command', (name) => commands.run(name));
  followDebugger(workbench);
  followPreferences(workbench);
  remote.on('keepUnsaved', () => {
    workbench.backups.flush().then(
      () => remote.calls.unsavedKept(true),
      () => remote.calls.unsavedKept(false),
    );
  });
  remote.on('openFile', (file) => files.take(file));
  files.onDidOpenSession(({ file, id }) => {
    workbench.sessions.show(file, id).catch((error: Error) => workbench.notice.set(error.message));
  });
  files.onDidFindProblem((problem) => workbench.notice.set(problem));
  remote.on('theme', (theme) => workbench.theme.set(theme));
  workbench.theme.onDidChange((theme) => applyTheme(workbench, theme));
  applyTheme(workbench, workbench.theme.value);
  terminal.onDidFollow((target) => followLink(workbench, target));
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.isTrusted && !workbench.prompts.isAsking && commands.handleKey(event)) {
        event.preventDefault();
        event.stopPropagation();
      }
    },
    { capture: true },
  );
}

function consoleOptions({ settings, accessible }: Preferences): ConsoleOptions {
  return {
    fontSize: settings['console.fontSize'],
    scrollback: settings['console.scrollback'],
    screenReader: accessible,
  };
}

/** Settings and keys that change on the disk apply at once; what is wrong in them is told. */
function followPreferences(workbench: WorkbenchModel): void {
  const { remote, preferences, console: terminal, documents, files, notice } = workbench;
  let told: string | undefined;
  const tell = ({ problems }: Configuration): void => {
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    const text = problems.length === 0 ? undefined : `${problems[0]}${more}`;
    if (text !== told && (text !== undefined || notice.value === told)) {
      notice.set(text);
    }
    told = text;
  };
  const fail = (error: Error): void => notice.set(error.message);
  remote.on('configuration', (now) => {
    preferences.take(now);
    tell(now);
    for (const path of Object.values(now.files)) {
      files.refresh(path).catch(fail);
    }
  });
  preferences.follow(() => terminal.configure(consoleOptions(preferences)));
  tell(preferences.configuration.value);
  autoSave(documents, preferences, async (id) => {
    // A file that changed on the disk is asked about when the person saves it.
    await files.saveQuietly(id).catch((error: Error) => {
      if (error.name !== 'FileChangedError') {
        fail(error);
      }
    });
  });
}

/** Steps that follow each other faster leave the hardware's views as they are. */
const REFRESH_MS = 50;

/** A script that stops shows itself, its variables and the hardware as it is now. */
function followDebugger({ debug, documents, editors, layout, inspector }: WorkbenchModel): void {
  provideHovers(debug, documents);
  let refresh: ReturnType<typeof setTimeout> | undefined;
  debug.stop.onDidChange((stop) => {
    const id = debug.document.value;
    if (stop === undefined || id === undefined || documents.get(id) === undefined) {
      return;
    }
    if (editors.active.value !== id) {
      layout.show(id);
    }
    if (stop.number === 1) {
      layout.reveal('debug');
    }
    // The line and its variables come first.
    clearTimeout(refresh);
    refresh = setTimeout(() => inspector.refresh(), REFRESH_MS);
  });
}

function followLink(workbench: WorkbenchModel, target: LinkTarget): void {
  if (target.kind === 'event') {
    explainEvent(workbench, target.event);
  } else if (target.kind === 'place') {
    jumpTo(workbench, target.place);
  } else {
    showWriter(workbench, { line: target.line, column: 1 });
  }
}

function applyTheme(workbench: WorkbenchModel, theme: ThemeName): void {
  document.documentElement.dataset['theme'] = theme;
  setEditorTheme(theme);
  workbench.console.setTheme(theme);
}
