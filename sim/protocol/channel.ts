// The seam under every hop: something that posts plain data and hears plain data until it closes.

import type { Disposable } from '../base/disposable.ts';

/** One end of a two-way message link: a MessagePort, a worker, an IPC pair. */
export interface Channel {
  /** Sends plain data (structured clone); silently lost once the other end is gone. */
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): Disposable;
  /** Told once, when the link or the other end is gone. */
  onClose(listener: () => void): Disposable;
}
