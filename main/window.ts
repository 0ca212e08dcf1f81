// The one window: its preferences, where it was last time, and the question before unsaved text is lost.

import type { BrowserWindow as Window } from 'electron';
import { BrowserWindow, dialog, screen } from 'electron';
import type { ThemeName } from '../sim/protocol/api.ts';
import { WEB_PREFERENCES } from './security.ts';
import type { State, StateFile } from './state-file.ts';

const FIRST_SIZE = { width: 1440, height: 900 };
const BACKGROUND: Readonly<Record<ThemeName, string>> = {
  dark: '#1f1f1f',
  light: '#ffffff',
  contrast: '#000000',
};

/** Makes the window, not yet loaded. */
export function createWindow(state: StateFile, theme: ThemeName, preload: string): Window {
  const saved = state.state.window;
  const window = new BrowserWindow({
    ...placed(saved),
    minWidth: 640,
    minHeight: 400,
    title: 'Substream',
    backgroundColor: BACKGROUND[theme],
    show: false,
    webPreferences: { ...WEB_PREFERENCES, preload },
  });
  if (saved?.maximized) {
    window.maximize();
  }
  window.once('ready-to-show', () => window.show());
  window.on('close', () => {
    void state.update({
      window: { bounds: window.getNormalBounds(), maximized: window.isMaximized() },
    });
  });
  return window;
}

/** The saved place if a screen still shows it, otherwise the size alone. */
function placed(saved: State['window']): {
  readonly width: number;
  readonly height: number;
  readonly x?: number;
  readonly y?: number;
} {
  const { workArea } = screen.getPrimaryDisplay();
  const width = Math.min(saved?.bounds.width ?? FIRST_SIZE.width, workArea.width);
  const height = Math.min(saved?.bounds.height ?? FIRST_SIZE.height, workArea.height);
  const { x, y } = saved?.bounds ?? {};
  if (x === undefined || y === undefined) {
    return { width, height };
  }
  const visible = screen
    .getAllDisplays()
    .some(
      ({ workArea: area }) =>
        x < area.x + area.width - 100 &&
        x + width > area.x + 100 &&
        y >= area.y - 20 &&
        y < area.y + area.height - 50,
    );
  return visible ? { width, height, x, y } : { width, height };
}

/** What a person answers when unsaved text is about to be lost. */
export type CloseAnswer = 'save' | 'discard' | 'cancel';

/** Asks what to do with the unsaved files `names`. */
export async function askBeforeClose(
  window: Window,
  names: readonly string[],
): Promise<CloseAnswer> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'warning',
    message:
      names.length === 1
        ? `Do you want to save the changes you made to ${names[0]}?`
        : `Do you want to save the changes to these ${names.length} files?`,
    detail: [...(names.length === 1 ? [] : names), 'They are lost if you do not save them.'].join(
      '\n',
    ),
    buttons: ['Save', "Don't Save", 'Cancel'],
    defaultId: 0,
    cancelId: 2,
    noLink: true,
  });
  return (['save', 'discard', 'cancel'] as const)[response] ?? 'cancel';
}
