// KERNEL and TOPOLOGY in the real window, by keyboard.

import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Workbench } from './support/workbench.ts';
import {
  cursor,
  endWorkbench,
  makeFolder,
  newScript,
  removeFolder,
  runCommand,
  runToEnd,
  startWorkbench,
  textOf,
} from './support/workbench.ts';

/** Two auxiliary domains, one with mappings and a gap between them. */
const SCRIPT = `const dev = platform_device('accel0', { sids: [0x10], ssid_bits: 10 });
const page = alloc_pages(1);
iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 16, null);
const a = iommu_domain_alloc(dev.bus);
const b = iommu_domain_alloc(dev.bus);
iommu_attach_device(a, dev);
iommu_attach_device(b, dev);
iommu_map(a, 0x70000000n, page_to_phys(page), SZ_8K, IOMMU_READ);
iommu_map(a, 0x80000000n, page_to_phys(page), SZ_4K, IOMMU_READ | IOMMU_WRITE);
`;

describe('the views of the software side', () => {
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

  const panel = () => page.locator('.inspector-software');

  it('shows the devices, and everything about one', async () => {
    await runCommand(page, 'View: Kernel');
    await page.keyboard.press('ArrowDown');
    const detail = await textOf(panel().locator('.inspector-detail'));
    expect(detail).toContain('AUXD, SVA');
    expect(detail).toContain('1 to 16');
    expect(detail).toContain('platform_device(');
  });

  it('leads from an object to the one that it names, and to the line that made it', async () => {
    await panel().getByRole('button', { name: '1', exact: true }).click();
    expect(await textOf(panel().locator('.inspector-detail h2'))).toContain('domain 1');
    await panel().locator('.list').press('ArrowDown');
    expect(await textOf(panel().locator('.inspector-detail h2'))).toContain('domain 2');
    await panel().getByRole('button', { name: /:6$/ }).click();
    await expect.poll(async () => (await cursor(page)).line).toBe(6);
  });

  it('opens the map of a domain with Enter and goes back with Escape', async () => {
    const list = panel().locator('.list');
    await list.press('Enter');
    const bars = panel().getByRole('img', { name: /^Map: 2 stretches/ });
    await bars.waitFor();
    expect(await textOf(panel().locator('.inspector-note'))).toContain('maps 2 ranges, 12 KiB');
    await list.press('ArrowDown');
    await list.press('ArrowDown');
    const detail = await textOf(panel().locator('.inspector-detail'));
    expect(detail).toContain('0x8000_0000 to 0x8000_0fff');
    expect(detail).toContain('iommu_map(domain 2, 0x80000000');
    await list.press('Escape');
    expect(await textOf(panel().locator('.inspector-detail h2'))).toContain('domain 2');
  });

  it('walks the picture with the arrows and opens what a box stands for', async () => {
    await runCommand(page, 'View: Topology');
    const picture = page.getByRole('listbox', { name: /^Devices, streams/ });
    for (const key of ['Home', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowDown']) {
      await picture.press(key);
    }
    const chosen = page.locator('.topology [aria-selected="true"]');
    expect(await chosen.textContent()).toMatch(/^domain domain 2, ASID \d+, leads to/);
    await picture.press('Enter');
    await expect.poll(() => textOf(panel().locator('.inspector-detail h2'))).toContain('domain 2');
  });
});
