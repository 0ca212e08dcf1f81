import { describe, expect, it } from 'vitest';
import { DmaMapping } from '../../sim/kernel/dma-mapping.ts';
import { DmaPasid } from '../../sim/kernel/dma-pasid.ts';
import {
  DMA_ATTR_FORCE_CONTIGUOUS,
  DMA_ATTR_PRIVILEGED,
  DMA_BIDIRECTIONAL,
  DMA_BIT_MASK,
  DMA_FROM_DEVICE,
  DMA_NONE,
  DMA_TO_DEVICE,
} from '../../sim/kernel/dma-types.ts';
import { EIO } from '../../sim/kernel/errno.ts';
import { GFP_ATOMIC, GFP_KERNEL } from '../../sim/kernel/mm/gfp.ts';
import type { KernelBuffer } from '../../sim/kernel/mm/kernel-buffer.ts';
import { Slabs } from '../../sim/kernel/mm/slab.ts';
import {
  type Scatterlist,
  sg_dma_address,
  sg_dma_len,
  sg_init_table,
  sg_set_page,
} from '../../sim/kernel/scatterlist.ts';
import { DmaRig, type RigOptions } from '../support/dma-rig.ts';

const PAGE = 4096;

function setUp(options: RigOptions = {}) {
  const rig = new DmaRig(options);
  const dma = new DmaMapping(rig.kernel, rig.calls);
  const slabs = new Slabs(rig.machine, rig.kernel.pages, rig.kernel.diagnostics);
  const kmalloc = (size: number): KernelBuffer => {
    const buffer = slabs.kmalloc(size);
    if (buffer === null) throw new Error('no memory');
    return buffer;
  };
  const page = (order = 0) => {
    const found = rig.kernel.pages.alloc_pages(order);
    if (found === null) throw new Error('no memory');
    return found;
  };
  return { rig, dma, kmalloc, page, slabs, dev: rig.device() };
}

