// DMA API on top of the IOMMU (include/linux/dma-mapping.h), 4.20. It works on the default domain of the
// device's group; the forms with a PASID are ours (model decision): no kernel of the time had them.

/**
 * Maps a buffer for the device.
 * @param cpu what kmalloc() gave; `size` bytes of it; `dir` DMA_TO_DEVICE, DMA_FROM_DEVICE or
 *   DMA_BIDIRECTIONAL
 * @returns address for the device, to be tested with {@link dma_mapping_error}
 * @remarks Whole pages are mapped. drivers/iommu/dma-iommu.c, 4.20.
 */
declare function dma_map_single(dev: device, cpu: buffer, size: size_t, dir: int, attrs?: int): u64;
/** Undoes {@link dma_map_single}; `size` as it was mapped. Strict mode invalidates the TLB first. */
declare function dma_unmap_single(
  dev: device,
  addr: u64_arg,
  size: size_t,
  dir: int,
  attrs?: int,
): void;
/** As {@link dma_map_single}, for `size` bytes from `offset` of a page. */
declare function dma_map_page(
  dev: device,
  page: page,
  offset: size_t,
  size: size_t,
  dir: int,
  attrs?: int,
): u64;
/** Undoes {@link dma_map_page}. */
declare function dma_unmap_page(
  dev: device,
  addr: u64_arg,
  size: size_t,
  dir: int,
  attrs?: int,
): void;
/**
 * Maps a scatterlist as one range for the device.
 * @returns number of segments, which can be less than `nents`; 0 on failure
 */
declare function dma_map_sg(
  dev: device,
  sg: scatterlist[] | scatterlist,
  nents: int,
  dir: int,
  attrs?: int,
): int;
/** Undoes {@link dma_map_sg}; `nents` as it was given there. */
declare function dma_unmap_sg(
  dev: device,
  sg: scatterlist[] | scatterlist,
  nents: int,
  dir: int,
  attrs?: int,
): void;
/** Maps registers of another device (IOMMU_MMIO). */
declare function dma_map_resource(
  dev: device,
  phys: u64_arg,
  size: size_t,
  dir: int,
  attrs?: int,
): u64;
/** Undoes {@link dma_map_resource}. */
declare function dma_unmap_resource(
  dev: device,
  addr: u64_arg,
  size: size_t,
  dir: int,
  attrs?: int,
): void;
/** Not 0 when a mapping function failed. In 4.20 the error address is 0. */
declare function dma_mapping_error(dev: device, addr: u64_arg): int;
/**
 * Memory for the CPU and the device at once, zeroed.
 * @param handle receives the device's address
 * @returns NULL on failure
 */
declare function dma_alloc_coherent(
  dev: device,
  size: size_t,
  handle: ref<void_ptr>,
  gfp?: gfp_t,
  attrs?: int,
): buffer | null;
/** Frees what {@link dma_alloc_coherent} gave. */
declare function dma_free_coherent(dev: device, size: size_t, cpu: buffer, handle: u64_arg): void;
/** Gives the memory to the CPU; only cache maintenance, nothing for the IOMMU. */
declare function dma_sync_single_for_cpu(dev: device, addr: u64_arg, size: size_t, dir: int): void;
/** Gives the memory to the device. */
declare function dma_sync_single_for_device(
  dev: device,
  addr: u64_arg,
  size: size_t,
  dir: int,
): void;
/** As {@link dma_sync_single_for_cpu} for a scatterlist. */
declare function dma_sync_sg_for_cpu(
  dev: device,
  sg: scatterlist[] | scatterlist,
  nents: int,
  dir: int,
): void;
/** As {@link dma_sync_single_for_device} for a scatterlist. */
declare function dma_sync_sg_for_device(
  dev: device,
  sg: scatterlist[] | scatterlist,
  nents: int,
  dir: int,
): void;
/** As {@link dma_map_single}, in the address space of a PASID. Ours. */
declare function dma_map_single_pasid(
  dev: device,
  pasid: u32,
  cpu: buffer,
  size: size_t,
  dir: int,
  attrs?: int,
): u64;
/** Undoes {@link dma_map_single_pasid}. Ours. */
declare function dma_unmap_single_pasid(
  dev: device,
  pasid: u32,
  addr: u64_arg,
  size: size_t,
  dir: int,
  attrs?: int,
): void;
/** As {@link dma_map_page}, in the address space of a PASID. Ours. */
declare function dma_map_page_pasid(
  dev: device,
  pasid: u32,
  page: page,
  offset: size_t,
  size: size_t,
  dir: int,
  attrs?: int,
): u64;
/** Undoes {@link dma_map_page_pasid}. Ours. */
declare function dma_unmap_page_pasid(
  dev: device,
  pasid: u32,
  addr: u64_arg,
  size: size_t,
  dir: int,
  attrs?: int,
): void;
/** As {@link dma_map_sg}, in the address space of a PASID. Ours. */
declare function dma_map_sg_pasid(
  dev: device,
  pasid: u32,
  sg: scatterlist[] | scatterlist,
  nents: int,
  dir: int,
  attrs?: int,
): int;
/** Undoes {@link dma_map_sg_pasid}. Ours. */
declare function dma_unmap_sg_pasid(
  dev: device,
  pasid: u32,
  sg: scatterlist[] | scatterlist,
  nents: int,
  dir: int,
  attrs?: int,
): void;
/** As {@link dma_alloc_coherent}, in the address space of a PASID. Ours. */
declare function dma_alloc_coherent_pasid(
  dev: device,
  pasid: u32,
  size: size_t,
  handle: ref<void_ptr>,
  gfp?: gfp_t,
  attrs?: int,
): buffer | null;
/** Frees what {@link dma_alloc_coherent_pasid} gave. Ours. */
declare function dma_free_coherent_pasid(
  dev: device,
  pasid: u32,
  size: size_t,
  cpu: buffer,
  handle: u64_arg,
): void;
/** Sets the addresses that the device can send; 0 or -EIO. It bounds later mappings only. */
declare function dma_set_mask(dev: device, mask: u64_arg): int;
/** The addresses that the device can send, as a mask. */
declare function dma_get_mask(dev: device): u64;
/** Longest segment of {@link dma_map_sg}; 0. Default 64 KiB. */
declare function dma_set_max_seg_size(dev: device, size: size_t): int;
/** Segments of {@link dma_map_sg} never cross a boundary of this mask; 0. Default 4 GiB - 1. */
declare function dma_set_seg_boundary(dev: device, mask: u64_arg): int;
/** Sets the mask for coherent memory; 0 or -EIO. */
declare function dma_set_coherent_mask(dev: device, mask: u64_arg): int;
/** Sets both masks; 0 or -EIO. */
declare function dma_set_mask_and_coherent(dev: device, mask: u64_arg): int;
/** The mask of addresses with `n` bits. */
declare function DMA_BIT_MASK(n: int): u64;
