// The kernel of a session: the base and every subsystem, composed. Scripts reach it through `api.ts`.
// Files that subsystems need import `kernel-base.ts`; nothing that this file imports may import it back.

import { Emitter } from '../base/emitter.ts';
import { PciConfigSpace } from '../machine/pci-config-space.ts';
import { ARM_SMMU_FEAT_PRI } from './arm-smmu-v3/arm-smmu-v3.ts';
import { ArmSmmuDriver } from './arm-smmu-v3/driver.ts';
import type { EventRecord } from './arm-smmu-v3/event-record.ts';
import { decodeEvent } from './arm-smmu-v3/event-record.ts';
import { arm_smmu_handlers } from './arm-smmu-v3/irq.ts';
import { arm_smmu_device_probe, arm_smmu_firmware_probe } from './arm-smmu-v3/probe.ts';
import { ArmSmmuDevice } from './arm-smmu-v3/smmu-device.ts';
import { DmaMapping } from './dma-mapping.ts';
import { DmaPasid } from './dma-pasid.ts';
import type { IommuDmaCalls } from './dma-types.ts';
import { ENOMEM } from './errno.ts';
import type { IopfQueue } from './io-pgfault.ts';
import { IoPageFaults } from './io-pgfault.ts';
import { Ioasid } from './ioasid.ts';
import { IommuCore } from './iommu.ts';
import { DeviceFaults } from './iommu-fault.ts';
import type { SvaHooks } from './iommu-sva.ts';
import { IommuSva } from './iommu-sva.ts';
import { SvaBindings } from './iommu-sva-bind.ts';
import { SvaHandles } from './iommu-sva-handle.ts';
import type { BusType, DeviceFaultHandler, IommuResvRegion } from './iommu-types.ts';
import { Device, DOMAIN_ATTR } from './iommu-types.ts';
import type { KernelOptions } from './kernel-base.ts';
import { KernelBase } from './kernel-base.ts';
import type { SmmuPlatform } from './kernel-config.ts';
import type { Leak } from './leaks.ts';
import { leaksOf } from './leaks.ts';
import { Mdevs } from './mdev.ts';
import { AddressSpaces } from './mm/mm-struct.ts';
import { Slabs } from './mm/slab.ts';
import { noteDevice } from './object-states.ts';
import type { PciDev } from './pci.ts';
import { Vfio } from './vfio.ts';
import { Workqueue } from './workqueue.ts';

/** A platform device as the firmware tables and a script describe it. */
export interface PlatformDeviceOptions {
  /** Stream IDs; none: the device is not behind an SMMU. */
  readonly sids?: readonly number[];
  /** PASID width, bits; 0 without. */
  readonly ssid_bits?: number;
  readonly can_stall?: boolean;
  /** Address bits that the device can emit; default 32 as the DMA API assumes. */
  readonly dma_mask_bits?: number;
  /** Which SMMU the device is behind; default the first. */
  readonly smmu?: number;
}

/** A PCI function. */
export interface PciDeviceOptions {
  /** `bus:device.function` or with a domain in front; default the next free device number. */
  readonly bdf?: string;
  readonly pasid_bits?: number;
  readonly ats?: boolean;
  readonly pri?: boolean;
  readonly dma_mask_bits?: number;
  /** First function of a set that shares this one's requester ID on the bus. */
  readonly alias?: Device;
  readonly smmu?: number;
}

/** One running kernel on one machine. */
export class Kernel extends KernelBase {
  readonly platform_bus_type: BusType = newBus('platform');
  readonly pci_bus_type: BusType = newBus('pci');
  readonly amba_bus_type: BusType = newBus('amba');
  readonly iommu: IommuCore;
  readonly ioasid: Ioasid;
  readonly smmu_driver: ArmSmmuDriver;
  readonly sva: IommuSva;
  readonly spaces: AddressSpaces;
  readonly faults: DeviceFaults;
  readonly iopf: IoPageFaults;
  readonly bindings: SvaBindings;
  readonly handles: SvaHandles;
  readonly mdev: Mdevs;
  readonly vfio: Vfio;
  readonly dma: DmaMapping;
  readonly dma_pasid: DmaPasid;
  readonly slab: Slabs;
  readonly system_wq = new Workqueue(this.machine, 'events');
  /** Event records that the driver drained, oldest first. */
  readonly events: EventRecord[] = [];
  readonly #drained = new Emitter<EventRecord>();
  /** Told of each event record as the driver drains it. */
  readonly onDidDrainEvent = this.#drained.event;
  /** Result of each SMMU's probe, in order. */
  readonly probeResults: number[] = [];
  #nextSlot = 1;
  #iopfQueue: IopfQueue | null = null;

