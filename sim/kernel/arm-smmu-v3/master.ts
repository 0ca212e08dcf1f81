// Devices behind the SMMU: arrival with their stream IDs, main attach and detach, leaving
// (Linux 4.20.1); PASID and ATS are switched on before the descriptor table is sized (2019).

import { hex } from '../../base/hex.ts';
import { EINVAL, ENODEV, ENOENT, ENOMEM, ERANGE, IS_ERR, PTR_ERR } from '../errno.ts';
import type { IommuGroups } from '../iommu-group.ts';
import type { Device } from '../iommu-types.ts';
import { noteDevice, noteDomain } from '../object-states.ts';
import type { PciCapabilities } from '../pci.ts';
import {
  ARM_SMMU_FEAT_2_LVL_CDTAB,
  ARM_SMMU_FEAT_2_LVL_STRTAB,
  ARM_SMMU_FEAT_ATS,
  ARM_SMMU_FEAT_PRI,
  ARM_SMMU_FEAT_STALL_FORCE,
  ARM_SMMU_FEAT_STALLS,
  CTXDESC_SPLIT,
} from './arm-smmu-v3.ts';
import { arm_smmu_atc_inv_all } from './atc.ts';
import { arm_smmu_write_single_cd } from './context-desc.ts';
import type { ArmSmmuDomain } from './domain.ts';
import { arm_smmu_domain_prepare } from './domain.ts';
import type { ArmSmmuDevice, ArmSmmuMaster } from './smmu-device.ts';
import { STAGE_S1 } from './smmu-device.ts';
import {
  arm_smmu_init_l2_strtab,
  arm_smmu_install_ste_for_dev,
  arm_smmu_sid_in_range,
} from './strtab.ts';

/** The master of a device, or undefined: not behind an SMMU. */
export function masterOf(dev: Device): ArmSmmuMaster | undefined {
  return dev.iommu_fwspec?.iommu_priv as ArmSmmuMaster | undefined;
}

function newMaster(smmu: ArmSmmuDevice, dev: Device, ids: readonly number[]): ArmSmmuMaster {
  return {
    smmu,
    dev,
    sids: [...new Set(ids)],
    assigned: false,
    domain: undefined,
    ssid_bits: 0,
    stall_enabled: false,
    ats_enabled: false,
    pri_enabled: false,
    prg_resp_pasid: false,
    auxd: false,
    min_pasid: 0,
    max_pasid: 0,
  };
}

/**
 * arm_smmu_add_device().
 * @returns 0; -ENODEV not behind an SMMU; -ERANGE a stream ID beyond the table; -ENOMEM; the errors of
 *   the first attach
 */
export function arm_smmu_add_device(
  dev: Device,
  smmu: ArmSmmuDevice | undefined,
  groups: IommuGroups,
  pci: PciCapabilities,
): number {
  const fwspec = dev.iommu_fwspec;
  if (fwspec === undefined) {
    return -ENODEV;
  }
  let master = masterOf(dev);
  if (master !== undefined) {
    master.smmu.kernel.log.warnOnce('arm_smmu_add_device');
  } else {
    if (smmu === undefined) {
      return -ENODEV;
    }
    if (!smmu.kernel.kmalloc('arm_smmu_master')) {
      return -ENOMEM;
    }
    master = newMaster(smmu, dev, fwspec.ids);
    fwspec.iommu_priv = master;
  }
  for (const sid of fwspec.ids) {
    const ret = checkStream(master.smmu, dev.name, sid);
    if (ret !== 0) {
      return ret;
    }
  }
  if (master.smmu.auxd) {
    enableFeatures(master, pci);
  }
  for (const sid of master.sids) {
    master.smmu.streams.set(sid, master);
  }
  const group = groups.getForDev(dev);
  if (IS_ERR(group)) {
    return PTR_ERR(group);
  }
  groups.put(group);
  master.smmu.kernel.noteObject('iommu_link', fwspec.ids[0] ?? 0, dev.name);
  return 0;
}

function checkStream(smmu: ArmSmmuDevice, name: string, sid: number): number {
  if (!arm_smmu_sid_in_range(smmu, sid)) {
    smmu.kernel.misuse(
      'arm-smmu-v3.c',
      `${name}: stream ID ${hex(sid)} is beyond the stream table of ${smmu.sid_bits} bits: ` +
        'the device stays without IOMMU, and calls for it answer -ENODEV',
    );
    return -ERANGE;
  }
  return smmu.has(ARM_SMMU_FEAT_2_LVL_STRTAB) ? arm_smmu_init_l2_strtab(smmu, sid) : 0;
}

