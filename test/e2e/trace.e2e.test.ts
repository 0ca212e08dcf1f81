// The trace in the window: looked at while it grows, followed from a fault to the script's line, saved, opened
// again, run again, exported and compared.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPORT_FORMATS } from '../../sim/trace/export/export-formats.ts';
import type { Workbench } from './support/workbench.ts';
import {
  consoleText,
  cursor,
  endWorkbench,
  makeFolder,
  newScript,
  removeFolder,
  runCommand,
  runToEnd,
  startWorkbench,
  textOf,
  typeScript,
  waitUntilIdle,
} from './support/workbench.ts';

const SCRIPT = `const dev = platform_device('a', { ssid_bits: 4 });
const d = iommu_domain_alloc(dev.bus)!;
iommu_attach_device(d, dev);
const page = alloc_pages(0)!;
iommu_map(d, 0x1000, page_to_phys(page), SZ_4K, IOMMU_READ);
dev.dma_read(0x1000, 4);
dev.dma_read(0x9000, 4);
pr_info('over');
`;

const rows = (page: Page) => page.locator('.trace-row:not([hidden])');
const selected = (page: Page) => textOf(page.locator('.trace-records [aria-live]'));

async function chooseFiles(
  { app }: Workbench,
  files: { readonly save?: string; readonly open?: string },
): Promise<void> {
  await app.evaluate(({ dialog }, { save, open }) => {
    dialog.showSaveDialog = async () => ({ canceled: save === undefined, filePath: save ?? '' });
    dialog.showOpenDialog = async () => ({
      canceled: open === undefined,
      filePaths: open === undefined ? [] : [open],
    });
  }, files);
}

