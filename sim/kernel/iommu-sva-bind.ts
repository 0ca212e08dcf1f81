// Binding process address spaces to devices (SVA v3 of September 2018): one PASID an mm for the whole
// system, an io_mm shared by every device that is bound to it, torn down at unbind or at process exit.

import type { BondState } from '../trace/object-state.ts';
import { EDOM, EEXIST, EINVAL, ENODEV, ENOMEM, ENOSPC, EOVERFLOW, ERANGE, ESRCH } from './errno.ts';
import type { IoPageFaults } from './io-pgfault.ts';
import type { Ioasid, IoasidSet } from './ioasid.ts';
import { INVALID_IOASID } from './ioasid.ts';
import type { Device, IoMm, IoMmContext, IommuDomain, IommuSvaParam, Ref } from './iommu-types.ts';
import type { KernelBase } from './kernel-base.ts';
import type { AddressSpaces, MmStruct } from './mm/mm-struct.ts';
import type { MmuNotifier } from './mm/mmu-notifier.ts';
import { bondName, bondState } from './object-states.ts';

/** A device that is bound to an io_mm. */
interface IommuBond {
  readonly dev: Device;
  readonly domain: IommuDomain;
  readonly drvdata: unknown;
  /** Handles of the 2019 shape share a bond; in 2018 there is one. */
  references: number;
}

/** struct io_mm with its bonds. */
class SharedIoMm implements IoMm {
  readonly pasid: number;
  readonly mm: MmStruct;
  readonly flags: number;
  readonly context: IoMmContext;
  readonly bonds: IommuBond[] = [];
  readonly notifier: MmuNotifier;

  constructor(
    pasid: number,
    mm: MmStruct,
    flags: number,
    context: IoMmContext,
    notifier: MmuNotifier,
  ) {
    this.pasid = pasid;
    this.mm = mm;
    this.flags = flags;
    this.context = context;
    this.notifier = notifier;
  }
}

/** The io_mms of one kernel. */
export class SvaBindings {
  readonly #kernel: KernelBase;
  readonly #ioasid: Ioasid;
  readonly #spaces: AddressSpaces;
  readonly #iopf: IoPageFaults;
  readonly #set: IoasidSet = { name: 'iommu_sva' };
  readonly #all = new Map<number, SharedIoMm>();
  /** PASIDs that drivers gave to an mm by iommu_sva_alloc_pasid(), and how often. */
  readonly #reserved = new Map<MmStruct, { readonly pasid: number; readonly count: number }>();

  constructor(kernel: KernelBase, ioasid: Ioasid, spaces: AddressSpaces, iopf: IoPageFaults) {
    this.#kernel = kernel;
    this.#ioasid = ioasid;
    this.#spaces = spaces;
    this.#iopf = iopf;
  }

  /**
   * iommu_sva_alloc_pasid(): gives an mm its PASID before it is bound, or takes a reference.
   * @returns 0; -EINVAL min is 0 or invalid, or above max; -EOVERFLOW the mm's PASID is out of range; -ENOMEM
   */
  iommu_sva_alloc_pasid(mm: MmStruct, min: number, max: number): number {
    if (min === 0 || min === INVALID_IOASID || max < min) {
      return -EINVAL;
    }
    const known = this.pasidOf(mm);
    if (known !== undefined) {
      if (known < min || known > max) {
        return -EOVERFLOW;
      }
      this.#ioasid.get(known);
    }
    const pasid = known ?? this.#ioasid.allocUpTo(this.#set, min, max, mm);
    if (pasid === INVALID_IOASID) {
      return -ENOMEM;
    }
    this.#reserved.set(mm, { pasid, count: (this.#reserved.get(mm)?.count ?? 0) + 1 });
    return 0;
  }

  /** iommu_sva_free_pasid(): drops a reference; the last one frees the PASID. */
  iommu_sva_free_pasid(mm: MmStruct): void {
    const reserved = this.#reserved.get(mm);
    if (reserved === undefined) {
      this.#kernel.misuse('iommu-sva-lib.c', `iommu_sva_free_pasid: mm ${mm.id} has no PASID`);
      return;
    }
    const { pasid, count } = reserved;
    if (count === 1) {
      this.#reserved.delete(mm);
    } else {
      this.#reserved.set(mm, { pasid, count: count - 1 });
    }
    this.#ioasid.put(pasid);
  }

  /** iommu_sva_find(): the mm under a PASID; ERR_PTR(-ENOENT), or ERR_PTR(-EACCES) for one not of SVA. */
  iommu_sva_find(pasid: number): unknown {
    return this.#ioasid.find(this.#set, pasid);
  }

