// Starts the real workbench in the real Electron with a folder of its own, and drives it as a person does.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ElectronApplication, Locator, Page } from 'playwright-core';
import { _electron, errors } from 'playwright-core';
import { ensure } from '../../../sim/base/assert.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/** The Electron that scripts/test.mjs chose. */
export function electronPath(): string {
  return ensure(process.env['SUBSTREAM_ELECTRON'], 'SUBSTREAM_ELECTRON (run `npm run test:e2e`)');
}

/** The folder of the app that is tested: this repository, built. */
export function appFolder(): string {
  return process.env['SUBSTREAM_APP'] ?? ROOT;
}

/** Arguments that Electron needs before the app's folder. */
export function electronArgs(userData: string, more: readonly string[] = []): string[] {
  const sandbox = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return [...sandbox, `--user-data-dir=${userData}`, ...more, appFolder()];
}

/** Makes a folder that is removed by {@link removeFolder}. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'substream-e2e-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** A running workbench. */
export interface Workbench {
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly userData: string;
  /** Errors and warnings of the page, for the assertion that there are none. */
  readonly complaints: string[];
}

/** Time for Electron and Playwright to find each other: one second, ten on a busy machine. */
const LAUNCH_MS = 20_000;

/**
 * Starts Electron. Once in some hundred starts it and Playwright never shake hands, before any code of
 * ours runs; then it is ended and started once more, and the log says so.
 */
export async function launch(userData: string, args: string[]): Promise<ElectronApplication> {
  const options = { executablePath: electronPath(), args };
  try {
    return await _electron.launch({ ...options, timeout: LAUNCH_MS });
  } catch (error) {
    if (!(error instanceof errors.TimeoutError)) {
      throw error;
    }
    console.warn('e2e: Electron and Playwright did not find each other; starting once more');
    spawnSync('pkill', ['-KILL', '-f', `user-data-dir=${userData}`]);
    return await _electron.launch({ ...options, timeout: LAUNCH_MS });
  }
}

/** Starts it and waits until an editor or the welcome is there. */
export async function startWorkbench(
  userData: string,
  options: { readonly files?: readonly string[]; readonly switches?: readonly string[] } = {},
): Promise<Workbench> {
  const args = [...electronArgs(userData, options.switches), ...(options.files ?? [])];
  const app = await launch(userData, args);
  const page = await app.firstWindow();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(message.text());
    }
  });
  await page.locator('.editor-pane .view-line, .welcome').first().waitFor();
  return { app, page, userData, complaints };
}

/** Ends it without questions, whatever state it is in. */
export async function endWorkbench(workbench: Workbench | undefined): Promise<void> {
  await workbench?.app.evaluate(({ app }) => app.exit(0)).catch(() => undefined);
  await workbench?.app.close().catch(() => undefined);
}

/** Runs a command through the palette, by its title. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await page.keyboard.press('Control+Shift+P');
  await page.getByRole('combobox', { name: 'Type the name of a command' }).fill(title);
  await page.keyboard.press('Enter');
}

/** Replaces the text of the active editor by typing over it. */
export async function typeScript(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+1');
  await page.locator('.editor-pane .monaco-editor.focused').waitFor();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
}

/** Opens a new file with `text` in it. */
export async function newScript(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+N');
  await page.locator('.editor-pane').last().waitFor();
  await typeScript(page, text);
}

/** The whole text of the xterm buffer: what the command that copies it gives to the clipboard. */
export async function consoleText({ page }: Workbench): Promise<string> {
  // Taken where it is handed over: a large text is slow to read back from an X11 clipboard of our own.
  const copied = page.evaluate(
    () =>
      new Promise<string>((done) => {
        const { setData } = DataTransfer.prototype;
        DataTransfer.prototype.setData = function (type, text) {
          DataTransfer.prototype.setData = setData;
          setData.call(this, type, text);
          done(text);
        };
      }),
  );
  await runCommand(page, 'Copy Whole Console');
  return copied;
}

/** Waits until the session can run a script. */
export async function waitUntilIdle(page: Page, timeout = 15_000): Promise<void> {
  await page.locator('.status-bar.is-idle').waitFor({ timeout });
}

/** Presses Run and waits for the end of the run. */
export async function runToEnd(page: Page): Promise<void> {
  await waitUntilIdle(page);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page
    .locator('.status-bar.is-idle .status-state', { hasText: /done|ended/ })
    .waitFor({ timeout: 30_000 });
}

/** Where the status bar says that the cursor is. */
export async function cursor(page: Page): Promise<{ line: number; column: number }> {
  const text = await textOf(page.locator('.status-cursor'));
  const [, line, column] = /Ln (\d+), Col (\d+)/.exec(text) ?? [];
  return { line: Number(line), column: Number(column) };
}

/** The text of an element. */
export async function textOf(element: Locator): Promise<string> {
  return (await element.textContent()) ?? '';
}
