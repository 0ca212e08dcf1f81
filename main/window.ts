// The one window: its preferences, where it was last time, and the question before unsaved text is lost.

import type { Rectangle, BrowserWindow as Window } from 'electron';
import { BrowserWindow, dialog, screen } from 'electron';
import type { ThemeName } from '../sim/protocol/api.ts';
import { WEB_PREFERENCES } from './security.ts';
import type { StateFile } from './state-file.ts';
import { placeOf } from './window-place.ts';

/** From a move to its writing: a drag moves many times. */
const SETTLE_MS = 500;
const BACKGROUND: Readonly<Record<ThemeName, string>> = {
  dark: '#1f1f1f',
  light: '#ffffff',
  contrast: '#000000',
};

/** Makes the window, not yet loaded. */
export function createWindow(state: StateFile, theme: ThemeName, preload: string): Window {
  const saved = state.state.window;
  const window = new BrowserWindow({
    ...placeOf(saved, workAreas()),
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
  rememberPlace(window, state);
  return window;
}

/** Remembers place and size a moment after they changed, and before the window goes. */
function rememberPlace(window: Window, state: StateFile): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    void state.update({
      window: { bounds: window.getNormalBounds(), maximized: window.isMaximized() },
    });
  };
  const schedule = (): void => {
    timer ??= setTimeout(write, SETTLE_MS);
  };
  window.on('resize', schedule);
  window.on('move', schedule);
  window.on('maximize', schedule);
  window.on('unmaximize', schedule);
  window.on('close', write);
  window.on('closed', () => clearTimeout(timer));
}

/** What each screen offers, the main one first. */
function workAreas(): readonly [Rectangle, ...Rectangle[]] {
  const { id, workArea } = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter((display) => display.id !== id);
  return [workArea, ...others.map((display) => display.workArea)];
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
