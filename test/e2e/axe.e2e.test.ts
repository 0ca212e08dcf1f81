// Every view in every theme, checked by axe in the real window: nothing serious, nothing critical.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Workbench } from './support/workbench.ts';
import {
  endWorkbench,
  makeFolder,
  removeFolder,
  runCommand,
  runToEnd,
  startWorkbench,
} from './support/workbench.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const THEMES = ['Dark Theme', 'Light Theme', 'High Contrast Theme'] as const;

interface ViewUnderTest {
  /** Brings it to the front, from whatever is there. */
  readonly show: (page: Page) => Promise<void>;
  /** What is visible then, and only then. */
  readonly seen: string;
}

const byCommand = (title: string) => (page: Page) => runCommand(page, title);

const VIEWS: Readonly<Record<string, ViewUnderTest>> = {
  'the editor and the console': {
    show: byCommand('View: Console'),
    seen: '.editor-pane .view-line, .console-terminal .xterm-rows',
  },
  'the problems': { show: byCommand('View: Problems'), seen: '.problems .row' },
  'the welcome': { show: byCommand('Help: Welcome'), seen: '.gallery-card' },
  'an explained fault': { show: byCommand('View: Fault'), seen: '.fault-line.is-guilty' },
  'the tables': {
    show: async (page) => {
      await runCommand(page, 'View: Tables');
      await page.getByRole('textbox', { name: 'Go to StreamID and SubstreamID' }).fill('0x10');
      await page.keyboard.press('Enter');
    },
    seen: '.inspector-tables .fields',
  },
  'the registers': {
    show: async (page) => {
      await runCommand(page, 'View: Registers');
      await press(page, 'ArrowDown', 'ArrowDown');
    },
    seen: '.inspector-registers .fields',
  },
  'the queues': {
    show: async (page) => {
      await runCommand(page, 'View: Queues');
      await press(page, 'ArrowDown');
    },
    seen: '.inspector-queues .inspector-detail',
  },
  'the caches': {
    show: async (page) => {
      await runCommand(page, 'View: Caches');
      await press(page, 'ArrowDown');
    },
    seen: '.inspector-caches .inspector-detail',
  },
  'the interrupts': {
    show: async (page) => {
      await runCommand(page, 'View: Interrupts');
      await press(page, 'ArrowDown');
    },
    seen: '.inspector-interrupts .inspector-detail',
  },
  'the kernel objects': {
    show: async (page) => {
      await runCommand(page, 'View: Kernel');
      await press(page, 'ArrowDown');
    },
    seen: '.inspector-software .inspector-detail',
  },
  'the map of a domain': {
    show: async (page) => {
      await runCommand(page, 'View: Kernel');
      await page.getByRole('combobox', { name: 'Kernel objects' }).selectOption('domains');
      await page.locator('.inspector-software .list-row').first().click();
      await page.getByRole('button', { name: /^IOVA map/ }).click();
    },
    seen: '.inspector-software .inspector-note >> text=maps',
  },
  'the topology': {
    show: async (page) => {
      await runCommand(page, 'View: Topology');
      await press(page, 'ArrowDown', 'ArrowRight');
    },
    seen: '.topology-box.is-selected',
  },
  memory: {
    show: async (page) => {
      await runCommand(page, 'View: Fault');
      await page.locator('.fault-line.is-guilty .link').click();
    },
    seen: '.inspector-memory .history',
  },
  'the debugger': { show: byCommand('View: Debug'), seen: '.debug-pane' },
  'the menu of the gutter': {
    show: async (page) => {
      await runCommand(page, 'View: Focus Editor');
      const number = page.locator('.editor-pane .line-numbers', { hasText: /^3$/ }).first();
      const box = await number.boundingBox();
      const [x, y] = [(box?.x ?? 0) - 10, (box?.y ?? 0) + 8];
      await page.mouse.click(x, y, { button: 'right' });
    },
    seen: '.context-menu-item',
  },
  'the box of a breakpoint': {
    show: byCommand('Debug: Add Conditional Breakpoint'),
    seen: '.debug-input',
  },
  'the debug console': { show: byCommand('View: Debug Console'), seen: '.debug-console' },
  'the trace': { show: byCommand('View: Trace'), seen: '.trace-split' },
  'the settings': {
    show: byCommand('Preferences: Open User Settings (JSON)'),
    seen: '.editor-pane .view-line >> text="{"',
  },
  'the keys': {
    show: byCommand('Preferences: Open Keyboard Shortcuts'),
    seen: '.quick-pick-item >> text="run.start"',
  },
  'the question for a key': {
    show: async (page) => {
      await runCommand(page, 'Preferences: Open Keyboard Shortcuts');
      await page.locator('.quick-pick-item').first().waitFor();
      await page.keyboard.type('view.toggleSidebar');
      await press(page, 'Enter', 'F4');
    },
    seen: '.key-box',
  },
  'the command palette': {
    show: (page) => page.keyboard.press('Control+Shift+P'),
    seen: '.quick-pick-item',
  },
  'the search in the console': {
    show: byCommand('Find in Console'),
    seen: '.console-find',
  },
};

async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await page.keyboard.press(key);
    await page.waitForTimeout(60);
  }
}

/** `rule: selector` of everything serious or critical. */
async function violations(page: Page): Promise<string[]> {
  const { violations: found } = (await page.evaluate('axe.run()')) as AxeResults;
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
    );
}

describe.each(THEMES)('in the %s', (theme) => {
  const folder = makeFolder();
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await startWorkbench(join(folder, 'user'));
    const { page } = workbench;
    await page.evaluate(`${AXE};0`);
    await runCommand(page, theme);
    await runToEnd(page);
    await page.locator('.fault-text').waitFor();
  });

  afterAll(async () => {
    await endWorkbench(workbench);
    removeFolder(folder);
  });

  it.each(Object.entries(VIEWS))(
    'axe finds nothing serious in %s',
    async (_name, { show, seen }) => {
      const { page } = workbench;
      await show(page);
      await page.locator(seen).first().waitFor();
      await page.waitForTimeout(200);
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
    },
  );

  it('axe is looking: an unnamed button is found', async () => {
    const { page } = workbench;
    await page.evaluate(() => {
      document.querySelector('.toolbar')?.append(document.createElement('button'));
    });
    expect(await violations(page)).toEqual([expect.stringMatching(/^button-name: /)]);
  });
});
