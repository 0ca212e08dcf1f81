// Mediated devices and the container that attaches them: the seed's paragraph on vfio-mdev, and the rules
// of the VFIO type1 IOMMU.

import { beforeEach, describe, expect, it } from 'vitest';
import type { Device, IommuDomain } from '../../sim/kernel/iommu-types.ts';
import type { MdevDevice, MdevParentOps } from '../../sim/kernel/mdev.ts';
import type { MmStruct } from '../../sim/kernel/mm/mm-struct.ts';
import type { VfioContainer, VfioDevice, VfioGroup } from '../../sim/kernel/vfio.ts';
import { KernelRig } from '../support/kernel-rig.ts';

const SID = 0x20;
const UUIDS = [
  '83b8f4f2-509f-382f-3c1e-e6bfe0fa1001',
  '83b8f4f2-509f-382f-3c1e-e6bfe0fa1002',
  '83b8f4f2-509f-382f-3c1e-e6bfe0fa1003',
] as const;
const [A, B, C] = UUIDS;
const READ_WRITE = 3;
const V2 = 3;
const EINVAL = -22;
const EBUSY = -16;
const EEXIST = -17;
const ENODEV = -19;

interface Programmed {
  readonly uuid: string;
  readonly pasid: number;
}

describe.each(['seed18', 'attr19'] as const)('a mediating driver in profile %s', (profile) => {
  let rig: KernelRig;
  let parent: Device;
  let programmed: Programmed[];
  let cleared: string[];
  let mm: MmStruct;

  /** The seed's three duties: create names the parent, open programs the PASID, close clears it. */
  const ops: MdevParentOps = {
    supported_type_groups: ['vf'],
    create: (_kobj, mdev) => {
      const own = rig.call('mdev_dev', mdev) as Device;
      return rig.call('mdev_set_iommu_device', own, rig.call('mdev_parent_dev', mdev)) as number;
    },
    remove: () => 0,
    open: (mdev) => {
      programmed.push({ uuid: mdev.uuid, pasid: pasidOf(mdev) });
      return 0;
    },
    release: (mdev) => void cleared.push(mdev.uuid),
  };

  function pasidOf(mdev: MdevDevice): number {
    const domain = mdev.iommu_domain as IommuDomain;
    if (profile === 'attr19') {
      return rig.call('iommu_aux_get_pasid', domain, parent) as number;
    }
    const pasid = { value: -1 };
    expect(rig.call('iommu_domain_get_attr', domain, 9, pasid)).toBe(0);
    return pasid.value;
  }

  function groupOf(uuid: string): VfioGroup {
    const mdev = rig.call('mdev_find', uuid) as MdevDevice;
    return rig.call('vfio_group_open', mdev.dev) as VfioGroup;
  }

  function container(...uuids: string[]): { box: VfioContainer; groups: VfioGroup[] } {
    const box = rig.call('vfio_container_open') as VfioContainer;
    const groups = uuids.map(groupOf);
    for (const group of groups) {
      expect(rig.call('vfio_group_set_container', group, box)).toBe(0);
    }
    expect(rig.call('vfio_set_iommu', box, V2, mm)).toBe(0);
    return { box, groups };
  }

  beforeEach(() => {
    rig = new KernelRig({ config: { profile } });
    programmed = [];
    cleared = [];
    parent = rig.kernel.add_platform_device('accel0', { sids: [SID], ssid_bits: 8 });
    mm = rig.call('mm_alloc') as MmStruct;
    expect(
      profile === 'seed18'
        ? rig.call('iommu_set_dev_attr', parent, 1, null)
        : rig.call('iommu_dev_enable_feature', parent, 0),
    ).toBe(0);
    expect(rig.call('mdev_register_device', parent, ops)).toBe(0);
    for (const uuid of UUIDS) {
      expect(rig.call('mdev_create', parent, 'vf', uuid)).toBe(0);
    }
  });

  it('attaches at SET_IOMMU, so that open() finds the PASID, and the device reaches user memory', () => {
    rig.commands();
    const { box, groups } = container(A);
    expect(rig.commands()).toEqual([
      'CFGI_CD 0x20 ssid 1 leaf',
      'SYNC',
      'CFGI_CD 0x20 ssid 1 leaf',
      'SYNC',
    ]);
    const device = rig.call('vfio_group_get_device', groups[0], A) as VfioDevice;
    expect(programmed).toEqual([{ uuid: A, pasid: 1 }]);
    const vaddr = Number(mm.mmap(0x4000, 3));
    expect(rig.call('vfio_iommu_map_dma', box, vaddr, 0x10000, 0x4000, READ_WRITE)).toBe(0);
    for (const offset of [0, 0x1000, 0x3000]) {
      expect(rig.dma(SID, 1, 0x10000 + offset)).toMatchObject({
        ok: true,
        pa: mm.follow(vaddr + offset),
      });
    }
    rig.call('vfio_device_close', device);
    expect(cleared).toEqual([A]);
    expect(rig.call('vfio_group_close', groups[0])).toBe(0);
    expect(rig.dma(SID, 1, 0x10000).events).toEqual(['C_BAD_CD ssid=1']);
    expect(rig.kernel.ioasid.count).toBe(0);
    expect(rig.misuse()).toEqual([]);
  });

  it('shares one domain, hence one PASID, between the mdevs of a container', () => {
    rig.commands();
    const { groups } = container(A, B);
    const devices = [A, B].map((uuid, index) =>
      rig.call('vfio_group_get_device', groups[index], uuid),
    );
    expect(devices).toHaveLength(2);
    expect(programmed.map(({ pasid }) => pasid)).toEqual([1, 1]);
    const seen = rig.commands();
    const attachNewDetachNew = seen.filter((command) => command.includes('ssid 2'));
    expect(attachNewDetachNew).toEqual(Array(3).fill('CFGI_CD 0x20 ssid 2 leaf'));
    expect(rig.kernel.ioasid.holders().map(({ id }) => id)).toEqual([1]);
  });

  it('keeps containers apart: other PASIDs, other pages', () => {
    const one = container(A);
    const two = container(B);
    const [first, second] = [Number(mm.mmap(0x1000, 3)), Number(mm.mmap(0x1000, 3))];
    rig.call('vfio_iommu_map_dma', one.box, first, 0x8000, 0x1000, READ_WRITE);
    rig.call('vfio_iommu_map_dma', two.box, second, 0x8000, 0x1000, READ_WRITE);
    expect(rig.dma(SID, 1, 0x8000).pa).toBe(mm.follow(first));
    expect(rig.dma(SID, 2, 0x8000).pa).toBe(mm.follow(second));
  });

  it('maps what the container has into a domain that joins later', () => {
    const { box } = container(A);
    const vaddr = Number(mm.mmap(0x1000, 3));
    rig.call('vfio_iommu_map_dma', box, vaddr, 0x8000, 0x1000, READ_WRITE);
    const other = rig.kernel.add_platform_device('accel1', { sids: [0x21], ssid_bits: 8 });
    rig.call(
      profile === 'seed18' ? 'iommu_set_dev_attr' : 'iommu_dev_enable_feature',
      other,
      ...(profile === 'seed18' ? [1, null] : [0]),
    );
    rig.call('mdev_register_device', other, ops);
    const uuid = C.replace('1003', '2001');
    expect(rig.call('mdev_create', other, 'vf', uuid)).toBe(0);
    expect(rig.call('vfio_group_set_container', groupOf(uuid), box)).toBe(0);
    expect(rig.dma(0x21, 2, 0x8000)).toMatchObject({ ok: true, pa: mm.follow(vaddr) });
  });

  it('leaves an mdev without iommu_device to its driver: no attach, no command', () => {
    (rig.call('mdev_find', A) as MdevDevice).iommu_device = null;
    rig.commands();
    const { box, groups } = container(A);
    expect(rig.call('vfio_iommu_map_dma', box, Number(mm.mmap(0x1000, 3)), 0, 0x1000, 3)).toBe(0);
    expect(rig.commands()).toEqual([]);
    expect(rig.call('vfio_group_close', groups[0])).toBe(0);
  });

  it('refuses what a container does not allow', () => {
    const box = rig.call('vfio_container_open') as VfioContainer;
    expect(rig.call('vfio_set_iommu', box, V2, mm)).toBe(EINVAL);
    const group = groupOf(A);
    expect(rig.call('vfio_group_open', (rig.call('mdev_find', A) as MdevDevice).dev)).toBeNull();
    expect(rig.call('vfio_group_get_device', group, A)).toBe(EINVAL);
    rig.call('vfio_group_set_container', group, box);
    expect(rig.call('vfio_group_set_container', group, box)).toBe(EINVAL);
    expect(rig.call('vfio_set_iommu', box, 9, mm)).toBe(ENODEV);
    rig.call('vfio_set_iommu', box, V2, mm);
    expect(rig.call('vfio_set_iommu', box, V2, mm)).toBe(EINVAL);
    expect(rig.call('vfio_group_get_device', group, B)).toBe(ENODEV);
    const device = rig.call('vfio_group_get_device', group, A);
    expect(rig.call('vfio_group_close', group)).toBe(EBUSY);
    expect(rig.call('vfio_group_unset_container', group)).toBe(EBUSY);
    expect(rig.call('mdev_remove', A)).toBe(-11);
    rig.call('vfio_device_close', device);
    expect(rig.call('vfio_group_close', group)).toBe(0);
    expect(rig.call('mdev_remove', A)).toBe(0);
  });
});

