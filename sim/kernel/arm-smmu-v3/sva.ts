// SVA in the driver (2018 series): descriptors of process address spaces, stalled faults and page
// requests turned into fault events, and the answers into CMD_RESUME and CMD_PRI_RESP.

import { join } from '../../base/hex.ts';
import { EINVAL, ENODEV } from '../errno.ts';
import type { DeviceFaults } from '../iommu-fault.ts';
import type {
  Device,
  IoMm,
  IoMmContext,
  IommuFaultEvent,
  PageResponseMsg,
} from '../iommu-types.ts';
import {
  IOMMU_FAULT_DMA_UNRECOV,
  IOMMU_FAULT_EXEC,
  IOMMU_FAULT_PAGE_REQ,
  IOMMU_FAULT_PRIV,
  IOMMU_FAULT_READ,
  IOMMU_FAULT_REASON_PASID_FETCH,
  IOMMU_FAULT_REASON_PASID_INVALID,
  IOMMU_FAULT_REASON_PERMISSION,
  IOMMU_FAULT_REASON_PTE_FETCH,
  IOMMU_FAULT_REASON_UNKNOWN,
  IOMMU_FAULT_WRITE,
  IOMMU_PAGE_RESP_SUCCESS,
} from '../iommu-types.ts';
import { CPU_MAIR_HI, CPU_MAIR_LO } from '../mm/cpu-page-table.ts';
import type { PciCapabilities } from '../pci.ts';
import {
  ARM_SMMU_FEAT_TRANS_S1,
  CMDQ_OP_TLBI_NH_ASID,
  CMDQ_OP_TLBI_NH_VA,
  PRI_RESP_DENY,
  PRI_RESP_FAIL,
  PRI_RESP_SUCC,
  RESUME_ABORT,
  RESUME_RETRY,
} from './arm-smmu-v3.ts';
import { arm_smmu_atc_inv_all, arm_smmu_atc_inv_range, arm_smmu_atc_range } from './atc.ts';
import {
  arm_smmu_cmdq_issue_sync,
  cmd_pri_resp,
  cmd_resume,
  cmd_tlbi,
  cmd_tlbi_address,
} from './cmdq.ts';
import { arm_smmu_write_ctx_desc } from './context-desc.ts';
import type { FaultSink, PageRequest } from './irq.ts';
import { masterOf } from './master.ts';
import type { ArmSmmuCtxDesc, ArmSmmuDevice, ArmSmmuMaster } from './smmu-device.ts';

const PAGE = 4096;
/** Pages up to which a range is invalidated by address; more go by ASID. */
const MOST_PAGES_BY_ADDRESS = 512;
/** Reason of each event that is no page request. */
const REASONS: Readonly<Record<number, number>> = {
  8: IOMMU_FAULT_REASON_PASID_INVALID,
  9: IOMMU_FAULT_REASON_PASID_FETCH,
  10: IOMMU_FAULT_REASON_PASID_INVALID,
  16: IOMMU_FAULT_REASON_PTE_FETCH,
  19: IOMMU_FAULT_REASON_PERMISSION,
};
const RECOVERABLE = new Set([0x10, 0x11, 0x12, 0x13]);
/** Codes of iommu_page_response() as CMD_PRI_RESP has them: SUCCESS, INVALID, FAILURE. */
const PRI_RESPONSES = [PRI_RESP_SUCC, PRI_RESP_FAIL, PRI_RESP_DENY] as const;

/** Process address spaces and faults of one driver. */
export class ArmSmmuSva implements FaultSink {
  readonly #faults: DeviceFaults;
  readonly #pci: PciCapabilities;
  readonly #onLost: () => void;

  constructor(faults: DeviceFaults, pci: PciCapabilities, onLost: () => void) {
    this.#faults = faults;
    this.#pci = pci;
    this.#onLost = onLost;
  }

  /**
   * An ASID for a process address space. It is one of the upper half, as if the CPUs had given it
   * before (model decision: the CPUs' own numbering is not modelled). NULL without stage 1 or ASIDs.
   */
  mm_alloc(dev: Device): IoMmContext | null {
    const smmu = masterOf(dev)?.smmu;
    if (smmu === undefined || !smmu.has(ARM_SMMU_FEAT_TRANS_S1)) {
      return null;
    }
    if (!smmu.kernel.kmalloc('arm_smmu_mm')) {
      return null;
    }
    const asid = smmu.asid_map.allocFrom(smmu.asid_map.size / 2);
    if (asid < 0) {
      return null;
    }
    smmu.kernel.noteObject('asid', asid, `ASID ${asid} is shared with a process`);
    return new ProcessContext(smmu, asid);
  }

