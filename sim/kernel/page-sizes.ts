// Which page size a chunk of a mapping takes, and alignment to it.

/** iommu_pgsize(): the largest size that is not larger than what is left and divides both addresses. */
export function pageSizeFor(
  sizes: readonly number[],
  iova: number,
  paddr: number,
  left: number,
): number {
  const last = sizes.length - 1;
  for (let index = 0; index < last; index++) {
    const size = sizes[index] as number;
    if (size <= left && isAligned(iova, size) && isAligned(paddr, size)) {
      return size;
    }
  }
  return sizes[last] as number;
}

/** Alignment to a power of two; the bit operation is exact for any double and quicker than `%`. */
export function isAligned(value: number, size: number): boolean {
  return size <= 2 ** 30 ? (value & (size - 1)) === 0 : value % size === 0;
}
