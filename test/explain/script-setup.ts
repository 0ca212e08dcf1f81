// What the scripts of script-faults.ts begin with: helpers that find a structure of the driver's in memory
// and make the store that breaks it, and a device with one page mapped under PASID 1.

/** Ends in a line end; the case's own lines follow. Layouts are typed here anew, from the manual. */
export const SCRIPT_SETUP = `
const IOVA = 0x7000_0000n;
const RW = IOMMU_READ | IOMMU_WRITE;
const STRTAB = 0x4000_4000n;
function rd(at: bigint): bigint {
  return new DataView(phys_read(at, 8).slice().buffer).getBigUint64(0, true);
}
function le(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}
// The store that makes bits [hi:lo] of the record at \`base\` \`value\`; one that turns one bit over.
function put(base: bigint, hi: number, lo: number, value: bigint): [bigint, Uint8Array] {
  const at = base + BigInt(lo >> 6) * 8n;
  const mask = ((1n << BigInt(hi - lo + 1)) - 1n) << BigInt(lo & 63);
  return [at, le((rd(at) & ~mask) | (value << BigInt(lo & 63)))];
}
function flip(base: bigint, bit: number): [bigint, Uint8Array] {
  const at = base + BigInt(bit >> 6) * 8n;
  return [at, le(rd(at) ^ (1n << BigInt(bit & 63)))];
}
function l1std(sid = 0x10): bigint {
  return STRTAB + BigInt(sid >> 8) * 8n;
}
function ste(sid = 0x10): bigint {
  return (rd(l1std(sid)) & 0xff_ffff_ffff_ffc0n) + BigInt(sid & 255) * 64n;
}
function l1cd(ssid = 1): bigint {
  return (rd(ste()) & 0xff_ffff_ffff_ffc0n) + BigInt(ssid >> 10) * 8n;
}
function cd(ssid = 1): bigint {
  const word = rd(ste());
  return ((word >> 4n) & 3n) === 0n
    ? (word & 0xff_ffff_ffff_ffc0n) + BigInt(ssid) * 64n
    : (rd(l1cd(ssid)) & 0xff_ffff_ffff_f000n) + BigInt(ssid & 1023) * 64n;
}
function entry(level: number, va = IOVA, table = rd(cd() + 8n) & 0xffff_ffff_ffc0n): bigint {
  for (let at = 0; ; at++) {
    const place = table + ((va >> BigInt(39 - 9 * at)) & 511n) * 8n;
    if (at === level) return place;
    table = rd(place) & 0xffff_ffff_f000n;
  }
}
function page(): bigint {
  const page = alloc_pages(0);
  assert(page !== null);
  return page_to_phys(page);
}
function attach(dev: device): iommu_domain {
  const domain = iommu_domain_alloc(dev.bus);
  assert(domain !== null && iommu_attach_device(domain, dev) === 0);
  return domain;
}
function up(options: object = {}, prot = RW) {
  const dev = platform_device('accel0', { sids: [0x10], ssid_bits: 10, ...options });
  assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 0, null) === 0);
  const domain = attach(dev);
  assert(iommu_map(domain, IOVA, page(), SZ_4K, prot) === 0);
  return { dev, domain };
}
function bind(dev: device) {
  assert(iommu_sva_init_device(dev, 0, 1, 0, () => 0) === 0);
  const process = mm_alloc();
  const pasid = ref(0);
  assert(process !== null && iommu_sva_bind_device(dev, process, pasid, 0, null) === 0);
  const area = process.mmap(SZ_4K, PROT_READ | PROT_WRITE);
  return { process, pasid: pasid.value, area };
}
`;
