// Unsaved text that outlives the window: kept while a person types, given back at the next start.

import type { Contract } from './rpc.ts';

/** Unsaved text of one document. */
export interface Backup {
  /** A UUID that the window chose; a later text under it replaces an earlier one. */
  readonly key: string;
  readonly name: string;
  /** Where the document is saved; none for new files and examples. */
  readonly path?: string;
  /** It is a changed example of the gallery. */
  readonly example?: boolean;
  readonly text: string;
}

/** Text that an earlier start left behind. */
export interface RestoredBackup extends Backup {
  /** What the file at `path` says now; undefined without a path, or when it cannot be read. */
  readonly saved?: string;
  /** The file is another than the one that the text was typed into. */
  readonly changed: boolean;
}

/** The calls. */
export interface BackupsApi {
  /** Settles when the text is on the disk. Rejected when it cannot be written. */
  keepBackup(backup: Backup): Promise<void>;
  /** The text is saved or given up. */
  dropBackup(key: string): Promise<void>;
  /** What an earlier start left behind, oldest first; it stays until it is dropped. */
  restoreBackups(): Promise<readonly RestoredBackup[]>;
  /** The answer to `keepUnsaved`: whether all unsaved text is on the disk. */
  unsavedKept(kept: boolean): Promise<void>;
}

/** What the main process announces. */
export interface BackupsEvents {
  /** The window is about to close: keep all unsaved text now, and say so. */
  keepUnsaved(): void;
}

/** Names of both. */
export const BACKUPS_CONTRACT: Contract<BackupsApi, BackupsEvents> = {
  calls: { keepBackup: true, dropBackup: true, restoreBackups: true, unsavedKept: true },
  events: { keepUnsaved: true },
};
