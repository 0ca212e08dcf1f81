// Running scripts from the window: whatever a script does, the window stays usable and says what happened.

import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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

/** What the product promises, from the click to the state that the window shows. */
const STOP_LIMIT_MS = 1_000;

describe('a session in the window', () => {
  const folder = makeFolder();
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await startWorkbench(join(folder, 'user'));
    await newScript(workbench.page, '');
  });

  afterAll(async () => {
    await endWorkbench(workbench);
    removeFolder(folder);
  });

  beforeEach(async () => {
    await runCommand(workbench.page, 'Console: Clear Console');
  });

  async function run(text: string): Promise<string> {
    await typeScript(workbench.page, text);
    await runToEnd(workbench.page);
    return consoleText(workbench);
  }

  async function stopAfterStart(text: string, runFor = 400): Promise<number> {
    const { page } = workbench;
    await typeScript(page, text);
    await waitUntilIdle(page);
    await page.keyboard.press('Control+F5');
    await page.locator('.status-bar.is-running').waitFor();
    await page.waitForTimeout(runFor);
    return page.evaluate(
      () =>
        new Promise<number>((done) => {
          const start = performance.now();
          const bar = document.querySelector('.status-bar');
          const observer = new MutationObserver(() => {
            if (bar?.matches('.is-running, .is-stopping') === false) {
              observer.disconnect();
              done(performance.now() - start);
            }
          });
          observer.observe(document.body, { subtree: true, attributes: true });
          document.querySelector<HTMLButtonElement>('.toolbar .stop')?.click();
        }),
    );
  }

  it('prints what the script prints, by level', async () => {
    const text = await run("pr_info('hello %d', 42);\npr_err('bad');\n");
    expect(text).toMatch(/^\[ {4}\d\.\d{6}\] hello 42$/m);
    expect(text).toMatch(/^\[ {4}\d\.\d{6}\] bad$/m);
    expect(text).toMatch(/^✔ done {2}exit 0 {2}0 events, 0 DMAs$/m);
  });

  it('runs what the editor shows, saved or not', async () => {
    expect(await run("pr_info('first');")).toContain('first');
    expect(await run("pr_info('second');")).toContain('second');
  });

  it('marks the line of a script error, and the problem leads there', async () => {
    const { page } = workbench;
    const text = await run("pr_info('before');\n\nthrow new RangeError('too far');\n");
    expect(text).toMatch(/✘ RangeError: too far {2}Untitled-1\.ts:3:\d+/);
    expect(text).toMatch(/^■ ended {2}exit 1/m);
    expect(await textOf(page.locator('.mark-word.mark-error'))).toContain('RangeError');
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('Control+Shift+M');
    await page.getByRole('button', { name: /RangeError: too far/ }).press('Enter');
    expect(await cursor(page)).toMatchObject({ line: 3 });
    await run("pr_info('fine');");
    expect(await page.locator('.mark-word').count()).toBe(0);
  });

  it('says where a syntax error is', async () => {
    const text = await run('const a = 1;\nconst = ;\n');
    expect(text).toMatch(/✘ SyntaxError: .* {2}Untitled-1\.ts:2:\d+/);
    expect(text).toMatch(/exit 1/);
  });

  it('jumps from a place in the console to the script', async () => {
    const { page } = workbench;
    await run("\n\nthrow new Error('here');\n");
    await page.keyboard.press('Control+Home');
    const row = page.locator('.xterm-rows > div', { hasText: 'Untitled-1.ts:3' }).first();
    const box = await row.boundingBox();
    const line = await textOf(row);
    const width = (box?.width ?? 0) / line.length;
    const cell = await page.locator('.xterm-rows').evaluate((rows) => {
      const measure = rows.querySelector('span');
      const text = measure?.textContent ?? '';
      return (measure?.getBoundingClientRect().width ?? 0) / Math.max(text.length, 1);
    });
    expect(width).toBeGreaterThan(0);
    const x = (box?.x ?? 0) + cell * (line.indexOf('Untitled-1.ts:3') + 3);
    const y = (box?.y ?? 0) + (box?.height ?? 0) / 2;
    await page.mouse.move(x, y);
    await page.waitForTimeout(200);
    await page.mouse.click(x, y);
    await expect.poll(async () => (await cursor(page)).line).toBe(3);
  });

  it('stops an endless loop within a second, and runs the next script', async () => {
    const took = await stopAfterStart('for (;;) {}\n');
    expect(took).toBeLessThan(STOP_LIMIT_MS);
    expect(await consoleText(workbench)).toMatch(/✘ Stopped: /);
    expect(await run("pr_info('alive');")).toContain('alive');
  });

  it('ends a script that waits for what nothing can bring, and says so', async () => {
    const text = await run('await new Promise(() => undefined);\n');
    expect(text).toMatch(/✘ \w+: .*nothing can settle/);
    expect(await run("pr_info('alive');")).toContain('alive');
  });

  it('stays usable under a flood of lines, stops it, and accounts for every line', async () => {
    const { page } = workbench;
    const took = await stopAfterStart("for (let i = 0; ; i++) pr_info('line %d', i);\n", 1_500);
    expect(took).toBeLessThan(2 * STOP_LIMIT_MS);
    await expect.poll(() => consoleText(workbench), { timeout: 20_000 }).toMatch(/■ ended/);
    const { shown, gaps } = account(await consoleText(workbench));
    expect(shown).toBeGreaterThan(1_000);
    expect(gaps).toEqual([]);
    await page.keyboard.press('Control+1');
    expect(await run("pr_info('alive');")).toContain('alive');
  });

  it('survives a script that eats all memory, and says so', async () => {
    const text = await run('const hog = [];\nfor (;;) hog.push(new Array(100000).fill(1.5));\n');
    expect(text).toMatch(/✘ \w+: .*memory/);
    expect(await run("pr_info('alive');")).toContain('alive');
  });

  it('survives a script that allocates one buffer after another, and says so', async () => {
    const text = await run(
      'const hog = [];\nfor (;;) hog.push(new Uint8Array(1 << 26).fill(1));\n',
    );
    expect(text).toMatch(/✘ \w+: /);
    expect(await run("pr_info('alive');")).toContain('alive');
  });

  it('starts the next run with the chosen profile and seed', async () => {
    const { page } = workbench;
    await page.getByLabel('API').selectOption('attr19');
    await page.getByRole('textbox', { name: 'seed' }).fill('7');
    const text = await run("pr_info('x');");
    expect(text).toMatch(/^▶ Untitled-1\.ts {2}attr19 {2}seed 7$/m);
    await page.getByLabel('API').selectOption('seed18');
    await page.getByRole('textbox', { name: 'seed' }).fill('1');
  });

  it('does not take a seed that is none', async () => {
    const { page } = workbench;
    const field = page.getByRole('textbox', { name: 'seed' });
    await field.fill('seven');
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    await field.blur();
    expect(await field.inputValue()).toBe('1');
  });

  it('finds text in the console', async () => {
    const { page } = workbench;
    await run("pr_info('needle');");
    await runCommand(page, 'Find in Console');
    const field = page.getByRole('textbox', { name: 'Find in console' });
    await field.fill('needle');
    expect(await textOf(page.locator('.find-result'))).toBe('');
    await field.fill('no such text');
    expect(await textOf(page.locator('.find-result'))).toBe('No results');
    await page.keyboard.press('Escape');
    expect(await field.count()).toBe(0);
  });

  it('does not let a script move the cursor or clear the screen of the console', async () => {
    const text = await run("pr_info('before');\npr_info('\\x1b[2J\\x1b[Hgone?\\x07');\n");
    expect(text).toContain('before');
    expect(text).toContain('\ufffd[2J\ufffd[Hgone?\ufffd');
  });

  it('has complained about nothing', () => {
    expect(workbench.complaints).toEqual([]);
  });
});

/** Where `line N` does not follow the one before, less what the console says is missing there. */
function account(text: string): { shown: number; gaps: string[] } {
  const gaps: string[] = [];
  let shown = 0;
  let next: number | undefined;
  for (const line of text.split('\n')) {
    const missing = /(\d+) lines came too fast/.exec(line)?.[1];
    const number = / line (\d+)$/.exec(line)?.[1];
    if (missing !== undefined && next !== undefined) {
      next += Number(missing);
    } else if (number !== undefined) {
      if (next !== undefined && Number(number) !== next) {
        gaps.push(`${line} where ${next} was due`);
      }
      next = Number(number) + 1;
      shown += 1;
    }
  }
  return { shown, gaps };
}
