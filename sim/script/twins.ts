// Structures that a script fills and the kernel uses (work items, operation tables, scatter lists): the
// kernel gets a twin of its own, copied in before a call and out after it. The kernel may keep private
// fields in its twin; the script never sees those.

import { bytesOf } from './bytes.ts';
import type { Crossing } from './crossing.ts';
import type { HandleTable } from './handles.ts';
import { kindOf, Opaque } from './handles.ts';

/** Fields of kernel structures that are u64, dma_addr_t or phys_addr_t in C. */
const WIDE_FIELDS = new Set([
  'aperture_start',
  'aperture_end',
  'start',
  'addr',
  'iova',
  'phys',
  'dma_address',
]);

/** Pairs of structures, by identity. */
export class Twins {
  readonly #crossing: Crossing;
  readonly #hostOf = new WeakMap<object, object>();
  readonly #guestOf = new WeakMap<object, object>();
  readonly #wide = new WeakSet<object>();
  /** Twins that the running calls were given: copied out when the call returns that came first. */
  readonly #open: [guest: object, host: object][] = [];

  constructor(crossing: Crossing) {
    this.#crossing = crossing;
  }

  /** The structure of the script behind a twin. */
  guestOf(host: object): object | undefined {
    return this.#guestOf.get(host);
  }

  /** What this ref holds is an address: it goes out as bigint. */
  markWide(host: object): void {
    this.#wide.add(host);
  }

  /** The twin of a structure, with the structure's fields as they are now. */
  copyIn(guest: object): object {
    let host = this.#hostOf.get(guest);
    if (host === undefined) {
      host = Array.isArray(guest) ? [] : {};
      this.#hostOf.set(guest, host);
      this.#guestOf.set(host, guest);
    }
    const twin = host;
    if (!this.#open.some(([, open]) => open === twin)) {
      this.#open.push([guest, twin]);
      this.#refresh(guest, twin);
    }
    return twin;
  }

  /** Starts a call; give the result to {@link copyBack}. */
  get mark(): number {
    return this.#open.length;
  }

  /** Ends a call: fields that the kernel changed show in the script's structures. */
  copyBack(mark: number): void {
    for (const [guest, host] of this.#open.splice(mark)) {
      for (const key of Object.keys(host)) {
        this.#writeBack(guest, key, Reflect.get(host, key), this.#wide.has(host));
      }
    }
  }

  /** A copy of plain data of the kernel, as objects of the script's realm. */
  copyOut(host: object): object {
    const { guest } = this.#crossing;
    if (Array.isArray(host)) {
      return guest.makeArray(host.map((item) => this.#crossing.toGuest(item, 'any')));
    }
    const entries: [string, unknown][] = [];
    for (const key of Object.keys(host)) {
      const value: unknown = Reflect.get(host, key);
      if (typeof value !== 'function') {
        entries.push([key, this.#crossing.toGuest(value, WIDE_FIELDS.has(key) ? 'u64' : 'any')]);
      }
    }
    return guest.makeObject(entries);
  }

  #refresh(guest: object, host: object): void {
    if (Array.isArray(host)) {
      host.length = Number(Reflect.get(guest, 'length'));
    }
    for (const key of Object.keys(guest)) {
      Reflect.set(host, key, this.#fieldToHost(Reflect.get(guest, key)));
    }
  }

  #fieldToHost(value: unknown): unknown {
    if (typeof value === 'bigint') {
      return Number(value);
    }
    if (typeof value === 'function') {
      return this.#crossing.callback(value);
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    const known = this.#crossing.handles.resolve(value)?.host;
    return known ?? (Array.isArray(value) ? undefined : bytesOf(value)) ?? this.copyIn(value);
  }

  #writeBack(guest: object, key: string, value: unknown, wide: boolean): void {
    if (typeof value === 'function') {
      return;
    }
    const now: unknown = Reflect.get(guest, key);
    if (typeof now === 'bigint' ? Number(now) === value : now === value && !wide) {
      return;
    }
    const { handles } = this.#crossing;
    if (typeof value === 'object' && value !== null && !isShown(value, handles)) {
      return;
    }
    const asBig = wide || typeof now === 'bigint' || WIDE_FIELDS.has(key);
    const shown = this.#crossing.toGuest(value, asBig ? 'u64' : 'any');
    if (shown !== now) {
      Reflect.set(guest, key, shown);
    }
  }
}

/** Private objects of the kernel stay in its twin. */
function isShown(value: object, handles: HandleTable): boolean {
  return (
    Array.isArray(value) ||
    Object.getPrototypeOf(value) === Object.prototype ||
    value instanceof Opaque ||
    handles.has(value) ||
    handles.knows(kindOf(value))
  );
}
