// Allocation flags (include/linux/gfp.h). Only what the model tells apart has a meaning; the values are
// the kernel's bits for zeroing and blocking, the rest of each set is left out.

/** The memory is zeroed. */
export const __GFP_ZERO = 0x8000;
/** The caller may sleep. */
export const __GFP_DIRECT_RECLAIM = 0x20_0000;
/** Reserves may be used: not told apart. */
const __GFP_HIGH = 0x20;

export const GFP_KERNEL = __GFP_DIRECT_RECLAIM;
/** The caller may not sleep. */
export const GFP_ATOMIC = __GFP_HIGH;
/** Zone flags: one node, all RAM alike (model decision). */
export const GFP_DMA = 0x01;
export const GFP_DMA32 = 0x04;

/** True when the caller may sleep: gfpflags_allow_blocking(). */
export function allowsBlocking(gfp: number): boolean {
  return (gfp & __GFP_DIRECT_RECLAIM) !== 0;
}
