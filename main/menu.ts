// The native menu, in VS Code's words. Items send command names; the window implements them.
// Keys are shown here and handled by the window, so that one table decides and none fires twice.

import type { MenuItemConstructorOptions } from 'electron';
import type { CommandId } from '../sim/protocol/commands.ts';
import { commandInfo } from '../sim/protocol/commands.ts';
import type { Binding } from '../sim/protocol/keybindings.ts';
import { keysOf } from '../sim/protocol/keybindings.ts';

type Entry = CommandId | 'separator' | MenuItemConstructorOptions | Submenu;

/** A menu in a menu. */
interface Submenu {
  readonly label: string;
  readonly commands: readonly CommandId[];
}

const TABLE: readonly (readonly [label: string, entries: readonly Entry[]])[] = [
  [
    '&File',
    [
      'file.new',
      'separator',
      'file.open',
      'file.openRecent',
      'file.openExample',
      'separator',
      'file.save',
      'file.saveAs',
      'file.saveAll',
      'separator',
      'file.saveTrace',
      {
        label: 'Export Session',
        commands: [
          'export.perfetto',
          'export.ctf',
          'export.vcd',
          'export.pcapng',
          'export.ftrace',
          'export.dmesg',
          'export.csv',
          'export.html',
        ],
      },
      'file.compareSession',
      'separator',
      {
        label: 'Preferences',
        commands: ['preferences.settings', 'preferences.keys', 'preferences.keysJson'],
      },
      'separator',
      'file.close',
      { role: 'quit' },
    ],
  ],
  [
    '&Edit',
    [
      'edit.undo',
      'edit.redo',
      'separator',
      { role: 'cut' },
      { role: 'copy' },
      { role: 'paste' },
      { role: 'selectAll' },
      'separator',
      'edit.find',
      'edit.replace',
      'separator',
      'edit.comment',
      'edit.format',
    ],
  ],
  [
    '&View',
    [
      'view.palette',
      'separator',
      'view.explorer',
      'view.editor',
      'view.console',
      'view.trace',
      'view.problems',
      'view.debug',
      'view.debugConsole',
      'separator',
      'view.fault',
      'view.tables',
      'view.registers',
      'view.queues',
      'view.memory',
      'view.caches',
      'view.interrupts',
      'view.software',
      'view.topology',
      'separator',
      'view.toggleSidebar',
      'view.togglePanel',
      'view.toggleInspector',
      'view.resetLayout',
      'separator',
      'view.themeDark',
      'view.themeLight',
      'view.themeContrast',
      'view.themeSystem',
      'separator',
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      { role: 'togglefullscreen' },
    ],
  ],
  [
    '&Inspect',
    [
      'inspect.lastEvent',
      'inspect.previousEvent',
      'inspect.nextEvent',
      'inspect.copyExplanation',
      'trace.showEvent',
      'trace.find',
      'separator',
      'inspect.refresh',
    ],
  ],
  [
    '&Run',
    [
      'debug.start',
      'run.start',
      'run.stop',
      'run.restart',
      'separator',
      'debug.next',
      'debug.stepIn',
      'debug.stepOut',
      'debug.pause',
      'debug.runToCursor',
      'debug.stepCommand',
      'debug.stepFetch',
      'separator',
      'debug.toggleBreakpoint',
      'debug.conditionalBreakpoint',
      'debug.hitCountBreakpoint',
      'debug.logpoint',
      'debug.functionBreakpoint',
      'debug.hardwareBreakpoint',
      'debug.toggleActive',
      'debug.removeAll',
      'separator',
      'run.chooseProfile',
      'run.chooseRecorded',
      'separator',
      'console.clear',
      'console.find',
      'console.copyAll',
      'console.copyDmesg',
      'console.prompt',
    ],
  ],
  ['&Help', ['help.welcome', 'separator', { role: 'toggleDevTools' }, { role: 'about' }]],
];

/** What the menu needs. */
export interface MenuOptions {
  /** Gets the name of the command that was chosen. */
  readonly send: (command: CommandId) => void;
  readonly bindings: readonly Binding[];
  readonly mac: boolean;
}

/** Template of the menu. */
export function menuTemplate(options: MenuOptions): MenuItemConstructorOptions[] {
  const menus = TABLE.map(([label, entries]) => ({
    label,
    submenu: entries.map((entry) => toItem(entry, options)),
  }));
  return options.mac ? [{ role: 'appMenu' }, ...menus, { role: 'windowMenu' }] : menus;
}

function toItem(entry: Entry, options: MenuOptions): MenuItemConstructorOptions {
  if (entry === 'separator') {
    return { type: 'separator' };
  }
  if (typeof entry !== 'string') {
    return 'commands' in entry
      ? { label: entry.label, submenu: entry.commands.map((id) => toItem(id, options)) }
      : entry;
  }
  const { title } = commandInfo(entry);
  const [key] = keysOf(options.bindings, entry);
  const item = { id: entry, label: title, click: () => options.send(entry) };
  if (key === undefined) {
    return item;
  }
  // A menu shows no chords; VS Code writes them behind the title too.
  return key.includes(' ')
    ? { ...item, label: `${title}  [${key.replaceAll('Mod', options.mac ? 'Cmd' : 'Ctrl')}]` }
    : { ...item, accelerator: accelerator(key), registerAccelerator: false };
}

/** Electron's spelling of a key. */
export function accelerator(key: string): string {
  return key.replace('Mod', 'CmdOrCtrl').replace(/Arrow(\w+)$/, '$1');
}
