// The nth allocation of the stack fails, for every n, through a driver's whole life: it gets an errno, gives
// back what it has, and nothing is left behind.

import { describe, expect, it } from 'vitest';
import type { Device, IommuDomain } from '../../sim/kernel/iommu-types.ts';
import type { MmStruct } from '../../sim/kernel/mm/mm-struct.ts';
import { KernelRig } from '../support/kernel-rig.ts';

/** A driver that undoes what it did when a call fails. Answers the errno, or 0. */
function life(rig: KernelRig, dev: Device): number {
  const undo: (() => void)[] = [];
  const fail = (ret: number): number => {
    for (const step of undo.reverse()) step();
    return ret;
  };
  const init = rig.call('iommu_sva_init_device', dev, 3, 0, 0, () => 0) as number;
  if (init !== 0) return fail(init);
  undo.push(() => rig.call('iommu_sva_shutdown_device', dev));

  const domain = rig.call('iommu_domain_alloc', dev.bus) as IommuDomain | null;
  if (domain === null) return fail(-12);
  undo.push(() => rig.call('iommu_domain_free', domain));
  const attach = rig.call('iommu_attach_device', domain, dev) as number;
  if (attach !== 0) return fail(attach);
  undo.push(() => rig.call('iommu_detach_device', domain, dev));

  const page = rig.call('alloc_pages', 0) as object | null;
  if (page === null) return fail(-12);
  undo.push(() => rig.call('__free_pages', page, 0));
  const pa = rig.call('page_to_phys', page) as number;
  const map = rig.call('iommu_map', domain, 0x10_0000, pa, 0x1000, 3) as number;
  if (map !== 0) return fail(map);
  undo.push(() => rig.call('iommu_unmap', domain, 0x10_0000, 0x1000));

  const mm = rig.call('mm_alloc') as MmStruct | null;
  if (mm === null) return fail(-12);
  undo.push(() => mm.exit());
  const pasid = { value: 0 };
  const bind = rig.call('iommu_sva_bind_device', dev, mm, pasid, 0, null) as number;
  if (bind !== 0) return fail(bind);
  undo.push(() => rig.call('iommu_sva_unbind_device', dev, pasid.value));
  const area = Number(mm.mmap(0x2000, 3));
  if (area < 0) return fail(area);
  rig.dma(0x10, pasid.value, area, true);
  return fail(0);
}

describe('a driver’s life with one failing allocation', () => {
  it.each([10, 14])('leaves nothing behind with %i SubstreamID bits', (ssid_bits) => {
    const errnos = new Set<number>();
    let count = 0;
    for (let nth = 1; ; nth++) {
      const rig = new KernelRig({ recording: false });
      const dev = rig.kernel.add_platform_device('a', { sids: [0x10], ssid_bits, can_stall: true });
      const [smmu] = rig.kernel.smmu_driver.smmus;
      const { pages, ioasid } = rig.kernel;
      const before = [ioasid.count, smmu?.asid_map.count];
      pages.faults.failNth = pages.faults.count + nth;
      errnos.add(life(rig, dev));
      const reached = pages.faults.count >= pages.faults.failNth;
      pages.faults.failNth = 0;
      expect([ioasid.count, smmu?.asid_map.count], `allocation ${nth}`).toEqual(before);
      expect(rig.kernel.leaks(), `allocation ${nth}: ${pages.faults.refused}`).toEqual([]);
      if (!reached) break;
      count++;
      expect(life(rig, dev), `after allocation ${nth}`).toBe(0);
    }
    expect(count).toBeGreaterThan(12);
    expect([...errnos].sort()).toEqual(expect.arrayContaining([-12, 0]));
    expect([...errnos].every((errno) => errno <= 0)).toBe(true);
  });
});
