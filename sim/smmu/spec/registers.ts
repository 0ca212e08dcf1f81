// Registers of the Non-secure programming interface (IHI 0070 6.2, 6.3): place, access kind, fields.
// Only tables; who may write when is in registers-guards. Secure, Realm and Root pages are not here.
// ADDR fields end at bit 51: no OAS above 52 bits is modelled, so bits 55:52 are RES0.

import { addr, code, flag, uint } from '../../regs/field.ts';
import { register } from '../../regs/register.ts';
import { ADDRESS_TRANSLATION, CORESIGHT, ENHANCED_QUEUES } from './registers-optional.ts';

const CACHEABILITY = { 0: 'NC', 1: 'WB', 2: 'WT' };
const SHAREABILITY = { 0: 'NSH', 2: 'OSH', 3: 'ISH' };
const RO32 = { width: 32, access: 'RO' } as const;
const RW32 = { width: 32, access: 'RW' } as const;
const RW64 = { width: 64, access: 'RW' } as const;

/** Page 1 of the register map, bytes from the base. */
export const PAGE_1 = 0x1_0000;
/** Bytes of the two pages that are always there. */
export const REGISTER_SPACE = 0x2_0000;
const MSI_ATTRIBUTES = {
  MemAttr: uint(3, 0, 'memory type of the MSI write, as STE.MemAttr'),
  SH: code(5, 4, SHAREABILITY),
};
const MSI_ADDRESS = { ADDR: addr(51, 2, 'where the MSI goes; 0: no MSI, wired only') };
const MSI_DATA = { DATA: uint(31, 0, 'payload of the MSI') };
const LOG2SIZE = uint(4, 0, 'log2 of the entries; use is capped by IDR1');
const WRITE_INDEX = uint(19, 0, 'index, and above it the wrap flag at bit LOG2SIZE');

/**
 * @arch 6.3.1 Y SMMU_IDR0
 * @arch 6.3.2 Y SMMU_IDR1
 */
