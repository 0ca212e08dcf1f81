// Two address spaces on one device, as of 2019
//
// The same flow in the shape that Linux 5.2 took: calls of their own for auxiliary domains, and nothing
// about the main domain changes. Look at FAULT: the late read; TABLES has a CD for each PASID.

machine.configure({ profile: 'attr19' });

const IOVA = 0x7000_0000n;
const dev = platform_device('accel0', { sids: [0x10], ssid_bits: 10 });

// (1) Enable auxiliary domains.
assert(iommu_dev_has_feature(dev, IOMMU_DEV_FEAT_AUX));
assert(iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_AUX) === 0);

// (2) Allocate a domain for each address space and attach it to the device.
function addressSpace(): iommu_domain {
  const domain = iommu_domain_alloc(dev.bus);
  assert(domain !== null, 'no memory for a domain');
  assert(iommu_aux_attach_device(domain, dev) === 0);
  return domain;
}
const first = addressSpace();
const second = addressSpace();

// (3) Get the PASID of each, to program it into the device.
const one = iommu_aux_get_pasid(first, dev);
const two = iommu_aux_get_pasid(second, dev);
assert(one > 0 && two > 0 && one !== two);
dev_info(dev, 'PASID %d and PASID %d', one, two);

// (4) Map one page in each: the same IOVA, another page.
function mapPage(domain: iommu_domain, text: string): page {
  const page = alloc_pages(0);
  assert(page !== null, 'no memory for a page');
  phys_write(page_to_phys(page), bytes(text));
  assert(iommu_map(domain, IOVA, page_to_phys(page), SZ_4K, IOMMU_READ | IOMMU_WRITE) === 0);
  return page;
}
const pages = [mapPage(first, 'one'), mapPage(second, 'two')];

// The device reaches each page through its PASID.
assert(read(one) === 'one');
assert(read(two) === 'two');
dev.dma_write(IOVA, bytes('new'), { pasid: two });
assert(read(one) === 'one' && read(two) === 'new', 'the address spaces are apart');

// Without a PASID it is in its main domain, where nothing is mapped: that fault is expected.
expect_event('F_TRANSLATION', () => {
  assert(!dev.dma_read(IOVA, 3).ok);
});

// After the unmap an access through the first PASID must fault; the second still works.
assert(iommu_unmap(first, IOVA, SZ_4K) === SZ_4K);
const late = dev.dma_read(IOVA, 3, { pasid: one });
assert(!late.ok && read(two) === 'new');
dev_info(dev, 'the late access failed: %s', late.reason);

// Give everything back.
iommu_unmap(second, IOVA, SZ_4K);
for (const page of pages) {
  __free_pages(page, 0);
}
for (const domain of [first, second]) {
  iommu_aux_detach_device(domain, dev);
  iommu_domain_free(domain);
}
assert(iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_AUX) === 0);

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function read(pasid: number): string {
  const result = dev.dma_read(IOVA, 3, { pasid });
  assert(result.ok, `PASID ${pasid} cannot read`);
  return String.fromCharCode(...result.data);
}
