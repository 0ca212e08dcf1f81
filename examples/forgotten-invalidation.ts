// A forgotten TLB invalidation
//
// A driver clears a page table entry itself instead of calling iommu_unmap, and forgets the TLB: the
// device goes on through the old entry, and nothing faults until the TLB is emptied. Look at the
// console: the warning of the model names the entry, and the access that still went through.

const IOVA = 0x7000_0000n;
const RAM = 0x4000_0000n;
machine.configure({ ram: { base: Number(RAM), size: SZ_256M } });

const dev = platform_device('accel0', { sids: [0x10], ssid_bits: 10 });
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 16, null) === 0);
const domain = iommu_domain_alloc(dev.bus);
assert(domain !== null, 'no memory for a domain');
assert(iommu_attach_device(domain, dev) === 0);
const pasid = ref(0);
assert(iommu_domain_get_attr(domain, DOMAIN_ATTR_AUXD_ID, pasid) === 0);
const buffer = alloc_pages(0);
assert(buffer !== null, 'no memory for a page');
const page = page_to_phys(buffer);
assert(iommu_map(domain, IOVA, page, SZ_4K, IOMMU_READ | IOMMU_WRITE) === 0);
assert(read().ok);

// Cut the page off behind the SMMU's back.
const entry = findDescriptor(page);
phys_write(entry, new Uint8Array(8));
pr_info('descriptor at 0x%lx cleared, no TLBI', entry);
assert(iommu_iova_to_phys(domain, IOVA) === 0n, 'the table says that nothing is mapped');
assert(read().ok, 'but the TLB still translates');

// What the driver forgot.
iommu_flush_tlb_all(domain);
expect_event('F_TRANSLATION', () => {
  const late = read();
  assert(!late.ok);
  pr_info('after the flush: %s', late.reason);
});

__free_pages(buffer, 0);
iommu_detach_device(domain, dev);
iommu_domain_free(domain);
iommu_sva_shutdown_device(dev);

function read(): dma_read_result {
  return dev.dma_read(IOVA, 4, { pasid: pasid.value });
}

/** The page table entry that leads to `pa`: a 64-bit word in RAM with that address and type 3. */
function findDescriptor(pa: bigint): bigint {
  for (let table = RAM; table < pa + BigInt(SZ_1M); table += BigInt(SZ_4K)) {
    const words = new BigUint64Array(phys_read(table, SZ_4K).slice().buffer);
    const at = words.findIndex((word) => (word & 0xffff_ffff_f003n) === (pa | 3n));
    if (at >= 0) {
      return table + BigInt(at * 8);
    }
  }
  throw new Error('no descriptor leads to the page');
}
