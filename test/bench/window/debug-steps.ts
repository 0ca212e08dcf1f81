// From the key F10 to the repainted line and variables, in the window.
//
// The clock starts with the key event's own time: when the browser got the key, before any code of the
// page. It stops at the mark `substream:stopped`, which the page sets in the task behind the frame that
// draws the new line, its values and the variables (markWhenPainted in renderer/base/dom.ts): style,
// layout and paint of that frame are in the figure, and so is the wait for it: at 60 Hz anything up to
// 16.7 ms, whatever the page does. The work is the figure without that wait. What the compositor and the
// screen need after the paint is in neither. Steps come at times that do not beat with the frames.

import type { Page } from 'playwright-core';
import type { PaintDetail } from '../../../renderer/base/dom.ts';
import { rounded } from '../measure.ts';

const STEPS = 200;
const BETWEEN_MS = 120;
/** Spread of the pause between two steps, more than a frame. */
const SPREAD_MS = 37;
/** Steps that warm up what a person's first steps have warmed. */
const WARM = 10;

/** Figures of stepping, milliseconds. */
export interface StepFigures {
  readonly step_p50_ms: number;
  readonly step_p95_ms: number;
  /** Without the wait for the screen's next frame. */
  readonly step_work_p50_ms: number;
  readonly step_work_p95_ms: number;
}

/** A key has no detail. */
interface Mark {
  readonly startTime: number;
  readonly detail: PaintDetail | null;
}

interface Step {
  readonly total: number;
  readonly work: number;
}

/** Steps through a script that is open and loops long enough. */
export async function stepFigures(page: Page): Promise<StepFigures> {
  await page.locator('.status-bar.is-idle').waitFor();
  await page.keyboard.press('F10');
  await page.locator('.status-bar.is-paused').waitFor();
  await page.evaluate(() =>
    addEventListener(
      'keydown',
      ({ key, timeStamp }) => {
        if (key === 'F10') {
          performance.mark('bench:key', { startTime: timeStamp });
        }
      },
      { capture: true },
    ),
  );
  for (let n = 0; n < WARM + STEPS; n++) {
    await page.keyboard.press('F10');
    await page.waitForTimeout(BETWEEN_MS + ((n * 7) % SPREAD_MS));
  }
  const marks = await page.evaluate(() =>
    performance
      .getEntriesByType('mark')
      .filter(({ name }) => name === 'bench:key' || name === 'substream:stopped')
      .map((mark): Mark => {
        const { startTime, detail } = mark as PerformanceMark;
        return { startTime, detail };
      }),
  );
  await page.keyboard.press('Shift+F5');
  await page.locator('.status-bar.is-idle').waitFor();
  const steps = stepsOf(marks);
  if (steps.length < STEPS) {
    throw new Error(`only ${steps.length} of ${WARM + STEPS} steps were painted`);
  }
  const counted = steps.slice(WARM);
  const total = counted.map((step) => step.total);
  const work = counted.map((step) => step.work);
  return {
    step_p50_ms: quantile(total, 0.5),
    step_p95_ms: quantile(total, 0.95),
    step_work_p50_ms: quantile(work, 0.5),
    step_work_p95_ms: quantile(work, 0.95),
  };
}

/** From the first key after a stop to the next stop: a key that comes too early is passed over. */
function stepsOf(marks: readonly Mark[]): readonly Step[] {
  const steps: Step[] = [];
  let key: number | undefined;
  for (const { startTime, detail } of marks) {
    if (detail === null) {
      key ??= startTime;
    } else if (key !== undefined) {
      const total = startTime - key;
      steps.push({ total, work: total - Math.max(0, detail.frame - detail.ready) });
      key = undefined;
    }
  }
  return steps;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return rounded(sorted[Math.floor(sorted.length * share)] ?? Number.NaN);
}
