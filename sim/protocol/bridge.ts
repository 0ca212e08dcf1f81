// What the preload script gives to the page as `window.substream`. Functions and plain data only:
// a Proxy or an object with methods of its own cannot cross the context bridge.

/** A `File` of a drop; what else it is, only the preload script asks. */
export interface DroppedFile {
  readonly name: string;
}

/** The page's end of the line to the main process. */
export interface Bridge {
  /** Sends a message; structured-clone data only. */
  post(message: unknown): void;
  /** Hears every message from the main process; call the result to stop. */
  onMessage(listener: (message: unknown) => void): () => void;
  /** Opens files that were dropped onto the window: `File` objects, not paths. */
  open(files: readonly DroppedFile[]): void;
}
