// The main process: one instance, one window, its services, and an orderly end.

import { join, resolve } from 'node:path';
import {
  app,
  type BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeTheme,
  protocol,
  session,
} from 'electron';
import { EXPORT_CHOICES } from '../sim/host/export-choices.ts';
import { SessionHost } from '../sim/host/session-host.ts';
import { TraceThread } from '../sim/host/trace-thread.ts';
import { bindingsOf } from '../sim/protocol/keybindings.ts';
import { APP_ORIGIN, SCHEME_PRIVILEGES, serveApp } from './app-protocol.ts';
import { Backups } from './backups.ts';
import { ConfigurationFiles } from './configuration.ts';
import { fileDialogs } from './dialogs.ts';
import { Examples } from './examples.ts';
import { Files } from './files.ts';
import { onDroppedFiles, windowChannel } from './ipc-channel.ts';
import { menuTemplate } from './menu.ts';
import { OpenRequests } from './open-requests.ts';
import { denyByDefault, lockSession } from './security.ts';
import { Sessions } from './sessions.ts';
import { filesOf } from './start-files.ts';
import { StateFile } from './state-file.ts';
import { Theme } from './theme.ts';
import type { CloseAnswer } from './window.ts';
import { askBeforeClose, createWindow } from './window.ts';
import { Workbench } from './workbench.ts';

const OUT = resolve(import.meta.dirname, '..');
const ROOT = resolve(OUT, '..');
/** electron-vite's server; only a development build knows of it. */
const DEV_SERVER = import.meta.env.DEV ? process.env['ELECTRON_RENDERER_URL'] : undefined;
const ORIGINS = DEV_SERVER === undefined ? [APP_ORIGIN] : [new URL(DEV_SERVER).origin];
const IS_MAC = process.platform === 'darwin';
const PAGE = DEV_SERVER ?? `${APP_ORIGIN}/`;

app.setName('Substream');
protocol.registerSchemesAsPrivileged([SCHEME_PRIVILEGES]);
denyByDefault(app);
if (DEV_SERVER === undefined) {
  // Nothing here has a network to reach: no name resolves, whatever asks for it.
  app.commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');
}
const requests = new OpenRequests(app);
const files = filesOf(process.argv, process.defaultApp === true, process.cwd());
if (app.requestSingleInstanceLock({ files })) {
  void app.whenReady().then(start, fail);
} else {
  app.quit();
}

function start(): void {
  const allowed = DEV_SERVER === undefined ? ORIGINS : [...ORIGINS, webSocketOf(DEV_SERVER)];
  lockSession(session.defaultSession, allowed);
  serveApp(protocol, join(OUT, 'renderer'));
  const state = new StateFile(join(app.getPath('userData'), 'state.json'));
  const configuration = new ConfigurationFiles(app.getPath('userData'), app, IS_MAC);
  const theme = new Theme(nativeTheme, configuration);
  const window = createWindow(state, theme.current, join(OUT, 'preload', 'preload.cjs'));
  const traces = new TraceThread(join(import.meta.dirname, 'trace-worker.js'));
  const host = new SessionHost({
    traces,
    worker: join(import.meta.dirname, 'session-worker.js'),
    spare: true,
  });
  const examples = new Examples(join(ROOT, 'examples'));
  const dialogs = fileDialogs(window);
  const sessions = new Sessions({
    traces,
    dialogs,
    formats: EXPORT_CHOICES,
    startCommand: startCommand(),
  });
  const own = Object.values(configuration.paths);
  const fileService = new Files({ state, examples, own }, dialogs, sessions);
  const backups = new Backups(join(app.getPath('userData'), 'backups'), fileService);
  const services = {
    backups,
    configuration,
    examples,
    files: fileService,
    sessions,
    session: host,
    theme,
    state,
  };
  const channel = windowChannel(ipcMain, window.webContents, ORIGINS);
  const early = requests.deliver((path) => openFiles(window, workbench, [path]));
  const workbench: Workbench = new Workbench(channel, services, [...files, ...early]);
  showMenu(workbench, configuration);
  openFromSecondStart(window, workbench);
  onDroppedFiles(ipcMain, window.webContents, ORIGINS, (paths) => {
    openFiles(window, workbench, paths);
  });
  guardClose(window, workbench, backups);
  recoverFromCrash(window);
  endOrderly(async () => {
    workbench.dispose();
    configuration.dispose();
    host.dispose();
    traces.dispose();
    await backups.flush();
    await state.flush();
  });
  void window.loadURL(PAGE);
}

