// Every function of the kernel that scripts see: parameters, result, and the profiles that have it.
// The script layer checks arguments by this table; `api.ts` supplies what each name does.

import type { KernelProfile } from './kernel-config.ts';

/**
 * How a value crosses between a script and the kernel. `u64` is bigint or a safe integer on the way
 * in and bigint on the way out; inside the kernel it is a number. A trailing `?` admits null.
 */
export type ApiType =
  | 'int'
  | 'u32'
  | 'size'
  | 'u64'
  | 'bool'
  | 'string'
  | 'bytes'
  | 'device'
  | 'device?'
  | 'bus'
  | 'bus?'
  | 'domain'
  | 'domain?'
  | 'group'
  | 'group?'
  | 'mm'
  | 'mm?'
  | 'mdev'
  | 'object'
  | 'object?'
  | 'ref'
  | 'ref?'
  | 'function'
  | 'function?'
  | 'any'
  | 'void';

/** What `api.ts` binds to a name. */
export type KernelFunction = (...args: never[]) => unknown;

/** One function: `parameters` as `name: type`, rest parameters with `...`. */
export interface ApiFunction {
  readonly parameters: readonly string[];
  readonly returns: ApiType;
  readonly profiles: readonly KernelProfile[];
  /** What the other profile has instead. */
  readonly replacement?: string;
  /** The shape in attr19, where the same name has two. */
  readonly attr19?: { readonly parameters: readonly string[]; readonly returns: ApiType };
}

const BOTH: readonly KernelProfile[] = ['seed18', 'attr19'];
const SEED18: readonly KernelProfile[] = ['seed18'];
const ATTR19: readonly KernelProfile[] = ['attr19'];

/** `name(parameter: type, ...): result` as one text; parsed once when the table is made. */
function both(...signatures: readonly string[]): Record<string, ApiFunction> {
  return parse(signatures, BOTH);
}

function only(
  profiles: readonly KernelProfile[],
  table: Readonly<Record<string, string>>,
): Record<string, ApiFunction> {
  return Object.fromEntries(
    Object.entries(table).flatMap(([signature, replacement]) =>
      Object.entries(parse([signature], profiles)).map(([name, entry]) => [
        name,
        { ...entry, replacement },
      ]),
    ),
  );
}

/** Functions whose shape changed between the profiles: `[2018, 2019]`. */
function changed(
  ...shapes: readonly (readonly [seed18: string, attr19: string])[]
): Record<string, ApiFunction> {
  return Object.fromEntries(
    shapes.flatMap(([seed18, attr19]) => {
      const [later] = Object.values(parse([attr19], ATTR19));
      return Object.entries(parse([seed18], BOTH)).map(([name, entry]) => [
        name,
        later === undefined ? entry : { ...entry, attr19: later },
      ]);
    }),
  );
}

function parse(
  signatures: readonly string[],
  profiles: readonly KernelProfile[],
): Record<string, ApiFunction> {
  return Object.fromEntries(
    signatures.map((signature) => {
      const open = signature.indexOf('(');
      const close = signature.lastIndexOf(')');
      const inside = signature.slice(open + 1, close);
      const parameters = inside === '' ? [] : inside.split(', ');
      const returns = signature.slice(close + 3) as ApiType;
      return [signature.slice(0, open), { parameters, returns, profiles }];
    }),
  );
}

