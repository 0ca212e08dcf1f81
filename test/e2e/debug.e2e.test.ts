// The debugger as a person uses it, in the real window: keys, gutter, views, and what goes wrong.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NESTED_WALK } from '../support/nested-walk.ts';
import type { Workbench } from './support/workbench.ts';
import {
  endWorkbench,
  makeFolder,
  newScript,
  removeFolder,
  runCommand,
  startWorkbench,
  textOf,
  typeScript,
  waitUntilIdle,
} from './support/workbench.ts';

const GOLDEN = join(import.meta.dirname, '../debug/golden');
const SCRIPT = `let sum = 0;
function add(n: number): number {
  const next = sum + n;
  return next;
}
for (let i = 0; i < 3; i++) {
  sum = add(i);
}
const dev = platform_device('acc', { sids: [8] });
pr_info('sum %d', sum);
dev.dma_read(0x1000n, 4);
`;
const LINES = SCRIPT.split('\n').length;

describe('the debugger in the window', () => {
  const folder = makeFolder();
  let workbench: Workbench;
  let page: Page;

  beforeAll(async () => {
    workbench = await startWorkbench(join(folder, 'user'));
    page = workbench.page;
    await newScript(page, SCRIPT);
    await waitUntilIdle(page);
  });

  afterEach(async () => {
    await runCommand(page, 'Run: Stop');
    await waitUntilIdle(page);
    await runCommand(page, 'Debug: Remove All Breakpoints');
  });

  afterAll(async () => {
    await endWorkbench(workbench);
    removeFolder(folder);
  });

  async function toLine(line: number): Promise<void> {
    await page.keyboard.press('Control+1');
    await page.keyboard.press('Control+Home');
    for (let at = 1; at < line; at++) {
      await page.keyboard.press('ArrowDown');
    }
  }

  async function breakOn(line: number): Promise<void> {
    await toLine(line);
    await page.keyboard.press('F9');
  }

  async function stoppedAt(line: number): Promise<void> {
    await page
      .locator('.status-state', { hasText: new RegExp(`paused .*:${line}$`) })
      .waitFor({ timeout: 15_000 });
  }

  async function press(key: string, line: number): Promise<void> {
    await page.keyboard.press(key);
    await stoppedAt(line);
  }

  async function linesShown(): Promise<number> {
    return page.locator('.editor-pane').last().locator('.view-line').count();
  }

  async function value(name: string): Promise<string> {
    const row = page.locator('.debug-scope .debug-variable', {
      has: page.locator('.debug-name', { hasText: new RegExp(`^${name}$`) }),
    });
    return textOf(row.first().locator('.debug-value'));
  }

  it('stops at a breakpoint, steps by VS Code keys, and goes on', async () => {
    await breakOn(7);
    await page.locator('.debug-glyph.is-plain').waitFor();
    await press('F5', 7);
    expect(await textOf(page.locator('.debug-stop'))).toContain('Paused on breakpoint');
    expect(await value('sum')).toBe('0');
    expect(await value('i')).toBe('0');
    await press('F11', 3);
    expect(await value('n')).toBe('0');
    const frames = page.locator('.debug-frame .debug-name');
    expect(await frames.allTextContents()).toEqual(['add', '(script)']);
    await press('F10', 4);
    await press('Shift+F11', 6);
    await press('F5', 7);
    expect(await value('i')).toBe('1');
    await press('F10', 6);
  });

  it('marks the line where the script stands, scrolled into view, with values behind lines', async () => {
    await breakOn(10);
    await press('F5', 10);
    await page.locator('.debug-line.is-top').waitFor();
    const line = await page.locator('.debug-line.is-top').boundingBox();
    const pane = await page.locator('.editor-pane').last().boundingBox();
    expect(line !== null && pane !== null && line.y >= pane.y).toBe(true);
    expect(await textOf(page.locator('.debug-inline').last())).toMatch(/sum\s=\s3/);
  });

  it('takes a breakpoint by a click into the gutter, and takes it away again', async () => {
    const at = await gutterAt(9);
    await page.mouse.click(at.x, at.y);
    await page.locator('.debug-glyph.is-plain').waitFor();
    await page.mouse.click(at.x, at.y);
    await page.locator('.debug-glyph.is-plain').waitFor({ state: 'detached' });
  });

  async function gutterAt(line: number): Promise<{ x: number; y: number }> {
    const number = page
      .locator('.editor-pane .line-numbers', { hasText: new RegExp(`^${line}$`) })
      .last();
    const box = await number.boundingBox();
    return { x: (box?.x ?? 0) - 10, y: (box?.y ?? 0) + 8 };
  }

  async function choose(entry: string): Promise<void> {
    await page.getByRole('menuitem', { name: entry, exact: true }).click();
  }

  async function entries(): Promise<string[]> {
    return await page.getByRole('menuitem').locator('span').allTextContents();
  }

  it('offers breakpoints of every kind by a right click into the gutter', async () => {
    const { x, y } = await gutterAt(7);
    await page.mouse.click(x, y, { button: 'right' });
    await page.getByRole('menu', { name: 'Line 7' }).waitFor();
    expect(await entries()).toEqual([
      'Add Breakpoint',
      'Add Conditional Breakpoint…',
      'Add Logpoint…',
    ]);
    await choose('Add Conditional Breakpoint…');
    await page.getByLabel('Condition of the breakpoint at line 7').fill('i === 1');
    await page.keyboard.press('Enter');
    await page.locator('.debug-glyph.is-conditional').waitFor();
    await page.mouse.click(x, y, { button: 'right' });
    expect(await entries()).toEqual([
      'Remove Breakpoint',
      'Edit Breakpoint…',
      'Disable Breakpoint',
    ]);
    await choose('Edit Breakpoint…');
    await page.getByLabel('What to edit').selectOption('Hit Count');
    await page.getByLabel('Hit count of the breakpoint at line 7').fill('>=1');
    await page.keyboard.press('Enter');
    await press('F5', 7);
    expect(await value('i')).toBe('1');
    await page.mouse.click(x, y, { button: 'right' });
    await choose('Disable Breakpoint');
    await page.mouse.click(x, y, { button: 'right' });
    expect(await entries()).toContain('Enable Breakpoint');
    await choose('Remove Breakpoint');
    await page.locator('.debug-glyph.is-conditional').waitFor({ state: 'detached' });
  });

  it('runs to the line whose gutter menu says so', async () => {
    await breakOn(7);
    await press('F5', 7);
    const { x, y } = await gutterAt(9);
    await page.mouse.click(x, y, { button: 'right' });
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await stoppedAt(7);
    await page.keyboard.press('F9');
    await page.mouse.click(x, y, { button: 'right' });
    await choose('Run to Line');
    await stoppedAt(9);
  });

  it('opens the menu of a listed breakpoint by the keyboard, and gives the keyboard back', async () => {
    await runCommand(page, 'Debug: Add Logpoint');
    await page.keyboard.press('Escape');
    await runCommand(page, 'Debug: Add Function Breakpoint');
    await page.getByLabel('Function to stop at').fill('add()');
    await page.keyboard.press('Enter');
    expect(await linesShown()).toBe(LINES);
    await page.keyboard.press('Control+Shift+D');
    const row = page.locator('.debug-breakpoint button.row', { hasText: 'add()' });
    await row.focus();
    await page.keyboard.press('Shift+F10');
    await page.getByRole('menu', { name: 'add()' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    expect(await row.evaluate((element) => element === document.activeElement)).toBe(true);
    await press('F5', 3);
    expect(await textOf(page.locator('.debug-stop'))).toContain('function breakpoint: add()');
  });

  it('offers breakpoints in the menu of the editor', async () => {
    await toLine(10);
    await page.keyboard.press('Shift+F10');
    const entry = page.getByRole('menuitem', { name: 'Add Logpoint…' });
    await entry.waitFor();
    await page.keyboard.press('Escape');
    await entry.waitFor({ state: 'detached' });
  });

  it('shows a device as a kernel person expects, and its parts', async () => {
    await breakOn(10);
    await press('F5', 10);
    expect(await value('dev')).toBe('device acc (SID 0x8)');
    await page.locator('.debug-variable', { hasText: 'device acc' }).first().click();
    await page.locator('.debug-variable', { hasText: 'stream IDs' }).waitFor();
  });

  it('sets a variable, watches an expression, and evaluates in the console', async () => {
    await breakOn(10);
    await press('F5', 10);
    await page.getByLabel('Expression to watch').fill('sum * 2');
    await page.keyboard.press('Enter');
    await page.locator('.debug-watch .debug-value', { hasText: /^6$/ }).waitFor();
    await page.locator('.debug-scope .debug-variable', { hasText: /^sum/ }).first().dblclick();
    await page.getByLabel('New value of sum').fill('21');
    await page.keyboard.press('Enter');
    await page.locator('.debug-watch .debug-value', { hasText: /^42$/ }).waitFor();
    await page.keyboard.press('Control+Shift+Y');
    await page.getByLabel('Debug console input').fill('sum + 1');
    await page.keyboard.press('Enter');
    await page.locator('.debug-entry.is-result', { hasText: '22' }).waitFor();
  });

  it('pauses an endless loop, and stops it while it stands still', async () => {
    await typeScript(page, `pr_info('go');\nlet n = 0;\nfor (;;) {\n  n++;\n}\n`);
    await page.keyboard.press('F5');
    await page.locator('.debug-bar').waitFor();
    await page.waitForTimeout(500);
    await page.keyboard.press('F6');
    await page.locator('.status-state', { hasText: /paused .*:[345]$/ }).waitFor();
    const start = performance.now();
    await page.keyboard.press('Shift+F5');
    await waitUntilIdle(page);
    const took = performance.now() - start;
    await typeScript(page, SCRIPT);
    expect(took).toBeLessThan(1000);
  });

  it('stops where the hardware does something, and the views answer meanwhile', async () => {
    await runCommand(page, 'Add Hardware Breakpoint');
    await page.getByLabel('What the hardware does').fill('event F_TRANSLATION');
    await page.keyboard.press('Enter');
    await press('F5', 11);
    expect(await textOf(page.locator('.debug-stop'))).toContain('F_TRANSLATION');
    await runCommand(page, 'View: Registers');
    await page.locator('.inspector-registers .register-name', { hasText: 'CR0' }).first().waitFor();
  });

  it('steps the SMMU through a nested walk, fetch by fetch', async () => {
    const { text, line } = NESTED_WALK;
    await typeScript(page, text);
    await breakOn(line);
    await press('F5', line);
    const fetches: string[] = [];
    for (let steps = 0; steps < 8; steps++) {
      const before = await textOf(page.locator('.debug-stop'));
      await runCommand(page, 'Debug: Step the SMMU: One Fetch');
      await page.locator('.debug-stop').filter({ hasNotText: before }).waitFor();
      await stoppedAt(line);
      const said = await textOf(page.locator('.debug-stop'));
      fetches.push(/fetch (.*) at 0x/.exec(said)?.[1] ?? said);
    }
    const s1 = ['L0', 'L1', 'L2', 'L3'].map((level) => `S1 ${level} descriptor`);
    expect(fetches).toEqual(['L1STD', 'STE', 'S2 L1 descriptor', 'CD', ...s1]);
    await runCommand(page, 'Run: Stop');
    await waitUntilIdle(page);
    await typeScript(page, SCRIPT);
  });

  it('says of a text that changed while it runs that breakpoints wait for the next run', async () => {
    await breakOn(10);
    await press('F5', 10);
    await toLine(1);
    await page.keyboard.insertText('// more\n');
    await breakOn(5);
    const listed = page.locator('.debug-breakpoint.is-unverified', { hasText: 'line 5' });
    await listed.locator('text=the text has changed since this run started').waitFor();
    await runCommand(page, 'Run: Restart');
    await stoppedAt(5);
    await runCommand(page, 'Run: Stop');
    await waitUntilIdle(page);
    await typeScript(page, SCRIPT);
  });

  it('tells of an evaluation that never ends, and goes on', async () => {
    await breakOn(10);
    await press('F5', 10);
    await page.keyboard.press('Control+Shift+Y');
    await page.getByLabel('Debug console input').fill('(() => { for (;;); })()');
    await page.keyboard.press('Enter');
    await page.locator('.debug-entry.is-error', { hasText: 'longer than 2 s' }).waitFor();
    await page.getByLabel('Debug console input').fill('sum + 5');
    await page.keyboard.press('Enter');
    await page.locator('.debug-entry.is-result', { hasText: /^8$/ }).waitFor();
  });

  it('steps through the example in the order of its golden text', async () => {
    const other = await startWorkbench(join(folder, 'steps'));
    const { page: own } = other;
    await waitUntilIdle(own);
    await own.keyboard.press('Control+1');
    const lines: string[] = [];
    for (let stops = 1; stops < 200; stops++) {
      await own.keyboard.press('F10');
      await own.waitForFunction(
        (count) =>
          performance.getEntriesByName('substream:stopped').length >= count ||
          /done|ended/.test(document.querySelector('.status-state')?.textContent ?? ''),
        stops,
      );
      const state = await textOf(own.locator('.status-state'));
      const line = /paused .*:(\d+)$/.exec(state)?.[1];
      if (line === undefined) {
        break;
      }
      lines.push(line);
    }
    await endWorkbench(other);
    const golden = readFileSync(join(GOLDEN, 'aux-domains.ts.txt'), 'utf8').trim().split('\n');
    expect(lines).toEqual(golden.map((line) => line.split(' ')[0]));
  });

  it.each([
    ['the program', 'quit'],
    ['its window', 'close'],
  ] as const)('closes while a script stands still: %s', async (_, how) => {
    const other = await startWorkbench(join(folder, how));
    await waitUntilIdle(other.page);
    await other.page.keyboard.press('Control+1');
    await other.page.keyboard.press('F10');
    await other.page.locator('.status-bar.is-paused').waitFor();
    const start = performance.now();
    const closed = other.app.waitForEvent('close');
    await other.app
      .evaluate(({ app, BrowserWindow }, given) => {
        if (given === 'quit') {
          app.quit();
        } else {
          BrowserWindow.getAllWindows()[0]?.close();
        }
      }, how)
      .catch(() => undefined);
    await closed;
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('remembers the breakpoints of a script', async () => {
    const user = join(folder, 'again');
    const first = await startWorkbench(user);
    await waitUntilIdle(first.page);
    await first.page.keyboard.press('Control+1');
    await first.page.keyboard.press('Control+Home');
    await first.page.keyboard.press('F9');
    await first.page.locator('.debug-glyph.is-plain').waitFor();
    await first.page.waitForTimeout(500);
    await endWorkbench(first);
    const second = await startWorkbench(user);
    await second.page.locator('.debug-glyph.is-plain').waitFor();
    await endWorkbench(second);
  });
});
