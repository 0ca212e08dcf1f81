// What views and the console ask about the hardware of a session, and the answers: plain data. Every
// answer is as of a trace record, so a finished or an opened session answers as a live one does.

/** A field with its meaning, for hovers and inspectors. */
export interface FieldDto {
  readonly name: string;
  /** Absolute bits of the structure or register. */
  readonly hi: number;
  readonly lo: number;
  readonly text: string;
  readonly meaning?: string;
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
  /** Physical address, bytes; absent for groups. */
  readonly pa?: bigint;
  /** The manual's section of its layout. */
  readonly section?: string;
  /** 64-bit words in memory, `0x` and 16 digits. */
  readonly words: readonly string[];
  readonly fields: readonly FieldDto[];
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

/** Questions; `command` is a line typed into the console. */
export type InspectRequest =
  | { readonly kind: 'tables'; readonly node?: string }
  | { readonly kind: 'registers' }
  | { readonly kind: 'queues' }
  | { readonly kind: 'explain'; readonly event?: number }
  | { readonly kind: 'memory'; readonly pa: bigint; readonly words: number }
  | { readonly kind: 'command'; readonly text: string };

/** Answers, each to the question of its kind. */
export type InspectAnswer =
  | { readonly kind: 'tables'; readonly nodes: readonly NodeDto[] }
  | { readonly kind: 'registers'; readonly registers: readonly RegisterDto[] }
  | { readonly kind: 'queues'; readonly queues: readonly QueueDto[] }
  | { readonly kind: 'explain'; readonly explanation?: ExplanationDto }
  | { readonly kind: 'memory'; readonly memory: MemoryDto }
  | { readonly kind: 'command'; readonly lines: readonly string[] };
