// Use after unmap
//
// The driver unmaps a buffer while the device still has work queued for it. Look at FAULT: the level 3
// descriptor is 0, and the line that cleared it is named, beside the line that had mapped it.

const IOVA = 0x7000_0000n;
const dev = platform_device('accel0', { sids: [0x10], ssid_bits: 10 });
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 16, null) === 0);
const domain = iommu_domain_alloc(dev.bus);
assert(domain !== null, 'no memory for a domain');
assert(iommu_attach_device(domain, dev) === 0);
const pasid = ref(0);
assert(iommu_domain_get_attr(domain, DOMAIN_ATTR_AUXD_ID, pasid) === 0);

const buffer = alloc_pages(0);
assert(buffer !== null, 'no memory for a page');
assert(iommu_map(domain, IOVA, page_to_phys(buffer), SZ_4K, IOMMU_READ | IOMMU_WRITE) === 0);

// Two descriptors are queued for the device; the driver waits for the first one only.
const [done, late] = [IOVA, IOVA + 0x800n];
assert(dev.dma_write(done, Uint8Array.of(1), { pasid: pasid.value }).ok);
assert(iommu_unmap(domain, IOVA, SZ_4K) === SZ_4K);

expect_event('F_TRANSLATION', () => {
  const second = dev.dma_write(late, Uint8Array.of(2), { pasid: pasid.value });
  assert(!second.ok && second.event?.iova === late);
  dev_warn(dev, 'the second write came too late: %s', second.reason);
});

// To mend it: wait for the device before the unmap.
__free_pages(buffer, 0);
iommu_detach_device(domain, dev);
iommu_domain_free(domain);
iommu_sva_shutdown_device(dev);