describe('the trace', () => {
  const folder = makeFolder();
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await startWorkbench(join(folder, 'user'));
    await newScript(workbench.page, SCRIPT);
    await runToEnd(workbench.page);
    await runCommand(workbench.page, 'View: Trace');
    await rows(workbench.page).first().waitFor();
  });

  afterAll(async () => {
    await endWorkbench(workbench);
    removeFolder(folder);
  });

  it('lists the records from the first on, and says how many there are', async () => {
    const { page } = workbench;
    expect(await textOf(rows(page).first())).toContain('platform_device("a"');
    const count = Number((await textOf(page.locator('.trace-count'))).replace(/\D/g, ''));
    expect(count).toBeGreaterThan(300);
    const grid = page.getByRole('grid', { name: /^Records/ });
    expect(Number(await grid.getAttribute('aria-rowcount'))).toBe(count);
  });

  it('is read by keys: the selected row is named and told, Enter leads to the line', async () => {
    const { page } = workbench;
    await page.locator('.trace-body').focus();
    await page.keyboard.press('Home');
    await expect.poll(() => selected(page)).toMatch(/^script, platform_device\(.*, line 1$/);
    await page.keyboard.press('End');
    await expect.poll(() => selected(page)).not.toMatch(/platform_device/);
    const active = await page.locator('.trace-body').getAttribute('aria-activedescendant');
    expect(await page.locator(`[id="${active}"]`).getAttribute('aria-selected')).toBe('true');
    await page.getByLabel('Kinds of records').selectOption('faults');
    await page.locator('.trace-body').focus();
    await page.keyboard.press('Home');
    await expect.poll(() => selected(page)).toMatch(/^problem, EVENTQ, F_TRANSLATION .*line 7$/);
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await cursor(page)).line).toBe(7);
  });

  it('follows the causes of a fault up to the script and down to the interrupt', async () => {
    const { page } = workbench;
    await rows(page).filter({ hasText: 'F_TRANSLATION' }).first().click();
    const chain = page.getByRole('complementary', { name: 'Cause and effect' });
    await chain.getByRole('button', { name: /dma_read\(/ }).waitFor();
    expect(await chain.getByRole('button', { name: /irq 74 eventq/ }).count()).toBe(1);
    await chain.getByRole('button', { name: /dma_read\(/ }).click();
    await expect.poll(() => selected(page)).toMatch(/^script, dma_read\(.*line 7$/);
    await rows(page).filter({ hasText: 'F_TRANSLATION' }).first().click();
    await chain.getByRole('button', { name: 'Explain event 1' }).click();
    await expect.poll(() => textOf(page.locator('.fault-text'))).toContain('F_TRANSLATION');
    await page.getByLabel('Kinds of records').selectOption('all kinds');
    await expect.poll(() => rows(page).filter({ hasText: 'F_TRANSLATION' }).count()).toBe(1);
  });

  it('finds a text, and says when there is no more', async () => {
    const { page } = workbench;
    const field = page.getByRole('textbox', { name: 'Find in trace' });
    await field.fill('info: over');
    await field.press('Enter');
    await expect.poll(() => selected(page)).toMatch(/log, info: over/);
    await field.press('Enter');
    await expect.poll(() => textOf(page.locator('.trace-found'))).toBe('No more');
    await field.fill('#1');
    await field.press('Enter');
    await expect.poll(() => selected(page)).toMatch(/platform_device/);
  });

  it('zooms the timeline by keys and selects the record that is clicked', async () => {
    const { page } = workbench;
    const canvas = page.locator('.trace-timeline canvas');
    await canvas.focus();
    const whole = await canvas.screenshot();
    for (let n = 0; n < 6; n++) {
      await page.keyboard.press('+');
    }
    await page.waitForTimeout(300);
    expect((await canvas.screenshot()).equals(whole)).toBe(false);
    await page.keyboard.press('0');
    const box = await canvas.boundingBox();
    await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) - 3, (box?.y ?? 0) + 25);
    await expect.poll(() => selected(page)).not.toMatch(/platform_device/);
  });

  it('shows the records while the script runs, and follows them', async () => {
    const { page } = workbench;
    await typeScript(page, "for (let i = 0; ; i++) pr_info('line %d', i);\n");
    await waitUntilIdle(page);
    await page.keyboard.press('Control+F5');
    const count = async () =>
      Number((await textOf(page.locator('.trace-count'))).replace(/\D/g, ''));
    await expect.poll(count, { timeout: 20_000 }).toBeGreaterThan(5_000);
    const before = await count();
    await expect.poll(count).toBeGreaterThan(before);
    await expect.poll(() => textOf(rows(page).last())).toMatch(/line \d{3,}|pr_info|returns/);
    await page.keyboard.press('Shift+F5');
    await waitUntilIdle(page);
    await typeScript(page, SCRIPT);
    await runToEnd(page);
  });

  it('is saved, and opened again with console, trace and hardware, read-only', async () => {
    const { page } = workbench;
    const path = join(folder, 'first.substream');
    await chooseFiles(workbench, { save: path, open: path });
    await runCommand(page, 'Save Session As');
    await expect.poll(() => existsSync(path)).toBe(true);
    await runCommand(page, 'Clear Console');
    await runCommand(page, 'Open File');
    const banner = page.getByRole('region', { name: 'Opened session' });
    await banner.waitFor();
    expect(await textOf(banner)).toContain('first.substream');
    await expect.poll(() => consoleText(workbench)).toContain('over');
    expect(await consoleText(workbench)).toMatch(/exit 3/);
    await runCommand(page, 'View: Trace');
    await rows(page).filter({ hasText: 'platform_device' }).first().waitFor();
    await page.keyboard.press('Control+1');
    await page.keyboard.insertText('nothing of this');
    expect(await textOf(page.locator('.editor-pane').last())).not.toContain('nothing of this');
    await runCommand(page, 'Inspect: Explain Last Event');
    await expect.poll(() => textOf(page.locator('.fault-text'))).toContain('F_TRANSLATION');
  });

  it('runs the opened session again: the same bytes', async () => {
    const { page } = workbench;
    const again = join(folder, 'again.substream');
    await page.getByRole('button', { name: 'Run Again' }).click();
    await page
      .locator('.status-bar.is-idle .status-state', { hasText: /ended/ })
      .waitFor({ timeout: 30_000 });
    await chooseFiles(workbench, { save: again });
    await runCommand(page, 'Save Session As');
    await expect.poll(() => existsSync(again)).toBe(true);
    expect(readFileSync(again)).toEqual(readFileSync(join(folder, 'first.substream')));
  });

  it('makes a copy of the opened script to be changed', async () => {
    const { page } = workbench;
    await chooseFiles(workbench, { open: join(folder, 'first.substream') });
    await runCommand(page, 'Open File');
    await page.getByRole('button', { name: 'Edit and Run' }).click();
    await expect.poll(() => textOf(page.locator('.toolbar-file'))).toMatch(/^Untitled-\d+\.ts/);
  });

  it('shows what a damaged file has, overwrites nothing, and names each damage', async () => {
    const { page } = workbench;
    const path = join(folder, 'damaged.substream');
    const lines = readFileSync(join(folder, 'first.substream'), 'latin1').split('\n');
    lines[20] = '{"id":';
    const text = lines.slice(0, 200).join('\n');
    writeFileSync(path, text);
    await chooseFiles(workbench, { open: path });
    await runCommand(page, 'Open File');
    const banner = page.getByRole('region', { name: 'Opened session' });
    await expect
      .poll(() => textOf(banner))
      .toMatch(/damaged\.substream.*damaged: what can be read/);
    await expect.poll(() => consoleText(workbench)).toMatch(/damaged\.substream: line 21: /);
    expect(readFileSync(path, 'latin1')).toBe(text);
  });

  it('opens the script of a newer file and says why there is no more', async () => {
    const { page } = workbench;
    const path = join(folder, 'newer.substream');
    writeFileSync(path, '{"substream":99,"script":"pr_info(\'from the future\');"}\n');
    await chooseFiles(workbench, { open: path });
    await runCommand(page, 'Open File');
    await page.locator('.notice', { hasText: 'newer Substream' }).waitFor();
    expect(await textOf(page.locator('.editor-pane').last())).toContain('from');
    await page.getByRole('button', { name: 'Dismiss' }).click();
  });

  it('refuses what is no session, in words', async () => {
    const { page } = workbench;
    const path = join(folder, 'none.substream');
    writeFileSync(path, 'hello\n');
    await chooseFiles(workbench, { open: path });
    await runCommand(page, 'Open File');
    await page.locator('.notice', { hasText: 'not a Substream session' }).waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).click();
  });

  it.each(EXPORT_FORMATS.map(({ id, extension, directory }) => ({ id, extension, directory })))(
    'exports $id from the menu',
    async ({ id, extension, directory }) => {
      const path = join(folder, `out-${id}${extension}`);
      await chooseFiles(workbench, { save: path });
      await workbench.app.evaluate(({ Menu }, item) => {
        Menu.getApplicationMenu()?.getMenuItemById(item)?.click();
      }, `export.${id}`);
      await expect.poll(() => existsSync(path), { timeout: 20_000 }).toBe(true);
      expect(statSync(path).isDirectory()).toBe(directory);
    },
  );

  it('compares two sessions by meaning, with links to the lines', async () => {
    const { page } = workbench;
    await typeScript(page, SCRIPT.replace('dev.dma_read(0x9000, 4);\n', ''));
    await runToEnd(page);
    await chooseFiles(workbench, { open: join(folder, 'first.substream') });
    await runCommand(page, 'Compare Session With');
    const comparison = page.locator('.comparison');
    await comparison.waitFor();
    expect(await textOf(comparison)).toContain('The sessions differ.');
    expect(await textOf(comparison)).toMatch(/dma_read/);
  });

  it('has complained about nothing', () => {
    expect(workbench.complaints).toEqual([]);
  });
});
