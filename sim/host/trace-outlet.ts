// The session thread's end of a trace's feed.

import type { MessagePort } from 'node:worker_threads';
import { CONTROL_TRACE } from '../session/run-control.ts';
import type { TraceOutlet } from '../session/trace-feed.ts';

const BYTES_PER_WORD = 4;

/** Sends a trace through `port`; `control` are the words of run-control.ts. */
export function outletOf(port: MessagePort, control: Int32Array): TraceOutlet {
  return {
    allocate: (words) => new Int32Array(new SharedArrayBuffer(words * BYTES_PER_WORD)),
    wanted: () => {
      const wanted = control[CONTROL_TRACE] !== 0;
      if (wanted) {
        control[CONTROL_TRACE] = 0;
      }
      return wanted;
    },
    send: (update) => port.postMessage(update),
  };
}
