// What a page may not do, whatever it has been talked into: leave, open windows, ask for permissions,
// attach a webview, reach the network. Each rule has a test in the real Electron.

import type { App, Session, WebContents, WebPreferences } from 'electron';

/** Preferences of every window; the preload path is added by the caller. */
export const WEB_PREFERENCES = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  safeDialogs: true,
  spellcheck: false,
} as const satisfies WebPreferences;

/** Denies, for every page that will ever exist in this app, what no page of ours needs. */
export function denyByDefault(app: App): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.on('will-frame-navigate', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}

/** Denies every permission, and every request that is not for `origins` or for data of the page itself. */
export function lockSession(session: Session, origins: readonly string[]): void {
  session.setPermissionRequestHandler((_contents, _permission, done) => done(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  // The spelling checker would fetch its dictionaries from the network.
  session.setSpellCheckerLanguages([]);
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest((details, done) => {
    done({ cancel: !isAllowedRequest(details.url, origins) });
  });
}

const LOCAL_SCHEMES = new Set(['blob:', 'data:', 'devtools:']);

/** Whether a page may load `url`: only from the given origins, or what needs no network. */
export function isAllowedRequest(url: string, origins: readonly string[]): boolean {
  if (!URL.canParse(url)) {
    return false;
  }
  const { protocol, host } = new URL(url);
  return LOCAL_SCHEMES.has(protocol) || origins.includes(`${protocol}//${host}`);
}

/** Whether a message comes from the main frame of `window`, showing a page of `origins`. */
export function isTrustedSender(
  frame: { readonly url: string; readonly parent: unknown } | null,
  sender: WebContents,
  window: WebContents,
  origins: readonly string[],
): boolean {
  if (frame === null || frame.parent !== null || sender !== window || !URL.canParse(frame.url)) {
    return false;
  }
  const { protocol, host } = new URL(frame.url);
  return origins.includes(`${protocol}//${host}`);
}
