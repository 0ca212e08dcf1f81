// The editor knows the kernel's API without a network: completion, hover, signature, diagnostics.

import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

describe('the editor', () => {
  const folder = makeFolder();
  let workbench: Workbench;
  let page: Page;

  beforeAll(async () => {
    workbench = await startWorkbench(join(folder, 'user'));
    page = workbench.page;
    await page.waitForFunction(() => document.querySelector('.badge') === null);
    await newScript(page, '');
  });

  afterAll(async () => {
    await endWorkbench(workbench);
    removeFolder(folder);
  });

  /** Messages of the problems panel about the new script. */
  async function problems(): Promise<string[]> {
    await page.keyboard.press('Control+Shift+M');
    const rows = page.locator('.problems').getByRole('button');
    return (await rows.allTextContents()).filter((text) => text.includes('Untitled-1.ts'));
  }

  it('finds nothing wrong in the example', async () => {
    await page.getByRole('tab', { name: 'aux-domains.ts' }).click();
    await page.waitForTimeout(1500);
    await page.keyboard.press('Control+Shift+M');
    const panel = page.locator('.problems');
    expect(await textOf(panel)).toContain('No problems');
    await page.getByRole('tab', { name: /Untitled-1/ }).click();
  });

  it.each([
    ['iommu_domain_al', 'iommu_domain_alloc'],
    ['platform_dev', 'platform_device'],
    ['pr_in', 'pr_info'],
    ['SZ_4', 'SZ_4K'],
  ])('completes %s to %s', async (typed, name) => {
    await typeScript(page, '');
    await page.keyboard.type(typed);
    await page.keyboard.press('Control+Space');
    const list = page.locator('.suggest-widget .monaco-list-row', { hasText: name });
    await list.first().waitFor({ timeout: 20_000 });
    await list.first().click();
    await expect.poll(() => textOf(page.locator('.view-lines').last())).toContain(name);
  });

  it('shows signature and documentation of a kernel function on hover', async () => {
    await typeScript(page, 'iommu_domain_alloc(platform_bus_type);\n');
    await page.locator('.view-line span', { hasText: 'iommu_domain_alloc' }).last().hover();
    const hover = page.locator('.monaco-hover:visible');
    await hover.first().waitFor({ timeout: 20_000 });
    const text = (await hover.allTextContents()).join(' ');
    expect(text).toMatch(/function iommu_domain_alloc\(/);
    expect(text.length).toBeGreaterThan(80);
    await page.mouse.move(0, 0);
  });

  it('shows the parameters of a call while it is typed', async () => {
    await typeScript(page, '');
    await page.keyboard.type('platform_device(');
    const hints = page.locator('.parameter-hints-widget.visible');
    await hints.waitFor({ timeout: 20_000 });
    expect(await textOf(hints)).toContain('platform_device(');
    await page.keyboard.press('Escape');
  });

  it.each([
    ['an unknown function', 'iommu_frobnicate();', /Cannot find name 'iommu_frobnicate'/],
    ['a wrong argument type', "alloc_pages('two');", /not assignable/],
    ['a missing argument', 'platform_device();', /Expected .* arguments/],
    ['a syntax error', 'const = 1;', /expected/],
    ['an enum, which cannot be blanked', 'enum E { A }', /erasableSyntaxOnly/],
    ['the DOM, which scripts do not have', 'document.title;', /Cannot find name 'document'/],
    ['Node, which scripts do not have', 'process.exit();', /Cannot find name 'process'/],
  ])('reports %s', async (_what, text, message) => {
    await typeScript(page, `${text}\n`);
    await expect
      .poll(async () => (await problems()).join('\n'), { timeout: 20_000 })
      .toMatch(message);
  });

  it('accepts await at the top level, and names that another open script has too', async () => {
    await typeScript(page, 'const dev = 1;\nawait Promise.resolve(dev);\n');
    await expect.poll(problems, { timeout: 20_000 }).toEqual([]);
  });

  it('leaves the keyboard in the editor when a script is run with Ctrl+F5', async () => {
    await typeScript(page, "pr_info('x');");
    await page.keyboard.press('Control+F5');
    await page.waitForTimeout(600);
    await page.keyboard.type('// typed after it');
    expect(await textOf(page.locator('.view-lines').last())).toContain('typed');
  });

  it('has complained about nothing', () => {
    expect(workbench.complaints).toEqual([]);
  });
});
