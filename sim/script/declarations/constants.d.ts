// Constants, under the kernel's names and with its values. Error numbers are positive: functions return
// them negated.

/** The null pointer. */
declare const NULL: null;
/** Error numbers (include/uapi/asm-generic/errno*.h). */
declare const EPERM: 1;
declare const ENOENT: 2;
declare const ESRCH: 3;
declare const EINTR: 4;
declare const EIO: 5;
declare const ENXIO: 6;
declare const E2BIG: 7;
declare const ENOEXEC: 8;
declare const EBADF: 9;
declare const ECHILD: 10;
declare const EAGAIN: 11;
declare const ENOMEM: 12;
declare const EACCES: 13;
declare const EFAULT: 14;
declare const ENOTBLK: 15;
declare const EBUSY: 16;
declare const EEXIST: 17;
declare const EXDEV: 18;
declare const ENODEV: 19;
declare const ENOTDIR: 20;
declare const EISDIR: 21;
declare const EINVAL: 22;
declare const ENFILE: 23;
declare const EMFILE: 24;
declare const ENOTTY: 25;
declare const ETXTBSY: 26;
declare const EFBIG: 27;
declare const ENOSPC: 28;
declare const ESPIPE: 29;
declare const EROFS: 30;
declare const EMLINK: 31;
declare const EPIPE: 32;
declare const EDOM: 33;
declare const ERANGE: 34;
declare const EDEADLK: 35;
declare const ENOSYS: 38;
declare const ENODATA: 61;
declare const ETIME: 62;
declare const EPROTO: 71;
declare const EOVERFLOW: 75;
declare const EILSEQ: 84;
declare const EOPNOTSUPP: 95;
declare const EADDRINUSE: 98;
declare const ETIMEDOUT: 110;
declare const EALREADY: 114;
declare const EINPROGRESS: 115;
declare const ERESTARTSYS: 512;
declare const EPROBE_DEFER: 517;
declare const ENOTSUPP: 524;
/** The largest number that an error pointer carries. */
declare const MAX_ERRNO: 4095;
/** Sizes, bytes. */
declare const SZ_4K: 0x1000;
declare const SZ_8K: 0x2000;
declare const SZ_16K: 0x4000;
declare const SZ_32K: 0x8000;
declare const SZ_64K: 0x10000;
declare const SZ_128K: 0x20000;
declare const SZ_256K: 0x40000;
declare const SZ_512K: 0x80000;
declare const SZ_1M: 0x100000;
declare const SZ_2M: 0x200000;
declare const SZ_4M: 0x400000;
declare const SZ_8M: 0x800000;
declare const SZ_16M: 0x1000000;
declare const SZ_32M: 0x2000000;
declare const SZ_64M: 0x4000000;
declare const SZ_128M: 0x8000000;
declare const SZ_256M: 0x10000000;
declare const SZ_512M: 0x20000000;
declare const SZ_1G: 0x40000000;
declare const SZ_2G: 0x80000000;
declare const SZ_4G: 0x100000000;
/** Bytes of a page of the CPU. */
declare const PAGE_SIZE: 0x1000;
/** log2 of PAGE_SIZE. */
declare const PAGE_SHIFT: 12;
/** iommu_map: the device may read. */
declare const IOMMU_READ: 1;
/** iommu_map: the device may write. */
declare const IOMMU_WRITE: 2;
/** iommu_map: coherent with the CPU's caches. */
declare const IOMMU_CACHE: 4;
/** iommu_map: no instruction fetches. */
declare const IOMMU_NOEXEC: 8;
/** iommu_map: device memory. */
declare const IOMMU_MMIO: 16;
/** iommu_map: privileged accesses only. */
declare const IOMMU_PRIV: 32;
/** Types of domains. */
declare const IOMMU_DOMAIN_BLOCKED: 0;
declare const IOMMU_DOMAIN_UNMANAGED: 1;
declare const IOMMU_DOMAIN_DMA: 3;
declare const IOMMU_DOMAIN_IDENTITY: 4;
/** Capabilities for iommu_capable. */
declare const IOMMU_CAP_CACHE_COHERENCY: 0;
declare const IOMMU_CAP_INTR_REMAP: 1;
declare const IOMMU_CAP_NOEXEC: 2;
/** Attributes for iommu_domain_get_attr: { aperture_start, aperture_end, force_aperture }. */
declare const DOMAIN_ATTR_GEOMETRY: 0;
declare const DOMAIN_ATTR_PAGING: 1;
declare const DOMAIN_ATTR_WINDOWS: 2;
declare const DOMAIN_ATTR_FSL_PAMU_STASH: 3;
declare const DOMAIN_ATTR_FSL_PAMU_ENABLE: 4;
declare const DOMAIN_ATTR_FSL_PAMUV1: 5;
/** Ask for stage 2; before the first attach. */
declare const DOMAIN_ATTR_NESTING: 6;
declare const DOMAIN_ATTR_DMA_USE_FLUSH_QUEUE: 7;
declare const DOMAIN_ATTR_MAX: 8;
/** The PASID of an auxiliary domain (seed18). */
declare const DOMAIN_ATTR_AUXD_ID: 9;
/** Attributes for iommu_get_dev_attr and iommu_set_dev_attr (seed18). */
declare const IOMMU_DEV_ATTR_AUXD_CAPABILITY: 0;
declare const IOMMU_DEV_ATTR_AUXD_ENABLE: 1;
declare const IOMMU_DEV_ATTR_AUXD_DISABLE: 2;
declare const IOMMU_DEV_ATTR_AUXD_ENABLED: 3;
/** Auxiliary domains (attr19). */
declare const IOMMU_DEV_FEAT_AUX: 0;
/** Shared virtual addressing (attr19). */
declare const IOMMU_DEV_FEAT_SVA: 1;
/** iommu_sva_init_device: I/O page faults. */
declare const IOMMU_SVA_FEAT_IOPF: 1;
/** iommu_sva_init_device: auxiliary domains; the number of the bit is a model decision. */
declare const IOMMU_SVA_FEAT_AUXD: 2;
/** No I/O address space ID. */
declare const INVALID_IOASID: 0xffffffff;
/** Both read and write. */
declare const DMA_BIDIRECTIONAL: 0;
/** The device reads. */
declare const DMA_TO_DEVICE: 1;
/** The device writes. */
declare const DMA_FROM_DEVICE: 2;
/** No direction: mapping with it is a bug. */
declare const DMA_NONE: 3;
/** The caller may sleep. */
declare const GFP_KERNEL: 0x200000;
/** The caller may not sleep. */
declare const GFP_ATOMIC: 32;
declare const GFP_DMA: 1;
declare const GFP_DMA32: 4;
/** Zeroed memory. */
declare const __GFP_ZERO: 0x8000;

