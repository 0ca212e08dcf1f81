// What views and the console ask about the hardware of a session, and the answers: plain data. Every
// answer is as of a trace record, so a finished or an opened session answers as a live one does.

import type { LayoutName } from '../smmu/spec/layouts.ts';
import type { FaultWalkDto } from './inspect-fault.ts';

/** A field with its meaning, for hovers and inspectors. */
export interface FieldDto {
  readonly name: string;
  /** Absolute bits of the structure or register. */
  readonly hi: number;
  readonly lo: number;
  readonly text: string;
  readonly meaning?: string;
  /** Values that the layout defines: `0 abort, 4 bypass`, `0 to 0x3f`, `multiples of 0x40`. */
  readonly legal?: string;
  readonly doc?: string;
}

/** The script's call behind some bytes. */
export interface WriterDto {
  readonly line: number;
  readonly column: number;
  /** `iommu_map(domain 2, 0x70000000, ...)`. */
  readonly call: string;
}

/** State of a structure: also said in words, never by colour alone. */
export type NodeState = 'ok' | 'invalid' | 'stale' | 'abort';

/** One node of the tree of structures. Its children are asked for by its id. */
export interface NodeDto {
  readonly id: string;
  /** `STE 0x10`, `CD 1`, `L3[0]`. */
  readonly title: string;
  /** What it says, in a few words. */
  readonly text: string;
  readonly state: NodeState;
  readonly hasChildren: boolean;
  /** Of a table or a stretch of it: the StreamIDs, SubstreamIDs or addresses that it is for. */
  readonly covers?: { readonly first: number; readonly last: number };
  /** Physical address, bytes; absent for groups. */
  readonly pa?: bigint;
  /** How its words are read; absent for groups. */
  readonly layout?: LayoutName;
  /** 64-bit words in memory, `0x` and 16 digits. */
  readonly words: readonly string[];
  readonly writer?: WriterDto;
  /** Words that the SMMU read last, where they differ from memory. */
  readonly cached?: readonly string[];
}

/** A register with its fields. */
export interface RegisterDto {
  readonly name: string;
  readonly offset: number;
  readonly width: number;
  readonly access: string;
  readonly section: string;
  /** `0x` and 8 or 16 digits; undefined when the session never touched it. */
  readonly value?: string;
  readonly fields: readonly FieldDto[];
  readonly writer?: WriterDto;
}

/** One entry of a queue. */
export interface QueueEntryDto {
  /** Number of the entry since the session began, from 0, and its place in the ring. */
  readonly number: number;
  readonly index: number;
  readonly name: string;
  readonly text: string;
  readonly words: readonly string[];
  /** Command: `done`, `refused`, `waiting`. Event: `queued`, `lost`, `held`. */
  readonly state: string;
  readonly writer?: WriterDto;
  /** Number of the event, for `explain`. */
  readonly event?: number;
}

/** A queue as a ring. */
export interface QueueDto {
  readonly name: 'CMDQ' | 'EVENTQ' | 'PRIQ';
  /** Entries that fit, 0 when the queue was never set up. */
  readonly size: number;
  readonly prod: number;
  readonly cons: number;
  /** Entries ever put into it, and the newest of them, newest first. */
  readonly total: number;
  readonly entries: readonly QueueEntryDto[];
}

/** An explained fault. */
export interface ExplanationDto {
  readonly event: number;
  readonly events: number;
  /** Lines of at most 72 columns. */
  readonly lines: readonly string[];
  readonly writer?: WriterDto;
  readonly accessedBy?: WriterDto;
  /** Address of the guilty word. */
  readonly pa?: bigint;
  /** What was read, to draw; absent when nothing was. */
  readonly walk?: FaultWalkDto;
}

/** A stretch of memory with who wrote it. */
export interface MemoryDto {
  readonly pa: bigint;
  readonly rows: readonly {
    readonly pa: bigint;
    readonly word: string;
    readonly writer?: WriterDto;
  }[];
}

/** Name of a cache: of an SMMU, or ATC for that of an ATS endpoint. */
export type CacheName = 'STE' | 'CD' | 'TLB' | 'walk' | 'ATC' | 'L1STD' | 'L1CD';

/**
 * How an entry stands to the memory that it was made from: the same; other bytes there now; the page was
 * given back; a device wrote to the page, and what is not known.
 */
export type CacheState = 'fresh' | 'stale' | 'freed' | 'unsure';

