// Tables that a script edits itself are explained like the driver's: by the line that wrote them.

import { expect, it } from 'vitest';
import { hardwareOf } from '../../sim/explain/hardware.ts';
import { Inspector } from '../../sim/inspect/inspector.ts';
import { SessionReader } from '../../sim/trace/session-reader.ts';
import { runScript } from '../support/run-script.ts';

const SCRIPT = `const dev = platform_device('accel0', { sids: [0x10], ssid_bits: 10 });
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 16, null) === 0);
const domain = iommu_domain_alloc(dev.bus);
assert(domain !== null && iommu_attach_device(domain, dev) === 0);
const page = alloc_pages(0);
assert(page !== null);
const pa = page_to_phys(page);
assert(iommu_map(domain, 0x70000000n, pa, SZ_4K, IOMMU_READ) === 0);
function word(at: bigint): bigint {
  return phys_read(at, 8).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}
let table = 0x40000000n;
while ((word(table) & 0xfffffffff003n) !== (pa | 3n)) table += 0x1000n;
phys_write(table + 3n, new Uint8Array(1));
phys_write(table, new Uint8Array(2));
dev.dma_read(0x70000000n, 4, { pasid: 1 });
`;

it('explains a descriptor that phys_write changed, also byte by byte', async () => {
  const run = await runScript(SCRIPT, { file: 'hand.ts' });
  expect(run.result.error).toBeUndefined();
  const reader = new SessionReader();
  reader.push(run.session.traceText());
  const { header, source } = reader.end();
  const text = new Inspector(source, hardwareOf(header.machine), header.file).explain(1)?.lines;
  expect(text?.join('\n')).toMatch(
    /bit 0 = 0 {2}<-- here[\s\S]*Written last by +hand\.ts:15 {2}phys_write/,
  );
});
