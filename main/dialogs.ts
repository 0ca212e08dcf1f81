// The native dialogs that ask for a file.

import type { BrowserWindow } from 'electron';
import { dialog } from 'electron';
import type { FileDialogs } from './files.ts';

const FILTERS = [
  { name: 'Driver scripts', extensions: ['ts'] },
  { name: 'Sessions', extensions: ['substream'] },
  { name: 'All files', extensions: ['*'] },
];

/** Dialogs of `window`. */
export function fileDialogs(window: BrowserWindow): FileDialogs {
  return {
    open: async () => {
      const { canceled, filePaths } = await dialog.showOpenDialog(window, {
        filters: FILTERS,
        properties: ['openFile'],
      });
      return canceled ? undefined : filePaths[0];
    },
    save: async (suggestedName) => {
      const { canceled, filePath } = await dialog.showSaveDialog(window, {
        defaultPath: suggestedName,
        filters: suggestedName.endsWith('.substream') ? FILTERS.slice(1) : FILTERS,
      });
      return canceled || filePath === '' ? undefined : filePath;
    },
  };
}
