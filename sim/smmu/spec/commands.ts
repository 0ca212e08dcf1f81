// Commands of the Command queue (IHI 0070 chapter 4): opcode, section and fields of each, 128 bits.
// Legality and effects are in the handlers. PREFETCH_ADDR: the places of Stride and NS are not in our
// sources, so bits 74:69 are kept as one field that nothing reads.

import type { Field } from '../../regs/field.ts';
import { addr, code, flag, uint } from '../../regs/field.ts';
import type { FieldTable, RecordTable } from '../../regs/record.ts';
import { record } from '../../regs/record.ts';

/** Bytes of a command. */
export const COMMAND_BYTES = 16;

/** A command's layout with its opcode. */
export interface CommandTable<F extends FieldTable> extends RecordTable<F> {
  readonly opcode: number;
  /** Bits of each word that no field names: RES0. */
  readonly reserved: readonly number[];
}

/** Why the Command queue stopped: CMDQ_CONS.ERR. @arch 7.1 Y Command queue errors */
export const CERROR_NONE = 0;
export const CERROR_ILL = 1;
export const CERROR_ABT = 2;
export const CERROR_ATC_INV_SYNC = 3;
export const CERROR_NAMES = ['CERROR_NONE', 'CERROR_ILL', 'CERROR_ABT', 'CERROR_ATC_INV_SYNC'];

/** CMD_SYNC.CS. */
export const SIG_NONE = 0;
export const SIG_IRQ = 1;
export const SIG_SEV = 2;

function command<const F extends FieldTable>(
  opcode: number,
  name: string,
  section: string,
  fields: F,
): CommandTable<F & { readonly Opcode: Field<number> }> {
  const table = record(name, section, 128, { Opcode: uint(7, 0), ...fields });
  const reserved = [-1, -1, -1, -1];
  for (const { lo, hi } of Object.values<Field>(table.fields)) {
    for (let bit = lo; bit <= hi; bit++) {
      reserved[bit >>> 5] = (reserved[bit >>> 5] ?? 0) & ~(1 << (bit & 31));
    }
  }
  return { ...table, opcode, reserved };
}

const SSEC = { SSec: flag(10, '1: a Secure stream; illegal on the Non-secure queue') };
const SID = { StreamID: uint(63, 32) };
const SSID = { SubstreamID: uint(31, 12) };
const SSV = { SSV: flag(11, '1: SubstreamID is given') };
const LEAF = { Leaf: flag(64, '1: last-level entries only') };
const VMID = { VMID: uint(47, 32) };
const ASID = { ASID: uint(63, 48) };
const RANGE = {
  NUM: uint(16, 12, 'range: (NUM + 1) * 2^SCALE granules'),
  SCALE: uint(25, 20),
  TTL128: flag(71),
  TTL: uint(73, 72, 'level of the leaf; 0 any'),
  TG: code(75, 74, { 0: 'no range', 1: '4 KiB', 2: '16 KiB', 3: '64 KiB' }),
};
const ADDRESS = { Address: addr(127, 76) };
const IPA = { Address: addr(119, 76) };

const CONFIGURATION = {
  /** @arch 4.2.1 Y CMD_PREFETCH_CONFIG */
  CMD_PREFETCH_CONFIG: command(0x01, 'CMD_PREFETCH_CONFIG', '4.2.1', {
    ...SSEC,
    ...SSV,
    ...SSID,
    ...SID,
  }),
  /** @arch 4.2.2 P(consumed as a hint, prefetches nothing) CMD_PREFETCH_ADDR */
  CMD_PREFETCH_ADDR: command(0x02, 'CMD_PREFETCH_ADDR', '4.2.2', {
    ...SSEC,
    ...SSV,
    ...SSID,
    ...SID,
    Size: uint(68, 64),
    Stride_NS: uint(74, 69),
    ...ADDRESS,
  }),
  /** @arch 4.3.1 Y CMD_CFGI_STE */
  CMD_CFGI_STE: command(0x03, 'CMD_CFGI_STE', '4.3.1', { ...SSEC, ...SID, ...LEAF }),
  /** @arch 4.3.2 Y CMD_CFGI_STE_RANGE, and with Range 31 CMD_CFGI_ALL */
  CMD_CFGI_STE_RANGE: command(0x04, 'CMD_CFGI_STE_RANGE', '4.3.2', {
    ...SSEC,
    ...SID,
    Range: uint(68, 64, '2^(Range + 1) StreamIDs; 31: all'),
  }),
  /** @arch 4.3.3 Y CMD_CFGI_CD */
  CMD_CFGI_CD: command(0x05, 'CMD_CFGI_CD', '4.3.3', { ...SSEC, ...SSID, ...SID, ...LEAF }),
  /** @arch 4.3.4 Y CMD_CFGI_CD_ALL */
  CMD_CFGI_CD_ALL: command(0x06, 'CMD_CFGI_CD_ALL', '4.3.4', { ...SSEC, ...SID }),
  /** @arch 4.3.5 P(no MPAM: always CERROR_ILL, as without MPAM) CMD_CFGI_VMS_PIDM */
  CMD_CFGI_VMS_PIDM: command(0x07, 'CMD_CFGI_VMS_PIDM', '4.3.5', { ...SSEC, ...VMID }),
} as const;

