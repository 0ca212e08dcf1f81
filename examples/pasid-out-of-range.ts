// A PASID wider than the stream allows
//
// The firmware says that the device has 4 bits of PASID, so the stream's table has 16 context
// descriptors. The device sends PASID 16. Look at FAULT: STE.S1CDMax is guilty, C_BAD_SUBSTREAMID.

const dev = platform_device('accel0', { sids: [0x10], ssid_bits: 4 });
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 0, null) === 0);

expect_event('C_BAD_SUBSTREAMID', () => {
  const wide = dev.dma_read(0x7000_0000, 4, { pasid: 16 });
  assert(!wide.ok && wide.event?.ssid === 16);
  dev_warn(dev, 'PASID 16: %s', wide.reason);
});

// One less is inside the table, and merely has no address space.
expect_event('C_BAD_CD', () => {
  assert(!dev.dma_read(0x7000_0000, 4, { pasid: 15 }).ok);
});

iommu_sva_shutdown_device(dev);
