// Registers that not every SMMU has, or whose values are the implementation's own: GATOS, the CoreSight
// identification and the Command queue control page (IHI 0070 6.2.1, 6.3.37-6.3.51).

import { addr, code, flag, uint } from '../../regs/field.ts';
import { register } from '../../regs/register.ts';

const RO32 = { width: 32, access: 'RO' } as const;
const RW32 = { width: 32, access: 'RW' } as const;
const RW64 = { width: 64, access: 'RW' } as const;

/** The Command queue control page, with IDR1.ECMDQ: its offset, its size, and the distance of its queues. */
export const ECMDQ_PAGE = 0x2_0000;
export const ECMDQ_PAGE_BYTES = 0x1_0000;
export const ECMDQ_STRIDE = 0x100;

/** One byte of the CoreSight identification: offset and value. */
function identity(name: string, offset: number, value: number) {
  return register(name, { section: '6.2.1', offset, ...RO32, reset: value }, { VALUE: uint(7, 0) });
}

/**
 * IMPLEMENTATION DEFINED; the values are those that QEMU's SMMUv3 shows.
 * @arch 6.2.1 Y ID_REGS: identification register space
 */
export const CORESIGHT = {
  PIDR4: identity('PIDR4', 0xfd0, 0x04),
  PIDR5: identity('PIDR5', 0xfd4, 0),
  PIDR6: identity('PIDR6', 0xfd8, 0),
  PIDR7: identity('PIDR7', 0xfdc, 0),
  PIDR0: identity('PIDR0', 0xfe0, 0x84),
  PIDR1: identity('PIDR1', 0xfe4, 0xb4),
  PIDR2: identity('PIDR2', 0xfe8, 0xf0),
  PIDR3: identity('PIDR3', 0xfec, 0x10),
  CIDR0: identity('CIDR0', 0xff0, 0x0d),
  CIDR1: identity('CIDR1', 0xff4, 0xf0),
  CIDR2: identity('CIDR2', 0xff8, 0x05),
  CIDR3: identity('CIDR3', 0xffc, 0xb1),
} as const;

/** Present with IDR1.ECMDQ: one page of 256 queues. Values are fixed. */
export const ENHANCED_QUEUES = {
  /** @arch 6.3.45 Y SMMU_IDR6 */
  IDR6: register(
    'IDR6',
    { section: '6.3.45', offset: 0x190, ...RO32, reset: 0x0008_0000 },
    { CMDQ_CONTROL_PAGE_LOG2NUMQ: uint(19, 16), CMDQ_CONTROL_PAGE_LOG2NUMP: uint(27, 24) },
  ),
  /** @arch 6.3.49 P(one page) SMMU_CMDQ_CONTROL_PAGE_BASEn */
  CMDQ_CONTROL_PAGE_BASE0: register(
    'CMDQ_CONTROL_PAGE_BASE0',
    { section: '6.3.49', offset: 0x4000, width: 64, access: 'RO', reset: ECMDQ_PAGE | 0b011 },
    {
      CMDQ_CONTROL_PAGE_PRESET: flag(0),
      CMDQGS: code(2, 1, { 1: '64 KiB' }),
      ADDR: addr(55, 16, 'offset from page 0'),
    },
  ),
  /** @arch 6.3.50 P(one page) SMMU_CMDQ_CONTROL_PAGE_CFGn */
  CMDQ_CONTROL_PAGE_CFG0: register(
    'CMDQ_CONTROL_PAGE_CFG0',
    { section: '6.3.50', offset: 0x4008, ...RO32, reset: 1 },
    { EN: flag(0) },
  ),
  /** @arch 6.3.51 P(one page) SMMU_CMDQ_CONTROL_PAGE_STATUSn */
  CMDQ_CONTROL_PAGE_STATUS0: register(
    'CMDQ_CONTROL_PAGE_STATUS0',
    { section: '6.3.51', offset: 0x400c, ...RO32, reset: 1 },
    { ENACK: flag(0) },
  ),
} as const;

/** Present with IDR0.ATOS. */
export const ADDRESS_TRANSLATION = {
  /** @arch 6.3.37 Y SMMU_GATOS_CTRL */
  GATOS_CTRL: register(
    'GATOS_CTRL',
    { section: '6.3.37', offset: 0x100, ...RW32, reset: 0 },
    { RUN: flag(0) },
  ),
  /** @arch 6.3.38 Y SMMU_GATOS_SID */
  GATOS_SID: register(
    'GATOS_SID',
    { section: '6.3.38', offset: 0x108, ...RW64 },
    { STREAMID: uint(31, 0), SUBSTREAMID: uint(51, 32), SSID_VALID: flag(52) },
  ),
  /** @arch 6.3.39 Y SMMU_GATOS_ADDR */
  GATOS_ADDR: register(
    'GATOS_ADDR',
    { section: '6.3.39', offset: 0x110, ...RW64 },
    {
      HTTUI: flag(6, '1: no hardware update of descriptors'),
      InD: flag(7),
      RnW: flag(8),
      PnU: flag(9),
      TYPE: code(11, 10, { 1: 'stage 1', 2: 'stage 2', 3: 'stages 1 and 2' }),
      ADDR: addr(63, 12),
    },
  ),
  /** @arch 6.3.40 Y SMMU_GATOS_PAR */
  GATOS_PAR: register(
    'GATOS_PAR',
    { section: '6.3.40', offset: 0x118, width: 64, access: 'RO' },
    // The layout of a fault (FAULT = 1): 2:1 REASON, 11:4 FAULTCODE, 55:12 FADDR.
    {
      FAULT: flag(0),
      REASON: uint(2, 1),
      FAULTCODE_SH_Size: uint(11, 4, 'fault: event number; success: 9:8 SH, 11 Size'),
      ADDR: addr(55, 12),
      ATTR: uint(63, 56),
    },
  ),
} as const;
