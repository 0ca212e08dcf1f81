// The debugger's figures: a step of the engine with its variables, the cost of an attached debugger and
// ending an endless loop on plain Node; from the key to the repainted line in the real window.

import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ScriptDebugger } from '../../sim/host/debug/script-debugger.ts';
import { SessionHost } from '../../sim/host/session-host.ts';
import type { BreakpointSet, DebugStop } from '../../sim/protocol/debug.ts';
import type { Figures, Topic } from './measure.ts';
import { median, rounded } from './measure.ts';
import { windowSteps } from './window.ts';

const NONE: BreakpointSet = {
  active: true,
  lines: [],
  functions: [],
  hardware: [],
  exceptions: { caught: false, uncaught: true },
};
const STEPS = 300;
const ROUNDS = 5;
const STEPPED = `const dev = platform_device('a', {});
let sum = 0;
for (let i = 0; i < 1e6; i++) {
  sum += i;
  const big = BigInt(sum);
  pr_debug('%p', big);
}`;
const BUSY = `const dev = platform_device('a', { ssid_bits: 8 });
const d = iommu_domain_alloc(dev.bus)!;
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 0, null) === 0);
assert(iommu_attach_device(d, dev) === 0);
const page = alloc_pages(0)!;
assert(iommu_map(d, 0x1000, page_to_phys(page), SZ_4K, IOMMU_READ) === 0);
const options = { pasid: 1 };
for (let i = 0; i < 150_000; i++) {
  dev.dma_read(0x1000, 4, options);
}`;
/** On the line of the loop's body: true in none of its passes. */
const NEVER = { id: 1, enabled: true, line: 9, condition: 'i < 0' };

function makeHost(): SessionHost {
  return new SessionHost({
    worker: fileURLToPath(new URL('./session-worker.js', import.meta.url)),
  });
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

async function stepTimes(): Promise<number[]> {
  const host = makeHost();
  const request = { file: 'bench.ts', text: STEPPED };
  const debug = new ScriptDebugger({ request, breakpoints: NONE, stopOnEntry: true });
  let stopped: (stop: DebugStop) => void = () => undefined;
  debug.onDidStop((stop) => stopped(stop));
  const next = (): Promise<DebugStop> =>
    new Promise((resolve) => {
      stopped = resolve;
    });
  const entry = next();
  const run = host.run(request, debug);
  await entry;
  const times: number[] = [];
  for (let n = 0; n < STEPS; n++) {
    const started = performance.now();
    const stop = next();
    await debug.next();
    await stop;
    times.push(performance.now() - started);
  }
  await host.stop();
  await run;
  host.dispose();
  return times;
}

/** Milliseconds from the first line of the log to the result; without breakpoints no debugger attaches. */
async function runTime(breakpoints?: BreakpointSet): Promise<number> {
  const host = makeHost();
  const request = { file: 'bench.ts', text: BUSY };
  let started = 0;
  host.onDidOutput(() => {
    started ||= performance.now();
  });
  const debug =
    breakpoints === undefined ? undefined : new ScriptDebugger({ request, breakpoints });
  const { error } = await host.run(request, debug);
  const time = performance.now() - started;
  host.dispose();
  if (error !== undefined) {
    throw new Error(error.message);
  }
  return time;
}

/** Milliseconds until an endless loop is paused, and from there until its thread has ended. */
async function pauseAndStop(): Promise<{ readonly pause: number; readonly stop: number }> {
  const host = makeHost();
  const request = { file: 'bench.ts', text: `pr_info('go');\nlet n = 0;\nfor (;;) {\n  n++;\n}` };
  const debug = new ScriptDebugger({ request, breakpoints: NONE });
  const stops = new Promise<void>((resolve) => debug.onDidStop(() => resolve()));
  const said = new Promise<void>((resolve) => host.onDidOutput(() => resolve()));
  const run = host.run(request, debug);
  await said;
  await delay(100);
  const asked = performance.now();
  await debug.pause();
  await stops;
  const paused = performance.now();
  await host.stop();
  await run;
  const stop = performance.now() - paused;
  host.dispose();
  return { pause: paused - asked, stop };
}

/** What a debugger costs a run: with no breakpoint, with a hot condition, with a hot logpoint. */
async function overheads(): Promise<Figures> {
  const sets = {
    attach_overhead: NONE,
    attach_overhead_condition: { ...NONE, lines: [NEVER] },
    attach_overhead_logpoint: { ...NONE, lines: [{ ...NEVER, logMessage: 'i is {i}' }] },
  };
  const ratios = Object.entries(sets).map(([key, set]) => ({ key, set, list: [] as number[] }));
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await runTime();
    for (const { set, list } of ratios) {
      list.push((await runTime(set)) / alone);
    }
  }
  return Object.fromEntries(ratios.map(({ key, list }) => [key, hundredth(median(list))]));
}

async function run(): Promise<Figures> {
  const steps = await stepTimes();
  const costs = await overheads();
  const ends: Awaited<ReturnType<typeof pauseAndStop>>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ends.push(await pauseAndStop());
  }
  return {
    engine_step_p50_ms: hundredth(percentile(steps, 0.5)),
    engine_step_p95_ms: hundredth(percentile(steps, 0.95)),
    ...costs,
    pause_endless_ms: rounded(median(ends.map(({ pause }) => pause))),
    stop_endless_ms: rounded(median(ends.map(({ stop }) => stop))),
    ...windowSteps(),
  };
}

function hundredth(value: number): number {
  return Math.round(value * 100) / 100;
}

export const debugTopic: Topic = { name: 'debug', run };