describe('dma_map_single', () => {
  it('maps the pages around a buffer and keeps the offset in the page', () => {
    const { rig, dma, dev, kmalloc } = setUp();
    kmalloc(512);
    const buffer = kmalloc(512);
    expect(buffer.phys() % PAGE).toBe(512);
    const addr = dma.dma_map_single(dev, buffer, 512, DMA_TO_DEVICE);
    expect(addr).toBe(0xffff_f200);
    expect(dma.dma_mapping_error(dev, addr)).toBe(0);
    expect(rig.reach(addr)).toBe(buffer.phys());
    // The neighbour in the same page is reachable, too.
    expect(rig.reach(addr - 512)).toBe(buffer.phys() - 512);
    dma.dma_unmap_single(dev, addr, 512, DMA_TO_DEVICE);
    expect(rig.reach(addr)).toBe(0);
    expect(rig.reports).toEqual([]);
  });

  it.each([
    // AP[2:1] at 7:6, XN at 54:53, AttrIndx at 4:2.
    ['to the device: read-only', DMA_TO_DEVICE, 0, 0b11n],
    ['from the device: read-write on stage 1', DMA_FROM_DEVICE, 0, 0b01n],
    ['both ways: read-write', DMA_BIDIRECTIONAL, 0, 0b01n],
    ['privileged: AP[1] clear', DMA_BIDIRECTIONAL, DMA_ATTR_PRIVILEGED, 0b00n],
  ])('%s, cacheable and executable', (_name, dir, attrs, ap) => {
    const { rig, dma, dev, kmalloc } = setUp();
    const addr = dma.dma_map_single(dev, kmalloc(4096), 4096, dir, attrs);
    const leaf = rig.leaf(addr);
    expect((leaf >> 6n) & 3n).toBe(ap);
    expect((leaf >> 53n) & 3n).toBe(0n);
    expect((leaf >> 2n) & 7n).toBe(1n);
  });

  it('maps memory of a device that is not coherent as non-cacheable', () => {
    const { rig, dma, dev, kmalloc } = setUp();
    dev.dma_coherent = false;
    const addr = dma.dma_map_single(dev, kmalloc(4096), 4096, DMA_TO_DEVICE);
    expect((rig.leaf(addr) >> 2n) & 7n).toBe(0n);
  });

  it('is a BUG with a direction that does not exist', () => {
    const { dma, dev, kmalloc } = setUp();
    expect(() => dma.dma_map_single(dev, kmalloc(64), 64, DMA_NONE)).toThrow(/BUG.*direction 3/);
  });

  it('returns the error cookie 0 when there is no memory for a table, and leaves nothing', () => {
    const { rig, dma, dev, kmalloc } = setUp();
    const buffer = kmalloc(4096);
    const faults = rig.kernel.pages.faults;
    // The cookie; the IOVA, for which there is a second try; a table.
    for (const [nth, sticky] of [
      [1, false],
      [2, true],
      [2, false],
    ] as const) {
      const before = rig.kernel.pages.livePages;
      faults.failNth = faults.count + nth;
      faults.sticky = sticky;
      const addr = dma.dma_map_single(dev, buffer, 4096, DMA_TO_DEVICE);
      expect(addr).toBe(0);
      expect(dma.dma_mapping_error(dev, addr)).toBe(1);
      expect(rig.kernel.pages.livePages).toBe(before);
    }
    faults.failNth = 0;
    // The address is free again.
    expect(dma.dma_map_single(dev, buffer, 4096, DMA_TO_DEVICE)).toBe(0xffff_f000);
  });

  it('fails below a mask that is used up', () => {
    const { dma, dev, page } = setUp();
    expect(dma.limits.dma_set_mask(dev, DMA_BIT_MASK(14))).toBe(0);
    const one = page();
    const addresses = [1, 2, 3, 4].map(() => dma.dma_map_page(dev, one, 0, PAGE, DMA_TO_DEVICE));
    expect(addresses).toEqual([0x3000, 0x2000, 0x1000, 0]);
  });

  it('flushes the page and waits before the address can be used again', () => {
    const { rig, dma, dev, kmalloc } = setUp();
    const addr = dma.dma_map_single(dev, kmalloc(4096), 4096, DMA_TO_DEVICE);
    expect(rig.tlb).toEqual([]);
    dma.dma_unmap_single(dev, addr, 4096, DMA_TO_DEVICE);
    expect(rig.tlb).toEqual([{ op: 'add', iova: addr, size: 4096, leaf: true }, { op: 'sync' }]);
  });

  it('reports an unmap with another size, an unmap done twice, and an error cookie', () => {
    const { rig, dma, dev, kmalloc } = setUp();
    const addr = dma.dma_map_single(dev, kmalloc(4096), 4096, DMA_TO_DEVICE);
    dma.dma_unmap_single(dev, addr, 8192, DMA_TO_DEVICE);
    expect(rig.reports.map((report) => report.class)).toEqual(['api-misuse']);
    expect(rig.warnings).toContain('__iommu_dma_unmap');
    dma.dma_unmap_single(dev, addr, 4096, DMA_TO_DEVICE);
    expect(rig.reports.length).toBe(2);
    dma.dma_unmap_single(dev, 0, 4096, DMA_TO_DEVICE);
    expect(rig.reports.some(({ text }) => text.includes('error cookie'))).toBe(true);
  });

  it('reports a mapping that reaches past the buffer', () => {
    const { rig, dma, dev, kmalloc } = setUp();
    dma.dma_map_single(dev, kmalloc(100), 200, DMA_TO_DEVICE);
    expect(rig.reports[0]?.text).toContain('past a buffer of 100 bytes');
  });
});

