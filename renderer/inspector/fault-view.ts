// The explanation of one event: the newest, until another one is chosen.

import type { ExplanationDto } from '../../sim/protocol/inspect.ts';
import { markWhenPainted } from '../base/dom.ts';
import { Store } from '../base/store.ts';
import { askFor, View } from './view.ts';

/** Follows the explanation of the chosen event. */
export class FaultView extends View {
  readonly explanation = new Store<ExplanationDto | undefined>(undefined);
  /** Number of the event from 1; undefined: the newest. */
  #chosen: number | undefined;
  /** A person waits for an explanation. */
  #awaited = false;

  /** Shows event `number` (from 1), or from now on always the newest. */
  choose(number: number | undefined): void {
    this.#chosen = number;
    this.#awaited = true;
    this.refresh();
  }

  /** Goes to the event before (-1) or after (1); at the last one the view follows the newest again. */
  step(by: 1 | -1): void {
    const shown = this.explanation.value;
    if (shown !== undefined) {
      const next = Math.min(Math.max(shown.event + by, 1), shown.events);
      this.choose(next === shown.events ? undefined : next);
    }
  }

  /** The explanation as text, with a line end. */
  get text(): string {
    const lines = this.explanation.value?.lines ?? [];
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }

  restart(): void {
    this.#chosen = undefined;
  }

  protected async load(): Promise<void> {
    const event = this.#chosen;
    const request = event === undefined ? {} : { event };
    const { explanation } = await askFor(this.ask, { kind: 'explain', ...request });
    this.explanation.set(explanation);
    if (this.#awaited) {
      this.#awaited = false;
      markWhenPainted('substream:explained');
    }
  }
}
