// Stream table manipulation: linear and two-level tables, and the writes that install or remove an
// entry with the CFGI_STE and CMD_SYNC rounds between them (Linux 4.20.1; SubstreamIDs as in 2019).

import { hi32, lo32 } from '../../base/hex.ts';
import { ENOMEM } from '../errno.ts';
import { BugError } from '../printk.ts';
import {
  ARM_SMMU_FEAT_2_LVL_STRTAB,
  ARM_SMMU_FEAT_STALL_FORCE,
  ARM_SMMU_FEAT_STALLS,
  ARM_SMMU_OPT_SKIP_PREFETCH,
  STE_BYTES,
  STRTAB_BASE_CFG_FMT_2LVL,
  STRTAB_BASE_CFG_SPLIT,
  STRTAB_L1_SZ_SHIFT,
  STRTAB_SPLIT,
  STRTAB_STE_0_CFG_ABORT,
  STRTAB_STE_0_CFG_BYPASS,
  STRTAB_STE_0_CFG_MASK,
  STRTAB_STE_0_CFG_S1_TRANS,
  STRTAB_STE_0_CFG_S2_TRANS,
  STRTAB_STE_0_S1CDMAX_HI,
  STRTAB_STE_0_S1FMT_64K_L2,
  STRTAB_STE_0_V,
  STRTAB_STE_1_EATS_TRANS,
  STRTAB_STE_1_PPAR,
  STRTAB_STE_1_S1C,
  STRTAB_STE_1_S1DSS_SSID0,
  STRTAB_STE_1_S1STALLD,
  STRTAB_STE_1_SHCFG_INCOMING_HI,
  STRTAB_STE_2_HI,
} from './arm-smmu-v3.ts';
import { arm_smmu_cmdq_issue_sync, cmd_cfgi_ste, cmd_prefetch_cfg } from './cmdq.ts';
import type { ArmSmmuDevice, ArmSmmuMaster } from './smmu-device.ts';
import { STAGE_BYPASS, STAGE_S1 } from './smmu-device.ts';

const L1_DESC_BYTES = 8;

/** Allocates the Stream table that the SMMU's features ask for; 0 or -ENOMEM. */
export function arm_smmu_init_strtab(smmu: ArmSmmuDevice): number {
  const twoLevel = smmu.has(ARM_SMMU_FEAT_2_LVL_STRTAB);
  const ret = twoLevel ? init_strtab_2lvl(smmu) : init_strtab_linear(smmu);
  if (ret === 0) {
    smmu.vmid_map.reserve(0);
    smmu.kernel.noteObject('strtab', 0, `${twoLevel ? 'two-level' : 'linear'} Stream table`);
  }
  return ret;
}

function init_strtab_2lvl(smmu: ArmSmmuDevice): number {
  const cfg = smmu.strtab_cfg;
  const { kernel } = smmu;
  let size = STRTAB_L1_SZ_SHIFT - Math.log2(L1_DESC_BYTES);
  size = Math.min(size, smmu.sid_bits - STRTAB_SPLIT);
  cfg.num_l1_ents = 2 ** size;
  size += STRTAB_SPLIT;
  if (size < smmu.sid_bits) {
    kernel.log.dev_warn(
      smmu.dev,
      '2-level strtab only covers %u/%u bits of SID',
      size,
      smmu.sid_bits,
    );
  }
  const strtab = kernel.alloc_coherent(smmu.dev, cfg.num_l1_ents * L1_DESC_BYTES, 'strtab-l1');
  if (strtab === undefined) {
    kernel.log.dev_err(smmu.dev, 'failed to allocate l1 stream table (%u bytes)', size);
    return -ENOMEM;
  }
  cfg.strtab = strtab;
  cfg.strtab_base_cfg = STRTAB_BASE_CFG_FMT_2LVL | (STRTAB_SPLIT << STRTAB_BASE_CFG_SPLIT) | size;
  return 0;
}

function init_strtab_linear(smmu: ArmSmmuDevice): number {
  const cfg = smmu.strtab_cfg;
  const size = 2 ** smmu.sid_bits * STE_BYTES;
  const strtab = smmu.kernel.alloc_coherent(smmu.dev, size, 'strtab-linear');
  if (strtab === undefined) {
    smmu.kernel.log.dev_err(smmu.dev, 'failed to allocate linear stream table (%u bytes)', size);
    return -ENOMEM;
  }
  cfg.strtab = strtab;
  cfg.num_l1_ents = 2 ** smmu.sid_bits;
  cfg.strtab_base_cfg = smmu.sid_bits;
  init_bypass_stes(smmu, strtab, cfg.num_l1_ents);
  return 0;
}

