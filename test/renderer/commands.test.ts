// Commands by name and by key, and the lists to choose from.

import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Store } from '../../renderer/base/store.ts';
import type { PickItem } from '../../renderer/commands/quick-pick.ts';
import { filterItems, Prompts } from '../../renderer/commands/quick-pick.ts';
import type { CommandId } from '../../sim/protocol/commands.ts';
import { COMMAND_IDS } from '../../sim/protocol/commands.ts';
import type { KeyRule } from '../../sim/protocol/keybindings.ts';
import { bindingsOf } from '../../sim/protocol/keybindings.ts';
import type { KeyContext } from '../../sim/protocol/when.ts';

const CONTEXT: KeyContext = {
  editorTextFocus: false,
  consoleFocus: false,
  inputFocus: false,
  inDebugMode: false,
  debugState: 'inactive',
};

type Registry = typeof import('../../renderer/commands/registry.ts');
type Keys = typeof import('../../renderer/commands/keys.ts');

describe('commands', () => {
  let registry: Registry;
  let keys: Keys;

  beforeAll(async () => {
    vi.stubGlobal('navigator', { platform: 'Linux x86_64' });
    registry = await import('../../renderer/commands/registry.ts');
    keys = await import('../../renderer/commands/keys.ts');
  });

  function make(rules: readonly KeyRule[] = [], now: Partial<KeyContext> = {}) {
    const ran: CommandId[] = [];
    const failed = vi.fn();
    const handlers = Object.fromEntries(
      COMMAND_IDS.map((id) => [id, () => void ran.push(id)]),
    ) as unknown as Record<CommandId, () => void>;
    const context = () => ({ ...CONTEXT, ...now });
    const bindings = new Store(bindingsOf(rules, false));
    const endEditorChord = vi.fn();
    const source = { bindings, context, endEditorChord };
    const own = new registry.CommandRegistry(handlers, source, failed);
    return { ran, failed, handlers, bindings, source, registry: own };
  }

  function press(code: string, key: string, modifiers = ''): KeyboardEvent {
    return {
      code,
      key,
      ctrlKey: modifiers.includes('C'),
      shiftKey: modifiers.includes('S'),
      altKey: modifiers.includes('A'),
      metaKey: false,
    } as KeyboardEvent;
  }

  it.each([
    ['KeyS', 's', 'C', 'file.save'],
    ['KeyS', 'S', 'CS', 'file.saveAs'],
    ['KeyP', 'P', 'CS', 'view.palette'],
    ['F1', 'F1', '', 'view.palette'],
    ['F5', 'F5', '', 'debug.start'],
    ['F5', 'F5', 'C', 'run.start'],
    ['F5', 'F5', 'S', 'run.stop'],
    ['F5', 'F5', 'CS', 'run.restart'],
    ['Backquote', 'Dead', 'C', 'view.console'],
    ['Digit1', '1', 'C', 'view.editor'],
    ['PageDown', 'PageDown', 'C', 'view.nextEditor'],
  ])('%s (%s) with %j runs %s', (code, key, modifiers, id) => {
    const { ran, registry: own } = make();
    expect(own.handleKey(press(code, key, modifiers))).toBe(true);
    expect(ran).toEqual([id]);
  });

  it.each([
    ['KeyF', 'f', 'C'],
    ['KeyZ', 'z', 'C'],
    ['KeyA', 'a', ''],
    ['Escape', 'Escape', ''],
    ['ControlLeft', 'Control', 'C'],
  ])('%s (%s) with %j is left to the editor', (code, key, modifiers) => {
    const { ran, registry: own } = make();
    expect(own.handleKey(press(code, key, modifiers))).toBe(false);
    expect(ran).toEqual([]);
  });

  it('ignores a name that is no command', () => {
    const { ran, registry: own } = make();
    for (const name of ['constructor', 'toString', '', 'file.format']) {
      own.run(name);
    }
    expect(ran).toEqual([]);
  });

  it('reports the error that a command ends with', async () => {
    const { failed, handlers, source } = make();
    const error = new Error('no');
    const own = new registry.CommandRegistry(
      { ...handlers, 'file.save': () => Promise.reject(error) },
      source,
      failed,
    );
    own.run('file.save');
    await vi.waitFor(() => expect(failed).toHaveBeenCalledWith(error));
  });

  it('runs what the rules of the user say, the last one that holds', () => {
    const rules = [
      { key: 'ctrl+s', command: 'file.saveAll' },
      { key: 'alt+x', command: 'run.start' },
      { key: 'alt+x', command: 'run.stop', when: 'inDebugMode' },
    ];
    const { ran, registry: own } = make(rules);
    own.handleKey(press('KeyS', 's', 'C'));
    own.handleKey(press('KeyX', 'x', 'A'));
    const debugged = make(rules, { inDebugMode: true });
    debugged.registry.handleKey(press('KeyX', 'x', 'A'));
    expect([...ran, ...debugged.ran]).toEqual(['file.saveAll', 'run.start', 'run.stop']);
  });

  it.each([
    ['inactive', 'view.nextPart'],
    ['running', 'debug.pause'],
    ['stopped', 'view.nextPart'],
  ])('F6 with the debugger %s runs %s', (debugState, id) => {
    const { ran, registry: own } = make([], { debugState });
    own.handleKey(press('F6', 'F6'));
    expect(ran).toEqual([id]);
  });

  it('leaves a removed key to nobody, not even to the editor that has it by itself', () => {
    const { ran, registry: own } = make([
      { key: 'ctrl+f', command: '-edit.find' },
      { key: 'ctrl+alt+f', command: 'edit.find' },
      { key: 'ctrl+b', command: '-view.toggleSidebar' },
    ]);
    expect(own.handleKey(press('KeyF', 'f', 'C'))).toBe(true);
    expect(own.handleKey(press('KeyB', 'b', 'C'))).toBe(false);
    expect(ran).toEqual([]);
    expect(own.handleKey(press('KeyF', 'f', 'CA'))).toBe(true);
    expect(ran).toEqual(['edit.find']);
  });

  it('waits for the second key of a chord, and takes it with the modifier still held', () => {
    const { ran, registry: own } = make();
    expect(own.handleKey(press('KeyK', 'k', 'C'))).toBe(true);
    expect(own.chord.value).toBe('Mod+K');
    expect(own.handleKey(press('ControlLeft', 'Control', 'C'))).toBe(false);
    expect(own.handleKey(press('KeyS', 's', 'C'))).toBe(true);
    expect(ran).toEqual(['preferences.keys']);
    expect(own.chord.value).toBeUndefined();
  });

  it('lets the editor have the first key of a chord, which may be one of its own', () => {
    const { ran, source, registry: own } = make([], { editorTextFocus: true });
    expect(own.handleKey(press('KeyK', 'k', 'C'))).toBe(false);
    expect(own.handleKey(press('KeyC', 'c', 'C'))).toBe(false);
    expect(ran).toEqual([]);
    expect(source.endEditorChord).not.toHaveBeenCalled();
    own.handleKey(press('KeyK', 'k', 'C'));
    expect(own.handleKey(press('KeyS', 's', 'C'))).toBe(true);
    expect(source.endEditorChord).toHaveBeenCalledOnce();
  });

  it('tells the key of a command as it is now', () => {
    const { registry: own, bindings } = make();
    expect(own.keyOf('run.start')).toBe('Ctrl+F5');
    bindings.set(bindingsOf([{ key: 'ctrl+up', command: 'run.start' }], false));
    expect(own.keyOf('run.start')).toBe('Ctrl+Up');
    expect(own.keyOf('file.saveAll')).toBeUndefined();
  });

  it('shows keys as people read them', () => {
    expect(keys.keyLabel('Mod+Shift+P')).toBe('Ctrl+Shift+P');
  });
});

