// What the trace knows about the reason of a fault: which descriptor or table entry the hardware read,
// and which line of the script wrote it last. What is not known is left out, never guessed.

import { join } from '../base/hex.ts';
import type { EventRecordDto } from '../protocol/api.ts';
import {
  CACHE_CD,
  CACHE_STE,
  FETCH_CD,
  FETCH_DESCRIPTOR,
  FETCH_L1CD,
  FETCH_L1STD,
  FETCH_STE,
  K,
} from '../trace/kinds.ts';
import type { TraceRecord, TraceSource } from '../trace/reader.ts';
import { causeChain, scriptCallOf, TraceCursor } from '../trace/reader.ts';
import { HEADER_WORDS } from '../trace/recorder.ts';
import { eventWords } from './queued-events.ts';

/** The last store to a place of memory. */
interface Store {
  id: number;
  zero: boolean;
}

/** Follows the trace and answers why an event came. */
export class FaultWhy {
  readonly #source: TraceSource;
  readonly #file: string;
  readonly #stores = new Map<number, Store>();
  /** The newest event record with these words. */
  readonly #events = new Map<string, number>();
  readonly #cursor: TraceCursor;

  constructor(source: TraceSource, file: string) {
    this.#source = source;
    this.#cursor = new TraceCursor(source);
    this.#file = file;
  }

  /** Words after `: ` in the decoded line, e.g. `no mapping, unmapped at accel.ts:39`. */
  explain(event: EventRecordDto): string | undefined {
    const rule = RULES[event.name];
    if (rule === undefined) {
      return undefined;
    }
    this.#follow();
    const what = typeof rule.says === 'string' ? rule.says : rule.says(event);
    const by = rule.structure === undefined ? undefined : this.#writer(event, rule.structure);
    return by === undefined ? what : `${what}, ${by}`;
  }

  /** Who wrote the entry that the hardware read last, as `unmapped at accel.ts:39`. */
  #writer(event: EventRecordDto, structure: Structure): string | undefined {
    const id = this.#events.get(event.words.join());
    const chain = id === undefined ? [] : causeChain(this.#source, id);
    const pa = chain.map((record) => structurePa(record, structure)).find((at) => at !== undefined);
    const store = pa === undefined ? undefined : this.#stores.get(pa);
    const call = store === undefined ? undefined : scriptCallOf(this.#source, store.id);
    if (store === undefined || call === undefined) {
      return undefined;
    }
    const verb = (store.zero ? CLEARED : SET)[String(call.data['fn'])];
    const fits = store.zero || structure.wantsSet;
    return verb !== undefined && fits
      ? `${verb} at ${this.#file}:${Number(call.data['line'])}`
      : undefined;
  }

  #follow(): void {
    this.#cursor.read((kind, id, words, at) => {
      const payload = at + HEADER_WORDS;
      if (kind === K.mem_write) {
        const pa = join(words[payload + 1] as number, words[payload + 2] as number);
        const zero = words[payload + 3] === 0 && words[payload + 4] === 0;
        this.#stores.set(pa, { id, zero });
      } else if (kind === K.event) {
        this.#events.set(eventWords(words, payload), id);
      }
    });
  }
}

/** Which structure an event is about: kinds of fetches, and the cache that may have held it. */
interface Structure {
  readonly fetches: readonly number[];
  readonly cache?: number;
  /** An entry that is there can be the reason, too (a permission). */
  readonly wantsSet: boolean;
}

const MAPPING: Structure = { fetches: [FETCH_DESCRIPTOR], wantsSet: false };
const PERMISSION: Structure = { fetches: [FETCH_DESCRIPTOR], wantsSet: true };
const CD: Structure = { fetches: [FETCH_CD, FETCH_L1CD], cache: CACHE_CD, wantsSet: false };
const STE: Structure = { fetches: [FETCH_STE, FETCH_L1STD], cache: CACHE_STE, wantsSet: false };

/** Physical address of the structure that a record read, when it is of the wanted kind. */
function structurePa({ kind, data }: TraceRecord, structure: Structure): number | undefined {
  const what = Number(data['what']);
  if (kind === 'fetch' && structure.fetches.includes(what)) {
    // STE and CD are fetched word by word, `level` counting them; word 0 holds the valid bit.
    const word = what === FETCH_STE || what === FETCH_CD ? Number(data['level']) : 0;
    return Number(data['pa']) - word * 8;
  }
  return kind === 'cache' && data['cache'] === structure.cache ? Number(data['key']) : undefined;
}

/** What a store of 0 means, by the function of the script that made it. */
const CLEARED: Readonly<Record<string, string>> = {
  iommu_unmap: 'unmapped',
  iommu_unmap_fast: 'unmapped',
  dma_unmap_single: 'unmapped',
  dma_unmap_page: 'unmapped',
  dma_unmap_sg: 'unmapped',
  dma_free_coherent: 'freed',
  iommu_detach_device: 'detached',
  iommu_aux_detach_device: 'detached',
  iommu_sva_unbind_device: 'unbound',
  iommu_sva_shutdown_device: 'shut down',
  iommu_domain_free: 'freed',
};

/** What a store of something else means. */
const SET: Readonly<Record<string, string>> = {
  iommu_map: 'mapped',
  iommu_map_sg: 'mapped',
  dma_map_single: 'mapped',
  dma_map_page: 'mapped',
  dma_map_sg: 'mapped',
  dma_alloc_coherent: 'allocated',
  iommu_attach_device: 'attached',
  iommu_aux_attach_device: 'attached',
};

/** What each event says by its definition (IHI 0070 7.3), and where to look for the reason. */
const RULES: Readonly<
  Record<
    string,
    {
      readonly says: string | ((event: EventRecordDto) => string);
      readonly structure?: Structure;
    }
  >
> = {
  F_TRANSLATION: { says: 'no mapping', structure: MAPPING },
  F_PERMISSION: { says: permission, structure: PERMISSION },
  F_ACCESS: { says: 'the access flag is clear', structure: PERMISSION },
  F_ADDR_SIZE: { says: 'an address is out of range', structure: PERMISSION },
  C_BAD_CD: { says: badCd, structure: CD },
  C_BAD_STE: { says: 'no valid STE', structure: STE },
  C_BAD_STREAMID: { says: 'the Stream table has no such StreamID' },
  C_BAD_SUBSTREAMID: { says: 'the stream takes no such SubstreamID' },
  F_STREAM_DISABLED: { says: 'the stream takes no access without a SubstreamID' },
  F_STE_FETCH: { says: 'the STE cannot be read' },
  F_CD_FETCH: { says: 'the CD cannot be read' },
  F_WALK_EABT: { says: 'a translation table cannot be read' },
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
