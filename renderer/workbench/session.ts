// The session as the window sees it: running or not, its figures, and what is chosen for the next run.

import type { Disposable } from '../../sim/base/disposable.ts';
import { DisposableStore } from '../../sim/base/disposable.ts';
import type {
  Profile,
  RunRequest,
  RunResult,
  SessionState,
  SessionStatus,
} from '../../sim/protocol/api.ts';
import type { SettingKey, Settings } from '../../sim/protocol/settings.ts';
import type { RecordGroup } from '../../sim/trace/record-groups.ts';
import { omittedWithout } from '../../sim/trace/record-groups.ts';
import type { Remote } from '../base/connection.ts';
import { Store } from '../base/store.ts';
import type { ConsoleTerminal } from '../console/console-terminal.ts';
import type { Documents } from '../editor/documents.ts';
import { RunMarks } from '../editor/marks.ts';
import type { Preferences } from '../preferences/preferences.ts';

/** What the session does, in the words of the status bar. */
export interface SessionInfo {
  readonly state: SessionState;
  readonly message?: string;
}

/** The profiles to choose from, with what they are. */
export const PROFILES: readonly { readonly id: Profile; readonly title: string }[] = [
  { id: 'seed18', title: 'RFC of 2018: attach() reused, AUXD as an SVA feature' },
  { id: 'attr19', title: '2019: separate aux calls, device features' },
];

/** Starts a run, e.g. under the debugger; fulfilled at its end. */
export type Starter = (request: RunRequest) => Promise<RunResult>;

/** Runs scripts and shows what they do. */
export class SessionView implements Disposable {
  readonly #remote: Remote;
  readonly #preferences: Preferences;
  readonly #documents: Documents;
  readonly #console: ConsoleTerminal;
  readonly #owned = new DisposableStore();
  #marks: RunMarks | undefined;

  readonly info = new Store<SessionInfo>({ state: 'starting' });
  readonly status = new Store<SessionStatus | undefined>(undefined);
  readonly result = new Store<RunResult | undefined>(undefined);
  /** The document that runs or ran last, under the name it had then. */
  readonly ran = new Store<{ readonly id: string; readonly name: string } | undefined>(undefined);
  readonly profile = new Store<Profile>('seed18');
  readonly seed = new Store(1);
  /** Groups of records that the next trace holds. */
  readonly record = new Store<readonly RecordGroup[]>([]);
  /** Settles when the run that goes on is over. */
  ended: Promise<void> = Promise.resolve();

  constructor(
    remote: Remote,
    preferences: Preferences,
    { documents, terminal }: { readonly documents: Documents; readonly terminal: ConsoleTerminal },
  ) {
    this.#remote = remote;
    this.#preferences = preferences;
    this.#documents = documents;
    this.#console = terminal;
    this.#followSettings();
    this.#owned.add(
      remote.on('output', (records) => {
        terminal.write(records);
        this.#marks?.add(records);
      }),
    );
    this.#owned.add(remote.on('status', (status) => this.status.set(status)));
    this.#owned.add(
      remote.on('sessionState', (state, message) => {
        this.info.set(message === undefined ? { state } : { state, message });
      }),
    );
  }

  get running(): boolean {
    const { state } = this.info.value;
    return state === 'running' || state === 'stopping';
  }

  /** Runs a document to its end; refused while another one runs. */
  async run(id: string, start: Starter = (request) => this.#remote.calls.run(request)) {
    this.ended = this.#run(id, start);
    await this.ended;
  }

  async #run(id: string, start: Starter): Promise<void> {
    const document = this.#documents.get(id);
    if (document === undefined || this.running) {
      return;
    }
    if (!document.isScript) {
      throw new Error(`${document.name} is no script that could run`);
    }
    const timeLimit = this.#preferences.settings['substream.run.timeLimit'];
    performance.mark('substream:run');
    this.ran.set({ id, name: document.name });
    this.info.set({ state: 'running' });
    this.result.set(undefined);
    this.status.set(undefined);
    this.#marks?.clear();
    this.#marks = new RunMarks(this.#documents.model(id), document.name);
    this.#console.start(document.name, this.profile.value, this.seed.value);
    const omit = omittedWithout(this.record.value);
    try {
      const result = await start({
        file: document.name,
        text: this.#documents.model(id).getValue(),
        profile: this.profile.value,
        seed: this.seed.value,
        ...(omit.length === 0 ? {} : { omit }),
        ...(timeLimit === 0 ? {} : { timeLimit }),
      });
      this.result.set(result);
    } catch (error) {
      this.#console.problem(error instanceof Error ? error.message : String(error));
    } finally {
      if (this.running) {
        this.info.set({ state: 'idle' });
      }
    }
  }

  /** What the toolbar chose counts until the setting itself changes. */
  #followSettings(): void {
    const follow = <K extends SettingKey>(key: K, store: Store<Settings[K]>): void => {
      let last = '';
      const apply = (settings: Settings): void => {
        const text = JSON.stringify(settings[key]);
        if (text !== last) {
          last = text;
          store.set(settings[key]);
        }
      };
      this.#owned.add(this.#preferences.follow(apply));
    };
    follow('substream.run.profile', this.profile);
    follow('substream.run.seed', this.seed);
    follow('substream.trace.record', this.record);
  }

  /** Ends the run, whatever it does. */
  stop(): Promise<void> {
    return this.#remote.calls.stop();
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