  mm_free(context: IoMmContext): void {
    if (context instanceof ProcessContext) {
      context.smmu.asid_map.free(context.asid);
    }
  }

  /** Installs the descriptor with the first device of the domain. */
  mm_attach(dev: Device, io_mm: IoMm, first: boolean): number {
    const master = masterOf(dev);
    const domain = master?.domain;
    if (master === undefined || domain === undefined) {
      return -ENODEV;
    }
    return first ? arm_smmu_write_ctx_desc(domain, io_mm.pasid, descriptorOf(master, io_mm)) : 0;
  }

  /** With the last device of the domain: descriptor, TLBs, then what the ATCs hold. */
  mm_detach(dev: Device, io_mm: IoMm, last: boolean): void {
    const master = masterOf(dev);
    const domain = master?.domain;
    if (master === undefined || domain === undefined) {
      return;
    }
    if (last) {
      arm_smmu_write_ctx_desc(domain, io_mm.pasid, undefined);
      cmd_tlbi(master.smmu, CMDQ_OP_TLBI_NH_ASID, io_mm.context.asid, 0);
      arm_smmu_cmdq_issue_sync(master.smmu);
    }
    const masters = last ? domain.masters : [master];
    arm_smmu_atc_inv_all(master.smmu, masters, io_mm.pasid);
  }

  /** The process changed its tables: the range goes from TLBs and ATCs. Bytes. */
  mm_invalidate(dev: Device, io_mm: IoMm, start: number, size: number): void {
    const master = masterOf(dev);
    const domain = master?.domain;
    if (master === undefined || domain === undefined) {
      return;
    }
    const { smmu } = master;
    const { asid } = io_mm.context;
    if (size / PAGE > MOST_PAGES_BY_ADDRESS) {
      cmd_tlbi(smmu, CMDQ_OP_TLBI_NH_ASID, asid, 0);
    } else {
      for (let at = start; at < start + size; at += PAGE) {
        cmd_tlbi_address(smmu, CMDQ_OP_TLBI_NH_VA, asid << 16, at, false);
      }
    }
    arm_smmu_cmdq_issue_sync(smmu);
    arm_smmu_atc_inv_range(smmu, domain.masters, io_mm.pasid, arm_smmu_atc_range(start, size));
  }

  /** Retry or abort for a stall, a PRG response for a page request. No CMD_SYNC follows. */
  page_response(dev: Device, message: PageResponseMsg): number {
    const master = masterOf(dev);
    if (master === undefined) {
      return -ENODEV;
    }
    const code = message.resp_code;
    if (master.pri_enabled) {
      const ssid = this.#pci.prgResponsePasid(dev) && message.pasid_present ? message.pasid : -1;
      const response = PRI_RESPONSES[code];
      if (response === undefined) {
        return -EINVAL;
      }
      cmd_pri_resp(master.smmu, message.private_data, ssid, message.page_req_group_id, response);
    } else {
      const action = code === IOMMU_PAGE_RESP_SUCCESS ? RESUME_RETRY : RESUME_ABORT;
      cmd_resume(master.smmu, message.private_data, message.page_req_group_id, action);
    }
    return 0;
  }

  /** A stalled fault that nobody takes is aborted, so that the device does not hang. */
  event(smmu: ArmSmmuDevice, words: Int32Array): boolean {
    if (!smmu.auxd) {
      return false;
    }
    const type = (words[0] as number) & 0xff;
    const stalled = RECOVERABLE.has(type) && (words[2] as number) < 0;
    const master = smmu.streams.get((words[1] as number) >>> 0);
    const stage2 = ((words[3] as number) & (1 << 7)) !== 0;
    const handled =
      master !== undefined &&
      !(stalled && stage2) &&
      this.#faults.iommu_report_device_fault(master.dev, faultOf(words, type, stalled)) === 0;
    if (stalled && !handled) {
      cmd_resume(smmu, (words[1] as number) >>> 0, (words[2] as number) & 0xffff, RESUME_ABORT);
    }
    return handled;
  }

