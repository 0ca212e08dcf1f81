// Scatterlists on their way through the IOMMU (drivers/iommu/dma-iommu.c, 4.20): padded to pages for the
// mapping, then given back with their own offsets and with the segments that the device sees.

import { IOMMU_MAPPING_ERROR } from './dma-types.ts';
import type { SgPointer } from './scatterlist.ts';
import { sgEntries, sgHead } from './scatterlist.ts';

/** What a device can take in one segment, bytes; the boundary as a mask. */
export interface SegmentLimits {
  readonly maxSegSize: number;
  readonly segBoundary: number;
}

/** Bytes from `length` to the next multiple of a segment boundary; 0 when it is one. */
function padTo(boundaryMask: number, length: number): number {
  const span = boundaryMask + 1;
  const rest = length % span;
  return rest === 0 ? 0 : span - rest;
}

/**
 * Aligns the entries to granules, keeping the caller's offset and length in the DMA fields, and pads
 * where a segment would cross the device's boundary.
 * @returns bytes of IOVA space that the list needs
 */
export function prepareSg(
  sg: SgPointer,
  nents: number,
  granule: number,
  limits: SegmentLimits,
): number {
  let total = 0;
  let previous = sgHead(sg);
  for (const entry of sgEntries(sg, nents)) {
    const offset = entry.offset % granule;
    const length = Math.ceil((entry.length + offset) / granule) * granule;
    const pad = padTo(limits.segBoundary, total);
    entry.dma_address = offset;
    entry.dma_length = entry.length;
    entry.offset -= offset;
    entry.length = length;
    if (pad !== 0 && pad < length - 1) {
      previous.length += pad;
      total += pad;
    }
    total += length;
    previous = entry;
  }
  return total;
}

/**
 * Restores the entries and fills in the segments from `address` on.
 * @returns number of segments; they stand in the first entries
 */
export function finaliseSg(
  sg: SgPointer,
  nents: number,
  address: number,
  limits: SegmentLimits,
): number {
  let segment = sgHead(sg);
  let segmentLength = 0;
  let count = 0;
  let at = address;
  for (const entry of sgEntries(sg, nents)) {
    const offset = entry.dma_address;
    const length = entry.dma_length;
    const padded = entry.length;
    entry.offset += offset;
    entry.length = length;
    entry.dma_address = IOMMU_MAPPING_ERROR;
    entry.dma_length = 0;
    const joins =
      segmentLength !== 0 &&
      offset === 0 &&
      at % (limits.segBoundary + 1) !== 0 &&
      limits.maxSegSize - segmentLength >= length;
    if (joins) {
      segmentLength += length;
    } else {
      segment = count === 0 ? segment : (segment.next ?? segment);
      segmentLength = length;
      count++;
      segment.dma_address = at + offset;
    }
    segment.dma_length = segmentLength;
    at += padded;
    if (length + offset < padded) {
      segmentLength = 0;
    }
  }
  return count;
}

/** Restores the entries after a failure. */
export function invalidateSg(sg: SgPointer, nents: number): void {
  for (const entry of sgEntries(sg, nents)) {
    entry.offset += entry.dma_address;
    if (entry.dma_length !== 0) {
      entry.length = entry.dma_length;
    }
    entry.dma_address = IOMMU_MAPPING_ERROR;
    entry.dma_length = 0;
  }
}

/** Start and bytes of the range that the segments of a mapped list cover. */
export function sgRange(sg: SgPointer, nents: number): { start: number; size: number } {
  let last = sgHead(sg);
  const start = last.dma_address;
  for (const entry of sgEntries(sg, nents)) {
    if (entry !== last && entry.dma_length === 0) {
      break;
    }
    last = entry;
  }
  return { start, size: last.dma_address + last.dma_length - start };
}
