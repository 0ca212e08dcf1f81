// Which keys mean which command: the defaults of the command table, then the rules of the user's
// keybindings.json in VS Code's form. Later ones win.

import type { CommandId } from './commands.ts';
import { COMMAND_IDS, commandInfo, listTitle } from './commands.ts';
import { CONTEXT_KEYS, whenProblem } from './when.ts';

/** A rule of keybindings.json: `{ "key": "ctrl+f5", "command": "run.start" }`; `-run.start` removes. */
export interface KeyRule {
  /** As VS Code spells it; a chord has a space: `ctrl+k ctrl+s`. Missing in a removal: every key. */
  readonly key?: string | undefined;
  readonly command: string;
  readonly when?: string | undefined;
}

/** A key that means a command. */
export interface Binding {
  /** As the command table spells it, e.g. `Mod+Shift+P`; a chord has a space. */
  readonly key: string;
  readonly command: CommandId;
  readonly when?: string;
  readonly source: 'default' | 'user';
}

/** What is wrong with a rule. */
export interface RuleProblem {
  /** Place of the rule in the file, from 0, and its property. */
  readonly path: readonly [number, 'key' | 'command' | 'when'] | readonly [number];
  readonly message: string;
}

/** Modifiers in the order in which keys are spelt, by the names that may stand in the file. */
const MODIFIERS: readonly (readonly [name: string, spellings: (mac: boolean) => string[]])[] = [
  ['Mod', (mac) => (mac ? ['cmd', 'meta'] : ['ctrl'])],
  ['Ctrl', (mac) => (mac ? ['ctrl'] : [])],
  ['Shift', () => ['shift']],
  ['Alt', () => ['alt', 'option']],
];

