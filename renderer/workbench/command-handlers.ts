// What each command of the table does in this window.

import type { ThemeChoice } from '../../sim/protocol/api.ts';
import { COMMAND_IDS, listTitle } from '../../sim/protocol/commands.ts';
import { GROUP_TITLES, RECORD_GROUP_NAMES } from '../../sim/trace/record-groups.ts';
import { copyText } from '../base/dom.ts';
import type { CommandHandlers, CommandRegistry } from '../commands/registry.ts';
import { debugCommands } from '../debug/debug-commands.ts';
import { explainEvent, focusSoon, showInspector } from '../inspector/actions.ts';
import { showShortcuts } from '../preferences/shortcuts.ts';
import { traceCommands } from '../trace/trace-commands.ts';
import { PROFILES } from './session.ts';
import { stepPart } from './window-parts.ts';
import type { WorkbenchModel } from './workbench.ts';

type Parts = Omit<WorkbenchModel, 'commands'>;

/** All handlers. `registry` is asked when a command runs, since it holds the handlers itself. */
export function commandHandlers(parts: Parts, registry: () => CommandRegistry): CommandHandlers {
  return {
    ...fileCommands(parts),
    ...editCommands(parts),
    ...viewCommands(parts, registry),
    ...inspectCommands(parts),
    ...preferenceCommands(parts),
    ...runCommands(parts),
    ...debugCommands(parts),
    ...traceCommands(parts),
  };
}

function fileCommands({ files, editors, prompts, documents, remote, layout }: Parts) {
  const withActive = async (action: (id: string) => Promise<unknown>): Promise<void> => {
    const id = editors.active.value;
    if (id !== undefined) {
      await action(id);
    }
  };
  return {
    'file.new': () => files.create(),
    'file.open': () => files.openDialog(),
    'file.openRecent': async () => {
      const items = files.recent.value.map(({ name, path }) => ({
        label: name,
        detail: path,
        value: path,
      }));
      const path = await prompts.choose('Open a recent file', items);
      if (path !== undefined) {
        await files.openPath(path);
      }
    },
    'file.openExample': async () => {
      const items = files.examples.value.map(({ name, title }) => ({
        label: name,
        detail: title,
        value: name,
      }));
      const name = await prompts.choose('Open an example', items);
      if (name !== undefined) {
        await files.openExample(name);
      }
    },
    'file.save': () => withActive((id) => files.save(id)),
    'file.saveAs': () => withActive((id) => files.save(id, true)),
    'file.saveAll': async () => {
      await files.saveAll();
    },
    'file.saveTrace': async () => {
      await remote.calls.saveTrace();
    },
    'file.close': () =>
      layout.isWelcomeInFront ? layout.hideWelcome() : withActive((id) => files.close(id)),
    'file.saveAllAndExit': async () => {
      if (await files.saveAll()) {
        await remote.calls.setDirty(
          documents.list.value.filter(({ dirty }) => dirty).map(({ name }) => name),
        );
        window.close();
      }
    },
  };
}

function editCommands({ editors }: Parts) {
  return {
    'edit.undo': () => editors.trigger('undo'),
    'edit.redo': () => editors.trigger('redo'),
    'edit.find': () => editors.trigger('actions.find'),
    'edit.replace': () => editors.trigger('editor.action.startFindReplaceAction'),
    'edit.comment': () => editors.trigger('editor.action.commentLine'),
    'edit.format': () => editors.trigger('editor.action.formatDocument'),
  };
}

function viewCommands(parts: Parts, registry: () => CommandRegistry) {
  const { layout, editors, remote, console: terminal } = parts;
  const theme = (choice: ThemeChoice) => () => remote.calls.setTheme(choice);
  return {
    'view.palette': () => showPalette(parts, registry()),
    'view.explorer': () => focusPanel(parts, 'explorer', '.explorer [tabindex="0"]'),
    'view.editor': () => {
      if (editors.active.value !== undefined) {
        layout.show(editors.active.value);
      }
    },
    'view.console': () => {
      layout.reveal('console');
      terminal.focus();
    },
    'view.problems': () => focusPanel(parts, 'problems', '.problems [tabindex="0"]'),
    'view.toggleSidebar': () => layout.toggle('left'),
    'view.togglePanel': () => layout.toggle('bottom'),
    'view.toggleInspector': () => layout.toggle('right'),
    'view.nextEditor': () => layout.step(editors.active.value, 1),
    'view.previousEditor': () => layout.step(editors.active.value, -1),
    'view.nextPart': () => stepPart(parts, 1),
    'view.previousPart': () => stepPart(parts, -1),
    'view.nextProblem': () => editors.trigger('editor.action.marker.nextInFiles'),
    'view.resetLayout': () => layout.reset(),
    'view.themeDark': theme('dark'),
    'view.themeLight': theme('light'),
    'view.themeContrast': theme('contrast'),
    'view.themeSystem': theme('system'),
    'help.welcome': () => {
      layout.showWelcome();
      focusSoon('.welcome');
    },
  };
}

