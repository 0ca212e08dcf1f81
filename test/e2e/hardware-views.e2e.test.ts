// CACHES and INTERRUPTS in the real window, by keyboard.

import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Workbench } from './support/workbench.ts';
import {
  endWorkbench,
  makeFolder,
  newScript,
  removeFolder,
  runCommand,
  runToEnd,
  startWorkbench,
  textOf,
} from './support/workbench.ts';

/** Reads through a mapping, overwrites the STE behind the SMMU's back, then faults. */
const SCRIPT = `const dev = platform_device('accel0', { sids: [0x10], ssid_bits: 4 });
const page = alloc_pages(0);
const domain = iommu_domain_alloc(dev.bus);
assert(page !== null && domain !== null && iommu_attach_device(domain, dev) === 0);
iommu_map(domain, 0x70000000n, page_to_phys(page), SZ_4K, IOMMU_READ);
dev.dma_read(0x70000000n, 4);
dev.dma_read(0x1000n, 4);
const ste = 0x40008400n;
const bytes = phys_read(ste, 8);
phys_write(ste, bytes.map((byte) => byte ^ 0x40));
`;

describe('the views of the hardware', () => {
  const folder = makeFolder();
  let workbench: Workbench;
  let page: Page;

  beforeAll(async () => {
    workbench = await startWorkbench(join(folder, 'user'));
    page = workbench.page;
    await newScript(page, SCRIPT);
    await runToEnd(page);
  });

  afterAll(async () => {
    await endWorkbench(workbench);
    removeFolder(folder);
  });

  async function focused(): Promise<string> {
    return page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
  }

  async function rows(panel: string): Promise<string[]> {
    const texts = await page.locator(`${panel} .list-row`).allTextContents();
    return texts.map((text) => text.replace(/\s+/g, ' ').trim());
  }

  it('shows what is cached, and of a stale STE both its copies', async () => {
    await runCommand(page, 'View: Caches');
    await expect.poll(focused).toMatch(/^Entries of the caches/);
    const shown = (await rows('.inspector-caches')).join('\n');
    expect(shown).toMatch(/STE 0x10 .*stale/);
    expect(shown).toMatch(/TLB 0x7000_0000 4 KiB -> .*fresh/);
    await page.keyboard.press('Home');
    const detail = page.locator('.inspector-caches .inspector-detail');
    await detail.waitFor();
    expect(await textOf(detail)).toMatch(/stale: memory has changed since/);
    expect(await textOf(detail.locator('.words tr.is-stale').first())).toMatch(/≠ 0x/);
    expect(await textOf(detail.locator('.fields .is-changed').first())).toMatch(/memory has/);
    const writers = await detail.locator('.writer').allTextContents();
    expect(writers.join(' ')).toMatch(/:6.*dma_read.*:10.*phys_write/);
  });

  it('filters them', async () => {
    const panel = page.locator('.inspector-caches');
    const filter = panel.getByRole('textbox', { name: 'Filter entries' });
    await filter.fill('0x7000_0000');
    await expect
      .poll(() => rows('.inspector-caches'))
      .toSatisfy((all: string[]) => all.every((row) => /TLB|walk/.test(row)));
    await filter.fill('colour 3');
    await expect.poll(() => textOf(panel.locator('.inspector-note'))).toMatch(/'colour' is none/);
    await filter.fill('');
    await panel.getByRole('button', { name: /stale 1/ }).click();
    await expect.poll(async () => (await rows('.inspector-caches')).length).toBe(1);
    await panel.getByRole('button', { name: /stale 1/ }).click();
    await panel.getByRole('combobox', { name: 'Cache' }).selectOption('TLB');
    await expect.poll(async () => (await rows('.inspector-caches')).length).toBe(1);
    await panel.getByRole('combobox', { name: 'Cache' }).selectOption('all');
  });

  it('shows the interrupt of the fault, what led to it and what its handler did', async () => {
    await runCommand(page, 'View: Interrupts');
    await expect.poll(focused).toBe('Interrupts, newest first');
    const panel = page.locator('.inspector-interrupts');
    await panel.getByRole('button', { name: /^eventq/ }).click();
    await expect.poll(async () => (await rows('.inspector-interrupts')).length).toBe(1);
    expect(await textOf(panel.locator('.inspector-note'))).toMatch(/line 74, enabled .*1 raised/);
    await runCommand(page, 'View: Interrupts');
    await page.keyboard.press('Home');
    const detail = panel.locator('.inspector-detail');
    await expect.poll(() => textOf(detail)).toMatch(/What led to it.*dma_read\(.*line 7.*F_TRANS/s);
    expect(await textOf(detail)).toMatch(/What its handler did.*irq\/74.*EVENTQ_CONS <- /s);
  });
});
