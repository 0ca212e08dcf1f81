// IOMMU API of the driver: domains, their page tables and TLB maintenance (Linux 4.20.1), and what the
// aux-domain patches add: descriptor tables sized for SubstreamIDs and ATC invalidation.

import { ENODEV, ENOMEM, ENXIO } from '../errno.ts';
import { alloc_io_pgtable_ops, free_io_pgtable_ops } from '../io-pgtable.ts';
import type { IommuGatherOps, IoPgtableCfg, TableHost } from '../io-pgtable-cfg.ts';
import {
  ARM_64_LPAE_S1,
  ARM_64_LPAE_S2,
  IO_PGTABLE_QUIRK_NO_DMA,
  IO_PGTABLE_QUIRK_NON_STRICT,
} from '../io-pgtable-cfg.ts';
import type { IommuDomain, IommuDomainGeometry, IommuOps } from '../iommu-types.ts';
import { IOMMU_DOMAIN_IDENTITY, pageSizes } from '../iommu-types.ts';
import {
  ARM_SMMU_FEAT_COHERENCY,
  ARM_SMMU_FEAT_TRANS_S1,
  ARM_SMMU_FEAT_TRANS_S2,
  ARM_SMMU_FEAT_VAX,
  CMDQ_OP_TLBI_NH_ASID,
  CMDQ_OP_TLBI_NH_VA,
  CMDQ_OP_TLBI_S2_IPA,
  CMDQ_OP_TLBI_S12_VMALL,
} from './arm-smmu-v3.ts';
import { arm_smmu_atc_flush, arm_smmu_atc_flush_all, arm_smmu_atc_note } from './atc.ts';
import { arm_smmu_cmdq_issue_sync, cmd_tlbi, cmd_tlbi_address } from './cmdq.ts';
import {
  arm_smmu_alloc_cd_tables,
  arm_smmu_free_cd_tables,
  arm_smmu_write_ctx_desc,
} from './context-desc.ts';
import type {
  ArmSmmuCdTable,
  ArmSmmuCtxDesc,
  ArmSmmuDevice,
  ArmSmmuDomainState,
  ArmSmmuMaster,
} from './smmu-device.ts';
import { STAGE_BYPASS, STAGE_S1, STAGE_S2 } from './smmu-device.ts';

/** struct arm_smmu_domain with the struct iommu_domain inside it. */
export class ArmSmmuDomain implements IommuDomain, ArmSmmuDomainState {
  readonly id: number;
  readonly type: number;
  readonly ops: IommuOps;
  pgsize_bitmap: number;
  readonly geometry: IommuDomainGeometry = {
    aperture_start: 0,
    aperture_end: 0,
    force_aperture: false,
  };
  iova_cookie?: unknown;
  freed = false;
  smmu: ArmSmmuDevice | undefined;
  stage = STAGE_S1;
  non_strict = false;
  pgtbl_ops: ArmSmmuDomainState['pgtbl_ops'] = null;
  cd: ArmSmmuCtxDesc = { asid: 0, ttbr: 0, tcr: 0, mair: [0, 0], stall: false };
  cd_table: ArmSmmuCdTable | undefined;
  vmid = 0;
  vttbr = 0;
  vtcr = 0n;
  readonly masters: ArmSmmuMaster[] = [];
  was_main = false;
  aux_parent: ArmSmmuDomainState | undefined;
  ssid = 0;
  readonly aux_masters: ArmSmmuMaster[] = [];
  atc_pending: ArmSmmuDomainState['atc_pending'];

  constructor(id: number, type: number, ops: IommuOps) {
    this.id = id;
    this.type = type;
    this.ops = ops;
    this.pgsize_bitmap = ops.pgsize_bitmap;
  }
}

/** Everything of the domain's address space, then SYNC (arm_smmu_tlb_inv_context). */
export function arm_smmu_tlb_inv_context(domain: ArmSmmuDomainState): void {
  const smmu = domain.smmu;
  if (smmu === undefined) {
    return;
  }
  if (domain.stage === STAGE_S1) {
    cmd_tlbi(smmu, CMDQ_OP_TLBI_NH_ASID, domain.cd.asid, 0);
  } else {
    cmd_tlbi(smmu, CMDQ_OP_TLBI_S12_VMALL, 0, domain.vmid);
  }
  arm_smmu_cmdq_issue_sync(smmu);
}

/** TLBI by address for each granule of a range; no SYNC. */
function tlb_inv_range_nosync(
  iova: number,
  size: number,
  granule: number,
  leaf: boolean,
  domain: ArmSmmuDomainState,
): void {
  const smmu = domain.smmu;
  if (smmu === undefined) {
    return;
  }
  const s1 = domain.stage === STAGE_S1;
  const opcode = s1 ? CMDQ_OP_TLBI_NH_VA : CMDQ_OP_TLBI_S2_IPA;
  const tag = s1 ? domain.cd.asid << 16 : domain.vmid;
  for (let at = iova, left = size; left > 0; left -= granule, at += granule) {
    cmd_tlbi_address(smmu, opcode, tag, at, leaf);
  }
  if (smmu.auxd) {
    arm_smmu_atc_note(domain, iova, size);
  }
}

