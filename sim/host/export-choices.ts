// The formats of other tools as menus and dialogs need them.

import { EXPORT_FORMATS } from '../trace/export/export-formats.ts';

/** Name, title and usual ending (empty: a directory) of each format. */
export const EXPORT_CHOICES: readonly {
  readonly id: string;
  readonly title: string;
  readonly extension: string;
}[] = EXPORT_FORMATS.map(({ id, title, extension }) => ({ id, title, extension }));