/** PASIDs and stalls are settled before the default domain is attached; PASID before ATS. */
function enableFeatures(master: ArmSmmuMaster, pci: PciCapabilities): void {
  const { smmu, dev } = master;
  const fwspec = dev.iommu_fwspec;
  let bits = Math.min(smmu.ssid_bits, fwspec?.num_pasid_bits ?? 0);
  if (dev.pci !== undefined) {
    bits = Math.min(smmu.ssid_bits, pci.enablePasid(dev));
  }
  if (!smmu.has(ARM_SMMU_FEAT_2_LVL_CDTAB)) {
    bits = Math.min(bits, CTXDESC_SPLIT);
  }
  master.ssid_bits = bits;
  master.prg_resp_pasid = smmu.has(ARM_SMMU_FEAT_PRI) && pci.prgResponsePasid(dev);
  master.stall_enabled =
    smmu.has(ARM_SMMU_FEAT_STALL_FORCE) ||
    (smmu.has(ARM_SMMU_FEAT_STALLS) && fwspec?.can_stall === true);
}

/** arm_smmu_remove_device(): the device leaves its domain, its group and the SMMU. */
export function arm_smmu_remove_device(
  dev: Device,
  groups: IommuGroups,
  pci: PciCapabilities,
): void {
  const master = masterOf(dev);
  if (master === undefined) {
    return;
  }
  if (master.assigned) {
    arm_smmu_detach_main(master, pci);
  }
  groups.removeDevice(dev);
  if (dev.pci !== undefined) {
    pci.disablePasid(dev);
  }
  for (const sid of master.sids) {
    master.smmu.streams.delete(sid);
  }
  dev.iommu_fwspec = undefined;
  master.smmu.kernel.noteObject('iommu_unlink', master.sids[0] ?? 0, dev.name);
}

/**
 * Attaches a domain as the main one of a device. An earlier domain is detached first, and stays so
 * when the attach fails.
 * @returns 0; -ENOENT no stream IDs; -EINVAL the domain is auxiliary, sized for other SubstreamIDs or
 *   of another stall kind; -ENXIO another SMMU; -ENOSPC; -ENOMEM
 */
export function arm_smmu_attach_main(
  domain: ArmSmmuDomain,
  dev: Device,
  pci: PciCapabilities,
): number {
  const master = masterOf(dev);
  if (master === undefined) {
    return -ENOENT;
  }
  const refused = master.smmu.auxd ? refuseMain(domain, master) : 0;
  if (refused !== 0) {
    return refused;
  }
  if (master.assigned) {
    arm_smmu_detach_main(master, pci);
  }
  const ret = arm_smmu_domain_prepare(domain, master);
  if (ret !== 0) {
    noteDomain(master.smmu.kernel, domain);
    return ret;
  }
  const { smmu } = master;
  if (smmu.auxd && dev.pci !== undefined && smmu.has(ARM_SMMU_FEAT_ATS)) {
    master.ats_enabled = domain.stage === STAGE_S1 && pci.ats(dev);
  }
  master.assigned = true;
  master.domain = domain;
  domain.was_main = true;
  domain.masters.push(master);
  if (domain.stage === STAGE_S1 && !smmu.auxd) {
    arm_smmu_write_single_cd(smmu, domain);
  }
  arm_smmu_install_ste_for_dev(master);
  if (master.ats_enabled) {
    pci.startAts(dev);
  }
  noteDomain(smmu.kernel, domain);
  noteDevice(smmu.kernel, dev);
  return 0;
}

function refuseMain(domain: ArmSmmuDomain, master: ArmSmmuMaster): number {
  const { log } = master.smmu.kernel;
  if (domain.aux_parent !== undefined) {
    log.dev_err(master.dev, 'cannot attach auxiliary domain');
    return -EINVAL;
  }
  const table = domain.cd_table;
  if (table !== undefined && domain.smmu === master.smmu && table.s1cdmax !== master.ssid_bits) {
    log.dev_err(
      master.dev,
      'cannot attach to incompatible domain (%u SSID bits != %u)',
      table.s1cdmax,
      master.ssid_bits,
    );
    return -EINVAL;
  }
  if (table !== undefined && domain.cd.stall && !master.stall_enabled) {
    log.dev_err(master.dev, 'cannot attach to a domain whose faults stall');
    return -EINVAL;
  }
  return 0;
}

/** arm_smmu_detach_dev(): ATS off first, then the entries of the device abort (or bypass). */
export function arm_smmu_detach_main(master: ArmSmmuMaster, pci: PciCapabilities): void {
  const { smmu, domain } = master;
  if (master.ats_enabled) {
    pci.stopAts(master.dev);
    arm_smmu_atc_inv_all(smmu, [master], -1);
    master.ats_enabled = false;
  }
  master.assigned = false;
  arm_smmu_install_ste_for_dev(master);
  master.domain = undefined;
  if (domain !== undefined) {
    const at = domain.masters.indexOf(master);
    if (at >= 0) {
      domain.masters.splice(at, 1);
    }
    noteDomain(smmu.kernel, domain);
  }
  noteDevice(smmu.kernel, master.dev);
}