describe('the mdev core', () => {
  const rig = new KernelRig();
  const parent = rig.kernel.add_platform_device('p0', { sids: [1] });
  const ops = { supported_type_groups: ['t'], create: () => 0, remove: () => 0 };

  it.each([
    ['without create', { ...ops, create: undefined }],
    ['without remove', { ...ops, remove: undefined }],
    ['without types', { ...ops, supported_type_groups: undefined }],
  ])('refuses operations %s', (_what, broken) => {
    expect(rig.call('mdev_register_device', parent, broken)).toBe(EINVAL);
  });

  it('registers a parent once', () => {
    expect(rig.call('mdev_register_device', parent, ops)).toBe(0);
    expect(rig.call('mdev_register_device', parent, ops)).toBe(EEXIST);
    expect(rig.lines.at(-1)).toContain('MDEV: Registered');
  });

  it.each([
    ['not a UUID', 't', 'mdev0', EINVAL],
    ['a type it does not have', 'u', A, EINVAL],
    ['a UUID with a newline', 't', `${A}\n`, 0],
    ['a UUID twice', 't', A, EEXIST],
  ])('creates with %s as the kernel does', (_what, type, uuid, expected) => {
    expect(rig.call('mdev_create', parent, type, uuid)).toBe(expected);
  });

  it('undoes the device when create() fails', () => {
    const failing = rig.kernel.add_platform_device('p1', {});
    rig.call('mdev_register_device', failing, { ...ops, create: () => -28 });
    const groups = rig.kernel.iommu.groups.all.length;
    expect(rig.call('mdev_create', failing, 't', B)).toBe(-28);
    expect(rig.call('mdev_find', B)).toBeNull();
    expect(rig.kernel.iommu.groups.all.length).toBe(groups);
  });

  it('removes every mdev of a parent that unregisters', () => {
    expect(rig.call('mdev_remove', C)).toBe(ENODEV);
    rig.call('mdev_unregister_device', parent);
    expect(rig.call('mdev_find', A)).toBeNull();
    rig.call('mdev_unregister_device', parent);
    expect(rig.misuse().join()).toContain('is not registered');
  });
});

