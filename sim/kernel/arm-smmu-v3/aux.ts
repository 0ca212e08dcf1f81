// Auxiliary domains (June 2019 series; in seed18 reached through attach_dev/detach_dev as the seed's
// patches 5 and 6 have it): descriptors at a PASID in the table of the device's main domain.

import { EBUSY, EINVAL, ENODEV, ENOENT } from '../errno.ts';
import { free_io_pgtable_ops } from '../io-pgtable.ts';
import type { Ioasid, IoasidSet } from '../ioasid.ts';
import { INVALID_IOASID } from '../ioasid.ts';
import type { Device } from '../iommu-types.ts';
import { noteDevice, noteDomain } from '../object-states.ts';
import { arm_smmu_atc_inv_all } from './atc.ts';
import { arm_smmu_write_ctx_desc } from './context-desc.ts';
import type { ArmSmmuDomain } from './domain.ts';
import { arm_smmu_domain_prepare } from './domain.ts';
import { masterOf } from './master.ts';
import type { ArmSmmuDevice, ArmSmmuDomainState, ArmSmmuMaster } from './smmu-device.ts';
import { STAGE_S1 } from './smmu-device.ts';

/** Largest PASID there is. */
export const MAX_PASID = 0xf_ffff;

/** Aux domains of one kernel share one set with SVA's number space. */
export class AuxDomains {
  readonly #ioasid: Ioasid;
  readonly #set: IoasidSet = { name: 'arm_smmu_aux' };

  constructor(ioasid: Ioasid) {
    this.#ioasid = ioasid;
  }

  /** Switches AUXD on within [min, max] (0: no limit). 0; -ENODEV no SubstreamIDs; -EBUSY on already. */
  enable(dev: Device, min: number, max: number): number {
    const master = masterOf(dev);
    if (master === undefined || master.ssid_bits === 0) {
      return -ENODEV;
    }
    if (master.auxd) {
      return -EBUSY;
    }
    arm_smmu_set_pasid_limits(master, min, max);
    master.auxd = true;
    noteDevice(master.smmu.kernel, dev);
    return 0;
  }

  /** 0, or -EINVAL when it is off. Domains that are still attached stay live. */
  disable(dev: Device): number {
    const master = masterOf(dev);
    if (master === undefined || !master.auxd) {
      return -EINVAL;
    }
    const live = this.domainsOf(master);
    if (live.length > 0) {
      master.smmu.kernel.misuse(
        'arm-smmu-v3.c',
        `${dev.name}: AUXD is switched off while ${names(live)} still attached: ` +
          'a later detach is ignored and the context descriptor stays live',
      );
    }
    master.auxd = false;
    noteDevice(master.smmu.kernel, dev);
    return 0;
  }

  /** Detaches every aux domain of a device: what shutting SVA down does (model decision). */
  detachAll(dev: Device): void {
    const master = masterOf(dev);
    if (master === undefined) {
      return;
    }
    const live = this.domainsOf(master);
    if (live.length > 0) {
      master.smmu.kernel.misuse(
        'iommu-sva.c',
        `${dev.name}: shut down while ${names(live)} still attached: detached now`,
      );
    }
    for (const domain of live) {
      while (domain.aux_masters.includes(master)) {
        this.#drop(domain, master);
      }
    }
  }

  /** Aux domains attached to a master. */
  domainsOf(master: ArmSmmuMaster): ArmSmmuDomainState[] {
    return [...master.smmu.aux_domains].filter((domain) => domain.aux_masters.includes(master));
  }

  /**
   * Attaches an aux domain.
   * @returns 0; -ENOENT no stream IDs; -EINVAL AUXD off, no main domain, not stage 1, a domain that is
   *   or was somebody's main one, another parent, no PASID left; -ENOSPC no ASID; -ENOMEM
   */
  attach(domain: ArmSmmuDomain, dev: Device): number {
    const master = masterOf(dev);
    if (master === undefined) {
      return -ENOENT;
    }
    const { kernel } = master.smmu;
    const parent = master.domain;
    if (!master.auxd || parent === undefined || parent.stage !== STAGE_S1) {
      return -EINVAL;
    }
    if (domain.stage !== STAGE_S1) {
      return -EINVAL;
    }
    if (domain.was_main) {
      kernel.log.dev_err(dev, 'cannot attach domain in auxiliary mode');
      return -EINVAL;
    }
    if (domain.aux_parent !== undefined && domain.aux_parent !== parent) {
      kernel.log.dev_err(dev, 'cannot attach aux domain with different parent');
      return -EINVAL;
    }
    if (domain.aux_masters.includes(master)) {
      kernel.misuse(
        'arm-smmu-v3.c',
        `domain ${domain.id} is attached to ${dev.name} already: as many detaches are needed`,
      );
    }
    if (domain.aux_masters.length === 0) {
      const ret = this.#install(domain, parent, master);
      if (ret !== 0) {
        noteDomain(kernel, domain);
        return ret;
      }
    }
    domain.aux_masters.push(master);
    master.smmu.aux_domains.add(domain);
    noteDomain(kernel, domain);
    return 0;
  }