/** One entry of a cache. */
export interface CacheRowDto {
  readonly id: string;
  readonly cache: CacheName;
  /** `0x10`, `0x10 3`, `0x7000_0000`: what finds it. */
  readonly key: string;
  /** What it holds, in a few words. */
  readonly text: string;
  readonly state: CacheState;
  /** Record of its insertion, and when that was, ticks. */
  readonly record: number;
  readonly time: number;
  /** The script's call that brought it in. */
  readonly writer?: WriterDto;
}

/** Bytes that an entry was made from, as they were read and as they are. */
export interface CacheCopyDto {
  readonly title: string;
  readonly pa: bigint;
  readonly section: string;
  readonly cached: readonly string[];
  readonly memory: readonly string[];
  readonly fields: readonly FieldDto[];
  /** Fields that read otherwise in memory now, with what they read there. */
  readonly differs: readonly { readonly name: string; readonly text: string }[];
  /** Who wrote the memory last. */
  readonly writer?: WriterDto;
}

/** Everything about one entry. */
export interface CacheEntryDto extends CacheRowDto {
  readonly facts: readonly { readonly name: string; readonly text: string }[];
  readonly copies: readonly CacheCopyDto[];
}

/** The caches, and a stretch of the entries that a filter lets through. */
export interface CachesDto {
  readonly caches: readonly {
    readonly name: CacheName;
    readonly entries: number;
    readonly stale: number;
  }[];
  /** Why not everything is known, or what is wrong with the filter. */
  readonly note?: string;
  /** Record of the newest insertion, whether or not its entry is still there; 0: none. */
  readonly newest: number;
  readonly matching: number;
  /** Place of the first row among the matching ones, from 0. */
  readonly from: number;
  readonly rows: readonly CacheRowDto[];
}

/** One source of interrupts. */
export interface InterruptSourceDto {
  /** `eventq`, `priq`, `cmdSync`, `gerror`, `irq 100 memcpy0`. */
  readonly name: string;
  /** Its wired line, once it was raised. */
  readonly line?: number;
  /** As IRQ_CTRL says; absent where no register does. */
  readonly enabled?: boolean;
  /** Where its MSI goes, when one is configured. */
  readonly msi?: { readonly address: bigint; readonly data: number };
  /** Edges of the line, those that nobody listened to, and MSIs. */
  readonly raised: number;
  readonly lost: number;
  readonly messages: number;
  /** The line was raised and its handler has not run since. */
  readonly pending: boolean;
  /** Time of the newest, ticks. */
  readonly last?: number;
}

/** One interrupt. */
export interface InterruptDto {
  /** Its record. */
  readonly record: number;
  readonly time: number;
  readonly source: string;
  /** `line 74`, `MSI 0x1 to 0x4000_3000`. */
  readonly way: string;
  readonly state: 'handled' | 'pending' | 'no handler' | 'written' | 'aborted';
  /** What raised it, in a few words. */
  readonly why: string;
  readonly writer?: WriterDto;
}

/** A record in words, as causes and effects are listed. */
export interface RecordLineDto {
  readonly record: number;
  readonly time: number;
  readonly text: string;
  /** Line of the script, of a call that it made. */
  readonly line?: number;
}

/** What the software side is made of. */
export type SoftwareKind = 'devices' | 'groups' | 'domains' | 'pasids' | 'bonds' | 'mdevs';

/** Another object that one names: a row of the software side by its kind and id. */
export interface SoftwareLink {
  readonly of: SoftwareKind;
  readonly id: string;
}

/** A kernel object. */
export interface SoftwareRowDto {
  /** Its number or name. */
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly fields: readonly {
    readonly name: string;
    readonly text: string;
    readonly links?: readonly SoftwareLink[];
  }[];
  /** Record that changed it last; what is newer than the last look is marked. */
  readonly changed: number;
  /** Who made it, and who changed it last where that is another. */
  readonly made?: WriterDto;
  readonly changedBy?: WriterDto;
}

/** A stretch of the objects of one kind. */
export interface SoftwareDto {
  readonly of: SoftwareKind;
  readonly counts: Readonly<Record<SoftwareKind, number>>;
  /** Place of the first row, from 0. */
  readonly from: number;
  readonly rows: readonly SoftwareRowDto[];
  /** Newest record that the answer knows. */
  readonly asOf: number;
}

/** Neighbouring pages that one call mapped, in the same way. Bytes. */
export interface IovaRangeDto {
  readonly iova: bigint;
  readonly size: bigint;
  readonly pa: bigint;
  /** `rwx`, `r--`. */
  readonly prot: string;
  readonly writer?: WriterDto;
}

