// The three queues, one shown at a time, and which of its entries came since the last look.

import type { QueueDto } from '../../sim/protocol/inspect.ts';
import { Store } from '../base/store.ts';
import { askFor, View } from './view.ts';

/** Name of a queue. */
export type QueueName = QueueDto['name'];

/** Follows the queues. */
export class QueuesView extends View {
  readonly queues = new Store<readonly QueueDto[]>([]);
  readonly shown = new Store<QueueName>('EVENTQ');
  /** Number of the selected entry. */
  readonly selected = new Store<number | undefined>(undefined);
  /** By queue: entries from this number on are new. */
  readonly newFrom = new Store<ReadonlyMap<QueueName, number>>(new Map());
  #before: ReadonlyMap<QueueName, number> | undefined;

  show(name: QueueName): void {
    this.shown.set(name);
    this.selected.set(undefined);
  }

  restart(): void {
    this.#before = undefined;
    this.newFrom.set(new Map());
  }

  protected async load(): Promise<void> {
    const { queues } = await askFor(this.ask, { kind: 'queues' });
    const totals = new Map(queues.map(({ name, total }) => [name, total]));
    const before = this.#before;
    if (before !== undefined && queues.some(({ name, total }) => total !== before.get(name))) {
      this.newFrom.set(before);
    }
    this.#before = totals;
    this.queues.set(queues);
  }
}

/** `empty`, `3 waiting`, `never set up`: what PROD and CONS say. */
export function ringText({ size, prod, cons, total, name }: QueueDto): string {
  if (size === 0) {
    return 'never set up';
  }
  const wrapped = 2 * size;
  const waiting = (((prod - cons) % wrapped) + wrapped) % wrapped;
  const fill = waiting === 0 ? 'empty' : waiting >= size ? 'full' : `${waiting} waiting`;
  const entries = `${total} ${total === 1 ? 'entry' : 'entries'} so far`;
  const where = name === 'CMDQ' ? `index ${prod & (size - 1)}` : `index ${prod % size}`;
  return `${fill}, ${where} of ${size}, ${entries}`;
}