/** Shows the menu, with the keys as they are now. */
function showMenu(workbench: Workbench, configuration: ConfigurationFiles): void {
  let shown = '';
  const show = (): void => {
    const rules = configuration.current.keybindings;
    if (JSON.stringify(rules) !== shown) {
      shown = JSON.stringify(rules);
      const template = menuTemplate({
        send: (id) => workbench.command(id),
        bindings: bindingsOf(rules, IS_MAC),
        mac: IS_MAC,
      });
      Menu.setApplicationMenu(Menu.buildFromTemplate(template));
    }
  };
  show();
  configuration.onDidChange(show);
}

/** What a desktop runs to start this checkout: what runs now, without its files. */
function startCommand(): readonly string[] {
  const sandbox = process.argv.filter((argument) => argument === '--no-sandbox');
  return [process.execPath, ...sandbox, ...(app.isPackaged ? [] : [ROOT])];
}

function openFromSecondStart(window: BrowserWindow, workbench: Workbench): void {
  app.on('second-instance', (_event, _argv, _folder, data) => {
    if (window.isMinimized()) {
      window.restore();
    }
    window.focus();
    const more = (data as { files?: unknown }).files;
    openFiles(window, workbench, Array.isArray(more) ? more.map(String) : []);
  });
}

function openFiles(window: BrowserWindow, workbench: Workbench, files: readonly string[]): void {
  for (const file of files) {
    workbench.openChosen(file).catch((error: Error) => {
      void dialog.showMessageBox(window, { type: 'error', message: error.message });
    });
  }
}

/**
 * Unsaved text is kept for the next start, without a question: the window does that and closes itself. If
 * it cannot, a person is asked; "Save" lets the window save everything and close itself.
 */
function guardClose(window: BrowserWindow, workbench: Workbench, backups: Backups): void {
  let discard = false;
  let asking = false;
  window.on('close', (event) => {
    if (discard || workbench.dirty.length === 0) {
      return;
    }
    event.preventDefault();
    if (asking) {
      return;
    }
    asking = true;
    void mayClose(window, workbench).then(async (answer) => {
      asking = false;
      if (answer === 'save') {
        workbench.command('file.saveAllAndExit');
      } else if (answer === 'discard') {
        await backups.clear();
      }
      if (answer === 'kept' || answer === 'discard') {
        discard = true;
        window.close();
      }
    });
  });
}

async function mayClose(
  window: BrowserWindow,
  workbench: Workbench,
): Promise<CloseAnswer | 'kept'> {
  return (await workbench.keepUnsaved()) ? 'kept' : askBeforeClose(window, workbench.dirty);
}

function recoverFromCrash(window: BrowserWindow): void {
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') {
      return;
    }
    void dialog
      .showMessageBox(window, {
        type: 'error',
        message: `The window's process ended: ${reason}.`,
        buttons: ['Reload', 'Quit'],
        cancelId: 1,
      })
      .then(({ response }) => (response === 0 ? window.webContents.reload() : app.exit(1)));
  });
}

/** Lets the worker end and the state reach the disk before the process goes, at most two seconds. */
function endOrderly(release: () => Promise<void>): void {
  app.on('will-quit', (event) => {
    event.preventDefault();
    const limit = setTimeout(() => app.exit(1), 2000);
    void release().finally(() => {
      clearTimeout(limit);
      app.exit(0);
    });
  });
}

function webSocketOf(url: string): string {
  return `ws://${new URL(url).host}`;
}

function fail(error: unknown): void {
  dialog.showErrorBox('Substream cannot start', String(error));
  app.exit(70);
}
