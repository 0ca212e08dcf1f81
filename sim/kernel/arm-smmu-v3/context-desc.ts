// Context descriptors: one per domain (4.20), or a linear or two-level table indexed by SubstreamID
// whose updates are followed by CFGI_CD and CMD_SYNC for every stream that uses it (2019).

import { hi32, lo32 } from '../../base/hex.ts';
import { ENOMEM } from '../errno.ts';
import {
  ARM_SMMU_FEAT_2_LVL_CDTAB,
  ARM_SMMU_FEAT_STALL_FORCE,
  CTXDESC_CD_0_A_HI,
  CTXDESC_CD_0_AA64_HI,
  CTXDESC_CD_0_ASET_HI,
  CTXDESC_CD_0_R_HI,
  CTXDESC_CD_0_S_HI,
  CTXDESC_CD_0_V,
  CTXDESC_CD_BYTES,
  CTXDESC_SPLIT,
} from './arm-smmu-v3.ts';
import { arm_smmu_cmdq_issue_sync, cmd_cfgi_cd } from './cmdq.ts';
import type {
  ArmSmmuCdTable,
  ArmSmmuCtxDesc,
  ArmSmmuDevice,
  ArmSmmuDomainState,
} from './smmu-device.ts';

const L1_DESC_BYTES = 8;
const L1_DESC_V = 1;
const LEAF_BYTES = 2 ** CTXDESC_SPLIT * CTXDESC_CD_BYTES;
const TWO_32 = 2 ** 32;

/** Fields of TCR_EL1 that go to a descriptor: [TCR bit, descriptor bit, width]. */
const TCR_TO_CD = [
  [0, 0, 6],
  [14, 6, 2],
  [8, 8, 2],
  [10, 10, 2],
  [12, 12, 2],
  [7, 14, 1],
  [23, 30, 1],
  [32, 32, 3],
  [37, 38, 1],
] as const;

/** arm_smmu_cpu_tcr_to_cd(): low and high half of dword 0, of these fields only. */
export function arm_smmu_cpu_tcr_to_cd(tcr: number): readonly [number, number] {
  const halves = [(tcr % TWO_32) | 0, Math.floor(tcr / TWO_32) | 0];
  const out = [0, 0];
  for (const [from, to, width] of TCR_TO_CD) {
    const value = ((halves[from >> 5] as number) >>> (from & 31)) & ((1 << width) - 1);
    out[to >> 5] = (out[to >> 5] as number) | (value << (to & 31));
  }
  return [out[0] as number, out[1] as number];
}

/** Dword 0 of a valid descriptor. */
export function cd_dword0(smmu: ArmSmmuDevice, cd: ArmSmmuCtxDesc): readonly [number, number] {
  const [lo, hi] = arm_smmu_cpu_tcr_to_cd(cd.tcr);
  const stall = cd.stall || smmu.has(ARM_SMMU_FEAT_STALL_FORCE) ? CTXDESC_CD_0_S_HI : 0;
  const aset = cd.shared === true ? 0 : CTXDESC_CD_0_ASET_HI;
  const flags = CTXDESC_CD_0_R_HI | CTXDESC_CD_0_A_HI | aset | CTXDESC_CD_0_AA64_HI;
  return [lo | CTXDESC_CD_0_V, hi | flags | stall | (cd.asid << 16)];
}

/**
 * Allocates the descriptor table of a domain for `ssid_bits` SubstreamID bits. More than 1024
 * descriptors make a two-level table where the SMMU has it; leaves come later.
 * @returns the table, or undefined without memory
 */
export function arm_smmu_alloc_cd_tables(
  smmu: ArmSmmuDevice,
  ssid_bits: number,
): ArmSmmuCdTable | undefined {
  const two_level = ssid_bits > CTXDESC_SPLIT && smmu.has(ARM_SMMU_FEAT_2_LVL_CDTAB);
  const s1cdmax = two_level ? ssid_bits : Math.min(ssid_bits, CTXDESC_SPLIT);
  const size = two_level
    ? 2 ** (s1cdmax - CTXDESC_SPLIT) * L1_DESC_BYTES
    : 2 ** s1cdmax * CTXDESC_CD_BYTES;
  const pa = smmu.kernel.alloc_coherent(smmu.dev, size, two_level ? 'cd-l1' : 'cd');
  if (pa === undefined) {
    smmu.kernel.log.dev_warn(smmu.dev, 'failed to allocate context descriptor');
    return undefined;
  }
  return { pa, size, s1cdmax, two_level, leaves: new Map() };
}

