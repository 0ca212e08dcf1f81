// Builds the machine of a run: memory, SMMU and kernel, wired as firmware would describe them.

import { createKernelApi } from '../kernel/api.ts';
import type { Device } from '../kernel/iommu-types.ts';
import { Kernel } from '../kernel/kernel.ts';
import { DEFAULT_SMMU } from '../kernel/kernel-config.ts';
import type { VirtualClock } from '../machine/clock.ts';
import { Machine } from '../machine/machine.ts';
import { ApiError } from '../script/api-error.ts';
import type { World, WorldFigures } from '../script/world.ts';
import { registerSpace, Smmu } from '../smmu/smmu.ts';
import { TranslationEngine } from '../smmu/translate.ts';
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
  /** Where the script is, for the call trace of a WARN_ON: a text for each frame. */
  readonly callTrace: () => readonly string[];
  /** Which allocation fails, from 1; the kernel's own at boot do not count. */
  readonly failNth?: number | undefined;
}

/** Interrupt lines of the one SMMU, as firmware tells the kernel. */
const LINES = { eventq: 74, priq: 75, cmdSync: 76, gerror: 77 };

/** Makes the machine and boots its kernel. */
export function makeWorld(options: WorldOptions): World {
  const { choice, clock, recorder, output } = options;
  const diagnostics = new Diagnostics(recorder);
  diagnostics.onReport = (diagnostic) => output.diagnostic(diagnostic);
  const machine = new Machine(recorder, clock, [choice.ram]);
  const smmu = new Smmu({
    features: choice.features,
    bus: machine.bus,
    recorder,
    diagnostics,
    irq: { controller: machine.irq, ...LINES },
    translator: (state, events, stalls) => new TranslationEngine(state, events, stalls),
    clock,
  });
  const size = Math.max(DEFAULT_SMMU.size, registerSpace(choice.features));
  machine.bus.attach(DEFAULT_SMMU.base, size, smmu);
  const kernel = new Kernel({
    machine,
    diagnostics,
    config: {
      profile: choice.profile,
      smmus: [{ ...DEFAULT_SMMU, irqs: LINES, coherent: choice.features.cohacc }],
    },
  });
  kernel.log.callTrace = options.callTrace;
  kernel.log.onLine = (line) => output.log(line);
  kernel.onDidDrainEvent((event) => output.events.take(event));
  kernel.boot();
  machine.settle();
  failAllocation(kernel, options.failNth);
  return {
    machine,
    kernel,
    log: kernel.log,
    diagnostics,
    port: smmu,
    functions: createKernelApi(kernel).functions,
    buses: { platform: kernel.platform_bus_type, pci: kernel.pci_bus_type },
    figures: () => figuresOf(smmu, kernel),
    addPlatformDevice: (name, spec) => {
      freeName(kernel, name);
      for (const sid of spec.sids) {
        output.nameStream(sid, name);
      }
      return kernel.add_platform_device(name, spec);
    },
    addPciDevice: (name, spec) => {
      freeName(kernel, name);
      const device = kernel.add_pci_device(name, spec);
      output.nameStream(device.pci?.requester_id ?? 0, name);
      return device;
    },
  };
}

/** As a task's fail-nth does: the count begins where the script does. */
function failAllocation({ pages, log }: Kernel, nth: number | undefined): void {
  const { faults } = pages;
  faults.count = 0;
  faults.failNth = nth ?? 0;
  faults.onRefuse = (what) => {
    log.pr_warn('FAULT_INJECTION: forcing a failure of allocation %d: %s', faults.count, what);
  };
}

/** @throws ApiError when a device of this name is there: messages could not tell them apart */
function freeName(kernel: Kernel, name: string): void {
  const named = (device: Device): boolean => device.name === name;
  const buses = [kernel.platform_bus_type, kernel.pci_bus_type];
  if (buses.some(({ devices }) => devices.some(named))) {
    throw new ApiError('Error', `there is a device named ${name} already`);
  }
}

function figuresOf({ registers }: Smmu, kernel: Kernel): WorldFigures {
  const index = (name: 'CMDQ' | 'EVENTQ', end: 'PROD' | 'CONS'): number =>
    registers.lo(`${name}_${end}`) & 0xf_ffff;
  return {
    cmdq: { prod: index('CMDQ', 'PROD'), cons: index('CMDQ', 'CONS') },
    eventq: { prod: index('EVENTQ', 'PROD'), cons: index('EVENTQ', 'CONS') },
    pasids: kernel.ioasid.count,
  };
}
