// settings.json and keybindings.json in the real window: each setting acts, at once and from outside; keys
// can be seen and changed.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SETTING_KEYS } from '../../sim/protocol/settings.ts';
import type { Workbench } from './support/workbench.ts';
import {
  consoleText,
  endWorkbench,
  makeFolder,
  newScript,
  removeFolder,
  runCommand,
  runToEnd,
  startWorkbench,
  textOf,
  typeScript,
} from './support/workbench.ts';

const folder = makeFolder();
const user = join(folder, 'user');
const settingsFile = join(user, 'settings.json');
const keysFile = join(user, 'keybindings.json');
const script = join(folder, 'accel.ts');
let workbench: Workbench;

function put(settings: object): void {
  writeFileSync(settingsFile, JSON.stringify(settings, undefined, 2));
}

/** A style of the first match, as the browser computed it. */
function style(page: Page, selector: string, name: string): Promise<string> {
  return page
    .locator(selector)
    .first()
    .evaluate((element, property) => getComputedStyle(element).getPropertyValue(property), name);
}

beforeAll(async () => {
  mkdirSync(user);
  writeFileSync(script, 'let a = 1;\nif (a === 1) {\na += 1;\n}\n');
  workbench = await startWorkbench(user, { files: [script] });
});

afterAll(async () => {
  await endWorkbench(workbench);
  removeFolder(folder);
});

/** A file of settings that was written is read within this time. */
const SETTLED_MS = 400;
const SOON = { timeout: 15_000 };
const UNTESTED: Acting = {
  set: {},
  seen: async () => undefined,
  expected: 'a test of this setting',
};

interface Acting {
  readonly set: object;
  /** What is seen then. */
  readonly seen: (page: Page) => Promise<unknown>;
  readonly expected: unknown;
}

const EDITOR = '.editor-pane .view-lines';

/** What each setting does, seen in the window. */
const ACTS: Readonly<Record<string, Acting>> = {
  'workbench.colorTheme': {
    set: { 'workbench.colorTheme': 'light' },
    seen: (page) => page.evaluate(() => document.documentElement.dataset['theme']),
    expected: 'light',
  },
  'editor.fontSize': {
    set: { 'editor.fontSize': 21 },
    seen: (page) => style(page, EDITOR, 'font-size'),
    expected: '21px',
  },
  'editor.fontFamily': {
    set: { 'editor.fontFamily': 'Courier' },
    seen: async (page) => (await style(page, EDITOR, 'font-family')).split(',')[0],
    expected: 'Courier',
  },
  'editor.tabSize': {
    set: { 'editor.tabSize': 5 },
    seen: typedTab,
    expected: '     x',
  },
  'editor.insertSpaces': {
    set: { 'editor.insertSpaces': false },
    seen: typedTab,
    expected: '\tx',
  },
  'editor.wordWrap': {
    set: { 'editor.wordWrap': 'on' },
    seen: async (page) => {
      await newScript(page, `// ${'long '.repeat(200)}`);
      const lines = await page.locator('.editor-pane:visible .view-line').count();
      await closeUnsaved(page);
      return lines > 2;
    },
    expected: true,
  },
  'editor.minimap.enabled': {
    set: { 'editor.minimap.enabled': true },
    seen: async (page) => {
      const box = await page.locator('.editor-pane:visible .minimap').boundingBox();
      return (box?.width ?? 0) > 0;
    },
    expected: true,
  },
  'editor.lineNumbers': {
    set: { 'editor.lineNumbers': 'off' },
    seen: (page) => page.locator('.editor-pane:visible .line-numbers').count(),
    expected: 0,
  },
  'editor.accessibilitySupport': {
    set: { 'editor.accessibilitySupport': 'on' },
    seen: (page) =>
      page
        .locator('.console-terminal .xterm-accessibility [role="listitem"]')
        .count()
        .then((count) => count > 0),
    expected: true,
  },
  'console.fontSize': {
    set: { 'console.fontSize': 20 },
    seen: (page) => style(page, '.console-terminal .xterm-rows', 'font-size'),
    expected: '20px',
  },
  'console.scrollback': {
    set: { 'console.scrollback': 100 },
    seen: async (page) => {
      await newScript(page, 'for (let i = 0; i < 400; i++) pr_info("line %d", i);');
      await runToEnd(page);
      const lines = (await consoleText(workbench)).split('\n').length;
      await closeUnsaved(page);
      return lines > 90 && lines < 200;
    },
    expected: true,
  },
  'debug.inlineValues': {
    set: { 'debug.inlineValues': 'off' },
    seen: async (page) => {
      await newScript(page, 'let a = 1;\na += 1;\nmsleep(a);\n');
      for (const line of ['1', '2', '3']) {
        await page.keyboard.press('F10');
        await page.locator('.status-state', { hasText: `:${line}` }).waitFor();
      }
      await page.locator('.debug-pane').getByText('a', { exact: true }).first().waitFor();
      const shown = await page.locator('.debug-inline').count();
      await page.keyboard.press('Shift+F5');
      await page.locator('.status-bar.is-idle').waitFor();
      await closeUnsaved(page);
      return shown > 0;
    },
    expected: false,
  },
  'files.autoSave': {
    set: { 'files.autoSave': 'afterDelay' },
    seen: (page) => savedByItself(page, 'const saved = 1;'),
    expected: 'const saved = 1;',
  },
  'files.autoSaveDelay': {
    set: { 'files.autoSave': 'afterDelay', 'files.autoSaveDelay': 100 },
    seen: (page) => savedByItself(page, 'const soon = 1;'),
    expected: 'const soon = 1;',
  },
  'substream.run.profile': {
    set: { 'substream.run.profile': 'attr19' },
    seen: (page) => page.getByLabel('API').inputValue(),
    expected: 'attr19',
  },
  'substream.run.seed': {
    set: { 'substream.run.seed': 77 },
    seen: (page) => page.getByLabel('seed', { exact: true }).inputValue(),
    expected: '77',
  },
  'substream.run.timeLimit': {
    set: { 'substream.run.timeLimit': 0.5 },
    seen: async (page) => {
      await newScript(page, 'msleep(1000); msleep(1);');
      await runToEnd(page);
      const state = await textOf(page.locator('.status-state'));
      await closeUnsaved(page);
      return state;
    },
    expected: '■ ended, exit 4',
  },
  'substream.trace.record': {
    set: { 'substream.trace.record': ['log'] },
    seen: async (page) => {
      await newScript(page, 'machine.configure({});\npr_info("x");');
      await runToEnd(page);
      await runCommand(page, 'View: Registers');
      await page.locator('.inspector-registers').waitFor();
      await page.waitForTimeout(SETTLED_MS);
      const text = await textOf(page.locator('.inspector-registers'));
      await closeUnsaved(page);
      return text.includes('not recorded');
    },
    expected: true,
  },
};

