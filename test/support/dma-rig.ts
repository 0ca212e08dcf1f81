// A kernel base with one IOMMU domain per device group over real page tables, for tests of the DMA layer. The core
// below it is written anew here from the rules of iommu_map/iommu_unmap, so that it checks rather than repeats.

import type { IommuDmaCalls } from '../../sim/kernel/dma-types.ts';
import { EINVAL } from '../../sim/kernel/errno.ts';
import { alloc_io_pgtable_ops } from '../../sim/kernel/io-pgtable.ts';
import {
  ARM_64_LPAE_S1,
  IO_PGTABLE_QUIRK_NO_DMA,
  IO_PGTABLE_QUIRK_NON_STRICT,
  type IoPgtableCfg,
  type IoPgtableOps,
} from '../../sim/kernel/io-pgtable-cfg.ts';
import { Device, type IommuDomain, type IommuOps } from '../../sim/kernel/iommu-types.ts';
import { KernelBase } from '../../sim/kernel/kernel-base.ts';
import { sg_phys, sgEntries } from '../../sim/kernel/scatterlist.ts';
import { VirtualClock } from '../../sim/machine/clock.ts';
import { Machine } from '../../sim/machine/machine.ts';
import { type Diagnostic, Diagnostics } from '../../sim/trace/diagnostics.ts';
import { Recorder } from '../../sim/trace/recorder.ts';

/** What reached the TLB: pages, waits, whole-domain flushes. */
export type TlbOp =
  | { readonly op: 'add'; readonly iova: number; readonly size: number; readonly leaf: boolean }
  | { readonly op: 'sync' | 'all' };

export interface RigOptions {
  readonly pgsizes?: number;
  readonly lazy?: boolean;
  readonly type?: number;
  readonly recording?: boolean;
}

/** One domain with its table. */
export interface RigDomain extends IommuDomain {
  readonly table: IoPgtableOps;
}

const PAGE_SIZES_4K = 0x4020_1000;

export class DmaRig {
  readonly machine: Machine;
  readonly kernel: KernelBase;
  readonly reports: Diagnostic[] = [];
  readonly warnings: string[] = [];
  readonly tlb: TlbOp[] = [];
  readonly pasids = new Map<number, RigDomain>();
  readonly reserved: { start: number; length: number; prot: number; type: 'reserved' }[] = [];
  readonly windows: { start: number; end: number }[] = [];
  domain: RigDomain | undefined;
  readonly #options: RigOptions;
  #domains = 0;

  constructor(options: RigOptions = {}) {
    this.#options = options;
    const clock = new VirtualClock();
    const recorder = new Recorder(clock, { enabled: options.recording ?? true });
    this.machine = new Machine(recorder, clock);
    const diagnostics = new Diagnostics(recorder);
    diagnostics.onReport = (report) => this.reports.push(report);
    this.kernel = new KernelBase({ machine: this.machine, diagnostics });
    this.kernel.log.onWarn = (where) => this.warnings.push(where);
    this.domain = this.makeDomain(options.type ?? 3);
  }

  device(name = 'dev0', pci = false): Device {
    const dev = new Device(name, undefined);
    if (pci) dev.pci = { bdf: '0000:00:01.0', requester_id: 8 };
    return dev;
  }

