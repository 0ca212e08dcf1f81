// Replays what Linux 4.20.1's own driver did (README-driver.md): the same calls on our driver over the
// same fake device, compared step by step with every register access, command, table and log line.

import { BugError } from '../../sim/kernel/printk.ts';
import { firstDifference } from './driver-compare.ts';
import type { Item } from './driver-memory.ts';
import type { DriverCfg } from './driver-rig.ts';
import { DriverRig } from './driver-rig.ts';
import { STEP_CALLS } from './driver-steps.ts';
import type { Replayer, Verdict } from './replayer.ts';

/** One recorded call. */
export interface Step {
  readonly call: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly trace: readonly Item[];
  readonly ret: unknown;
}

interface Line {
  readonly id: string;
  readonly scenario: string;
  readonly cfg: DriverCfg;
  readonly steps: readonly Step[];
}

/** The recorded traces of Linux 4.20.1's arm-smmu-v3 driver. */
export const linuxDriver: Replayer = {
  name: 'linux-driver',
  matches: (line) =>
    typeof line['scenario'] === 'string' && typeof line['cfg'] === 'object' && 'steps' in line,
  replay: (line) => replayDriver(line as unknown as Line),
};

function replayDriver(line: Line): Verdict {
  const { id, scenario, cfg } = line;
  const category = `driver ${scenario}`;
  const rig = new DriverRig(cfg);
  for (const [index, step] of line.steps.entries()) {
    const problem = runStep(rig, step);
    if (problem !== undefined) {
      const detail = `step ${index} ${step.call} ${JSON.stringify(step.args)}: ${problem}`;
      return { id, category, outcome: 'diverged', detail };
    }
    if (step.ret === 'BUG') {
      break;
    }
  }
  return { id, category, outcome: 'agreed' };
}

function runStep(rig: DriverRig, step: Step): string | undefined {
  const call = STEP_CALLS[step.call];
  if (call === undefined) {
    return 'unknown call';
  }
  rig.begin();
  let ret: unknown;
  try {
    ret = call(rig, step);
  } catch (error) {
    if (!(error instanceof BugError)) {
      return `threw ${String(error)}${error instanceof Error ? error.stack : ''}`;
    }
    rig.push({ bug: error.where });
    ret = 'BUG';
  }
  const items = rig.end();
  if (step.ret !== null && ret !== step.ret) {
    return `returned ${String(ret)}, expected ${String(step.ret)}`;
  }
  return firstDifference(step.trace, items, rig.ring);
}
