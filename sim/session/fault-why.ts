// What the trace knows about the reason of a fault: which descriptor or table entry the hardware read,
// and which line of the script wrote it last. What is not known is left out, never guessed.

import { join } from '../base/hex.ts';
import type { EventRecordDto } from '../protocol/api.ts';
import {
  FETCH_CD,
  FETCH_DESCRIPTOR,
  FETCH_L1CD,
  FETCH_L1STD,
  FETCH_STE,
  K,
} from '../trace/kinds.ts';
import type { TraceRecord, TraceSource } from '../trace/reader.ts';
import { causeChain, scanTrace } from '../trace/reader.ts';
import { HEADER_WORDS } from '../trace/recorder.ts';

/** The last store to a place of memory, and the last one that was not of 0. */
interface Stores {
  last: number;
  zero: boolean;
  /** Record of the last store of something else than 0; 0 for none. */
  set: number;
}

/** A structure as the hardware fetched it. */
interface Fetch {
  what: number;
  level: number;
  pa: number;
  valid: boolean;
}

/** Where an event comes from. */
export interface EventOrigin {
  /** Id of the event's trace record. */
  readonly id: number;
  readonly fetch: Fetch | undefined;
}

/** Follows the trace and answers why an event came. */
export class FaultWhy {
  readonly #source: TraceSource;
  readonly #file: string;
  readonly #stores = new Map<number, Stores>();
  /** The newest fetch below each cause. */
  readonly #events = new Map<string, EventOrigin>();
  #fetches = new Map<number, Fetch>();
  #next = 1;

  constructor(source: TraceSource, file: string) {
    this.#source = source;
    this.#file = file;
  }

  /** Words after `: ` in the decoded line, e.g. `no mapping, unmapped at accel.ts:39`. */
  explain(event: EventRecordDto): string | undefined {
    this.#follow();
    const words = WHAT[event.name];
    if (words === undefined) {
      return undefined;
    }
    const fetch = this.#events.get(event.words.join())?.fetch;
    const what = typeof words === 'string' ? words : words(event);
    const by = fetch === undefined ? undefined : this.#writer(fetch);
    return by === undefined ? what : `${what}, ${by}`;
  }

  /** Who wrote the entry that the hardware read last, as `unmapped at accel.ts:39`. */
  #writer(fetch: Fetch): string | undefined {
    const stores = this.#stores.get(fetch.pa);
    if (stores === undefined) {
      return undefined;
    }
    const call = this.#scriptCall(stores.last);
    if (call === undefined) {
      return undefined;
    }
    const place = `${this.#file}:${Number(call.data['line'])}`;
    const name = String(call.data['fn']);
    const verb = (stores.zero ? CLEARED : SET)[name] ?? `written by ${name}`;
    return `${verb} at ${place}`;
  }

  /** The innermost call of the script above a record. */
  #scriptCall(id: number): TraceRecord | undefined {
    return causeChain(this.#source, id).find(
      (record) => record.kind === 'call' && Number(record.data['line']) > 0,
    );
  }

  #follow(): void {
    scanTrace(
      this.#source,
      (kind, id, words, at) => {
        this.#next = id + 1;
        if (kind === K.mem_write) {
          this.#takeStore(id, words, at + HEADER_WORDS);
        } else if (kind === K.fetch) {
          this.#takeFetch(words, at);
        } else if (kind === K.event) {
          this.#takeEvent(id, words, at);
        }
      },
      this.#next,
    );
  }

  #takeStore(id: number, words: Int32Array, at: number): void {
    const pa = join(words[at + 1] as number, words[at + 2] as number);
    const zero = words[at + 3] === 0 && words[at + 4] === 0;
    const stores = this.#stores.get(pa);
    if (stores === undefined) {
      this.#stores.set(pa, { last: id, zero, set: zero ? 0 : id });
    } else {
      stores.last = id;
      stores.zero = zero;
      stores.set = zero ? stores.set : id;
    }
  }

  #takeFetch(words: Int32Array, at: number): void {
    const payload = at + HEADER_WORDS;
    const what = words[payload] as number;
    if (!STRUCTURES.has(what)) {
      return;
    }
    const cause = (words[at + 1] as number) >>> 0;
    this.#fetches.set(cause, {
      what,
      level: words[payload + 1] as number,
      pa: join(words[payload + 4] as number, words[payload + 5] as number),
      valid: ((words[payload + 6] as number) & 1) === 1,
    });
  }

  #takeEvent(id: number, words: Int32Array, at: number): void {
    const cause = (words[at + 1] as number) >>> 0;
    const payload = at + HEADER_WORDS;
    const texts = [0, 2, 4, 6].map((word) => {
      const hi = ((words[payload + word + 1] as number) >>> 0).toString(16).padStart(8, '0');
      return `0x${hi}${((words[payload + word] as number) >>> 0).toString(16).padStart(8, '0')}`;
    });
    this.#events.set(texts.join(), { id, fetch: this.#fetches.get(cause) });
    this.#fetches = new Map();
  }
}

const STRUCTURES = new Set([FETCH_L1STD, FETCH_STE, FETCH_L1CD, FETCH_CD, FETCH_DESCRIPTOR]);

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

/** What each event says by its definition (IHI 0070 7.3). */
const WHAT: Readonly<Record<string, string | ((event: EventRecordDto) => string)>> = {
  F_TRANSLATION: 'no mapping',
  F_PERMISSION: ({ rnw, ind }) =>
    ind === true ? 'no execute permission' : rnw === true ? 'no read permission' : 'not writable',
  F_ACCESS: 'the access flag is clear',
  F_ADDR_SIZE: 'address out of range',
  C_BAD_CD: ({ ssid }) => `no valid CD for ${ssid === undefined ? 'the stream' : `SSID ${ssid}`}`,
  C_BAD_STE: 'no valid STE',
  C_BAD_STREAMID: 'the StreamID is outside the Stream table',
  C_BAD_SUBSTREAMID: 'the stream takes no such SubstreamID',
  F_STREAM_DISABLED: 'the stream takes no access without a SubstreamID',
  F_STE_FETCH: 'the STE cannot be read',
  F_CD_FETCH: 'the CD cannot be read',
  F_WALK_EABT: 'a translation table cannot be read',
};