/** IOMMU core (include/linux/iommu.h). */
const IOMMU = both(
  'iommu_present(bus: bus): bool',
  'iommu_capable(bus: bus, cap: int): bool',
  'iommu_domain_alloc(bus: bus?): domain?',
  'iommu_domain_free(domain: domain): void',
  'iommu_attach_device(domain: domain, dev: device): int',
  'iommu_detach_device(domain: domain, dev: device): void',
  'iommu_attach_group(domain: domain, group: group): int',
  'iommu_detach_group(domain: domain, group: group): void',
  'iommu_get_domain_for_dev(dev: device): domain?',
  'iommu_group_get(dev: device): group?',
  'iommu_group_put(group: group): void',
  'iommu_group_id(group: group): int',
  'iommu_group_for_each_dev(group: group, data: any, fn: function): int',
  'iommu_map(domain: domain, iova: u64, paddr: u64, size: size, prot: int): int',
  'iommu_unmap(domain: domain, iova: u64, size: size): size',
  'iommu_unmap_fast(domain: domain, iova: u64, size: size): size',
  'iommu_map_sg(domain: domain, iova: u64, sg: object, nents: int, prot: int): size',
  'iommu_tlb_sync(domain: domain): void',
  'iommu_flush_tlb_all(domain: domain): void',
  'iommu_iova_to_phys(domain: domain, iova: u64): u64',
  'iommu_domain_get_attr(domain: domain, attr: int, data: ref): int',
  'iommu_domain_set_attr(domain: domain, attr: int, data: ref): int',
  'iommu_set_fault_handler(domain: domain, handler: function?, token: any): void',
  'report_iommu_fault(domain: domain, dev: device, iova: u64, flags: int): int',
  'iommu_get_resv_regions(dev: device, list: object): void',
  'iommu_put_resv_regions(dev: device, list: object): void',
  'iommu_request_dm_for_dev(dev: device): int',
);

/** Auxiliary domains: the two shapes of the API. */
const AUXD = {
  ...only(SEED18, {
    'iommu_set_dev_attr(dev: device, attr: int, data: any): int': 'iommu_dev_enable_feature',
    'iommu_get_dev_attr(dev: device, attr: int, data: ref): int': 'iommu_dev_has_feature',
    'iommu_sva_init_device(dev: device, features: int, min_pasid: u32, max_pasid: u32, mm_exit: function?): int':
      'iommu_dev_enable_feature',
    'iommu_sva_shutdown_device(dev: device): void': 'iommu_dev_disable_feature',
    'mdev_set_iommu_domain(dev: device, domain: domain?): int': 'iommu_aux_get_pasid',
    'mdev_get_iommu_domain(dev: device): domain?': 'iommu_aux_get_pasid',
  }),
  ...only(ATTR19, {
    'iommu_dev_has_feature(dev: device, feat: int): bool': 'iommu_get_dev_attr',
    'iommu_dev_enable_feature(dev: device, feat: int): int':
      'iommu_sva_init_device or iommu_set_dev_attr',
    'iommu_dev_disable_feature(dev: device, feat: int): int':
      'iommu_sva_shutdown_device or iommu_set_dev_attr',
    'iommu_dev_feature_enabled(dev: device, feat: int): bool': 'iommu_get_dev_attr',
    'iommu_aux_attach_device(domain: domain, dev: device): int': 'iommu_attach_device',
    'iommu_aux_detach_device(domain: domain, dev: device): void': 'iommu_detach_device',
    'iommu_aux_get_pasid(domain: domain, dev: device): int':
      'iommu_domain_get_attr(domain, DOMAIN_ATTR_AUXD_ID, pasid)',
    'ioasid_set_data(ioasid: u32, data: any): int': 'ioasid_free and ioasid_alloc',
    'ioasid_get(ioasid: u32): void': 'no reference counts in 2018',
    'ioasid_put(ioasid: u32): bool': 'ioasid_free',
    'ioasid_register_allocator(ops: object): int': 'nothing: the allocator was the only one',
    'ioasid_unregister_allocator(ops: object): void': 'nothing: the allocator was the only one',
    'iommu_sva_set_ops(handle: object, ops: object): int':
      'iommu_sva_init_device, whose last argument is mm_exit',
    'iommu_sva_get_pasid(handle: object): int':
      'iommu_sva_bind_device(dev, mm, pasid, flags, data)',
    'iommu_sva_alloc_pasid(mm: mm, min: u32, max: u32): int': 'iommu_sva_bind_device',
    'iommu_sva_free_pasid(mm: mm): void': 'iommu_sva_unbind_device',
    'iommu_sva_find(pasid: u32): any': 'ioasid_find',
  }),
};

