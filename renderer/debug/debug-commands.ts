// What the debugger's commands do in this window.

import type { WorkbenchModel } from '../workbench/workbench.ts';
import type { LinePart } from './breakpoint-editing.ts';
import { editFunction, editHardware, editLine } from './breakpoint-editing.ts';

type Parts = Omit<WorkbenchModel, 'commands'>;

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

function breakpointCommands(parts: Parts) {
  const { debug, documents, editors } = parts;
  const { breakpoints } = debug;
  const here = async (
    action: (id: string, line: number) => void | Promise<void>,
  ): Promise<void> => {
    const id = editors.active.value;
    if (id !== undefined && documents.get(id)?.isScript === true) {
      await action(id, editors.cursor.value?.line ?? 1);
    }
  };
  const edit = (part: LinePart) => () => here((id, line) => editLine(parts, { id, line }, part));
  return {
    'debug.toggleBreakpoint': () => here((id, line) => breakpoints.toggle(id, line)),
    'debug.conditionalBreakpoint': edit('condition'),
    'debug.hitCountBreakpoint': edit('hitCondition'),
    'debug.logpoint': edit('logMessage'),
    'debug.functionBreakpoint': () =>
      here(async (id) => {
        const name = await editFunction(parts);
        if (name !== undefined) {
          breakpoints.addFunction(id, name);
        }
      }),
    'debug.hardwareBreakpoint': () =>
      here(async (id) => {
        const on = await editHardware(parts);
        if (on !== undefined) {
          breakpoints.addHardware(id, on);
        }
      }),
    'debug.toggleActive': () => here((id) => breakpoints.setActive(id, !breakpoints.of(id).active)),
    'debug.removeAll': () => here((id) => breakpoints.removeAll(id)),
  };
}

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
