// settings.json and keybindings.json in the folder of the user: what they say now, and changes by the
// window's own commands.

import { join } from 'node:path';
import type { Disposable } from '../sim/base/disposable.ts';
import { DisposableStore } from '../sim/base/disposable.ts';
import { Emitter } from '../sim/base/emitter.ts';
import type { FileText } from '../sim/protocol/api.ts';
import type {
  Configuration,
  ConfigurationApi,
  UserFileName,
} from '../sim/protocol/configuration.ts';
import type { KeyRule } from '../sim/protocol/keybindings.ts';
import { commandOf, isCommand, readRules, rulesFor } from '../sim/protocol/keybindings.ts';
import type { SettingKey, Settings } from '../sim/protocol/settings.ts';
import { readSettings } from '../sim/protocol/settings.ts';
import type { Reading } from './user-file.ts';
import { UserFile } from './user-file.ts';

const SETTINGS_STARTER = `// Settings. Ctrl+Space lists what there is; what is not here has its default.
{
}
`;
const KEYS_STARTER = `// Keys. A later rule wins; "-command" takes a key away.
[
]
`;

/** What tells whether a screen reader runs: Electron's `app`. */
export interface ScreenReaderSource {
  readonly accessibilitySupportEnabled: boolean;
  on(event: 'accessibility-support-changed', listener: () => void): unknown;
}

/** Reads a file that a person may edit. */
export type TextOpener = (path: string) => Promise<FileText>;

/** The two files. */
export class ConfigurationFiles implements Disposable {
  readonly #settings: UserFile<Settings>;
  readonly #keys: UserFile<readonly KeyRule[]>;
  readonly #screen: ScreenReaderSource;
  readonly #mac: boolean;
  readonly #owned = new DisposableStore();
  readonly #changed = new Emitter<Configuration>();

  /** Told after every change of a file or of what the system says. */
  readonly onDidChange = this.#changed.event;

  /** @param folder the one of the user; made if it is not there */
  constructor(folder: string, screen: ScreenReaderSource, mac: boolean) {
    this.#screen = screen;
    this.#mac = mac;
    this.#settings = this.#owned.add(
      new UserFile({
        path: join(folder, 'settings.json'),
        starter: SETTINGS_STARTER,
        read: settingsOf,
        empty: {},
      }),
    );
    this.#keys = this.#owned.add(
      new UserFile({
        path: join(folder, 'keybindings.json'),
        starter: KEYS_STARTER,
        read: (root) => rulesOf(root, mac),
        empty: [],
      }),
    );
    const tell = (): void => this.#changed.fire(this.current);
    this.#owned.add(this.#settings.onDidChange(tell));
    this.#owned.add(this.#keys.onDidChange(tell));
    screen.on('accessibility-support-changed', tell);
  }

  get settings(): Settings {
    return this.#settings.value;
  }

  /** Absolute paths of both files. */
  get paths(): Readonly<Record<UserFileName, string>> {
    return { 'settings.json': this.#settings.path, 'keybindings.json': this.#keys.path };
  }

  get current(): Configuration {
    return {
      settings: this.#settings.value,
      keybindings: this.#keys.value,
      screenReader: this.#screen.accessibilitySupportEnabled,
      problems: [...this.#settings.problems, ...this.#keys.problems],
      files: this.paths,
    };
  }

  /** Writes one setting. @throws Error when the file cannot be read, with nothing changed */
  set<K extends SettingKey>(key: K, value: Settings[K]): Promise<void> {
    return this.#settings.change(() => [{ key, value }]);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** What the window may ask; `open` reads a file that is there. */
  handlers(open: TextOpener): ConfigurationApi {
    return {
      configuration: async () => this.current,
      openUserFile: async (name) => {
        await (name === 'settings.json' ? this.#settings : this.#keys).ensure();
        return open(this.paths[name]);
      },
      setKeys: async (command, keys) => {
        if (!isCommand(command)) {
          throw new Error(`${command} is no command`);
        }
        const added = rulesFor(command, keys, this.#mac);
        await this.#keys.change((root) => {
          const entries = Array.isArray(root) ? [...root.entries()] : [];
          const gone = entries.filter(([, entry]) => commandOf(entry) === command).reverse();
          return [
            ...gone.map(([index]) => ({ key: index, value: undefined })),
            ...added.map((value) => ({ key: -1, value })),
          ];
        });
      },
    };
  }
}

function settingsOf(root: unknown): Reading<Settings> {
  if (typeof root !== 'object' || root === null || Array.isArray(root)) {
    throw new Error('an object is expected');
  }
  const { settings, problems } = readSettings(root);
  return {
    value: settings,
    problems: problems.map(({ key, message }) => ({ path: [key], message })),
  };
}

function rulesOf(root: unknown, mac: boolean): Reading<readonly KeyRule[]> {
  if (!Array.isArray(root)) {
    throw new Error('an array is expected');
  }
  const { rules, problems } = readRules(root, mac);
  return { value: rules, problems };
}