describe('which address a device gets', () => {
  it('starts a PCI function with a 64-bit mask below 4 GiB, a platform device at the top', () => {
    const { dma, rig, page } = setUp();
    const pci = rig.device('pci', true);
    const platform = rig.device('platform');
    expect(dma.limits.dma_set_mask(pci, DMA_BIT_MASK(64))).toBe(0);
    expect(dma.limits.dma_set_mask(platform, DMA_BIT_MASK(48))).toBe(0);
    const one = page();
    expect(dma.dma_map_page(pci, one, 0, PAGE, DMA_TO_DEVICE)).toBe(0xffff_f000);
    expect(dma.dma_map_page(platform, one, 0, PAGE, DMA_TO_DEVICE)).toBe(0xffff_ffff_f000);
    expect(dma.dma_map_page(pci, one, 0, PAGE, DMA_TO_DEVICE)).toBe(0xffff_e000);
  });

  it('goes above 4 GiB for PCI only when nothing is left below', () => {
    const { dma, rig, page } = setUp();
    rig.windows.push({ start: 0x2000, end: 0xffff_ffff });
    const pci = rig.device('pci', true);
    dma.limits.dma_set_mask(pci, DMA_BIT_MASK(40));
    const one = page();
    expect(dma.dma_map_page(pci, one, 0, PAGE, DMA_TO_DEVICE)).toBe(0x1000);
    expect(dma.dma_map_page(pci, one, 0, PAGE, DMA_TO_DEVICE)).toBe(0xff_ffff_f000);
  });

  it('keeps bridge windows and reserved regions free', () => {
    const { dma, rig, page } = setUp();
    rig.windows.push({ start: 0xf000_0000, end: 0xffff_ffff });
    rig.reserved.push({ start: 0xe800_0000, length: 0x800_0000, prot: 3, type: 'reserved' });
    const addr = dma.dma_map_page(rig.device('pci', true), page(), 0, PAGE, DMA_TO_DEVICE);
    expect(addr).toBe(0xe7ff_f000);
  });

  it('sets masks as the kernel does: any with an IOMMU, 32 bits or all RAM without one', () => {
    const { dma, rig, dev } = setUp();
    expect(dma.limits.dma_set_mask_and_coherent(dev, DMA_BIT_MASK(20))).toBe(0);
    expect([dev.dma_mask, dev.coherent_dma_mask]).toEqual([0xf_ffff, 0xf_ffff]);
    rig.domain = undefined;
    expect(dma.limits.dma_set_mask_and_coherent(dev, DMA_BIT_MASK(20))).toBe(-EIO);
    expect(dma.limits.dma_set_mask_and_coherent(dev, DMA_BIT_MASK(32))).toBe(0);
  });
});

describe('lazy invalidation', () => {
  it('clears the entry at once, but flushes and frees the address only after 10 ms', () => {
    const { rig, dma, dev, page } = setUp({ lazy: true });
    const one = page();
    const addr = dma.dma_map_page(dev, one, 0, PAGE, DMA_TO_DEVICE);
    dma.dma_unmap_page(dev, addr, PAGE, DMA_TO_DEVICE);
    expect(rig.reach(addr)).toBe(0);
    expect(rig.tlb).toEqual([]);
    expect(dma.dma_map_page(dev, one, 0, PAGE, DMA_TO_DEVICE)).not.toBe(addr);
    rig.machine.clock.advance(10_000_000);
    expect(rig.tlb).toEqual([{ op: 'all' }]);
    expect(dma.dma_map_page(dev, one, 0, PAGE, DMA_TO_DEVICE)).toBe(addr);
  });

  it('stops with the domain', () => {
    const { rig, dma, dev, page } = setUp({ lazy: true });
    const addr = dma.dma_map_page(dev, page(), 0, PAGE, DMA_TO_DEVICE);
    dma.dma_unmap_page(dev, addr, PAGE, DMA_TO_DEVICE);
    if (rig.domain !== undefined) dma.iommu.iommu_put_dma_cookie(rig.domain);
    rig.machine.clock.advance(20_000_000);
    expect(rig.tlb).toEqual([]);
  });
});