/** How a copy of a memcpy_engine ended (enum dmaengine_tx_result). */
declare const DMA_TRANS_NOERROR: 0;
declare const DMA_TRANS_READ_FAILED: 1;
declare const DMA_TRANS_WRITE_FAILED: 2;
declare const DMA_TRANS_ABORTED: 3;

/** Results of interrupt handlers. */
declare const IRQ_NONE: 0;
declare const IRQ_HANDLED: 1;
/** Run the thread of request_threaded_irq. */
declare const IRQ_WAKE_THREAD: 2;
declare const IRQF_ONESHOT: 0x2000;

/** What a process may do with its memory. */
declare const PROT_READ: 1;
declare const PROT_WRITE: 2;
declare const PROT_EXEC: 4;

/** Types for vfio_set_iommu. */
declare const VFIO_TYPE1_IOMMU: 1;
declare const VFIO_TYPE1v2_IOMMU: 3;

/** Flags of vfio_iommu_map_dma: what the device may do. */
declare const VFIO_DMA_MAP_FLAG_READ: 1;
declare const VFIO_DMA_MAP_FLAG_WRITE: 2;

/** iommu_fault_event.type. */
declare const IOMMU_FAULT_DMA_UNRECOV: 1;
declare const IOMMU_FAULT_PAGE_REQ: 2;

/** iommu_fault_event.prot, bit by bit. */
declare const IOMMU_FAULT_READ: 1;
declare const IOMMU_FAULT_WRITE: 2;
declare const IOMMU_FAULT_EXEC: 4;
declare const IOMMU_FAULT_PRIV: 8;

/** page_response_msg.resp_code: the access is retried, or aborted. */
declare const IOMMU_PAGE_RESP_SUCCESS: 0;
declare const IOMMU_PAGE_RESP_INVALID: 1;
declare const IOMMU_PAGE_RESP_FAILURE: 2;
