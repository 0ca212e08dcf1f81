// Runs commands by name and finds the one a key means. What commands there are says the protocol's table,
// what keys mean say the table and the user's keybindings.json.

import type { CommandId } from '../../sim/protocol/commands.ts';
import { COMMAND_IDS, commandInfo } from '../../sim/protocol/commands.ts';
import type { Binding } from '../../sim/protocol/keybindings.ts';
import { isCommand, keysOf } from '../../sim/protocol/keybindings.ts';
import type { KeyContext } from '../../sim/protocol/when.ts';
import { holds } from '../../sim/protocol/when.ts';
import type { ReadableStore } from '../base/store.ts';
import { Store } from '../base/store.ts';
import { isModifier, keyLabel, keyOf } from './keys.ts';

/** Every command's work. */
export type CommandHandlers = Readonly<Record<CommandId, () => void | Promise<void>>>;

/** What decides which command a key means. */
export interface KeySource {
  readonly bindings: ReadableStore<readonly Binding[]>;
  /** How things stand at the time of a key press. */
  readonly context: () => KeyContext;
  /** The editor saw the first key of a chord and will not see the second: it waits for nothing any more. */
  readonly endEditorChord: () => void;
}

/** The keys that the editor widget obeys by itself. */
const EDITOR_KEYS: ReadonlyMap<string, CommandId> = new Map(
  COMMAND_IDS.flatMap((id) => {
    const { keys = [], editorKey } = commandInfo(id);
    return editorKey === true ? keys.map((key) => [key, id] as const) : [];
  }),
);

/** The commands of this window. */
export class CommandRegistry {
  readonly #handlers: CommandHandlers;
  readonly #keys: KeySource;
  readonly #failed: (error: unknown) => void;
  /** The first key of a chord that was pressed. */
  readonly chord = new Store<string | undefined>(undefined);

  /** @param failed is told of every error that a command ends with */
  constructor(handlers: CommandHandlers, keys: KeySource, failed: (error: unknown) => void) {
    this.#handlers = handlers;
    this.#keys = keys;
    this.#failed = failed;
  }

  /** Runs a command; an unknown name is ignored, since names also come from outside. */
  run(id: string): void {
    if (isCommand(id)) {
      void this.#run(id);
    }
  }

  /** The key of a command as people read it; undefined when it has none. */
  keyOf(id: CommandId): string | undefined {
    const [key] = keysOf(this.#keys.bindings.value, id);
    return key === undefined ? undefined : keyLabel(key);
  }

  /** Runs the command that a key press means; says whether nobody else should see the press. */
  handleKey(event: KeyboardEvent): boolean {
    if (isModifier(event)) {
      return false;
    }
    const first = this.chord.value;
    this.chord.set(undefined);
    const key = first === undefined ? keyOf(event) : `${first} ${keyOf(event)}`;
    const context = this.#keys.context();
    const bindings = this.#keys.bindings.value.filter(({ when }) => holds(when, context));
    const binding = bindings.findLast((one) => one.key === key);
    if (binding !== undefined) {
      if (first !== undefined && context.editorTextFocus !== false) {
        this.#keys.endEditorChord();
      }
      return this.#obey(binding);
    }
    if (bindings.some((one) => one.key.startsWith(`${key} `))) {
      this.chord.set(key);
      // The editor has chords of its own that begin alike: it sees the first key too.
      return context.editorTextFocus === false;
    }
    return isTakenFromEditor(key, this.#keys.bindings.value);
  }

  #obey({ command, source }: Binding): boolean {
    if (source === 'default' && commandInfo(command).editorKey === true) {
      return false;
    }
    void this.#run(command);
    return true;
  }

  async #run(id: CommandId): Promise<void> {
    try {
      await this.#handlers[id]();
    } catch (error) {
      this.#failed(error);
    }
  }
}

/** A key that the user took away from a command of the editor, which would still obey it. */
function isTakenFromEditor(key: string, bindings: readonly Binding[]): boolean {
  const id = EDITOR_KEYS.get(key);
  return (
    id !== undefined && !bindings.some(({ command, key: own }) => command === id && own === key)
  );
}
