// Keeps unsaved text in files of its own, one a document, so that neither a crash nor an exit loses it.
// A file is written beside and renamed: after a kill there is the text before or the text after.

import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { Emitter } from '../sim/base/emitter.ts';
import type { Backup, BackupsApi, RestoredBackup } from '../sim/protocol/backups.ts';
import type { Handlers } from '../sim/protocol/rpc.ts';
import { writeAtomically } from './atomic-write.ts';
import { readTextFile } from './text-file.ts';
import { hashOf } from './text-hash.ts';

const KEPT = z.object({
  version: z.literal(1),
  key: z.uuid(),
  name: z.string(),
  path: z.string().optional(),
  example: z.boolean().optional(),
  text: z.string(),
  /** SHA-256 of the saved file that the text was typed into. */
  base: z.string().optional(),
});

type Kept = z.infer<typeof KEPT>;

/** What the backups know of saved files. */
export interface SavedFiles {
  /** SHA-256 of what `path` held when it was opened or saved last. */
  baseOf(path: string): string | undefined;
  /** A person chose `path` in an earlier start; it holds `text` now. */
  adopt(path: string, text: string | undefined): void;
  /** @throws FileError when nobody chose `path` */
  requireGrant(doing: 'save', path: string): void;
}

/** The backups of one user's workbench. */
export class Backups {
  readonly #folder: string;
  readonly #files: SavedFiles;
  readonly #answered = new Emitter<boolean>();
  /** Work by key, so that what is dropped last stays dropped. */
  readonly #working = new Map<string, Promise<void>>();

  /** @param folder absolute path; made when it is needed */
  constructor(folder: string, files: SavedFiles) {
    this.#folder = folder;
    this.#files = files;
  }

  handlers(): Handlers<BackupsApi> {
    return {
      keepBackup: (backup) => this.keep(backup),
      dropBackup: (key) => this.drop(key),
      restoreBackups: () => this.restore(),
      unsavedKept: async (kept) => this.#answered.fire(kept),
    };
  }

  /** The window's next word on whether all is kept; false when it says nothing for `limit` ms. */
  nextAnswer(limit: number): Promise<boolean> {
    return new Promise((resolve) => {
      const answered = this.#answered.event((kept) => done(kept));
      const timer = setTimeout(() => done(false), limit);
      const done = (kept: boolean): void => {
        clearTimeout(timer);
        answered.dispose();
        resolve(kept);
      };
    });
  }

  /** Settles when the text is on the disk. @throws the system's error, or FileError for a foreign path */
  keep({ key, name, path, example, text }: Backup): Promise<void> {
    if (path !== undefined) {
      this.#files.requireGrant('save', path);
    }
    const base = path === undefined ? undefined : this.#files.baseOf(path);
    const kept: Kept = { version: 1, key, name, path, example, text, base };
    return this.#after(key, async () => {
      await mkdir(this.#folder, { recursive: true });
      await writeAtomically(this.#place(key), JSON.stringify(kept));
    });
  }

  drop(key: string): Promise<void> {
    return this.#after(key, () => rm(this.#place(key), { force: true }));
  }

  /** Everything that is kept, oldest first. A damaged file is put aside. */
  async restore(): Promise<readonly RestoredBackup[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const found = await Promise.all(
      names.filter((name) => name.endsWith('.json')).map((name) => this.#read(name)),
    );
    const kept = found.filter((one) => one !== undefined).sort((a, b) => a.time - b.time);
    return Promise.all(kept.map(({ backup }) => this.#restored(backup)));
  }

  /** Whether anything is kept. */
  async any(): Promise<boolean> {
    const names = await readdir(this.#folder).catch(() => []);
    return names.some((name) => name.endsWith('.json'));
  }

  /** Gives everything up: a person said so. */
  async clear(): Promise<void> {
    await this.flush();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Settles when nothing is being written. */
  async flush(): Promise<void> {
    await Promise.allSettled(this.#working.values());
  }

  #place(key: string): string {
    return join(this.#folder, `${key}.json`);
  }

  #after(key: string, work: () => Promise<void>): Promise<void> {
    const before = this.#working.get(key) ?? Promise.resolve();
    const done = before.catch(() => undefined).then(work);
    this.#working.set(key, done);
    const forget = (): void => {
      if (this.#working.get(key) === done) {
        this.#working.delete(key);
      }
    };
    done.then(forget, forget);
    return done;
  }

  async #read(name: string): Promise<{ backup: Kept; time: number } | undefined> {
    const path = join(this.#folder, name);
    try {
      const backup = KEPT.parse(JSON.parse(await readFile(path, 'utf8')));
      return { backup, time: (await stat(path)).mtimeMs };
    } catch {
      await rename(path, `${path}.damaged`).catch(() => undefined);
      return undefined;
    }
  }

  async #restored({ key, name, path, example, text, base }: Kept): Promise<RestoredBackup> {
    const backup = { key, name, text, ...(example === true ? { example } : {}) };
    if (path === undefined) {
      return { ...backup, changed: false };
    }
    const saved = await readTextFile(path).catch(() => undefined);
    this.#files.adopt(path, saved);
    const changed = saved === undefined ? base !== undefined : hashOf(saved) !== base;
    return {
      ...backup,
      name: basename(path),
      path,
      changed,
      ...(saved === undefined ? {} : { saved }),
    };
  }
}
