// A real workbench to measure in: started, found by its debugging port, ended.

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

/** The folder of the app that is measured. */
export const ROOT = process.env['SUBSTREAM_APP'] ?? resolve(import.meta.dirname, '../../..');

/** A window that runs. */
export interface Measured {
  readonly page: Page;
  /** When its process was started, milliseconds since 1970. */
  readonly spawned: number;
  /** Ends it as `kill -9`: no handler runs, nothing is flushed. */
  kill(): Promise<void>;
}

/** Time to find the window: a second, ten on a busy machine. */
const CONNECT_MS = 30_000;
/** Once in some hundred starts Electron never answers its debugging port; nothing of ours has run then. */
const STARTS = 2;

/** Starts Electron with a profile and a file, and ends it when `measure` settles. */
export async function inWindow<T>(
  [electron, profile, file]: readonly [string, string, string],
  measure: (window: Measured) => Promise<T>,
): Promise<T> {
  const sandbox = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const args = [...sandbox, `--user-data-dir=${profile}`, '--remote-debugging-port=0', ROOT, file];
  for (let start = 1; ; start++) {
    const spawned = Date.now();
    const child = spawn(electron, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let browser: Browser | undefined;
    try {
      browser = await chromium.connectOverCDP(await debuggerUrl(child), { timeout: CONNECT_MS });
      const page = await firstPage(browser);
      return await measure({ page, spawned, kill: () => end(child, 'SIGKILL') });
    } catch (error) {
      if (browser !== undefined || start === STARTS) {
        throw error;
      }
    } finally {
      await browser?.close();
      await end(child, 'SIGTERM');
    }
  }
}

async function firstPage(browser: Browser): Promise<Page> {
  const [context] = browser.contexts();
  const page = context?.pages()[0] ?? (await context?.waitForEvent('page'));
  if (page === undefined) {
    throw new Error('the workbench opened no window');
  }
  return page;
}

function debuggerUrl(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let text = '';
    child.stderr?.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      const url = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
      if (url !== undefined) {
        done(url);
      }
    });
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`Electron ended with ${code}\n${text}`)));
  });
}

function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  return new Promise((done) => {
    child.once('exit', () => done());
    if (child.exitCode !== null || child.signalCode !== null || !child.kill(signal)) {
      done();
    }
  });
}