function preferenceCommands(parts: Parts) {
  return {
    'preferences.settings': () => parts.files.openUserFile('settings.json'),
    'preferences.keys': () => showShortcuts(parts),
    'preferences.keysJson': () => parts.files.openUserFile('keybindings.json'),
  };
}

function inspectCommands(parts: Parts) {
  const { inspector } = parts;
  const step = (by: 1 | -1) => () => {
    inspector.fault.step(by);
    parts.layout.reveal('fault');
  };
  return {
    'view.fault': () => showInspector(parts, 'fault'),
    'view.tables': () => showInspector(parts, 'tables'),
    'view.registers': () => showInspector(parts, 'registers'),
    'view.queues': () => showInspector(parts, 'queues'),
    'view.software': () => showInspector(parts, 'software'),
    'view.topology': () => showInspector(parts, 'topology'),
    'view.caches': () => showInspector(parts, 'caches'),
    'view.interrupts': () => showInspector(parts, 'interrupts'),
    'view.memory': () => showInspector(parts, 'memory'),
    'inspect.refresh': () => inspector.refresh(),
    'inspect.lastEvent': () => explainEvent(parts, undefined),
    'inspect.previousEvent': step(-1),
    'inspect.nextEvent': step(1),
    'inspect.copyExplanation': () => copyText(inspector.fault.text),
  };
}

function runCommands(parts: Parts) {
  const { session, editors, console: terminal, prompts, layout, consoleFind, debug } = parts;
  const start = async (): Promise<void> => {
    const id = editors.active.value;
    if (id !== undefined) {
      layout.revealOutput();
      await session.run(id);
    }
  };
  return {
    'run.start': start,
    'run.stop': () => session.stop(),
    'run.restart': async () => {
      const debugged = debug.state.value === 'inactive' ? undefined : debug.document.value;
      if (session.running) {
        await session.stop();
        await session.ended;
      }
      await (debugged === undefined ? start() : debug.launch(debugged));
    },
    'run.chooseProfile': async () => {
      const items = PROFILES.map(({ id, title }) => ({ label: id, detail: title, value: id }));
      const profile = await prompts.choose('Choose the API profile of the next run', items);
      if (profile !== undefined) {
        session.profile.set(profile);
      }
    },
    'run.chooseRecorded': async () => {
      const items = RECORD_GROUP_NAMES.map((group) => ({
        label: group,
        detail: GROUP_TITLES[group],
        value: group,
      }));
      const title = 'Choose what the next trace holds';
      const groups = await prompts.chooseMany(title, items, session.record.value);
      if (groups !== undefined) {
        session.record.set(groups);
      }
    },
    'console.clear': () => terminal.clear(),
    'console.find': () => {
      layout.reveal('console');
      consoleFind.set(true);
    },
    'console.copyAll': () => terminal.copy('all'),
    'console.copyDmesg': () => copyText(terminal.dmesg),
    'console.prompt': () => {
      layout.reveal('console');
      focusSoon('.console-pane .prompt-line input');
    },
  };
}

/** Every command, with its keys; running one is left to the registry. */
async function showPalette({ prompts }: Parts, registry: CommandRegistry): Promise<void> {
  const items = COMMAND_IDS.filter((id) => id !== 'view.palette').map((id) => {
    const item = { label: listTitle(id), value: id };
    const key = registry.keyOf(id);
    return key === undefined ? item : { ...item, hint: key };
  });
  const id = await prompts.choose('Type the name of a command', items);
  if (id !== undefined) {
    registry.run(id);
  }
}

function focusPanel({ layout }: Parts, panel: 'explorer' | 'problems', selector: string): void {
  layout.reveal(panel);
  if (!focusFirst(selector)) {
    requestAnimationFrame(() => focusFirst(selector));
  }
}

function focusFirst(selector: string): boolean {
  const element = document.querySelector<HTMLElement>(selector);
  element?.focus();
  return element !== null && element === document.activeElement;
}
