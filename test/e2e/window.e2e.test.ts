// The window as a newcomer meets it: the example is there, Run shows its fault, and nothing is fetched.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Workbench } from './support/workbench.ts';
import {
  appFolder,
  consoleText,
  cursor,
  endWorkbench,
  makeFolder,
  removeFolder,
  runCommand,
  runToEnd,
  startWorkbench,
  textOf,
} from './support/workbench.ts';

describe('the window', () => {
  const folder = makeFolder();
  const netLog = join(folder, 'net-log.json');
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await startWorkbench(join(folder, 'user'), {
      switches: [`--log-net-log=${netLog}`, '--net-log-capture-mode=IncludeSensitive'],
    });
  });

  afterAll(async () => {
    await endWorkbench(workbench);
    removeFolder(folder);
  });

  it('opens with the example in the editor and in the explorer', async () => {
    const { page } = workbench;
    expect(await textOf(page.locator('.toolbar-file'))).toBe('aux-domains.ts');
    const explorer = page.getByRole('navigation', { name: 'Explorer' });
    const examples = explorer.getByRole('region', { name: 'Examples' });
    await examples.getByRole('button', { name: 'aux-domains.ts', exact: true }).waitFor();
    expect(await textOf(page.locator('.view-line').first())).toMatch(/^\/\//);
  });

  it('shows the faults of the example in the console when Run is pressed', async () => {
    await runToEnd(workbench.page);
    const text = await consoleText(workbench);
    const kernel = String.raw`^\[ {4}\d\.\d{6}\] arm-smmu-v3 arm-smmu-v3\.0\.auto:`;
    expect(text.match(new RegExp(`${kernel} event 0x10 received:$`, 'gm'))).toHaveLength(2);
    expect(text.match(new RegExp(`${kernel} \\s*0x[0-9a-f]{16}$`, 'gm'))).toHaveLength(8);
    const decoded = text.match(/^ {15}[✘○] F_TRANSLATION .*$/gm) ?? [];
    expect(decoded).toEqual([
      expect.stringMatching(/○ .*accel0 SID 0x10 read 0x70000000: .* expected /),
      expect.stringMatching(/✘ .*accel0 SID 0x10 SSID 1 read 0x70000000: /),
    ]);
    expect(decoded[1]).toContain(`unmapped at aux-domains.ts:${exampleLine('iommu_unmap(first')}`);
    expect(text).toMatch(/^■ ended {2}exit 3 .* 2 events, 8 DMAs$/m);
  });

  it('copies the console into the clipboard of the system', async () => {
    const text = await consoleText(workbench);
    const clipboard = await workbench.app.evaluate(({ clipboard: own }) => own.readText());
    expect(clipboard).toBe(text);
    expect(clipboard).toContain('F_TRANSLATION');
  });

  it('marks the line that faulted, and the problem leads there', async () => {
    const { page } = workbench;
    const faulted = exampleLine('const late = dev.dma_read');
    await runCommand(page, 'View: Problems');
    const rows = page.locator('.problems').getByRole('button', { name: /F_TRANSLATION/ });
    expect(await rows.count()).toBe(2);
    await rows.last().click();
    await expect.poll(async () => (await cursor(page)).line).toBe(faulted);
    const word = page.locator('.mark-word.mark-error', { hasText: 'F_TRANSLATION' }).last();
    expect(await lineOf(word)).toBe(faulted);
  });

  it('shows the figures of the session in the status bar', async () => {
    const status = await textOf(workbench.page.locator('.status-bar'));
    expect(status).toMatch(/CMDQ (\d+)\/\1\D/);
    expect(status).toMatch(/EVTQ 2\/2/);
    expect(status).toMatch(/\d+ PASIDs?/);
    expect(status).toMatch(/8 DMAs/);
    expect(status).toMatch(/✘ 2 faults/);
  });

  it('has complained about nothing so far', () => {
    expect(workbench.complaints).toEqual([]);
  });

  it('has asked no network for anything', async () => {
    const { app } = workbench;
    await app.evaluate(({ app: electron }) => electron.quit());
    await app.waitForEvent('close');
    const seen = requestedFrom(readFileSync(netLog, 'utf8'));
    expect(seen.hosts).toEqual([]);
    expect(seen.urls.filter((url) => !/^(app|data|blob|devtools):/.test(url))).toEqual([]);
  });
});

/** Number of the example's line that begins with or holds `text`, counted from 1. */
function exampleLine(text: string): number {
  const lines = readFileSync(join(appFolder(), 'examples', 'aux-domains.ts'), 'utf8').split('\n');
  return lines.findIndex((line) => line.includes(text)) + 1;
}

/** Number of the editor line that an element stands in. */
async function lineOf(element: Locator): Promise<number> {
  const top = (await element.boundingBox())?.y ?? 0;
  const numbers = element.page().locator('.line-numbers');
  for (const number of await numbers.all()) {
    const box = await number.boundingBox();
    if (box !== null && Math.abs(box.y + box.height / 2 - (top + 10)) < 10) {
      return Number(await textOf(number));
    }
  }
  return 0;
}

/** Every URL that was requested and every host that was looked up, from Chromium's own log. */
function requestedFrom(text: string): { urls: string[]; hosts: string[] } {
  const complete = text.trimEnd().endsWith('}') ? text : `${text.trimEnd().replace(/,$/, '')}]}`;
  const log = JSON.parse(complete) as {
    events: { params?: { url?: string; host?: string; address?: string } }[];
  };
  const params = log.events.map((event) => event.params ?? {});
  return {
    urls: [...new Set(params.flatMap(({ url }) => (url === undefined ? [] : [url])))],
    hosts: [...new Set(params.flatMap(({ host }) => (host === undefined ? [] : [host])))],
  };
}
