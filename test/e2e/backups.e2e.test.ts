// Unsaved text in the real window: a kill at any moment, an exit, a file that somebody else changed.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Workbench } from './support/workbench.ts';
import {
  endWorkbench,
  makeFolder,
  newScript,
  removeFolder,
  startWorkbench,
  textOf,
  typeScript,
} from './support/workbench.ts';

/** What the product promises to lose at most. */
const LOSS_LIMIT_MS = 2000;

describe('unsaved text', () => {
  let folder = '';
  let workbench: Workbench | undefined;

  beforeEach(() => {
    folder = makeFolder();
    mkdirSync(join(folder, 'user'), { recursive: true });
  });

  afterEach(async () => {
    await endWorkbench(workbench);
    removeFolder(folder);
  });

  async function start(...files: readonly string[]): Promise<Workbench> {
    workbench = await startWorkbench(join(folder, 'user'), { files });
    return workbench;
  }

  function script(text: string): string {
    const path = join(folder, 'accel.ts');
    writeFileSync(path, text);
    return path;
  }

  /** As `kill -9`: no handler runs, nothing is flushed. */
  async function kill({ app }: Workbench): Promise<void> {
    const ended = new Promise((done) => app.process().once('exit', done));
    app.process().kill('SIGKILL');
    await ended;
    await app.close().catch(() => undefined);
  }

  /** The first lines of the editor in front. */
  async function shown(page: Page): Promise<string> {
    const lines = await page.locator('.view-line').allTextContents();
    return lines.join('\n').replaceAll('\u00a0', ' ').trim();
  }

  it('of a file survives a kill, and the file is as it was', async () => {
    const path = script('// saved\n');
    const first = await start(path);
    await typeScript(first.page, '// typed before the kill\n');
    await first.page.waitForTimeout(LOSS_LIMIT_MS);
    await kill(first);
    expect(readFileSync(path, 'utf8')).toBe('// saved\n');
    const { page } = await start();
    await page.getByRole('tab', { name: 'accel.ts, unsaved' }).waitFor();
    expect(await shown(page)).toBe('// typed before the kill');
    await page.keyboard.press('Control+1');
    await page.keyboard.press('Control+Z');
    await page.getByRole('tab', { name: 'accel.ts', exact: true }).waitFor();
    expect(await shown(page)).toBe('// saved');
  });

  it('of a new file and of a changed example survives a kill', async () => {
    const first = await start();
    await typeScript(first.page, '// my example\n');
    await newScript(first.page, '// my own\n');
    await first.page.waitForTimeout(LOSS_LIMIT_MS);
    await kill(first);
    const { page } = await start();
    await page.getByRole('tab', { name: 'Untitled-1.ts, unsaved' }).waitFor();
    await page.getByRole('tab', { name: 'aux-domains.ts, unsaved' }).waitFor();
    await page.getByRole('tab', { name: 'aux-domains.ts, unsaved' }).click();
    await expect.poll(() => shown(page)).toBe('// my example');
  });

  it('loses at most two seconds of typing that goes on', async () => {
    const first = await start(script(''));
    await typeScript(first.page, '');
    const begin = performance.now();
    let typed = 0;
    while (performance.now() - begin < 4000) {
      await first.page.keyboard.insertText('x');
      typed += 1;
      await first.page.waitForTimeout(20);
    }
    const perSecond = typed / ((performance.now() - begin) / 1000);
    await kill(first);
    const { page } = await start();
    await page.getByRole('tab', { name: 'accel.ts, unsaved' }).waitFor();
    const kept = (await shown(page)).length;
    expect(kept).toBeLessThanOrEqual(typed);
    expect(((typed - kept) / perSecond) * 1000).toBeLessThan(LOSS_LIMIT_MS);
  });

  it('is kept without a question when the window closes, and is there again', async () => {
    const path = script('one');
    const first = await start(path);
    await typeScript(first.page, 'two');
    await first.page.getByRole('tab', { name: 'accel.ts, unsaved' }).waitFor();
    const closed = first.app.waitForEvent('close', { timeout: 10_000 });
    await first.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
    await closed;
    expect(readFileSync(path, 'utf8')).toBe('one');
    const { page } = await start();
    await page.getByRole('tab', { name: 'accel.ts, unsaved' }).waitFor();
    expect(await shown(page)).toBe('two');
    await page.keyboard.press('Control+1');
    await page.keyboard.press('Control+S');
    await page.getByRole('tab', { name: 'accel.ts', exact: true }).waitFor();
    expect(readFileSync(path, 'utf8')).toBe('two');
    await endWorkbench(workbench);
    const third = await start();
    await third.page.getByRole('tab', { name: 'accel.ts', exact: true }).waitFor();
    expect(await shown(third.page)).toBe('two');
    expect(await third.page.getByRole('tab', { name: /unsaved/ }).count()).toBe(0);
  });

  it('is asked about when its file changed meanwhile', async () => {
    const path = script('one');
    const first = await start(path);
    await typeScript(first.page, 'mine');
    await first.page.waitForTimeout(LOSS_LIMIT_MS);
    await kill(first);
    script('theirs');
    const { page } = await start();
    const question = page.getByRole('dialog');
    expect(await textOf(question)).toContain('accel.ts has changed on the disk');
    await question.getByRole('button', { name: 'Keep My Changes' }).click();
    expect(await shown(page)).toBe('mine');
    expect(readFileSync(path, 'utf8')).toBe('theirs');
  });

  it('does not overwrite what somebody else wrote without a question', async () => {
    const path = script('one');
    const { page } = await start(path);
    await typeScript(page, 'mine');
    script('theirs');
    await page.keyboard.press('Control+S');
    const question = page.getByRole('dialog');
    await question.getByRole('button', { name: 'Cancel' }).click();
    expect(readFileSync(path, 'utf8')).toBe('theirs');
    await page.keyboard.press('Control+S');
    await question.getByRole('button', { name: "Take the File's Text" }).click();
    await page.getByRole('tab', { name: 'accel.ts', exact: true }).waitFor();
    expect(await shown(page)).toBe('theirs');
    await typeScript(page, 'mine again');
    script('theirs again');
    await page.keyboard.press('Control+S');
    await question.getByRole('button', { name: 'Overwrite' }).click();
    await expect.poll(() => readFileSync(path, 'utf8')).toBe('mine again');
  });
});
