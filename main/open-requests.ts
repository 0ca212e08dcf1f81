// Files that the desktop asks to open, which on a Mac is an event and may come before there is a window.

/** What Electron's `app` has of it. */
export interface OpenFileSource {
  on(
    event: 'open-file',
    listener: (event: { preventDefault(): void }, path: string) => void,
  ): unknown;
}

/** Keeps the files until somebody takes them. */
export class OpenRequests {
  readonly #early: string[] = [];
  #take: ((path: string) => void) | undefined;

  constructor(source: OpenFileSource) {
    source.on('open-file', (event, path) => {
      event.preventDefault();
      if (this.#take === undefined) {
        this.#early.push(path);
      } else {
        this.#take(path);
      }
    });
  }

  /** The files so far; those that come from now on go to `take`. */
  deliver(take: (path: string) => void): readonly string[] {
    this.#take = take;
    return this.#early.splice(0);
  }
}
