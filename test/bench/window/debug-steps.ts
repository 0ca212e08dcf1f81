// From the key F10 to the repainted line and variables, in the window.

import type { Page } from 'playwright-core';

const STEPS = 60;
const BETWEEN_MS = 120;

/** Figures of stepping, milliseconds. */
export interface StepFigures {
  readonly step_p50_ms: number;
  readonly step_p95_ms: number;
}

/** Steps through a script that is open and loops long enough. */
export async function stepFigures(page: Page): Promise<StepFigures> {
  await page.locator('.status-bar.is-idle').waitFor();
  await page.keyboard.press('F10');
  await page.locator('.status-bar.is-paused').waitFor();
  for (let n = 0; n < STEPS; n++) {
    await page.keyboard.press('F10');
    await page.waitForTimeout(BETWEEN_MS);
  }
  const marks = await page.evaluate(() =>
    performance
      .getEntriesByType('mark')
      .filter(({ name }) => /^substream:(step|stopped)$/.test(name))
      .map(({ name, startTime }) => ({ name, startTime })),
  );
  await page.keyboard.press('Shift+F5');
  await page.locator('.status-bar.is-idle').waitFor();
  const times = marks.flatMap(({ name, startTime }, index) => {
    const before = marks[index - 1];
    return name === 'substream:stopped' && before?.name === 'substream:step'
      ? [startTime - before.startTime]
      : [];
  });
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((times[Math.floor(times.length * share)] ?? Number.NaN) * 10) / 10;
  return { step_p50_ms: at(0.5), step_p95_ms: at(0.95) };
}
