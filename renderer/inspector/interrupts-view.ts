// The interrupts: their sources, the newest of them, and what led to and followed the selected one.

import type { InterruptDto, InterruptSourceDto } from '../../sim/protocol/inspect.ts';
import { Store } from '../base/store.ts';
import { groupedHex } from './memory-view.ts';
import type { AnswerOf } from './view.ts';
import { askFor, View } from './view.ts';

/** Follows the interrupts. */
export class InterruptsView extends View {
  readonly sources = new Store<readonly InterruptSourceDto[]>([]);
  readonly interrupts = new Store<readonly InterruptDto[]>([]);
  /** Only of this source; undefined: of all. */
  readonly shown = new Store<string | undefined>(undefined);
  /** Record of the selected one. */
  readonly selected = new Store<number | undefined>(undefined);
  readonly story = new Store<AnswerOf<'interrupt'> | undefined>(undefined);
  /** Interrupts whose record is this one or later are new. */
  readonly newFrom = new Store<number | undefined>(undefined);
  #newest: number | undefined;

  show(source: string | undefined): void {
    this.shown.set(source);
  }

  select(record: number | undefined): void {
    this.selected.set(record);
    this.story.set(undefined);
    this.refresh();
  }

  restart(): void {
    this.#newest = undefined;
    this.newFrom.set(undefined);
  }

  protected async load(): Promise<void> {
    const { sources, interrupts } = await askFor(this.ask, { kind: 'interrupts' });
    const newest = interrupts[0]?.record ?? 0;
    if (this.#newest !== undefined && newest !== this.#newest) {
      this.newFrom.set(this.#newest + 1);
    }
    this.#newest = newest;
    this.sources.set(sources);
    this.interrupts.set(interrupts);
    const record = this.selected.value;
    if (record !== undefined) {
      const story = await askFor(this.ask, { kind: 'interrupt', record });
      if (this.selected.value === record) {
        this.story.set(story);
      }
    }
  }
}

/** `line 74, enabled by IRQ_CTRL, 2 raised, last at 9000 ns`. */
export function setupText(source: InterruptSourceDto): string {
  const { line, enabled, msi, raised, lost, messages, pending, last } = source;
  const parts = [
    line === undefined ? undefined : `line ${line}`,
    enabled === undefined ? undefined : `${enabled ? 'enabled' : 'not enabled'} by IRQ_CTRL`,
    msi === undefined ? undefined : `MSI 0x${msi.data.toString(16)} to ${groupedHex(msi.address)}`,
    `${raised} raised`,
    lost === 0 ? undefined : `${lost} of them without a handler`,
    messages === 0 ? undefined : `${messages} MSIs`,
    pending ? 'pending' : undefined,
    last === undefined ? undefined : `last at ${last} ns`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}
