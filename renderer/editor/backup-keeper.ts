// Sends unsaved text to where a crash does not reach it: at most half a second after it was typed, and
// again for as long as typing goes on. What is saved or closed is dropped.

import type { Disposable } from '../../sim/base/disposable.ts';
import { DisposableStore } from '../../sim/base/disposable.ts';
import type { Backup, BackupsApi } from '../../sim/protocol/backups.ts';
import type { ReadableStore } from '../base/store.ts';

const DELAY_MS = 500;

/** A document as far as backups go. */
export interface KeptDocument {
  readonly id: string;
  readonly name: string;
  readonly path?: string;
  readonly example: boolean;
  readonly dirty: boolean;
}

/** The open documents and their text. */
export interface KeptDocuments {
  readonly list: ReadableStore<readonly KeptDocument[]>;
  get(id: string): KeptDocument | undefined;
  model(id: string): {
    getValue(): string;
    onDidChangeContent(listener: () => void): { dispose(): void };
  };
}

interface Followed {
  readonly key: string;
  readonly listener: { dispose(): void };
  timer: ReturnType<typeof setTimeout> | undefined;
  kept: boolean;
}

/** Follows all open documents. */
export class BackupKeeper implements Disposable {
  readonly #calls: Pick<BackupsApi, 'keepBackup' | 'dropBackup'>;
  readonly #documents: KeptDocuments;
  readonly #failed: (error: unknown) => void;
  readonly #followed = new Map<string, Followed>();
  readonly #owned = new DisposableStore();
  /** Keys of restored documents, before they are followed. */
  readonly #keys = new Map<string, string>();

  /** @param failed is told when text could not be kept */
  constructor(
    calls: Pick<BackupsApi, 'keepBackup' | 'dropBackup'>,
    documents: KeptDocuments,
    failed: (error: unknown) => void,
  ) {
    this.#calls = calls;
    this.#documents = documents;
    this.#failed = failed;
    this.#owned.add(documents.list.onDidChange((list) => this.#follow(list)));
    this.#follow(documents.list.value);
  }

  /** Document `id` was restored from the backup `key`, which is its own from now on. */
  adopt(id: string, key: string): void {
    const followed = this.#followed.get(id);
    if (followed === undefined) {
      this.#keys.set(id, key);
    } else {
      this.#followed.set(id, { ...followed, key, kept: true });
    }
  }

  /** Settles when all unsaved text is kept. @throws when some of it cannot be */
  async flush(): Promise<void> {
    const unsaved = this.#documents.list.value.filter(({ dirty }) => dirty);
    await Promise.all(unsaved.map(({ id }) => this.#keep(id)));
  }

  dispose(): void {
    this.#owned.dispose();
    for (const { listener, timer } of this.#followed.values()) {
      clearTimeout(timer);
      listener.dispose();
    }
    this.#followed.clear();
  }

  #follow(list: readonly KeptDocument[]): void {
    const open = new Set(list.map(({ id }) => id));
    for (const id of this.#followed.keys()) {
      if (!open.has(id)) {
        this.#drop(id);
        this.#followed.get(id)?.listener.dispose();
        this.#followed.delete(id);
      }
    }
    for (const { id, dirty } of list) {
      const followed = this.#followed.get(id);
      if (followed === undefined) {
        this.#start(id);
      } else if (!dirty && followed.kept) {
        this.#drop(id);
      } else if (dirty && !followed.kept) {
        this.#schedule(id);
      }
    }
  }

  #start(id: string): void {
    const adopted = this.#keys.get(id);
    const listener = this.#documents.model(id).onDidChangeContent(() => this.#schedule(id));
    this.#followed.set(id, {
      key: adopted ?? crypto.randomUUID(),
      listener,
      timer: undefined,
      kept: adopted !== undefined,
    });
  }

  #schedule(id: string): void {
    const followed = this.#followed.get(id);
    if (followed !== undefined && followed.timer === undefined) {
      followed.timer = setTimeout(() => {
        followed.timer = undefined;
        this.#keep(id).catch(this.#failed);
      }, DELAY_MS);
    }
  }

  async #keep(id: string): Promise<void> {
    const followed = this.#followed.get(id);
    const info = this.#documents.get(id);
    if (followed === undefined || info === undefined || !info.dirty) {
      return;
    }
    clearTimeout(followed.timer);
    followed.timer = undefined;
    followed.kept = true;
    const { name, path, example } = info;
    const backup: Backup = {
      key: followed.key,
      name,
      text: this.#documents.model(id).getValue(),
      ...(path === undefined ? {} : { path }),
      ...(example ? { example } : {}),
    };
    await this.#calls.keepBackup(backup);
  }

  #drop(id: string): void {
    const followed = this.#followed.get(id);
    if (followed !== undefined) {
      clearTimeout(followed.timer);
      followed.timer = undefined;
      if (followed.kept) {
        followed.kept = false;
        this.#calls.dropBackup(followed.key).catch(this.#failed);
      }
    }
  }
}
