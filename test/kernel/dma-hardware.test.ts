// The DMA API as a device meets it: through the kernel's tables and commands, and the model of the hardware.

import { describe, expect, it } from 'vitest';
import { DmaMaster } from '../../sim/devices/dma-master.ts';
import { DMA_BIDIRECTIONAL, DMA_FROM_DEVICE, DMA_TO_DEVICE } from '../../sim/kernel/dma-types.ts';
import { IOMMU_SVA_FEAT_AUXD } from '../../sim/kernel/iommu-types.ts';
import { Kernel } from '../../sim/kernel/kernel.ts';
import { DEFAULT_SMMU } from '../../sim/kernel/kernel-config.ts';
import type { KernelBuffer } from '../../sim/kernel/mm/kernel-buffer.ts';
import { type Scatterlist, sg_init_table, sg_set_page } from '../../sim/kernel/scatterlist.ts';
import { VirtualClock } from '../../sim/machine/clock.ts';
import { Machine } from '../../sim/machine/machine.ts';
import { DEFAULT_FEATURES } from '../../sim/smmu/capabilities.ts';
import { Smmu } from '../../sim/smmu/smmu.ts';
import { TranslationEngine } from '../../sim/smmu/translate.ts';
import { Diagnostics } from '../../sim/trace/diagnostics.ts';
import { Recorder } from '../../sim/trace/recorder.ts';

const PAGE = 4096;
const SID = 0x10;
const F_TRANSLATION = 0x10;
const F_PERMISSION = 0x13;

function setUp(strict = true) {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const diagnostics = new Diagnostics(recorder);
  const machine = new Machine(recorder, clock);
  const { eventq, priq, cmdSync, gerror } = { eventq: 74, priq: 75, cmdSync: 76, gerror: 77 };
  const smmu = new Smmu({
    features: DEFAULT_FEATURES,
    bus: machine.bus,
    recorder,
    diagnostics,
    irq: { controller: machine.irq, eventq, priq, cmdSync, gerror },
    translator: (state, events, stalls) => new TranslationEngine(state, events, stalls),
    clock,
  });
  machine.bus.attach(DEFAULT_SMMU.base, DEFAULT_SMMU.size, smmu);
  const kernel = new Kernel({ machine, diagnostics, config: { strict } });
  expect(kernel.boot()).toBe(0);
  const dev = kernel.add_platform_device('dev0', { sids: [SID], ssid_bits: 4 });
  const master = new DmaMaster(machine, smmu);
  const access = (iova: number, write: boolean, ssid = -1): boolean => {
    const attributes = { sid: SID, ssid, privileged: false, instruction: false };
    const bytes = Uint8Array.of(0xa5);
    const outcome = write
      ? master.write(BigInt(iova), bytes, attributes)
      : master.read(BigInt(iova), bytes, attributes);
    machine.settle();
    return outcome.ok;
  };
  const kmalloc = (size: number): KernelBuffer => {
    const buffer = kernel.slab.kmalloc(size);
    if (buffer === null) throw new Error('no memory');
    return buffer;
  };
  return { kernel, machine, dev, dma: kernel.dma, access, kmalloc };
}