/** What the Tab key puts in front of an x; read back from the file. */
async function typedTab(page: Page): Promise<string> {
  await typeScript(page, '');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Tab');
  await page.keyboard.type('x');
  await page.keyboard.press('Control+S');
  await page.locator('.tab.is-dirty').waitFor({ state: 'detached' });
  return readFileSync(script, 'utf8');
}

async function savedByItself(page: Page, text: string): Promise<string> {
  await typeScript(page, text);
  await page.locator('.tab.is-dirty').waitFor({ state: 'detached' });
  return readFileSync(script, 'utf8');
}

async function closeUnsaved(page: Page): Promise<void> {
  await page.keyboard.press('Control+1');
  await page.keyboard.press('Control+W');
  await page.getByRole('button', { name: "Don't Save" }).click();
}

/** Replaces the text of the active editor, without what an editor adds to typed text. */
async function paste(text: string): Promise<void> {
  const { app, page } = workbench;
  await app.evaluate(({ clipboard }, copied) => clipboard.writeText(copied), text);
  await typeScript(page, ' ');
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Control+V');
}

describe('settings.json', () => {
  it.each(SETTING_KEYS)('%s acts as soon as the file changes', async (key) => {
    const { page } = workbench;
    const { set, seen, expected } = ACTS[key] ?? UNTESTED;
    put({});
    await page.waitForTimeout(SETTLED_MS);
    if (!key.startsWith('files.')) {
      expect(await seen(page)).not.toEqual(expected);
    }
    put(set);
    await page.waitForTimeout(SETTLED_MS);
    await expect.poll(() => seen(page), SOON).toEqual(expected);
  });

  it('saves by itself when the window loses the focus, but not over what somebody else wrote', async () => {
    const { page } = workbench;
    const leave = () => page.evaluate(() => window.dispatchEvent(new Event('blur')));
    put({ 'files.autoSave': 'onWindowChange' });
    await page.waitForTimeout(SETTLED_MS);
    await typeScript(page, 'const left = 1;');
    await page.waitForTimeout(SETTLED_MS);
    expect(readFileSync(script, 'utf8')).not.toBe('const left = 1;');
    await leave();
    await page.locator('.tab.is-dirty').waitFor({ state: 'detached' });
    expect(readFileSync(script, 'utf8')).toBe('const left = 1;');
    await typeScript(page, 'const mine = 1;');
    writeFileSync(script, 'const theirs = 1;');
    await leave();
    await page.waitForTimeout(SETTLED_MS);
    expect(readFileSync(script, 'utf8')).toBe('const theirs = 1;');
    expect(await page.locator('.tab.is-dirty').count()).toBe(1);
    await page.keyboard.press('Control+S');
    await page.getByRole('button', { name: 'Overwrite' }).click();
    await page.locator('.tab.is-dirty').waitFor({ state: 'detached' });
    put({});
  });

  it('opens in the editor, says what is wrong while it is typed, and acts when it is saved', async () => {
    const { page } = workbench;
    await page.keyboard.press('Control+,');
    await expect.poll(() => textOf(page.locator('.toolbar-file')), SOON).toContain('settings.json');
    expect(await page.getByRole('button', { name: 'Run', exact: true }).isDisabled()).toBe(true);
    await paste('{\n// large\n"editor.fontSize": 19,\n"editor.fontsize": 1,\n}');
    await page.locator('.editor-pane:visible .squiggly-warning').first().waitFor();
    await page.keyboard.press('Control+S');
    await expect
      .poll(() => style(page, '.editor-pane:visible .view-lines', 'font-size'), SOON)
      .toBe('19px');
    expect(await textOf(page.locator('.notice'))).toContain(
      'settings.json:4:20: editor.fontsize is not a setting',
    );
  });

  it('completes the names and values of settings', async () => {
    const { page } = workbench;
    await paste('{\n"workbench.colorTheme": \n}');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('End');
    await page.keyboard.press('Control+Space');
    const suggestions = page.locator('.suggest-widget.visible .monaco-list-row');
    await expect
      .poll(() => suggestions.allTextContents(), SOON)
      .toEqual(expect.arrayContaining([expect.stringContaining('contrast')]));
    await page.keyboard.press('Escape');
  });

  it('tells line and column of a mistake, and keeps what was read before', async () => {
    const { page } = workbench;
    await paste('{\n"editor.fontSize" 30\n}');
    await page.keyboard.press('Control+S');
    await expect
      .poll(() => textOf(page.locator('.notice')), SOON)
      .toContain('settings.json:2:19: colon expected; what was read before stays');
    expect(await style(page, '.editor-pane:visible .view-lines', 'font-size')).toBe('19px');
  });

  it('keeps its comments when a theme is chosen, and the open editor shows the new text', async () => {
    const { page } = workbench;
    await paste('{\n  // mine\n  "editor.tabSize": 3, // three\n}\n');
    await page.keyboard.press('Control+S');
    await page.locator('.notice').waitFor({ state: 'detached' });
    await runCommand(page, 'View: Light Theme');
    await expect
      .poll(() => readFileSync(settingsFile, 'utf8'), SOON)
      .toBe(
        '{\n  // mine\n  "editor.tabSize": 3, // three\n  "workbench.colorTheme": "light",\n}\n',
      );
    await page.locator('.editor-pane:visible .view-line', { hasText: 'colorTheme' }).waitFor();
    expect(await page.locator('.tab.is-dirty').count()).toBe(0);
    put({});
    await page.keyboard.press('Control+W');
  });
});