const TRANSLATION = {
  /** @arch 4.4.2.1 Y CMD_TLBI_NH_ALL */
  CMD_TLBI_NH_ALL: command(0x10, 'CMD_TLBI_NH_ALL', '4.4.2.1', VMID),
  /** @arch 4.4.2.2 Y CMD_TLBI_NH_ASID */
  CMD_TLBI_NH_ASID: command(0x11, 'CMD_TLBI_NH_ASID', '4.4.2.2', { ...VMID, ...ASID }),
  /** @arch 4.4.2.4 Y CMD_TLBI_NH_VA */
  CMD_TLBI_NH_VA: command(0x12, 'CMD_TLBI_NH_VA', '4.4.2.4', {
    ...VMID,
    ...ASID,
    ...LEAF,
    ...RANGE,
    ...ADDRESS,
  }),
  /** @arch 4.4.2.3 Y CMD_TLBI_NH_VAA */
  CMD_TLBI_NH_VAA: command(0x13, 'CMD_TLBI_NH_VAA', '4.4.2.3', {
    ...VMID,
    ...LEAF,
    ...RANGE,
    ...ADDRESS,
  }),
  /** @arch 4.4.2.5 P(no Secure state: always CERROR_ILL) CMD_TLBI_EL3_ALL */
  CMD_TLBI_EL3_ALL: command(0x18, 'CMD_TLBI_EL3_ALL', '4.4.2.5', {}),
  /** @arch 4.4.2.6 P(no Secure state: always CERROR_ILL) CMD_TLBI_EL3_VA */
  CMD_TLBI_EL3_VA: command(0x1a, 'CMD_TLBI_EL3_VA', '4.4.2.6', { ...LEAF, ...RANGE, ...ADDRESS }),
  /** @arch 4.4.2.7 Y CMD_TLBI_EL2_ALL */
  CMD_TLBI_EL2_ALL: command(0x20, 'CMD_TLBI_EL2_ALL', '4.4.2.7', {}),
  /** @arch 4.4.2.10 Y CMD_TLBI_EL2_ASID */
  CMD_TLBI_EL2_ASID: command(0x21, 'CMD_TLBI_EL2_ASID', '4.4.2.10', ASID),
  /** @arch 4.4.2.8 Y CMD_TLBI_EL2_VA */
  CMD_TLBI_EL2_VA: command(0x22, 'CMD_TLBI_EL2_VA', '4.4.2.8', {
    ...ASID,
    ...LEAF,
    ...RANGE,
    ...ADDRESS,
  }),
  /** @arch 4.4.2.9 Y CMD_TLBI_EL2_VAA */
  CMD_TLBI_EL2_VAA: command(0x23, 'CMD_TLBI_EL2_VAA', '4.4.2.9', {
    ...LEAF,
    ...RANGE,
    ...ADDRESS,
  }),
  /** @arch 4.4.3.2 Y CMD_TLBI_S12_VMALL */
  CMD_TLBI_S12_VMALL: command(0x28, 'CMD_TLBI_S12_VMALL', '4.4.3.2', VMID),
  /** @arch 4.4.3.1 Y CMD_TLBI_S2_IPA */
  CMD_TLBI_S2_IPA: command(0x2a, 'CMD_TLBI_S2_IPA', '4.4.3.1', {
    ...VMID,
    ...LEAF,
    ...RANGE,
    ...IPA,
  }),
  /** @arch 4.4.4.1 Y CMD_TLBI_NSNH_ALL */
  CMD_TLBI_NSNH_ALL: command(0x30, 'CMD_TLBI_NSNH_ALL', '4.4.4.1', {}),
  /** @arch 4.4.2.11 P(no Secure state: always CERROR_ILL) CMD_TLBI_S_EL2_ALL */
  CMD_TLBI_S_EL2_ALL: command(0x50, 'CMD_TLBI_S_EL2_ALL', '4.4.2.11', {}),
  /** @arch 4.4.2.14 P(no Secure state: always CERROR_ILL) CMD_TLBI_S_EL2_ASID */
  CMD_TLBI_S_EL2_ASID: command(0x51, 'CMD_TLBI_S_EL2_ASID', '4.4.2.14', ASID),
  /** @arch 4.4.2.12 P(no Secure state: always CERROR_ILL) CMD_TLBI_S_EL2_VA */
  CMD_TLBI_S_EL2_VA: command(0x52, 'CMD_TLBI_S_EL2_VA', '4.4.2.12', {
    ...ASID,
    ...LEAF,
    ...RANGE,
    ...ADDRESS,
  }),
  /** @arch 4.4.2.13 P(no Secure state: always CERROR_ILL) CMD_TLBI_S_EL2_VAA */
  CMD_TLBI_S_EL2_VAA: command(0x53, 'CMD_TLBI_S_EL2_VAA', '4.4.2.13', {
    ...LEAF,
    ...RANGE,
    ...ADDRESS,
  }),
  /** @arch 4.4.3.4 P(no Secure state: always CERROR_ILL) CMD_TLBI_S_S12_VMALL */
  CMD_TLBI_S_S12_VMALL: command(0x58, 'CMD_TLBI_S_S12_VMALL', '4.4.3.4', VMID),
  /** @arch 4.4.3.3 P(no Secure state: always CERROR_ILL) CMD_TLBI_S_S2_IPA */
  CMD_TLBI_S_S2_IPA: command(0x5a, 'CMD_TLBI_S_S2_IPA', '4.4.3.3', {
    ...VMID,
    ...LEAF,
    ...RANGE,
    ...IPA,
  }),
  /** @arch 4.4.4.2 P(no Secure state: always CERROR_ILL) CMD_TLBI_SNH_ALL */
  CMD_TLBI_SNH_ALL: command(0x60, 'CMD_TLBI_SNH_ALL', '4.4.4.2', {}),
} as const;

