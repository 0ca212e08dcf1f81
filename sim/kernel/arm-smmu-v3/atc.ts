// ATC invalidation (2019): after the TLB maintenance of the same range, for each master that has ATS
// on. With a SubstreamID only that space; without, the range with and without PASID.

import { ATC_INV_SIZE_ALL } from './arm-smmu-v3.ts';
import { arm_smmu_cmdq_issue_sync, cmd_atc_inv } from './cmdq.ts';
import type { ArmSmmuDevice, ArmSmmuDomainState, ArmSmmuMaster } from './smmu-device.ts';

const PAGE = 4096;

/** An ATC_INV span: 2^size pages of 4 KiB at `address`, naturally aligned. */
export interface AtcRange {
  readonly address: number;
  readonly size: number;
}

/** The smallest aligned power-of-two span that covers [iova, iova + size), bytes. */
export function arm_smmu_atc_range(iova: number, size: number): AtcRange {
  const first = Math.floor(iova / PAGE);
  const last = Math.floor((iova + size - 1) / PAGE);
  let log2 = 0;
  while (Math.floor(first / 2 ** log2) !== Math.floor(last / 2 ** log2)) {
    log2++;
  }
  return { address: Math.floor(first / 2 ** log2) * 2 ** log2 * PAGE, size: log2 };
}

const WHOLE: AtcRange = { address: 0, size: ATC_INV_SIZE_ALL };

/** Masters whose ATCs can hold entries of a domain: those of its parent when it is auxiliary. */
function mastersOf(domain: ArmSmmuDomainState): readonly ArmSmmuMaster[] {
  return (domain.aux_parent ?? domain).masters;
}

/** Remembers a range that TLBIs were sent for, bytes: {@link arm_smmu_atc_flush} covers it. */
export function arm_smmu_atc_note(domain: ArmSmmuDomainState, iova: number, size: number): void {
  if (mastersOf(domain).some((master) => master.ats_enabled)) {
    const pending = domain.atc_pending;
    const end = iova + size;
    domain.atc_pending =
      pending === undefined
        ? { start: iova, end }
        : { start: Math.min(pending.start, iova), end: Math.max(pending.end, end) };
  }
}

/** Invalidates what was noted in every ATC of the domain; the TLBIs' SYNC must have been sent. */
export function arm_smmu_atc_flush(domain: ArmSmmuDomainState): void {
  const pending = domain.atc_pending;
  if (pending !== undefined && domain.smmu !== undefined) {
    domain.atc_pending = undefined;
    const range = arm_smmu_atc_range(pending.start, pending.end - pending.start);
    issueAll(domain.smmu, mastersOf(domain), substreamOf(domain), range);
  }
}

/** Everything of the domain, in every ATC that can hold it. */
export function arm_smmu_atc_flush_all(domain: ArmSmmuDomainState): void {
  domain.atc_pending = undefined;
  if (domain.smmu !== undefined) {
    issueAll(domain.smmu, mastersOf(domain), substreamOf(domain), WHOLE);
  }
}

function substreamOf(domain: ArmSmmuDomainState): number {
  return domain.aux_parent === undefined ? -1 : domain.ssid;
}

/** Drops everything that one SubstreamID (or, with -1, any space) left in the ATCs of `masters`. */
export function arm_smmu_atc_inv_all(
  smmu: ArmSmmuDevice,
  masters: readonly ArmSmmuMaster[],
  ssid: number,
): void {
  issueAll(smmu, masters, ssid, WHOLE);
}

/** As {@link arm_smmu_atc_inv_all} for a range, bytes. */
export function arm_smmu_atc_inv_range(
  smmu: ArmSmmuDevice,
  masters: readonly ArmSmmuMaster[],
  ssid: number,
  range: AtcRange,
): void {
  issueAll(smmu, masters, ssid, range);
}

function issueAll(
  smmu: ArmSmmuDevice,
  masters: readonly ArmSmmuMaster[],
  ssid: number,
  range: AtcRange,
): void {
  let issued = false;
  for (const master of masters) {
    if (master.ats_enabled) {
      for (const sid of master.sids) {
        cmd_atc_inv(smmu, sid, ssid, range.address, range.size);
      }
      issued = true;
    }
  }
  if (issued) {
    arm_smmu_cmdq_issue_sync(smmu);
  }
}
