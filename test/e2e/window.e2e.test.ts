// The window as a newcomer meets it: the example is there, Run shows its fault, and nothing is fetched.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
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

  it('shows the fault of the example in the console when Run is pressed', async () => {
    const { page } = workbench;
    await runToEnd(page);
    const text = await consoleText(workbench);
    expect(text).toMatch(/^\[ {4}\d\.\d{6}\] arm-smmu-v3 .*: event 0x10 received:$/m);
    expect(text.match(/^\[ {4}\d\.\d{6}\] arm-smmu-v3 .*0x[0-9a-f]{16}$/gm)).toHaveLength(4);
    expect(text).toMatch(/^ {15}✘ F_TRANSLATION .*SID 0x.*SSID \d+ read 0x/m);
    expect(text).toMatch(/^■ ended {2}exit 3/m);
  });

  it('marks the line that faulted and lists it under the problems', async () => {
    const { page } = workbench;
    const word = page.locator('.mark-word.mark-error');
    expect(await textOf(word.first())).toContain('F_TRANSLATION');
    await runCommand(page, 'View: Problems');
    const row = page.getByRole('region', { name: 'Problems' }).getByRole('button');
    await row.filter({ hasText: 'F_TRANSLATION' }).first().click();
    const { line } = await cursor(page);
    expect(await word.count()).toBe(1);
    expect(line).toBe(await lineOf(word));
  });

  it('shows the figures of the session in the status bar', async () => {
    const status = await textOf(workbench.page.locator('.status-bar'));
    expect(status).toMatch(/CMDQ \d+\/\d+/);
    expect(status).toMatch(/EVTQ \d+\/\d+/);
    expect(status).toMatch(/\d+ PASIDs?/);
    expect(status).toMatch(/✘ 1 fault/);
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
