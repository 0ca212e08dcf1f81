// Memory for the debugger: pages, buffers, scatterlist entries and process address spaces, with their
// addresses in hexadecimal and what the memory holds now.

import { hex } from '../base/hex.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../kernel/mm/cpu-page-table.ts';
import { KernelBuffer } from '../kernel/mm/kernel-buffer.ts';
import { MmStruct } from '../kernel/mm/mm-struct.ts';
import { Page } from '../kernel/mm/page-alloc.ts';
import { PAGE_SIZE } from '../kernel/mm/page-zone.ts';
import { Scatterlist } from '../kernel/scatterlist.ts';
import type { KernelPart, KernelView } from './debug-values.ts';
import { bytesText, counted, text } from './debug-view-parts.ts';

/** Bytes of a page or buffer that are shown. */
const SHOWN = 16;

/** How the object is shown; undefined for one of another kind. */
export function memoryView(host: object, kernel: Kernel | undefined): KernelView | undefined {
  if (host instanceof Page) {
    const pa = host.pfn * PAGE_SIZE;
    const bytes = kernel?.machine.memory.readBytes(pa, SHOWN);
    const parts = (): KernelPart[] => [
      text('pfn', hex(host.pfn)),
      text('physical address', hex(pa)),
      ...(bytes === undefined ? [] : [text('bytes', `${bytesText(bytes)} …`)]),
    ];
    return { type: 'page', title: `page at ${hex(pa)}`, parts };
  }
  if (host instanceof KernelBuffer) {
    return bufferView(host);
  }
  if (host instanceof Scatterlist) {
    return scatterlistView(host);
  }
  return host instanceof MmStruct ? mmView(host, kernel) : undefined;
}

function bufferView(buffer: KernelBuffer): KernelView {
  const { size, linear } = buffer;
  const more = size > SHOWN ? ' …' : '';
  return {
    type: 'buffer',
    title: `buffer of ${hex(size)} bytes at ${hex(buffer.phys())}`,
    parts: () => [
      text('physical address', hex(buffer.phys())),
      text('size', `${size} (${hex(size)})`),
      text('memory', linear ? 'one piece (linear map)' : 'pages that need not be neighbours'),
      text('bytes', bytesText(buffer.read(0, Math.min(size, SHOWN))) + more),
    ],
  };
}

function scatterlistView(entry: Scatterlist): KernelView {
  const { page, offset, length, dma_address, dma_length } = entry;
  const from = page === null ? 'no page' : hex(page.pfn * PAGE_SIZE + offset);
  const to = dma_length === 0 ? '' : ` -> DMA ${hex(dma_address)} + ${hex(dma_length)}`;
  return {
    type: 'scatterlist',
    title: `scatterlist ${from} + ${hex(length)}${to}`,
    parts: () => [
      page === null ? text('page', 'none') : { name: 'page', value: page },
      text('offset', hex(offset)),
      text('length', hex(length)),
      text('dma_address', hex(dma_address)),
      text('dma_length', hex(dma_length)),
      ...(entry.next === null ? [] : [{ name: 'next', value: entry.next }]),
    ],
  };
}

function mmView(mm: MmStruct, kernel: Kernel | undefined): KernelView {
  const { id, pgd, mm_users, mm_count, vmas } = mm;
  const pasid = kernel?.bindings.pasidOf(mm);
  const tags = [
    `pgd ${hex(pgd)}`,
    ...(pasid === undefined ? [] : [`PASID ${pasid}`]),
    ...(mm_users === 0 ? ['exited'] : []),
  ];
  const areas = vmas.map(({ start, end, prot }) =>
    text(`${hex(start)}..${hex(end - 1)}`, protText(prot)),
  );
  return {
    type: 'mm',
    title: `mm ${id} (${tags.join(', ')})`,
    parts: () => [
      text('pgd', hex(pgd)),
      text('PASID', pasid === undefined ? 'none' : `${pasid}`),
      text('mm_users', `${mm_users}`),
      text('mm_count', `${mm_count}`),
      { name: 'areas', text: counted(areas.length, 'area'), parts: () => areas },
    ],
  };
}

function protText(prot: number): string {
  const has = (bit: number, letter: string): string => ((prot & bit) === 0 ? '-' : letter);
  return has(PROT_READ, 'r') + has(PROT_WRITE, 'w') + has(PROT_EXEC, 'x');
}
