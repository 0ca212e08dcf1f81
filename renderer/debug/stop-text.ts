// Why a script stands still, in one line.

import type { DebugStop } from '../../sim/protocol/debug.ts';

/** `Paused on breakpoint`, `F_TRANSLATION ...`, `TypeError: ...`. */
export function stopText({ reason, text, exception }: DebugStop): string {
  if (exception !== undefined) {
    const { name, message, caught } = exception;
    return `✘ ${caught ? 'Caught exception' : 'Exception'}: ${name}: ${message}`;
  }
  const why = text === undefined || text === '' ? '' : `: ${text}`;
  return `▮▮ Paused on ${reason}${why}`;
}