describe('dma_map_sg', () => {
  function list(
    rig: DmaRig,
    pieces: readonly (readonly [length: number, offset: number])[],
  ): Scatterlist[] {
    const sg: Scatterlist[] = [];
    sg_init_table(sg, pieces.length);
    for (const [index, [length, offset]] of pieces.entries()) {
      const page = rig.kernel.pages.alloc_pages(4);
      const entry = sg[index];
      if (page !== null && entry !== undefined) sg_set_page(entry, page, length, offset);
    }
    return sg;
  }

  it.each([
    [
      'four whole pages',
      [
        [PAGE, 0],
        [PAGE, 0],
        [PAGE, 0],
        [PAGE, 0],
      ],
      [4 * PAGE],
    ],
    [
      'a gap at the start of a piece',
      [
        [PAGE, 0],
        [PAGE, 16],
      ],
      [PAGE, PAGE],
    ],
    [
      'a gap at the end of a piece',
      [
        [100, 0],
        [PAGE, 0],
      ],
      [100, PAGE],
    ],
    [
      'an offset at the very start',
      [
        [PAGE - 16, 16],
        [PAGE, 0],
      ],
      [2 * PAGE - 16],
    ],
    [
      'more than 64 KiB',
      [
        [0x8000, 0],
        [0x8000, 0],
        [PAGE, 0],
      ],
      [0x1_0000, PAGE],
    ],
    [
      'a piece that would exceed 64 KiB',
      [
        [0xf000, 0],
        [0x2000, 0],
      ],
      [0xf000, 0x2000],
    ],
  ] as const)('joins %s', (_name, pieces, lengths) => {
    const { rig, dma, dev } = setUp();
    const sg = list(rig, pieces);
    const count = dma.dma_map_sg(dev, sg, sg.length, DMA_FROM_DEVICE);
    expect(count).toBe(lengths.length);
    expect(sg.slice(0, count).map((entry) => sg_dma_len(entry))).toEqual(lengths);
    // Every byte of the list is where the segments say, in order.
    const device = sg
      .slice(0, count)
      .flatMap((entry) => bytes(sg_dma_address(entry), sg_dma_len(entry)));
    const memory = sg.flatMap(({ page, offset, length }) =>
      bytes((page?.pfn ?? 0) * PAGE + offset, length),
    );
    expect(device.map((iova) => rig.reach(iova))).toEqual(memory);
    expect(sg.map(({ length, offset }) => [length, offset])).toEqual(
      pieces.map((piece) => [...piece]),
    );
    dma.dma_unmap_sg(dev, sg, sg.length, DMA_FROM_DEVICE);
    expect(device.every((iova) => rig.reach(iova) === 0)).toBe(true);
    expect(rig.reports).toEqual([]);
  });

  /** Every 16th byte of a range. */
  function bytes(start: number, size: number): number[] {
    return Array.from({ length: Math.ceil(size / 16) }, (_, index) => start + index * 16);
  }

  it('does not let a segment cross the boundary of the device, and pads where it would', () => {
    const { rig, dma } = setUp();
    const pci = rig.device('pci', true);
    expect(dma.limits.dma_set_seg_boundary(pci, 0x3fff)).toBe(0);
    const sg = list(rig, [
      [0x3000, 0],
      [0x2000, 0],
    ]);
    const count = dma.dma_map_sg(pci, sg, 2, DMA_TO_DEVICE);
    expect(count).toBe(2);
    const [first, second] = [sg_dma_address(sg), sg_dma_address(sg.slice(1))];
    expect(first % 0x4000).toBe(0);
    expect(second - first).toBe(0x4000);
  });

  it('lets a PCI function, but no platform device, change its segment limits', () => {
    const { rig, dma, dev } = setUp();
    expect(dma.limits.dma_set_max_seg_size(dev, 0x1000)).toBe(-EIO);
    const pci = rig.device('pci', true);
    expect(dma.limits.dma_set_max_seg_size(pci, 0x2000)).toBe(0);
    const sg = list(rig, [
      [PAGE, 0],
      [PAGE, 0],
      [PAGE, 0],
    ]);
    expect(dma.dma_map_sg(pci, sg, 3, DMA_TO_DEVICE)).toBe(2);
  });

  it('returns 0 and restores the list when memory runs out half way', () => {
    const { rig, dma, dev } = setUp();
    const sg = list(rig, [
      [PAGE, 0],
      [100, 8],
    ]);
    const before = rig.kernel.pages.livePages;
    rig.kernel.pages.faults.failNth = rig.kernel.pages.faults.count + 3;
    expect(dma.dma_map_sg(dev, sg, 2, DMA_TO_DEVICE)).toBe(0);
    expect(sg.map(({ length, offset, dma_length }) => [length, offset, dma_length])).toEqual([
      [PAGE, 0, 0],
      [100, 8, 0],
    ]);
    expect(rig.kernel.pages.livePages).toBeLessThanOrEqual(before + 2);
    expect(dma.dma_map_sg(dev, sg, 2, DMA_TO_DEVICE)).toBe(2);
  });
});