/** The mappings of a domain, read from its page table as it stands in memory. */
export interface IovaMapDto {
  readonly domain: number;
  /** What is wrong: no such domain, no page table yet. */
  readonly note?: string;
  readonly total: number;
  readonly bytes: bigint;
  readonly from: number;
  readonly rows: readonly IovaRangeDto[];
  /** Stretches with the gaps between them, neighbours put together when they are many. */
  readonly bars: readonly {
    readonly iova: bigint;
    readonly size: bigint;
    /** Place of its first range, and how many they are. */
    readonly first: number;
    readonly ranges: number;
  }[];
}

/** Columns of the picture, left to right. */
export const TOPOLOGY_COLUMNS = ['device', 'stream', 'substream', 'domain', 'table'] as const;

/** A box of the picture. */
export interface TopologyNodeDto {
  readonly id: string;
  readonly column: (typeof TOPOLOGY_COLUMNS)[number];
  readonly title: string;
  readonly text: string;
  /** What a click shows: an object, or memory. */
  readonly link?: SoftwareLink;
  readonly pa?: bigint;
}

/** Who is connected to whom. */
export interface TopologyDto {
  readonly nodes: readonly TopologyNodeDto[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

/** Questions; `command` is a line typed into the console. */
export type InspectRequest =
  /** Children of a node, or the top; `also`: of these too, so that a tree is asked for at once. */
  | { readonly kind: 'tables'; readonly node?: string; readonly also?: readonly string[] }
  /** Ids of the nodes that lead to an STE or CD, as far as they are there. */
  | { readonly kind: 'tablePath'; readonly sid: number; readonly ssid?: number }
  | { readonly kind: 'registers' }
  | { readonly kind: 'queues' }
  | {
      readonly kind: 'caches';
      /** Only of this one. */
      readonly cache?: CacheName;
      /** `asid 2 vmid 0 stage 1 0x7000_0000..0x7001_0000 stale`, as the console's `tlb` takes it. */
      readonly filter: string;
      readonly from: number;
      readonly count: number;
    }
  | { readonly kind: 'cacheEntry'; readonly id: string }
  | { readonly kind: 'interrupts' }
  /** `record`: of an {@link InterruptDto}. */
  | { readonly kind: 'interrupt'; readonly record: number }
  | {
      readonly kind: 'software';
      readonly of: SoftwareKind;
      readonly from: number;
      readonly count: number;
      /** Instead of `from`: where this one is in the middle. */
      readonly around?: string;
    }
  | {
      readonly kind: 'iovaMap';
      readonly domain: number;
      readonly from: number;
      readonly count: number;
    }
  | { readonly kind: 'topology' }
  | { readonly kind: 'explain'; readonly event?: number }
  | { readonly kind: 'memory'; readonly pa: bigint; readonly words: number }
  | { readonly kind: 'command'; readonly text: string };

/** Answers, each to the question of its kind. */
export type InspectAnswer =
  | {
      readonly kind: 'tables';
      readonly nodes: readonly NodeDto[];
      readonly also?: readonly (readonly NodeDto[])[];
    }
  | { readonly kind: 'tablePath'; readonly path: readonly string[] }
  | { readonly kind: 'registers'; readonly registers: readonly RegisterDto[] }
  | { readonly kind: 'queues'; readonly queues: readonly QueueDto[] }
  | { readonly kind: 'caches'; readonly caches: CachesDto }
  | { readonly kind: 'cacheEntry'; readonly entry?: CacheEntryDto }
  | {
      readonly kind: 'interrupts';
      readonly sources: readonly InterruptSourceDto[];
      /** The newest of all sources, newest first. */
      readonly interrupts: readonly InterruptDto[];
    }
  | {
      readonly kind: 'interrupt';
      /** From the script's call down to what raised it. */
      readonly causes: readonly RecordLineDto[];
      /** What its handler did, in order; the first of them when they are many. */
      readonly effects: readonly RecordLineDto[];
      /** Effects that are left out. */
      readonly more: number;
    }
  | { readonly kind: 'software'; readonly software: SoftwareDto }
  | { readonly kind: 'iovaMap'; readonly map: IovaMapDto }
  | { readonly kind: 'topology'; readonly topology: TopologyDto }
  | { readonly kind: 'explain'; readonly explanation?: ExplanationDto }
  | { readonly kind: 'memory'; readonly memory: MemoryDto }
  | { readonly kind: 'command'; readonly lines: readonly string[] };