export function arm_smmu_free_cd_tables(smmu: ArmSmmuDevice, table: ArmSmmuCdTable): void {
  for (const leaf of table.leaves.values()) {
    smmu.kernel.free_coherent(smmu.dev, leaf, LEAF_BYTES, 'cd');
  }
  smmu.kernel.free_coherent(smmu.dev, table.pa, table.size, table.two_level ? 'cd-l1' : 'cd');
}

/** 4.20.1: the only descriptor of a domain, written before its entry is installed; no commands. */
export function arm_smmu_write_single_cd(smmu: ArmSmmuDevice, domain: ArmSmmuDomainState): void {
  const { kernel } = smmu;
  const pa = domain.cd_table?.pa ?? 0;
  const text = kernel.recorder.intern('cd');
  const [lo, hi] = cd_dword0(smmu, domain.cd);
  kernel.store64(text, pa, lo, hi);
  kernel.store64(text, pa + 8, lo32(domain.cd.ttbr), hi32(domain.cd.ttbr));
  kernel.store64(text, pa + 24, domain.cd.mair[0], domain.cd.mair[1]);
}

/**
 * arm_smmu_write_ctx_desc(): installs, changes or (without `cd`) clears the descriptor at `ssid` of
 * the domain's table. A new one: dwords 1-3, CFGI_CD and SYNC, dword 0 with V, CFGI_CD and SYNC.
 * @returns 0, or -ENOMEM without memory for a leaf table
 */
export function arm_smmu_write_ctx_desc(
  domain: ArmSmmuDomainState,
  ssid: number,
  cd: ArmSmmuCtxDesc | undefined,
): number {
  const smmu = domain.smmu;
  const table = domain.cd_table;
  if (smmu === undefined || table === undefined) {
    return 0;
  }
  const pa = descriptorAt(smmu, domain, table, ssid);
  if (pa === undefined) {
    return -ENOMEM;
  }
  const { kernel } = smmu;
  const text = kernel.recorder.intern('cd');
  kernel.machine.memory.read64(pa);
  const live = (kernel.machine.memory.lo & CTXDESC_CD_0_V) !== 0;
  if (cd === undefined) {
    kernel.store64(text, pa, 0, 0);
  } else {
    const [lo, hi] = cd_dword0(smmu, cd);
    if (!live) {
      kernel.store64(text, pa + 8, lo32(cd.ttbr), hi32(cd.ttbr));
      kernel.store64(text, pa + 16, 0, 0);
      kernel.store64(text, pa + 24, cd.mair[0], cd.mair[1]);
      arm_smmu_sync_cd(domain, ssid, true);
    }
    kernel.store64(text, pa, lo, hi);
  }
  arm_smmu_sync_cd(domain, ssid, true);
  return 0;
}

/** CFGI_CD of every stream of the domain's masters, then one SYNC. */
function arm_smmu_sync_cd(domain: ArmSmmuDomainState, ssid: number, leaf: boolean): void {
  const smmu = domain.smmu;
  if (smmu === undefined) {
    return;
  }
  for (const master of domain.masters) {
    for (const sid of master.sids) {
      cmd_cfgi_cd(smmu, sid, ssid, leaf);
    }
  }
  arm_smmu_cmdq_issue_sync(smmu);
}

/** Physical address of a descriptor; makes the leaf table of a two-level one. */
function descriptorAt(
  smmu: ArmSmmuDevice,
  domain: ArmSmmuDomainState,
  table: ArmSmmuCdTable,
  ssid: number,
): number | undefined {
  if (!table.two_level) {
    return table.pa + ssid * CTXDESC_CD_BYTES;
  }
  const index = ssid >> CTXDESC_SPLIT;
  let leaf = table.leaves.get(index);
  if (leaf === undefined) {
    leaf = smmu.kernel.alloc_coherent(smmu.dev, LEAF_BYTES, 'cd');
    if (leaf === undefined) {
      smmu.kernel.log.dev_warn(smmu.dev, 'failed to allocate context descriptor table');
      return undefined;
    }
    table.leaves.set(index, leaf);
    const text = smmu.kernel.recorder.intern('l1cd');
    const pa = table.pa + index * L1_DESC_BYTES;
    smmu.kernel.store64(text, pa, lo32(leaf) | L1_DESC_V, hi32(leaf));
    arm_smmu_sync_cd(domain, ssid, false);
  }
  return leaf + (ssid & (2 ** CTXDESC_SPLIT - 1)) * CTXDESC_CD_BYTES;
}
