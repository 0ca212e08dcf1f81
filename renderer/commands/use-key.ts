// The key of a command in a component, as it is now.

import type { CommandId } from '../../sim/protocol/commands.ts';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';

/** The key as people read it; undefined when the command has none. */
export function useKey(id: CommandId): string | undefined {
  const { commands, preferences } = useWorkbench();
  useStore(preferences.bindings);
  return commands.keyOf(id);
}

/** `text (F5)`: a text with the key of the command that it is about. */
export function useWithKey(text: string, id: CommandId): string {
  const key = useKey(id);
  return key === undefined ? text : `${text} (${key})`;
}
