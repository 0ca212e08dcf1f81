// Shared virtual addressing: page faults through stall
//
// A process address space is bound to the device, which then uses the process's own pointers. Pages are
// not there yet: the access stalls, the kernel brings the page in and resumes it. Look at QUEUES: each
// F_TRANSLATION in EVENTQ has its RESUME in CMDQ. The last pointer is wild, so its access is aborted.

const dev = platform_device('accel0', { sids: [0x10], ssid_bits: 10, can_stall: true });
const ended: number[] = [];
function mm_exit(_dev: device, pasid: int): int {
  ended.push(pasid);
  return 0;
}
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_IOPF, 1, 0, mm_exit) === 0);
const process = mm_alloc();
assert(process !== null, 'no memory for a process');
const pasid = ref(0);
assert(iommu_sva_bind_device(dev, process, pasid, IOMMU_SVA_FEAT_IOPF, null) === 0);
dev_info(dev, 'the process has PASID %d', pasid.value);

// Four pages that the process never touched: the device is the first.
const buffer = process.mmap(4 * SZ_4K, PROT_READ | PROT_WRITE);
const written = dev.dma_write(buffer, new Uint8Array(4 * SZ_4K).fill(0x5a), { pasid: pasid.value });
assert(written.ok, 'every fault is repaired');
assert(process.read(buffer + 0x3fffn, 1)[0] === 0x5a, 'the process sees what the device wrote');
assert(events().length === 4 && events().every((event) => event.handled && event.stall));

// A pointer that no mapping holds cannot be repaired.
const wild = dev.dma_read(0x10, 4, { pasid: pasid.value });
assert(!wild.ok);
dev_warn(dev, 'the wild pointer: %s', wild.reason);

// When the process ends, the driver is told, and the PASID leads nowhere.
process.exit();
msleep(10);
assert(ended.join() === String(pasid.value));
expect_event('C_BAD_CD', () => {
  assert(!dev.dma_read(buffer, 4, { pasid: pasid.value }).ok);
});
iommu_sva_shutdown_device(dev);
