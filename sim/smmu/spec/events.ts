// Event records (IHI 0070 7.3): number, section and fields of each, 256 bits. F_TLB_CONFLICT,
// F_CFG_CONFLICT, F_VMS_FETCH, F_UUT and E_PAGE_REQUEST are described for readers; the model never
// has a cause for them. F_PERMISSION: the v3.4 bits are not in our sources and stay 0.

import type { Field } from '../../regs/field.ts';
import { addr, code, flag, u64, uint } from '../../regs/field.ts';
import type { FieldTable, RecordTable } from '../../regs/record.ts';
import { record } from '../../regs/record.ts';

/** Bytes of an event record. */
export const EVENT_BYTES = 32;

/** An event record's layout with its number. */
export interface EventTable<F extends FieldTable> extends RecordTable<F> {
  readonly type: number;
}

const HEAD = {
  Type: uint(7, 0, 'event number'),
  SSV: flag(11, '1: SubstreamID is valid'),
  SubstreamID: uint(31, 12),
  StreamID: uint(63, 32),
};
type Head = typeof HEAD;

function event<const F extends FieldTable>(
  type: number,
  name: string,
  section: string,
  fields: F,
): EventTable<Head & F> {
  return { ...record(name, section, 256, { ...HEAD, ...fields }), type };
}

const ACCESS = {
  PnU: flag(97, '1: privileged, after STE overrides'),
  InD: flag(98, '1: instruction, after STE overrides'),
  RnW: flag(99, '1: read'),
};
const REASON = { Reason: uint(79, 64) };
const INPUT = { InputAddr: u64(191, 128, 'the address as it came in') };
const FETCH = { FetchAddr: addr(247, 195, 'PA of the access that failed') };
const GPCF = { GPCF: flag(80) };
const STAGE = {
  S2: flag(103, '1: the fault is at stage 2'),
  CLASS: code(105, 104, { 0: 'CD', 1: 'TT', 2: 'IN' }, 'what was being done'),
};
const TRANSLATION_FAULT = {
  STAG: uint(79, 64, 'names the stalled transaction in CMD_RESUME'),
  Stall: flag(95, '1: the transaction waits'),
  ...ACCESS,
  NSIPA: flag(102),
  ...STAGE,
  ...INPUT,
  IPA: addr(247, 204, 'input to stage 2, with S2 = 1'),
} as const satisfies Record<string, Field>;

/** Every event of the architecture by name. */
export const EVENTS = {
  /** @arch 7.3.2 P(no transaction is unsupported, so never recorded) F_UUT */
  F_UUT: event(0x01, 'F_UUT', '7.3.2', { ...REASON, ...ACCESS, ...INPUT }),
  /** @arch 7.3.3 Y C_BAD_STREAMID */
  C_BAD_STREAMID: event(0x02, 'C_BAD_STREAMID', '7.3.3', {}),
  /** @arch 7.3.4 Y F_STE_FETCH */
  F_STE_FETCH: event(0x03, 'F_STE_FETCH', '7.3.4', { ...REASON, ...GPCF, ...FETCH }),
  /** @arch 7.3.5 Y C_BAD_STE */
  C_BAD_STE: event(0x04, 'C_BAD_STE', '7.3.5', {}),
  /** @arch 7.3.6 Y F_BAD_ATS_TREQ */
  F_BAD_ATS_TREQ: event(0x05, 'F_BAD_ATS_TREQ', '7.3.6', {
    Span: uint(67, 64),
    P: flag(92, 'privileged access requested'),
    X: flag(93, 'execute requested'),
    W: flag(94, 'write requested'),
    R: flag(95, 'read requested'),
    InputAddr: addr(191, 140),
  }),
  /** @arch 7.3.7 Y F_STREAM_DISABLED */
  F_STREAM_DISABLED: event(0x06, 'F_STREAM_DISABLED', '7.3.7', {}),
  /** @arch 7.3.8 Y F_TRANSL_FORBIDDEN */
  F_TRANSL_FORBIDDEN: event(0x07, 'F_TRANSL_FORBIDDEN', '7.3.8', {
    RnW: flag(99, '1: read'),
    ...INPUT,
  }),
  /** @arch 7.3.9 Y C_BAD_SUBSTREAMID */
  C_BAD_SUBSTREAMID: event(0x08, 'C_BAD_SUBSTREAMID', '7.3.9', {}),
  /** @arch 7.3.10 Y F_CD_FETCH */
  F_CD_FETCH: event(0x09, 'F_CD_FETCH', '7.3.10', { ...REASON, ...GPCF, ...FETCH }),
  /** @arch 7.3.11 Y C_BAD_CD */
  C_BAD_CD: event(0x0a, 'C_BAD_CD', '7.3.11', {}),
  /** @arch 7.3.12 Y F_WALK_EABT */
  F_WALK_EABT: event(0x0b, 'F_WALK_EABT', '7.3.12', {
    ...REASON,
    ...GPCF,
    ...ACCESS,
    ...STAGE,
    ...INPUT,
    ...FETCH,
  }),
  /** @arch 7.3.13 Y F_TRANSLATION */
  F_TRANSLATION: event(0x10, 'F_TRANSLATION', '7.3.13', TRANSLATION_FAULT),
  /** @arch 7.3.14 Y F_ADDR_SIZE */
  F_ADDR_SIZE: event(0x11, 'F_ADDR_SIZE', '7.3.14', TRANSLATION_FAULT),
  /** @arch 7.3.15 Y F_ACCESS */
  F_ACCESS: event(0x12, 'F_ACCESS', '7.3.15', TRANSLATION_FAULT),
  /** @arch 7.3.16 P(the fields of v3.4 are not written) F_PERMISSION */
  F_PERMISSION: event(0x13, 'F_PERMISSION', '7.3.16', {
    ...TRANSLATION_FAULT,
    TTRnW: flag(108, 'with CLASS = TT: 1 a descriptor read, 0 a descriptor write failed'),
  }),
  /** @arch 7.3.17 P(the TLB never holds two matches, so never recorded) F_TLB_CONFLICT */
  F_TLB_CONFLICT: event(0x20, 'F_TLB_CONFLICT', '7.3.17', {
    ...REASON,
    ...ACCESS,
    S2: flag(103),
    ...INPUT,
    IPA: addr(247, 204),
  }),
  /** @arch 7.3.18 P(the caches never hold two matches, so never recorded) F_CFG_CONFLICT */
  F_CFG_CONFLICT: event(0x21, 'F_CFG_CONFLICT', '7.3.18', REASON),
  /** @arch 7.3.19 P(no device sends hints) E_PAGE_REQUEST */
  E_PAGE_REQUEST: event(0x24, 'E_PAGE_REQUEST', '7.3.19', {
    uX: flag(97),
    uW: flag(98),
    uR: flag(99),
    pX: flag(101),
    pW: flag(102),
    pR: flag(103),
    Span: uint(115, 108),
    InputAddr: addr(191, 140),
  }),
  /** @arch 7.3.20 P(no MPAM, so no VMS is fetched) F_VMS_FETCH */
  F_VMS_FETCH: event(0x25, 'F_VMS_FETCH', '7.3.20', { ...REASON, ...GPCF, ...FETCH }),
} as const;

/** Name of an event. */
export type EventName = keyof typeof EVENTS;

/** Name of the event of each number; the rest is reserved or IMPLEMENTATION DEFINED (0xe0-0xef). */
export const EVENT_BY_TYPE: ReadonlyMap<number, EventName> = new Map(
  Object.entries(EVENTS).map(([name, { type }]) => [type, name as EventName]),
);
