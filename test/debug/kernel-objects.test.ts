// Kernel objects in scopes, watches and hovers: each shows what a kernel person would look up first.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { DebugStop, DebugVariable } from '../../sim/protocol/debug.ts';
import { DebugRig, onLines } from '../support/debug-rig.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');

const OBJECTS = `const dev = platform_device('acc', { sids: [8, 9], ssid_bits: 4 });
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 4, null) === 0);
const domain = iommu_domain_alloc(dev.bus);
assert(iommu_attach_device(domain, dev) === 0);
const group = iommu_group_get(dev);
const page = alloc_pages(0);
assert(iommu_map(domain, 0x70000000n, page_to_phys(page), SZ_4K, IOMMU_READ) === 0);
const mm = mm_alloc();
const area = mm.mmap(2 * SZ_4K, PROT_READ | PROT_WRITE, 0x10000000n);
const set = DECLARE_IOASID_SET('mine');
ioasid_alloc(set, 5, 9, { mine: 1 });
const dma = ref(0n);
const coherent = dma_alloc_coherent(dev, SZ_4K, dma, GFP_KERNEL);
coherent.set32(0, 0x12345678);
const sgl: scatterlist[] = [];
sg_init_table(sgl, 1);
sg_set_page(sgl[0], page, 0x200, 0x100);
dma_map_sg(dev, sgl, 1, DMA_TO_DEVICE);
const sg = sgl[0];
const err = ERR_PTR(-12);
const queue = iopf_queue_alloc('pq');
const bus = dev.bus;
pr_info('x');`;

let rig: DebugRig | undefined;

afterEach(() => rig?.dispose());

async function stopAt(text: string, line: number): Promise<DebugStop | undefined> {
  rig = await DebugRig.launch({ text, breakpoints: onLines(line) });
  return await rig.stop();
}

/** The variable behind names from the outermost scope inward, e.g. `['domain', 'mappings']`. */
async function find(
  stop: DebugStop | undefined,
  path: readonly string[],
): Promise<DebugVariable | undefined> {
  let list: readonly DebugVariable[] = stop?.scopes.flatMap(({ variables }) => variables) ?? [];
  let found: DebugVariable | undefined;
  for (const name of path) {
    found = list.find((one) => one.name === name);
    list = (await rig?.debug.paused?.variables(found?.reference ?? 0)) ?? [];
  }
  return found;
}