const IDENTIFICATION = {
  IDR0: register(
    'IDR0',
    { section: '6.3.1', offset: 0x0, ...RO32 },
    {
      S2P: flag(0),
      S1P: flag(1),
      TTF: code(3, 2, { 1: 'LPAE', 2: 'AArch64', 3: 'LPAE and AArch64' }),
      COHACC: flag(4),
      BTM: flag(5),
      HTTU: code(7, 6, {
        0: 'none',
        1: 'access flag',
        2: 'access flag and dirty state',
        3: 'HAFT',
      }),
      DORMHINT: flag(8),
      Hyp: flag(9),
      ATS: flag(10),
      NS1ATS: flag(11),
      ASID16: flag(12),
      MSI: flag(13),
      SEV: flag(14),
      ATOS: flag(15),
      PRI: flag(16),
      VMW: flag(17),
      VMID16: flag(18),
      CD2L: flag(19),
      VATOS: flag(20),
      TTENDIAN: code(22, 21, { 0: 'mixed', 2: 'little', 3: 'big' }),
      ATSRECERR: flag(23),
      STALL_MODEL: code(25, 24, {
        0: 'stall and terminate',
        1: 'terminate only',
        2: 'stall forced',
      }),
      TERM_MODEL: flag(26),
      ST_LEVEL: code(28, 27, { 0: 'linear', 1: 'linear and two-level' }),
      RME_IMPL: flag(30),
    },
  ),
  IDR1: register(
    'IDR1',
    { section: '6.3.2', offset: 0x4, ...RO32 },
    {
      SIDSIZE: uint(5, 0),
      SSIDSIZE: uint(10, 6),
      PRIQS: uint(15, 11),
      EVENTQS: uint(20, 16),
      CMDQS: uint(25, 21),
      ATTR_PERMS_OVR: flag(26),
      ATTR_TYPES_OVR: flag(27),
      REL: flag(28),
      QUEUES_PRESET: flag(29),
      TABLES_PRESET: flag(30),
      ECMDQ: flag(31),
    },
  ),
  /** @arch 6.3.3 P(no VATOS page) SMMU_IDR2 */
  IDR2: register('IDR2', { section: '6.3.3', offset: 0x8, ...RO32 }, { BA_VATOS: uint(9, 0) }),
  /** @arch 6.3.4 Y SMMU_IDR3 */
  IDR3: register(
    'IDR3',
    { section: '6.3.4', offset: 0xc, ...RO32 },
    {
      HAD: flag(2),
      PBHA: flag(3),
      XNX: flag(4),
      PPS: flag(5),
      MPAM: flag(7),
      FWB: flag(8),
      STT: flag(9),
      RIL: flag(10),
      BBML: uint(12, 11),
      E0PD: flag(13),
      PTWNNC: flag(14),
      DPT: flag(15),
      PASIDTT: flag(16),
      EPAN: flag(17),
      S1PI: flag(18),
      S2PI: flag(19),
      S2PO: flag(20),
      THE: flag(21),
      MTEPERM: flag(22),
      AIE: flag(23),
    },
  ),
  /** @arch 6.3.5 Y SMMU_IDR4 */
  IDR4: register('IDR4', { section: '6.3.5', offset: 0x10, ...RO32 }, { IMPDEF: uint(31, 0) }),
  /** @arch 6.3.6 Y SMMU_IDR5 */
  IDR5: register(
    'IDR5',
    { section: '6.3.6', offset: 0x14, ...RO32 },
    {
      OAS: code(2, 0, { 0: '32', 1: '36', 2: '40', 3: '42', 4: '44', 5: '48', 6: '52', 7: '56' }),
      GRAN4K: flag(4),
      GRAN16K: flag(5),
      GRAN64K: flag(6),
      DS: flag(7),
      D128: flag(8),
      VAX: code(11, 10, { 0: '48', 1: '52', 2: '56' }),
      STALL_MAX: uint(31, 16),
    },
  ),
  /** @arch 6.3.7 Y SMMU_IIDR */
  IIDR: register(
    'IIDR',
    { section: '6.3.7', offset: 0x18, ...RO32 },
    {
      Implementer: uint(11, 0),
      Revision: uint(15, 12),
      Variant: uint(19, 16),
      ProductID: uint(31, 20),
    },
  ),
  /** @arch 6.3.8 Y SMMU_AIDR */
  AIDR: register(
    'AIDR',
    { section: '6.3.8', offset: 0x1c, ...RO32 },
    { ArchMinorRev: uint(3, 0), ArchMajorRev: uint(7, 4) },
  ),
} as const;

const CR0_FIELDS = {
  SMMUEN: flag(0),
  PRIQEN: flag(1),
  EVENTQEN: flag(2),
  CMDQEN: flag(3),
  ATSCHK: flag(4),
  VMW: uint(8, 6, 'VMID bits that invalidation ignores'),
};
const IRQ_FIELDS = { GERROR_IRQEN: flag(0), PRIQ_IRQEN: flag(1), EVENTQ_IRQEN: flag(2) };
const ERROR_FIELDS = {
  CMDQ_ERR: flag(0),
  EVENTQ_ABT_ERR: flag(2),
  PRIQ_ABT_ERR: flag(3),
  MSI_CMDQ_ABT_ERR: flag(4),
  MSI_EVENTQ_ABT_ERR: flag(5),
  MSI_PRIQ_ABT_ERR: flag(6),
  MSI_GERROR_ABT_ERR: flag(7),
  SFM_ERR: flag(8),
  CMDQP_ERR: flag(9),
};

