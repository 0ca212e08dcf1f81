// The reason of a fault in one line of the console: what the event says by its definition, and the line of
// the script that is to blame, as `explain` blames it. What is not known is left out, never guessed.

import { explainEvent } from '../explain/explanation.ts';
import type { Hardware } from '../explain/replay.ts';
import type { Culprit } from '../explain/structure.ts';
import type { CallSite } from '../explain/trace-index.ts';
import { TraceIndex } from '../explain/trace-index.ts';
import type { EventRecordDto } from '../protocol/api.ts';
import type { Recorder } from '../trace/recorder.ts';

/** Where the reasons are looked up. */
export interface FaultWhyOptions {
  readonly recorder: Recorder;
  readonly file: string;
  readonly hardware: () => Hardware;
}

/** Nobody reads more reasons in a log: later ones name no line. */
const MOST_EXPLAINED = 256;
/** An index of more records than this takes memory that the script may need. */
const MOST_RECORDS = 2 ** 20;

/** Answers why events came. */
export class FaultWhy {
  readonly #options: FaultWhyOptions;
  #index: TraceIndex | undefined;
  #explained = 0;

  constructor(options: FaultWhyOptions) {
    this.#options = options;
  }

  /**
   * Words after `: ` in the decoded line, e.g. `no mapping, unmapped at accel.ts:39`.
   * @param record the event in the trace, undefined when it was not recorded
   */
  explain(event: EventRecordDto, record: number | undefined): string | undefined {
    const what = meaningOf(event);
    const by = what === undefined || record === undefined ? undefined : this.#blame(record);
    return by === undefined ? what : `${what}, ${by}`;
  }

  /** `unmapped at accel.ts:39`, or `CD.T0SZ written at accel.ts:12`. */
  #blame(record: number): string | undefined {
    const { recorder, file, hardware } = this.#options;
    if (this.#explained >= MOST_EXPLAINED || recorder.count > MOST_RECORDS) {
      return undefined;
    }
    this.#explained++;
    this.#index ??= new TraceIndex(recorder);
    this.#index.update();
    const { culprit, writtenBy, neverStored } = explainEvent(this.#index, record, hardware());
    const verb =
      culprit === undefined || writtenBy === undefined || neverStored
        ? undefined
        : verbOf(culprit, writtenBy);
    return verb === undefined ? undefined : `${verb} at ${file}:${writtenBy?.line}`;
  }
}

/** What an event says by its definition, e.g. `no mapping`. */
export function meaningOf(event: EventRecordDto): string | undefined {
  const says = SAYS[event.name];
  return typeof says === 'function' ? says(event) : says;
}

/** What the call that wrote the guilty bits did, as far as its name tells. */
function verbOf({ where, field }: Culprit, { fn }: CallSite): string | undefined {
  const gone = CLEARED[fn];
  const set = /L-?\d$/.test(where) ? SET[fn] : undefined;
  if (MISSING.has(field)) {
    return gone ?? (set === undefined ? `${where}.${field} cleared` : undefined);
  }
  return set ?? (gone === undefined ? `${where}.${field} written` : undefined);
}

/** Fields that are clear when something is not there. */
const MISSING = new Set(['V', 'valid']);

/** What calls did that took something away. */
const CLEARED: Readonly<Record<string, string>> = {
  iommu_unmap: 'unmapped',
  iommu_unmap_fast: 'unmapped',
  dma_unmap_single: 'unmapped',
  dma_unmap_page: 'unmapped',
  dma_unmap_sg: 'unmapped',
  dma_unmap_single_pasid: 'unmapped',
  dma_unmap_page_pasid: 'unmapped',
  dma_unmap_sg_pasid: 'unmapped',
  munmap: 'unmapped',
  dma_free_coherent: 'freed',
  iommu_detach_device: 'detached',
  iommu_aux_detach_device: 'detached',
  iommu_sva_unbind_device: 'unbound',
  iommu_sva_shutdown_device: 'shut down',
  iommu_domain_free: 'freed',
};

/** What calls did that put something there. */
const SET: Readonly<Record<string, string>> = {
  iommu_map: 'mapped',
  iommu_map_sg: 'mapped',
  dma_map_single: 'mapped',
  dma_map_page: 'mapped',
  dma_map_sg: 'mapped',
  dma_map_single_pasid: 'mapped',
  dma_map_page_pasid: 'mapped',
  dma_map_sg_pasid: 'mapped',
  dma_alloc_coherent: 'allocated',
};

/** What each event says by its definition (IHI 0070 7.3). */
const SAYS: Readonly<Record<string, string | ((event: EventRecordDto) => string)>> = {
  F_TRANSLATION: 'no mapping',
  F_PERMISSION: permission,
  F_ACCESS: 'the access flag is clear',
  F_ADDR_SIZE: 'an address is out of range',
  C_BAD_CD: badCd,
  C_BAD_STE: 'no valid STE',
  C_BAD_STREAMID: 'the Stream table has no such StreamID',
  C_BAD_SUBSTREAMID: 'the stream takes no such SubstreamID',
  F_STREAM_DISABLED: 'the stream takes no access without a SubstreamID',
  F_STE_FETCH: 'the STE cannot be read',
  F_CD_FETCH: 'the CD cannot be read',
  F_WALK_EABT: 'a translation table cannot be read',
};

function permission({ rnw, ind }: EventRecordDto): string {
  if (ind === true) {
    return 'not executable';
  }
  return rnw === true ? 'not readable' : 'not writable';
}

function badCd({ ssid }: EventRecordDto): string {
  return ssid === undefined ? 'no valid CD' : `no valid CD for SSID ${ssid}`;
}
