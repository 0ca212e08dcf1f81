// The whole observable vocabulary: every kind of trace record with its payload, on one screen.
// A record is a header (kind, cause, time) and at most eight payload words; texts are interned.

/** u32: one word. s32: one signed word. u64: two words, low first. str: an interned text. */
export type PayloadType = 'u32' | 's32' | 'u64' | 'str';

/** Payload of each kind, in word order. Extend at the end of the table; never renumber. */
export const TRACE_KINDS = {
  /** The script (line > 0) or the kernel itself (line 0) enters a function; args as shown to people. */
  call: { fn: 'str', args: 'str', line: 'u32', column: 'u32' },
  /** The call named by the cause returns. */
  return: { value: 'str' },
  /** A line of the kernel log; level as in printk, 0 emerg to 7 debug. */
  log: { level: 'u32', text: 'str' },
  mmio_read: { offset: 'u32', width: 'u32', value: 'u64' },
  mmio_write: { offset: 'u32', width: 'u32', value: 'u64' },
  /** A store by the CPU to a structure that the SMMU reads; what: ste, l1std, cd, l1cd, pte, cmd. */
  mem_write: { what: 'str', pa: 'u64', value: 'u64' },
  alloc: { what: 'str', pa: 'u64', size: 'u64' },
  free: { what: 'str', pa: 'u64', size: 'u64' },
  /** A command consumed or refused (cerror > 0) by the SMMU. */
  command: { index: 'u32', cerror: 'u32', dw0: 'u64', dw1: 'u64' },
  /** The SMMU reads a structure; what: FETCH_*; level of a descriptor; stage 1 or 2; ok 0 = abort. */
  fetch: { what: 'u32', level: 's32', stage: 'u32', ok: 'u32', pa: 'u64', value: 'u64' },
  /** A lookup or change in a cache; cache: CACHE_*; op: CACHE_OP_*; entry: number of the entry among
   * those that the cache holds now, from 1; 0 in an ATC, whose keys are enough. */
  cache: { cache: 'u32', op: 'u32', sid: 'u32', ssid: 's32', key: 'u64', entry: 'u32' },
  /** One device access after translation; flags and status as in machine/transaction. */
  dma: { sid: 'u32', ssid: 's32', iova: 'u64', pa: 'u64', flags: 'u32', status: 'u32' },
  /** An event record as written (or offered) to the Event queue: eight words. */
  event: { w0: 'u64', w1: 'u64', w2: 'u64', w3: 'u64' },
  /** What became of the event named by the cause: 0 queued, 1 overflow, 2 discarded, 3 held (stall). */
  event_result: { result: 'u32', index: 'u32' },
  ppr: { w0: 'u64', w1: 'u64', result: 'u32' },
  irq: { line: 'u32', handled: 'u32', name: 'str' },
  msi: { address: 'u64', data: 'u32', ok: 'u32' },
  /** class: 0 guest-error, 1 unimplemented, 2 constrained-unpredictable, 3 script (kernel API misuse). */
  diagnostic: { class: 'u32', section: 'str', text: 'str' },
  /** A stalled transaction starts (0), is retried (1), is terminated (2). */
  stall: { sid: 'u32', stag: 'u32', phase: 'u32' },
  /** ATS: 0 translation request, 1 completion, 2 invalidation, 3 invalidation completion, 4 PRG response. */
  ats: { op: 'u32', sid: 'u32', ssid: 's32', address: 'u64', value: 'u32' },
  wait: { ticks: 'u64', why: 'str' },
  /** A device model tells what it does. */
  device: { name: 'str', text: 'str' },
  /** Kernel objects come, change and go: what: domain, pasid, asid, device, mdev, mm, mapping. */
  object: { what: 'str', id: 'u32', text: 'str' },
  /** The SMMU sets the Access flag or the dirty state of a descriptor. */
  descriptor_update: { stage: 'u32', level: 's32', pa: 'u64', value: 'u64' },
  /** What the TLB entry holds that the cause put in. tag: VMID in 31:16, ASID in 15:0; shape: ENTRY_*;
   * pa: its output; s1 and s2: addresses of the descriptors that it was made of, 0 for none. */
  tlb_entry: { tag: 'u32', shape: 'u32', pa: 'u64', s1: 'u64', s2: 'u64' },
  /** The same of a walk cache entry: the input addresses that it covers, and the next table. */
  walk_entry: { tag: 'u32', shape: 'u32', input: 'u64', next: 'u64' },
  /** The same of an ATC entry; granted: 1 read, 2 write, 4 execute. */
  atc_entry: { granted: 'u32', pa: 'u64' },
  /**
   * The driver of `smmu` takes the event named by the cause from the queue: its number in the run, from
   * 1, our line about it, and DRAINED_* flags.
   */
  drained: { number: 'u32', flags: 'u32', smmu: 'str', text: 'str' },
  /**
   * How a kernel object stands from here on, as JSON of `object-state.ts`; text '' when it is gone.
   * what: device, group, domain, pasid, bond, mdev; id 0 for those that have a name instead.
   */
  state: { what: 'str', id: 'u32', name: 'str', text: 'str' },
} as const satisfies Record<string, Readonly<Record<string, PayloadType>>>;

