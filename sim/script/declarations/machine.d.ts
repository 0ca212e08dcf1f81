// The machine around the kernel: devices, memory, events, assertions. Ours: no kernel has these.

/** Features of the SMMU, named after its ID registers (IHI 0070 6.3.1-6.3.6). */
interface smmu_features {
  readonly s1p?: boolean;
  readonly s2p?: boolean;
  readonly cohacc?: boolean;
  /** 0 none, 1 access flag, 2 access flag and dirty state. */
  readonly httu?: number;
  readonly hyp?: boolean;
  readonly ats?: boolean;
  readonly pri?: boolean;
  readonly asid16?: boolean;
  readonly vmid16?: boolean;
  readonly msi?: boolean;
  readonly sev?: boolean;
  readonly cd2l?: boolean;
  /** 0 stall and terminate, 1 terminate only, 2 stall forced. */
  readonly stallModel?: number;
  /** 0 linear only, 1 linear and two-level Stream table. */
  readonly stLevel?: number;
  /** StreamID bits, 0 to 32. */
  readonly sidsize?: number;
  /** SubstreamID bits, 0 to 20. */
  readonly ssidsize?: number;
  /** log2 of the most entries of each queue. */
  readonly cmdqs?: number;
  readonly eventqs?: number;
  readonly priqs?: number;
  /** 0=32, 1=36, 2=40, 3=42, 4=44, 5=48, 6=52 bits of output address. */
  readonly oas?: number;
  readonly gran4k?: boolean;
  readonly gran16k?: boolean;
  readonly gran64k?: boolean;
  readonly ril?: boolean;
  /** Most transactions that wait at a time. */
  readonly stallMax?: number;
  /** 0 to 4: SMMUv3.0 to v3.4. */
  readonly archMinor?: number;
  readonly [feature: string]: boolean | number | undefined;
}

/** The machine that the script runs on. */
declare const machine: {
  /**
   * Chooses the machine before anything else happens on it.
   * @param options `profile`: API of 2018 (`seed18`) or 2019 (`attr19`); `smmu`: features that differ
   *   from the default; `ram`: one region, aligned to 2 MiB
   */
  configure(options: {
    readonly profile?: 'seed18' | 'attr19';
    readonly smmu?: smmu_features;
    readonly ram?: { readonly base?: number; readonly size?: number };
  }): void;
};

/**
 * A platform device appears: the firmware names its stream IDs, the kernel makes its group, attaches
 * the default domain, and the device can do DMA.
 * @param options `sids`: stream IDs (default: the next free one from 0x10); `ssid_bits`: width of its
 *   PASIDs, 0 to 20 (default 0: none); `can_stall`: it can wait while a fault is handled;
 *   `dma_mask_bits`: address bits for the DMA API (default 32)
 */
declare function platform_device(
  name: string,
  options?: {
    readonly sids?: readonly number[];
    readonly ssid_bits?: number;
    readonly can_stall?: boolean;
    readonly dma_mask_bits?: number;
  } | null,
): device;

/**
 * A PCI function appears; its stream ID is its requester ID.
 * @param options `bdf`: address like `0000:01:00.0` (default: the next free slot of bus 0);
 *   `pasid_bits`: width of its PASIDs, 0 for none; `ats`, `pri`: the capabilities it has
 */
declare function pci_device(
  name: string,
  options?: {
    readonly bdf?: string;
    readonly pasid_bits?: number;
    readonly ats?: boolean;
    readonly pri?: boolean;
  } | null,
): device;

/** What an engine writes to its completion ring when a copy is over. */
interface memcpy_completion {
  readonly queue: int;
  /** What {@link memcpy_engine.submit} returned. */
  readonly cookie: int;
  /** DMA_TRANS_NOERROR, DMA_TRANS_READ_FAILED, DMA_TRANS_WRITE_FAILED or DMA_TRANS_ABORTED. */
  readonly result: int;
  /** Bytes that were not copied. */
  readonly residue: int;
  /** For people: why it failed. */
  readonly reason?: string;
}

/** A memory copy engine with work queues; its methods stand for its registers. */
interface memcpy_engine {
  /** The device as the kernel knows it: attach domains to it, bind processes, map memory for it. */
  readonly dev: device;
  /** Interrupt line: one edge each time a copy is over. {@link request_irq} takes it. */
  readonly irq: int;
  /** Number of work queues. */
  readonly queues: int;
  /**
   * Switches a queue on.
   * @param pasid goes with every access of the queue; without it they carry none
   * @returns 0; -EINVAL no such queue or PASID; -EBUSY it is on
   */
  queue_enable(queue: int, pasid?: u32): int;
  /**
   * Switches a queue off: what waits in it ends with DMA_TRANS_ABORTED, a copy that runs goes on.
   * @returns 0; -EINVAL no such queue
   */
  queue_disable(queue: int): int;
  /**
   * Queues a copy. It runs while virtual time passes: in a wait, a sleep, or between later calls.
   * @param src address to read, as the device sends it, bytes
   * @param dst address to write, as the device sends it, bytes
   * @param len bytes, 1 to 64 MiB
   * @returns a cookie, from 1; -EINVAL no such queue or length; -ENODEV the queue is off; -ENOSPC 64
   *   copies wait in it
   */
  submit(queue: int, src: u64_arg, dst: u64_arg, len: size_t): int;
  /** Takes everything out of the completion ring, oldest first. */
  completions(): memcpy_completion[];
}

/**
 * A memory copy engine appears: a platform device, or a PCI function when an option of
 * {@link pci_device} is given. It copies by DMA through the SMMU, one job at a time.
 * @param options those of {@link platform_device} or of {@link pci_device}, and `queues`: number of work
 *   queues, 1 to 64 (default 8); `irq`: its interrupt line (default: the next free one from 100)
 */
declare function memcpy_engine(
  name: string,
  options?: {
    readonly queues?: number;
    readonly irq?: number;
    readonly sids?: readonly number[];
    readonly ssid_bits?: number;
    readonly can_stall?: boolean;
    readonly dma_mask_bits?: number;
    readonly bdf?: string;
    readonly pasid_bits?: number;
    readonly ats?: boolean;
    readonly pri?: boolean;
  } | null,
): memcpy_engine;

/**
 * Reads physical memory as the CPU does.
 * @param pa physical address, bytes
 * @throws RangeError where no memory is
 */
declare function phys_read(pa: u64_arg, len: size_t): Uint8Array;

/**
 * Writes physical memory as the CPU does.
 * @param pa physical address, bytes
 * @throws RangeError where no memory is
 */
declare function phys_write(pa: u64_arg, bytes: Uint8Array): void;

/** All events that the driver has drained so far, oldest first. */
declare function events(): event_record[];

/**
 * Runs `body`; matching events that come meanwhile are expected and do not count against the run.
 * @param match the manual's name of the event, or a function that decides
 * @param body an ordinary function, not an async one
 * @throws Error when no matching event came
 */
declare function expect_event(
  match: event_name | ((event: event_record) => boolean),
  body: () => void,
): void;

/** Ends the run with exit status 1 unless `condition` holds. */
declare function assert(condition: unknown, message?: string): asserts condition;

/** `&x`: a place for a result. `const pasid = ref(0)`, passed as `pasid`, read as `pasid.value`. */
declare function ref(value: number): ref<number>;
/** `&x`: a place for a result of any type. */
declare function ref<T>(value: T): ref<T>;

/** Bus of platform devices. */
declare const platform_bus_type: bus_type;
/** Bus of PCI functions. */
declare const pci_bus_type: bus_type;