function tlb_sync(domain: ArmSmmuDomainState): void {
  if (domain.smmu !== undefined) {
    arm_smmu_cmdq_issue_sync(domain.smmu);
  }
}

const arm_smmu_gather_ops: IommuGatherOps<ArmSmmuDomainState> = {
  tlb_flush_all: arm_smmu_tlb_inv_context,
  tlb_add_flush: tlb_inv_range_nosync,
  tlb_sync,
};

/** Page and block sizes of each granule. */
const GRANULES: readonly (readonly number[])[] = [
  [2 ** 12, 2 ** 21, 2 ** 30],
  [2 ** 14, 2 ** 25],
  [2 ** 16, 2 ** 29, 2 ** 42],
];

/**
 * The sizes of the one granule that the page table is to have: the CPU's page size, else the largest
 * below it, else the smallest above. Sizes of other granules are dropped.
 */
function granuleSizes(bitmap: number, pageSize: number): number {
  const offered = pageSizes(bitmap);
  const granules = GRANULES.filter(([granule]) => offered.includes(granule ?? 0));
  const below = granules.findLast(([granule = 0]) => granule <= pageSize);
  const chosen = below ?? granules[0] ?? [];
  return chosen.filter((size) => offered.includes(size)).reduce((sum, size) => sum + size, 0);
}

/** What the page tables of an SMMU need of the kernel around them. */
export function tableHost(smmu: ArmSmmuDevice): TableHost {
  const { kernel } = smmu;
  // A kernel with larger pages gives a whole one to the smallest table.
  const least = kernel.config.page_shift - 12;
  return {
    memory: kernel.machine.memory,
    recorder: kernel.recorder,
    pages: {
      allocZeroed: (order, what) => {
        const size = Math.max(order, least);
        const pa = kernel.pages.allocZeroed(size, what);
        kernel.onCoherent?.('alloc', 'pgtable', pa, 2 ** size * 4096, smmu.dev);
        return pa;
      },
      free: (pa, order) => {
        const size = Math.max(order, least);
        kernel.onCoherent?.('free', 'pgtable', pa, 2 ** size * 4096, smmu.dev);
        return kernel.pages.free(pa, size);
      },
    },
    warn: (func) => kernel.log.warn(func),
  };
}

/**
 * Sets a domain up at its first attach: stage, sizes, page table, ASID or VMID and descriptor.
 * Half-done work is undone, but the new sizes stay. @returns 0, -EINVAL, -ENOMEM or -ENOSPC
 */
export function arm_smmu_domain_finalise(
  domain: ArmSmmuDomain,
  smmu: ArmSmmuDevice,
  master: ArmSmmuMaster,
): number {
  if (domain.type === IOMMU_DOMAIN_IDENTITY) {
    domain.stage = STAGE_BYPASS;
    return 0;
  }
  if (!smmu.has(ARM_SMMU_FEAT_TRANS_S1)) {
    domain.stage = STAGE_S2;
  }
  if (!smmu.has(ARM_SMMU_FEAT_TRANS_S2)) {
    domain.stage = STAGE_S1;
  }
  const s1 = domain.stage === STAGE_S1;
  const cfg: IoPgtableCfg<ArmSmmuDomainState> = {
    pgsize_bitmap: granuleSizes(smmu.pgsize_bitmap, smmu.kernel.pageSize),
    ias: s1
      ? Math.min(smmu.has(ARM_SMMU_FEAT_VAX) ? 52 : 48, smmu.kernel.config.va_bits)
      : smmu.ias,
    oas: s1 ? smmu.ias : smmu.oas,
    quirks:
      (smmu.has(ARM_SMMU_FEAT_COHERENCY) ? IO_PGTABLE_QUIRK_NO_DMA : 0) |
      (domain.non_strict ? IO_PGTABLE_QUIRK_NON_STRICT : 0),
    tlb: arm_smmu_gather_ops,
    iommu_dev: tableHost(smmu),
  };
  const ops = alloc_io_pgtable_ops(s1 ? ARM_64_LPAE_S1 : ARM_64_LPAE_S2, cfg, domain);
  if (ops === null) {
    return -ENOMEM;
  }
  domain.pgsize_bitmap = cfg.pgsize_bitmap;
  domain.geometry.aperture_end = 2 ** cfg.ias - 1;
  domain.geometry.force_aperture = true;
  const ret = s1 ? finalise_s1(domain, smmu, master, cfg) : finalise_s2(domain, smmu, cfg);
  if (ret < 0) {
    free_io_pgtable_ops(ops);
    return ret;
  }
  domain.pgtbl_ops = ops;
  return 0;
}

