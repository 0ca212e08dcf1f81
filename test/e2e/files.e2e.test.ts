// Opening, editing, saving: what is on the disk afterwards, and that no change is lost without a question.

import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Workbench } from './support/workbench.ts';
import {
  electronArgs,
  electronPath,
  endWorkbench,
  makeFolder,
  newScript,
  removeFolder,
  runCommand,
  startWorkbench,
  textOf,
  typeScript,
} from './support/workbench.ts';

describe('files', () => {
  let folder: string;
  let workbench: Workbench | undefined;

  beforeEach(() => {
    folder = makeFolder();
  });

  afterEach(async () => {
    await endWorkbench(workbench);
    workbench = undefined;
    removeFolder(folder);
  });

  async function start(...files: string[]): Promise<Workbench> {
    workbench = await startWorkbench(join(folder, 'user'), { files });
    return workbench;
  }

  function script(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  it('marks a changed script, saves it with Ctrl+S, and the disk holds what the editor shows', async () => {
    const path = script('accel.ts', 'pr_info("one");\n');
    const { page } = await start(path);
    const tab = page.getByRole('tab', { name: /accel\.ts/ });
    expect(await tab.getAttribute('aria-label')).toBe('accel.ts');
    await typeScript(page, 'pr_info("zwei: ä €");\n');
    await page.getByRole('tab', { name: 'accel.ts, unsaved' }).waitFor();
    expect(await textOf(page.locator('.toolbar-file'))).toBe('accel.ts ●');
    expect(readFileSync(path, 'utf8')).toBe('pr_info("one");\n');
    await page.keyboard.press('Control+S');
    await page.getByRole('tab', { name: 'accel.ts', exact: true }).waitFor();
    expect(readFileSync(path, 'utf8')).toBe('pr_info("zwei: ä €");\n');
    expect(readdirSync(folder).sort()).toEqual(['accel.ts', 'user']);
  });

  it('is clean again when a change is undone', async () => {
    const { page } = await start(script('accel.ts', 'pr_info("one");\n'));
    await typeScript(page, 'x');
    await page.getByRole('tab', { name: 'accel.ts, unsaved' }).waitFor();
    await page.keyboard.press('Control+Z');
    await page.getByRole('tab', { name: 'accel.ts', exact: true }).waitFor();
  });

  it('keeps the permission bits of a file that it saves', async () => {
    const path = script('accel.ts', 'a');
    chmodSync(path, 0o640);
    const { page } = await start(path);
    await typeScript(page, 'b');
    await page.keyboard.press('Control+S');
    await page.getByRole('tab', { name: 'accel.ts', exact: true }).waitFor();
    expect(readFileSync(path, 'utf8')).toBe('b');
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  it('asks for a place to save a new script and an example, and remembers it', async () => {
    const { app, page } = await start();
    const path = join(folder, 'mine.ts');
    await app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath });
    }, path);
    await newScript(page, '// mine\n');
    await page.getByRole('tab', { name: 'Untitled-1.ts, unsaved' }).waitFor();
    await page.keyboard.press('Control+S');
    await page.getByRole('tab', { name: 'mine.ts', exact: true }).waitFor();
    expect(readFileSync(path, 'utf8')).toBe('// mine\n');
    const recent = page.getByRole('region', { name: 'Recent' });
    await recent.getByRole('button', { name: 'mine.ts' }).waitFor();
  });

  it('leaves a new script unsaved when the dialog is cancelled', async () => {
    const { app, page } = await start();
    await app.evaluate(({ dialog }) => {
      dialog.showSaveDialog = async () => ({ canceled: true, filePath: '' });
    });
    await newScript(page, '// mine\n');
    await page.keyboard.press('Control+S');
    await page.waitForTimeout(200);
    await page.getByRole('tab', { name: 'Untitled-1.ts, unsaved' }).waitFor();
  });

  it('opens what the open dialog returns, and offers it again after the next start', async () => {
    const path = script('chosen.ts', '// chosen by a person\n');
    const first = await start();
    await first.app.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
    }, path);
    await first.page.keyboard.press('Control+O');
    await first.page.getByRole('tab', { name: 'chosen.ts' }).waitFor();
    await endWorkbench(first);
    const { page } = await start();
    await page.keyboard.press('Control+R');
    await page.getByRole('option', { name: /chosen\.ts/ }).click();
    await page.getByRole('tab', { name: 'chosen.ts' }).waitFor();
    expect(await textOf(page.locator('.view-line').first())).toContain('chosen');
  });

  it.each([
    ['a missing file', () => join(folder, 'missing.ts'), 'it does not exist'],
    ['a folder', () => folder, 'it is a folder'],
    ['a binary file', () => script('binary.ts', 'a\0b'), 'it is not a text file'],
  ])('says clearly why %s cannot be opened', async (_what, make, reason) => {
    const path = make();
    const { app, page } = await start();
    await app.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
    }, path);
    await page.keyboard.press('Control+O');
    const message = await textOf(page.locator('.notice'));
    expect(message).toContain(reason);
    expect(message).toContain(path);
    await page.getByRole('button', { name: 'Dismiss' }).click();
    expect(await page.locator('.notice').count()).toBe(0);
  });

  it('says why it cannot save, and the script stays unsaved', async () => {
    const { app, page } = await start();
    const path = join(folder, 'no-such-folder', 'mine.ts');
    await app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath });
    }, path);
    await newScript(page, '// mine\n');
    await page.keyboard.press('Control+S');
    expect(await textOf(page.locator('.notice'))).toContain('cannot save mine.ts');
    await page.getByRole('tab', { name: 'Untitled-1.ts, unsaved' }).waitFor();
  });

  it('asks before a tab with unsaved changes is closed', async () => {
    const path = script('accel.ts', 'one');
    const { page } = await start(path);
    await typeScript(page, 'two');
    const question = page.getByRole('dialog');
    await page.keyboard.press('Control+W');
    await question.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('tab', { name: 'accel.ts, unsaved' }).waitFor();
    await page.keyboard.press('Control+W');
    await question.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('.welcome').waitFor();
    expect(readFileSync(path, 'utf8')).toBe('two');
  });

  it.each(['Delete', 'Backspace'])('asks as well when %s is pressed on the tab', async (key) => {
    const { page } = await start(script('accel.ts', 'one'));
    await typeScript(page, 'two');
    await page.getByRole('tab', { name: 'accel.ts, unsaved' }).focus();
    await page.keyboard.press(key);
    await page.getByRole('dialog').getByRole('button', { name: "Don't Save" }).click();
    await page.locator('.welcome').waitFor();
    expect(readFileSync(join(folder, 'accel.ts'), 'utf8')).toBe('one');
  });

  it.each([
    ['Cancel', 2, 'one', true],
    ["Don't Save", 1, 'one', false],
    ['Save', 0, 'two', false],
  ])(
    'asks before the window closes when unsaved text cannot be kept; %s does what it says',
    async (_name, response, text, stays) => {
      const path = script('accel.ts', 'one');
      const { app, page } = await start(path);
      writeFileSync(join(folder, 'user', 'backups'), 'no folder can be made here');
      await app.evaluate(({ dialog }, chosen) => {
        dialog.showMessageBox = async () => ({ response: chosen, checkboxChecked: false });
      }, response);
      await typeScript(page, 'two');
      await page.getByRole('tab', { name: 'accel.ts, unsaved' }).waitFor();
      const closed = app.waitForEvent('close', { timeout: stays ? 1500 : 10_000 }).then(
        () => true,
        () => false,
      );
      await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
      expect(await closed).toBe(!stays);
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );

  it('opens the files of a second start in the first window', async () => {
    const { app, page } = await start(script('first.ts', '// first\n'));
    const second = spawn(electronPath(), [
      ...electronArgs(join(folder, 'user')),
      script('second.ts', '// second\n'),
    ]);
    const code = await new Promise((done) => second.on('exit', done));
    expect(code).toBe(0);
    await page.getByRole('tab', { name: 'second.ts' }).waitFor();
    const windows = await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);
    expect(windows).toBe(1);
  });

  it('puts a damaged state file aside and starts fresh', async () => {
    const first = await start(script('accel.ts', 'one'));
    await endWorkbench(first);
    const state = join(folder, 'user', 'state.json');
    writeFileSync(state, '{ "version": 1, "recent": [');
    const { page } = await start();
    await page
      .getByRole('region', { name: 'Recent' })
      .getByText('Nothing was opened yet.')
      .waitFor();
    expect(existsSync(`${state}.damaged`)).toBe(true);
  });

  it('saves all with one command', async () => {
    const paths = [script('a.ts', '1'), script('b.ts', '1')];
    const { page } = await start(...paths);
    await typeScript(page, '2');
    await page.keyboard.press('Control+PageUp');
    await typeScript(page, '3');
    await runCommand(page, 'File: Save All');
    await page.waitForFunction(() => document.querySelector('.is-dirty') === null);
    expect(paths.map((path) => readFileSync(path, 'utf8')).sort()).toEqual(['2', '3']);
  });
});
