// What the debugger's commands do in this window.

import { COMMANDS } from '../../sim/smmu/spec/commands.ts';
import { EVENTS } from '../../sim/smmu/spec/events.ts';
import type { WorkbenchModel } from '../workbench/workbench.ts';

type Parts = Omit<WorkbenchModel, 'commands'>;

/** Lines that a hardware breakpoint may be made of, as a start. */
const HARDWARE_CHOICES: readonly string[] = [
  ...Object.keys(EVENTS).map((name) => `event ${name}`),
  ...Object.keys(COMMANDS).map((name) => `command ${name}`),
  'write STE sid=0x10',
  'write CD sid=0x10 ssid=1 V',
  'write PTE iova=0x70000000',
  'register CR0 SMMUEN',
  'queue CMDQ 12',
  'queue EVENTQ 0',
  'diagnostic guest-error',
  'dma sid=0x10',
  'irq',
];

/** Handlers of all commands that begin with `debug.`, and of the debugger's views. */
export function debugCommands(parts: Parts) {
  return { ...runningCommands(parts), ...breakpointCommands(parts), ...viewCommands(parts) };
}

function runningCommands({ debug, editors, layout }: Parts) {
  const start = async (stopOnEntry: boolean): Promise<void> => {
    const id = editors.active.value;
    if (id !== undefined && debug.state.value === 'inactive') {
      layout.revealOutput();
      await debug.launch(id, stopOnEntry);
    }
  };
  const step = (go: () => Promise<void>) => async (): Promise<void> => {
    await (debug.state.value === 'inactive' ? start(true) : go());
  };
  return {
    'debug.start': () => (debug.state.value === 'stopped' ? debug.continue() : start(false)),
    'debug.next': step(() => debug.next()),
    'debug.stepIn': step(() => debug.stepIn()),
    'debug.stepOut': () => debug.stepOut(),
    'debug.pause': () => debug.pause(),
    'debug.stepCommand': () => debug.stepHardware('command'),
    'debug.stepFetch': () => debug.stepHardware('fetch'),
    'debug.runToCursor': async () => {
      const line = editors.cursor.value?.line;
      if (line !== undefined) {
        await debug.runTo(line);
      }
    },
  };
}

function breakpointCommands({ debug, editors, input }: Parts) {
  const { breakpoints } = debug;
  const here = async (
    action: (id: string, line: number) => void | Promise<void>,
  ): Promise<void> => {
    const id = editors.active.value;
    if (id !== undefined) {
      await action(id, editors.cursor.value?.line ?? 1);
    }
  };
  const ask = (part: 'condition' | 'hitCondition' | 'logMessage', placeholder: string) => () =>
    here(async (id, line) => {
      const old = breakpoints.at(id, line)?.[part] ?? '';
      const label = `${ASKED[part]} at line ${line}`;
      const text = await input.ask({ label, placeholder, text: old, choices: [] });
      if (text !== undefined) {
        breakpoints.ask(id, line, { [part]: text });
      }
    });
  const add = (
    label: string,
    choices: readonly string[],
    make: (id: string, text: string) => void,
  ) =>
    here(async (id) => {
      const text = await input.ask({ label, placeholder: choices[0] ?? '', text: '', choices });
      if (text !== undefined) {
        make(id, text);
      }
    });
  return {
    'debug.toggleBreakpoint': () => here((id, line) => breakpoints.toggle(id, line)),
    'debug.conditionalBreakpoint': ask('condition', 'an expression, e.g. i === 7'),
    'debug.hitCountBreakpoint': ask('hitCondition', 'e.g. 5, >=5 or %5'),
    'debug.logpoint': ask('logMessage', 'a text; {expression} is evaluated'),
    'debug.functionBreakpoint': () =>
      add('Function to stop at', ['iommu_map', 'iommu_unmap', 'iommu_attach_device'], (id, name) =>
        breakpoints.addFunction(id, name.replace(/\(\)$/, '')),
      ),
    'debug.hardwareBreakpoint': () =>
      add('What the hardware does', HARDWARE_CHOICES, (id, on) => breakpoints.addHardware(id, on)),
    'debug.toggleActive': () => here((id) => breakpoints.setActive(id, !breakpoints.of(id).active)),
    'debug.removeAll': () => here((id) => breakpoints.removeAll(id)),
  };
}

const ASKED = {
  condition: 'Condition of the breakpoint',
  hitCondition: 'Hit count of the breakpoint',
  logMessage: 'Message of the logpoint',
} as const;

function viewCommands({ layout }: Parts) {
  return {
    'view.debug': () => layout.reveal('debug'),
    'view.debugConsole': () => {
      layout.reveal('debugConsole');
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>('.debug-console input')?.focus(),
      );
    },
  };
}
