// Where the structures of a stream are in memory right now: what a hardware breakpoint on "the STE of
// SID 8" means. Read as the SMMU would read them (IHI 0070 3.3, 5), but without faults or caches.

import type { SmmuState } from '../smmu/smmu-state.ts';
import { L1STD, STE } from '../smmu/spec/ste.ts';

export const STE_BYTES = 64;
export const CD_BYTES = 64;
/** log2 of the descriptors in a leaf table, by S1Fmt; 0 is a linear table. */
const LEAF_BITS: readonly number[] = [0, 6, 10];

/** The words of a structure, or undefined where there is no memory. */
export function wordsAt(state: SmmuState, pa: number, bytes: number): Int32Array | undefined {
  const content = state.memory.readBytes(pa, bytes);
  return content === undefined ? undefined : new Int32Array(content.slice().buffer);
}

/** Physical address of the STE of `sid`; undefined when the Stream table has none. */
export function steAddress(state: SmmuState, sid: number): number | undefined {
  if (state.strtabBase === 0 || sid >= 2 ** state.strtabLog2Size) {
    return undefined;
  }
  if (!state.strtabTwoLevel) {
    return state.strtabBase + sid * STE_BYTES;
  }
  const split = state.strtabSplit;
  const words = wordsAt(state, state.strtabBase + Math.floor(sid / 2 ** split) * 8, 8);
  if (words === undefined || L1STD.get(words, 'Span') === 0) {
    return undefined;
  }
  return Number(L1STD.get(words, 'L2Ptr')) + (sid % 2 ** split) * STE_BYTES;
}

/** Physical address of a CD; undefined when the stream has no stage 1, or no such SubstreamID. */
export function cdAddress(state: SmmuState, sid: number, ssid: number): number | undefined {
  const ste = steAddress(state, sid);
  const words = ste === undefined ? undefined : wordsAt(state, ste, STE_BYTES);
  if (words === undefined || (Number(STE.get(words, 'Config')) & 5) !== 5) {
    return undefined;
  }
  const table = Number(STE.get(words, 'S1ContextPtr'));
  if (ssid >= 2 ** Number(STE.get(words, 'S1CDMax'))) {
    return undefined;
  }
  const leafBits = LEAF_BITS[Number(STE.get(words, 'S1Fmt'))] ?? 0;
  if (leafBits === 0) {
    return table + ssid * CD_BYTES;
  }
  const first = wordsAt(state, table + (ssid >> leafBits) * 8, 8);
  if (first === undefined || ((first[0] ?? 0) & 1) === 0) {
    return undefined;
  }
  return addressIn(first[0] ?? 0, first[1] ?? 0, 12) + (ssid % 2 ** leafBits) * CD_BYTES;
}

/** The address in a descriptor or table pointer, from bit `shift` on. */
export function addressIn(lo: number, hi: number, shift: number): number {
  return (hi & 0xffff) * 2 ** 32 + ((lo & ~(2 ** shift - 1)) >>> 0);
}
