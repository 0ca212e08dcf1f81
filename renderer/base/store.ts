// One value that components follow. State lives outside of React, so that commands and tests reach it.

import { useSyncExternalStore } from 'react';
import type { Disposable } from '../../sim/base/disposable.ts';
import { Emitter } from '../../sim/base/emitter.ts';

/** What a component may do with a store: read and follow. */
export interface ReadableStore<T> {
  readonly value: T;
  onDidChange(listener: (value: T) => void): Disposable;
}

/** Holds a value and tells when it is replaced by another. */
export class Store<T> implements ReadableStore<T> {
  readonly #changed = new Emitter<T>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (!Object.is(value, this.#value)) {
      this.#value = value;
      this.#changed.fire(value);
    }
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }

  onDidChange(listener: (value: T) => void): Disposable {
    return this.#changed.event(listener);
  }
}

/** The value of a store, in a component. */
export function useStore<T>(store: ReadableStore<T>): T {
  return useSyncExternalStore(
    (listener) => {
      const subscription = store.onDidChange(listener);
      return () => subscription.dispose();
    },
    () => store.value,
  );
}
