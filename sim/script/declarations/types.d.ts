// Types that the functions below use. C's integers are numbers, 64-bit ones are bigint.

/** 64 bits, unsigned, as functions return it. */
type u64 = bigint;
/** 64 bits, unsigned, as functions take it: a bigint, or a safe integer. */
type u64_arg = bigint | number;
/** 32 bits, signed. Functions return 0 or a negative error number, e.g. `-EINVAL`. */
type int = number;
/** 32 bits, unsigned. */
type u32 = number;
/** A number of bytes. */
type size_t = number;
/** Allocation flags: GFP_KERNEL, GFP_ATOMIC. */
type gfp_t = number;
/** A PASID or another I/O address space ID; INVALID_IOASID when there is none. */
type ioasid_t = number;
/** IRQ_NONE, IRQ_HANDLED or IRQ_WAKE_THREAD. */
type irqreturn_t = number;

/** `void *`: whatever the other side put in. */
// biome-ignore lint/suspicious/noExplicitAny: C's void pointer converts to everything
type void_ptr = any;

/** What `&x` is in C: made by {@link ref}, written by the function it is passed to. */
interface ref<T> {
  value: T;
}

/** struct bus_type: {@link platform_bus_type} or {@link pci_bus_type}. */
interface bus_type {
  readonly name: string;
}

/** struct device, and the bus master in it. Made by {@link platform_device} or {@link pci_device}. */
interface device {
  readonly name: string;
  readonly bus: bus_type;
  /**
   * The device reads memory through the SMMU.
   * @param iova address as the device sends it, bytes; all 64 bits count
   * @param len bytes, 1 to 64 MiB; split at page ends
   */
  dma_read(iova: u64_arg, len: size_t, options?: dma_read_options | null): dma_read_result;
  /**
   * The device writes memory through the SMMU.
   * @param iova address as the device sends it, bytes; all 64 bits count
   */
  dma_write(iova: u64_arg, bytes: Uint8Array, options?: dma_options | null): dma_write_result;
}

/** Attributes of an access. */
interface dma_options {
  /** PASID (SubstreamID), 0 to 0xfffff; without it the access carries none. */
  readonly pasid?: number;
  /** Privileged access; default false. */
  readonly priv?: boolean;
  /** StreamID, when the device has several; default its first. */
  readonly sid?: number;
}

/** Attributes of a read. */
interface dma_read_options extends dma_options {
  /** Instruction fetch; default false. */
  readonly exec?: boolean;
}

/** An access that failed: why, and the event that the driver drained for it, if there was one. */
interface dma_failure {
  readonly ok: false;
  readonly reason: string;
  readonly event?: event_record;
}

type dma_read_result = { readonly ok: true; readonly data: Uint8Array } | dma_failure;
type dma_write_result = { readonly ok: true } | dma_failure;

/** A record of the SMMU's Event queue as the driver drained it (IHI 0070 7.3). */
interface event_record {
  /** Event number, e.g. 0x10. */
  readonly type: number;
  /** The manual's name, e.g. `F_TRANSLATION`. */
  readonly name: string;
  /** StreamID. */
  readonly sid: number;
  /** SubstreamID (PASID), when the access had one. */
  readonly ssid?: number;
  /** Address as it came in. */
  readonly iova?: u64;
  /** Intermediate address, for faults at stage 2. */
  readonly ipa?: u64;
  /** true: a read. */
  readonly rnw?: boolean;
  /** true: an instruction fetch. */
  readonly ind?: boolean;
  /** true: privileged. */
  readonly pnu?: boolean;
  /** true: the fault is at stage 2. */
  readonly s2?: boolean;
  /** 0 CD fetch, 1 table fetch, 2 the access itself. */
  readonly class?: number;
  /** true: the access waits for an answer. */
  readonly stall?: boolean;
  readonly stag?: number;
  /** The four 64-bit words, `0x` and 16 digits each. */
  readonly words: readonly [string, string, string, string];
  /** Name of the SMMU. */
  readonly smmu: string;
  /** A fault handler took it. */
  readonly handled: boolean;
}

