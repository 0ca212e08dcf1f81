// A driver in ten lines for the debugger's tests: an auxiliary domain, a page, a read that works, and one
// that faults since the page was unmapped before it.

/** Its device has SID 8, its domain PASID 1; the fault is in line 9. */
export const AUX_DRIVER = `const dev = platform_device('acc', { sids: [8], ssid_bits: 4 });
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 4, null) === 0);
const domain = iommu_domain_alloc(dev.bus);
assert(iommu_attach_device(domain, dev) === 0);
const page = alloc_pages(0);
assert(iommu_map(domain, 0x70000000n, page_to_phys(page), SZ_4K, IOMMU_READ) === 0);
dev.dma_read(0x70000000n, 4, { pasid: 1 });
iommu_unmap(domain, 0x70000000n, SZ_4K);
dev.dma_read(0x70000000n, 4, { pasid: 1 });
iommu_detach_device(domain, dev);`;
