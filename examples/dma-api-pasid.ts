// The DMA API with and without a PASID
//
// Streaming buffers through the DMA API: dma_map_single uses the device's default domain; the form with
// a PASID (ours: no kernel of the time had it) uses an auxiliary one. Look at TABLES: CD 0 and CD 1
// have tables of their own. A buffer that was mapped for one is out of reach of the other.

const dev = platform_device('accel0', { sids: [0x10], ssid_bits: 8 });
assert(dma_set_mask_and_coherent(dev, DMA_BIT_MASK(40)) === 0);
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 0, null) === 0);
const domain = iommu_domain_alloc(dev.bus);
assert(domain !== null, 'no memory for a domain');
assert(iommu_attach_device(domain, dev) === 0);
const pasid = ref(0);
assert(iommu_domain_get_attr(domain, DOMAIN_ATTR_AUXD_ID, pasid) === 0);

const buffer = kmalloc(SZ_4K, GFP_KERNEL);
assert(buffer !== null, 'no memory for a buffer');
buffer.fill(0x33);

// For the device at large.
const plain = dma_map_single(dev, buffer, SZ_4K, DMA_TO_DEVICE);
assert(dma_mapping_error(dev, plain) === 0);
const read = dev.dma_read(plain, 1);
assert(read.ok && read.data[0] === 0x33);

// For one PASID.
const own = dma_map_single_pasid(dev, pasid.value, buffer, SZ_4K, DMA_BIDIRECTIONAL);
assert(dma_mapping_error(dev, own) === 0);
assert(dev.dma_write(own, Uint8Array.of(0x44), { pasid: pasid.value }).ok);
assert(buffer.read(0, 1)[0] === 0x44);
dev_info(dev, 'the buffer is at 0x%lx, and for PASID %d at 0x%lx', plain, pasid.value, own);

// DMA_TO_DEVICE is read-only for the device.
expect_event('F_PERMISSION', () => {
  assert(!dev.dma_write(plain, Uint8Array.of(0)).ok);
});

dma_unmap_single_pasid(dev, pasid.value, own, SZ_4K, DMA_BIDIRECTIONAL);
expect_event('F_TRANSLATION', () => {
  assert(!dev.dma_read(own, 1, { pasid: pasid.value }).ok);
});
dma_unmap_single(dev, plain, SZ_4K, DMA_TO_DEVICE);
kfree(buffer);
iommu_detach_device(domain, dev);
iommu_domain_free(domain);
iommu_sva_shutdown_device(dev);
