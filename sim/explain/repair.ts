// What would make a fault right: said only where the cause leaves one sensible answer.

import { TXN_INSTRUCTION, TXN_WRITE } from '../machine/transaction.ts';
import type { Explanation } from './explanation.ts';

/** A sentence without its full stop, or undefined when there is no one answer. */
export function repairHint(explanation: Explanation): string | undefined {
  const { culprit, stale } = explanation;
  if (culprit === undefined) {
    return undefined;
  }
  if (stale !== undefined) {
    return staleHint(culprit.where);
  }
  return HINTS[`${kindOf(culprit.where)}.${culprit.field}`]?.(explanation);
}

/** Levels of either stage share their hints. */
function kindOf(where: string): string {
  return where.startsWith('S2 L') ? 'S2' : /^L-?\d$/.test(where) ? 'S1' : where;
}

function staleHint(where: string): string {
  const command =
    where === 'STE' || where === 'L1STD'
      ? 'CMD_CFGI_STE'
      : where === 'CD' || where === 'L1CD'
        ? 'CMD_CFGI_CD'
        : 'the CMD_TLBI_* that covers the address';
  return `after the change issue ${command} and CMD_SYNC, before the device's next access`;
}

type Hint = (explanation: Explanation) => string | undefined;

function removed(explanation: Explanation, ...functions: readonly string[]): boolean {
  return functions.some((fn) => explanation.writtenBy?.fn.includes(fn) ?? false);
}

const HINTS: Readonly<Record<string, Hint>> = {
  'S1.valid': (explanation) =>
    removed(explanation, 'unmap', 'free')
      ? 'stop the device using the address before it is unmapped'
      : `map the address in the domain of ${explanation.ssid < 0 ? 'the stream' : `PASID ${explanation.ssid}`} before the device uses it`,
  'S2.valid': () => 'map the IPA at stage 2 as well',
  'S1.AP': ({ flags, culprit }) =>
    culprit?.lo === 7 && (flags & TXN_WRITE) !== 0
      ? 'map the page with IOMMU_WRITE, or let the device only read it'
      : culprit?.lo === 6 && (flags & TXN_INSTRUCTION) === 0
        ? 'map without IOMMU_PRIV, or make the access privileged'
        : undefined,
  'S1.UXN': () => 'map without IOMMU_NOEXEC, or do not fetch instructions there',
  'S1.PXN': () => 'map without IOMMU_NOEXEC, or do not fetch instructions there',
  'S1.AF': () => 'set AF in the descriptor, or CD.AFFD or CD.HA',
  'S2.AF': () => 'set AF in the descriptor, or STE.S2AFFD or STE.S2HA',
  'CD.V': (explanation) =>
    removed(explanation, 'detach', 'unbind', 'shutdown', 'free')
      ? 'stop the device using the PASID before its domain is detached'
      : explanation.ssid < 0
        ? undefined
        : `attach a domain to PASID ${explanation.ssid} before the device uses it`,
  'STE.V': () => 'write a valid STE for the stream and issue CMD_CFGI_STE and CMD_SYNC',
  'STE.S1CDMax': ({ ssid }) =>
    `use SubstreamIDs below the size of the CD table only (${ssid} is not), or make the table larger`,
  'STE.Config': ({ ssid }) =>
    ssid < 0 ? undefined : 'attach a domain that translates at stage 1: SubstreamIDs need it',
  'STE.S1DSS': ({ ssid }) =>
    ssid === 0
      ? 'use SubstreamIDs from 1; 0 belongs to accesses without one'
      : 'let the device send a SubstreamID, or set S1DSS to use CD 0',
  'STRTAB_BASE_CFG.LOG2SIZE': () => 'make the Stream table large enough for the StreamID',
  'L1STD.Span': () => 'install a level 2 array that covers the StreamID',
  'L1CD.V': () => 'install the leaf table of CDs before the SubstreamID is used',
  'STE.EATS': () => 'set EATS before the device enables ATS',
  'CD.T0SZ': ({ name }) =>
    name === 'F_TRANSLATION'
      ? 'use an address that the domain can map, or a smaller T0SZ'
      : undefined,
};
