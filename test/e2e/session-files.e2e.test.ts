// Session files come into the window as a desktop brings them: on the command line, by a second start, by
// the system's event, dropped. And a trace that leaves records out says so wherever it matters.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionFileText } from '../../sim/trace/session-file.ts';
import { runScript } from '../support/run-script.ts';
import { SAMPLE_INFO, sampleSession } from '../support/sample-session.ts';
import type { Workbench } from './support/workbench.ts';
import {
  consoleText,
  electronArgs,
  electronPath,
  endWorkbench,
  makeFolder,
  newScript,
  removeFolder,
  runCommand,
  runToEnd,
  startWorkbench,
  textOf,
} from './support/workbench.ts';

const SCRIPT = `const dev = platform_device('a', { ssid_bits: 4 });
const d = iommu_domain_alloc(dev.bus)!;
iommu_attach_device(d, dev);
const page = alloc_pages(0)!;
iommu_map(d, 0x1000, page_to_phys(page), SZ_4K, IOMMU_READ);
iommu_unmap(d, 0x1000, SZ_4K);
dev.dma_read(0x1000, 4);
expect_event('F_TRANSLATION', () => { dev.dma_read(0x9000, 4); });
pr_info('over');
`;

const banner = (page: Page) => page.getByRole('region', { name: 'Opened session' });

/** Drops files as the system's file manager does, with their paths. */
async function drop(page: Page, files: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data });
  }
  await session.detach();
}

/** What the console shows of the newest run: the line that names it, and the others. */
function lastRun(text: string): { readonly head: string; readonly lines: readonly string[] } {
  const [head = '', ...lines] = text.slice(text.lastIndexOf('▶')).trimEnd().split('\n');
  return { head, lines };
}

describe('session files', () => {
  const folder = makeFolder();
  const usual = process.env['XDG_DATA_HOME'];
  let workbench: Workbench;

  function session(name: string): string {
    const path = join(folder, name);
    const text = sessionFileText(SAMPLE_INFO, sampleSession().recorder);
    writeFileSync(path, text);
    return path;
  }

  async function isShown(name: string): Promise<void> {
    await expect.poll(() => textOf(banner(workbench.page))).toContain(name);
  }

  beforeAll(async () => {
    process.env['XDG_DATA_HOME'] = join(folder, 'data');
    workbench = await startWorkbench(join(folder, 'user'), {
      files: [session('from argv ü.substream')],
    });
  });

  afterAll(async () => {
    await endWorkbench(workbench);
    if (usual === undefined) {
      delete process.env['XDG_DATA_HOME'];
    } else {
      process.env['XDG_DATA_HOME'] = usual;
    }
    removeFolder(folder);
  });

  it('open from the command line', async () => {
    await isShown('from argv ü.substream');
  });

  it('open in the first window when a second is started with one', async () => {
    const second = spawn(electronPath(), [
      ...electronArgs(join(folder, 'user')),
      session('second.substream'),
    ]);
    expect(await new Promise((done) => second.on('exit', done))).toBe(0);
    await isShown('second.substream');
  });

  it('open when the system hands one over, as a Mac does', async () => {
    const path = session('event.substream');
    await workbench.app.evaluate(({ app }, file) => {
      app.emit('open-file', { preventDefault: () => undefined }, file);
    }, path);
    await isShown('event.substream');
  });

  it('open when they are dropped, and a script beside one opens too', async () => {
    const { page } = workbench;
    const script = join(folder, 'dropped.ts');
    writeFileSync(script, "pr_info('dropped');\n");
    await drop(page, [script, session('dropped.substream')]);
    await isShown('dropped.substream');
    await page.getByRole('tab', { name: 'dropped.ts', exact: true }).waitFor();
  });

  it('say why one that was dropped cannot be opened, and leave it as it was', async () => {
    const { app, page } = workbench;
    const path = join(folder, 'cut.substream');
    writeFileSync(path, '{"substream":1,"fi');
    await app.evaluate(({ dialog }) => {
      dialog.showMessageBox = async (...args: unknown[]) => {
        (globalThis as { said?: unknown }).said = args.at(-1);
        return { response: 0, checkboxChecked: false };
      };
    });
    await drop(page, [path]);
    const said = () =>
      app.evaluate(() => JSON.stringify((globalThis as { said?: unknown }).said ?? ''));
    await expect.poll(said).toMatch(/cut\.substream.*no JSON header, or it is cut off/);
    expect(readFileSync(path, 'utf8')).toBe('{"substream":1,"fi');
  });

  it('are offered again under Open Recent', async () => {
    const { page } = workbench;
    await page.keyboard.press('Control+R');
    await page.getByRole('option', { name: /second\.substream/ }).click();
    await isShown('second.substream');
  });

  it('show in the console what the window showed while they ran', async () => {
    const { page } = workbench;
    await newScript(page, SCRIPT);
    await runToEnd(page);
    const live = lastRun(await consoleText(workbench));
    const name = /^▶ (\S+)/.exec(live.head)?.[1] ?? '';
    const { session: run } = await runScript(SCRIPT, { file: name });
    const path = join(folder, 'console.substream');
    writeFileSync(path, run.traceText());
    await drop(page, [path]);
    await isShown('console.substream');
    await expect.poll(async () => lastRun(await consoleText(workbench)).head).toContain(name);
    await expect.poll(async () => lastRun(await consoleText(workbench)).lines).toEqual(live.lines);
    expect(live.lines.join('\n')).toContain('unmapped at');
  });

  it('can be opened with this checkout, and no longer, by a command', async () => {
    const { page } = workbench;
    const entry = join(folder, 'data', 'applications', 'substream.desktop');
    await runCommand(page, 'File: Open Session Files With This Checkout');
    const said = page.getByRole('dialog', { name: /Session files open with/ });
    await said.getByRole('button', { name: 'OK' }).click();
    expect(readFileSync(entry, 'utf8')).toMatch(/^Exec=".*electron.*" %F$/m);
    await runCommand(page, 'File: Stop Opening Session Files With');
    await page.getByRole('dialog').getByRole('button', { name: 'OK' }).click();
    expect(existsSync(entry)).toBe(false);
  });

  it('leave out what a person chose, and each view says so', async () => {
    const { page } = workbench;
    await newScript(page, SCRIPT);
    await runCommand(page, 'Run: Choose What Is Recorded');
    const filter = page.getByRole('combobox', { name: 'Choose what the next trace holds' });
    await filter.pressSequentially('fetches');
    const option = page.getByRole('option', { name: /fetches/ });
    expect(await option.getAttribute('aria-checked')).toBe('true');
    await filter.press(' ');
    await expect.poll(() => option.getAttribute('aria-checked')).toBe('false');
    await filter.press('Enter');
    await runToEnd(page);
    await runCommand(page, 'View: Trace');
    await page.locator('.trace-bar', { hasText: 'fetches were not recorded' }).waitFor();
    await runCommand(page, 'View: Tables');
    await page.locator('.inspector-tables', { hasText: 'fetches were not recorded' }).waitFor();
    await runCommand(page, 'Inspect: Explain Last Event');
    await page.locator('.inspector-fault', { hasText: 'fetches were not recorded' }).waitFor();
  });

  it('have complained about nothing', () => {
    expect(workbench.complaints).toEqual([]);
  });
});
