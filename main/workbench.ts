// What the window asks for, wired to who does it. No work is done here.

import type { Disposable } from '../sim/base/disposable.ts';
import { DisposableStore } from '../sim/base/disposable.ts';
import type { SessionHost } from '../sim/host/session-host.ts';
import type { FileText, WorkbenchApi, WorkbenchEvents } from '../sim/protocol/api.ts';
import type { Channel } from '../sim/protocol/channel.ts';
import type { CommandId } from '../sim/protocol/commands.ts';
import { WORKBENCH_CONTRACT } from '../sim/protocol/contracts.ts';
import type { Handlers, RpcServer } from '../sim/protocol/rpc.ts';
import { serveRpc } from '../sim/protocol/rpc.ts';
import type { Backups } from './backups.ts';
import { checkCall } from './call-checks.ts';
import type { ConfigurationFiles } from './configuration.ts';
import { DebugService } from './debug.ts';
import type { Examples } from './examples.ts';
import type { Files } from './files.ts';
import { OutputRelay } from './output-relay.ts';
import type { Sessions } from './sessions.ts';
import type { StateFile } from './state-file.ts';
import type { Theme } from './theme.ts';

/** How long a window that is about to close may take to keep unsaved text. */
const KEEP_LIMIT_MS = 2000;

/** Who does the work. */
export interface Services {
  readonly backups: Backups;
  readonly configuration: ConfigurationFiles;
  readonly files: Files;
  readonly examples: Examples;
  readonly session: SessionHost;
  readonly sessions: Sessions;
  readonly theme: Theme;
  readonly state: StateFile;
}

/** Serves one window. */
export class Workbench implements Disposable {
  readonly #services: Services;
  readonly #owned = new DisposableStore();
  readonly #server: RpcServer<WorkbenchEvents>;
  readonly #relay: OutputRelay;
  readonly #debug: DebugService;
  readonly #initial: readonly string[];
  #dirty: readonly string[] = [];

  /** @param initial absolute paths of files that the window starts with; none for the example */
  constructor(channel: Channel, services: Services, initial: readonly string[]) {
    this.#services = services;
    this.#initial = initial;
    this.#debug = this.#owned.add(
      new DebugService({
        session: services.session,
        state: services.state,
        server: () => this.#server,
        starting: () => this.#relay.clear(),
      }),
    );
    this.#server = this.#owned.add(
      serveRpc(channel, WORKBENCH_CONTRACT, this.#handlers(), checkCall),
    );
    this.#relay = new OutputRelay((records) => this.#server.announce('output', records));
    this.#owned.add(this.#relay);
    const { configuration, session, sessions, theme } = services;
    this.#owned.add(sessions.onDidProgress((task) => this.#server.announce('task', task)));
    this.#owned.add(session.onDidOutput((records) => this.#relay.push(records)));
    this.#owned.add(session.onDidChangeStatus((status) => this.#server.announce('status', status)));
    this.#owned.add(
      session.onDidChangeState(({ state, message }) => {
        if (state === 'running') {
          sessions.showLive();
        }
        this.#server.announce('sessionState', state, message);
      }),
    );
    this.#owned.add(theme.onDidChange((name) => this.#server.announce('theme', name)));
    this.#owned.add(
      configuration.onDidChange((now) => this.#server.announce('configuration', now)),
    );
  }

  /** Names of the files with unsaved changes. */
  get dirty(): readonly string[] {
    return this.#dirty;
  }

  /** Lets the window keep all unsaved text for the next start; says whether it could. */
  keepUnsaved(): Promise<boolean> {
    const answer = this.#services.backups.nextAnswer(KEEP_LIMIT_MS);
    this.#server.announce('keepUnsaved');
    return answer;
  }

  /** Lets the window carry out a command. */
  command(id: CommandId): void {
    this.#server.announce('command', id);
  }

  /** Opens a file that a person named outside of the window. @throws FileError */
  async openChosen(path: string): Promise<void> {
    this.#server.announce('openFile', await this.#services.files.openChosen(path));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #handlers(): Handlers<WorkbenchApi> {
    const { backups, configuration, files, examples, session, sessions, state, theme } =
      this.#services;
    return {
      examples: () => examples.list(),
      openExample: (name) => examples.open(name),
      openDialog: () => files.openDialog(),
      openFile: (path) => files.open(path),
      saveFile: (file) => files.save(file),
      recentFiles: async () => files.recent(),
      initialFiles: () => {
        this.#server.announce('sessionState', session.state);
        return this.#openInitial();
      },
      setDirty: async (names) => {
        this.#dirty = names;
      },
      run: (request) => {
        this.#relay.clear();
        return session.run(request);
      },
      stop: () => session.stop(),
      inspect: (request) =>
        sessions.showsFile ? sessions.inspect(request) : this.#debug.inspect(request),
      ...sessions.handlers(),
      ...backups.handlers(),
      ...configuration.handlers((path) => files.open(path)),
      ...this.#debug.handlers(),
      getTheme: async () => theme.current,
      recallLayout: async () => state.state.layout,
      rememberLayout: (layout) => state.update({ layout: files.onlyGranted(layout) }),
      setTheme: (choice) => theme.choose(choice),
    };
  }

  async #openInitial(): Promise<readonly FileText[]> {
    const { backups, files, examples, state } = this.#services;
    const opened = await Promise.all(this.#initial.map((path) => files.openChosen(path)));
    const remembered = state.state.layout?.editors.length ?? 0;
    if (opened.length > 0 || remembered > 0 || (await backups.any())) {
      return opened;
    }
    const first = await examples.first();
    return first === undefined ? [] : [first];
  }
}
