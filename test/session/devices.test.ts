// Devices as bus masters: splitting, stalls, ATS with its cache, page requests, PASIDs of a function.

import { describe, expect, it } from 'vitest';
import type { Place } from '../../sim/protocol/api.ts';
import type { ScriptRun } from '../support/run-script.ts';
import { ending, runScript } from '../support/run-script.ts';

const MAPPED = `
const d = iommu_domain_alloc(dev.bus)!;
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 0, null) === 0);
assert(iommu_attach_device(d, dev) === 0);
const pages = [alloc_pages(0)!, alloc_pages(0)!].reverse();
pages.forEach((page, index) => {
  assert(iommu_map(d, 0x10000 + index * SZ_4K, page_to_phys(page), SZ_4K, IOMMU_READ | IOMMU_WRITE) === 0);
});
`;
const PCI = `const dev = pci_device('nic0', { pasid_bits: 8, ats: true, pri: true });${MAPPED}`;
const PLATFORM = `const dev = platform_device('accel0', { ssid_bits: 8 });${MAPPED}`;

async function holds(text: string): Promise<ScriptRun> {
  const run = await runScript(text);
  expect(ending(run)).toBe('exit 0');
  return run;
}

function eventPlaces({ records }: ScriptRun): (Place | undefined)[] {
  return records.flatMap((record) => (record.type === 'event' ? [record.place] : []));
}

describe('a bus master', () => {
  it('crosses pages that are not neighbours in memory', async () => {
    await holds(`${PLATFORM}
      const bytes = Uint8Array.from({ length: 5000 }, (_, index) => index & 0xff);
      assert(dev.dma_write(0x10400, bytes, { pasid: 1 }).ok);
      const back = dev.dma_read(0x10400, 5000, { pasid: 1 });
      assert(back.ok && back.data.every((byte, index) => byte === (index & 0xff)));
      assert(phys_read(page_to_phys(pages[1]!), 1)[0] === (0xc00 & 0xff));
    `);
  });

  it('carries into the upper half of the address, and wraps at 64 bits', async () => {
    const { records } = await runScript(`
      const dev = platform_device('a', {});
      expect_event('F_TRANSLATION', () => {
        dev.dma_read(0xffff_fffen, 1); dev.dma_read(0x1_ffff_f000n, 1); dev.dma_read(2n ** 64n - 1n, 1);
      });`);
    const seen = records.flatMap((record) => (record.type === 'event' ? [record.event.iova] : []));
    expect(seen).toEqual([0xffff_fffen, 0x1_ffff_f000n, 0xffff_ffff_ffff_ffffn]);
    await holds(`${PLATFORM}
      assert(iommu_map(d, 0xffff_f000, page_to_phys(pages[0]!), SZ_4K, IOMMU_READ | IOMMU_WRITE) === 0);
      assert(iommu_map(d, 0x1_0000_0000, page_to_phys(pages[1]!), SZ_4K, IOMMU_READ | IOMMU_WRITE) === 0);
      assert(dev.dma_write(0xffff_fffen, [1, 2, 3, 4], { pasid: 1 }).ok);
      assert(phys_read(page_to_phys(pages[1]!), 2)[1] === 4);
    `);
  });

  it('says how far an access came', async () => {
    const { log } = await runScript(`${PLATFORM}
      expect_event('F_TRANSLATION', () => {
        const result = dev.dma_read(0x11000, 8192, { pasid: 1 });
        if (!result.ok) pr_info('%s', result.reason);
      });`);
    expect(log.at(-1)).toBe('F_TRANSLATION: no mapping (after 4096 bytes)');
  });

  it('names the line of the access, of the mapping and of the unmapping', async () => {
    const run = await runScript(`${PLATFORM}
iommu_unmap(d, 0x10000, SZ_4K);
  dev.dma_read(0x10000, 4, { pasid: 1 });
iommu_map(d, 0x10000, 0x40000000, SZ_4K, IOMMU_READ);
dev.dma_write(0x10000, [1], { pasid: 1 });`);
    const lines = run.console
      .filter((line) => / \[event \d\]$/.test(line))
      .map((line) => line.trim());
    expect(lines).toEqual([
      'F_TRANSLATION accel0 SID 0x10 SSID 1 read 0x10000: no mapping, unmapped at test.ts:10  [event 1]',
      'F_PERMISSION accel0 SID 0x10 SSID 1 write 0x10000: not writable, mapped at test.ts:12  [event 2]',
    ]);
    expect(eventPlaces(run)).toEqual([
      { file: 'test.ts', line: 11, column: 7 },
      { file: 'test.ts', line: 13, column: 5 },
    ]);
  });

  it('hangs everything that an access caused below its call', async () => {
    const { session } = await runScript(`${PLATFORM}dev.dma_read(0x30000, 4, { pasid: 1 });`);
    const { text } = { text: session.traceText() };
    const records = text
      .trimEnd()
      .split('\n')
      .slice(1)
      .map(
        (line) =>
          JSON.parse(line) as { id: number; kind: string; cause: number; data: { fn?: string } },
      );
    const byId = new Map(records.map((record) => [record.id, record]));
    const event = records.find(({ kind }) => kind === 'event');
    let top = event;
    while (top !== undefined && top.cause !== 0) {
      top = byId.get(top.cause);
    }
    expect([top?.kind, top?.data.fn]).toEqual(['call', 'dma_read']);
  });

  it('waits for a page that the process has not touched yet', async () => {
    await holds(`
      const dev = platform_device('a', { ssid_bits: 8, can_stall: true });
      assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_IOPF, 1, 0, () => 0) === 0);
      const mm = mm_alloc()!;
      const pasid = ref(0);
      assert(iommu_sva_bind_device(dev, mm, pasid, IOMMU_SVA_FEAT_IOPF, null) === 0);
      const va = mm.mmap(SZ_4K, PROT_READ | PROT_WRITE);
      assert(dev.dma_write(va, [7], { pasid: pasid.value }).ok);
      assert(mm.read(va, 1)[0] === 7);
      mm.exit();
    `);
  });
});

