// The kernel's objects as of the trace's end, from its `state` records: the newest of an object says how
// it stands. Taken in as the trace grows; a million PASIDs cost nothing once they are known.

import { K } from '../trace/kinds.ts';
import type { ObjectKind, ObjectStates } from '../trace/object-state.ts';
import type { TraceSource } from '../trace/reader.ts';
import { TraceCursor } from '../trace/reader.ts';
import { HEADER_WORDS } from '../trace/recorder.ts';
import type { IovaMaps } from './iova-map.ts';

/** Key of an object: its number, or its name. */
export type ObjectKey = number | string;

/** What is known of an object without reading its state. */
export interface ObjectSeen {
  /** Records that made it and that changed it last. */
  readonly made: number;
  changed: number;
  /** Interned text of its state. */
  text: number;
}

const KINDS: readonly ObjectKind[] = ['device', 'group', 'domain', 'pasid', 'bond', 'mdev'];

/** The objects of one session. Call {@link update} before asking about what came since. */
export class KernelObjects {
  readonly source: TraceSource;
  readonly maps: IovaMaps;
  readonly #cursor: TraceCursor;
  readonly #all = Object.fromEntries(KINDS.map((kind) => [kind, new Objects()])) as Readonly<
    Record<ObjectKind, Objects>
  >;
  /** Auxiliary domains (by number) and bonds (by name) of each device, and domains without any. */
  readonly #substreams = new Map<string, Set<ObjectKey>>();
  readonly #loose = new Set<number>();
  #latest = 0;
  #named = false;
  #told = false;

  constructor(source: TraceSource, maps: IovaMaps) {
    this.source = source;
    this.maps = maps;
    this.#cursor = new TraceCursor(source);
  }

  /** The session made objects, and a program that did not yet record how they stand. */
  get tooOld(): boolean {
    return this.#named && !this.#told;
  }

  /** Newest record that is taken in. */
  get latest(): number {
    return this.#latest;
  }

  /** Takes in the records emitted since the last call. */
  update(): void {
    this.#cursor.read((kind, id, words, at) => {
      this.#latest = id;
      if (kind === K.state) {
        const payload = at + HEADER_WORDS;
        this.#told = true;
        this.#take(id, words.subarray(payload, payload + 4));
      } else {
        this.#named ||= kind === K.object;
        this.maps.take(kind, words, at + HEADER_WORDS);
      }
    });
  }

  count(kind: ObjectKind): number {
    return this.#all[kind].count;
  }

  /** Keys in order, from a place on. */
  keys(kind: ObjectKind, from: number, count: number): readonly ObjectKey[] {
    return this.#all[kind].sorted.slice(from, from + count);
  }

  /** Place of a key among those of its kind, or -1. */
  placeOf(kind: ObjectKind, key: ObjectKey): number {
    return this.#all[kind].sorted.indexOf(key);
  }

  seen(kind: ObjectKind, key: ObjectKey): ObjectSeen | undefined {
    return this.#all[kind].byKey.get(key);
  }

  /** How an object stands; undefined when there is none, or when the record is no state. */
  state<W extends ObjectKind>(kind: W, key: ObjectKey): ObjectStates[W] | undefined {
    const seen = this.seen(kind, key);
    return seen === undefined ? undefined : this.#parse<W>(seen.text);
  }

  /** What uses PASIDs of a device: numbers of auxiliary domains, names of bonds. */
  substreamsOf(device: string): ReadonlySet<ObjectKey> {
    return this.#substreams.get(device) ?? new Set();
  }

  /** Domains that are attached to nothing. */
  get loose(): ReadonlySet<number> {
    return this.#loose;
  }

  #take(record: number, [what = 0, id = 0, name = 0, text = 0]: Int32Array): void {
    const { texts } = this.source;
    const kind = KINDS.find((candidate) => candidate === texts[what]);
    if (kind === undefined) {
      return;
    }
    const key = name === 0 ? id >>> 0 : (texts[name] ?? '');
    const objects = this.#all[kind];
    const before = objects.byKey.get(key)?.text ?? 0;
    if (kind === 'domain') {
      this.#link(key, before, text);
    } else if (kind === 'bond') {
      this.#linkBond(key, before === 0 ? text : before, text !== 0);
    }
    objects.set(key, record, text);
  }

  #link(key: ObjectKey, before: number, after: number): void {
    const old = this.#parse<'domain'>(before);
    const state = this.#parse<'domain'>(after);
    for (const device of old?.aux ?? []) {
      this.#substreams.get(device)?.delete(key);
    }
    for (const device of state?.aux ?? []) {
      this.#setOf(device).add(key);
    }
    if (state !== undefined && state.devices.length + state.aux.length === 0) {
      this.#loose.add(Number(key));
    } else {
      this.#loose.delete(Number(key));
    }
  }

  #linkBond(key: ObjectKey, text: number, live: boolean): void {
    const device = this.#parse<'bond'>(text)?.device;
    if (device !== undefined && live) {
      this.#setOf(device).add(key);
    } else if (device !== undefined) {
      this.#substreams.get(device)?.delete(key);
    }
  }

  #setOf(device: string): Set<ObjectKey> {
    const set = this.#substreams.get(device) ?? new Set<ObjectKey>();
    this.#substreams.set(device, set);
    return set;
  }

  /** A session file may hold anything: a text that is no object is no state. */
  #parse<W extends ObjectKind>(text: number): ObjectStates[W] | undefined {
    try {
      const value: unknown = JSON.parse(this.source.texts[text] ?? '');
      return typeof value === 'object' && value !== null ? (value as ObjectStates[W]) : undefined;
    } catch {
      return undefined;
    }
  }
}

/** The objects of one kind, with their keys in order. */
class Objects {
  readonly byKey = new Map<ObjectKey, ObjectSeen>();
  #keys: ObjectKey[] = [];
  #ordered = true;

  get count(): number {
    return this.byKey.size;
  }

  /** Numbers ascending, names as they came. */
  get sorted(): readonly ObjectKey[] {
    if (!this.#ordered) {
      const keys = [...this.byKey.keys()];
      this.#keys = typeof keys[0] === 'number' ? keys.sort((a, b) => Number(a) - Number(b)) : keys;
      this.#ordered = true;
    }
    return this.#keys;
  }

  set(key: ObjectKey, record: number, text: number): void {
    const known = this.byKey.get(key);
    if (text === 0) {
      if (this.byKey.delete(key)) {
        this.#ordered = false;
      }
    } else if (known === undefined) {
      const last = this.#keys.at(-1);
      this.byKey.set(key, { made: record, changed: record, text });
      this.#ordered &&= last === undefined || typeof key === 'string' || key > Number(last);
      this.#keys.push(key);
    } else {
      known.changed = record;
      known.text = text;
    }
  }
}
