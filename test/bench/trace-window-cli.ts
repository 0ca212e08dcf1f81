// Entry of scripts/bench-window.mjs for the trace view: frames of the real window while a session fills it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { _electron } from 'playwright-core';

/** Frames that are looked at: ten seconds. */
const FRAMES = 600;
/** Records come for longer than that. */
const SCRIPT = `const dev = platform_device('a', { ssid_bits: 8 });
const d = iommu_domain_alloc(dev.bus)!;
iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 0, null);
iommu_attach_device(d, dev);
const block = alloc_pages(9)!;
iommu_map(d, 0x40000000, page_to_phys(block), 0x200000, IOMMU_READ);
const options = { pasid: 1 };
for (let round = 0; round < 1000000; round++) {
  dev.dma_read(0x40000000, 0x4000, options);
  dev.dma_read(0x40000000 + (round % 512) * 4096, 64, options);
}
`;

/** Times between frames, milliseconds, sorted. */
function frameTimes(page: Page): Promise<number[]> {
  return page.evaluate(
    (frames) =>
      new Promise<number[]>((done) => {
        const times: number[] = [];
        let last = performance.now();
        const tick = (now: number): void => {
          times.push(now - last);
          last = now;
          if (times.length < frames) {
            requestAnimationFrame(tick);
          } else {
            done(times.sort((a, b) => a - b));
          }
        };
        requestAnimationFrame(tick);
      }),
    FRAMES,
  );
}

async function recordsShown(page: Page): Promise<number> {
  const text = (await page.locator('.trace-count').textContent()) ?? '';
  return Number(text.replace(/\D/g, ''));
}

async function measure(page: Page): Promise<Readonly<Record<string, number>>> {
  await page.locator('.status-bar.is-idle').waitFor();
  await page.keyboard.press('Control+N');
  await page.locator('.editor-pane').last().waitFor();
  await page.keyboard.press('Control+1');
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(SCRIPT);
  await page.keyboard.press('Control+Shift+T');
  await page.keyboard.press('Control+F5');
  await page.locator('.trace-count').waitFor();
  const [before, start] = [await recordsShown(page), performance.now()];
  const times = await frameTimes(page);
  const seconds = (performance.now() - start) / 1000;
  const rate = ((await recordsShown(page)) - before) / seconds;
  await page.keyboard.press('Shift+F5');
  await page.locator('.status-bar:not(.is-running):not(.is-stopping)').waitFor();
  return {
    timeline_p95_frame_ms: Math.round((times[Math.floor(FRAMES * 0.95)] ?? 0) * 10) / 10,
    timeline_records_s: Math.round(rate),
  };
}

const [electron = ''] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), 'substream-bench-'));
const sandbox = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const app = await _electron.launch({
  executablePath: electron,
  args: [...sandbox, `--user-data-dir=${profile}`, process.env['SUBSTREAM_APP'] ?? resolve('.')],
});
try {
  console.log(JSON.stringify(await measure(await app.firstWindow()), undefined, 2));
} finally {
  await app.evaluate(({ app: own }) => own.exit(0)).catch(() => undefined);
  await app.close().catch(() => undefined);
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