describe('a PCI function', () => {
  it('asks once and then translates by its own cache', async () => {
    const run = await holds(`${PCI}
      assert(dev.dma_write(0x10010, [1, 2], { pasid: 1 }).ok);
      for (let i = 0; i < 5; i++) assert(dev.dma_read(0x10010, 2, { pasid: 1 }).ok);
    `);
    expect(run.session.traceText().match(/"kind":"ats".*"op":0/g)).toHaveLength(1);
  });

  it('forgets what CMD_ATC_INV names when the page is unmapped', async () => {
    await holds(`${PCI}
      assert(dev.dma_read(0x10000, 1, { pasid: 1 }).ok && dev.dma_read(0x11000, 1, { pasid: 1 }).ok);
      assert(iommu_unmap(d, 0x10000, SZ_4K) === SZ_4K);
      const gone = dev.dma_read(0x10000, 1, { pasid: 1 });
      assert(!gone.ok && gone.reason.includes('page request'));
      assert(dev.dma_read(0x11000, 1, { pasid: 1 }).ok);
    `);
  });

  it('stops page requests when one fails', async () => {
    const { log } = await holds(`${PCI}
      assert(pci_enable_pri(dev, 8) === 0);
      const first = dev.dma_read(0x50000, 1, { pasid: 1 });
      const second = dev.dma_read(0x50000, 1, { pasid: 1 });
      assert(!first.ok && first.reason === 'its page request failed, so it stopped making them');
      assert(!second.ok && second.reason.includes('page requests are not enabled'));
    `);
    expect(log.at(-1)).toContain('nobody cared, disabling PRI');
  });

  it('cannot send PASIDs that are not enabled', async () => {
    await holds(`
      const dev = pci_device('nic0', {});
      const result = dev.dma_read(0, 1, { pasid: 1 });
      assert(!result.ok && result.reason === 'PASIDs are not enabled on this function');
    `);
  });
});