  makeDomain(type: number): RigDomain {
    const cfg: IoPgtableCfg<null> = {
      pgsize_bitmap: this.#options.pgsizes ?? PAGE_SIZES_4K,
      ias: 48,
      oas: 48,
      quirks:
        IO_PGTABLE_QUIRK_NO_DMA | (this.#options.lazy === true ? IO_PGTABLE_QUIRK_NON_STRICT : 0),
      tlb: {
        tlb_flush_all: () => void this.tlb.push({ op: 'all' }),
        tlb_add_flush: (iova, size, _granule, leaf) =>
          void this.tlb.push({ op: 'add', iova, size, leaf }),
        tlb_sync: () => void this.tlb.push({ op: 'sync' }),
      },
      iommu_dev: {
        memory: this.machine.memory,
        recorder: this.machine.recorder,
        pages: this.kernel.pages,
        warn: (func) => void this.warnings.push(func),
      },
    };
    const table = alloc_io_pgtable_ops(ARM_64_LPAE_S1, cfg, null);
    if (table === null) throw new Error('no page table');
    return {
      id: ++this.#domains,
      type,
      ops: {} as IommuOps,
      pgsize_bitmap: cfg.pgsize_bitmap,
      geometry: { aperture_start: 0, aperture_end: 2 ** 48 - 1, force_aperture: true },
      freed: false,
      table,
    };
  }

  readonly calls: IommuDmaCalls = {
    iommu_get_dma_domain: () => this.domain,
    iommu_map: (...args) => this.#map(...args),
    iommu_unmap_fast: (domain, iova, size) => this.#unmap(domain, iova, size),
    iommu_tlb_sync: () => void this.tlb.push({ op: 'sync' }),
    iommu_map_sg: (...args) => this.#mapSg(...args),
    iommu_iova_to_phys: (domain, iova) => (domain as RigDomain).table.iova_to_phys(iova),
    iommu_flush_tlb_all: () => void this.tlb.push({ op: 'all' }),
    usesFlushQueue: () => this.#options.lazy === true,
    reservedRegions: () => this.reserved,
    pasidDomain: (_dev, pasid) => this.pasids.get(pasid),
    pciWindows: () => this.windows,
  };

  /** Physical address that a device reaches, 0 for none. */
  reach(iova: number, domain = this.domain): number {
    return domain?.table.iova_to_phys(iova) ?? 0;
  }

  /** The leaf descriptor of a page of a domain with 4 KiB granules, by a walk in bigints. */
  leaf(iova: number, domain = this.domain): bigint {
    let table = BigInt(domain?.table.root ?? 0);
    for (let level = 0; level <= 3; level++) {
      const index = (BigInt(iova) >> BigInt(39 - 9 * level)) & 511n;
      this.machine.memory.read64(Number(table + index * 8n));
      const desc =
        (BigInt(this.machine.memory.hi >>> 0) << 32n) | BigInt(this.machine.memory.lo >>> 0);
      if (level === 3 || (desc & 3n) !== 3n) return desc;
      table = desc & 0xffff_ffff_f000n;
    }
    return 0n;
  }

  #chunk(domain: IommuDomain, bits: number[], left: number): number {
    for (let size = 2 ** 42; size >= 4096; size /= 2) {
      const offered = Math.floor(domain.pgsize_bitmap / size) % 2 === 1;
      if (offered && size <= left && bits.every((address) => address % size === 0)) return size;
    }
    return 0;
  }

  #map(...[domain, iova, paddr, size, prot]: Parameters<IommuDmaCalls['iommu_map']>): number {
    for (let done = 0; done < size; ) {
      const chunk = this.#chunk(domain, [iova + done, paddr + done], size - done);
      const ret =
        chunk === 0
          ? -EINVAL
          : (domain as RigDomain).table.map(iova + done, paddr + done, chunk, prot);
      if (ret !== 0) {
        this.#unmap(domain, iova, done);
        return ret;
      }
      done += chunk;
    }
    return 0;
  }

  #unmap(domain: IommuDomain, iova: number, size: number): number {
    let done = 0;
    while (done < size) {
      const chunk = this.#chunk(domain, [iova + done], size - done);
      if (chunk === 0) break;
      const unmapped = (domain as RigDomain).table.unmap(iova + done, chunk);
      if (unmapped === 0) break;
      done += unmapped;
    }
    return done;
  }

  #mapSg(...[domain, iova, sg, nents, prot]: Parameters<IommuDmaCalls['iommu_map_sg']>): number {
    let done = 0;
    for (const entry of sgEntries(sg, nents)) {
      if (this.#map(domain, iova + done, sg_phys(entry), entry.length, prot) !== 0) {
        this.#unmap(domain, iova, done);
        return 0;
      }
      done += entry.length;
    }
    return done;
  }
}