/** The manual's names of events. */
type event_name =
  | 'F_UUT'
  | 'C_BAD_STREAMID'
  | 'F_STE_FETCH'
  | 'C_BAD_STE'
  | 'F_BAD_ATS_TREQ'
  | 'F_STREAM_DISABLED'
  | 'F_TRANSL_FORBIDDEN'
  | 'C_BAD_SUBSTREAMID'
  | 'F_CD_FETCH'
  | 'C_BAD_CD'
  | 'F_WALK_EABT'
  | 'F_TRANSLATION'
  | 'F_ADDR_SIZE'
  | 'F_ACCESS'
  | 'F_PERMISSION'
  | 'F_TLB_CONFLICT'
  | 'F_CFG_CONFLICT'
  | 'E_PAGE_REQUEST'
  | 'F_VMS_FETCH';

declare const kind: unique symbol;

/** struct iommu_domain: one address space. */
interface iommu_domain {
  readonly [kind]: 'domain';
}

/** struct iommu_group. */
interface iommu_group {
  readonly [kind]: 'group';
}

/** struct page: what {@link alloc_pages} gives. */
interface page {
  readonly [kind]: 'page';
}

/** Memory under a kernel address (`void *`): what {@link kmalloc} and {@link dma_alloc_coherent} give. */
interface buffer {
  /** Bytes. */
  readonly size: size_t;
  read(offset: size_t, len: size_t): Uint8Array;
  write(offset: size_t, bytes: Uint8Array): void;
  /** memset: `len` bytes (default: the rest) from `offset` (default 0) become `value`. */
  fill(value: int, offset?: size_t, len?: size_t): void;
  /** The 32-bit word at `offset`, little-endian. */
  get32(offset: size_t): u32;
  set32(offset: size_t, value: u32): void;
  /** The 64-bit word at `offset`, little-endian. */
  get64(offset: size_t): u64;
  set64(offset: size_t, value: u64_arg): void;
  /** A pointer `offset` bytes further on. */
  add(offset: size_t): buffer;
}

/** struct scatterlist: one entry of a list that {@link sg_init_table} made. */
interface scatterlist {
  readonly offset: size_t;
  readonly length: size_t;
  /** The segment for the device, after {@link dma_map_sg}. */
  readonly dma_address: u64;
  readonly dma_length: size_t;
}

/** struct mm_struct: the address space of a process. */
interface mm {
  /**
   * Adds zeroed memory: `len` bytes, rounded up to pages, with PROT_READ, PROT_WRITE, PROT_EXEC.
   * @param addr where it should be; a hint, as without MAP_FIXED
   * @returns its address, or a negative error number: -EINVAL, -ENOMEM
   */
  mmap(len: size_t, prot: int, addr?: u64_arg): bigint;
  /** Unmaps; 0 or a negative error number. */
  munmap(addr: u64_arg, len: size_t): int;
  /** Changes what may be done with memory; 0, -EINVAL or -ENOMEM. */
  mprotect(addr: u64_arg, len: size_t, prot: int): int;
  /** Reads as the process would; faults pages in. */
  read(addr: u64_arg, len: size_t): Uint8Array;
  /** Writes as the process would; faults pages in. */
  write(addr: u64_arg, bytes: Uint8Array): void;
  /** The process ends: notifiers run, bonds are told by mm_exit. */
  exit(): void;
}

/** An ownership tag for {@link ioasid_alloc}: only its identity matters. */
interface ioasid_set {
  readonly [kind]: 'ioasid_set';
}

/** struct workqueue_struct. */
interface workqueue_struct {
  readonly [kind]: 'workqueue_struct';
}

/** A pointer that is an error: test it with {@link IS_ERR}. */
interface error_pointer {
  readonly [kind]: 'error pointer';
}
