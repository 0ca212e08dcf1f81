// The line under the console: commands in the hardware's words, their history, and completion. What
// commands there are is asked of the session itself (`help`), so that no list is kept twice.

import type { InspectAnswer, InspectRequest } from '../../sim/protocol/inspect.ts';
import { Store } from '../base/store.ts';

/** A command as `help` tells it. */
export interface PromptCommand {
  readonly name: string;
  /** `walk SID SSID|- IOVA [r|w|x]` */
  readonly usage: string;
  readonly help: string;
}

/** Shows what was typed and what came back. */
export interface PromptOutput {
  prompt(text: string): void;
  answer(lines: readonly string[]): void;
}

const HISTORY_LIMIT = 200;
const NO_SESSION = 'nothing has run yet: run a script first';

/** The prompt's state; the component shows it. */
export class Prompt {
  readonly #ask: (request: InspectRequest) => Promise<InspectAnswer>;
  readonly #output: PromptOutput;
  #history: string[] = [];
  /** Place in the history; its length: the line that is being typed. */
  #at = 0;
  #draft = '';
  readonly text = new Store('');
  readonly commands = new Store<readonly PromptCommand[]>([]);
  /** An answer is awaited. */
  readonly busy = new Store(false);

  constructor(ask: (request: InspectRequest) => Promise<InspectAnswer>, output: PromptOutput) {
    this.#ask = ask;
    this.#output = output;
  }

  /** The command that is being typed, once its name is complete. */
  static commandOf(text: string, commands: readonly PromptCommand[]): PromptCommand | undefined {
    const name = text.trimStart().split(/\s/)[0];
    return commands.find((command) => command.name === name);
  }

  /** Sends the line. */
  async submit(): Promise<void> {
    const text = this.text.value.trim();
    if (text === '' || this.busy.value) {
      return;
    }
    this.#history = [...this.#history.filter((line) => line !== text), text].slice(-HISTORY_LIMIT);
    this.#at = this.#history.length;
    this.#draft = '';
    this.text.set('');
    this.#output.prompt(text);
    this.#output.answer(await this.#answer(text));
  }

  /** Goes to an older (-1) or newer (1) line of the history. */
  step(by: 1 | -1): void {
    const next = this.#at + by;
    if (next < 0 || next > this.#history.length) {
      return;
    }
    if (this.#at === this.#history.length) {
      this.#draft = this.text.value;
    }
    this.#at = next;
    this.text.set(this.#history[next] ?? this.#draft);
  }

  /**
   * Completes the name of a command as far as it is certain.
   *
   * @returns the names that fit when it is not; an empty list otherwise, undefined when there is nothing
   *   to complete
   */
  complete(): readonly string[] | undefined {
    const typed = this.text.value.trimStart();
    if (typed === '' || /\s/.test(typed)) {
      return undefined;
    }
    const names = this.commands.value
      .map(({ name }) => name)
      .filter((one) => one.startsWith(typed));
    if (names.length === 0) {
      return undefined;
    }
    if (names.length === 1) {
      this.text.set(`${names[0]} `);
      return [];
    }
    const common = commonStart(names);
    this.text.set(common);
    return common === typed ? names : [];
  }

  /** Asks what commands there are, if that is not known; without a session there are none. */
  async learn(): Promise<void> {
    if (this.commands.value.length > 0) {
      return;
    }
    try {
      const answer = await this.#ask({ kind: 'command', text: 'help' });
      this.commands.set(answer.kind === 'command' ? commandsOf(answer.lines) : []);
    } catch {
      this.commands.set([]);
    }
  }

  async #answer(text: string): Promise<readonly string[]> {
    this.busy.set(true);
    try {
      const answer = await this.#ask({ kind: 'command', text });
      return answer.kind === 'command' ? answer.lines : [];
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return [/nothing has run yet/.test(message) ? NO_SESSION : message];
    } finally {
      this.busy.set(false);
      await this.learn();
    }
  }
}

/** `walk SID SSID|- IOVA [r|w|x]   what the SMMU would read`: usage and help stand two spaces apart. */
export function commandsOf(lines: readonly string[]): readonly PromptCommand[] {
  return lines.flatMap((line) => {
    const [usage = '', help = ''] = line.split(/\s{2,}/);
    const name = usage.split(' ')[0] ?? '';
    return name === '' ? [] : [{ name, usage, help }];
  });
}

function commonStart(names: readonly string[]): string {
  let common = names[0] ?? '';
  for (const name of names) {
    while (!name.startsWith(common)) {
      common = common.slice(0, -1);
    }
  }
  return common;
}
