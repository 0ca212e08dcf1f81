// A PASID that nobody attached
//
// The device sends PASID 2; only PASID 1 has an address space. Look at FAULT: the context descriptor of
// SubstreamID 2 is there, in a table that the driver made, but its V bit is 0: C_BAD_CD.

const IOVA = 0x7000_0000n;
const dev = platform_device('accel0', { sids: [0x10], ssid_bits: 4 });
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 0, null) === 0);
const domain = iommu_domain_alloc(dev.bus);
assert(domain !== null, 'no memory for a domain');
assert(iommu_attach_device(domain, dev) === 0);
const pasid = ref(0);
assert(iommu_domain_get_attr(domain, DOMAIN_ATTR_AUXD_ID, pasid) === 0);
assert(pasid.value === 1);
const page = alloc_pages(0);
assert(page !== null, 'no memory for a page');
assert(iommu_map(domain, IOVA, page_to_phys(page), SZ_4K, IOMMU_READ) === 0);
assert(dev.dma_read(IOVA, 4, { pasid: 1 }).ok);

expect_event('C_BAD_CD', () => {
  const stray = dev.dma_read(IOVA, 4, { pasid: 2 });
  assert(!stray.ok && stray.event?.ssid === 2);
  dev_warn(dev, 'PASID 2: %s', stray.reason);
});

iommu_unmap(domain, IOVA, SZ_4K);
__free_pages(page, 0);
iommu_detach_device(domain, dev);
iommu_domain_free(domain);
iommu_sva_shutdown_device(dev);
