// The window's figures, measured in the real Electron by a process of its own: it may have to build first.
// Without an Electron or a display the figures are null, and the reason goes to the error output.

import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Figures, Topic } from './measure.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
/** More take long; `node scripts/bench-window.mjs 7` gives medians. */
const ROUNDS = '1';
/** `node scripts/bench-window.mjs kills` makes fifty, in four minutes. */
const KILLS = '10';
const LIMIT_MS = 120_000;
const NOTHING = {
  cold_start_ms: null,
  warm_start_ms: null,
  window_run_to_first_fault_ms: null,
  timeline_p95_frame_ms: null,
  timeline_records_s: null,
};
const NO_STEPS = {
  step_p50_ms: null,
  step_p95_ms: null,
  step_work_p50_ms: null,
  step_work_p95_ms: null,
};
const NO_VIEWS = {
  view_refresh_p50_ms: null,
  view_refresh_p95_ms: null,
  explain_ms: null,
  explain_p95_ms: null,
};
const NO_KILLS = {
  kill9_lost_ms: null,
  kill9_lost_p50_ms: null,
  kills: null,
  kill9_overwritten: null,
  kill9_damaged: null,
};

/** Steps of the debugger, from the key to the repainted line. */
export function windowSteps(): Figures {
  return inWindow(['steps'], NO_STEPS);
}

function inWindow(what: readonly string[], nothing: Figures): Figures {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['scripts/bench-window.mjs', ...what],
    { cwd: ROOT, encoding: 'utf8', timeout: LIMIT_MS },
  );
  if (status !== 0) {
    const why = stderr.split('\n').find((line) => line.includes('Error')) ?? stderr.trim();
    console.error(`window: not measured: ${why}`);
    return nothing;
  }
  return JSON.parse(stdout.slice(stdout.indexOf('{'))) as Figures;
}

export const windowTopic: Topic = { name: 'window', run: () => inWindow([ROUNDS], NOTHING) };

export const killsTopic: Topic = {
  name: 'kills',
  run: () => inWindow(['kills', KILLS], NO_KILLS),
};

export const viewsTopic: Topic = { name: 'views', run: () => inWindow(['views'], NO_VIEWS) };
