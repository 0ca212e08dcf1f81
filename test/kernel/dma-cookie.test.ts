// What the DMA API keeps with a domain goes when the domain goes: nothing of it may run later.

import { describe, expect, it } from 'vitest';
import type { Device, IommuDomain } from '../../sim/kernel/iommu-types.ts';
import { KernelRig } from '../support/kernel-rig.ts';

const TO_DEVICE = 1;

function mappedOnce(strict: boolean): { rig: KernelRig; dev: Device; domain: IommuDomain } {
  const rig = new KernelRig({ config: { strict } });
  const dev = rig.kernel.add_platform_device('a', { sids: [0x10] });
  const buffer = rig.call('kmalloc', 64, 0);
  const address = rig.call('dma_map_single', dev, buffer, 64, TO_DEVICE) as number;
  rig.call('dma_unmap_single', dev, address, 64, TO_DEVICE);
  const domain = rig.call('iommu_get_domain_for_dev', dev) as IommuDomain;
  rig.commands();
  return { rig, dev, domain };
}

describe('the flush queue of a DMA domain', () => {
  it('invalidates a while after a lazy unmap', () => {
    const { rig, domain } = mappedOnce(false);
    expect(domain.iova_cookie).toBeDefined();
    rig.machine.sleep(1e9);
    expect(rig.commands()).toEqual(['TLBI_NH_ASID 1', 'SYNC']);
  });

  it.each([true, false])('is gone with the domain (strict: %s)', (strict) => {
    const { rig, dev, domain } = mappedOnce(strict);
    rig.kernel.remove_device(dev);
    expect(domain.freed).toBe(true);
    expect(domain.iova_cookie).toBeUndefined();
    rig.commands();
    expect(rig.machine.clock.nextAlarm).toBeUndefined();
    rig.machine.sleep(1e9);
    expect(rig.commands()).toEqual([]);
  });
});