  /** The PASID of an mm that is bound or has one reserved. */
  pasidOf(mm: MmStruct): number | undefined {
    const bound = [...this.#all.values()].find((io_mm) => io_mm.mm === mm);
    return bound?.pasid ?? this.#reserved.get(mm)?.pasid;
  }

  /** The process address space under a PASID. */
  find(pasid: number): MmStruct | undefined {
    return this.#all.get(pasid)?.mm;
  }

  /**
   * Binds `mm` to a device and writes its PASID to `pasid`.
   * @returns 0; -EINVAL no domain, SVA off, or flags that init did not ask for; -ENODEV no driver
   *   support; -EEXIST bound already; -EDOM other flags than the mm's other users; -ERANGE the mm's PASID
   *   is outside the device's limits; -ENOSPC no PASID; -ENOMEM
   */
  iommu_sva_bind_device(
    dev: Device,
    mm: MmStruct,
    pasid: Ref<unknown>,
    flags: number,
    drvdata: unknown,
  ): number {
    const domain = dev.iommu_group?.domain;
    const param = dev.sva_param;
    const ops = dev.bus?.iommu_ops;
    if (domain === undefined || param === undefined || (flags & ~param.features) !== 0) {
      return -EINVAL;
    }
    if (ops?.mm_alloc === undefined || ops.mm_attach === undefined) {
      return -ENODEV;
    }
    const known = [...this.#all.values()].find((io_mm) => io_mm.mm === mm);
    if (known !== undefined) {
      if (known.bonds.some((bond) => bond.dev === dev)) {
        return -EEXIST;
      }
      if (known.flags !== flags) {
        return -EDOM;
      }
      if (known.pasid < param.min_pasid || known.pasid > param.max_pasid) {
        return -ERANGE;
      }
    }
    const io_mm = known ?? this.#create(dev, mm, flags);
    if (typeof io_mm === 'number') {
      return io_mm;
    }
    const ret = this.#attach(io_mm, { dev, domain, drvdata, references: 1 });
    if (ret === 0) {
      pasid.value = io_mm.pasid;
    }
    return ret;
  }

  /** 0; -EINVAL SVA is off; -ESRCH the PASID is not bound. The device must have stopped using it. */
  iommu_sva_unbind_device(dev: Device, pasid: number): number {
    if (dev.sva_param === undefined || dev.iommu_group?.domain === undefined) {
      return -EINVAL;
    }
    const io_mm = this.#all.get(pasid);
    const bond = io_mm?.bonds.find((candidate) => candidate.dev === dev);
    if (io_mm === undefined || bond === undefined) {
      return -ESRCH;
    }
    this.#iopf.iopf_queue_flush_dev(dev);
    this.#detach(io_mm, bond);
    return 0;
  }

  /** One handle more or less for a bond that stays. */
  reference(dev: Device, pasid: number, by: 1 | -1): void {
    const io_mm = this.#all.get(pasid);
    const bond = io_mm?.bonds.find((candidate) => candidate.dev === dev);
    if (io_mm !== undefined && bond !== undefined) {
      bond.references += by;
      this.#note(io_mm, bond);
    }
  }

  /** How every bond stands for the trace, by its name. */
  states(): ReadonlyMap<string, BondState> {
    return new Map(
      [...this.#all.values()].flatMap((io_mm) =>
        io_mm.bonds.map((bond) => [bondName(bond.dev, io_mm.pasid), stateOf(io_mm, bond)] as const),
      ),
    );
  }

  #note(io_mm: SharedIoMm, bond: IommuBond): void {
    this.#kernel.noteState('bond', bondName(bond.dev, io_mm.pasid), stateOf(io_mm, bond));
  }

  /** Ends every bond of a device: part of shutting SVA down. */
  unbindAll(dev: Device): void {
    for (const io_mm of [...this.#all.values()]) {
      const bond = io_mm.bonds.find((candidate) => candidate.dev === dev);
      if (bond !== undefined) {
        this.#iopf.iopf_queue_flush_dev(dev);
        this.#detach(io_mm, bond);
      }
    }
  }

  #create(dev: Device, mm: MmStruct, flags: number): SharedIoMm | number {
    const param = dev.sva_param;
    const ops = dev.bus?.iommu_ops;
    const context = ops?.mm_alloc?.(dev, mm) ?? null;
    if (param === undefined || context === null) {
      return -ENOMEM;
    }
    const pasid = this.#takePasid(mm, param);
    if (pasid < 0) {
      ops?.mm_free?.(context);
      return pasid;
    }
    const notifier: MmuNotifier = {
      ops: {
        release: () => this.#exit(io_mm),
        invalidate_range: (_mn, _mm, start, end) => this.#invalidate(io_mm, start, end),
      },
    };
    const io_mm = new SharedIoMm(pasid, mm, flags, context, notifier);
    const ret = this.#spaces.mmu_notifier_register(notifier, mm);
    if (ret !== 0) {
      this.#ioasid.put(pasid);
      ops?.mm_free?.(context);
      return ret;
    }
    this.#all.set(pasid, io_mm);
    this.#kernel.noteObject('pasid', pasid, `PASID ${pasid} is mm ${mm.id}`);
    return io_mm;
  }

  /** The PASID that the mm has already, or a new one. */
  #takePasid(mm: MmStruct, { min_pasid, max_pasid }: IommuSvaParam): number {
    const own = this.#reserved.get(mm)?.pasid;
    if (own === undefined) {
      const pasid = this.#ioasid.allocUpTo(this.#set, min_pasid, max_pasid, mm);
      return pasid === INVALID_IOASID ? -ENOSPC : pasid;
    }
    if (own < min_pasid || own > max_pasid) {
      return -ERANGE;
    }
    this.#ioasid.get(own);
    return own;
  }