  constructor(options: KernelOptions) {
    super(options);
    this.iommu = new IommuCore(this);
    this.ioasid = new Ioasid(this);
    this.spaces = new AddressSpaces(this);
    this.faults = new DeviceFaults(this);
    this.iopf = new IoPageFaults(this, this.faults, (pasid) => this.bindings.find(pasid));
    this.bindings = new SvaBindings(this, this.ioasid, this.spaces, this.iopf);
    this.handles = new SvaHandles(this, this.bindings);
    this.smmu_driver = new ArmSmmuDriver(this, this.iommu, this.ioasid, {
      devices: this.faults,
      onRequestsLost: () => this.iopf.discardAllPartial(),
      putDmaCookie: (domain) => this.dma.iommu.iommu_put_dma_cookie(domain),
    });
    this.sva = new IommuSva(this, this.iommu, this.#svaHooks());
    this.mdev = new Mdevs(this, this.iommu.groups);
    this.vfio = new Vfio(this, this.iommu, this.mdev);
    const calls = dmaCalls(this);
    this.dma = new DmaMapping(this, calls);
    this.dma_pasid = new DmaPasid(this, calls, this.dma);
    this.slab = new Slabs(this.machine, this.pages, this.diagnostics);
  }

  /** Probes every SMMU of the configuration; 0, or the first error. */
  boot(): number {
    for (const platform of this.config.smmus) {
      this.probeResults.push(this.probeSmmu(platform));
    }
    return this.probeResults.find((ret) => ret !== 0) ?? 0;
  }

  /** Probes one SMMU: registers, tables, reset, and the buses it takes over. */
  probeSmmu(platform: SmmuPlatform): number {
    const smmu = new ArmSmmuDevice(this, platform);
    const firmware = arm_smmu_firmware_probe(smmu);
    if (firmware.ret !== 0) {
      return firmware.ret;
    }
    const handlers = arm_smmu_handlers(smmu, this.smmu_driver.sva, (from, words, handled) => {
      const record = decodeEvent(words, from.dev.name, handled);
      this.events.push(record);
      this.#drained.fire(record);
    });
    smmu.drain = () => {
      handlers.evtq_thread(0, smmu);
      if (smmu.has(ARM_SMMU_FEAT_PRI)) {
        handlers.priq_thread(0, smmu);
      }
    };
    const ret = arm_smmu_device_probe(smmu, handlers, firmware.bypass);
    if (ret !== 0) {
      return ret;
    }
    this.smmu_driver.adopt(smmu);
    this.noteObject('sysfs', 0, `smmu3.0x${platform.base.toString(16).padStart(16, '0')}`);
    for (const bus of [this.pci_bus_type, this.amba_bus_type, this.platform_bus_type]) {
      if (bus.iommu_ops !== this.smmu_driver.ops) {
        this.noteObject('bus_set_iommu', 0, bus.name);
        this.iommu.bus_set_iommu(bus, this.smmu_driver.ops);
      }
    }
    return 0;
  }

  /** A platform device arrives: stream IDs by firmware, group, default domain, attach. */
  add_platform_device(name: string, options: PlatformDeviceOptions = {}): Device {
    const dev = new Device(name, this.platform_bus_type);
    setMask(dev, options.dma_mask_bits);
    this.initFwspec(dev, options.sids ?? [], options.smmu ?? 0);
    if (dev.iommu_fwspec !== undefined) {
      dev.iommu_fwspec.num_pasid_bits = options.ssid_bits ?? 0;
      dev.iommu_fwspec.can_stall = options.can_stall ?? false;
    }
    this.#arrive(dev);
    return dev;
  }

  /** A PCI function arrives; its stream ID is its requester ID. */
  add_pci_device(name: string, options: PciDeviceOptions = {}): Device {
    const bdf = parseBdf(options.bdf ?? `00:${(this.#nextSlot++).toString(16).padStart(2, '0')}.0`);
    const dev = new Device(name, this.pci_bus_type);
    setMask(dev, options.dma_mask_bits);
    const pci: PciDev = {
      ...bdf,
      config: new PciConfigSpace({
        pasid_bits: options.pasid_bits ?? 0,
        ats: options.ats ?? false,
        pri: options.pri ?? false,
      }),
      ats_enabled: false,
      pri_enabled: false,
      pasid_enabled: false,
      pasid_features: 0,
    };
    dev.pci = pci;
    dev.dma_alias = options.alias;
    this.initFwspec(dev, [bdf.requester_id], options.smmu ?? 0);
    this.#arrive(dev);
    return dev;
  }

  /** What drivers still hold: PASIDs, domains, pages of alloc_pages, memory of kmalloc. */
  leaks(): readonly Leak[] {
    return leaksOf(this);
  }

  /** The device goes away: detached, out of its group. */
  remove_device(dev: Device): void {
    dev.bus?.iommu_ops?.remove_device(dev);
    const at = dev.bus?.devices.indexOf(dev) ?? -1;
    if (at >= 0) {
      dev.bus?.devices.splice(at, 1);
      this.noteState('device', dev.name, undefined);
    }
  }

  /** A workqueue of a driver's own, or NULL without memory. */
  alloc_workqueue(name: string): Workqueue | null {
    return this.kmalloc('workqueue') ? new Workqueue(this.machine, name) : null;
  }

  /** The driver's fault queue takes every device that wants page faults. */
  #svaHooks(): SvaHooks {
    const { faults, iopf, bindings } = this;
    return {
      enableFaults: (dev) => {
        this.#iopfQueue ??= iopf.iopf_queue_alloc('arm-smmu-v3');
        const queue = this.#iopfQueue;
        if (queue === null) {
          return -ENOMEM;
        }
        const handler: DeviceFaultHandler = (event, data) => iopf.iommu_queue_iopf(event, data);
        const ret = faults.iommu_register_device_fault_handler(dev, handler, dev);
        const queued = ret === 0 ? iopf.iopf_queue_add_device(queue, dev) : 0;
        if (queued !== 0) {
          faults.iommu_unregister_device_fault_handler(dev);
        }
        return ret || queued;
      },
      disableFaults: (dev) => {
        if (this.#iopfQueue !== null) {
          iopf.iopf_queue_remove_device(this.#iopfQueue, dev);
        }
        faults.iommu_unregister_device_fault_handler(dev);
      },
      unbindAll: (dev) => bindings.unbindAll(dev),
      mmExit: (dev, pasid) => this.handles.exit(dev, pasid),
    };
  }

  /** iommu_fwspec_init() and of_xlate() for each stream ID: what firmware says of a device. */
  initFwspec(dev: Device, sids: readonly number[], smmu: number): void {
    if (sids.length === 0) {
      return;
    }
    dev.iommu_fwspec = {
      ops: this.smmu_driver.ops,
      ids: [],
      iommu_priv: undefined,
      num_pasid_bits: 0,
      can_stall: false,
    };
    this.smmu_driver.smmuIndex.set(dev, smmu);
    for (const sid of sids) {
      this.smmu_driver.ops.of_xlate(dev, sid);
    }
  }

  #arrive(dev: Device): void {
    dev.bus?.devices.push(dev);
    this.noteObject('device', dev.iommu_fwspec?.ids[0] ?? 0, dev.name);
    this.iommu.add_device(dev);
    noteDevice(this, dev);
    this.machine.settle();
  }
}

