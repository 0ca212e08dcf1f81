// What recording costs a run: the frames of the trace view while records come are measured in window.ts.

import { stripTypes } from '../../sim/host/strip-types.ts';
import { makeVmRealm } from '../../sim/host/vm-realm.ts';
import { Session } from '../../sim/session/session.ts';
import type { Topic } from './measure.ts';
import { median, rounded } from './measure.ts';

/** DMA as drivers do it: pages one by one, with a map and an unmap now and then. */
const DMA_HEAVY = `const dev = platform_device('a', { ssid_bits: 8 });
const d = iommu_domain_alloc(dev.bus)!;
iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 0, null);
iommu_attach_device(d, dev);
const block = alloc_pages(9)!;
const options = { pasid: 1 };
for (let round = 0; round < 40; round++) {
  iommu_map(d, 0x40000000, page_to_phys(block), 0x200000, IOMMU_READ | IOMMU_WRITE);
  for (let page = 0; page < 512; page++) dev.dma_read(0x40000000 + page * 4096, 64, options);
  for (let pass = 0; pass < 8; pass++) dev.dma_read(0x40000000, 0x200000, options);
  iommu_unmap(d, 0x40000000, 0x200000);
}
iommu_detach_device(d, dev);
iommu_domain_free(d);
__free_pages(block, 9);
`;
const ROUNDS = 7;

/** Processor time of one run, milliseconds. */
async function cost(record: boolean): Promise<number> {
  const session = new Session({
    request: { file: 'bench.ts', text: DMA_HEAVY, record },
    realm: makeVmRealm(),
    stripTypes,
    nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
    onOutput: () => undefined,
    onStatus: () => undefined,
  });
  const start = process.cpuUsage();
  const { error } = await session.run();
  const { user, system } = process.cpuUsage(start);
  if (error !== undefined) {
    throw new Error(error.message);
  }
  return (user + system) / 1000;
}

/** Recording on / off, of runs by turns. */
async function overhead(): Promise<number> {
  await cost(true);
  await cost(false);
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const off = await cost(false);
    ratios.push((await cost(true)) / off);
  }
  return median(ratios);
}

export const traceWindowTopic: Topic = {
  name: 'recording',
  run: async () => ({ trace_overhead: rounded(await overhead()) }),
};