describe('VFIO DMA mappings', () => {
  function setup(type: number): {
    rig: KernelRig;
    box: VfioContainer;
    map: (iova: number, size: number) => unknown;
  } {
    const rig = new KernelRig();
    const parent = rig.kernel.add_platform_device('p', { sids: [1], ssid_bits: 4 });
    rig.call('iommu_set_dev_attr', parent, 1, null);
    rig.call('mdev_register_device', parent, {
      supported_type_groups: ['t'],
      create: (_kobj: string, mdev: MdevDevice) => {
        mdev.iommu_device = parent;
        return 0;
      },
      remove: () => 0,
    });
    rig.call('mdev_create', parent, 't', A);
    const box = rig.call('vfio_container_open') as VfioContainer;
    const group = rig.call('vfio_group_open', (rig.call('mdev_find', A) as MdevDevice).dev);
    rig.call('vfio_group_set_container', group, box);
    rig.call('vfio_set_iommu', box, type, null);
    const map = (iova: number, size: number): unknown =>
      rig.call('vfio_iommu_map_dma', box, 0x5000_0000, iova, size, READ_WRITE);
    return { rig, box, map };
  }

  it.each([
    ['no access', 0, 0x1000, 0],
    ['an unknown flag', 0, 0x1000, 8],
    ['a size of 0', 0, 0, 3],
    ['a misaligned iova', 0x10, 0x1000, 3],
    ['a misaligned size', 0, 0x1010, 3],
  ])('refuses %s', (_what, iova, size, flags) => {
    const { rig, box } = setup(V2);
    expect(rig.call('vfio_iommu_map_dma', box, 0x5000_0000, iova, size, flags)).toBe(EINVAL);
  });

  it('refuses an overlap', () => {
    const { map } = setup(V2);
    expect(map(0x1000, 0x3000)).toBe(0);
    expect(map(0x3000, 0x2000)).toBe(EEXIST);
    expect(map(0x4000, 0x1000)).toBe(0);
  });

  it('v2 unmaps whole mappings only, and tells how much', () => {
    const { rig, box, map } = setup(V2);
    map(0x1000, 0x3000);
    map(0x8000, 0x1000);
    const unmap = (iova: number, size: number): unknown =>
      rig.call('vfio_iommu_unmap_dma', box, iova, size);
    expect(unmap(0x2000, 0x1000)).toBe(EINVAL);
    expect(unmap(0x0, 0x2000)).toBe(EINVAL);
    expect(unmap(0x10_0000, 0x1000)).toBe(0);
    expect(unmap(0, 0)).toBe(EINVAL);
    expect(unmap(0x0, 0x10000)).toBe(0x4000);
    expect(rig.dma(1, 1, 0x1000).events).toEqual(['F_TRANSLATION ssid=1']);
  });

  it('v1 takes a mapping whole when its first address is covered, and nothing from its middle', () => {
    const { rig, box, map } = setup(1);
    map(0x1000, 0x3000);
    const unmap = (iova: number, size: number): unknown =>
      rig.call('vfio_iommu_unmap_dma', box, iova, size);
    expect(unmap(0x2000, 0x1000)).toBe(0);
    expect(rig.dma(1, 1, 0x2000).ok).toBe(true);
    expect(unmap(0x1000, 0x1000)).toBe(0x3000);
    expect(rig.dma(1, 1, 0x3000).ok).toBe(false);
  });
});