  /** Detaches; ignored, as the driver does, when AUXD is off, there is no main domain, or nothing to detach. */
  detach(domain: ArmSmmuDomain, dev: Device): void {
    const master = masterOf(dev);
    if (master === undefined) {
      return;
    }
    const reason = !master.auxd
      ? 'AUXD is off on the device'
      : master.domain === undefined
        ? 'the device has no main domain'
        : domain.aux_masters.length === 0
          ? 'the domain is not attached'
          : undefined;
    if (reason !== undefined) {
      master.smmu.kernel.misuse(
        'arm-smmu-v3.c',
        `detach of domain ${domain.id} from ${dev.name} is ignored: ${reason}`,
      );
      return;
    }
    if (!domain.aux_masters.includes(master)) {
      master.smmu.kernel.misuse(
        'arm-smmu-v3.c',
        `domain ${domain.id} is not attached to ${dev.name}: another device's attach is undone`,
      );
    }
    this.#drop(domain, master);
  }

  /** The PASID of a domain, kept over detaches; -EINVAL before its first attach. */
  pasid(domain: ArmSmmuDomainState): number {
    return domain.aux_parent === undefined ? -EINVAL : domain.ssid;
  }

  /** Gives PASID and parent up: part of freeing the domain. */
  release(domain: ArmSmmuDomainState): void {
    domain.smmu?.aux_domains.delete(domain);
    if (domain.aux_parent !== undefined) {
      this.#ioasid.free(domain.ssid);
      domain.aux_parent = undefined;
    }
  }

  #drop(domain: ArmSmmuDomainState, master: ArmSmmuMaster): void {
    const at = Math.max(0, domain.aux_masters.indexOf(master));
    domain.aux_masters.splice(at, 1);
    noteDomain(master.smmu.kernel, domain);
    const parent = domain.aux_parent;
    if (domain.aux_masters.length === 0 && parent !== undefined) {
      master.smmu.aux_domains.delete(domain);
      arm_smmu_write_ctx_desc(parent, domain.ssid, undefined);
      arm_smmu_atc_inv_all(master.smmu, parent.masters, domain.ssid);
    } else {
      arm_smmu_atc_inv_all(master.smmu, [master], domain.ssid);
    }
  }

  #install(domain: ArmSmmuDomain, parent: ArmSmmuDomainState, master: ArmSmmuMaster): number {
    const { smmu } = master;
    const first = domain.aux_parent === undefined;
    if (first) {
      const ssid = this.#ioasid.allocUpTo(this.#set, master.min_pasid, master.max_pasid, domain);
      if (ssid === INVALID_IOASID) {
        smmu.kernel.log.dev_err(
          master.dev,
          'no PASID left between %u and %u',
          master.min_pasid,
          master.max_pasid,
        );
        return -EINVAL;
      }
      domain.ssid = ssid;
      domain.aux_parent = parent;
    }
    let ret = arm_smmu_domain_prepare(domain, master);
    if (ret === 0) {
      ret = arm_smmu_write_ctx_desc(parent, domain.ssid, domain.cd);
    }
    if (ret !== 0 && first) {
      undoInstall(domain, smmu);
      this.release(domain);
    }
    return ret;
  }
}

/** A first attach that failed leaves the domain as new as it was. */
function undoInstall(domain: ArmSmmuDomain, smmu: ArmSmmuDevice): void {
  if (domain.pgtbl_ops !== null) {
    free_io_pgtable_ops(domain.pgtbl_ops);
    domain.pgtbl_ops = null;
    smmu.asid_map.free(domain.cd.asid);
    domain.cd = { ...domain.cd, asid: 0 };
    domain.smmu = undefined;
  }
}

/** Limits of a device: at least 1, at most what its SubstreamID bits allow; max 0 asks for all. */
export function arm_smmu_set_pasid_limits(master: ArmSmmuMaster, min: number, max: number): void {
  master.min_pasid = Math.max(min, 1);
  master.max_pasid = Math.min(max === 0 ? MAX_PASID : max, 2 ** master.ssid_bits - 1);
}

function names(domains: readonly ArmSmmuDomainState[]): string {
  const list = domains.map(({ id }) => id).join(', ');
  return domains.length === 1 ? `domain ${list} is` : `domains ${list} are`;
}