describe('keys', () => {
  it('are listed with their commands, and changed by pressing another', async () => {
    const { page } = workbench;
    await page.keyboard.press('Control+K');
    await page.keyboard.press('Control+S');
    const list = page.getByRole('combobox', { name: 'Choose a command to change its key' });
    await list.fill('run.start');
    expect(await textOf(page.locator('.quick-pick-item.selected'))).toContain('Ctrl+F5');
    await page.keyboard.press('Enter');
    const key = page.getByRole('textbox', { name: 'New key' });
    await key.press('Control+B');
    expect(await textOf(page.locator('#key-box-others'))).toContain('View: Toggle Side Bar');
    await page.keyboard.press('Enter');
    await list.fill('run.start');
    await expect
      .poll(() => textOf(page.locator('.quick-pick-item.selected')), SOON)
      .toContain('Ctrl+B');
    await page.keyboard.press('Escape');
    const rules: unknown = JSON.parse(readFileSync(keysFile, 'utf8').replace(/^\/\/.*$/m, ''));
    expect(rules).toEqual([
      { key: 'ctrl+b', command: 'run.start' },
      { key: 'ctrl+f5', command: '-run.start' },
    ]);
  });

  it('that were changed are what menu and tooltips show and what works', async () => {
    const { app, page } = workbench;
    await runCommand(page, 'View: Explorer');
    const run = page.getByRole('button', { name: 'Run', exact: true });
    expect(await run.getAttribute('title')).toBe('Run without debugging (Ctrl+B)');
    const accelerator = await app.evaluate(({ Menu }) => {
      return Menu.getApplicationMenu()?.getMenuItemById('run.start')?.accelerator;
    });
    expect(accelerator).toBe('CmdOrCtrl+B');
    await page.keyboard.press('Control+1');
    await page.keyboard.press('Control+B');
    await page.locator('.status-bar.is-idle .status-state', { hasText: /done|ended/ }).waitFor();
    expect(await page.locator('.explorer').isVisible()).toBe(true);
  });

  it('count as the file says as soon as it changes', async () => {
    const { page } = workbench;
    writeFileSync(keysFile, '[{ "key": "ctrl+alt+x ctrl+y", "command": "view.toggleSidebar" }]');
    const run = page.getByRole('button', { name: 'Run', exact: true });
    await expect
      .poll(() => run.getAttribute('title'), SOON)
      .toBe('Run without debugging (Ctrl+F5)');
    await page.keyboard.press('Control+Alt+X');
    await page.locator('.status-bar', { hasText: 'Ctrl+Alt+X was pressed' }).waitFor();
    await page.keyboard.press('Control+Y');
    await page.locator('.explorer').waitFor({ state: 'hidden' });
    await page.keyboard.press('Control+B');
    await page.locator('.explorer').waitFor();
  });
});

