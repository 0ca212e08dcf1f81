// A stray write into the Stream table
//
// A wild pointer of the driver hits one byte of the device's STE before its first access. Look at FAULT:
// C_BAD_STE, the field that makes no sense now, the line that wrote it, and the one that wrote it well.

const dev = platform_device('dma0', { sids: [0x10], ssid_bits: 10 });
const page = alloc_pages(0);
assert(page !== null);
const domain = iommu_domain_alloc(dev.bus);
assert(domain !== null && iommu_attach_device(domain, dev) === 0);
assert(iommu_map(domain, 0x7000_0000n, page_to_phys(page), SZ_4K, IOMMU_READ) === 0);

// TABLES shows the address of each STE.
const STE = 0x4000_8400n;
phys_write(STE + 7n, new Uint8Array([0xff]));

expect_event('C_BAD_STE', () => {
  const result = dev.dma_read(0x7000_0000n, 4);
  assert(!result.ok);
  dev_info(dev, 'the access failed: %s', result.reason);
});

iommu_unmap(domain, 0x7000_0000n, SZ_4K);
__free_pages(page, 0);
iommu_detach_device(domain, dev);
iommu_domain_free(domain);
