// struct arm_smmu_device and what hangs on it: queues, stream table, ASID and VMID maps, masters.

import { hi32, lo32 } from '../../base/hex.ts';
import { K } from '../../trace/kinds.ts';
import type { IoPgtableOps } from '../io-pgtable-cfg.ts';
import { Device } from '../iommu-types.ts';
import type { KernelBase } from '../kernel-base.ts';
import type { SmmuPlatform } from '../kernel-config.ts';
import { MmioRegion } from '../mmio.ts';
import {
  ARM_SMMU_CMDQ_CONS,
  ARM_SMMU_CMDQ_PROD,
  ARM_SMMU_EVTQ_CONS,
  ARM_SMMU_EVTQ_PROD,
  ARM_SMMU_PRIQ_CONS,
  ARM_SMMU_PRIQ_PROD,
} from './arm-smmu-v3.ts';
import { IdBitmap } from './id-bitmap.ts';
import type { ArmSmmuQueue } from './queue.ts';

/** struct arm_smmu_strtab_cfg. */
export interface StrtabCfg {
  /** Physical address of the table, or of its first level. */
  strtab: number;
  num_l1_ents: number;
  /** STRTAB_BASE_CFG. */
  strtab_base_cfg: number;
  /** Second-level tables by first-level index; 0 where none is allocated. */
  l2ptr: Map<number, number>;
}

/** What goes into a context descriptor (struct arm_smmu_ctx_desc). */
export interface ArmSmmuCtxDesc {
  asid: number;
  /** Physical address of the root. */
  ttbr: number;
  /** TCR_EL1 layout. */
  tcr: number;
  /** Low and high half of MAIR_EL1. */
  mair: readonly [number, number];
  /** CD.S: faults stall. */
  stall: boolean;
  /** The ASID is a process's: CD.ASET is clear. */
  shared?: boolean;
}

/** A table of context descriptors: one, or with SubstreamIDs a linear or two-level table. */
export interface ArmSmmuCdTable {
  /** Physical address; the table when linear, first level otherwise. */
  pa: number;
  size: number;
  /** S1CDMax: 0 for a single descriptor. */
  s1cdmax: number;
  two_level: boolean;
  /** Leaves by index of the first level. */
  leaves: Map<number, number>;
}

/** struct arm_smmu_master. */
export interface ArmSmmuMaster {
  readonly smmu: ArmSmmuDevice;
  readonly dev: Device;
  /** Stream IDs without duplicates, in the order firmware gave them. */
  readonly sids: readonly number[];
  /** What the stream table entry says: unassigned, or the domain's stage. */
  assigned: boolean;
  domain: ArmSmmuDomainState | undefined;
  /** SubstreamID bits that are usable on this device; 0 without PASIDs. */
  ssid_bits: number;
  stall_enabled: boolean;
  ats_enabled: boolean;
  pri_enabled: boolean;
  /** PRG responses carry a PASID: STE.PPAR. */
  prg_resp_pasid: boolean;
  /** AUXD is on. */
  auxd: boolean;
  /** PASIDs that the device may be given, inclusive, once SVA or AUXD is on. */
  min_pasid: number;
  max_pasid: number;
}

export const STAGE_S1 = 1;
export const STAGE_S2 = 2;
export const STAGE_NESTED = 3;
export const STAGE_BYPASS = 4;

/** The driver's part of a domain; `domain.ts` makes a struct iommu_domain of it. */
export interface ArmSmmuDomainState {
  readonly id: number;
  readonly type: number;
  smmu: ArmSmmuDevice | undefined;
  stage: number;
  non_strict: boolean;
  pgtbl_ops: IoPgtableOps | null;
  /** Stage 1. */
  cd: ArmSmmuCtxDesc;
  cd_table: ArmSmmuCdTable | undefined;
  /** Stage 2: 0 for none. */
  vmid: number;
  vttbr: number;
  vtcr: bigint;
  /** Masters that this domain is the main domain of. */
  readonly masters: ArmSmmuMaster[];
  /** Set once it was somebody's main domain; sticky. */
  was_main: boolean;
  /** Auxiliary domains: the domain whose table holds the descriptor, the number and the users. */
  aux_parent: ArmSmmuDomainState | undefined;
  ssid: number;
  readonly aux_masters: ArmSmmuMaster[];
  /** Range of TLBIs that no ATC_INV followed yet, bytes. */
  atc_pending: { readonly start: number; readonly end: number } | undefined;
  freed: boolean;
}