describe('a screen reader', () => {
  it('that starts finds the console as lines of text, and the last ones are announced', async () => {
    const { app, page } = workbench;
    const lines = page.locator('.console-terminal .xterm-accessibility');
    expect(await lines.count()).toBe(0);
    await app.evaluate(({ app: electron }) => electron.setAccessibilitySupportEnabled(true));
    await newScript(page, 'machine.configure({});\npr_info("a line to be read");');
    await runToEnd(page);
    await expect.poll(() => textOf(lines), SOON).toContain('a line to be read');
    await app.evaluate(({ app: electron }) => electron.setAccessibilitySupportEnabled(false));
    await lines.waitFor({ state: 'detached' });
    await closeUnsaved(page);
  });
});

describe('the keyboard', () => {
  const focusedPart = (page: Page): Promise<string> =>
    page.evaluate(() => {
      const parts = [
        '.toolbar',
        '.explorer',
        '.editor-pane',
        '.inspector',
        '.console-pane',
        '.status-bar',
      ];
      return parts.find((part) => document.activeElement?.closest(part) !== null) ?? 'none';
    });

  it('walks through the parts of the window with F6, and back with Shift+F6', async () => {
    const { page } = workbench;
    await page.keyboard.press('Control+1');
    const seen: string[] = [];
    for (const key of [...Array<string>(6).fill('F6'), ...Array<string>(6).fill('Shift+F6')]) {
      await page.keyboard.press(key);
      await page.waitForTimeout(150);
      seen.push(await focusedPart(page));
    }
    const round = [
      '.inspector',
      '.console-pane',
      '.status-bar',
      '.toolbar',
      '.explorer',
      '.editor-pane',
    ];
    expect(seen).toEqual([...round, ...round.slice(0, -1).reverse(), '.editor-pane']);
  });

  it.each([
    ['a list that is left', 'Control+Shift+P', 'Escape'],
    ['the list of keys', 'Control+K Control+S', 'Escape'],
    ['the side bar that is hidden', 'Control+Shift+E', 'Control+B'],
    ['the inspector that is hidden', 'Alt+2', 'Control+Alt+B'],
    ['the panel that is hidden', 'Control+Shift+M', 'Control+J'],
  ])('comes back to the editor from %s', async (_what, go, leave) => {
    const { page } = workbench;
    await page.keyboard.press('Control+1');
    await expect.poll(() => focusedPart(page), SOON).toBe('.editor-pane');
    for (const key of go.split(' ')) {
      await page.keyboard.press(key);
    }
    await expect.poll(() => focusedPart(page), SOON).not.toBe('.editor-pane');
    await page.keyboard.press(leave);
    await expect.poll(() => focusedPart(page), SOON).toBe('.editor-pane');
    if (leave !== 'Escape') {
      await page.keyboard.press(leave);
    }
  });

  it('is not waited for by the editor after a chord that was ours', async () => {
    const { page } = workbench;
    await newScript(page, 'one');
    await page.keyboard.press('Control+K');
    await page.keyboard.press('Control+S');
    await page.locator('.quick-pick').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.editor-pane .monaco-editor.focused').waitFor();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('two');
    const lines = page.locator('.editor-pane:visible .view-line');
    await expect.poll(() => lines.allTextContents(), SOON).toEqual(['two']);
    await closeUnsaved(page);
  });

  it('is in the welcome when the last editor is closed', async () => {
    const { page } = workbench;
    await page.keyboard.press('Control+1');
    while ((await page.locator('.editor-pane').count()) > 0) {
      const open = await page.locator('.editor-pane').count();
      await page.keyboard.press('Control+W');
      await page.waitForTimeout(200);
      if (await page.getByRole('button', { name: "Don't Save" }).isVisible()) {
        await page.getByRole('button', { name: "Don't Save" }).click();
      }
      await expect.poll(() => page.locator('.editor-pane').count(), SOON).toBe(open - 1);
    }
    await page.locator('.welcome').first().waitFor();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.closest('.welcome') != null), SOON)
      .toBe(true);
  });
});
