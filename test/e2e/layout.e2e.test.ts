// What the window looked like is there again at the next start, also after kill -9; a damaged memory of it is
// no reason not to start.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Workbench } from './support/workbench.ts';
import {
  cursor,
  endWorkbench,
  makeFolder,
  removeFolder,
  runCommand,
  startWorkbench,
  textOf,
} from './support/workbench.ts';

/** Longer than it takes from a change to the disk. */
const WRITTEN_MS = 2500;
const LINES = Array.from({ length: 200 }, (_, index) => `const line${index + 1} = ${index};`);

let folder: string;
let user: string;
let workbench: Workbench;

beforeEach(() => {
  folder = makeFolder();
  user = join(folder, 'user');
  mkdirSync(user);
});

afterEach(async () => {
  await endWorkbench(workbench);
  removeFolder(folder);
});

function script(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, LINES.join('\n'));
  return path;
}

/** Ends the process as a crash does: nothing of ours runs any more. */
async function kill({ app }: Workbench): Promise<void> {
  const gone = app.waitForEvent('close');
  app.process().kill('SIGKILL');
  await gone;
}

async function widthOf(page: Page, selector: string): Promise<number> {
  return Math.round((await page.locator(selector).first().boundingBox())?.width ?? 0);
}

function takesFocus(element: HTMLElement | SVGElement): boolean {
  element.focus();
  return document.activeElement === element;
}

async function goTo(page: Page, line: number): Promise<void> {
  await page.keyboard.press('Control+1');
  await page.keyboard.press('Control+G');
  await page.locator('.quick-input-widget input').fill(`:${line}`);
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await cursor(page)).line).toBe(line);
}

describe('the window at the next start', () => {
  it('has its views, sizes, files and cursors again, also after kill -9', async () => {
    workbench = await startWorkbench(user, { files: [script('a.ts'), script('b.ts')] });
    let { page } = workbench;
    await page.getByRole('tab', { name: 'b.ts' }).waitFor();
    await page.getByRole('tab', { name: 'a.ts' }).click();
    await goTo(page, 150);
    const top = await textOf(page.locator('.editor-pane:visible .line-numbers').first());
    await runCommand(page, 'View: Toggle Inspector');
    await runCommand(page, 'View: Trace');
    const before = await widthOf(page, '.explorer');
    const box = await page.locator('.explorer').boundingBox();
    const edge = (box?.x ?? 0) + (box?.width ?? 0);
    await page.mouse.move(edge, 300);
    await page.mouse.down();
    await page.mouse.move(edge + 90, 300, { steps: 5 });
    await page.mouse.up();
    const width = await widthOf(page, '.explorer');
    expect(width).toBeGreaterThan(before + 60);
    await page.waitForTimeout(WRITTEN_MS);
    await kill(workbench);

    workbench = await startWorkbench(user);
    ({ page } = workbench);
    await page.getByRole('tab', { name: 'b.ts' }).waitFor();
    expect(await textOf(page.locator('.toolbar-file'))).toBe('a.ts');
    await expect.poll(() => cursor(page)).toMatchObject({ line: 150 });
    await expect
      .poll(() => textOf(page.locator('.editor-pane:visible .line-numbers').first()))
      .toBe(top);
    const hidden = page.locator('[role="tab"][data-tab-panel-id="fault"]');
    expect(await hidden.isVisible()).toBe(false);
    expect(await hidden.evaluate(takesFocus)).toBe(false);
    expect(await page.locator('.trace').isVisible()).toBe(true);
    expect(Math.abs((await widthOf(page, '.explorer')) - width)).toBeLessThan(3);
    expect(await page.getByRole('tab', { name: 'Welcome' }).count()).toBe(0);
    expect(workbench.complaints).toEqual([]);

    await runCommand(page, 'View: Reset Layout');
    await page.getByRole('tab', { name: 'Fault' }).waitFor();
    await expect.poll(() => widthOf(page, '.explorer')).toBe(before);
    expect(await page.getByRole('tab', { name: 'a.ts' }).count()).toBe(1);
  });

  it('is where it was and as large', async () => {
    workbench = await startWorkbench(user);
    const bounds = { x: 40, y: 50, width: 900, height: 640 };
    const own = workbench.app;
    await own.evaluate(({ BrowserWindow }, place) => {
      BrowserWindow.getAllWindows()[0]?.setBounds(place);
    }, bounds);
    await workbench.page.waitForTimeout(WRITTEN_MS);
    await kill(workbench);
    workbench = await startWorkbench(user);
    const now = await workbench.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.getBounds(),
    );
    expect(now).toMatchObject({ width: 900, height: 640 });
  });

  it('leaves out a file that is gone, and shows the others', async () => {
    const files = [script('a.ts'), script('gone.ts')];
    workbench = await startWorkbench(user, { files });
    await workbench.page.getByRole('tab', { name: 'gone.ts' }).waitFor();
    await workbench.page.waitForTimeout(WRITTEN_MS);
    await kill(workbench);
    removeFolder(join(folder, 'gone.ts'));
    workbench = await startWorkbench(user);
    await workbench.page.getByRole('tab', { name: 'a.ts' }).waitFor();
    expect(await workbench.page.getByRole('tab', { name: 'gone.ts' }).count()).toBe(0);
    expect(workbench.complaints).toEqual([]);
  });

  it.each([
    ['no JSON', () => '{ "version": 1, '],
    ['no layout', (state: string) => state.replace(/"dock": ".*",?$/m, '"dock": 7,')],
    ['a dock that is none', (state: string) => state.replace(/"dock": ".*"/, '"dock": "[]"')],
    [
      'a dock of unknown panels',
      (state: string) => state.replaceAll('\\"id\\":\\"console\\"', '\\"id\\":\\"nonsense\\"'),
    ],
    [
      'a dock without its sizes',
      (state: string) => state.replaceAll(/\\"size\\":\d+/g, '\\"size\\":null'),
    ],
  ])('starts with %s in the state file', async (_what, damage) => {
    workbench = await startWorkbench(user, { files: [script('a.ts')] });
    await workbench.page.getByRole('tab', { name: 'a.ts' }).waitFor();
    await workbench.page.waitForTimeout(WRITTEN_MS);
    await kill(workbench);
    const path = join(user, 'state.json');
    const state = readFileSync(path, 'utf8');
    expect(damage(state)).not.toBe(state);
    writeFileSync(path, damage(state));
    workbench = await startWorkbench(user);
    const { page } = workbench;
    for (const name of ['Explorer', 'Console', 'Fault']) {
      await page.getByRole('tab', { name }).first().waitFor();
    }
    await runCommand(page, 'View: Console');
    await page.locator('.console-terminal').waitFor();
  });
});