/** ioasid: `ioasid_find` has a third argument in attr19, `ioasid_for_each` is gone by then. */
const IOASID = {
  ...both(
    'ioasid_alloc(set: object?, min: u32, max: u32, private: any): u32',
    'ioasid_free(ioasid: u32): void',
    'ioasid_find(set: object?, ioasid: u32, getter?: function?): any',
    'DECLARE_IOASID_SET(name: string): object',
  ),
  ...only(SEED18, {
    'ioasid_for_each(set: object, fn: function, data: any): int':
      'nothing: the iterator was dropped before ioasid was merged',
  }),
};

/** Binding a process: 2018 writes the PASID to a ref, 5.2 answers a handle. */
const SVA_BIND = changed(
  [
    'iommu_sva_bind_device(dev: device, mm: mm, pasid: ref, flags: int, drvdata: any): int',
    'iommu_sva_bind_device(dev: device, mm: mm, drvdata: any): object',
  ],
  [
    'iommu_sva_unbind_device(dev: device, pasid: u32): int',
    'iommu_sva_unbind_device(handle: object): void',
  ],
);

/** Processes and I/O page faults (the 2018 series; the same calls serve both profiles). */
const SVA = both(
  'mm_alloc(): mm?',
  'iommu_register_device_fault_handler(dev: device, handler: function, data: any): int',
  'iommu_unregister_device_fault_handler(dev: device): int',
  'iommu_report_device_fault(dev: device, event: object): int',
  'iommu_page_response(dev: device, message: object): int',
  'iopf_queue_alloc(name: string): object?',
  'iopf_queue_free(queue: object): void',
  'iopf_queue_add_device(queue: object, dev: device): int',
  'iopf_queue_remove_device(queue: object, dev: device): int',
  'iopf_queue_flush_dev(dev: device): int',
  'iopf_queue_discard_partial(queue: object): int',
  'iommu_queue_iopf(event: object, cookie: any): int',
);

/** Mediated devices and VFIO as a user of the container sees it; the VFIO names are ours. */
const MDEV = both(
  'mdev_register_device(dev: device, ops: object): int',
  'mdev_unregister_device(dev: device): void',
  'mdev_parent_dev(mdev: object): device',
  'mdev_dev(mdev: object): device',
  'mdev_from_dev(dev: device): object?',
  'mdev_uuid(mdev: object): string',
  'mdev_get_drvdata(mdev: object): any',
  'mdev_set_drvdata(mdev: object, data: any): void',
  'mdev_set_iommu_device(dev: device, iommu_device: device?): int',
  'mdev_get_iommu_device(dev: device): device?',
  'mdev_create(parent: device, type: string, uuid: string): int',
  'mdev_remove(uuid: string): int',
  'mdev_find(uuid: string): object?',
  'vfio_container_open(): object',
  'vfio_group_open(dev: device): object?',
  'vfio_group_close(group: object): int',
  'vfio_group_set_container(group: object, container: object): int',
  'vfio_group_unset_container(group: object): int',
  'vfio_set_iommu(container: object, type: int, mm: mm?): int',
  'vfio_group_get_device(group: object, uuid: string): any',
  'vfio_device_close(device: object): void',
  'vfio_device_ioctl(device: object, cmd: u32, arg: any): int',
  'vfio_iommu_map_dma(container: object, vaddr: u64, iova: u64, size: size, flags: int): int',
  'vfio_iommu_unmap_dma(container: object, iova: u64, size: size): int',
);

/** PCI capabilities. */
const PCI = both(
  'pci_enable_pasid(pdev: device, features: int): int',
  'pci_disable_pasid(pdev: device): void',
  'pci_pasid_features(pdev: device): int',
  'pci_max_pasids(pdev: device): int',
  'pci_enable_ats(pdev: device, ps: int): int',
  'pci_disable_ats(pdev: device): void',
  'pci_ats_queue_depth(pdev: device): int',
  'pci_enable_pri(pdev: device, reqs: u32): int',
  'pci_disable_pri(pdev: device): void',
  'pci_reset_pri(pdev: device): int',
  'pci_find_ext_capability(pdev: device, cap: int): int',
  'pci_read_config_word(pdev: device, where: int, val: ref): int',
  'pci_write_config_word(pdev: device, where: int, val: int): int',
  'pci_read_config_dword(pdev: device, where: int, val: ref): int',
  'pci_write_config_dword(pdev: device, where: int, val: u32): int',
);

