// Ownership: what has a listener, a worker or a port is disposable and is registered when made.

/** Something that releases what it holds; calling it twice does nothing the second time. */
export interface Disposable {
  dispose(): void;
}

/** Makes a {@link Disposable} of a function that must run once. */
export function toDisposable(release: () => void): Disposable {
  let done = false;
  return {
    dispose: () => {
      if (!done) {
        done = true;
        release();
      }
    },
  };
}

/** Owns disposables and releases them in reverse order. */
export class DisposableStore implements Disposable {
  readonly #owned: Disposable[] = [];
  #disposed = false;

  /** Registers and returns `disposable`; releases it at once if the store is gone already. */
  add<T extends Disposable>(disposable: T): T {
    if (this.#disposed) {
      disposable.dispose();
    } else {
      this.#owned.push(disposable);
    }
    return disposable;
  }

  dispose(): void {
    this.#disposed = true;
    for (let owned = this.#owned.pop(); owned !== undefined; owned = this.#owned.pop()) {
      owned.dispose();
    }
  }
}