const ENDPOINTS_AND_SYNC = {
  /** @arch 4.5.1 Y CMD_ATC_INV */
  CMD_ATC_INV: command(0x40, 'CMD_ATC_INV', '4.5.1', {
    G: flag(9, '1: the global invalidate flag of the request'),
    ...SSV,
    ...SSID,
    ...SID,
    Size: uint(69, 64, '4096 * 2^Size bytes; 52: everything'),
    ...ADDRESS,
  }),
  /** @arch 4.5.2 Y CMD_PRI_RESP */
  CMD_PRI_RESP: command(0x41, 'CMD_PRI_RESP', '4.5.2', {
    ...SSV,
    ...SSID,
    ...SID,
    PRGIndex: uint(72, 64),
    Resp: code(77, 76, { 0: 'ResponseFailure', 1: 'InvalidRequest', 2: 'Success' }),
  }),
  /** @arch 4.7.1 Y CMD_RESUME */
  CMD_RESUME: command(0x44, 'CMD_RESUME', '4.7.1', {
    ...SSEC,
    Ac: flag(12, '1: retry, 0: terminate'),
    Ab: flag(13, '1: terminate with abort, 0: RAZ/WI'),
    ...SID,
    STAG: uint(79, 64),
  }),
  /** @arch 4.7.2 Y CMD_STALL_TERM */
  CMD_STALL_TERM: command(0x45, 'CMD_STALL_TERM', '4.7.2', { ...SSEC, ...SID }),
  /** @arch 4.7.3 P(MSI writes carry no attributes) CMD_SYNC */
  CMD_SYNC: command(0x46, 'CMD_SYNC', '4.7.3', {
    CS: code(13, 12, { 0: 'SIG_NONE', 1: 'SIG_IRQ', 2: 'SIG_SEV' }),
    MSH: code(23, 22, { 0: 'NSH', 2: 'OSH', 3: 'ISH' }),
    MSIAttr: uint(27, 24),
    MSIData: uint(63, 32),
    MSIAddress: addr(115, 66),
    MSIAddress_55_52: uint(119, 116),
  }),
  /** @arch 4.6.1 P(no Device Permission Table: always CERROR_ILL, as without it) CMD_DPTI_ALL */
  CMD_DPTI_ALL: command(0x70, 'CMD_DPTI_ALL', '4.6.1', {}),
  /** @arch 4.6.2 P(no Device Permission Table: always CERROR_ILL, as without it) CMD_DPTI_PA */
  CMD_DPTI_PA: command(0x73, 'CMD_DPTI_PA', '4.6.2', {
    ...LEAF,
    SIZE: uint(75, 72),
    ...IPA,
  }),
} as const;

/** Every command of the architecture by name; opcodes without an entry are reserved. @arch 4.1.1 Y Command opcodes */
export const COMMANDS = { ...CONFIGURATION, ...TRANSLATION, ...ENDPOINTS_AND_SYNC } as const;

/** Name of a command. */
export type CommandName = keyof typeof COMMANDS;

/** Name of the command of each opcode. */
export const COMMAND_BY_OPCODE: ReadonlyMap<number, CommandName> = new Map(
  Object.entries(COMMANDS).map(([name, { opcode }]) => [opcode, name as CommandName]),
);
