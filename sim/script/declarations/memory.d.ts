// Pages, kernel memory, scatterlists (include/linux/gfp.h, slab.h, scatterlist.h).

/**
 * Allocates 2^`order` pages in one piece, aligned to their size.
 * @returns NULL without memory
 * @remarks The kernel's `gfp` argument is left out.
 */
declare function alloc_pages(order: int): page | null;
/** Frees what {@link alloc_pages} gave for the same order. Freeing twice is reported. */
declare function __free_pages(page: page, order: int): void;
/** Physical address of a page, bytes. */
declare function page_to_phys(page: page): u64;
/** The memory of a page of {@link alloc_pages}, as the CPU sees it. */
declare function page_address(page: page): buffer;
/** The order of the smallest allocation that holds `size` bytes. */
declare function get_order(size: size_t): int;
/** Kernel memory of `size` bytes, or NULL. */
declare function kmalloc(size: size_t, flags?: gfp_t): buffer | null;
/** As {@link kmalloc}, zeroed. */
declare function kzalloc(size: size_t, flags?: gfp_t): buffer | null;
/** Frees what {@link kmalloc} gave; NULL is fine. */
declare function kfree(ptr: buffer | null): void;
/** Physical address of kernel memory, bytes. */
declare function virt_to_phys(ptr: buffer): u64;
/** Makes `nents` empty entries in `sgl`, an array: `const sg: scatterlist[] = []`. */
declare function sg_init_table(sgl: scatterlist[], nents: int): void;
/** Makes an entry `len` bytes from `offset` of a page. */
declare function sg_set_page(sg: scatterlist, page: page, len: size_t, offset: size_t): void;
/** Makes an entry the first `buflen` bytes of a buffer. */
declare function sg_set_buf(sg: scatterlist, buf: buffer, buflen: size_t): void;
/** Makes a list of one entry over a buffer. */
declare function sg_init_one(sgl: scatterlist[], buf: buffer, buflen: size_t): void;
/** Physical address of an entry, bytes. */
declare function sg_phys(sg: scatterlist): u64;
/** The page of an entry, or NULL. */
declare function sg_page(sg: scatterlist): page | null;
/** The next entry, or NULL after the last. */
declare function sg_next(sg: scatterlist): scatterlist | null;
/** Number of entries from this one on. */
declare function sg_nents(sg: scatterlist[] | scatterlist): int;
/** Address of a mapped segment, for the device. */
declare function sg_dma_address(sg: scatterlist): u64;
/** Length of a mapped segment, bytes. */
declare function sg_dma_len(sg: scatterlist): size_t;

/** True for an error pointer; false for NULL. */
declare function IS_ERR(ptr: unknown): ptr is error_pointer;
/** True for an error pointer or NULL. */
declare function IS_ERR_OR_NULL(ptr: unknown): ptr is error_pointer | null | undefined;
/** The negative error number of an error pointer; 0 for anything else. */
declare function PTR_ERR(ptr: unknown): int;
/** 0 for a valid pointer, the negative error number for an error pointer. */
declare function PTR_ERR_OR_ZERO(ptr: unknown): int;
/** Makes an error pointer of a negative error number. */
declare function ERR_PTR(error: int): void_ptr;
