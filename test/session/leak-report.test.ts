// The end of a run says who still holds what, with the line that took it.

import { describe, expect, it } from 'vitest';
import { parseSessionHeader } from '../../sim/trace/session-header.ts';
import { runScript } from '../support/run-script.ts';

const START = `const dev = platform_device('a', { ssid_bits: 4 });
iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 0, 0, null);
`;

async function held(text: string): Promise<readonly string[]> {
  const { records } = await runScript(text);
  return records.flatMap((record) =>
    record.type === 'warn' && record.section === 'leak report'
      ? [`${record.text} ${record.place?.line ?? '-'}`]
      : [],
  );
}

describe('the leak report', () => {
  it.each([
    [
      'ioasid_alloc(DECLARE_IOASID_SET("mine"), 5, 9, null);',
      'PASID 5 is held by mine at the end: taken by ioasid_alloc() 3',
    ],
    [
      'iommu_domain_alloc(dev.bus);',
      'domain 2 is not freed at the end: taken by iommu_domain_alloc() 3',
    ],
    [
      'alloc_pages(1);',
      /^page 0x\w+ of order 1 is not freed at the end: taken by alloc_pages\(\) 3$/,
    ],
    [
      'kmalloc(100);',
      /^100 bytes of kmalloc at 0x\w+ are not freed at the end: taken by kmalloc\(\) 3$/,
    ],
    [
      'dma_map_single(dev, kmalloc(64), 64, DMA_TO_DEVICE);',
      /^DMA mapping of 4096 bytes at 0x\w+ in domain 1 .*: taken by dma_map_single\(\) 3$/,
    ],
    [
      'dma_alloc_coherent(dev, 8192, ref(0n));',
      /^DMA mapping of 8192 bytes at 0x\w+ in domain 1 .*: taken by dma_alloc_coherent\(\) 3$/,
    ],
    [
      'const d = iommu_domain_alloc(dev.bus); iommu_attach_device(d, dev);',
      'PASID 1 is held by arm_smmu_aux at the end: taken by iommu_attach_device() 3',
    ],
  ])('names what %s took', async (line, expected) => {
    expect(await held(START + line)).toContainEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    );
  });

  it('has nothing to say when everything was given back', async () => {
    const text = `${START}const set = DECLARE_IOASID_SET('mine');
ioasid_free(ioasid_alloc(set, 5, 9, null));
const d = iommu_domain_alloc(dev.bus);
iommu_attach_device(d, dev);
const memory = kmalloc(64);
const handle = dma_map_single(dev, memory, 64, DMA_TO_DEVICE);
dma_unmap_single(dev, handle, 64, DMA_TO_DEVICE);
kfree(memory);
const address = ref(0n);
const buffer = dma_alloc_coherent(dev, 8192, address);
dma_free_coherent(dev, 8192, buffer, address.value);
__free_pages(alloc_pages(1), 1);
iommu_detach_device(d, dev);
iommu_domain_free(d);
iommu_sva_shutdown_device(dev);`;
    expect(await held(text)).toEqual([]);
  });

  it('counts what would fill the screen', async () => {
    const lines = await held('for (let n = 0; n < 20; n++) alloc_pages(0);');
    expect(lines).toHaveLength(9);
    expect(lines.at(-1)).toBe('12 more pages are held at the end -');
  });

  it('is silent after an error, which left no chance to clean up', async () => {
    expect(await held('alloc_pages(0); assert(false);')).toEqual([]);
  });
});

describe('a failing allocation', () => {
  it('is told in the log, and as an errno to the script', async () => {
    const { log, result } = await runScript(
      'const p = alloc_pages(0); assert(p === null && alloc_pages(0) !== null);',
      { failNth: 1 },
    );
    expect(log.filter((line) => line.startsWith('FAULT'))).toEqual([
      'FAULT_INJECTION: forcing a failure of allocation 1: page',
    ]);
    expect(result).toMatchObject({ exit: 0, allocations: 2 });
  });

  it('does not count what the kernel allocated when it booted', async () => {
    const { result } = await runScript('iommu_present(platform_bus_type);', { failNth: 1 });
    expect(result).toMatchObject({ exit: 0, allocations: 0 });
  });

  it('is in the session file, so that the run can be repeated', async () => {
    const { session } = await runScript('alloc_pages(0);', { failNth: 1 });
    const [header = ''] = session.traceText().split('\n');
    expect(parseSessionHeader(header)).toMatchObject({ failNth: 1 });
  });
});