describe('coherent memory', () => {
  it('is zeroed, contiguous for the device, and reads back what the CPU wrote', () => {
    const { rig, dma, dev } = setUp();
    const dirty = rig.kernel.pages.alloc_pages(4);
    if (dirty === null) throw new Error('no memory');
    rig.machine.memory.fill(dirty.pfn * PAGE, 16 * PAGE, 0xaa);
    rig.kernel.pages.__free_pages(dirty, 4);
    const handle = { value: 0n };
    const cpu = dma.dma_alloc_coherent(dev, 5 * PAGE, handle, GFP_KERNEL);
    if (cpu === null) throw new Error('no memory');
    expect(cpu.read(0, cpu.size).every((byte) => byte === 0)).toBe(true);
    cpu.write(PAGE - 2, Uint8Array.of(1, 2, 3, 4));
    for (const [offset, value] of [
      [PAGE - 2, 1],
      [PAGE - 1, 2],
      [PAGE, 3],
      [PAGE + 1, 4],
    ] as const) {
      const pa = rig.reach(Number(handle.value) + offset);
      expect(rig.machine.memory.readBytes(pa, 1)?.[0]).toBe(value);
    }
    dma.dma_free_coherent(dev, 5 * PAGE, cpu, Number(handle.value));
    expect(rig.reach(Number(handle.value))).toBe(0);
    expect(dma.coherent.live).toEqual([]);
    expect(rig.reports).toEqual([]);
  });

  it('uses blocks of the IOMMU sizes, so that 2 MiB are one entry of the table', () => {
    const { rig, dma, dev } = setUp();
    const handle = { value: 0n };
    const cpu = dma.dma_alloc_coherent(dev, 0x20_0000 + PAGE, handle, GFP_KERNEL);
    expect(cpu?.size).toBe(0x20_1000);
    expect(rig.leaf(Number(handle.value)) & 3n).toBe(1n);
    expect(rig.leaf(Number(handle.value) + 0x20_0000) & 3n).toBe(3n);
  });

  it.each([
    ['GFP_ATOMIC', GFP_ATOMIC, 0],
    ['DMA_ATTR_FORCE_CONTIGUOUS', GFP_KERNEL, DMA_ATTR_FORCE_CONTIGUOUS],
  ])('%s gives physically contiguous pages', (_name, gfp, attrs) => {
    const { dma, dev } = setUp();
    const cpu = dma.dma_alloc_coherent(dev, 3 * PAGE, { value: 0n }, gfp, attrs);
    expect(cpu?.linear).toBe(true);
  });

  it('is limited by the coherent mask, not by the streaming one', () => {
    const { dma, dev } = setUp();
    dma.limits.dma_set_mask(dev, DMA_BIT_MASK(48));
    const handle = { value: 0n };
    dma.dma_alloc_coherent(dev, PAGE, handle, GFP_KERNEL);
    expect(handle.value).toBe(0xffff_f000n);
  });

  it('returns NULL and gives everything back without memory', () => {
    const { rig, dma, dev } = setUp();
    for (let nth = 1; ; nth++) {
      const before = rig.kernel.pages.livePages;
      const faults = rig.kernel.pages.faults;
      faults.failNth = faults.count + nth;
      faults.sticky = true;
      const handle = { value: 7n };
      const cpu = dma.dma_alloc_coherent(dev, 3 * PAGE, handle, GFP_KERNEL);
      if (faults.count < faults.failNth) {
        expect(cpu).not.toBeNull();
        break;
      }
      expect(cpu).toBeNull();
      expect(handle.value).toBe(0n);
      // Tables above the failed one stay, as in the kernel.
      expect(rig.kernel.pages.livePages - before).toBeLessThanOrEqual(3);
      expect(nth).toBeLessThan(20);
    }
  });

  it('warns when something else is freed', () => {
    const { rig, dma, dev, kmalloc } = setUp();
    dma.dma_free_coherent(dev, PAGE, kmalloc(4096), 0x1000);
    expect(rig.warnings).toEqual(['dma_free_attrs']);
    expect(rig.reports[0]?.class).toBe('api-misuse');
  });
});

describe('without an IOMMU', () => {
  it('addresses are physical, and memory above the mask is refused', () => {
    const { rig, dma, dev, kmalloc } = setUp();
    rig.domain = undefined;
    const buffer = kmalloc(64);
    expect(dma.dma_map_single(dev, buffer, 64, DMA_TO_DEVICE)).toBe(buffer.phys());
    dev.dma_mask = 0xff_ffff;
    expect(dma.dma_map_single(dev, buffer, 64, DMA_TO_DEVICE)).toBe(0);
    expect(rig.reports[0]?.class).toBe('unimplemented');
  });
});