/** Entries before any device arrives: abort, or bypass with disable_bypass=0. No commands. */
function init_bypass_stes(smmu: ArmSmmuDevice, strtab: number, count: number): void {
  const { kernel } = smmu;
  const ste = kernel.recorder.intern('ste');
  const dw0 = STRTAB_STE_0_V | unassignedConfig(smmu);
  for (let entry = 0; entry < count; entry++) {
    const pa = strtab + entry * STE_BYTES;
    kernel.store64(ste, pa, dw0, 0);
    kernel.store64(ste, pa + 8, 0, STRTAB_STE_1_SHCFG_INCOMING_HI);
    kernel.store64(ste, pa + 16, 0, 0);
  }
}

function unassignedConfig(smmu: ArmSmmuDevice): number {
  return smmu.kernel.config.disable_bypass ? STRTAB_STE_0_CFG_ABORT : STRTAB_STE_0_CFG_BYPASS;
}

/** Makes sure that the second-level table of a stream exists; 0 or -ENOMEM. */
export function arm_smmu_init_l2_strtab(smmu: ArmSmmuDevice, sid: number): number {
  const cfg = smmu.strtab_cfg;
  const { kernel } = smmu;
  const index = Math.floor(sid / 2 ** STRTAB_SPLIT);
  if (cfg.l2ptr.has(index)) {
    return 0;
  }
  const l2 = kernel.alloc_coherent(smmu.dev, 2 ** STRTAB_SPLIT * STE_BYTES, 'strtab-ste');
  if (l2 === undefined) {
    kernel.log.dev_err(smmu.dev, 'failed to allocate l2 stream table for SID %u', sid);
    return -ENOMEM;
  }
  cfg.l2ptr.set(index, l2);
  init_bypass_stes(smmu, l2, 2 ** STRTAB_SPLIT);
  const text = kernel.recorder.intern('l1std');
  kernel.store64(text, cfg.strtab + index * L1_DESC_BYTES, lo32(l2) | (STRTAB_SPLIT + 1), hi32(l2));
  return 0;
}

/** True when the Stream table covers the stream. */
export function arm_smmu_sid_in_range(smmu: ArmSmmuDevice, sid: number): boolean {
  const cfg = smmu.strtab_cfg;
  const limit = smmu.has(ARM_SMMU_FEAT_2_LVL_STRTAB)
    ? cfg.num_l1_ents * 2 ** STRTAB_SPLIT
    : cfg.num_l1_ents;
  return sid < limit;
}

/** Physical address of the entry of a stream that is in range and has its table. */
export function arm_smmu_get_step_for_sid(smmu: ArmSmmuDevice, sid: number): number {
  const cfg = smmu.strtab_cfg;
  if (!smmu.has(ARM_SMMU_FEAT_2_LVL_STRTAB)) {
    return cfg.strtab + sid * STE_BYTES;
  }
  const l2 = cfg.l2ptr.get(Math.floor(sid / 2 ** STRTAB_SPLIT)) ?? 0;
  return l2 + (sid % 2 ** STRTAB_SPLIT) * STE_BYTES;
}

/** Writes the entry of every stream of a master, as its state says. */
export function arm_smmu_install_ste_for_dev(master: ArmSmmuMaster): void {
  for (const sid of master.sids) {
    write_strtab_ent(master, sid);
  }
}

function sync_ste(smmu: ArmSmmuDevice, sid: number): void {
  cmd_cfgi_ste(smmu, sid, true);
  arm_smmu_cmdq_issue_sync(smmu);
}

/**
 * Replaces one entry. A live entry must have been removed before: the driver has a BUG_ON there, and
 * so the device is aborted (or bypassed) between two domains.
 */
