// Electron's security rules, each probed from inside the real page or from a page that should not be there.
// A probe that is refused stands beside a control that is not, so that none passes for a wrong reason.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Workbench } from './support/workbench.ts';
import {
  appFolder,
  endWorkbench,
  makeFolder,
  removeFolder,
  startWorkbench,
} from './support/workbench.ts';

const PAGE = 'app://workbench/';

describe('security of the window', () => {
  const folder = makeFolder();
  const hits: string[] = [];
  const server = createServer((request, response) => {
    hits.push(request.url ?? '');
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.end('reached');
  });
  let workbench: Workbench;
  let page: Page;
  let outside: string;

  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    outside = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    workbench = await startWorkbench(join(folder, 'user'));
    page = workbench.page;
  });

  afterAll(async () => {
    await endWorkbench(workbench);
    server.close();
    removeFolder(folder);
  });

  it('runs the page in the sandbox, isolated, without Node', async () => {
    const preferences = await workbench.app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      const contents = window?.webContents as unknown as {
        getLastWebPreferences(): Record<string, unknown>;
      };
      return contents.getLastWebPreferences();
    });
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
    });
    expect(preferences['nodeIntegrationInWorker']).not.toBe(true);
    const found = await page.evaluate(() =>
      ['require', 'process', 'module', 'Buffer', 'global', 'electron'].filter(
        (name) => name in globalThis,
      ),
    );
    expect(found).toEqual([]);
  });

  it('gives the page three functions and nothing else', async () => {
    const bridge = await page.evaluate(() => ({
      names: Object.keys(window.substream).sort(),
      types: Object.values(window.substream).map((value) => typeof value),
      replaced: Reflect.set(window, 'substream', 1),
    }));
    expect(bridge.names).toEqual(['onMessage', 'open', 'post']);
    expect(bridge.types).toEqual(['function', 'function', 'function']);
    expect(bridge.replaced).toBe(false);
  });

  it.each([
    [
      'an inline script',
      "document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = 1' }))",
    ],
    [
      'an inline handler',
      "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')",
    ],
    [
      'a data: script',
      "document.body.append(Object.assign(document.createElement('script'), { src: 'data:text/javascript,window.ran=1' }))",
    ],
    [
      'a blob: script',
      "document.body.append(Object.assign(document.createElement('script'), { src: URL.createObjectURL(new Blob(['window.ran = 1'])) }))",
    ],
    [
      'a javascript: link',
      "{ const a = Object.assign(document.createElement('a'), { href: 'javascript:window.ran=1' }); document.body.append(a); a.click(); }",
    ],
    ['eval', "setTimeout(() => { try { eval('window.ran = 1') } catch {} })"],
    [
      'a Function of text',
      "setTimeout(() => { try { new Function('window.ran = 1')() } catch {} })",
    ],
    ['a timer of text', "setTimeout('window.ran = 1')"],
  ])('does not run %s', async (_what, probe) => {
    await page.evaluate(`
      delete window.ran;
      window.violation = new Promise((done) => {
        document.addEventListener('securitypolicyviolation', () => done('refused'), { once: true });
        setTimeout(() => done('nothing was refused'), 2000);
      });
      void setTimeout(() => { ${probe} });
    `);
    const seen = await page.evaluate('window.violation');
    expect(seen).toBe('refused');
    expect(await page.evaluate('window.ran')).toBeUndefined();
  });

  it.each([
    [
      'fetch',
      (url: string) =>
        fetch(url).then(
          () => 'loaded',
          () => 'refused',
        ),
    ],
    ['an image', (url: string) => load(Object.assign(new Image(), { src: url }))],
    [
      'a style sheet',
      (url: string) =>
        load(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: url })),
    ],
    [
      'a script',
      (url: string) => load(Object.assign(document.createElement('script'), { src: url })),
    ],
    [
      'a frame',
      (url: string) => load(Object.assign(document.createElement('iframe'), { src: url })),
    ],
    [
      'a web socket',
      (url: string) =>
        new Promise((done) =>
          Object.assign(new WebSocket(url.replace('http', 'ws')), {
            onopen: () => done('loaded'),
            onerror: () => done('refused'),
          }),
        ),
    ],
    ['a beacon', async (url: string) => (navigator.sendBeacon(url) ? 'sent' : 'refused')],
  ])('reaches no other origin by %s', async (_what, probe) => {
    hits.length = 0;
    const source = `(${probe})(${JSON.stringify(`${outside}/hit`)})`;
    await page.evaluate(async (code) => {
      const helpers = `function load(element) { return new Promise((done) => {
          element.onload = () => done('loaded'); element.onerror = () => done('refused');
          document.body.append(element); setTimeout(() => done('refused'), 500); }); }`;
      // biome-ignore lint/security/noGlobalEval: the debugger's evaluation, not the page's
      return await eval(`${helpers}; ${code}`);
    }, source);
    await page.waitForTimeout(100);
    expect(hits).toEqual([]);
  });

  it('cancels a request for another origin even where no policy of a page applies', async () => {
    hits.length = 0;
    const answer = await workbench.app.evaluate(
      ({ session }, url) =>
        session.defaultSession.fetch(url).then(
          (response) => response.text(),
          (error: Error) => error.message,
        ),
      `${outside}/hit`,
    );
    expect(answer).toMatch(/ERR_BLOCKED_BY_CLIENT/);
    expect(hits).toEqual([]);
    expect(await (await fetch(`${outside}/control`)).text()).toBe('reached');
  });

  it.each([
    ['by assignment', 'location.href = URL'],
    ['by replacement', 'location.replace(URL)'],
    ['by a link', "Object.assign(document.createElement('a'), { href: URL }).click()"],
    [
      'by a form',
      "{ const f = Object.assign(document.createElement('form'), { action: URL }); document.body.append(f); f.submit(); f.remove(); }",
    ],
    ['to a file', "location.href = 'file:///etc/passwd'"],
    ['to another page of the app', "location.href = 'app://workbench/assets/'"],
  ])('does not navigate %s', async (_how, code) => {
    hits.length = 0;
    await page
      .evaluate(code.replaceAll('URL', JSON.stringify(`${outside}/hit`)))
      .catch(() => undefined);
    await page.waitForTimeout(200);
    expect(page.url()).toBe(PAGE);
    expect(await page.locator('.toolbar').count()).toBe(1);
    expect(hits).toEqual([]);
  });

  it.each([
    ['window.open', 'String(window.open(URL))'],
    ['window.open of its own page', "String(window.open('app://workbench/'))"],
    [
      'a link to a new window',
      "Object.assign(document.createElement('a'), { href: URL, target: '_blank' }).click()",
    ],
  ])('opens no window by %s', async (_how, code) => {
    await page.evaluate(code.replaceAll('URL', JSON.stringify(`${outside}/hit`)));
    await page.waitForTimeout(200);
    const windows = await workbench.app.evaluate(
      ({ BrowserWindow }) => BrowserWindow.getAllWindows().length,
    );
    expect(windows).toBe(1);
    expect(workbench.app.windows()).toHaveLength(1);
  });

  it('attaches no webview', async () => {
    const contents = await page.evaluate(async () => {
      const view = document.createElement('webview');
      view.setAttribute('src', 'data:text/html,hello');
      document.body.append(view);
      await new Promise((done) => setTimeout(done, 300));
      view.remove();
      return 'getWebContentsId' in view;
    });
    expect(contents).toBe(false);
    const count = await workbench.app.evaluate(
      ({ webContents }) => webContents.getAllWebContents().length,
    );
    expect(count).toBe(1);
  });

  it('grants no permission', async () => {
    const states = await page.evaluate(async () => {
      const names = ['geolocation', 'notifications', 'camera', 'microphone', 'clipboard-read'];
      const result: Record<string, string> = {};
      for (const name of names) {
        result[name] = (await navigator.permissions.query({ name: name as PermissionName })).state;
      }
      result['ask for notifications'] = await Notification.requestPermission();
      result['media'] = await navigator.mediaDevices.getUserMedia({ audio: true }).then(
        () => 'granted',
        (error: Error) => error.name,
      );
      result['position'] = await new Promise((done) =>
        navigator.geolocation.getCurrentPosition(
          () => done('granted'),
          (error) => done(error.code === 1 ? 'denied' : `error ${error.code}`),
        ),
      );
      return result;
    });
    expect(states).toEqual({
      geolocation: 'denied',
      notifications: 'denied',
      camera: 'denied',
      microphone: 'denied',
      'clipboard-read': 'denied',
      'ask for notifications': 'denied',
      media: expect.stringMatching(/NotAllowedError|NotFoundError/),
      position: 'denied',
    });
  });

  it.each([
    ['../package.json'],
    ['../main/main.js'],
    ['%2e%2e/main/main.js'],
    ['..%2fmain%2fmain.js'],
    ['assets/..%2f..%2fmain%2fmain.js'],
    ['%00'],
    ['%ff'],
    ['assets/'],
    ['no-such-file.js'],
  ])('serves nothing for app://workbench/%s', async (path) => {
    const statuses = await page.evaluate(
      async ([probe, control]) =>
        Promise.all([probe, control].map(async (url) => (await fetch(url ?? '')).status)),
      [`${PAGE}${path}`, `${PAGE}index.html`],
    );
    expect(statuses).toEqual([404, 200]);
  });

  it('sends the policy with every answer, and no other host answers', async () => {
    const answer = await page.evaluate(async () => {
      const response = await fetch('app://workbench/');
      const other = await fetch('app://other/').catch((error: Error) => error.name);
      return { csp: response.headers.get('content-security-policy'), other: String(other) };
    });
    expect(answer.csp).toContain("script-src 'self'");
    expect(answer.csp).not.toMatch(/script-src[^;]*unsafe/);
    expect(answer.other).toBe('TypeError');
  });

  it('hears no message from another page, even with the same preload script', async () => {
    const { app } = workbench;
    const theme = () => app.evaluate(({ nativeTheme }) => nativeTheme.themeSource);
    const before = await theme();
    const other = before === 'light' ? 'dark' : 'light';
    const ask = `new Promise((done) => {
      substream.post({ t: 'q', i: 'probe', m: 'call', a: [1, 'setTheme', ['${other}']] });
      setTimeout(done, 500);
    })`;
    await app.evaluate(
      async ({ BrowserWindow }, { preload, code }) => {
        const window = new BrowserWindow({ show: false, webPreferences: { preload } });
        await window.loadURL('data:text/html,stranger');
        await window.webContents.executeJavaScript(code);
        window.destroy();
      },
      { preload: join(appFolder(), 'out', 'preload', 'preload.cjs'), code: ask },
    );
    expect(await theme()).toBe(before);
    await page.evaluate(ask);
    expect(await theme()).toBe(other);
  });

  it('opens no file that a page makes up', async () => {
    const before = await page.getByRole('tab').allTextContents();
    for (const files of [
      "[new File(['x'], '/etc/passwd')]",
      "[{ name: '/etc/passwd', path: '/etc/passwd' }]",
      "['/etc/passwd']",
      "'/etc/passwd'",
    ]) {
      await page.evaluate(`try { window.substream.open(${files}) } catch {}`);
    }
    await page.waitForTimeout(300);
    expect(await page.getByRole('tab').allTextContents()).toEqual(before);
    expect(await page.locator('.notice').count()).toBe(0);
  });

  it.each([
    ['constructor', []],
    ['toString', []],
    ['__proto__', []],
    ['noSuchCall', []],
    ['examples', ['too many']],
    ['openExample', ['../package.json']],
    ['openExample', [42]],
    ['openFile', ['/etc/passwd']],
    ['openFile', [{ toString: '/etc/passwd' }]],
    ['saveFile', [{ path: '/tmp/substream-probe', name: 'x', text: 'x' }]],
    ['saveFile', [{ name: 'x', text: 42 }]],
    ['run', [{ file: 'x.ts', text: 'x', profile: 'other' }]],
    ['run', [{ file: 'x.ts', text: 'x', seed: -1 }]],
    ['run', [{ file: 'x.ts', text: 'x', more: true }]],
    ['setTheme', ['<script>']],
    ['setDirty', ['not a list']],
  ])('refuses the call %s with %j, with an error and no effect', async (name, args) => {
    const answer = await page.evaluate(
      ([call, values]) =>
        new Promise((done) => {
          const off = window.substream.onMessage((message) => {
            const { i, e, r } = message as { i?: string; e?: { message: string }; r?: unknown };
            if (i === 'probe') {
              off();
              done(e === undefined ? { result: r } : { error: e.message });
            }
          });
          window.substream.post({ t: 'q', i: 'probe', m: 'call', a: [9000, call, values] });
        }),
      [name, args] as const,
    );
    expect(answer).toEqual({ error: expect.stringMatching(/./) });
  });

  it.each([[null], [42], ['text'], [{}], [{ t: 'q' }], [{ t: 'q', m: 'call', a: 'x' }], [[]]])(
    'survives the message %j',
    async (message) => {
      await page.evaluate((value) => window.substream.post(value), message);
      expect(await page.evaluate(() => document.querySelectorAll('.toolbar').length)).toBe(1);
    },
  );
});

declare global {
  interface Window {
    readonly substream: {
      post(message: unknown): void;
      onMessage(listener: (message: unknown) => void): () => void;
    };
  }
}

/** Only for the types of the probes above; they run in the page, which brings its own. */
declare function load(element: HTMLElement): Promise<string>;
