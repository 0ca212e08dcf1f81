// Mediated devices: one function, many guests
//
// The use that the 2018 proposal was made for. A driver registers its device as a parent; each mediated
// device is isolated by a PASID of the parent. VFIO attaches the domain when a user sets up the
// container, and open() reads the PASID to program it. Look at TABLES: one CD for each container.

const parent = platform_device('accel0', { sids: [0x10], ssid_bits: 8 });
assert(iommu_set_dev_attr(parent, IOMMU_DEV_ATTR_AUXD_ENABLE, null) === 0);

const programmed = new Map<string, number>();
const ops: mdev_parent_ops = {
  supported_type_groups: ['queue'],
  // The parent isolates this one: VFIO will attach its domain to the parent, as an auxiliary one.
  create(_kobj, mdev) {
    return mdev_set_iommu_device(mdev_dev(mdev), mdev_parent_dev(mdev));
  },
  remove: () => 0,
  // The domain is attached by now; its PASID goes into the hardware queue.
  open(mdev) {
    const domain = mdev_get_iommu_domain(mdev_dev(mdev));
    assert(domain !== null, 'VFIO attaches before it opens');
    const pasid = ref(0);
    assert(iommu_domain_get_attr(domain, DOMAIN_ATTR_AUXD_ID, pasid) === 0);
    programmed.set(mdev_uuid(mdev), pasid.value);
    return 0;
  },
  release(mdev) {
    programmed.delete(mdev_uuid(mdev));
  },
};
assert(mdev_register_device(parent, ops) === 0);

// Two users, each with a process, a container and a mediated device.
function user(uuid: string, secret: number) {
  assert(mdev_create(parent, 'queue', uuid) === 0);
  const mdev = mdev_find(uuid);
  assert(mdev !== null);
  const process = mm_alloc();
  const group = vfio_group_open(mdev_dev(mdev));
  assert(process !== null && group !== null);
  const container = vfio_container_open();
  assert(vfio_group_set_container(group, container) === 0);
  assert(vfio_set_iommu(container, VFIO_TYPE1v2_IOMMU, process) === 0);
  const fd = vfio_group_get_device(group, uuid);
  assert(!IS_ERR(fd));
  const memory = process.mmap(SZ_16K, PROT_READ | PROT_WRITE);
  process.write(memory, Uint8Array.of(secret));
  const access = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
  assert(vfio_iommu_map_dma(container, memory, 0x10000, SZ_16K, access) === 0);
  return { uuid, process, group, fd };
}
const alice = user('83b8f4f2-509f-382f-3c1e-e6bfe0fa1001', 0x11);
const bob = user('83b8f4f2-509f-382f-3c1e-e6bfe0fa1002', 0x22);

// The same guest address, by PASID, is another user's memory.
const one = programmed.get(alice.uuid) ?? 0;
const two = programmed.get(bob.uuid) ?? 0;
dev_info(parent, 'queues run with PASID %d and PASID %d', one, two);
assert(firstByte(one) === 0x11 && firstByte(two) === 0x22);

// Once a user has closed its device and group, its PASID leads nowhere.
vfio_device_close(alice.fd);
assert(vfio_group_close(alice.group) === 0);
expect_event('C_BAD_CD', () => {
  assert(firstByte(one) === undefined);
});
assert(firstByte(two) === 0x22, 'the other user does not notice');

vfio_device_close(bob.fd);
assert(vfio_group_close(bob.group) === 0);
for (const { uuid, process } of [alice, bob]) {
  assert(mdev_remove(uuid) === 0);
  process.exit();
}
mdev_unregister_device(parent);

function firstByte(pasid: number): number | undefined {
  const result = parent.dma_read(0x10000, 1, { pasid });
  return result.ok ? result.data[0] : undefined;
}
