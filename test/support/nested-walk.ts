// A script whose device is translated by both stages: stage 1 as Linux sets it up, and under it a stage 2
// of one block that the script writes by hand (IPA = PA). One read of it is a walk of every kind of fetch.

/** The script, and the line of its DMA. */
export const NESTED_WALK = {
  line: 9,
  text: `machine.configure({ ram: { base: 0x40000000, size: SZ_256M } });
const dev = platform_device('acc', { sids: [0x10] });
const domain = iommu_domain_alloc(dev.bus);
assert(domain !== null && iommu_attach_device(domain, dev) === 0);
const [page, stage2] = [alloc_pages(0), alloc_pages(0)];
assert(page !== null && stage2 !== null);
assert(iommu_map(domain, 0x70000000n, page_to_phys(page), SZ_4K, IOMMU_READ) === 0);
nest(page_to_phys(stage2));
const read = dev.dma_read(0x70000000n, 4);
assert(read.ok);

/** Puts stage 2 under the STE of the device: 39 bits, from level 1. */
function nest(table: bigint): void {
  const [ste, word] = findSte();
  const control = 1n | (25n << 32n) | (1n << 38n) | (3n << 44n) | (5n << 48n) | (1n << 51n);
  phys_write(table + 8n, words(0x400007fdn));
  phys_write(ste + 16n, words(control, table));
  phys_write(ste, words(word | 4n));
}

/** The valid STE with stage 1 at the place of SID 0x10 in a table, and its first word. */
function findSte(): [bigint, bigint] {
  for (let at = 0x40000400n; at < 0x40100000n; at += BigInt(SZ_4K)) {
    const [word = 0n] = new BigUint64Array(phys_read(at, 8).slice().buffer);
    if ((word & 0xfn) === 0xbn) {
      return [at, word];
    }
  }
  throw new Error('no STE');
}

function words(...list: bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(list).buffer);
}
`,
};
