// The kernel's objects: which kind, the stretch around those that show, and the mappings of a domain.

import type {
  IovaMapDto,
  SoftwareDto,
  SoftwareKind,
  SoftwareLink,
  SoftwareRowDto,
} from '../../sim/protocol/inspect.ts';
import { Store } from '../base/store.ts';
import { askFor, View } from './view.ts';

/** Rows that are asked for around the visible ones, and most of one question. */
const AROUND = 60;
const MOST_ROWS = 500;

/** A stretch of rows of a list that may be longer. */
interface Stretch {
  readonly from: number;
  readonly count: number;
}

/** Follows the objects. */
export class SoftwareView extends View {
  readonly software = new Store<SoftwareDto | undefined>(undefined);
  readonly shown = new Store<SoftwareKind>('devices');
  /** Place of the selected object, or of the selected range of a map; -1: none. */
  readonly at = new Store(-1);
  /** The object at that place, once it is known. */
  readonly current = new Store<SoftwareRowDto | undefined>(undefined);
  /** The mappings that are shown instead of the objects. */
  readonly map = new Store<IovaMapDto | undefined>(undefined);
  /** Objects that a record after this one changed are marked. */
  readonly changedFrom = new Store<number | undefined>(undefined);
  #domain: number | undefined;
  #around: string | undefined;
  #visible = { first: 0, last: 0 };
  #asOf: number | undefined;

  /** Shows the objects of a kind. */
  show(of: SoftwareKind): void {
    this.#choose(of, undefined);
  }

  /** Shows one object among its kind; the first when the id is empty. */
  open({ of, id }: SoftwareLink): void {
    this.#choose(of, id === '' ? undefined : id);
  }

  /** Shows the mappings of a domain. */
  openMap(domain: number): void {
    this.#domain = domain;
    this.at.set(-1);
    this.#visible = { first: 0, last: 0 };
    this.refresh();
  }

  /** Goes back from a map to its domain. */
  closeMap(): void {
    this.open({ of: 'domains', id: String(this.#domain ?? '') });
  }

  select(index: number): void {
    this.at.set(index);
    this.current.set(this.#rowAt(index));
    this.reveal(index, index + 1);
  }

  /** Rows [first, last) are to be seen: what is missing of them is asked for. */
  reveal(first: number, last: number): void {
    this.#visible = { first, last };
    const list = this.map.value ?? this.software.value;
    if (list === undefined) {
      return;
    }
    const end = Math.min(last, this.total);
    if (first < list.from || end > list.from + list.rows.length) {
      this.refresh();
    }
  }

  /** Rows that the list has. */
  get total(): number {
    const software = this.software.value;
    return this.map.value?.total ?? software?.counts[software.of] ?? 0;
  }

  restart(): void {
    this.#asOf = undefined;
    this.changedFrom.set(undefined);
  }

  protected async load(): Promise<void> {
    const domain = this.#domain;
    if (domain !== undefined) {
      const { map } = await askFor(this.ask, { kind: 'iovaMap', domain, ...this.#stretch() });
      this.map.set(this.#domain === domain ? map : undefined);
      return;
    }
    const of = this.shown.value;
    const around = this.#around;
    const { software } = await askFor(this.ask, {
      kind: 'software',
      of,
      ...this.#stretch(),
      ...(around === undefined ? {} : { around }),
    });
    if (this.shown.value !== of || this.#domain !== undefined) {
      return;
    }
    if (this.#asOf !== undefined && software.asOf !== this.#asOf) {
      this.changedFrom.set(this.#asOf + 1);
    }
    this.#asOf = software.asOf;
    this.map.set(undefined);
    this.software.set(software);
    this.#keepSelection(around);
  }

  #choose(of: SoftwareKind, around: string | undefined): void {
    this.#domain = undefined;
    this.map.set(undefined);
    this.#around = around;
    this.#visible = { first: 0, last: 0 };
    this.shown.set(of);
    this.at.set(-1);
    this.current.set(undefined);
    this.refresh();
  }

  /** The selected object stays selected when others came or went before it. */
  #keepSelection(around: string | undefined): void {
    const { from, rows } = this.software.value ?? { from: 0, rows: [] };
    const id = around ?? this.current.value?.id;
    const place = rows.findIndex((row) => row.id === id);
    if (place >= 0) {
      this.at.set(from + place);
    }
    if (this.#around === around) {
      this.#around = undefined;
    }
    this.current.set(this.#rowAt(this.at.value));
  }

  #rowAt(index: number): SoftwareRowDto | undefined {
    const software = this.software.value;
    return this.#domain === undefined ? software?.rows[index - software.from] : undefined;
  }

  #stretch(): Stretch {
    const { first, last } = this.#visible;
    const from = Math.max(0, first - AROUND);
    return { from, count: Math.min(MOST_ROWS, last + AROUND - from) };
  }
}
