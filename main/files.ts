// Opening and saving scripts. The window names a path only if a person chose that file before:
// in a dialog, on the command line, or in the list of recent files. Anything else is refused.

import { basename, resolve } from 'node:path';
import type { FileText } from '../sim/protocol/api.ts';
import type { RememberedLayout } from '../sim/protocol/remembered.ts';
import { writeAtomically } from './atomic-write.ts';
import type { Examples } from './examples.ts';
import type { StateFile } from './state-file.ts';
import { FileError, readTextFile } from './text-file.ts';
import { hashOf } from './text-hash.ts';

const RECENT_LIMIT = 12;

/** Asks a person for a file; undefined when cancelled. */
export interface FileDialogs {
  /** @param endings of the files to offer first; all that the workbench opens by default */
  open(endings?: readonly string[]): Promise<string | undefined>;
  save(suggestedName: string): Promise<string | undefined>;
}

/** Opens session files. */
export interface SessionOpener {
  /** @throws FileError when it is no session that can be read */
  open(path: string): Promise<FileText>;
}

/** Which files there are before a person chooses one. */
export interface FilePlaces {
  readonly state: StateFile;
  readonly examples: Examples;
  /** Absolute paths of the workbench's own files, which may always be edited and are never recent. */
  readonly own: readonly string[];
}

/** Saving would overwrite what somebody else wrote. */
class FileChangedError extends Error {
  override readonly name = 'FileChangedError';

  constructor(path: string) {
    super(`${basename(path)} has changed on the disk since it was opened (${path})`);
  }
}

/** The files service of the window. */
export class Files {
  readonly #state: StateFile;
  readonly #examples: Examples;
  readonly #dialogs: FileDialogs;
  readonly #granted: Set<string>;
  readonly #sessions: SessionOpener;
  readonly #own: ReadonlySet<string>;
  /** SHA-256 of what each file held when it was opened or saved last. */
  readonly #bases = new Map<string, string>();

  constructor(places: FilePlaces, dialogs: FileDialogs, sessions: SessionOpener) {
    this.#state = places.state;
    this.#examples = places.examples;
    this.#dialogs = dialogs;
    this.#sessions = sessions;
    this.#own = new Set(places.own);
    const { recent, layout } = places.state.state;
    const open = layout?.editors.flatMap(({ path }) => (path === undefined ? [] : [path])) ?? [];
    this.#granted = new Set([...recent, ...open, ...places.own]);
  }

  /** Files opened or saved last, newest first. */
  recent(): readonly { readonly path: string; readonly name: string }[] {
    return this.#state.state.recent.map((path) => ({ path, name: basename(path) }));
  }

  /** Shows the open dialog and reads what was chosen; undefined when cancelled. */
  async openDialog(): Promise<FileText | undefined> {
    const path = await this.#dialogs.open();
    return path === undefined ? undefined : this.openChosen(path);
  }

  /** Reads a file that a person chose, e.g. on the command line. @throws FileError */
  async openChosen(path: string): Promise<FileText> {
    const file = resolve(path);
    const example = this.#examples.nameOf(file);
    if (example !== undefined) {
      return this.#examples.open(example);
    }
    if (file.endsWith('.substream')) {
      const session = await this.#forgetIfGone(file, this.#sessions.open(file));
      await this.#remember(file);
      return session;
    }
    const text = await this.#forgetIfGone(file, readTextFile(file));
    this.#bases.set(file, hashOf(text));
    await this.#remember(file);
    return { path: file, name: basename(file), text };
  }

  /** Reads a file that the window names. @throws FileError, also when nobody chose that file */
  async open(path: string): Promise<FileText> {
    this.requireGrant('open', path);
    return this.openChosen(path);
  }

  /**
   * Saves, asking for a place when there is no path; undefined when cancelled.
   *
   * @throws FileError, or FileChangedError unless `overwrite`, with nothing changed on the disk
   */
  async save(file: {
    readonly path?: string | undefined;
    readonly name: string;
    readonly text: string;
    readonly overwrite?: boolean | undefined;
  }): Promise<{ readonly path: string; readonly name: string } | undefined> {
    if (file.path !== undefined) {
      this.requireGrant('save', file.path);
      if (file.overwrite !== true) {
        await this.#requireUnchanged(file.path);
      }
    }
    const path = file.path ?? (await this.#dialogs.save(file.name));
    if (path === undefined) {
      return undefined;
    }
    await this.#write(path, file.text);
    this.#bases.set(path, hashOf(file.text));
    await this.#remember(path);
    return { path, name: basename(path) };
  }

  /** SHA-256 of what `path` held when it was opened or saved last. */
  baseOf(path: string): string | undefined {
    return this.#bases.get(path);
  }

  /** The editors of a layout that show a file which somebody chose; the next start opens those unasked. */
  onlyGranted(layout: RememberedLayout): RememberedLayout {
    const editors = layout.editors.filter(
      ({ path }) => path === undefined || this.#granted.has(path),
    );
    return { ...layout, editors };
  }

  /** A person chose `path` in an earlier start; it holds `text` now. */
  adopt(path: string, text: string | undefined): void {
    this.#granted.add(path);
    if (text !== undefined) {
      this.#bases.set(path, hashOf(text));
    }
  }

  /** @throws FileError when nobody chose `path` */
  requireGrant(doing: 'open' | 'save', path: string): void {
    if (!this.#granted.has(path)) {
      throw new FileError(doing, path, 'nobody chose this file in a dialog');
    }
  }

  /** A file that is gone, or not text any more, has nothing that saving could lose silently. */
  async #requireUnchanged(path: string): Promise<void> {
    const base = this.#bases.get(path);
    const now = await readTextFile(path).catch(() => undefined);
    if (base !== undefined && now !== undefined && hashOf(now) !== base) {
      throw new FileChangedError(path);
    }
  }

  async #write(path: string, text: string): Promise<void> {
    try {
      await writeAtomically(path, text);
    } catch (error) {
      throw new FileError('save', path, error);
    }
  }

  /** What cannot be opened any more is no recent file. */
  async #forgetIfGone<T>(path: string, opening: Promise<T>): Promise<T> {
    try {
      return await opening;
    } catch (error) {
      await this.#state.update({ recent: this.#state.state.recent.filter((old) => old !== path) });
      throw error;
    }
  }

  async #remember(path: string): Promise<void> {
    if (this.#own.has(path)) {
      return;
    }
    this.#granted.add(path);
    const others = this.#state.state.recent.filter((old) => old !== path);
    await this.#state.update({ recent: [path, ...others].slice(0, RECENT_LIMIT) });
  }
}
