// The shape of a recorded case of QEMU's SMMUv3 (test/vectors/README-hardware.md).

/** Register snapshot of a step, `0x` strings. */
export interface Snapshot {
  readonly cr0ack: string;
  readonly gerror: string;
  readonly gerrorn: string;
  readonly cmdq_prod: string;
  readonly cmdq_cons: string;
  readonly evq_prod: string;
  readonly evq_cons: string;
}

/** One call of QEMU's translate function. */
export interface Beat {
  readonly iova: string;
  readonly len: number;
  readonly st: string;
  readonly pa?: string;
  readonly bus?: string;
}

export interface DmaAnswer {
  readonly ok: boolean;
  readonly beats: readonly Beat[];
  readonly data?: string;
  readonly events: readonly string[];
  readonly regs: Snapshot;
}

interface Marks {
  /** The architecture allows more than one answer. */
  readonly unpred?: string;
  /** QEMU deviates. */
  readonly dev?: string;
}

export type Step =
  | {
      readonly op: 'mem';
      readonly pa: string;
      readonly u64?: readonly string[];
      readonly hex?: string;
    }
  | { readonly op: 'pat'; readonly pa: string; readonly len: number }
  | (Marks & {
      readonly op: 'wr';
      readonly off: string;
      readonly w: number;
      readonly val: string;
      readonly exp?: Snapshot;
    })
  | (Marks & { readonly op: 'rd'; readonly off: string; readonly w: number; readonly val: string })
  | (Marks & {
      readonly op: 'evq';
      readonly exp: readonly string[] | { readonly events: readonly string[] };
    })
  | (Marks & {
      readonly op: 'dma';
      readonly sid: string;
      readonly rw: 'r' | 'w';
      readonly iova: string;
      readonly len: number;
      readonly data?: string;
      /** Missing where QEMU aborted. */
      readonly exp?: DmaAnswer;
    });

export interface QemuCase {
  readonly id: string;
  readonly cat: string;
  readonly note: string;
  readonly stage: 'nested' | '1' | '2';
  readonly tags: readonly string[];
  readonly crash?: string;
  readonly mem: readonly Step[];
  readonly steps: readonly Step[];
}
