// The leak report: what drivers took and did not give back, each with the record that caused it, so that
// the chain of causes names the script line.

import { hex } from '../base/hex.ts';
import { DmaCookie } from './dma-iommu.ts';
import type { Ioasid } from './ioasid.ts';
import type { IommuCore } from './iommu.ts';
import type { IommuDomain } from './iommu-types.ts';
import { IOMMU_DOMAIN_UNMANAGED } from './iommu-types.ts';
import type { PageAllocator } from './mm/page-alloc.ts';
import type { Slabs } from './mm/slab.ts';

/** One thing that is still held. */
export interface Leak {
  readonly what: 'pasid' | 'domain' | 'mapping' | 'page' | 'memory';
  /** Number of the PASID or domain; address of a mapping of the DMA API, a page, or kmalloc memory. */
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
  const own = iommu.live.filter(([{ type }]) => type === IOMMU_DOMAIN_UNMANAGED);
  const domains = own.map(([{ id }, cause]): Leak => {
    return { what: 'domain', id, text: `domain ${id} is not freed`, cause };
  });
  const mappings = iommu.live.flatMap(([domain]) => mappingsOf(domain));
  const blocks = [...pages.leaks()].filter(({ what }) => what === 'page');
  const pageLeaks = blocks.map(({ pa, order, record }): Leak => {
    const text = `page ${hex(pa)} of order ${order} is not freed`;
    return { what: 'page', id: pa, text, cause: record };
  });
  const objects = [...slab.live].map(([pa, { size, cause }]): Leak => {
    const text = `${size} bytes of kmalloc at ${hex(pa)} are not freed`;
    return { what: 'memory', id: pa, text, cause };
  });
  return [...pasids, ...domains, ...mappings, ...pageLeaks, ...objects];
}

function mappingsOf({ id: domain, iova_cookie }: IommuDomain): Leak[] {
  const mappings = iova_cookie instanceof DmaCookie ? [...iova_cookie.mappings] : [];
  return mappings.map(([iova, { size, cause }]): Leak => {
    const text = `DMA mapping of ${size} bytes at ${hex(iova)} in domain ${domain} is not unmapped`;
    return { what: 'mapping', id: iova, text, cause };
  });
}
