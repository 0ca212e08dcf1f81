// Channels over worker threads: the parent's end and the worker's end.

import type { MessagePort, Worker } from 'node:worker_threads';
import type { Disposable } from '../base/disposable.ts';
import { toDisposable } from '../base/disposable.ts';
import type { Channel } from '../protocol/channel.ts';

/** The parent's end; it closes when the thread ends, whatever the reason. */
export function workerChannel(worker: Worker): Channel {
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => listen(worker, 'message', listener),
    onClose: (listener) => listen(worker, 'exit', () => listener()),
  };
}

/** The worker's end. */
export function portChannel(port: MessagePort): Channel {
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => listen(port, 'message', listener),
    onClose: (listener) => listen(port, 'close', () => listener()),
  };
}

function listen(
  source: Worker | MessagePort,
  name: string,
  listener: (value: unknown) => void,
): Disposable {
  source.on(name, listener);
  return toDisposable(() => source.off(name, listener));
}
