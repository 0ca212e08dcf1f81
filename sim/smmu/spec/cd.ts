// Context Descriptor and level 1 Context Descriptor (IHI 0070 5.3, 5.4): layouts only.
// TG0 and TG1 number the granules differently, as TCR_EL1 does.

import { addr, code, flag, res0, uint } from '../../regs/field.ts';
import { record } from '../../regs/record.ts';

const CACHEABILITY = {
  0: 'non-cacheable',
  1: 'write-back, read and write allocate',
  2: 'write-through',
  3: 'write-back, read allocate',
};
const SHAREABILITY = { 0: 'non-shareable', 2: 'outer shareable', 3: 'inner shareable' };

/**
 * Level 1 Context Descriptor, 8 bytes.
 * @arch 5.3 Y Level 1 Context Descriptor
 */
export const L1CD = record('L1CD', '5.3', 64, {
  V: flag(0, 'valid'),
  RES0_1: res0(11, 1),
  L2Ptr: addr(55, 12, 'leaf table of CDs: IPA when stage 2 is on'),
  RES0_56: res0(63, 56),
});

/**
 * Context Descriptor, 64 bytes.
 * @arch 5.4 Y Context Descriptor
 */
export const CD = record('CD', '5.4', 512, {
  T0SZ: uint(5, 0, 'TTB0 maps 64 - T0SZ bits'),
  TG0: code(7, 6, { 0: '4 KiB', 1: '64 KiB', 2: '16 KiB' }),
  IR0: code(9, 8, CACHEABILITY),
  OR0: code(11, 10, CACHEABILITY),
  SH0: code(13, 12, SHAREABILITY),
  EPD0: flag(14, 'no walks through TTB0'),
  ENDI: flag(15, 'big-endian tables'),
  T1SZ: uint(21, 16, 'TTB1 maps 64 - T1SZ bits'),
  TG1: code(23, 22, { 1: '16 KiB', 2: '4 KiB', 3: '64 KiB' }),
  IR1: code(25, 24, CACHEABILITY),
  OR1: code(27, 26, CACHEABILITY),
  SH1: code(29, 28, SHAREABILITY),
  EPD1: flag(30, 'no walks through TTB1'),
  V: flag(31, 'valid'),
  IPS: code(34, 32, {
    0: '32 bits',
    1: '36 bits',
    2: '40 bits',
    3: '42 bits',
    4: '44 bits',
    5: '48 bits',
    6: '52 bits',
  }),
  AFFD: flag(35, 'no Access flag faults'),
  WXN: flag(36, 'writable is not executable'),
  UWXN: flag(37, 'LPAE only'),
  TBI0: flag(38, 'top byte ignored, TTB0'),
  TBI1: flag(39, 'top byte ignored, TTB1'),
  PAN: flag(40, 'privileged access never'),
  AA64: flag(41, 'VMSAv8-64 tables'),
  HD: flag(42, 'hardware update of dirty state'),
  HA: flag(43, 'hardware update of Access flag'),
  S: flag(44, 'stall on faults'),
  R: flag(45, 'record faults'),
  A: flag(46, 'abort (else RAZ/WI) on faults'),
  ASET: flag(47, 'ASID is not shared with the processors'),
  ASID: uint(63, 48, 'tag of TLB entries'),
  NSCFG0: flag(64),
  HAD0: flag(65, 'hierarchical permissions off, TTB0'),
  E0PD0: flag(66, 'no unprivileged access, TTB0'),
  HAFT: flag(67),
  TTB0: addr(115, 68, 'translation table of the low half'),
  RES0_116: res0(121, 116),
  PnCH: flag(122),
  EPAN: flag(123, 'PAN counts unprivileged execute'),
  HWU059: flag(124),
  HWU060: flag(125),
  HWU061: flag(126),
  HWU062: flag(127),
  NSCFG1: flag(128),
  HAD1: flag(129, 'hierarchical permissions off, TTB1'),
  E0PD1: flag(130, 'no unprivileged access, TTB1'),
  AIE: flag(131),
  TTB1: addr(179, 132, 'translation table of the high half'),
  RES0_180: res0(185, 180),
  DS: flag(186, '52-bit addresses with 4 KiB and 16 KiB granules'),
  PIE: flag(187),
  HWU159: flag(188),
  HWU160: flag(189),
  HWU161: flag(190),
  HWU162: flag(191),
  MAIR0: uint(223, 192, 'memory attributes 0 to 3'),
  MAIR1: uint(255, 224, 'memory attributes 4 to 7'),
  AMAIR0: uint(287, 256),
  AMAIR1: uint(319, 288),
  IMPDEF_320: uint(351, 320),
  PARTID: uint(367, 352),
  PMG: uint(375, 368),
  RES0_376: res0(383, 376),
  PIIU_LO: uint(415, 384),
  PIIU_HI: uint(431, 416),
  RES0_432: res0(447, 432),
  PIIP_LO: uint(479, 448),
  PIIP_HI: uint(495, 480),
  RES0_496: res0(511, 496),
});
