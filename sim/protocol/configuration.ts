// What a person wrote into settings.json and keybindings.json, as it applies now.

import type { FileText } from './api.ts';
import type { KeyRule } from './keybindings.ts';
import type { Contract } from './rpc.ts';
import type { Settings } from './settings.ts';

/** The files in the folder of the user. */
export type UserFileName = 'settings.json' | 'keybindings.json';

/** What applies now. */
export interface Configuration {
  readonly settings: Settings;
  /** Rules of the user; they count after the defaults. */
  readonly keybindings: readonly KeyRule[];
  /** A screen reader runs, as far as the system tells. */
  readonly screenReader: boolean;
  /** What is wrong in the files, one line each: `settings.json:3:14: comma expected`. */
  readonly problems: readonly string[];
  /** Absolute paths. */
  readonly files: Readonly<Record<UserFileName, string>>;
}

/** The calls. */
export interface ConfigurationApi {
  configuration(): Promise<Configuration>;
  /** Reads a file for the editor; one that does not exist is written first. */
  openUserFile(name: UserFileName): Promise<FileText>;
  /** Gives `command` these keys and no others, or its default ones. Comments in the file stay. */
  setKeys(command: string, keys: readonly string[] | 'default'): Promise<void>;
}

/** What the main process announces. */
export interface ConfigurationEvents {
  /** A file, or what the system says, has changed. */
  configuration(now: Configuration): void;
}

/** Names of both. */
export const CONFIGURATION_CONTRACT: Contract<ConfigurationApi, ConfigurationEvents> = {
  calls: { configuration: true, openUserFile: true, setKeys: true },
  events: { configuration: true },
};