/** What the DMA API asks of the IOMMU core. */
function dmaCalls({ iommu, smmu_driver }: Kernel): IommuDmaCalls {
  return {
    iommu_get_dma_domain: (dev) => iommu.iommu_get_dma_domain(dev) ?? undefined,
    iommu_map: (...args) => iommu.iommu_map(...args),
    iommu_unmap_fast: (...args) => iommu.iommu_unmap_fast(...args),
    iommu_tlb_sync: (domain) => iommu.iommu_tlb_sync(domain),
    iommu_map_sg: (...args) => iommu.iommu_map_sg(...args),
    iommu_iova_to_phys: (domain, iova) => iommu.iommu_iova_to_phys(domain, iova),
    iommu_flush_tlb_all: (domain) => iommu.iommu_flush_tlb_all(domain),
    usesFlushQueue: (domain) => {
      const lazy = { value: 0 };
      const attr = DOMAIN_ATTR.DOMAIN_ATTR_DMA_USE_FLUSH_QUEUE;
      return iommu.iommu_domain_get_attr(domain, attr, lazy) === 0 && lazy.value !== 0;
    },
    reservedRegions: (dev) => {
      const list: IommuResvRegion[] = [];
      iommu.iommu_get_resv_regions(dev, list);
      return list;
    },
    pasidDomain: (dev, pasid) => smmu_driver.auxDomain(dev, pasid),
  };
}

function newBus(name: string): BusType {
  return { name, iommu_ops: undefined, devices: [] };
}

function setMask(dev: Device, bits: number | undefined): void {
  if (bits !== undefined) {
    dev.dma_mask = 2 ** bits - 1;
    dev.coherent_dma_mask = dev.dma_mask;
  }
}

/** @throws RangeError when the text is not `[domain:]bus:device.function`. */
function parseBdf(text: string): { readonly bdf: string; readonly requester_id: number } {
  const match = /^(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,2}):([01]?[0-9a-f])\.([0-7])$/i.exec(text);
  if (match === null) {
    throw new RangeError(`'${text}' is not a PCI address such as 00:01.0`);
  }
  const [, domain = '0000', bus = '', device = '', fn = ''] = match;
  const bdf = `${domain.padStart(4, '0')}:${bus.padStart(2, '0')}:${device.padStart(2, '0')}.${fn}`;
  return {
    bdf,
    requester_id: Number.parseInt(bus, 16) * 256 + Number.parseInt(device, 16) * 8 + Number(fn),
  };
}
