// What `state` records say of a kernel object: the whole of it as JSON, each time that it changes. So the
// newest record of an object is how it stands, and an opened session knows what the live one knew.

/** A device behind a bus. */
export interface DeviceState {
  readonly bus: string;
  readonly bdf?: string;
  readonly streams: readonly number[];
  /** SubstreamID bits that the SMMU and the device leave usable. */
  readonly ssid_bits: number;
  /** What the device could do, and what is switched on. */
  readonly can: readonly string[];
  readonly on: readonly string[];
  /** PASIDs that it may be given, inclusive, once SVA or AUXD is on. */
  readonly pasids?: readonly [number, number];
  readonly group?: number;
  /** The domain that its Stream table entry names. */
  readonly domain?: number;
  /** A fault handler is registered, and so many page requests wait for its answer. */
  readonly faults?: { readonly pending: number };
}

/** An IOMMU group. */
export interface GroupState {
  readonly devices: readonly string[];
  readonly domain?: number;
  readonly default_domain?: number;
  readonly references: number;
}

/** An IOMMU domain. Addresses and sizes in bytes. */
export interface DomainState {
  /** IOMMU_DOMAIN_*. */
  readonly type: number;
  /** STAGE_*: 1, 2, 3 nested, 4 bypass. */
  readonly stage: number;
  readonly pgsize_bitmap: number;
  /** Last input address; absent before the domain is set up. */
  readonly aperture_end?: number;
  readonly asid?: number;
  readonly vmid?: number;
  /** Its page table: root, address of the first level, and how it is laid out. */
  readonly table?: {
    readonly root: number;
    readonly level: number;
    readonly bytes: number;
    readonly granule: number;
    readonly stage: number;
  };
  /** Auxiliary: its number, and the domain whose table holds its descriptor. */
  readonly pasid?: number;
  readonly parent?: number;
  /** Names of the devices that it is the main domain of, and of those it is attached to by PASID. */
  readonly devices: readonly string[];
  readonly aux: readonly string[];
  /** iommu_set_fault_handler() gave it one. */
  readonly handler?: true;
}

/** An I/O ASID that is taken. */
export interface PasidState {
  readonly set: string;
  readonly references: number;
  /** What its owner left with it: `domain 3`, `mm 1`. */
  readonly data?: string;
}

/** A device that is bound to a process address space. */
export interface BondState {
  readonly device: string;
  readonly mm: number;
  readonly pasid: number;
  readonly asid: number;
  readonly domain: number;
  readonly references: number;
  readonly drvdata?: string;
}

/** A mediated device. */
export interface MdevState {
  readonly type: string;
  readonly parent: string;
  readonly group?: number;
  readonly active: boolean;
  /** What mdev_set_iommu_device() and mdev_set_iommu_domain() set. */
  readonly device?: string;
  readonly domain?: number;
  /** The VFIO container that its group is in. */
  readonly container?: number;
}

/** State of each kind of object. Domains, groups and PASIDs are told apart by number, the others by name. */
export interface ObjectStates {
  readonly device: DeviceState;
  readonly group: GroupState;
  readonly domain: DomainState;
  readonly pasid: PasidState;
  readonly bond: BondState;
  readonly mdev: MdevState;
}

/** Kind of a kernel object. */
export type ObjectKind = keyof ObjectStates;
