// Builds the machine of a run: memory, SMMU and kernel, wired as firmware would describe them.

import { Kernel } from '../kernel/kernel.ts';
import type { VirtualClock } from '../machine/clock.ts';
import { Machine } from '../machine/machine.ts';
import { ApiError } from '../script/api-error.ts';
import type { World } from '../script/world.ts';
import { Diagnostics } from '../trace/diagnostics.ts';
import type { Recorder } from '../trace/recorder.ts';
import type { RunOutput } from './run-output.ts';
import type { WorldChoice } from './world-configuration.ts';

/** What a world is made of. */
export interface WorldOptions {
  readonly choice: WorldChoice;
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
  readonly output: RunOutput;
}

/** Makes the machine and boots its kernel. */
export function makeWorld({ choice, clock, recorder, output }: WorldOptions): World {
  const diagnostics = new Diagnostics(recorder);
  diagnostics.onReport = (diagnostic) => output.diagnostic(diagnostic);
  const machine = new Machine(recorder, clock, [choice.ram]);
  const kernel = new Kernel({ machine, diagnostics, config: { profile: choice.profile } });
  kernel.log.onLine = (line) => output.log(line);
  const { log } = kernel;
  const refuse = (): never => {
    throw new ApiError('Error', 'devices are not modelled yet');
  };
  return {
    machine,
    log,
    port: {
      translate: refuse,
      onStallEnd: refuse,
      registerEndpoint: refuse,
      unregisterEndpoint: refuse,
      pageRequest: refuse,
    },
    functions: {
      pr_info: (fmt: string, ...args: object[]) => log.pr_info(fmt, ...args),
      pr_warn: (fmt: string, ...args: object[]) => log.pr_warn(fmt, ...args),
      pr_err: (fmt: string, ...args: object[]) => log.pr_err(fmt, ...args),
    },
    buses: { platform: {}, pci: {} },
    figures: () => ({ cmdq: { prod: 0, cons: 0 }, eventq: { prod: 0, cons: 0 }, pasids: 0 }),
    addPlatformDevice: refuse,
    addPciDevice: refuse,
  };
}
