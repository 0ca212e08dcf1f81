// keybindings.json in VS Code's form: spelling of keys, rules that add and remove, conditions.

import { describe, expect, it } from 'vitest';
import { COMMAND_IDS, commandInfo } from '../../sim/protocol/commands.ts';
import {
  bindingsOf,
  keybindingsSchema,
  keysOf,
  parseKey,
  readRules,
  rulesFor,
  writeKey,
} from '../../sim/protocol/keybindings.ts';
import type { KeyContext } from '../../sim/protocol/when.ts';
import { holds, whenProblem } from '../../sim/protocol/when.ts';

describe('the spelling of a key', () => {
  it.each([
    ['ctrl+f5', 'Mod+F5', 'Ctrl+F5'],
    ['Ctrl+Shift+P', 'Mod+Shift+P', 'Ctrl+Shift+P'],
    ['shift+ctrl+p', 'Mod+Shift+P', 'Ctrl+Shift+P'],
    ['cmd+s', undefined, 'Mod+S'],
    ['cmd+ctrl+s', undefined, 'Mod+Ctrl+S'],
    ['alt+up', 'Alt+ArrowUp', 'Alt+ArrowUp'],
    ['ctrl+k ctrl+s', 'Mod+K Mod+S', 'Ctrl+K Ctrl+S'],
    ['ctrl+`', 'Mod+`', 'Ctrl+`'],
    ['f1', 'F1', 'F1'],
    ['f24', 'F24', 'F24'],
    ['f25', undefined, undefined],
    ['f0', undefined, undefined],
    ['ctrl+space', 'Mod+Space', 'Ctrl+Space'],
    ['ctrl+', undefined, undefined],
    ['ctrl', undefined, undefined],
    ['ctrl+ctrl+s', undefined, undefined],
    ['hyper+s', undefined, undefined],
    ['constructor', undefined, undefined],
    ['a b c', undefined, undefined],
    ['', undefined, undefined],
  ])('%j is %s, on a Mac %s', (text, key, onMac) => {
    expect(parseKey(text, false)).toBe(key);
    expect(parseKey(text, true)).toBe(onMac);
  });

  it.each([false, true])('of every default is read back as it is written (Mac: %s)', (mac) => {
    for (const key of COMMAND_IDS.flatMap((id) => [...(commandInfo(id).keys ?? [])])) {
      expect(parseKey(writeKey(key, mac), mac)).toBe(key);
    }
  });
});

describe('a rule', () => {
  it.each([
    [{ key: 'ctrl+f5', command: 'run.start' }, undefined],
    [{ key: 'ctrl+f5', command: '-run.start' }, undefined],
    [{ command: '-run.start' }, undefined],
    [{ key: 'f6', command: 'run.stop', when: "debugState == 'running'" }, undefined],
    [
      { key: 'f6', command: 'run.faster' },
      { path: [0, 'command'], message: '"run.faster" is no command' },
    ],
    [{ key: 'f6' }, { path: [0, 'command'], message: 'nothing is no command' }],
    [{ command: 'run.start' }, { path: [0, 'key'], message: 'nothing is no key' }],
    [
      { key: 'hyper+x', command: 'run.start' },
      { path: [0, 'key'], message: '"hyper+x" is no key' },
    ],
    [
      { key: 'f6', command: 'run.start', when: 'a ==' },
      { path: [0, 'when'], message: 'when: "a ==" is no condition' },
    ],
    ['f6', { path: [0], message: 'a rule is { "key": ..., "command": ... }' }],
    [null, { path: [0], message: 'a rule is { "key": ..., "command": ... }' }],
  ])('%j: a problem is told with its place', (rule, problem) => {
    const { rules, problems } = readRules([rule], false);
    expect(problems).toEqual(problem === undefined ? [] : [problem]);
    expect(rules).toHaveLength(problem === undefined ? 1 : 0);
  });
});

describe('the keys of a command', () => {
  const keys = (rules: Parameters<typeof bindingsOf>[0], id: (typeof COMMAND_IDS)[number]) =>
    keysOf(bindingsOf(rules, false), id);

  it('are those of the table without a file', () => {
    expect(keys([], 'view.palette')).toEqual(['Mod+Shift+P', 'F1']);
    for (const id of COMMAND_IDS) {
      expect(keys([], id)).toEqual(commandInfo(id).keys ?? []);
    }
  });

  it('begin with the newest one of the user', () => {
    const rules = [
      { key: 'f2', command: 'view.palette' },
      { key: 'f4', command: 'view.palette' },
    ];
    expect(keys(rules, 'view.palette')).toEqual(['F4', 'F2', 'Mod+Shift+P', 'F1']);
  });

  it('go away by a rule with a minus: one, or all', () => {
    expect(keys([{ key: 'f1', command: '-view.palette' }], 'view.palette')).toEqual([
      'Mod+Shift+P',
    ]);
    expect(keys([{ command: '-view.palette' }], 'view.palette')).toEqual([]);
  });

  it('go away when another command gets them, unless that has a condition', () => {
    expect(keys([{ key: 'ctrl+b', command: 'run.start' }], 'view.toggleSidebar')).toEqual([]);
    const rule = { key: 'ctrl+b', command: 'run.start', when: 'inDebugMode' };
    expect(keys([rule], 'view.toggleSidebar')).toEqual(['Mod+B']);
  });

  it.each([[['F4']], [[]], [['F4', 'F1']], ['default' as const]])(
    'become %j by the rules that are written for it',
    (wanted) => {
      const rules = rulesFor('view.palette', wanted, false);
      const expected = wanted === 'default' ? ['Mod+Shift+P', 'F1'] : wanted;
      expect(keys(rules, 'view.palette')).toEqual(expected);
      expect(readRules(rules, false).problems).toEqual([]);
    },
  );

  it('have a schema that knows every command and its removal', () => {
    const text = JSON.stringify(keybindingsSchema());
    for (const id of COMMAND_IDS) {
      expect(text).toContain(`"${id}"`);
      expect(text).toContain(`"-${id}"`);
    }
  });
});

describe('a condition', () => {
  const context: KeyContext = {
    editorTextFocus: true,
    consoleFocus: false,
    inputFocus: true,
    inDebugMode: true,
    debugState: 'stopped',
  };

  it.each([
    [undefined, true],
    ['editorTextFocus', true],
    ['!editorTextFocus', false],
    ['!consoleFocus', true],
    ['editorTextFocus && consoleFocus', false],
    ['consoleFocus || editorTextFocus', true],
    ['consoleFocus && inputFocus || inDebugMode', true],
    ["debugState == 'stopped'", true],
    ['debugState == running', false],
    ["debugState != 'running' && inDebugMode", true],
    ['toString', false],
    ['', false],
  ])('%j holds: %s', (clause, expected) => {
    expect(holds(clause, context)).toBe(expected);
  });

  it.each(['constructor', '', 'editorTextFocus &&', '!debugState == x', 'a b', '(inputFocus)'])(
    '%j is refused',
    (clause) => {
      expect(whenProblem(clause)).toBeDefined();
    },
  );
});
