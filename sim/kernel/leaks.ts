// The leak report: what drivers took and did not give back, each with the record that caused it, so that
// the chain of causes names the script line.

import type { Ioasid } from './ioasid.ts';
import type { IommuCore } from './iommu.ts';
import type { PageAllocator } from './mm/page-alloc.ts';
import type { Slabs } from './mm/slab.ts';

/** One thing that is still held. */
export interface Leak {
  readonly what: 'pasid' | 'domain' | 'page' | 'memory';
  /** Number of the PASID or domain, physical address of a page or of kmalloc memory. */
  readonly id: number;
  /** A sentence for people. */
  readonly text: string;
  /** Record that caused it; 0 when it is not known. */
  readonly cause: number;
}

/** The parts of a kernel that drivers take things from. */
export interface LeakSources {
  readonly ioasid: Ioasid;
  readonly iommu: IommuCore;
  readonly pages: PageAllocator;
  readonly slab: Slabs;
}

/** Everything that is held, in the order of the kinds of {@link Leak}. */
export function leaksOf({ ioasid, iommu, pages, slab }: LeakSources): Leak[] {
  const pasids = ioasid.holders().map(({ id, owner, cause }): Leak => {
    return { what: 'pasid', id, text: `PASID ${id} is held by ${owner}`, cause };
  });
  const domains = iommu.live.map(([{ id }, cause]): Leak => {
    return { what: 'domain', id, text: `domain ${id} is not freed`, cause };
  });
  const blocks = [...pages.leaks()].filter(({ what }) => what === 'page');
  const pageLeaks = blocks.map(({ pa, order, record }): Leak => {
    const text = `page 0x${pa.toString(16)} of order ${order} is not freed`;
    return { what: 'page', id: pa, text, cause: record };
  });
  const objects = [...slab.live].map(([pa, size]): Leak => {
    const text = `${size} bytes of kmalloc at 0x${pa.toString(16)} are not freed`;
    return { what: 'memory', id: pa, text, cause: 0 };
  });
  return [...pasids, ...domains, ...pageLeaks, ...objects];
}