/** struct arm_smmu_device. */
export class ArmSmmuDevice {
  readonly kernel: KernelBase;
  readonly dev: Device;
  readonly platform: SmmuPlatform;
  readonly mmio: MmioRegion;
  features = 0;
  options = 0;
  readonly cmdq: ArmSmmuQueue;
  readonly evtq: ArmSmmuQueue;
  readonly priq: ArmSmmuQueue;
  gerr_irq = 0;
  combined_irq = 0;
  /** IRQ_CFG0 register of each interrupt that is an MSI. */
  msi_cfg: ReadonlyMap<number, number> = new Map();
  /** MSI mode of CMD_SYNC: the word that the hardware writes, and the number last asked for. */
  sync_count = 0;
  sync_nr = 0;
  prev_cmd_opcode = 0;
  ias = 0;
  oas = 0;
  pgsize_bitmap = 0;
  asid_map = new IdBitmap(1);
  vmid_map = new IdBitmap(1);
  asid_bits = 0;
  ssid_bits = 0;
  sid_bits = 0;
  readonly strtab_cfg: StrtabCfg = {
    strtab: 0,
    num_l1_ents: 0,
    strtab_base_cfg: 0,
    l2ptr: new Map(),
  };
  /** Masters by stream ID. */
  readonly streams = new Map<number, ArmSmmuMaster>();
  /** Empties the event and PRI queues now, as their threads would. */
  drain: (() => void) | undefined;
  /** Aux domains that are attached to some master. */
  readonly aux_domains = new Set<ArmSmmuDomainState>();
  /** Scratch command: four 32-bit words. */
  readonly cmd = new Int32Array(4);
  readonly #cmdText: number;

  constructor(kernel: KernelBase, platform: SmmuPlatform) {
    this.kernel = kernel;
    this.platform = platform;
    this.dev = new Device(platform.name, undefined);
    this.dev.driver_name = 'arm-smmu-v3';
    this.mmio = new MmioRegion(kernel.machine.bus, kernel.recorder, platform.base, platform.size);
    this.cmdq = ring('cmdq', 16, ARM_SMMU_CMDQ_PROD, ARM_SMMU_CMDQ_CONS);
    this.evtq = ring('evtq', 32, ARM_SMMU_EVTQ_PROD, ARM_SMMU_EVTQ_CONS);
    this.priq = ring('priq', 16, ARM_SMMU_PRIQ_PROD, ARM_SMMU_PRIQ_CONS);
    this.#cmdText = kernel.recorder.intern('cmd');
  }

  /** True when all of `features` are there. */
  has(features: number): boolean {
    return (this.features & features) === features;
  }

  /** Silicon whose page 1 is not there has the event and PRI indices in page 0. */
  use_page0_only(): void {
    for (const q of [this.evtq, this.priq]) {
      q.prod_reg &= 0xffff;
      q.cons_reg &= 0xffff;
    }
  }

  /** The driver with SubstreamIDs, or the one of 4.20 as released. */
  get auxd(): boolean {
    return this.kernel.config.driver === 'auxd';
  }

  /** Copies the scratch command to the ring entry at `pa`. */
  write_cmd(pa: number): void {
    const { machine, recorder } = this.kernel;
    const cmd = this.cmd;
    for (let word = 0; word < 4; word += 2) {
      const lo = cmd[word] as number;
      const hi = cmd[word + 1] as number;
      machine.memory.write64(pa + word * 4, lo, hi);
      recorder.emit(K.mem_write, this.#cmdText, lo32(pa + word * 4), hi32(pa), lo, hi);
    }
  }
}

function ring(name: string, bytes: number, prod_reg: number, cons_reg: number): ArmSmmuQueue {
  return {
    name,
    max_n_shift: 0,
    ent_bytes: bytes,
    base: 0,
    prod: 0,
    cons: 0,
    prod_reg,
    cons_reg,
    irq: 0,
  };
}
