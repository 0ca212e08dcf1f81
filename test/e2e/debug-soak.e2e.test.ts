// The debugger started, paused, stepped and ended over and over in one window, in an order that a seed
// decides: an engine that dies of it takes the window with it. `npm run soak -- STARTS [SEED]` is the long
// run of this.

import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { Random } from '../fuzz/random.ts';
import {
  endWorkbench,
  makeFolder,
  newScript,
  removeFolder,
  startWorkbench,
  waitUntilIdle,
} from './support/workbench.ts';

const STARTS = Number(process.env['SUBSTREAM_SOAK'] ?? 12);
const SEED = Number(process.env['SUBSTREAM_SOAK_SEED'] ?? 1);
/** For one start, with all that follows, on a busy machine. */
const START_MS = 15_000;
const MOST_STEPS = 8;
/** Awaits, a callback of the simulator, an event, and a loop that is long enough to be paused. */
const SCRIPT = `const dev = platform_device('a', { sids: [8] });
let sum = 0;
async function later(n: number) {
  await null;
  return n + 1;
}
for (const n of [1, 2]) {
  sum += await later(n);
}
expect_event('F_TRANSLATION', () => {
  dev.dma_read(0x1000n, 4);
});
for (let i = 0; i < 3e8; i++) {
  sum += i % 7;
}
`;

type Act = (page: Page, random: Random) => Promise<void>;

const BEGINNINGS: readonly Act[] = [
  async (page) => {
    await page.keyboard.press('F10');
    await stops(page);
  },
  async (page, random) => {
    await page.keyboard.press('F5');
    await page.waitForTimeout(random.below(400));
    await page.keyboard.press('F6');
    await stops(page);
  },
];

const ENDS: readonly Act[] = [
  (page) => page.keyboard.press('Shift+F5'),
  async (page, random) => {
    await page.keyboard.press('F5');
    await page.waitForTimeout(random.below(300));
    await page.keyboard.press('Shift+F5');
  },
  async (page, random) => {
    await page.keyboard.press('Control+Shift+F5');
    await page.locator('.status-bar.is-running:not(.is-paused)').waitFor({ timeout: START_MS });
    await page.waitForTimeout(random.below(300));
    await page.keyboard.press('Shift+F5');
  },
];

async function stops(page: Page): Promise<void> {
  await page.locator('.status-bar.is-paused').waitFor({ timeout: START_MS });
}

async function steps(page: Page, random: Random): Promise<void> {
  for (let left = random.below(MOST_STEPS); left > 0; left--) {
    await page.keyboard.press(random.below(2) === 0 ? 'F10' : 'F11');
    await page.waitForTimeout(random.below(60));
  }
}

describe('the debugger in one window', () => {
  it(
    `survives ${STARTS} starts and ends`,
    async () => {
      const folder = makeFolder();
      const workbench = await startWorkbench(join(folder, 'user'));
      const { page } = workbench;
      await newScript(page, SCRIPT);
      const random = new Random(SEED);
      for (let start = 0; start < STARTS; start++) {
        await waitUntilIdle(page, START_MS);
        await random.pick(BEGINNINGS)(page, random);
        await steps(page, random);
        await random.pick(ENDS)(page, random);
        if (start % 100 === 99) {
          console.log(`${start + 1} starts`);
        }
      }
      await waitUntilIdle(page, START_MS);
      expect(workbench.complaints).toEqual([]);
      await endWorkbench(workbench);
      removeFolder(folder);
    },
    STARTS * START_MS,
  );
});
