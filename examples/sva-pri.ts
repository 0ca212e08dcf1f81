// Shared virtual addressing over PCIe: ATS and PRI
//
// A PCI function translates ahead of its accesses (ATS), keeps the answers in its own cache, and asks
// for missing pages with page requests (PRI). Look at QUEUES: PRIQ has the requests, CMDQ the responses
// (CMD_PRI_RESP) and, after munmap, the CMD_ATC_INV that empties the function's cache.

const dev = pci_device('gpu0', { bdf: '0000:01:00.0', pasid_bits: 8, ats: true, pri: true });
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_IOPF, 1, 0, () => 0) === 0);
const process = mm_alloc();
assert(process !== null, 'no memory for a process');
const pasid = ref(0);
assert(iommu_sva_bind_device(dev, process, pasid, IOMMU_SVA_FEAT_IOPF, null) === 0);

const buffer = process.mmap(2 * SZ_4K, PROT_READ | PROT_WRITE);
assert(dev.dma_write(buffer, Uint8Array.of(1, 2, 3), { pasid: pasid.value }).ok);
assert(process.read(buffer, 3)[2] === 3);
process.write(buffer + 0x1000n, Uint8Array.of(9));
const second = dev.dma_read(buffer + 0x1000n, 1, { pasid: pasid.value });
assert(second.ok && second.data[0] === 9);

// munmap invalidates the function's cache too: the next access asks again, and gets a refusal.
assert(process.munmap(buffer, 2 * SZ_4K) === 0);
const late = dev.dma_read(buffer, 1, { pasid: pasid.value });
assert(!late.ok);
dev_warn(dev, 'after munmap: %s', late.reason);

assert(iommu_sva_unbind_device(dev, pasid.value) === 0);
process.exit();
iommu_sva_shutdown_device(dev);
