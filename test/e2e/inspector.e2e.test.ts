// The inspector, the prompt and the gallery in the real window, driven as a person would.

import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Workbench } from './support/workbench.ts';
import {
  consoleText,
  cursor,
  endWorkbench,
  makeFolder,
  removeFolder,
  runCommand,
  runToEnd,
  startWorkbench,
  textOf,
  typeScript,
  waitUntilIdle,
} from './support/workbench.ts';

describe('the inspector', () => {
  const folder = makeFolder();
  let workbench: Workbench;
  let page: Page;

  beforeAll(async () => {
    workbench = await startWorkbench(join(folder, 'user'));
    page = workbench.page;
  });

  afterAll(async () => {
    await endWorkbench(workbench);
    removeFolder(folder);
  });

  async function clipboard(): Promise<string> {
    return workbench.app.evaluate(({ clipboard: own }) => own.readText());
  }

  /** Name of what has the keyboard. */
  async function focused(): Promise<string> {
    return page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
  }

  async function rows(list: Locator): Promise<string[]> {
    const texts = await list.locator('.list-row').allTextContents();
    return texts.map((text) => text.replace(/\s+/g, ' ').trim());
  }

  async function pressKeys(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await page.keyboard.press(key);
      await page.waitForTimeout(100);
    }
  }

  async function ask(text: string): Promise<void> {
    await runCommand(page, 'Console: Focus Prompt');
    await expect.poll(focused).toBe('Console prompt');
    await page.keyboard.insertText(text);
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.getByRole('textbox', { name: 'Console prompt' }).inputValue())
      .toBe('');
  }

  it('says what to do while nothing has run', async () => {
    for (const view of ['Fault', 'Tables', 'Registers', 'Queues', 'Memory']) {
      await runCommand(page, `View: ${view}`);
      const panel = page.locator(`.inspector-${view.toLowerCase()}`);
      expect(await textOf(panel.locator('.empty'))).toMatch(/^Run a script \(F5\)/);
    }
    await ask('regs');
    expect(await consoleText(workbench)).toContain('nothing has run yet: run a script first');
  });

  it('explains the last fault as soon as the run has ended, guilty line and writer marked', async () => {
    await runCommand(page, 'View: Fault');
    await runToEnd(page);
    const text = page.locator('.fault-text');
    await text.waitFor();
    expect(await textOf(page.locator('.inspector-count'))).toBe('event 2 of 2');
    expect(await textOf(text.locator('.fault-line').first())).toMatch(
      /^F_TRANSLATION \(0x10\) {2}accel0 {2}SID 0x10 {2}SSID 1 {2}read of 0x7000_0000$/,
    );
    const guilty = await text.locator('.fault-line.is-guilty').allTextContents();
    expect(guilty).toEqual([expect.stringMatching(/^ {2}L3 .*bit 0 = 0 {2}<-- here$/)]);
  });

  it('leads from the explanation to the line that wrote the guilty word', async () => {
    const link = page.locator('.fault-text .link', { hasText: 'aux-domains.ts:' }).first();
    const line = Number(/:(\d+)/.exec(await textOf(link))?.[1]);
    await link.click();
    await expect.poll(async () => (await cursor(page)).line).toBe(line);
    const word = await textOf(page.locator('.view-line', { hasText: /iommu_unmap\(first/ }));
    expect(word).toContain('iommu_unmap');
  });

  it('steps between events, and copies the explanation as text', async () => {
    await runCommand(page, 'Explain Previous Event');
    await expect.poll(() => textOf(page.locator('.inspector-count'))).toBe('event 1 of 2');
    await runCommand(page, 'Copy Explanation');
    await expect
      .poll(clipboard)
      .toMatch(/^F_TRANSLATION [\s\S]*SID 0x10 {2}read of[\s\S]*<-- here\n/);
    expect((await clipboard()).split('\n').every((line) => line.length <= 72)).toBe(true);
    await runCommand(page, 'Explain Last Event');
    await expect.poll(() => textOf(page.locator('.inspector-count'))).toBe('event 2 of 2');
  });

  it('opens the memory of an address that the explanation names, and keeps the keyboard', async () => {
    const link = page.locator('.is-guilty .link');
    const address = await textOf(link);
    await link.click();
    await expect.poll(focused).toBe('Words of memory');
    const panel = page.locator('.inspector-memory');
    expect(await panel.getByRole('textbox', { name: 'Physical address' }).inputValue()).toBe(
      address,
    );
    expect((await rows(panel))[0]).toMatch(
      new RegExp(`^${address} 0x0000000000000000 line \\d+ iommu_unmap\\(`),
    );
    const history = await panel.locator('.history li').allTextContents();
    expect(history[0]).toMatch(/^0x0{16} {2}line \d+: iommu_unmap\(/);
    expect(history[1]).toMatch(/line \d+: iommu_map\(/);
  });

  it('walks the tables by keyboard, and shows the fields of what is selected', async () => {
    await runCommand(page, 'View: Tables');
    const tree = page.getByRole('tree', { name: 'Structures in memory' });
    await expect.poll(focused).toBe('Structures in memory');
    await pressKeys('Home', 'ArrowRight', 'ArrowDown', 'ArrowRight');
    await expect.poll(async () => (await rows(tree)).length).toBeGreaterThan(4);
    expect((await rows(tree))[1]).toMatch(/STE 0x10 stage 1, 2\^10 CDs ok/);
    const detail = page.locator('.inspector-tables .inspector-detail');
    const field = detail.getByRole('row', { name: /^Config \[3:1\]/ });
    expect(await textOf(field)).toMatch(/stage 1/i);
    const current = await tree.evaluate((element) => {
      const id = element.getAttribute('aria-activedescendant') ?? '';
      const row = document.getElementById(id);
      return [row?.getAttribute('role'), row?.getAttribute('aria-level'), row?.textContent];
    });
    expect(current).toEqual(['treeitem', '2', expect.stringContaining('STE 0x10')]);
    await pressKeys('ArrowLeft', 'ArrowLeft', 'ArrowLeft');
    expect(await rows(tree)).toHaveLength(1);
    await pressKeys('ArrowRight');
    await expect.poll(async () => (await rows(tree)).length).toBe(2);
  });

  it('filters registers and shows who wrote one', async () => {
    await runCommand(page, 'View: Registers');
    const panel = page.locator('.inspector-registers');
    await panel.getByRole('textbox', { name: 'Filter registers' }).fill('strtab');
    const names = await panel.locator('.register-name').allTextContents();
    expect(names).toEqual(['STRTAB_BASE', 'STRTAB_BASE_CFG']);
    await runCommand(page, 'View: Registers');
    await expect.poll(focused).toBe('Registers by offset');
    await pressKeys('Home', 'End');
    const detail = panel.locator('.inspector-detail');
    expect(await textOf(detail.locator('.writer'))).toMatch(/^aux-domains\.ts:8 platform_device\(/);
    expect(await textOf(detail.getByRole('row', { name: /^FMT/ }))).toMatch(/two-level/i);
  });

  it('shows the queues, and explains an event that is chosen there', async () => {
    await runCommand(page, 'View: Queues');
    const panel = page.locator('.inspector-queues');
    expect(await textOf(panel.locator('.inspector-note'))).toMatch(/PROD 2 CONS 2 .*empty/);
    expect(await rows(panel)).toHaveLength(2);
    await pressKeys('End');
    await panel.getByRole('button', { name: 'Explain event 1' }).click();
    await expect.poll(() => textOf(page.locator('.inspector-count'))).toBe('event 1 of 2');
    await expect.poll(focused).toBe('Explanation of event 1');
    await runCommand(page, 'View: Queues');
    await panel.getByRole('button', { name: /^CMDQ/ }).click();
    const commands = await rows(panel);
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.join('\n')).toMatch(/CFGI_CD /);
  });

  it('answers at the prompt, completes, remembers, and links what it prints', async () => {
    await ask('walk 0x10 - 0x70000000');
    await expect.poll(() => consoleText(workbench)).toMatch(/the access is aborted, F_TRANSLATION/);
    await runCommand(page, 'Console: Focus Prompt');
    const field = page.getByRole('textbox', { name: 'Console prompt' });
    await page.keyboard.insertText('ex');
    await page.keyboard.press('Tab');
    expect(await field.inputValue()).toBe('explain ');
    expect(await textOf(page.locator('.prompt-hint'))).toMatch(/^explain \[N\|last\]/);
    await page.keyboard.press('ArrowUp');
    expect(await field.inputValue()).toBe('walk 0x10 - 0x70000000');
    await page.keyboard.press('ArrowDown');
    expect(await field.inputValue()).toBe('explain ');
    await field.fill('');
    await page.keyboard.press('Tab');
    await expect.poll(focused).not.toBe('Console prompt');
  });

  it('explains a fault whose mark in the console is clicked', async () => {
    await runCommand(page, 'Explain Last Event');
    await runCommand(page, 'Clear Console');
    await ask('evtq');
    const row = page.locator('.xterm-rows > div', { hasText: '[explain 1' }).last();
    const box = await row.boundingBox();
    const text = await textOf(row);
    const cell = await row.evaluate((element) => {
      const span = element.querySelector('span');
      return (span?.getBoundingClientRect().width ?? 0) / (span?.textContent?.length ?? 1);
    });
    const x = (box?.x ?? 0) + cell * (text.indexOf('[explain 1') + 3);
    const y = (box?.y ?? 0) + (box?.height ?? 0) / 2;
    await page.mouse.move(x, y);
    await page.waitForTimeout(200);
    await page.mouse.click(x, y);
    await expect.poll(() => textOf(page.locator('.inspector-count'))).toBe('event 1 of 2');
  });

  it('filters the console by what it shows, and copies the log as dmesg', async () => {
    await runCommand(page, 'Clear Console');
    await runToEnd(page);
    const all = await consoleText(workbench);
    const show = page.getByRole('combobox', { name: 'Show in the console' });
    await show.selectOption({ label: 'faults of SID 0x10' });
    await expect.poll(() => consoleText(workbench)).not.toContain('PASID 1 and PASID 2');
    expect((await consoleText(workbench)).match(/[✘○] F_TRANSLATION/g)).toHaveLength(2);
    await page.getByRole('button', { name: /filtered/ }).click();
    await expect.poll(() => consoleText(workbench)).toBe(all);
    await runCommand(page, 'Copy as dmesg');
    await expect.poll(clipboard).toMatch(/^(\[ *\d+\.\d{6}\] .*\n)+$/);
  });

  it('marks what changed, and keeps what was selected, over the next run', async () => {
    await runCommand(page, 'View: Tables');
    await expect.poll(focused).toBe('Structures in memory');
    const selected = await textOf(page.locator('.inspector-tables .list-row.selected'));
    await runToEnd(page);
    await page.waitForTimeout(300);
    expect(await textOf(page.locator('.inspector-tables .list-row.selected'))).toBe(selected);
  });

  it('runs an example of the gallery at a click', async () => {
    await runCommand(page, 'Help: Welcome');
    const cards = page.locator('.gallery-card');
    expect(await cards.count()).toBeGreaterThanOrEqual(10);
    await waitUntilIdle(page);
    await page.getByRole('button', { name: 'Run: A write to a read-only page' }).click();
    await expect.poll(() => textOf(page.locator('.toolbar-file'))).toBe('read-only-page.ts');
    await expect
      .poll(() => textOf(page.locator('.status-state')), { timeout: 15_000 })
      .toBe('✔ done');
    await runCommand(page, 'View: Fault');
    await expect
      .poll(() => page.locator('.fault-line').first().textContent())
      .toMatch(/^F_PERMISSION/);
  });

  it('is usable while a script runs that does not end', async () => {
    await page.keyboard.press('Control+N');
    await typeScript(page, 'for (;;) {}\n');
    await waitUntilIdle(page);
    await page.keyboard.press('Control+F5');
    await page.locator('.status-bar.is-running').waitFor();
    await runCommand(page, 'View: Registers');
    const said = page.locator('.inspector-registers').locator('.inspector-note, .empty');
    expect(await textOf(said.first())).toMatch(/The script runs|as soon as the script pauses/);
    await page.getByRole('button', { name: 'Stop' }).click();
    await waitUntilIdle(page);
  });

  it('has complained about nothing', () => {
    expect(workbench.complaints).toEqual([]);
  });
});