  /** Stop markers are dropped; what nobody takes is refused, and the function stops its PRI. */
  pageRequest(smmu: ArmSmmuDevice, request: PageRequest): boolean {
    if (!smmu.auxd) {
      return false;
    }
    if (request.last && !request.read && !request.write) {
      return true;
    }
    const master = smmu.streams.get(request.sid);
    const event = requestOf(request);
    const taken =
      master !== undefined && this.#faults.iommu_report_device_fault(master.dev, event) === 0;
    if (!taken) {
      smmu.kernel.log.dev_warn(
        smmu.dev,
        'PPR 0x%x:0x%llx 0x%x: nobody cared, disabling PRI',
        request.sid,
        event.addr,
        request.grpid,
      );
      if (request.last) {
        const pasid = master !== undefined && this.#pci.prgResponsePasid(master.dev);
        const ssid = pasid ? request.ssid : -1;
        cmd_pri_resp(smmu, request.sid, ssid, request.grpid, PRI_RESP_DENY);
      }
    }
    return true;
  }

  requestsLost(): void {
    this.#onLost();
  }
}

/** The driver's part of an io_mm. */
class ProcessContext implements IoMmContext {
  readonly smmu: ArmSmmuDevice;
  readonly asid: number;

  constructor(smmu: ArmSmmuDevice, asid: number) {
    this.smmu = smmu;
    this.asid = asid;
  }
}

/** IPS of a descriptor: the output size of the SMMU, as TCR_EL1 encodes it. */
const IPS_BY_OAS: Readonly<Record<number, number>> = { 32: 0, 36: 1, 40: 2, 42: 3, 44: 4, 48: 5 };

/** The CPUs' own settings: 48 bits, 4 KiB, inner shareable write-back; TTB1 is off. */
function descriptorOf(master: ArmSmmuMaster, io_mm: IoMm): ArmSmmuCtxDesc {
  const ips = IPS_BY_OAS[master.smmu.oas] ?? 5;
  return {
    asid: io_mm.context.asid,
    ttbr: io_mm.mm.pgd,
    tcr: 16 + (1 << 8) + (1 << 10) + (3 << 12) + (1 << 23) + ips * 2 ** 32,
    mair: [CPU_MAIR_LO, CPU_MAIR_HI],
    stall: master.stall_enabled,
    shared: true,
  };
}

function faultOf(words: Int32Array, type: number, stalled: boolean): IommuFaultEvent {
  const [head = 0, sid = 0, stag = 0, flags = 0, lo = 0, hi = 0] = words;
  const read = (flags & (1 << 3)) !== 0;
  const exec = (flags & (1 << 2)) !== 0;
  return {
    type: stalled ? IOMMU_FAULT_PAGE_REQ : IOMMU_FAULT_DMA_UNRECOV,
    reason: stalled ? IOMMU_FAULT_REASON_UNKNOWN : (REASONS[type] ?? IOMMU_FAULT_REASON_UNKNOWN),
    addr: join(lo, hi),
    pasid: head >>> 12,
    page_req_group_id: stag & 0xffff,
    last_req: stalled,
    pasid_valid: (head & (1 << 11)) !== 0,
    prot:
      (exec ? IOMMU_FAULT_EXEC : read ? IOMMU_FAULT_READ : IOMMU_FAULT_WRITE) |
      ((flags & (1 << 1)) !== 0 ? IOMMU_FAULT_PRIV : 0),
    iommu_private: sid >>> 0,
  };
}

function requestOf(request: PageRequest): IommuFaultEvent {
  return {
    type: IOMMU_FAULT_PAGE_REQ,
    reason: IOMMU_FAULT_REASON_UNKNOWN,
    addr: join(request.addrLo, request.addrHi),
    pasid: Math.max(0, request.ssid),
    page_req_group_id: request.grpid,
    last_req: request.last,
    pasid_valid: request.ssid >= 0,
    prot:
      (request.read ? IOMMU_FAULT_READ : 0) |
      (request.write ? IOMMU_FAULT_WRITE : 0) |
      (request.exec ? IOMMU_FAULT_EXEC : 0) |
      (request.priv ? IOMMU_FAULT_PRIV : 0),
    iommu_private: request.sid,
  };
}