const CONTROL = {
  /** @arch 6.3.9 P(no Device Permission Table) SMMU_CR0 */
  CR0: register('CR0', { section: '6.3.9', offset: 0x20, ...RW32, reset: 0 }, CR0_FIELDS),
  /** @arch 6.3.10 Y SMMU_CR0ACK */
  CR0ACK: register('CR0ACK', { section: '6.3.10', offset: 0x24, ...RO32, reset: 0 }, CR0_FIELDS),
  /** @arch 6.3.11 P(attributes are stored and have no effect on a coherent memory) SMMU_CR1 */
  CR1: register(
    'CR1',
    { section: '6.3.11', offset: 0x28, ...RW32 },
    {
      QUEUE_IC: code(1, 0, CACHEABILITY),
      QUEUE_OC: code(3, 2, CACHEABILITY),
      QUEUE_SH: code(5, 4, SHAREABILITY),
      TABLE_IC: code(7, 6, CACHEABILITY),
      TABLE_OC: code(9, 8, CACHEABILITY),
      TABLE_SH: code(11, 10, SHAREABILITY),
    },
  ),
  /** @arch 6.3.12 P(no broadcast maintenance, so PTM has nothing to do) SMMU_CR2 */
  CR2: register(
    'CR2',
    { section: '6.3.12', offset: 0x2c, ...RW32 },
    { E2H: flag(0), RECINVSID: flag(1), PTM: flag(2), REC_CFG_ATS: flag(3) },
  ),
  /** @arch 6.3.13 P(DORMANT always reads 0, as the hint allows) SMMU_STATUSR */
  STATUSR: register(
    'STATUSR',
    { section: '6.3.13', offset: 0x40, ...RO32, reset: 0 },
    { DORMANT: flag(0) },
  ),
  /** @arch 6.3.14 Y SMMU_GBPA */
  GBPA: register(
    'GBPA',
    { section: '6.3.14', offset: 0x44, ...RW32, reset: 0x1000 },
    {
      MemAttr: uint(3, 0),
      MTCFG: flag(4, '1: use MemAttr instead of the incoming type'),
      ALLOCCFG: uint(11, 8, '1RWT overrides the allocation hints'),
      SHCFG: code(13, 12, { 0: 'NSH', 1: 'incoming', 2: 'OSH', 3: 'ISH' }),
      PRIVCFG: code(17, 16, { 0: 'incoming', 2: 'unprivileged', 3: 'privileged' }),
      INSTCFG: code(19, 18, { 0: 'incoming', 2: 'data', 3: 'instruction' }),
      ABORT: flag(20),
      Update: flag(31),
    },
  ),
  /** @arch 6.3.15 Y SMMU_AGBPA */
  AGBPA: register('AGBPA', { section: '6.3.15', offset: 0x48, ...RO32, reset: 0 }, {}),
  /** @arch 6.3.16 Y SMMU_IRQ_CTRL */
  IRQ_CTRL: register(
    'IRQ_CTRL',
    { section: '6.3.16', offset: 0x50, ...RW32, reset: 0 },
    IRQ_FIELDS,
  ),
  /** @arch 6.3.18 Y SMMU_IRQ_CTRLACK */
  IRQ_CTRLACK: register(
    'IRQ_CTRLACK',
    { section: '6.3.18', offset: 0x54, ...RO32, reset: 0 },
    IRQ_FIELDS,
  ),
  /** @arch 6.3.19 P(no service failure mode, no DPT) SMMU_GERROR */
  GERROR: register('GERROR', { section: '6.3.19', offset: 0x60, ...RO32, reset: 0 }, ERROR_FIELDS),
  /** @arch 6.3.20 Y SMMU_GERRORN */
  GERRORN: register(
    'GERRORN',
    { section: '6.3.20', offset: 0x64, ...RW32, reset: 0 },
    ERROR_FIELDS,
  ),
  /** @arch 6.3.21 Y SMMU_GERROR_IRQ_CFG0 */
  GERROR_IRQ_CFG0: register(
    'GERROR_IRQ_CFG0',
    { section: '6.3.21', offset: 0x68, ...RW64 },
    MSI_ADDRESS,
  ),
  /** @arch 6.3.22 Y SMMU_GERROR_IRQ_CFG1 */
  GERROR_IRQ_CFG1: register(
    'GERROR_IRQ_CFG1',
    { section: '6.3.22', offset: 0x70, ...RW32 },
    MSI_DATA,
  ),
  /** @arch 6.3.23 P(stored; MSI writes carry no attributes) SMMU_GERROR_IRQ_CFG2 */
  GERROR_IRQ_CFG2: register(
    'GERROR_IRQ_CFG2',
    { section: '6.3.23', offset: 0x74, ...RW32 },
    MSI_ATTRIBUTES,
  ),
} as const;

