// Keeps loops interruptible while a debugger may give functions break information: newer engines (V8 13 of
// Electron 33) then try again and again to replace the running loop by optimised code, which they refuse to
// make, and never look whether somebody wants to pause or end the thread. From before the script starts, since
// a pause gives that information too, until it has ended: ending a thread is such a wish.

import { setFlagsFromString } from 'node:v8';
import type { Disposable } from '../../base/disposable.ts';
import { toDisposable } from '../../base/disposable.ts';

let holders = 0;

/** Switches on-stack replacement off in this process until the result is disposed. */
export function keepLoopsInterruptible(): Disposable {
  holders++;
  if (holders === 1) {
    setFlagsFromString('--no-use-osr');
  }
  return toDisposable(() => {
    holders--;
    if (holders === 0) {
      setFlagsFromString('--use-osr');
    }
  });
}
