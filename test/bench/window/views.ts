// What the hardware's views cost a person who steps, with a million live PASIDs, and how long an
// explanation takes in a session of a million records.
//
// A refresh is counted from when the page has the stop to the mark `substream:inspected`: every view that
// shows has its answer and is painted. The views wait on purpose until the line is painted and steps in
// quick succession are over (REFRESH_MS in renderer/workbench/workbench.ts); that wait is in the figure.
// An explanation is counted from the key's own time to `substream:explained`, painted too.

import type { Page } from 'playwright-core';
import type { PaintDetail } from '../../../renderer/base/dom.ts';
import { rounded } from '../measure.ts';

/** 2^20 CDs in a linear table that the script writes, then a loop that changes one of them. */
export const MILLION = `machine.configure({ ram: { base: 0x40000000, size: 0x40000000 } });
const dev = platform_device('a', { sids: [0x10], ssid_bits: 4 });
const domain = iommu_domain_alloc(dev.bus)!;
iommu_attach_device(domain, dev);
const STE = 0x40008400n;
const TABLE = 0x60000000n;
const cd = new Uint8Array(64);
const page = new Uint8Array(65536);
cd.set([0x10, 0x35, 0, 0x80, 5, 0x62, 2, 0]);
for (let at = 0; at < page.length; at += 64) page.set(cd, at);
for (let at = 0; at < 1024; at++) phys_write(TABLE + BigInt(at * 65536), page);
const ste = phys_read(STE, 8);
new DataView(ste.buffer).setBigUint64(0, 0xbn | TABLE | (20n << 59n), true);
phys_write(STE, ste);
dev.dma_read(0x1000n, 4);
debugger;
for (let n = 0; n < 1e6; n++) {
  cd[6] = n & 255;
  phys_write(TABLE + 700000n * 64n, cd);
}
`;

/** A million records, with a fault now and then. */
export const RECORDS = `const dev = platform_device('a', { sids: [0x10] });
const domain = iommu_domain_alloc(dev.bus)!;
iommu_attach_device(domain, dev);
const page = alloc_pages(0)!;
iommu_map(domain, 0x1000n, page_to_phys(page), SZ_4K, IOMMU_READ);
for (let n = 0; n < 100; n++) {
  dev.dma_write(0x1000n + BigInt(n & 7), new Uint8Array(1));
  for (let m = 0; m < 5000; m++) dev.dma_read(0x1000n, 4);
}
`;

const STEPS = 60;
const BETWEEN_MS = 250;
const SPREAD_MS = 37;
const EXPLANATIONS = 40;
const LOAD_MS = 180_000;

/** Milliseconds. */
export interface ViewFigures {
  readonly view_refresh_p50_ms: number;
  readonly view_refresh_p95_ms: number;
}

/** Milliseconds. */
export interface ExplainFigures {
  readonly explain_ms: number;
  readonly explain_p95_ms: number;
}

interface Mark {
  readonly name: string;
  readonly startTime: number;
  readonly detail: PaintDetail | null;
}

/** Steps through {@link MILLION}, which is open, while TABLES shows the CD that changes. */
export async function viewFigures(page: Page): Promise<ViewFigures> {
  await page.locator('.status-bar.is-idle').waitFor();
  await page.keyboard.press('F5');
  await page.locator('.status-bar.is-paused').waitFor({ timeout: LOAD_MS });
  await page.keyboard.press('Alt+2');
  const goTo = page.getByRole('textbox', { name: 'Go to StreamID and SubstreamID' });
  await goTo.waitFor({ timeout: LOAD_MS });
  await goTo.fill('0x10 700000');
  await goTo.press('Enter');
  await page.locator('.tree-title', { hasText: 'CD 700000' }).waitFor({ timeout: LOAD_MS });
  await page.keyboard.press('Control+1');
  await page.evaluate(() => performance.clearMarks());
  for (let n = 0; n < STEPS; n++) {
    await page.keyboard.press('F10');
    await page.waitForTimeout(BETWEEN_MS + ((n * 7) % SPREAD_MS));
  }
  const times = refreshes(await marksOf(page));
  await page.keyboard.press('Shift+F5');
  await page.locator('.status-bar.is-idle').waitFor();
  if (times.length < STEPS / 2) {
    throw new Error(`only ${times.length} of ${STEPS} steps refreshed the views`);
  }
  return {
    view_refresh_p50_ms: quantile(times, 0.5),
    view_refresh_p95_ms: quantile(times, 0.95),
  };
}

/** Asks for explanations of different events of {@link RECORDS}, which is open. */
export async function explainFigures(page: Page): Promise<ExplainFigures> {
  await page.locator('.status-bar.is-idle').waitFor();
  await page.keyboard.press('Control+F5');
  await page
    .locator('.status-bar.is-idle .status-state', { hasText: /done|ended/ })
    .waitFor({ timeout: LOAD_MS });
  await page.keyboard.press('Alt+1');
  await page.locator('.fault-line.is-guilty').waitFor({ timeout: LOAD_MS });
  await page.evaluate(() => performance.clearMarks());
  for (let n = 0; n < EXPLANATIONS; n++) {
    await page.evaluate(() => performance.mark('bench:asked'));
    await page.getByRole('button', { name: /previous event/i }).click();
    await page.waitForTimeout(BETWEEN_MS);
  }
  const times = pairs(await marksOf(page), 'bench:asked', 'substream:explained');
  if (times.length < EXPLANATIONS / 2) {
    throw new Error(`only ${times.length} of ${EXPLANATIONS} explanations were painted`);
  }
  return { explain_ms: quantile(times, 0.5), explain_p95_ms: quantile(times, 0.95) };
}

function marksOf(page: Page): Promise<Mark[]> {
  return page.evaluate(() =>
    performance.getEntriesByType('mark').map((mark): Mark => {
      const { name, startTime, detail } = mark as PerformanceMark;
      return { name, startTime, detail };
    }),
  );
}

/** From each stop to the first refresh that was ready after it; a stop without one is passed over. */
function refreshes(marks: readonly Mark[]): number[] {
  const stops = marks.filter(({ name }) => name === 'substream:stopped');
  const inspected = marks.filter(({ name }) => name === 'substream:inspected');
  return stops.flatMap(({ detail }, at) => {
    const from = detail?.ready ?? 0;
    const next = stops[at + 1]?.detail?.ready ?? Number.POSITIVE_INFINITY;
    const shown = inspected.find((mark) => (mark.detail?.ready ?? 0) >= from);
    return shown === undefined || shown.startTime >= next ? [] : [shown.startTime - from];
  });
}

function pairs(marks: readonly Mark[], first: string, second: string): number[] {
  const times: number[] = [];
  let from: number | undefined;
  for (const { name, startTime } of marks) {
    if (name === first) {
      from = startTime;
    } else if (name === second && from !== undefined) {
      times.push(startTime - from);
      from = undefined;
    }
  }
  return times;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return rounded(sorted[Math.floor(sorted.length * share)] ?? Number.NaN);
}
