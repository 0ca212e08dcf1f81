// Every example in the real window, by the keys a person presses: F10 from the first line to the last
// visits the lines of the golden text, and with F9 on each line that has code F5 stops once a pass.
// SUBSTREAM_ALL_LINES=1 sets breakpoints in every example; without it in the shortest ones, since each
// stop takes a tenth of a second.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DebugRig, onLines } from '../support/debug-rig.ts';
import type { Workbench } from './support/workbench.ts';
import {
  endWorkbench,
  makeFolder,
  newScript,
  removeFolder,
  runCommand,
  startWorkbench,
  typeScript,
  waitUntilIdle,
} from './support/workbench.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const GOLDEN = join(import.meta.dirname, '../debug/golden');
/** Lines of an example whose every line gets a breakpoint in the short form. */
const SHORT = process.env['SUBSTREAM_ALL_LINES'] === '1' ? 1000 : 30;
const MOST_STOPS = 400;

const examples = readdirSync(EXAMPLES)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(EXAMPLES, name), 'utf8') }));

/** The line that the editor marks as the one where the script stands, and no other. */
async function markedLine(page: Page): Promise<number> {
  return await page.evaluate(() => {
    const shown = [...document.querySelectorAll('.debug-glyph.is-top')].filter(
      (mark) => mark instanceof HTMLElement && mark.offsetParent !== null,
    );
    const mark = shown[0]?.getBoundingClientRect();
    const numbers = [...document.querySelectorAll('.line-numbers')];
    const beside = numbers.find((number) => {
      const { top, width } = number.getBoundingClientRect();
      return width > 0 && mark !== undefined && Math.abs(top - mark.top) < 2;
    });
    return shown.length === 1 ? Number(beside?.textContent) : Number.NaN;
  });
}

/** Presses a key at a time until the run is over; gives the marked line of each stop. */
async function linesBy(page: Page, key: string): Promise<number[]> {
  await waitUntilIdle(page);
  const lines: number[] = [];
  await page.evaluate(() => performance.clearMarks('substream:stopped'));
  while (lines.length < MOST_STOPS) {
    await page.keyboard.press(key);
    await page.waitForFunction(
      (count) =>
        performance.getEntriesByName('substream:stopped').length > count ||
        document.querySelector('.debug-bar') === null,
      lines.length,
      { polling: 10 },
    );
    if ((await page.locator('.debug-bar').count()) === 0) {
      break;
    }
    lines.push(await markedLine(page));
  }
  return lines;
}

function goldenLines(name: string): readonly number[] {
  const golden = readFileSync(join(GOLDEN, `${name}.txt`), 'utf8').trim();
  return golden.split('\n').map((line) => Number.parseInt(line, 10));
}

describe('every example in the window', () => {
  const folder = makeFolder();
  let workbench: Workbench;
  let page: Page;

  beforeAll(async () => {
    workbench = await startWorkbench(join(folder, 'user'));
    page = workbench.page;
    await newScript(page, '');
  });

  afterAll(async () => {
    await endWorkbench(workbench);
    removeFolder(folder);
  });

  it.each(examples)('$name is stepped through in the order of its golden text', async (example) => {
    await typeScript(page, example.text);
    expect(await linesBy(page, 'F10')).toEqual(goldenLines(example.name));
    await page.locator('.is-idle .status-state', { hasText: /done|ended/ }).waitFor();
  });

  const short = examples.filter(({ text }) => text.split('\n').length <= SHORT);

  it.each(short)('$name stops once a pass at each line that has code', async ({ name, text }) => {
    await typeScript(page, text);
    const lines = text.split('\n').map((_, index) => index + 1);
    await page.keyboard.press('Control+Home');
    for (const _ of lines) {
      await page.keyboard.press('F9');
      await page.keyboard.press('ArrowDown');
    }
    const stops = await linesBy(page, 'F5');
    await runCommand(page, 'Debug: Remove All Breakpoints');
    expect(stops).toEqual(await stopsOverProtocol(name, text, lines));
  });
});

/** Lines of the stops on plain Node, whose breakpoints test/debug/examples.test.ts proves. */
async function stopsOverProtocol(
  file: string,
  text: string,
  lines: readonly number[],
): Promise<readonly number[]> {
  const rig = await DebugRig.launch({ text, file, breakpoints: onLines(...lines) });
  const stops: number[] = [];
  for (let stop = await rig.stop(); stop !== undefined; stop = await rig.after('continue')) {
    stops.push(stop.frames[0]?.line ?? 0);
  }
  rig.dispose();
  return stops;
}