/** Payload values that were added to a kind later: files without them have 0 there. */
export const ADDED_PAYLOAD: Readonly<Partial<Record<string, readonly string[]>>> = {
  cache: ['entry'],
};

/** Name of a kind of record. */
export type TraceKind = keyof typeof TRACE_KINDS;

/** The kinds by number: a kind's number is its index. */
export const TRACE_KIND_NAMES = Object.keys(TRACE_KINDS) as readonly TraceKind[];

/** Number of each kind, for emitters: `K.command`. */
export const K = Object.fromEntries(TRACE_KIND_NAMES.map((name, index) => [name, index])) as {
  readonly [N in TraceKind]: number;
};

/** Somebody expected the event; a fault handler of the kernel took it. */
export const DRAINED_EXPECTED = 1;
export const DRAINED_HANDLED = 2;

export const FETCH_L1STD = 0;
export const FETCH_STE = 1;
export const FETCH_L1CD = 2;
export const FETCH_CD = 3;
export const FETCH_DESCRIPTOR = 4;
export const FETCH_COMMAND = 5;
export const FETCH_VMS = 6;
export const FETCH_NAMES = ['L1STD', 'STE', 'L1CD', 'CD', 'descriptor', 'command', 'VMS'] as const;

export const CACHE_STE = 0;
export const CACHE_CD = 1;
export const CACHE_TLB = 2;
export const CACHE_WALK = 3;
export const CACHE_ATC = 4;
export const CACHE_L1STD = 5;
export const CACHE_L1CD = 6;
export const CACHE_NAMES = ['STE', 'CD', 'TLB', 'walk', 'ATC', 'L1STD', 'L1CD'] as const;

export const CACHE_HIT = 0;
export const CACHE_INSERT = 1;
export const CACHE_INVALIDATE = 2;
export const CACHE_EVICT = 3;
export const CACHE_OP_NAMES = ['hit', 'insert', 'invalidate', 'evict'] as const;

/** Bits of `shape` of tlb_entry and walk_entry: log2 of the size in 5:0, StreamWorld in 7:6. */
export const ENTRY_SIZE = 0x3f;
export const ENTRY_WORLD_SHIFT = 6;
export const ENTRY_STAGE2 = 1 << 8;
export const ENTRY_GLOBAL = 1 << 9;
/** Permissions of stage 1 and of stage 2, six bits each, as sim/smmu/permissions has them. */
export const ENTRY_S1_PERMS_SHIFT = 11;
export const ENTRY_S2_PERMS_SHIFT = 17;
/** A write marks the page dirty first. */
export const ENTRY_CLEAN = 1 << 23;
/** Levels of the descriptors, each + 1 in three bits; in a walk_entry the first is its own. */
export const ENTRY_S1_LEVEL_SHIFT = 24;
export const ENTRY_S2_LEVEL_SHIFT = 27;
