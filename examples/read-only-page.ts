// A write to a read-only page
//
// The buffer is mapped with IOMMU_READ, and the device writes. Look at FAULT: the walk is complete, the
// guilty bits are AP in the last descriptor, and the iommu_map call that set them is named.

const IOVA = 0x1000_0000n;
const dev = platform_device('crypto0', { sids: [0x20] });
const domain = iommu_domain_alloc(dev.bus);
assert(domain !== null, 'no memory for a domain');
assert(iommu_attach_device(domain, dev) === 0);
const key = alloc_pages(0);
assert(key !== null, 'no memory for a page');
phys_write(page_to_phys(key), Uint8Array.of(0xc0, 0xff, 0xee, 0));
assert(iommu_map(domain, IOVA, page_to_phys(key), SZ_4K, IOMMU_READ) === 0);

const read = dev.dma_read(IOVA, 4);
assert(read.ok && read.data[2] === 0xee, 'reading is allowed');

expect_event('F_PERMISSION', () => {
  const write = dev.dma_write(IOVA, Uint8Array.of(0, 0, 0, 0));
  assert(!write.ok && write.event?.rnw === false);
  dev_warn(dev, 'the write was refused: %s', write.reason);
});
assert(phys_read(page_to_phys(key), 1)[0] === 0xc0, 'memory is as it was');

iommu_unmap(domain, IOVA, SZ_4K);
__free_pages(key, 0);
iommu_detach_device(domain, dev);
iommu_domain_free(domain);