/** Interrupts, work, time and waiting. */
const SURROUNDINGS = both(
  'request_irq(irq: int, handler: function, flags: int, name: string, dev: any): int',
  'request_threaded_irq(irq: int, handler: function?, thread_fn: function?, flags: int, name: string, dev: any): int',
  'free_irq(irq: int, dev: any): void',
  'init_completion(x: object): void',
  'complete(x: object): void',
  'complete_all(x: object): void',
  'wait_for_completion(x: object): void',
  'wait_for_completion_timeout(x: object, timeout: u64): u64',
  'init_waitqueue_head(head: object): void',
  'wake_up(head: object): void',
  'wake_up_all(head: object): void',
  'wait_event(head: object, condition: function): void',
  'wait_event_timeout(head: object, condition: function, timeout: u64): u64',
  'alloc_workqueue(fmt: string, flags: int, max_active: int): object?',
  'destroy_workqueue(wq: object): void',
  'INIT_WORK(work: object, func: function): void',
  'INIT_DELAYED_WORK(work: object, func: function): void',
  'schedule_work(work: object): bool',
  'queue_work(wq: object, work: object): bool',
  'queue_delayed_work(wq: object, work: object, delay: u64): bool',
  'schedule_delayed_work(work: object, delay: u64): bool',
  'flush_work(work: object): bool',
  'flush_workqueue(wq: object): void',
  'cancel_work_sync(work: object): bool',
  'cancel_delayed_work_sync(work: object): bool',
  'timer_setup(timer: object, callback: function, flags: u32): void',
  'mod_timer(timer: object, expires: u64): int',
  'del_timer(timer: object): int',
  'del_timer_sync(timer: object): int',
  'timer_pending(timer: object): int',
  'get_jiffies(): u64',
  'msecs_to_jiffies(ms: u32): u64',
  'usleep_range(min: u64, max: u64): void',
  'udelay(us: u64): void',
  'mdelay(ms: u64): void',
  'msleep(ms: u32): void',
  'printk(level: int, fmt: string, ...args: any): void',
  'pr_emerg(fmt: string, ...args: any): void',
  'pr_err(fmt: string, ...args: any): void',
  'pr_warn(fmt: string, ...args: any): void',
  'pr_notice(fmt: string, ...args: any): void',
  'pr_info(fmt: string, ...args: any): void',
  'pr_debug(fmt: string, ...args: any): void',
  'dev_err(dev: device, fmt: string, ...args: any): void',
  'dev_warn(dev: device, fmt: string, ...args: any): void',
  'dev_notice(dev: device, fmt: string, ...args: any): void',
  'dev_info(dev: device, fmt: string, ...args: any): void',
  'dev_dbg(dev: device, fmt: string, ...args: any): void',
  'WARN_ON(condition: any): bool',
  'bus_for_each_dev(bus: bus, start: device?, data: any, fn: function): int',
  'bus_find_device_by_name(bus: bus, start: device?, name: string): device?',
  'dev_name(dev: device): string',
  'dev_get_drvdata(dev: device): any',
  'dev_set_drvdata(dev: device, data: any): void',
);

