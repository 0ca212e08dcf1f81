// The native dialogs that ask for a file.

import { extname } from 'node:path';
import type { BrowserWindow } from 'electron';
import { dialog } from 'electron';
import type { FileDialogs } from './files.ts';

const FILTERS = [
  { name: 'Driver scripts', extensions: ['ts'] },
  { name: 'Sessions', extensions: ['substream'] },
  { name: 'All files', extensions: ['*'] },
];

const OPEN_FILTERS = [
  { name: 'Scripts and sessions', extensions: ['ts', 'substream'] },
  ...FILTERS,
];

/** The filter that knows the endings, or one of their own, and all files. */
function filtersFor(endings: readonly string[]): Electron.FileFilter[] {
  const extensions = endings.map((ending) => ending.slice(1)).filter((one) => one !== '');
  const known = FILTERS.filter((filter) =>
    filter.extensions.some((one) => extensions.includes(one)),
  );
  const own = extensions.length > 0 ? [{ name: `${extensions.join(', ')} files`, extensions }] : [];
  return [...(known.length > 0 ? known : own), ...FILTERS.slice(2)];
}

/** Dialogs of `window`. */
export function fileDialogs(window: BrowserWindow): FileDialogs {
  return {
    open: async (endings) => {
      const { canceled, filePaths } = await dialog.showOpenDialog(window, {
        filters: endings === undefined ? OPEN_FILTERS : filtersFor(endings),
        properties: ['openFile'],
      });
      return canceled ? undefined : filePaths[0];
    },
    save: async (suggestedName) => {
      const { canceled, filePath } = await dialog.showSaveDialog(window, {
        defaultPath: suggestedName,
        filters: filtersFor([extname(suggestedName)]),
      });
      return canceled || filePath === '' ? undefined : filePath;
    },
  };
}
