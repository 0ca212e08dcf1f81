// What `kill -9` costs a person who types: ended at a moment that nobody chose, started again, and the
// time between the kill and the last character that is still there. The file on the disk stays as it was.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { ensure } from '../../../sim/base/assert.ts';
import { inWindow } from './in-window.ts';

/** Shortest and longest time of typing before a kill, milliseconds: the steps spread the kills over it. */
const TYPING_MS = { shortest: 300, longest: 2700 } as const;
const BETWEEN_KEYS_MS = 15;
/** The editor has scrolled and painted by then. */
const PAINT_MS = 400;
/** Steps through the fractions without ever repeating one (the golden ratio's). */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const SAVED = '// saved\n';
const NEWER = '// somebody else was here meanwhile\n';

/** Figures of kills. */
export interface KillFigures {
  /** Longest time of typing that a kill took away, milliseconds. */
  readonly kill9_lost_ms: number;
  readonly kill9_lost_p50_ms: number;
  readonly kills: number;
  /** Kills after which the file on the disk was not what was last written to it by somebody else. */
  readonly kill9_overwritten: number;
  /** Kills after which the text that came back was not a beginning of the text that was typed. */
  readonly kill9_damaged: number;
}

/** Kills the workbench `kills` times. After every third one somebody else changes the file meanwhile. */
export async function killFigures(electron: string, kills: number): Promise<KillFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'substream-bench-'));
  const file = join(folder, 'typed.ts');
  let onDisk = SAVED;
  let typed: readonly number[] | undefined;
  let killed = 0;
  let overwritten = 0;
  let damaged = 0;
  const lost: number[] = [];
  writeFileSync(file, onDisk);
  for (let n = 0; n <= kills; n++) {
    await inWindow([electron, join(folder, 'user'), file], async ({ page, kill }) => {
      await page.locator('.editor-pane .view-line').first().waitFor();
      if (typed !== undefined) {
        const kept = await keptLines(page);
        damaged += kept === undefined ? 1 : 0;
        lost.push(lostTime(typed, kept ?? 0, killed));
        overwritten += readFileSync(file, 'utf8') === onDisk ? 0 : 1;
      }
      if (n < kills) {
        const fraction = (n * GOLDEN) % 1;
        const { shortest, longest } = TYPING_MS;
        typed = await typeFor(page, shortest + fraction * (longest - shortest));
        killed = Date.now();
        await kill();
      }
    });
    onDisk = n % 3 === 2 ? `${NEWER}// ${n}\n` : onDisk;
    writeFileSync(file, onDisk);
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  lost.sort((a, b) => a - b);
  return {
    kill9_lost_ms: Math.round(lost.at(-1) ?? Number.NaN),
    kill9_lost_p50_ms: Math.round(lost[Math.floor(lost.length / 2)] ?? Number.NaN),
    kills: lost.length,
    kill9_overwritten: overwritten,
    kill9_damaged: damaged,
  };
}

/** Types numbered lines over all that is there. When each was typed, milliseconds since 1970. */
async function typeFor(page: Page, duration: number): Promise<readonly number[]> {
  await focusEditor(page);
  await page.keyboard.press('Control+A');
  const times: number[] = [];
  const end = Date.now() + duration;
  while (Date.now() < end) {
    await page.keyboard.insertText(`${times.length + 1}\n`);
    times.push(Date.now());
    await page.waitForTimeout(BETWEEN_KEYS_MS);
  }
  return times;
}

/** How many numbered lines came back; undefined when the text is neither those nor the file's own. */
async function keptLines(page: Page): Promise<number | undefined> {
  await page.getByRole('tab', { name: /^typed\.ts/ }).waitFor();
  await page.locator('.status-bar.is-idle').waitFor();
  const question = page.getByRole('dialog');
  if (await question.isVisible()) {
    await question.getByRole('button', { name: 'Keep My Changes' }).click();
  }
  await focusEditor(page);
  const [first] = await linesAfter(page, 'Control+Home');
  if (first?.startsWith('//') === true) {
    return 0;
  }
  const last = (await linesAfter(page, 'Control+End')).filter((line) => line !== '').at(-1);
  const [, line] =
    /Ln (\d+)/.exec((await page.locator('.status-cursor').textContent()) ?? '') ?? [];
  return first === '1' && Number(last) === Number(line) - 1 ? Number(last) : undefined;
}

/** The lines that the editor shows, in order, after a key. */
async function linesAfter(page: Page, key: string): Promise<readonly string[]> {
  await page.keyboard.press(key);
  await page.waitForTimeout(PAINT_MS);
  const lines = await page
    .locator('.editor-pane .view-line')
    .evaluateAll((all) =>
      all.map((one) => ({ top: one.getBoundingClientRect().top, text: one.textContent ?? '' })),
    );
  return lines.sort((a, b) => a.top - b.top).map(({ text }) => text.replaceAll('\u00a0', ' '));
}

async function focusEditor(page: Page): Promise<void> {
  await page.keyboard.press('Control+1');
  await page.locator('.editor-pane .monaco-editor.focused').waitFor();
}

/** Typing that is gone: from the first line that did not come back to the kill. */
function lostTime(typed: readonly number[], kept: number, killed: number): number {
  return kept >= typed.length ? 0 : killed - ensure(typed[kept], 'a line that was typed');
}
