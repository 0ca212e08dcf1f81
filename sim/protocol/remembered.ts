// How the window's inside looked last: which views and editors stand where, and where the cursors were.

import type { Contract } from './rpc.ts';

/** An editor that was open. New files have no place to be opened from; their text comes back as a backup. */
export interface RememberedEditor {
  /** Id of its panel in the dock. */
  readonly panel: string;
  /** Absolute path, or the name of an example. */
  readonly path?: string | undefined;
  readonly example?: string | undefined;
  /** Cursor, from 1. */
  readonly line: number;
  readonly column: number;
  /** Pixels above the first visible one. */
  readonly top: number;
}

/** Everything inside of the window. */
export interface RememberedLayout {
  /** The dock in dockview's own form, as JSON text. */
  readonly dock: string;
  readonly editors: readonly RememberedEditor[];
  /** Panel of the editor that commands mean. */
  readonly active?: string | undefined;
}

/** The calls. */
export interface RememberedApi {
  /** Undefined at the first start, and when it could not be read. */
  recallLayout(): Promise<RememberedLayout | undefined>;
  /** Settles when it is on the disk. */
  rememberLayout(layout: RememberedLayout): Promise<void>;
}

/** Names of them. */
export const REMEMBERED_CONTRACT: Contract<RememberedApi, Record<never, never>> = {
  calls: { recallLayout: true, rememberLayout: true },
  events: {},
};