describe('a device behind the DMA API', () => {
  it('reaches a mapped buffer, and nothing once it is unmapped', () => {
    const { kernel, dma, dev, access, kmalloc } = setUp();
    const buffer = kmalloc(PAGE);
    const addr = dma.dma_map_single(dev, buffer, PAGE, DMA_FROM_DEVICE);
    expect(access(addr + 5, true)).toBe(true);
    expect(buffer.read(5, 1)).toEqual(Uint8Array.of(0xa5));
    dma.dma_unmap_single(dev, addr, PAGE, DMA_FROM_DEVICE);
    expect(access(addr + 5, true)).toBe(false);
    expect(kernel.events.map(({ type }) => type)).toEqual([F_TRANSLATION]);
  });

  it('may not write what is mapped for reading', () => {
    const { kernel, dma, dev, access, kmalloc } = setUp();
    const addr = dma.dma_map_single(dev, kmalloc(PAGE), PAGE, DMA_TO_DEVICE);
    expect(access(addr, false)).toBe(true);
    expect(access(addr, true)).toBe(false);
    expect(kernel.events.map(({ type }) => type)).toEqual([F_PERMISSION]);
  });

  it('reaches the neighbours of a small buffer in the same page', () => {
    const { dma, dev, access, kmalloc } = setUp();
    const [secret, buffer] = [kmalloc(128), kmalloc(128)];
    const addr = dma.dma_map_single(dev, buffer, 128, DMA_BIDIRECTIONAL);
    expect(access(addr + secret.phys() - buffer.phys(), true)).toBe(true);
    expect(secret.read(0, 1)).toEqual(Uint8Array.of(0xa5));
  });

  it('still reaches an unmapped page in lazy mode, until the flush queue has run', () => {
    const { kernel, machine, dma, dev, access, kmalloc } = setUp(false);
    const addr = dma.dma_map_single(dev, kmalloc(PAGE), PAGE, DMA_FROM_DEVICE);
    expect(access(addr, true)).toBe(true);
    dma.dma_unmap_single(dev, addr, PAGE, DMA_FROM_DEVICE);
    expect(access(addr, true)).toBe(true);
    machine.sleep(10_000_000);
    expect(access(addr, true)).toBe(false);
    expect(kernel.events.map(({ type }) => type)).toEqual([F_TRANSLATION]);
  });

  it('sees a scatterlist as the segments say', () => {
    const { kernel, dma, dev, access } = setUp();
    const sg: Scatterlist[] = [];
    sg_init_table(sg, 3);
    const pages = sg.map((entry) => {
      const page = kernel.pages.alloc_pages(0);
      if (page === null) throw new Error('no memory');
      sg_set_page(entry, page, PAGE, 0);
      return kernel.pages.page_address(page);
    });
    expect(dma.dma_map_sg(dev, sg, 3, DMA_FROM_DEVICE)).toBe(1);
    const start = sg[0]?.dma_address ?? 0;
    expect(access(start + 2 * PAGE + 9, true)).toBe(true);
    expect(pages[2]?.read(9, 1)).toEqual(Uint8Array.of(0xa5));
    dma.dma_unmap_sg(dev, sg, 3, DMA_FROM_DEVICE);
    expect(access(start, true)).toBe(false);
  });

  it('shares coherent memory with the CPU both ways', () => {
    const { dma, dev, access } = setUp();
    const handle = { value: 0n };
    const cpu = dma.dma_alloc_coherent(dev, 3 * PAGE, handle);
    if (cpu === null) throw new Error('no memory');
    expect(access(Number(handle.value) + 2 * PAGE, true)).toBe(true);
    expect(cpu.read(2 * PAGE, 1)).toEqual(Uint8Array.of(0xa5));
    dma.dma_free_coherent(dev, 3 * PAGE, cpu, Number(handle.value));
    expect(access(Number(handle.value), false)).toBe(false);
  });
});

describe('a PASID behind the DMA API (ours)', () => {
  it('has mappings of its own, which transactions without it do not see', () => {
    const { kernel, dev, access, kmalloc } = setUp();
    expect(kernel.sva.iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 0, null)).toBe(0);
    const domain = kernel.iommu.iommu_domain_alloc(kernel.platform_bus_type);
    if (domain === null) throw new Error('no domain');
    expect(kernel.iommu.iommu_attach_device(domain, dev)).toBe(0);
    const buffer = kmalloc(PAGE);
    const addr = kernel.dma_pasid.dma_map_single_pasid(dev, 1, buffer, PAGE, DMA_FROM_DEVICE);
    expect(addr).not.toBe(0);
    expect(access(addr + 1, true, 1)).toBe(true);
    expect(buffer.read(1, 1)).toEqual(Uint8Array.of(0xa5));
    expect(access(addr + 1, true)).toBe(false);
    kernel.dma_pasid.dma_unmap_single_pasid(dev, 1, addr, PAGE, DMA_FROM_DEVICE);
    expect(access(addr + 1, true, 1)).toBe(false);
  });
});
