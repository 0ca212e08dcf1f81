// The list of all commands with their keys, where one is chosen to give it another key.

import type { CommandId } from '../../sim/protocol/commands.ts';
import { COMMAND_IDS, commandInfo, listTitle } from '../../sim/protocol/commands.ts';
import type { Binding } from '../../sim/protocol/keybindings.ts';
import { keysOf } from '../../sim/protocol/keybindings.ts';
import type { Remote } from '../base/connection.ts';
import { keyLabel } from '../commands/keys.ts';
import type { PickItem, Prompts } from '../commands/quick-pick.ts';
import type { Preferences } from './preferences.ts';

/** What the list works with. */
export interface ShortcutParts {
  readonly remote: Remote;
  readonly prompts: Prompts;
  readonly preferences: Preferences;
}

/** Shows the list, again after each change, until it is left. */
export async function showShortcuts({
  remote,
  prompts,
  preferences,
}: ShortcutParts): Promise<void> {
  for (;;) {
    const { bindings } = preferences;
    const items = COMMAND_IDS.map((id) => shortcutItem(bindings.value, id));
    const id = await prompts.choose('Choose a command to change its key', items);
    if (id === undefined) {
      return;
    }
    const change = await prompts.key({
      command: listTitle(id),
      keys: keysOf(bindings.value, id),
      others: (key) => commandsWith(bindings.value, key, id).map(listTitle),
    });
    if (change !== undefined) {
      await remote.calls.setKeys(id, change);
    }
  }
}

function shortcutItem(bindings: readonly Binding[], id: CommandId): PickItem<CommandId> {
  const keys = keysOf(bindings, id);
  const isOwn = bindings.some(({ command, source }) => command === id && source === 'user');
  const changed = isOwn || keys.length < (commandInfo(id).keys ?? []).length;
  return {
    label: listTitle(id),
    detail: changed ? `${id}, changed` : id,
    hint: keys.length === 0 ? 'no key' : keys.map(keyLabel).join(' or '),
    value: id,
  };
}

/** Commands that a key runs, without `except`; a chord takes its first key from all others. */
export function commandsWith(
  bindings: readonly Binding[],
  key: string,
  except: CommandId,
): readonly CommandId[] {
  const found = bindings.filter(
    (binding) =>
      binding.command !== except &&
      (binding.key === key ||
        binding.key.startsWith(`${key} `) ||
        key.startsWith(`${binding.key} `)) &&
      keysOf(bindings, binding.command).includes(binding.key),
  );
  return [...new Set(found.map(({ command }) => command))];
}
