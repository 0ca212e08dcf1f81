// Theme, layout and keyboard: what a person sees and reaches.

import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { Workbench } from './support/workbench.ts';
import {
  endWorkbench,
  makeFolder,
  removeFolder,
  runCommand,
  startWorkbench,
} from './support/workbench.ts';

const DARK = 'rgb(31, 31, 31)';
const LIGHT = 'rgb(255, 255, 255)';

describe('the appearance', () => {
  let folder = '';
  let workbench: Workbench | undefined;

  async function start(): Promise<Page> {
    folder ||= makeFolder();
    workbench = await startWorkbench(join(folder, 'user'));
    return workbench.page;
  }

  afterEach(async () => {
    await endWorkbench(workbench);
    removeFolder(folder);
    folder = '';
  });

  function background(page: Page, selector: string): Promise<string> {
    return page
      .locator(selector)
      .first()
      .evaluate((element) => getComputedStyle(element).backgroundColor);
  }

  it('is dark at first, turns light by a command, and is light after the next start', async () => {
    const first = await start();
    expect(await background(first, 'body')).toBe(DARK);
    expect(await background(first, '.monaco-editor-background')).toBe(DARK);
    await runCommand(first, 'Light Theme');
    await expect.poll(() => background(first, 'body')).toBe(LIGHT);
    expect(await background(first, '.monaco-editor-background')).toBe(LIGHT);
    expect(await background(first, '.xterm-viewport, .xterm-scrollable-element')).not.toBe(DARK);
    await endWorkbench(workbench);
    const second = await start();
    expect(await background(second, 'body')).toBe(LIGHT);
  });

  it('follows the system when asked to', async () => {
    const page = await start();
    await runCommand(page, 'Follow System Theme');
    await expect
      .poll(() => workbench?.app.evaluate(({ nativeTheme }) => nativeTheme.themeSource))
      .toBe('system');
    const dark = await workbench?.app.evaluate(
      ({ nativeTheme }) => nativeTheme.shouldUseDarkColors,
    );
    await expect.poll(() => background(page, 'body')).toBe(dark === true ? DARK : LIGHT);
  });

  it('is where it was, at the size it had, after the next start', async () => {
    await start();
    await workbench?.app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.setBounds({ x: 60, y: 50, width: 1010, height: 707 });
    });
    await workbench?.page.waitForTimeout(300);
    await workbench?.app.evaluate(({ app }) => app.quit());
    await workbench?.app.waitForEvent('close').catch(() => undefined);
    await start();
    const bounds = await workbench?.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.getBounds(),
    );
    expect(bounds).toMatchObject({ width: 1010, height: 707 });
  });

  it('hides and shows side bar and panel by their keys', async () => {
    const page = await start();
    const explorer = page.getByRole('navigation', { name: 'Explorer' });
    const terminal = page.locator('.console-terminal');
    await page.keyboard.press('Control+B');
    await expect.poll(() => explorer.isVisible()).toBe(false);
    await page.keyboard.press('Control+B');
    await expect.poll(() => explorer.isVisible()).toBe(true);
    await page.keyboard.press('Control+J');
    await expect.poll(() => terminal.isVisible()).toBe(false);
    await page.keyboard.press('Control+J');
    await expect.poll(() => terminal.isVisible()).toBe(true);
  });

  it('shows the editor keys of the menu and no key twice', async () => {
    await start();
    const keys = await workbench?.app.evaluate(({ Menu }) => {
      const menu = Menu.getApplicationMenu();
      const items = menu?.items.flatMap((item) => item.submenu?.items ?? []) ?? [];
      return items.flatMap(({ id, accelerator }) =>
        id && accelerator ? [String(accelerator)] : [],
      );
    });
    expect(keys).toContain('CmdOrCtrl+S');
    expect(keys).toContain('F5');
    expect(new Set(keys).size).toBe(keys?.length);
  });

  it('carries out a command that the native menu sends', async () => {
    const page = await start();
    await workbench?.app.evaluate(({ Menu }) => {
      Menu.getApplicationMenu()?.getMenuItemById('file.new')?.click();
    });
    await page.getByRole('tab', { name: /Untitled-1\.ts/ }).waitFor();
  });

  it('reaches every part of the window by the Tab key and shows where it is', async () => {
    const page = await start();
    await page.keyboard.press('Control+Shift+E');
    const seen = new Set<string>();
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate(() => {
        const element = document.activeElement;
        const part = element?.closest(
          '.toolbar, .explorer, .console-pane, .status-bar, [role=tab], .monaco-editor',
        );
        const outline = element === null ? '' : getComputedStyle(element).outlineStyle;
        const own = part?.matches('.monaco-editor, .console-pane') === true;
        return { part: part?.className.split(' ')[0] ?? '', visible: own || outline !== 'none' };
      });
      if (stop.part !== '') {
        seen.add(stop.part);
        expect(stop.visible, `focus on ${stop.part} shows`).toBe(true);
      }
      if (stop.part === 'monaco-editor') {
        await page.keyboard.press('Control+M');
      }
    }
    expect([...seen].sort()).toEqual(
      ['console-pane', 'dv-tab', 'explorer', 'monaco-editor', 'status-bar', 'toolbar'].sort(),
    );
  });

  it('fits a small window: nothing overflows at 900 by 600', async () => {
    const page = await start();
    await workbench?.app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.setContentSize(900, 600);
    });
    await expect.poll(() => page.evaluate(() => innerWidth)).toBe(900);
    const overflow = await page.evaluate(() =>
      ['.toolbar', '.status-bar', '.workbench'].filter((selector) => {
        const element = document.querySelector(selector);
        return element !== null && element.scrollWidth > element.clientWidth;
      }),
    );
    expect(overflow).toEqual([]);
  });
});