const TABLES_AND_QUEUES = {
  /** @arch 6.3.24 Y SMMU_STRTAB_BASE */
  STRTAB_BASE: register(
    'STRTAB_BASE',
    { section: '6.3.24', offset: 0x80, ...RW64 },
    { ADDR: addr(51, 6), RA: flag(62) },
  ),
  /** @arch 6.3.25 Y SMMU_STRTAB_BASE_CFG */
  STRTAB_BASE_CFG: register(
    'STRTAB_BASE_CFG',
    { section: '6.3.25', offset: 0x88, ...RW32 },
    {
      LOG2SIZE: uint(5, 0),
      SPLIT: code(10, 6, { 6: '4 KiB leaf', 8: '16 KiB leaf', 10: '64 KiB leaf' }),
      FMT: code(17, 16, { 0: 'linear', 1: 'two-level' }),
    },
  ),
  /** @arch 6.3.26 Y SMMU_CMDQ_BASE */
  CMDQ_BASE: register(
    'CMDQ_BASE',
    { section: '6.3.26', offset: 0x90, ...RW64 },
    { LOG2SIZE, ADDR: addr(51, 5), RA: flag(62) },
  ),
  /** @arch 6.3.27 Y SMMU_CMDQ_PROD */
  CMDQ_PROD: register(
    'CMDQ_PROD',
    { section: '6.3.27', offset: 0x98, ...RW32 },
    { WR: WRITE_INDEX },
  ),
  /** @arch 6.3.28 Y SMMU_CMDQ_CONS */
  CMDQ_CONS: register(
    'CMDQ_CONS',
    { section: '6.3.28', offset: 0x9c, ...RW32 },
    {
      RD: WRITE_INDEX,
      ERR: code(30, 24, { 0: 'NONE', 1: 'ILL', 2: 'ABT', 3: 'ATC_INV_SYNC' }),
    },
  ),
  /** @arch 6.3.29 Y SMMU_EVENTQ_BASE */
  EVENTQ_BASE: register(
    'EVENTQ_BASE',
    { section: '6.3.29', offset: 0xa0, ...RW64 },
    { LOG2SIZE, ADDR: addr(51, 5), WA: flag(62) },
  ),
  /** @arch 6.3.30 Y SMMU_EVENTQ_IRQ_CFG0 */
  EVENTQ_IRQ_CFG0: register(
    'EVENTQ_IRQ_CFG0',
    { section: '6.3.30', offset: 0xb0, ...RW64 },
    MSI_ADDRESS,
  ),
  /** @arch 6.3.31 Y SMMU_EVENTQ_IRQ_CFG1 */
  EVENTQ_IRQ_CFG1: register(
    'EVENTQ_IRQ_CFG1',
    { section: '6.3.31', offset: 0xb8, ...RW32 },
    MSI_DATA,
  ),
  /** @arch 6.3.32 P(stored; MSI writes carry no attributes) SMMU_EVENTQ_IRQ_CFG2 */
  EVENTQ_IRQ_CFG2: register(
    'EVENTQ_IRQ_CFG2',
    { section: '6.3.32', offset: 0xbc, ...RW32 },
    MSI_ATTRIBUTES,
  ),
  /** @arch 6.3.33 Y SMMU_PRIQ_BASE */
  PRIQ_BASE: register(
    'PRIQ_BASE',
    { section: '6.3.33', offset: 0xc0, ...RW64 },
    { LOG2SIZE, ADDR: addr(51, 5), WA: flag(62) },
  ),
  /** @arch 6.3.34 Y SMMU_PRIQ_IRQ_CFG0 */
  PRIQ_IRQ_CFG0: register(
    'PRIQ_IRQ_CFG0',
    { section: '6.3.34', offset: 0xd0, ...RW64 },
    MSI_ADDRESS,
  ),
  /** @arch 6.3.35 Y SMMU_PRIQ_IRQ_CFG1 */
  PRIQ_IRQ_CFG1: register('PRIQ_IRQ_CFG1', { section: '6.3.35', offset: 0xd8, ...RW32 }, MSI_DATA),
  /** @arch 6.3.36 P(MemAttr and SH are stored; MSI writes carry no attributes) SMMU_PRIQ_IRQ_CFG2 */
  PRIQ_IRQ_CFG2: register(
    'PRIQ_IRQ_CFG2',
    { section: '6.3.36', offset: 0xdc, ...RW32 },
    { ...MSI_ATTRIBUTES, LO: flag(31, '1: interrupt on the last request of a group') },
  ),
  /** @arch 6.2.2 Y Registers in Page 1 */
  EVENTQ_PROD: register(
    'EVENTQ_PROD',
    { section: '6.2.2', offset: PAGE_1 + 0xa8, ...RW32 },
    { WR: WRITE_INDEX, OVFLG: flag(31) },
  ),
  EVENTQ_CONS: register(
    'EVENTQ_CONS',
    { section: '6.2.2', offset: PAGE_1 + 0xac, ...RW32 },
    { RD: WRITE_INDEX, OVACKFLG: flag(31) },
  ),
  PRIQ_PROD: register(
    'PRIQ_PROD',
    { section: '6.2.2', offset: PAGE_1 + 0xc8, ...RW32 },
    { WR: WRITE_INDEX, OVFLG: flag(31) },
  ),
  PRIQ_CONS: register(
    'PRIQ_CONS',
    { section: '6.2.2', offset: PAGE_1 + 0xcc, ...RW32 },
    { RD: WRITE_INDEX, OVACKFLG: flag(31) },
  ),
} as const;

