// Reads of configuration structures by the SMMU, each double word a trace record.

import { K } from '../trace/kinds.ts';
import { Shadow } from './config-cache.ts';
import type { SmmuState } from './smmu-state.ts';

/**
 * Reads `words` 32-bit words at `pa`, or undefined when the bus aborts. `what` is a FETCH_* value; the
 * level of the records is the index of the double word; the stage of an IPA read is 2.
 */
export function fetchStructure(
  state: SmmuState,
  what: number,
  pa: number,
  words: number,
): Shadow | undefined {
  const { memory, recorder } = state;
  const out = new Int32Array(words);
  for (let at = 0; at < words; at += 2) {
    const from = pa + at * 4;
    const ok = memory.read64(from);
    out[at] = ok ? memory.lo : 0;
    out[at + 1] = ok ? memory.hi : 0;
    recorder.cause = recorder.emit(
      K.fetch,
      what,
      at >> 1,
      0,
      ok ? 1 : 0,
      from | 0,
      (from / 0x1_0000_0000) | 0,
      out[at],
      out[at + 1],
    );
    if (!ok) {
      return undefined;
    }
  }
  return new Shadow(pa, out, memory);
}