  #attach(io_mm: SharedIoMm, bond: IommuBond): number {
    const first = !io_mm.bonds.some(({ domain }) => domain === bond.domain);
    const allocated = this.#kernel.kmalloc('iommu_bond');
    const attached = allocated
      ? (bond.dev.bus?.iommu_ops?.mm_attach?.(bond.dev, io_mm, first) ?? -ENODEV)
      : -ENOMEM;
    if (attached !== 0) {
      if (io_mm.bonds.length === 0) {
        this.#destroy(io_mm, bond.dev);
      }
      return attached;
    }
    io_mm.bonds.push(bond);
    this.#note(io_mm, bond);
    return 0;
  }

  #detach(io_mm: SharedIoMm, bond: IommuBond): void {
    io_mm.bonds.splice(io_mm.bonds.indexOf(bond), 1);
    this.#kernel.noteState('bond', bondName(bond.dev, io_mm.pasid), undefined);
    const last = !io_mm.bonds.some(({ domain }) => domain === bond.domain);
    bond.dev.bus?.iommu_ops?.mm_detach?.(bond.dev, io_mm, last);
    if (io_mm.bonds.length === 0) {
      this.#destroy(io_mm, bond.dev);
    }
  }

  #destroy(io_mm: SharedIoMm, dev: Device): void {
    if (this.#all.delete(io_mm.pasid)) {
      dev.bus?.iommu_ops?.mm_free?.(io_mm.context);
      this.#ioasid.put(io_mm.pasid);
      this.#spaces.mmu_notifier_unregister_no_release(io_mm.notifier, io_mm.mm);
    }
  }

  /** The process ends: each bond's handler stops the device, then requests and descriptor go. */
  #exit(io_mm: SharedIoMm): void {
    for (const bond of [...io_mm.bonds]) {
      const handler = bond.dev.sva_param?.mm_exit ?? null;
      if (handler === null) {
        this.#kernel.misuse(
          'iommu-sva.c',
          `mm ${io_mm.mm.id} exits while ${bond.dev.name} is bound and has no mm_exit handler: ` +
            `nobody stops its use of PASID ${io_mm.pasid}`,
        );
      } else if (handler(bond.dev, io_mm.pasid, bond.drvdata) !== 0) {
        this.#kernel.log.dev_warn(bond.dev, 'possible leak of PASID %u', io_mm.pasid);
      }
      if (io_mm.bonds.includes(bond)) {
        this.#iopf.iopf_queue_flush_dev(bond.dev);
        this.#detach(io_mm, bond);
      }
    }
  }

  #invalidate(io_mm: SharedIoMm, start: number, end: number): void {
    const done: IommuDomain[] = [];
    for (const { dev, domain } of io_mm.bonds) {
      if (!done.includes(domain)) {
        done.push(domain);
        dev.bus?.iommu_ops?.mm_invalidate?.(dev, io_mm, start, end - start);
      }
    }
  }
}

function stateOf({ mm, pasid, context }: SharedIoMm, bond: IommuBond): BondState {
  return bondState(bond, { mm, pasid, asid: context.asid });
}