describe('dma_map_resource', () => {
  it('maps registers as device memory, and is a BUG for RAM', () => {
    const { rig, dma, dev } = setUp();
    const addr = dma.dma_map_resource(dev, 0x0905_0000, PAGE, DMA_BIDIRECTIONAL);
    expect(rig.reach(addr)).toBe(0x0905_0000);
    expect((rig.leaf(addr) >> 2n) & 7n).toBe(2n);
    expect(() => dma.dma_map_resource(dev, 0x4000_0000, PAGE, DMA_BIDIRECTIONAL)).toThrow(/RAM/);
  });
});

describe('DMA API with a PASID (ours)', () => {
  it('maps in the auxiliary domain only, with addresses of its own', () => {
    const { rig, dma, dev, kmalloc } = setUp();
    const pasid = new DmaPasid(rig.kernel, rig.calls, dma);
    const aux = rig.makeDomain(1);
    rig.pasids.set(5, aux);
    const buffer = kmalloc(4096);
    const plain = dma.dma_map_single(dev, buffer, 4096, DMA_TO_DEVICE);
    const addr = pasid.dma_map_single_pasid(dev, 5, buffer, 4096, DMA_TO_DEVICE);
    expect([plain, addr]).toEqual([0xffff_f000, 0xffff_f000]);
    const other = pasid.dma_map_single_pasid(dev, 5, kmalloc(4096), 4096, DMA_TO_DEVICE);
    expect(rig.reach(other, aux)).not.toBe(0);
    expect(rig.reach(other)).toBe(0);
    pasid.dma_unmap_single_pasid(dev, 5, addr, 4096, DMA_TO_DEVICE);
    expect(rig.reach(addr, aux)).toBe(0);
    expect(rig.reach(plain)).toBe(buffer.phys());
    expect(rig.reports).toEqual([]);
  });

  it('fails with the error cookie, and says why, for a PASID that no auxiliary domain has', () => {
    const { rig, dma, dev, kmalloc } = setUp();
    const pasid = new DmaPasid(rig.kernel, rig.calls, dma);
    expect(pasid.dma_map_single_pasid(dev, 9, kmalloc(64), 64, DMA_TO_DEVICE)).toBe(0);
    const handle = { value: 1n };
    expect(pasid.dma_alloc_coherent_pasid(dev, 9, PAGE, handle)).toBeNull();
    expect(rig.reports.map(({ text }) => text.includes('PASID 9'))).toEqual([true, true]);
  });
});

describe('kmalloc', () => {
  it('packs small objects into pages and gives the pages back', () => {
    const { rig, slabs, kmalloc } = setUp();
    const before = rig.kernel.pages.livePages;
    const objects = Array.from({ length: 33 }, () => kmalloc(100));
    expect(rig.kernel.pages.livePages - before).toBe(2);
    expect(new Set(objects.map((object) => object.phys())).size).toBe(33);
    for (const object of objects) slabs.kfree(object);
    expect(rig.kernel.pages.livePages).toBe(before);
    expect(slabs.live.size).toBe(0);
  });

  it('gives back a large object in a page that small ones were in', () => {
    const { rig, slabs, kmalloc } = setUp();
    const small = kmalloc(100);
    const before = rig.kernel.pages.livePages - 1;
    slabs.kfree(small);
    const large = kmalloc(2 * PAGE);
    const page = kmalloc(PAGE);
    expect([large.phys(), page.phys()]).toContain(small.phys());
    slabs.kfree(large);
    slabs.kfree(page);
    expect(rig.kernel.pages.livePages).toBe(before);
  });

  it('reports an object that is freed twice', () => {
    const { rig, slabs, kmalloc } = setUp();
    const [object] = [kmalloc(100), kmalloc(100)];
    slabs.kfree(object ?? null);
    slabs.kfree(object ?? null);
    expect(rig.reports.map((report) => report.class)).toEqual(['api-misuse']);
  });

  it('refuses access past the end of an object', () => {
    const { kmalloc } = setUp();
    expect(() => kmalloc(100).read(96, 8)).toThrow(RangeError);
  });
});