function write_strtab_ent(master: ArmSmmuMaster, sid: number): void {
  const smmu = master.smmu;
  const { kernel } = smmu;
  const pa = arm_smmu_get_step_for_sid(smmu, sid);
  const ste = kernel.recorder.intern('ste');
  const live = isLive(smmu, pa);
  const domain = master.assigned ? master.domain : undefined;
  if (domain === undefined || domain.stage === STAGE_BYPASS) {
    const config = domain === undefined ? unassignedConfig(smmu) : STRTAB_STE_0_CFG_BYPASS;
    kernel.store64(ste, pa, STRTAB_STE_0_V | config, 0);
    kernel.store64(ste, pa + 8, 0, STRTAB_STE_1_SHCFG_INCOMING_HI);
    kernel.store64(ste, pa + 16, 0, 0);
    sync_ste(smmu, sid);
    return;
  }
  if (live) {
    throw new BugError('arm_smmu_write_strtab_ent', `stream ${sid} has a live entry`);
  }
  const [lo, hi] =
    domain.stage === STAGE_S1 ? prepareS1(master, pa, ste) : prepareS2(master, pa, ste);
  sync_ste(smmu, sid);
  kernel.store64(ste, pa, lo, hi);
  sync_ste(smmu, sid);
  if ((smmu.options & ARM_SMMU_OPT_SKIP_PREFETCH) === 0) {
    cmd_prefetch_cfg(smmu, sid);
  }
}

function isLive(smmu: ArmSmmuDevice, pa: number): boolean {
  const { memory } = smmu.kernel.machine;
  memory.read64(pa);
  if ((memory.lo & STRTAB_STE_0_V) === 0) {
    return false;
  }
  const config = memory.lo & STRTAB_STE_0_CFG_MASK;
  if (config === STRTAB_STE_0_CFG_S1_TRANS || config === STRTAB_STE_0_CFG_S2_TRANS) {
    return true;
  }
  const expected =
    config === STRTAB_STE_0_CFG_BYPASS ||
    (config === STRTAB_STE_0_CFG_ABORT && smmu.kernel.config.disable_bypass);
  if (!expected) {
    throw new BugError('arm_smmu_write_strtab_ent', `entry with Config ${config >> 1}`);
  }
  return false;
}

/** Writes dword 1 of a stage-1 entry and answers dword 0. */
function prepareS1(master: ArmSmmuMaster, pa: number, ste: number): readonly [number, number] {
  const smmu = master.smmu;
  const table = master.domain?.cd_table;
  if (table === undefined) {
    throw new BugError('arm_smmu_write_strtab_ent', 'stage 1 without a context descriptor');
  }
  const ats = smmu.auxd ? master.ats_enabled : smmu.kernel.config.pci_ats;
  const stalls =
    smmu.has(ARM_SMMU_FEAT_STALLS) && !smmu.has(ARM_SMMU_FEAT_STALL_FORCE) && !master.stall_enabled;
  smmu.kernel.store64(
    ste,
    pa + 8,
    STRTAB_STE_1_S1C |
      (smmu.auxd ? STRTAB_STE_1_S1DSS_SSID0 : 0) |
      (ats ? STRTAB_STE_1_EATS_TRANS : 0) |
      (master.prg_resp_pasid ? STRTAB_STE_1_PPAR : 0) |
      (stalls ? STRTAB_STE_1_S1STALLD : 0),
    0,
  );
  return [
    lo32(table.pa) |
      STRTAB_STE_0_V |
      STRTAB_STE_0_CFG_S1_TRANS |
      (table.two_level ? STRTAB_STE_0_S1FMT_64K_L2 : 0),
    hi32(table.pa) | (table.s1cdmax << STRTAB_STE_0_S1CDMAX_HI),
  ];
}

/** Writes dwords 2 and 3 of a stage-2 entry and answers dword 0. */
function prepareS2(master: ArmSmmuMaster, pa: number, ste: number): readonly [number, number] {
  const smmu = master.smmu;
  const domain = master.domain;
  const vmid = domain?.vmid ?? 0;
  const vttbr = domain?.vttbr ?? 0;
  const vtcr = Number(BigInt.asUintN(19, domain?.vtcr ?? 0n));
  smmu.kernel.store64(ste, pa + 16, vmid, vtcr | STRTAB_STE_2_HI);
  smmu.kernel.store64(ste, pa + 24, lo32(vttbr) & ~0xf, hi32(vttbr) & 0xf_ffff);
  return [STRTAB_STE_0_V | STRTAB_STE_0_CFG_S2_TRANS, 0];
}
