// An address beyond the address space
//
// The SMMU translates 48 bits; the device sends bit 48, perhaps a sign-extended or truncated pointer.
// Look at FAULT: no table is read at all, CD.T0SZ is what the address does not fit.

const dev = platform_device('nic0', { sids: [0x30] });
const domain = iommu_domain_alloc(dev.bus);
assert(domain !== null, 'no memory for a domain');
assert(iommu_attach_device(domain, dev) === 0);
const page = alloc_pages(0);
assert(page !== null, 'no memory for a page');

// The kernel refuses to map there, and takes the last page that fits.
const LAST = (1n << 48n) - 4096n;
assert(iommu_map(domain, 1n << 48n, page_to_phys(page), SZ_4K, IOMMU_READ) === -ERANGE);
assert(iommu_map(domain, LAST, page_to_phys(page), SZ_4K, IOMMU_READ) === 0);
assert(dev.dma_read(LAST + 4092n, 4).ok);

for (const address of [1n << 48n, 0xffff_ffff_ffff_f000n]) {
  expect_event('F_TRANSLATION', () => {
    const far = dev.dma_read(address, 4);
    assert(!far.ok && far.event?.iova === address);
    dev_warn(dev, 'address 0x%lx: %s', address, far.reason);
  });
}

iommu_unmap(domain, LAST, SZ_4K);
__free_pages(page, 0);
iommu_detach_device(domain, dev);
iommu_domain_free(domain);
