// The line to one window as a Channel. A message that another page, a frame or a foreign origin sent
// is dropped before anything looks at it.

import type { IpcMain, WebContents } from 'electron';
import type { Disposable } from '../sim/base/disposable.ts';
import { toDisposable } from '../sim/base/disposable.ts';
import type { Channel } from '../sim/protocol/channel.ts';
import { isTrustedSender } from './security.ts';

/** Name of the only IPC channel; the preload script has the same. */
const NAME = 'substream';

/** Hears of files that were dropped onto the window, by their paths. */
export function onDroppedFiles(
  ipc: IpcMain,
  contents: WebContents,
  origins: readonly string[],
  listener: (paths: readonly string[]) => void,
): void {
  ipc.on(`${NAME}-open`, (event, paths: unknown) => {
    if (isTrustedSender(event.senderFrame, event.sender, contents, origins)) {
      listener(Array.isArray(paths) ? paths.map(String) : []);
    }
  });
}

/** @param origins the origins whose pages may speak */
export function windowChannel(
  ipc: IpcMain,
  contents: WebContents,
  origins: readonly string[],
): Channel {
  return {
    post: (message) => {
      if (!contents.isDestroyed()) {
        contents.send(NAME, message);
      }
    },
    onMessage: (listener): Disposable => {
      const own = (event: Electron.IpcMainEvent, message: unknown): void => {
        if (isTrustedSender(event.senderFrame, event.sender, contents, origins)) {
          listener(message);
        }
      };
      ipc.on(NAME, own);
      return toDisposable(() => ipc.off(NAME, own));
    },
    onClose: (listener): Disposable => {
      contents.once('destroyed', listener);
      return toDisposable(() => contents.off('destroyed', listener));
    },
  };
}
