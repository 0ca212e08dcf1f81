// Exports in a browser: speedscope's own importer takes the timeline, and the report opens with the network off.

import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ElectronApplication, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTML } from '../../sim/trace/export/html.ts';
import { PERFETTO } from '../../sim/trace/export/perfetto.ts';
import { textOfExport } from '../support/readers.ts';
import { SAMPLE_INFO, sampleSession } from '../support/sample-session.ts';
import { launch, makeFolder, removeFolder } from './support/workbench.ts';

const SPEEDSCOPE = dirname(createRequire(import.meta.url).resolve('speedscope/package.json'));

/** An application that shows pages and nothing else. */
const BROWSER = `
const { app, BrowserWindow, session } = require('electron');
app.whenReady().then(() => {
  session.defaultSession.enableNetworkEmulation({ offline: true });
  new BrowserWindow({ webPreferences: { sandbox: true } }).loadURL('about:blank');
});
`;

describe('exports in a browser without network', () => {
  const folder = makeFolder();
  const sample = { header: SAMPLE_INFO, source: sampleSession().recorder };
  const complaints: string[] = [];
  const requests: string[] = [];
  let app: ElectronApplication;
  let page: Page;

  beforeAll(async () => {
    mkdirSync(join(folder, 'app'));
    writeFileSync(join(folder, 'app/main.js'), BROWSER);
    writeFileSync(join(folder, 'app/package.json'), '{"name":"browser","main":"main.js"}');
    const root = process.platform === 'linux' && process.getuid?.() === 0;
    const userData = join(folder, 'user');
    const sandbox = root ? ['--no-sandbox'] : [];
    app = await launch(userData, [...sandbox, `--user-data-dir=${userData}`, join(folder, 'app')]);
    page = await app.firstWindow();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') {
        complaints.push(message.text());
      }
    });
    page.on('request', (request) => requests.push(request.url()));
  });

  afterAll(async () => {
    await app?.close();
    removeFolder(folder);
  });

  it('shows the report: fault, script and picture, with nothing fetched and nothing run', async () => {
    const path = join(folder, 'report.html');
    writeFileSync(path, textOfExport(HTML, sample));
    await page.goto(`file://${path}`);
    expect(await page.title()).toBe('accel.ts: Substream session');
    expect(await page.locator('h3').allInnerTexts()).toEqual([
      '1. ✘ F_TRANSLATION sid 0x10 ssid 5 read 0x70000000 (input, stage 1)',
    ]);
    const line = page.locator('.script tr.hit', { hasText: '// </script> "ü"' });
    expect((await line.innerText()).split(/\s+/).slice(0, 4)).toEqual(['8', '1', '✘', '1']);
    const box = await page.locator('svg').boundingBox();
    expect(box?.width).toBeGreaterThan(300);
    expect(requests).toEqual([`file://${path}`]);
    expect(complaints).toEqual([]);
  });

  it('is imported by speedscope, a profile for each track that has slices', async () => {
    const json = textOfExport(PERFETTO, sample);
    const script = join(folder, 'profile.js');
    const text = Buffer.from(json).toString('base64');
    writeFileSync(script, `speedscope.loadFileFromBase64("accel.json", ${JSON.stringify(text)})`);
    const index = join(SPEEDSCOPE, 'dist/release/index.html');
    await page.goto(`file://${index}#view=sandwich&localProfilePath=${script.slice(1)}`);
    // Script, kernel and one stream.
    await page
      .getByText(/\(1\/3\)|\[1\/3\]/)
      .first()
      .waitFor({ timeout: 30_000 });
    const names = await page.locator('body').innerText();
    for (const fn of ['iommu_map', 'iommu_unmap', 'iommu_attach_device', 'dma_read']) {
      expect(names).toContain(fn);
    }
    expect(complaints).toEqual([]);
  });
});