/** DMA API; the `_pasid` forms are ours (model decision). */
const DMA = both(
  'dma_map_single(dev: device, cpu: object, size: size, dir: int, attrs?: int): u64',
  'dma_unmap_single(dev: device, addr: u64, size: size, dir: int, attrs?: int): void',
  'dma_map_page(dev: device, page: object, offset: size, size: size, dir: int, attrs?: int): u64',
  'dma_unmap_page(dev: device, addr: u64, size: size, dir: int, attrs?: int): void',
  'dma_map_sg(dev: device, sg: object, nents: int, dir: int, attrs?: int): int',
  'dma_unmap_sg(dev: device, sg: object, nents: int, dir: int, attrs?: int): void',
  'dma_map_resource(dev: device, phys: u64, size: size, dir: int, attrs?: int): u64',
  'dma_unmap_resource(dev: device, addr: u64, size: size, dir: int, attrs?: int): void',
  'dma_mapping_error(dev: device, addr: u64): int',
  'dma_alloc_coherent(dev: device, size: size, handle: ref, gfp?: int, attrs?: int): object?',
  'dma_free_coherent(dev: device, size: size, cpu: object, handle: u64): void',
  'dma_sync_single_for_cpu(dev: device, addr: u64, size: size, dir: int): void',
  'dma_sync_single_for_device(dev: device, addr: u64, size: size, dir: int): void',
  'dma_sync_sg_for_cpu(dev: device, sg: object, nents: int, dir: int): void',
  'dma_sync_sg_for_device(dev: device, sg: object, nents: int, dir: int): void',
  'dma_map_single_pasid(dev: device, pasid: u32, cpu: object, size: size, dir: int, attrs?: int): u64',
  'dma_unmap_single_pasid(dev: device, pasid: u32, addr: u64, size: size, dir: int, attrs?: int): void',
  'dma_map_page_pasid(dev: device, pasid: u32, page: object, offset: size, size: size, dir: int, attrs?: int): u64',
  'dma_unmap_page_pasid(dev: device, pasid: u32, addr: u64, size: size, dir: int, attrs?: int): void',
  'dma_map_sg_pasid(dev: device, pasid: u32, sg: object, nents: int, dir: int, attrs?: int): int',
  'dma_unmap_sg_pasid(dev: device, pasid: u32, sg: object, nents: int, dir: int, attrs?: int): void',
  'dma_alloc_coherent_pasid(dev: device, pasid: u32, size: size, handle: ref, gfp?: int, attrs?: int): object?',
  'dma_free_coherent_pasid(dev: device, pasid: u32, size: size, cpu: object, handle: u64): void',
  'dma_set_mask(dev: device, mask: u64): int',
  'dma_set_coherent_mask(dev: device, mask: u64): int',
  'dma_set_mask_and_coherent(dev: device, mask: u64): int',
  'dma_get_mask(dev: device): u64',
  'dma_set_max_seg_size(dev: device, size: size): int',
  'dma_set_seg_boundary(dev: device, mask: u64): int',
  'DMA_BIT_MASK(n: int): u64',
);

/** Pages, kernel memory, scatterlists. */
const MEMORY = both(
  'alloc_pages(order: int): object?',
  '__free_pages(page: object, order: int): void',
  'page_to_phys(page: object): u64',
  'page_address(page: object): object',
  'get_order(size: size): int',
  'kmalloc(size: size, flags?: int): object?',
  'kzalloc(size: size, flags?: int): object?',
  'kfree(ptr: object?): void',
  'virt_to_phys(ptr: object): u64',
  'sg_init_table(sgl: object, nents: int): void',
  'sg_set_page(sg: object, page: object, len: size, offset: size): void',
  'sg_set_buf(sg: object, buf: object, buflen: size): void',
  'sg_init_one(sgl: object, buf: object, buflen: size): void',
  'sg_dma_address(sg: object): u64',
  'sg_dma_len(sg: object): size',
  'sg_phys(sg: object): u64',
  'sg_page(sg: object): object?',
  'sg_next(sg: object): object?',
  'sg_nents(sg: object): int',
);

/** Functions of the kernel by name. */
export const KERNEL_FUNCTIONS: Readonly<Record<string, ApiFunction>> = {
  ...IOMMU,
  ...AUXD,
  ...IOASID,
  ...SVA_BIND,
  ...SVA,
  ...MDEV,
  ...PCI,
  ...SURROUNDINGS,
  ...DMA,
  ...MEMORY,
};
