// The copy engine as a driver programs it: queues with PASIDs, completions by interrupt, faults by result.

import { describe, expect, it } from 'vitest';
import { readTrace } from '../../sim/trace/reader.ts';
import { ending, runScript } from '../support/run-script.ts';

const SETUP = `
const engine = memcpy_engine('e', { ssid_bits: 6, can_stall: true });
const { dev } = engine;
const got = [];
request_irq(engine.irq, () => { got.push(...engine.completions()); return IRQ_HANDLED; }, 0, 'e', null);
const init = iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD | IOMMU_SVA_FEAT_IOPF, 1, 0, null);
function space(iova, size) {
  const d = iommu_domain_alloc(dev.bus);
  iommu_attach_device(d, dev);
  const id = ref(0);
  iommu_domain_get_attr(d, DOMAIN_ATTR_AUXD_ID, id);
  const page = alloc_pages(get_order(size));
  iommu_map(d, iova, page_to_phys(page), size, IOMMU_READ | IOMMU_WRITE);
  return { d, pasid: id.value, pa: page_to_phys(page) };
}
`;

async function passes(text: string, setup = SETUP): Promise<readonly string[]> {
  const run = await runScript(setup + text);
  expect(ending(run)).toBe('exit 0');
  return run.log;
}

describe('a memory copy engine', () => {
  it('copies by the PASID of the queue, and tells by interrupt', async () => {
    await passes(`
const a = space(0x10000, 4 * SZ_4K);
phys_write(a.pa, Uint8Array.from({ length: 5000 }, (_, i) => i % 251));
assert(engine.queue_enable(3, a.pasid) === 0);
const cookie = engine.submit(3, 0x10000, 0x12100n, 5000);
assert(cookie > 0 && got.length === 0, 'it takes time');
msleep(1);
assert(got.length === 1 && got[0].cookie === cookie && got[0].queue === 3);
assert(got[0].result === DMA_TRANS_NOERROR && got[0].residue === 0 && !('reason' in got[0]));
const copy = phys_read(a.pa + 0x2100n, 5000);
assert(copy.every((byte, i) => byte === i % 251));`);
  });

  it('keeps the address spaces of its queues apart', async () => {
    await passes(`
const [a, b] = [space(0x10000, SZ_4K), space(0x10000, SZ_4K)];
engine.queue_enable(0, a.pasid);
engine.queue_enable(1, b.pasid);
phys_write(a.pa, [1]);
phys_write(b.pa, [2]);
for (const queue of [0, 1]) engine.submit(queue, 0x10000, 0x10800, 1);
msleep(1);
assert(got.map(({ queue }) => queue).join() === '0,1', 'in order');
assert(phys_read(a.pa + 0x800n, 1)[0] === 1 && phys_read(b.pa + 0x800n, 1)[0] === 2);`);
  });

  it('sends no PASID from a queue that has none: the DMA API serves it', async () => {
    await passes(`
const [one, two] = [kmalloc(64), kmalloc(64)];
one.fill(7);
const src = dma_map_single(dev, one, 64, DMA_TO_DEVICE);
const dst = dma_map_single(dev, two, 64, DMA_FROM_DEVICE);
engine.queue_enable(0);
engine.submit(0, src, dst, 64);
msleep(1);
assert(got[0].result === DMA_TRANS_NOERROR && two.read(63, 1)[0] === 7);
dma_unmap_single(dev, src, 64, DMA_TO_DEVICE);
dma_unmap_single(dev, dst, 64, DMA_FROM_DEVICE);`);
  });

  it.each([
    ['reading', '0x90000, 0x10000', 'DMA_TRANS_READ_FAILED', 8192],
    ['writing', '0x10000, 0x90000', 'DMA_TRANS_WRITE_FAILED', 8192],
    ['the second page read', '0x11000, 0x10000', 'DMA_TRANS_READ_FAILED', 4096],
  ])('says that %s failed, how far it came, and why', async (_, addresses, result, residue) => {
    await passes(
      `
const a = space(0x10000, 2 * SZ_4K);
engine.queue_enable(0, a.pasid);
engine.submit(0, ${addresses}, 8192);
expect_event('F_TRANSLATION', () => msleep(1500));
assert(got[0].result === ${result} && got[0].residue === ${residue}, JSON.stringify(got[0]));
assert(/^(read|write): F_TRANSLATION/.test(got[0].reason), got[0].reason);`,
      SETUP.replace(', can_stall: true', '').replace(' | IOMMU_SVA_FEAT_IOPF', ''),
    );
  });

  it('waits for pages that a bound process has not touched', async () => {
    await passes(`
const process = mm_alloc();
const id = ref(0);
assert(init === 0 && iommu_sva_bind_device(dev, process, id, IOMMU_SVA_FEAT_IOPF, null) === 0);
const area = process.mmap(4 * SZ_4K, PROT_READ | PROT_WRITE);
process.write(area, Uint8Array.of(5, 6, 7));
engine.queue_enable(0, id.value);
engine.submit(0, area, area + 0x2000n, 3);
const seen = { name: 'copy' };
init_waitqueue_head(seen);
wait_event(seen, () => got.length > 0);
assert(got[0].result === DMA_TRANS_NOERROR, got[0].reason);
assert(process.read(area + 0x2002n, 1)[0] === 7);
assert(events().length === 1 && events()[0].handled);`);
  });

  it('works as a PCI function, with its ATC', async () => {
    await passes(`
const pci = memcpy_engine('p', { pasid_bits: 6, ats: true, queues: 1 });
assert(pci.dev.bus === pci_bus_type && pci.irq === engine.irq + 1 && pci.queues === 1);
const page = alloc_pages(0);
phys_write(page_to_phys(page), [9]);
const domain = iommu_domain_alloc(pci.dev.bus);
assert(iommu_attach_device(domain, pci.dev) === 0);
iommu_map(domain, 0, page_to_phys(page), SZ_4K, IOMMU_READ | IOMMU_WRITE);
pci.queue_enable(0);
pci.submit(0, 0, 100, 1);
msleep(1);
assert(pci.completions()[0].result === DMA_TRANS_NOERROR && phys_read(page_to_phys(page) + 100n, 1)[0] === 9);`);
  });

  it('refuses what a driver programs wrongly', async () => {
    await passes(`
assert(engine.submit(0, 0, 0, 4) === -ENODEV);
assert(engine.queue_enable(8, 1) === -EINVAL && engine.queue_enable(0, 2 ** 20) === -EINVAL);
assert(engine.queue_enable(0, 1) === 0 && engine.queue_enable(0, 1) === -EBUSY);
assert(engine.submit(9, 0, 0, 4) === -EINVAL && engine.submit(0, 0, 0, 0) === -EINVAL);
const cookies = Array.from({ length: 65 }, () => engine.submit(0, 0, 0, SZ_2M));
assert(cookies.slice(0, 64).every((cookie) => cookie > 0) && cookies[64] === -ENOSPC);
assert(engine.queue_disable(0) === 0 && engine.queue_disable(-1) === -EINVAL);
const aborted = engine.completions().concat(got);
assert(aborted.length === 64 && aborted.at(-1).result === DMA_TRANS_ABORTED);
assert(aborted.at(-1).residue === SZ_2M);`);
  });

  it('hangs what a copy did below the call that submitted it', async () => {
    const run = await runScript(`${SETUP}
const a = space(0x10000, SZ_4K);
engine.queue_enable(0, a.pasid);
engine.submit(0, 0x10000, 0x10100, 4);
msleep(1);`);
    const records = [
      ...readTrace(run.session.world?.machine.recorder ?? { chunks: [], texts: [] }),
    ];
    const submit = records.find(({ kind, data }) => kind === 'call' && data['fn'] === 'submit');
    const below = records.filter(({ cause }) => cause === submit?.id).map(({ kind }) => kind);
    expect(below.filter((kind) => kind === 'dma')).toHaveLength(2);
  });

  it.each([
    ["memcpy_engine('e', { queues: 0 })", 'memcpy_engine: queues must be'],
    ["memcpy_engine('e', { irq: -1 })", 'memcpy_engine: irq must be'],
    ["memcpy_engine('e', { sid: 1 })", 'no option sid'],
    ["memcpy_engine('e').submit(0, 'a', 0, 4)", 'submit: src must be'],
  ])('%s says what is wrong', async (text, message) => {
    expect(ending(await runScript(text))).toContain(message);
  });
});
