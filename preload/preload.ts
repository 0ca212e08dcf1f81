// The whole surface between the sandboxed window and the main process: post a message, hear messages.
// What the messages mean is the protocol's business; nothing of Electron reaches the page.

import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { Bridge } from '../sim/protocol/bridge.ts';

const bridge: Bridge = {
  post: (message) => ipcRenderer.send('substream', message),
  onMessage: (listener) => {
    const own = (_event: unknown, message: unknown): void => listener(message);
    ipcRenderer.on('substream', own);
    return () => {
      ipcRenderer.off('substream', own);
    };
  },
  open: (files) => {
    // The path comes from the system: a page can name no file that nobody dropped.
    const paths = files
      .map((file) => webUtils.getPathForFile(file as File))
      .filter((path) => path !== '');
    ipcRenderer.send('substream-open', paths);
  },
};

contextBridge.exposeInMainWorld('substream', bridge);
