// Queue arithmetic, once, for all queues (IHI 0070 3.5.1): an index register holds the index in bits
// [QS-1:0] and the wrap flag at bit QS, where QS is the effective LOG2SIZE, at most 19.

/** Bits that an index register of this size uses: index and wrap flag. */
export function indexMask(log2Size: number): number {
  return (2 << log2Size) - 1;
}

/** Entry that the register points at, 0 to 2^QS - 1. */
export function entryOf(register: number, log2Size: number): number {
  return register & ((1 << log2Size) - 1);
}

/** The wrap flag, 0 or 1. */
export function wrapOf(register: number, log2Size: number): number {
  return (register >>> log2Size) & 1;
}

/** The register one entry further, wrapped. */
export function nextIndex(register: number, log2Size: number): number {
  return (register + 1) & indexMask(log2Size);
}

/** Same entry, same wrap flag. @arch 3.5.1 Y SMMU circular queues */
export function isEmpty(prod: number, cons: number, log2Size: number): boolean {
  return ((prod ^ cons) & indexMask(log2Size)) === 0;
}

/** Same entry, different wrap flags. */
export function isFull(prod: number, cons: number, log2Size: number): boolean {
  return ((prod ^ cons) & indexMask(log2Size)) === 1 << log2Size;
}

/** Entries between consumer and producer; more than the size when the pair is inconsistent. */
export function entriesIn(prod: number, cons: number, log2Size: number): number {
  return (prod - cons) & indexMask(log2Size);
}

/**
 * False for a pair that no sequence of productions and consumptions reaches: what the SMMU does with
 * such a queue is UNPREDICTABLE (3.21.2).
 */
export function isConsistent(prod: number, cons: number, log2Size: number): boolean {
  return entriesIn(prod, cons, log2Size) <= 1 << log2Size;
}
