// All registers, those that match a filter shown.

import type { RegisterDto } from '../../sim/protocol/inspect.ts';
import { Store } from '../base/store.ts';
import type { Change } from './changes.ts';
import { changesBetween, keepMarks } from './changes.ts';
import { askFor, View } from './view.ts';

/** Follows the registers. */
export class RegistersView extends View {
  readonly registers = new Store<readonly RegisterDto[]>([]);
  readonly changes = new Store<ReadonlyMap<string, Change>>(new Map());
  readonly filter = new Store('');
  readonly selected = new Store<string | undefined>(undefined);
  #before: ReadonlyMap<string, RegisterDto> | undefined;

  restart(): void {
    this.#before = undefined;
    this.changes.set(new Map());
  }

  protected async load(): Promise<void> {
    const { registers } = await askFor(this.ask, { kind: 'registers' });
    const now = new Map(registers.map((register) => [register.name, register]));
    const next = changesBetween(this.#before, now, (a, b) => a.value === b.value);
    this.changes.update((old) => keepMarks(old, next));
    this.#before = now;
    this.registers.set(registers);
  }
}

/** Registers whose name, offset or section holds `filter`; `touched` alone: those with a value. */
export function matchingRegisters(
  registers: readonly RegisterDto[],
  filter: string,
): readonly RegisterDto[] {
  const wanted = filter.trim().toLowerCase();
  return registers.filter(({ name, offset, section }) =>
    [name.toLowerCase(), `0x${offset.toString(16)}`, section].some((text) => text.includes(wanted)),
  );
}