function finalise_s1(
  domain: ArmSmmuDomain,
  smmu: ArmSmmuDevice,
  master: ArmSmmuMaster,
  cfg: IoPgtableCfg<ArmSmmuDomainState>,
): number {
  const asid = smmu.asid_map.alloc();
  if (asid < 0) {
    return asid;
  }
  const aux = domain.aux_parent !== undefined;
  if (!aux) {
    const table = arm_smmu_alloc_cd_tables(smmu, smmu.auxd ? master.ssid_bits : 0);
    if (table === undefined) {
      smmu.asid_map.free(asid);
      return -ENOMEM;
    }
    domain.cd_table = table;
  }
  domain.cd = {
    asid,
    ttbr: cfg.arm_lpae_s1_cfg?.ttbr[0] ?? 0,
    tcr: cfg.arm_lpae_s1_cfg?.tcr ?? 0,
    mair: cfg.arm_lpae_s1_cfg?.mair ?? [0, 0],
    stall: smmu.auxd && master.stall_enabled,
  };
  smmu.kernel.noteObject('asid', asid, `ASID ${asid} for domain ${domain.id}`);
  if (smmu.auxd && !aux) {
    const ret = arm_smmu_write_ctx_desc(domain, 0, domain.cd);
    if (ret !== 0) {
      release_s1(domain, smmu);
      return ret;
    }
  }
  return 0;
}

function release_s1(domain: ArmSmmuDomain, smmu: ArmSmmuDevice): void {
  if (domain.cd_table !== undefined) {
    arm_smmu_free_cd_tables(smmu, domain.cd_table);
    domain.cd_table = undefined;
  }
  smmu.asid_map.free(domain.cd.asid);
  smmu.kernel.noteObject('asid', domain.cd.asid, `ASID ${domain.cd.asid} is free`);
  domain.cd = { ...domain.cd, asid: 0 };
}

function finalise_s2(
  domain: ArmSmmuDomain,
  smmu: ArmSmmuDevice,
  cfg: IoPgtableCfg<ArmSmmuDomainState>,
): number {
  const vmid = smmu.vmid_map.alloc();
  if (vmid < 0) {
    return vmid;
  }
  domain.vmid = vmid;
  domain.vttbr = cfg.arm_lpae_s2_cfg?.vttbr ?? 0;
  domain.vtcr = cfg.arm_lpae_s2_cfg?.vtcr ?? 0n;
  return 0;
}

/**
 * Finalises a domain for the SMMU of `master`, or checks that it belongs there.
 * @returns 0, the errors of {@link arm_smmu_domain_finalise}, or -ENXIO (another SMMU)
 */
export function arm_smmu_domain_prepare(domain: ArmSmmuDomain, master: ArmSmmuMaster): number {
  const { smmu, dev } = master;
  if (domain.smmu === undefined) {
    domain.smmu = smmu;
    const ret = arm_smmu_domain_finalise(domain, smmu, master);
    if (ret !== 0) {
      domain.smmu = undefined;
    }
    return ret;
  }
  if (domain.smmu !== smmu) {
    smmu.kernel.log.dev_err(
      dev,
      'cannot attach to SMMU %s (upstream of %s)',
      domain.smmu.dev.name,
      smmu.dev.name,
    );
    return -ENXIO;
  }
  return 0;
}

/** arm_smmu_domain_free(): TLBI and SYNC, tables, descriptor, number. Attached devices are not looked at. */
export function arm_smmu_domain_free(domain: ArmSmmuDomain): void {
  const smmu = domain.smmu;
  const ops = domain.pgtbl_ops;
  domain.pgtbl_ops = null;
  free_io_pgtable_ops(ops);
  if (smmu === undefined || ops === null) {
    return;
  }
  if (domain.stage === STAGE_S1) {
    release_s1(domain, smmu);
  } else if (domain.vmid !== 0) {
    smmu.vmid_map.free(domain.vmid);
  }
}

/** As the page table's map; a table that it replaced is dropped from the ATCs, too. */
export function arm_smmu_map(
  domain: ArmSmmuDomain,
  iova: number,
  paddr: number,
  size: number,
  prot: number,
): number {
  const ops = domain.pgtbl_ops;
  if (ops === null) {
    return -ENODEV;
  }
  const ret = ops.map(iova, paddr, size, prot);
  if (domain.atc_pending !== undefined) {
    arm_smmu_atc_flush(domain);
  }
  return ret;
}

/** CMD_SYNC for what was unmapped, then the ATCs. */
export function arm_smmu_iotlb_sync(domain: ArmSmmuDomain): void {
  tlb_sync(domain);
  if (domain.atc_pending !== undefined) {
    arm_smmu_atc_flush(domain);
  }
}

export function arm_smmu_flush_iotlb_all(domain: ArmSmmuDomain): void {
  arm_smmu_tlb_inv_context(domain);
  if (domain.smmu?.auxd === true) {
    arm_smmu_atc_flush_all(domain);
  }
}