describe('a list to choose from', () => {
  const item = (label: string, detail?: string): PickItem<string> =>
    detail === undefined ? { label, value: label } : { label, detail, value: label };
  const items = [
    item('File: Save'),
    item('File: Save As…'),
    item('View: Problems'),
    item('View: Light Theme'),
    item('aux-domains.ts', 'Auxiliary domains'),
  ];

  it.each([
    ['', ['File: Save', 'File: Save As…', 'View: Problems', 'View: Light Theme', 'aux-domains.ts']],
    ['save', ['File: Save', 'File: Save As…']],
    ['SAVE AS', ['File: Save As…']],
    ['theme', ['View: Light Theme']],
    ['vlt', ['View: Light Theme']],
    ['auxiliary', ['aux-domains.ts']],
    ['zzz', []],
  ])('shows for %j the items that match, the best first', (query, labels) => {
    expect(filterItems(items, query).map(({ label }) => label)).toEqual(labels);
  });

  it('answers with the value of the chosen item, and with nothing when it is replaced', async () => {
    const prompts = new Prompts();
    const first = prompts.choose('one', items);
    const second = prompts.choose('two', items);
    prompts.pick.value?.done([2]);
    expect(await first).toBeUndefined();
    expect(await second).toBe('View: Problems');
    expect(prompts.pick.value).toBeUndefined();
  });

  it('answers with all that were chosen in the order of the list, none included', async () => {
    const prompts = new Prompts();
    const some = prompts.chooseMany('some', items, ['File: Save']);
    expect(prompts.pick.value?.checked).toEqual([0]);
    prompts.pick.value?.done([2, 0]);
    expect(await some).toEqual(['File: Save', 'View: Problems']);
    const none = prompts.chooseMany('none', items, []);
    prompts.pick.value?.done([]);
    expect(await none).toEqual([]);
    const cancelled = prompts.chooseMany('cancelled', items, []);
    prompts.pick.value?.done(undefined);
    expect(await cancelled).toBeUndefined();
  });

  it('answers a question that is replaced as Escape would', async () => {
    const prompts = new Prompts();
    const first = prompts.question('?', '', ['Save', 'Cancel']);
    const second = prompts.question('?', '', ['Yes', 'No']);
    prompts.ask.value?.done('Yes');
    expect(await Promise.all([first, second])).toEqual(['Cancel', 'Yes']);
  });
});