/** Keys whose name in the file is not the one of the press. */
const NAMED: Readonly<Record<string, string>> = {
  escape: 'Escape',
  enter: 'Enter',
  tab: 'Tab',
  space: 'Space',
  backspace: 'Backspace',
  delete: 'Delete',
  insert: 'Insert',
  home: 'Home',
  end: 'End',
  pageup: 'PageUp',
  pagedown: 'PageDown',
  up: 'ArrowUp',
  down: 'ArrowDown',
  left: 'ArrowLeft',
  right: 'ArrowRight',
};
const FILE_NAMES = new Map(Object.entries(NAMED).map(([file, press]) => [press, file]));
const PLAIN = /^(?:[a-z0-9]|f(?:[1-9]|1\d|2[0-4])|[`/,.;'[\]\\=-])$/;

/** A key of the file in the table's spelling; undefined when it is none. */
export function parseKey(text: string, mac: boolean): string | undefined {
  const presses = text
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .map((press) => parsePress(press, mac));
  return presses.includes(undefined) || presses.length > 2 ? undefined : presses.join(' ');
}

function parsePress(text: string, mac: boolean): string | undefined {
  const parts = text.split('+');
  const main = parts.pop() ?? '';
  const name = Object.hasOwn(NAMED, main)
    ? NAMED[main]
    : PLAIN.test(main)
      ? main.toUpperCase()
      : undefined;
  const left = new Set(parts);
  const found = MODIFIERS.filter(([, spellings]) =>
    spellings(mac).some((spelling) => left.delete(spelling)),
  );
  if (name === undefined || left.size > 0 || found.length !== parts.length) {
    return undefined;
  }
  return [...found.map(([modifier]) => modifier), name].join('+');
}

/** A key of the table as the file spells it. */
export function writeKey(key: string, mac: boolean): string {
  return key
    .split(' ')
    .map((press) => {
      const parts = press.split('+');
      const main = parts.pop() ?? '';
      const modifiers = MODIFIERS.filter(([name]) => parts.includes(name));
      const names = modifiers.map(([, spellings]) => spellings(mac)[0] ?? '');
      return [...names, FILE_NAMES.get(main) ?? main.toLowerCase()].join('+');
    })
    .join(' ');
}

/** The rules of a file, without those that cannot be used. */
export function readRules(
  file: readonly unknown[],
  mac: boolean,
): { readonly rules: readonly KeyRule[]; readonly problems: readonly RuleProblem[] } {
  const rules: KeyRule[] = [];
  const problems: RuleProblem[] = [];
  for (const [index, entry] of file.entries()) {
    const problem = ruleProblem(index, entry, mac);
    if (problem === undefined) {
      rules.push(entry as KeyRule);
    } else {
      problems.push(problem);
    }
  }
  return { rules, problems };
}

function ruleProblem(index: number, entry: unknown, mac: boolean): RuleProblem | undefined {
  if (typeof entry !== 'object' || entry === null) {
    return { path: [index], message: 'a rule is { "key": ..., "command": ... }' };
  }
  const { key, command, when } = entry as Readonly<Record<string, unknown>>;
  const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
  if (typeof command !== 'string' || !isCommand(command.replace(/^-/, ''))) {
    return { path: [index, 'command'], message: `${shown(command)} is no command` };
  }
  const removal = command.startsWith('-') && key === undefined;
  if (!removal && (typeof key !== 'string' || parseKey(key, mac) === undefined)) {
    return { path: [index, 'key'], message: `${shown(key)} is no key` };
  }
  if (when === undefined) {
    return undefined;
  }
  const problem = typeof when === 'string' ? whenProblem(when) : `${shown(when)} is no text`;
  return problem === undefined ? undefined : { path: [index, 'when'], message: `when: ${problem}` };
}

/** Every key that means something, weakest first: the defaults, then what the user's rules make of them. */
export function bindingsOf(rules: readonly KeyRule[], mac: boolean): readonly Binding[] {
  let bindings: readonly Binding[] = defaultBindings();
  for (const rule of rules) {
    const key = rule.key === undefined ? undefined : parseKey(rule.key, mac);
    const id = rule.command.replace(/^-/, '');
    if (!isCommand(id)) {
      continue;
    }
    if (rule.command !== id) {
      bindings = bindings.filter(
        (old) => old.command !== id || (key !== undefined && old.key !== key),
      );
    } else if (key !== undefined) {
      const { when } = rule;
      const added: Binding = { key, command: id, source: 'user' };
      bindings = [...bindings, when === undefined ? added : { ...added, when }];
    }
  }
  return bindings;
}

function defaultBindings(): readonly Binding[] {
  return COMMAND_IDS.flatMap((id) => {
    const { keys = [], when } = commandInfo(id);
    return keys.map((key) => {
      const binding: Binding = { key, command: id, source: 'default' };
      return when === undefined ? binding : { ...binding, when };
    });
  });
}

/** The keys that run a command, the one to show first; without those that a later binding takes away. */
export function keysOf(bindings: readonly Binding[], id: CommandId): readonly string[] {
  const own = bindings.filter(
    ({ command, key, when }, index) =>
      command === id &&
      !bindings
        .slice(index + 1)
        .some((later) => later.key === key && (later.when === undefined || later.when === when)),
  );
  const user = own.filter(({ source }) => source === 'user').reverse();
  return [...user, ...own.filter(({ source }) => source === 'default')].map(({ key }) => key);
}

/** The rules that give `command` these keys of the table's spelling and no others, or its default ones. */
export function rulesFor(
  command: CommandId,
  keys: readonly string[] | 'default',
  mac: boolean,
): readonly KeyRule[] {
  if (keys === 'default') {
    return [];
  }
  const { keys: defaults = [], when } = commandInfo(command);
  const added = keys.filter((key) => !defaults.includes(key));
  const gone = defaults.filter((key) => !keys.includes(key));
  const place = when === undefined ? {} : { when };
  return [
    ...added.map((key) => ({ key: writeKey(key, mac), command, ...place })),
    ...gone.map((key) => ({ key: writeKey(key, mac), command: `-${command}` })),
  ];
}

/** The command that an entry of the file is about, whatever else is wrong with it. */
export function commandOf(entry: unknown): string | undefined {
  const command =
    typeof entry === 'object' && entry !== null && 'command' in entry ? entry.command : undefined;
  return typeof command === 'string' ? command.replace(/^-/, '') : undefined;
}

/** JSON schema of keybindings.json. */
export function keybindingsSchema(): object {
  const commands = COMMAND_IDS.map((id) => [id, listTitle(id)] as const);
  const conditions = Object.entries(CONTEXT_KEYS).map(([name, text]) => `${name}: ${text}`);
  return {
    type: 'array',
    allowComments: true,
    allowTrailingCommas: true,
    items: {
      type: 'object',
      required: ['command'],
      additionalProperties: false,
      defaultSnippets: [{ body: { key: '$1', command: '$2' } }],
      properties: {
        key: {
          type: 'string',
          description: 'Key, or two for a chord: ctrl+shift+p, f5, ctrl+k ctrl+s.',
        },
        command: {
          enum: [...commands.map(([id]) => id), ...commands.map(([id]) => `-${id}`)],
          enumDescriptions: [
            ...commands.map(([, title]) => title),
            ...commands.map(([, title]) => `Takes the key away from ${title}`),
          ],
          description: 'What the key runs; with a minus in front, what it does not run any more.',
        },
        when: {
          type: 'string',
          description: `When the key counts: conditions with !, &&, ||, ==, != of ${conditions.join('; ')}.`,
        },
      },
    },
  };
}

/** Whether a name, which may come from outside, is one of a command. */
export function isCommand(id: string): id is CommandId {
  return (COMMAND_IDS as readonly string[]).includes(id);
}
