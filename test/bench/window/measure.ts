// How long a person waits for the window: from the start of the process to a usable editor, from Run to
// the first fault on the screen (the page marks both when painted), and from frame to frame while a
// script fills the trace that is looked at.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { StepFigures } from './debug-steps.ts';
import { stepFigures } from './debug-steps.ts';
import type { Measured } from './in-window.ts';
import { inWindow, ROOT } from './in-window.ts';
import type { ExplainFigures, ViewFigures } from './views.ts';
import { explainFigures, MILLION, RECORDS, viewFigures } from './views.ts';

const START_LIMIT_MS = 60_000;
const EXAMPLE = join(ROOT, 'examples/aux-domains.ts');
/** A device that reads for longer than is measured. */
const BUSY = `const dev = platform_device('busy0', { ssid_bits: 8 });
const domain = iommu_domain_alloc(dev.bus)!;
iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 0, null);
iommu_attach_device(domain, dev);
const page = alloc_pages(0)!;
iommu_map(domain, 0x1000, page_to_phys(page), SZ_4K, IOMMU_READ);
const options = { pasid: 1 };
for (;;) {
  dev.dma_read(0x1000, 4, options);
  udelay(1);
}
`;
/** Three statements a round, and variables that change. */
const STEPPED = `const dev = platform_device('a', {});
let sum = 0;
for (let i = 0; i < 1e6; i++) {
  sum += i;
  const big = BigInt(sum);
  pr_debug('%p', big);
}
`;
const SETTLE_MS = 1500;
const FRAMES_MS = 4000;
/** Evaluated in the page: milliseconds between the frames of FRAMES_MS. */
const FRAMES = `new Promise((done) => {
  const times = [];
  const end = performance.now() + ${FRAMES_MS};
  let last;
  const frame = (now) => {
    if (last !== undefined) times.push(now - last);
    last = now;
    if (now < end) requestAnimationFrame(frame);
    else done(times);
  };
  requestAnimationFrame(frame);
})`;

/** Medians, milliseconds. */
export interface WindowFigures {
  /** Process start to usable editor, with a profile that was never used (no code cache). */
  readonly cold_start_ms: number;
  /** The same with a profile that was used before. */
  readonly warm_start_ms: number;
  /** Ctrl+F5 to the example's first fault painted in the console, session warm. */
  readonly window_run_to_first_fault_ms: number;
  /** 95 of 100 frames are at most this far apart while records arrive and the timeline is shown. */
  readonly timeline_p95_frame_ms: number;
  /** Records that arrived in a second meanwhile. */
  readonly timeline_records_s: number;
}

/** Measures in the Electron at `electron`; DISPLAY must be set. `rounds` of each, the median counts. */
export async function measureWindow(electron: string, rounds = 7): Promise<WindowFigures> {
  const cold: number[] = [];
  const warm: number[] = [];
  const runs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const profile = mkdtempSync(join(tmpdir(), 'substream-bench-'));
    cold.push(await inWindow([electron, profile, EXAMPLE], startTime));
    warm.push(
      await inWindow([electron, profile, EXAMPLE], async (window) => {
        const time = await startTime(window);
        runs.push(await runTime(window.page));
        return time;
      }),
    );
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
  return {
    cold_start_ms: median(cold),
    warm_start_ms: median(warm),
    window_run_to_first_fault_ms: median(runs),
    ...(await busyTimeline(electron)),
  };
}

/** Measures steps of the debugger, in the same way. */
export function measureSteps(electron: string): Promise<StepFigures> {
  return withScript(electron, 'stepped.ts', STEPPED, stepFigures);
}

/** Measures the views of the hardware. */
export async function measureViews(electron: string): Promise<ViewFigures & ExplainFigures> {
  return {
    ...(await withScript(electron, 'million.ts', MILLION, viewFigures)),
    ...(await withScript(electron, 'records.ts', RECORDS, explainFigures)),
  };
}

async function withScript<T>(
  electron: string,
  name: string,
  text: string,
  measure: (page: Page) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'substream-bench-'));
  const script = join(folder, name);
  writeFileSync(script, text);
  const figures = await inWindow([electron, folder, script], async (window) => {
    await startTime(window);
    return await measure(window.page);
  });
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  return figures;
}

/** Looks at the timeline of a run that does not end. */
async function busyTimeline(
  electron: string,
): Promise<Pick<WindowFigures, 'timeline_p95_frame_ms' | 'timeline_records_s'>> {
  const folder = mkdtempSync(join(tmpdir(), 'substream-bench-'));
  const script = join(folder, 'busy.ts');
  writeFileSync(script, BUSY);
  const figures = await inWindow([electron, folder, script], async (window) => {
    const { page } = window;
    await startTime(window);
    await page.locator('.status-bar.is-idle').waitFor();
    await page.keyboard.press('Control+F5');
    await page.keyboard.press('Control+Shift+T');
    await page.locator('.trace-timeline canvas').waitFor();
    await page.waitForTimeout(SETTLE_MS);
    const before = await recordsShown(page);
    const start = Date.now();
    const times = await page.evaluate<number[]>(FRAMES);
    const records = (await recordsShown(page)) - before;
    const seconds = (Date.now() - start) / 1000;
    times.sort((a, b) => a - b);
    return {
      timeline_p95_frame_ms: Math.round(times[Math.floor(times.length * 0.95)] ?? Number.NaN),
      timeline_records_s: Math.round(records / seconds),
    };
  });
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  return figures;
}

async function recordsShown(page: Page): Promise<number> {
  const text = await page.locator('.trace-count').textContent();
  return Number(text?.replace(/\D/g, ''));
}

/** When the first editor was painted, counted from the start of the process. */
async function startTime({ page, spawned }: Measured): Promise<number> {
  return (await markTime(page, 'substream:editor', 1)) - spawned;
}

/** From the key to the fault, of the second run: the first one has warmed what stays warm. */
async function runTime(page: Page): Promise<number> {
  for (const count of [1, 2]) {
    await page.locator('.status-bar.is-idle').waitFor();
    await page.keyboard.press('Control+F5');
    await markTime(page, 'substream:first-fault', count);
  }
  return (
    (await markTime(page, 'substream:first-fault', 2)) - (await markTime(page, 'substream:run', 2))
  );
}

/** Time of the `count`-th mark of a name, milliseconds since 1970; waits until it is there. */
async function markTime(page: Page, name: string, count: number): Promise<number> {
  const time = await page.waitForFunction(
    ([wanted, index]) => {
      const mark = performance.getEntriesByName(String(wanted))[Number(index) - 1];
      return mark === undefined ? undefined : performance.timeOrigin + mark.startTime;
    },
    [name, count] as const,
    { timeout: START_LIMIT_MS, polling: 10 },
  );
  return Number(await time.jsonValue());
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN);
}