/**
 * Every register of the Non-secure interface by its name in the manual, without `SMMU_`. What belongs to
 * features that are not modelled is RES0, as without them:
 * @arch 6.3.17 N(no permission indirection) SMMU_S2PII
 * @arch 6.3.41 N(no MPAM) SMMU_MPAMIDR
 * @arch 6.3.42 N(no MPAM) SMMU_GMPAM
 * @arch 6.3.43 N(no MPAM) SMMU_GBPMPAM
 * @arch 6.3.44 N(no VATOS) SMMU_VATOS_SEL
 * @arch 6.3.46 N(no Device Permission Table) SMMU_DPT_BASE
 * @arch 6.3.47 N(no Device Permission Table) SMMU_DPT_BASE_CFG
 * @arch 6.3.48 N(no Device Permission Table) SMMU_DPT_CFG_FAR
 * @arch 6.3.52 N(no Secure state) SMMU_S_IDR0 and all other SMMU_S_ registers
 * @arch 10.7 N(no RME) Realm and Root programming interfaces
 */
export const REGISTERS = {
  ...IDENTIFICATION,
  ...CONTROL,
  ...TABLES_AND_QUEUES,
  ...ADDRESS_TRANSLATION,
  ...CORESIGHT,
  ...ENHANCED_QUEUES,
} as const;

/** Name of a register. */
export type RegisterName = keyof typeof REGISTERS;

/** The names in the order of the map. */
export const REGISTER_NAMES = Object.keys(REGISTERS) as readonly RegisterName[];
