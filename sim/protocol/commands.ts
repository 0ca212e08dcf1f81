// Every command of the workbench by name: what menu, keys and palette offer. The window implements them.
// Words and keys are VS Code's. `Mod` is Ctrl, on a Mac Cmd.

/** How a command is offered. */
export interface CommandInfo {
  readonly title: string;
  /** The group before the colon in the palette, and the menu it is in. */
  readonly category:
    | 'File'
    | 'Edit'
    | 'View'
    | 'Inspect'
    | 'Run'
    | 'Console'
    | 'Preferences'
    | 'Help';
  /** Keys, the first one shown, e.g. `Mod+Shift+P`. */
  readonly keys?: readonly string[];
  /** When the keys count, as in keybindings.json; always without it. */
  readonly when?: string;
  /** The editor widget has the key already; shown, not bound again. */
  readonly editorKey?: boolean;
}

/** The commands. */
export const COMMANDS = {
  'file.new': { title: 'New File', category: 'File', keys: ['Mod+N'] },
  'file.open': { title: 'Open File…', category: 'File', keys: ['Mod+O'] },
  'file.openRecent': { title: 'Open Recent…', category: 'File', keys: ['Mod+R'] },
  'file.openExample': { title: 'Open Example…', category: 'File' },
  'file.save': { title: 'Save', category: 'File', keys: ['Mod+S'] },
  'file.saveAs': { title: 'Save As…', category: 'File', keys: ['Mod+Shift+S'] },
  'file.saveAll': { title: 'Save All', category: 'File' },
  'file.saveTrace': { title: 'Save Session As…', category: 'File' },
  'file.exportSession': { title: 'Export Session…', category: 'File' },
  'export.perfetto': { title: 'Export Session as Perfetto (Chrome JSON)…', category: 'File' },
  'export.ctf': { title: 'Export Session as CTF…', category: 'File' },
  'export.vcd': { title: 'Export Session as VCD…', category: 'File' },
  'export.pcapng': { title: 'Export Session as pcapng…', category: 'File' },
  'export.ftrace': { title: 'Export Session as ftrace…', category: 'File' },
  'export.dmesg': { title: 'Export Session as dmesg…', category: 'File' },
  'export.csv': { title: 'Export Session as CSV…', category: 'File' },
  'export.html': { title: 'Export Session as HTML Report…', category: 'File' },
  'file.associate': { title: 'Open Session Files With This Checkout', category: 'File' },
  'file.dissociate': { title: 'Stop Opening Session Files With This Checkout', category: 'File' },
  'file.compareSession': { title: 'Compare Session With…', category: 'File' },
  'file.close': { title: 'Close Editor', category: 'File', keys: ['Mod+W'] },
  'file.saveAllAndExit': { title: 'Save All and Exit', category: 'File' },
  'edit.undo': { title: 'Undo', category: 'Edit', keys: ['Mod+Z'], editorKey: true },
  'edit.redo': { title: 'Redo', category: 'Edit', keys: ['Mod+Shift+Z'], editorKey: true },
  'edit.find': { title: 'Find', category: 'Edit', keys: ['Mod+F'], editorKey: true },
  'edit.replace': { title: 'Replace', category: 'Edit', keys: ['Mod+H'], editorKey: true },
  'edit.comment': {
    title: 'Toggle Line Comment',
    category: 'Edit',
    keys: ['Mod+/'],
    editorKey: true,
  },
  'edit.format': {
    title: 'Format Document',
    category: 'Edit',
    keys: ['Shift+Alt+F'],
    editorKey: true,
  },
  'view.palette': { title: 'Command Palette…', category: 'View', keys: ['Mod+Shift+P', 'F1'] },
  'view.explorer': { title: 'Explorer', category: 'View', keys: ['Mod+Shift+E'] },
  'view.editor': { title: 'Focus Editor', category: 'View', keys: ['Mod+1'] },
  'view.console': { title: 'Console', category: 'View', keys: ['Mod+`'] },
  'view.debug': { title: 'Debug', category: 'View', keys: ['Mod+Shift+D'] },
  'view.debugConsole': { title: 'Debug Console', category: 'View', keys: ['Mod+Shift+Y'] },
  'view.trace': { title: 'Trace', category: 'View', keys: ['Mod+Shift+T'] },
  'view.problems': { title: 'Problems', category: 'View', keys: ['Mod+Shift+M'] },
  'view.fault': { title: 'Fault', category: 'View', keys: ['Alt+1'] },
  'view.tables': { title: 'Tables', category: 'View', keys: ['Alt+2'] },
  'view.registers': { title: 'Registers', category: 'View', keys: ['Alt+3'] },
  'view.queues': { title: 'Queues', category: 'View', keys: ['Alt+4'] },
  'view.memory': { title: 'Memory', category: 'View', keys: ['Alt+5'] },
  'view.caches': { title: 'Caches', category: 'View', keys: ['Alt+6'] },
  'view.interrupts': { title: 'Interrupts', category: 'View', keys: ['Alt+7'] },
  'view.software': { title: 'Kernel', category: 'View', keys: ['Alt+8'] },
  'view.topology': { title: 'Topology', category: 'View', keys: ['Alt+9'] },
  'view.toggleSidebar': { title: 'Toggle Side Bar', category: 'View', keys: ['Mod+B'] },
  'view.togglePanel': { title: 'Toggle Panel', category: 'View', keys: ['Mod+J'] },
  'view.toggleInspector': { title: 'Toggle Inspector', category: 'View', keys: ['Mod+Alt+B'] },
  'view.nextEditor': { title: 'Next Editor', category: 'View', keys: ['Mod+PageDown'] },
  'view.previousEditor': { title: 'Previous Editor', category: 'View', keys: ['Mod+PageUp'] },
  'view.nextPart': {
    title: 'Focus Next Part',
    category: 'View',
    keys: ['F6'],
    when: "debugState != 'running'",
  },
  'view.previousPart': { title: 'Focus Previous Part', category: 'View', keys: ['Shift+F6'] },
  'view.nextProblem': { title: 'Next Problem', category: 'View', keys: ['F8'], editorKey: true },
  'view.resetLayout': { title: 'Reset Layout', category: 'View' },
  'view.themeDark': { title: 'Dark Theme', category: 'View' },
  'view.themeLight': { title: 'Light Theme', category: 'View' },
  'view.themeContrast': { title: 'High Contrast Theme', category: 'View' },
  'view.themeSystem': { title: 'Follow System Theme', category: 'View' },
  'inspect.refresh': { title: 'Refresh Inspector', category: 'Inspect' },
  'inspect.lastEvent': { title: 'Explain Last Event', category: 'Inspect', keys: ['Alt+E'] },
  'inspect.previousEvent': { title: 'Explain Previous Event', category: 'Inspect' },
  'inspect.nextEvent': { title: 'Explain Next Event', category: 'Inspect' },
  'inspect.copyExplanation': { title: 'Copy Explanation as Text', category: 'Inspect' },
  'debug.start': { title: 'Start Debugging or Continue', category: 'Run', keys: ['F5'] },
  'session.runAgain': { title: 'Run the Opened Session Again', category: 'Run' },
  'session.editAndRun': { title: 'Edit and Run the Opened Session', category: 'Run' },
  'session.leave': { title: 'Leave the Opened Session', category: 'Run' },
  'run.start': { title: 'Run', category: 'Run', keys: ['Mod+F5'] },
  'run.stop': { title: 'Stop', category: 'Run', keys: ['Shift+F5'] },
  'run.restart': { title: 'Restart', category: 'Run', keys: ['Mod+Shift+F5'] },
  'debug.next': { title: 'Step Over', category: 'Run', keys: ['F10'] },
  'debug.stepIn': { title: 'Step Into', category: 'Run', keys: ['F11'] },
  'debug.stepOut': { title: 'Step Out', category: 'Run', keys: ['Shift+F11'] },
  'debug.pause': {
    title: 'Pause',
    category: 'Run',
    keys: ['F6'],
    when: "debugState == 'running'",
  },
  'debug.runToCursor': { title: 'Run to Cursor', category: 'Run', keys: ['Mod+F10'] },
  'debug.stepCommand': { title: 'Step the SMMU: One Command', category: 'Run' },
  'debug.stepFetch': { title: 'Step the SMMU: One Fetch', category: 'Run' },
  'debug.toggleBreakpoint': { title: 'Toggle Breakpoint', category: 'Run', keys: ['F9'] },
  'debug.conditionalBreakpoint': { title: 'Add Conditional Breakpoint…', category: 'Run' },
  'debug.hitCountBreakpoint': { title: 'Add Hit Count Breakpoint…', category: 'Run' },
  'debug.logpoint': { title: 'Add Logpoint…', category: 'Run' },
  'debug.functionBreakpoint': { title: 'Add Function Breakpoint…', category: 'Run' },
  'debug.hardwareBreakpoint': { title: 'Add Hardware Breakpoint…', category: 'Run' },
  'debug.toggleActive': { title: 'Enable or Disable All Breakpoints', category: 'Run' },
  'debug.removeAll': { title: 'Remove All Breakpoints', category: 'Run' },
  'run.chooseProfile': { title: 'Choose API Profile…', category: 'Run' },
  'run.chooseRecorded': { title: 'Choose What Is Recorded…', category: 'Run' },
  'trace.find': { title: 'Find in Trace', category: 'Inspect', keys: ['Mod+Shift+F'] },
  'trace.showEvent': { title: 'Show the Explained Event in the Trace', category: 'Inspect' },
  'console.clear': { title: 'Clear Console', category: 'Console' },
  'console.find': { title: 'Find in Console', category: 'Console' },
  'console.prompt': { title: 'Focus Prompt', category: 'Console', keys: ['Mod+Alt+`'] },
  'console.copyAll': { title: 'Copy Whole Console', category: 'Console' },
  'console.copyDmesg': { title: 'Copy as dmesg', category: 'Console' },
  'preferences.settings': {
    title: 'Open User Settings (JSON)',
    category: 'Preferences',
    keys: ['Mod+,'],
  },
  'preferences.keys': {
    title: 'Open Keyboard Shortcuts',
    category: 'Preferences',
    keys: ['Mod+K Mod+S'],
  },
  'preferences.keysJson': {
    title: 'Open Keyboard Shortcuts (JSON)',
    category: 'Preferences',
  },
  'help.welcome': { title: 'Welcome', category: 'Help' },
} as const satisfies Readonly<Record<string, CommandInfo>>;

/** Name of a command. */
export type CommandId = keyof typeof COMMANDS;

/** Names in the order of the table. */
export const COMMAND_IDS = Object.keys(COMMANDS) as readonly CommandId[];

/** What is known of a command, with the optional parts that the table leaves out. */
export function commandInfo(id: CommandId): CommandInfo {
  return COMMANDS[id];
}

/** How a command is listed. VS Code's menu is called Run, and it lists the debugger's commands as Debug. */
export function listTitle(id: CommandId): string {
  const { title, category } = commandInfo(id);
  return `${id.startsWith('debug.') ? 'Debug' : category}: ${title}`;
}
