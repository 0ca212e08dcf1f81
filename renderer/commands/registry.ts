// Runs commands by name and finds the one a key means. What commands there are says the protocol's table.

import type { CommandId } from '../../sim/protocol/commands.ts';
import { COMMAND_IDS, commandInfo } from '../../sim/protocol/commands.ts';
import { keyOf } from './keys.ts';

/** Every command's work. */
export type CommandHandlers = Readonly<Record<CommandId, () => void | Promise<void>>>;

/** The commands of this window. */
export class CommandRegistry {
  readonly #handlers: CommandHandlers;
  readonly #failed: (error: unknown) => void;
  readonly #byKey = new Map<string, CommandId>();

  /** @param failed is told of every error that a command ends with */
  constructor(handlers: CommandHandlers, failed: (error: unknown) => void) {
    this.#handlers = handlers;
    this.#failed = failed;
    for (const id of COMMAND_IDS) {
      const { keys = [], editorKey } = commandInfo(id);
      for (const key of editorKey === true ? [] : keys) {
        this.#byKey.set(key, id);
      }
    }
  }

  /** Runs a command; an unknown name is ignored, since names also come from outside. */
  run(id: string): void {
    if (isCommand(id)) {
      void this.#run(id);
    }
  }

  /** Runs the command that a key press means; says whether there is one. */
  handleKey(event: KeyboardEvent): boolean {
    const id = this.#byKey.get(keyOf(event));
    if (id === undefined) {
      return false;
    }
    void this.#run(id);
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

function isCommand(id: string): id is CommandId {
  return (COMMAND_IDS as readonly string[]).includes(id);
}
