// Nanoseconds of a kernel call with tracing on, over the real SMMU, by how many mappings live already: the
// cost must not grow with them. The trace keeps its newest 64 MiB, as a long session does.

import { DMA_TO_DEVICE } from '../../sim/kernel/dma-types.ts';
import type { Device, IommuDomain } from '../../sim/kernel/iommu-types.ts';
import type { KernelBuffer } from '../../sim/kernel/mm/kernel-buffer.ts';
import type { MmStruct } from '../../sim/kernel/mm/mm-struct.ts';
import { KernelRig } from '../support/kernel-rig.ts';
import type { Figures, Topic } from './measure.ts';
import { median, nanoseconds, rounded } from './measure.ts';

const PAGE = 4096;
const HUGE = 2 ** 21;
const LIVE = { '1': 1, '1Ki': 2 ** 10, '64Ki': 2 ** 16, '1Mi': 2 ** 20 } as const;
const ROUNDS = 21;
/** Rounds that are not counted: the code of a fresh kernel is compiled again. */
const WARM_ROUNDS = 24;
const CALLS = 2 ** 11;
const FEW = 2 ** 7;
/** Where the live mappings are, and where those that are measured. */
const LIVE_BASE = 0x100_0000_0000;
const FRESH_BASE = 0x10_0000_0000;
const PA = 0x4000_0000;

interface Bed {
  readonly rig: KernelRig;
  readonly dev: Device;
  readonly domain: IommuDomain;
}

/** A device with one aux domain that has `live` pages mapped. */
function bed(live: number): Bed {
  const rig = new KernelRig({ chunks: 64 });
  const dev = rig.kernel.add_platform_device('bench0', {
    sids: [0x10],
    ssid_bits: 10,
    can_stall: true,
    dma_mask_bits: 48,
  });
  rig.call('iommu_sva_init_device', dev, 3, 0, 0, () => 0);
  const domain = rig.call('iommu_domain_alloc', dev.bus) as IommuDomain;
  rig.call('iommu_attach_device', domain, dev);
  const { iommu } = rig.kernel;
  for (let page = 0; page < live; page++) {
    iommu.iommu_map(domain, LIVE_BASE + page * PAGE, PA + (page % 1024) * PAGE, PAGE, 3);
  }
  return { rig, dev, domain };
}

type Measure = (bed: Bed) => Readonly<Record<string, number>>;

const mapAndUnmap: Measure = ({ rig, domain }) => {
  const { iommu } = rig.kernel;
  const map = nanoseconds(CALLS, () => {
    for (let index = 0; index < CALLS; index++) {
      iommu.iommu_map(domain, FRESH_BASE + index * PAGE, PA + index * PAGE, PAGE, 3);
    }
  });
  const unmap = nanoseconds(CALLS, () => {
    for (let index = 0; index < CALLS; index++) {
      iommu.iommu_unmap(domain, FRESH_BASE + index * PAGE, PAGE);
    }
  });
  return { map_4k: map, unmap_4k_strict: unmap };
};

const mapHuge: Measure = ({ rig, domain }) => {
  const { iommu } = rig.kernel;
  const base = FRESH_BASE + 2 ** 34;
  const time = nanoseconds(FEW, () => {
    for (let index = 0; index < FEW; index++) {
      iommu.iommu_map(domain, base + index * HUGE, PA, HUGE, 3);
    }
  });
  iommu.iommu_unmap(domain, base, FEW * HUGE);
  return { map_2m: time };
};

const attachAux: Measure = ({ rig, dev }) => {
  const { iommu } = rig.kernel;
  const domains = Array.from({ length: FEW }, () =>
    iommu.iommu_domain_alloc(dev.bus ?? null),
  ).flatMap((domain) => domain ?? []);
  const time = nanoseconds(FEW, () => {
    for (const domain of domains) {
      iommu.iommu_attach_device(domain, dev);
    }
  });
  for (const domain of domains) {
    iommu.iommu_detach_device(domain, dev);
    iommu.iommu_domain_free(domain);
  }
  return { attach_aux: time };
};

const svaBind: Measure = ({ rig, dev }) => {
  const mms = Array.from({ length: FEW }, () => rig.call('mm_alloc') as MmStruct);
  const pasid = { value: 0 };
  const { bindings } = rig.kernel;
  const time = nanoseconds(FEW, () => {
    for (const mm of mms) {
      bindings.iommu_sva_bind_device(dev, mm, pasid, 0, null);
    }
  });
  for (const mm of mms) {
    mm.exit();
  }
  return { sva_bind: time };
};

const dmaMap: Measure = ({ rig, dev }) => {
  const { dma } = rig.kernel;
  const buffer = rig.call('kmalloc', PAGE, 0) as KernelBuffer;
  const handles: number[] = [];
  const time = nanoseconds(CALLS, () => {
    for (let index = 0; index < CALLS; index++) {
      handles.push(dma.dma_map_single(dev, buffer, PAGE, DMA_TO_DEVICE));
    }
  });
  for (const handle of handles) {
    dma.dma_unmap_single(dev, handle, PAGE, DMA_TO_DEVICE);
  }
  return { dma_map_single: time };
};

const MEASURES: readonly Measure[] = [mapAndUnmap, mapHuge, attachAux, svaBind, dmaMap];

function warm(one: Bed): void {
  for (let round = 0; round < WARM_ROUNDS; round++) {
    for (const measure of MEASURES) {
      measure(one);
    }
  }
}

/** Each call by its key, each with a figure by the number of live mappings. */
function run(): Figures {
  const figures: Record<string, Record<string, number>> = {};
  warm(bed(1));
  for (const [name, live] of Object.entries(LIVE)) {
    const one = bed(live);
    warm(one);
    for (const measure of MEASURES) {
      const rounds = Array.from({ length: ROUNDS }, () => measure(one));
      for (const key of Object.keys(rounds[0] ?? {})) {
        const row = figures[key] ?? {};
        row[name] = rounded(median(rounds.map((round) => round[key] ?? 0)));
        figures[key] = row;
      }
    }
  }
  return figures;
}

/** Kernel calls, ns a call. */
export const kernelTopic: Topic = { name: 'kernel', run };