describe('a paused script shows', () => {
  it.each<[string, string, RegExp]>([
    ['dev', 'device', /^device acc \(SID 0x8, 0x9\)$/],
    ['dev > stream IDs', '', /^0x8, 0x9$/],
    ['dev > PASID limits', '', /^1\.\.4$/],
    ['dev > PASID 1', '', /^iommu_domain \d+ \(UNMANAGED, ASID \d+, PASID 1\)$/],
    ['dev > iommu_group', '', /^iommu_group \d+ \(acc\)$/],
    ['domain', 'iommu_domain', /^iommu_domain \d+ \(UNMANAGED, ASID \d+, PASID 1\)$/],
    ['domain > type', '', /^IOMMU_DOMAIN_UNMANAGED$/],
    ['domain > TTB0', '', /^0x[0-9a-f]+$/],
    ['domain > attached', '', /^acc \(aux\)$/],
    ['domain > mappings', '', /^1 range$/],
    ['domain > mappings > 0x70000000..0x70000fff', '', /^-> 0x[0-9a-f]+ r--$|r-x$/],
    ['group', 'group', /^iommu_group \d+ \(acc\)$/],
    ['group > domain', '', /^iommu_domain \d+ \(DMA, ASID \d+\)$/],
    ['page', 'page', /^page at 0x[0-9a-f]+$/],
    ['mm', 'mm', /^mm 1 \(pgd 0x[0-9a-f]+\)$/],
    ['mm > areas', '', /^1 area$/],
    ['mm > areas > 0x10000000..0x10001fff', '', /^rw-$/],
    ['area', 'bigint', /^0x10000000n$/],
    ['set', 'ioasid_set', /^ioasid_set mine \(1 PASID\)$/],
    ['set > PASID 5 (0x5)', 'Object', /^\{mine: 1\}$/],
    ['coherent', 'buffer', /^buffer of 0x1000 bytes at 0x[0-9a-f]+$/],
    ['coherent > bytes', '', /^78 56 34 12 00 /],
    ['sg', 'scatterlist', /^scatterlist 0x[0-9a-f]+100 \+ 0x200 -> DMA 0x[0-9a-f]+100 \+ 0x200$/],
    ['sg > page', 'page', /^page at 0x/],
    ['sgl', 'Array', /^\(1\) \[scatterlist 0x/],
    ['err', 'error pointer', /^ERR_PTR\(-ENOMEM\) = -12$/],
    ['queue', 'iopf_queue', /^iopf_queue pq \(no device\)$/],
    ['bus', 'bus', /^bus platform \(1 device\)$/],
    ['bus > [0]', '', /^device acc/],
  ])('%s as %s', async (path, type, value) => {
    const found = await find(await stopAt(OBJECTS, 23), path.split(' > '));
    expect(found?.value).toMatch(value);
    expect(found?.type).toBe(type);
  });

  it.each<[string, string, string, RegExp]>([
    ['mdev.ts', 'vfio_group_open', 'mdev', /^mdev 83b8f4f2-\S+ \(queue of accel0\)$/],
    ['mdev.ts', 'vfio_group_open', 'mdev > iommu device', /^device accel0 \(SID 0x10\)$/],
    ['mdev.ts', 'vfio_group_get_device', 'group', /^vfio_group \d+ \(83b8f4f2-\S+\)$/],
    ['mdev.ts', 'vfio_group_get_device', 'container', /^vfio_container \d+ \(1 group\)$/],
    ['mdev.ts', 'return { uuid', 'fd', /^vfio_device 83b8f4f2-/],
    ['sva-pri.ts', 'process.munmap', 'process', /^mm 1 \(pgd 0x[0-9a-f]+, PASID 1\)$/],
    ['sva-pri.ts', 'process.munmap', 'dev', /^device gpu0 \(SID 0x100\)$/],
  ])('in %s at %s: %s', async (file, at, path, value) => {
    const text = readFileSync(join(EXAMPLES, file), 'utf8');
    const line = text.split('\n').findIndex((one) => one.includes(at)) + 1;
    expect((await find(await stopAt(text, line), path.split(' > ')))?.value).toMatch(value);
  });

  it('the same in an evaluation and in a hover', async () => {
    await stopAt(OBJECTS, 23);
    for (const context of ['repl', 'watch', 'hover'] as const) {
      const answer = await rig?.debug.paused?.evaluate({ expression: 'dev', context });
      expect(answer).toMatchObject({ ok: true, value: 'device acc (SID 0x8, 0x9)' });
    }
  });

  it('an SVA handle with its device, process and PASID', async () => {
    const text = `machine.configure({ profile: 'attr19' });
const dev = pci_device('gpu', { pasid_bits: 8, ats: true, pri: true });
assert(iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA) === 0);
const mm = mm_alloc();
const handle = iommu_sva_bind_device(dev, mm, { mine: 1 });
pr_info('x');`;
    rig = await DebugRig.launch({ text, breakpoints: onLines(6) });
    const stop = await rig.stop();
    expect((await find(stop, ['handle']))?.value).toMatch(/^iommu_sva PASID \d+ \(gpu, mm 1\)$/);
    expect((await find(stop, ['handle', 'drvdata']))?.value).toBe('{mine: 1}');
    expect((await find(stop, ['handle', 'mm']))?.value).toMatch(/^mm 1 \(pgd 0x\w+, PASID \d+\)$/);
  });
});
