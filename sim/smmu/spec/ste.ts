// Stream Table Entry and level 1 Stream Table Descriptor (IHI 0070 5.1, 5.2): layouts only.
// Fields of Secure and Realm streams are named so that every bit is accounted for; the model is
// Non-secure, where the manual makes them RES0.

import { addr, code, flag, res0, uint } from '../../regs/field.ts';
import { record } from '../../regs/record.ts';

const CACHEABILITY = {
  0: 'non-cacheable',
  1: 'write-back, read and write allocate',
  2: 'write-through',
  3: 'write-back, read allocate',
};
const STRUCTURE_CACHEABILITY = {
  0: 'non-cacheable',
  1: 'write-back, read allocate',
  2: 'write-through',
  3: 'write-back, no read allocate',
};
const SHAREABILITY = { 0: 'non-shareable', 2: 'outer shareable', 3: 'inner shareable' };
const GRANULE = { 0: '4 KiB', 1: '64 KiB', 2: '16 KiB' };
const ADDRESS_SIZE = {
  0: '32 bits',
  1: '36 bits',
  2: '40 bits',
  3: '42 bits',
  4: '44 bits',
  5: '48 bits',
  6: '52 bits',
};

/** Values of STE.Config; 0 to 3 abort without an event. */
export const STE_CONFIG_BYPASS = 4;
export const STE_CONFIG_S1 = 5;
export const STE_CONFIG_S2 = 6;
export const STE_CONFIG_NESTED = 7;

/** Values of STE.S1DSS. */
export const S1DSS_TERMINATE = 0;
export const S1DSS_BYPASS = 1;
export const S1DSS_SSID0 = 2;

/** Values of STE.EATS. */
export const EATS_OFF = 0;
export const EATS_FULL = 1;
export const EATS_SPLIT = 2;
export const EATS_DPT = 3;

/**
 * Level 1 Stream Table Descriptor, 8 bytes.
 * @arch 5.1 Y Level 1 Stream Table Descriptor
 */
export const L1STD = record('L1STD', '5.1', 64, {
  Span: uint(4, 0, '0 invalid; n: the level 2 array holds 2^(n-1) STEs'),
  RES0_5: res0(5, 5),
  L2Ptr: addr(55, 6, 'level 2 array, aligned by the hardware to its size'),
  RES0_56: res0(63, 56),
});

/**
 * Stream Table Entry, 64 bytes.
 * @arch 5.2 Y Stream Table Entry
 */
export const STE = record('STE', '5.2', 512, {
  V: flag(0, 'valid'),
  Config: code(3, 1, {
    0: 'abort',
    1: 'abort (reserved)',
    2: 'abort (reserved)',
    3: 'abort (reserved)',
    4: 'bypass',
    5: 'stage 1',
    6: 'stage 2',
    7: 'stage 1 and 2',
  }),
  S1Fmt: code(5, 4, {
    0: 'linear CD table',
    1: 'two-level, 4 KiB leaves',
    2: 'two-level, 64 KiB leaves',
    3: 'linear (reserved)',
  }),
  S1ContextPtr: addr(55, 6, 'CD or L1CD table: IPA when stage 2 is on'),
  RES0_56: res0(58, 56),
  S1CDMax: uint(63, 59, 'log2 of the number of CDs; 0: substreams off'),
  S1DSS: code(65, 64, {
    0: 'terminate without SubstreamID',
    1: 'bypass stage 1 without SubstreamID',
    2: 'use CD 0 without SubstreamID',
    3: 'terminate (reserved)',
  }),
  S1CIR: code(67, 66, STRUCTURE_CACHEABILITY),
  S1COR: code(69, 68, STRUCTURE_CACHEABILITY),
  S1CSH: code(71, 70, SHAREABILITY),
  S2HWU59: flag(72),
  S2HWU60: flag(73),
  S2HWU61: flag(74),
  S2HWU62: flag(75),
  DRE: flag(76, 'destructive reads allowed'),
  CONT: uint(80, 77, 'hint: 2^CONT STEs are identical'),
  DCP: flag(81, 'directed cache prefetch allowed'),
  PPAR: flag(82, 'PASID on automatic PRI responses'),
  MEV: flag(83, 'events may be merged'),
  SW_RESERVED: uint(87, 84, "software's own"),
  S1PIE: flag(88),
  S2FWB: flag(89, 'stage 2 forces the memory type'),
  S1MPAM: flag(90),
  S1STALLD: flag(91, 'CDs must not stall'),
  EATS: code(93, 92, { 0: 'ATS off', 1: 'full ATS', 2: 'split-stage ATS', 3: 'ATS with DPT' }),
  STRW: code(95, 94, { 0: 'EL1', 2: 'EL2' }),
  MemAttr: uint(99, 96, 'replaces the incoming memory type when MTCFG'),
  MTCFG: flag(100),
  ALLOCCFG: uint(104, 101, '1RWT replaces the allocation hints'),
  RES0_105: res0(107, 105),
  SHCFG: code(109, 108, {
    0: 'non-shareable',
    1: 'incoming',
    2: 'outer shareable',
    3: 'inner shareable',
  }),
  NSCFG: uint(111, 110),
  PRIVCFG: code(113, 112, { 0: 'incoming', 2: 'unprivileged', 3: 'privileged' }),
  INSTCFG: code(115, 114, { 0: 'incoming', 2: 'data', 3: 'instruction' }),
  IMPDEF_116: uint(127, 116),
  S2VMID: uint(143, 128, 'tag of TLB entries'),
  IMPDEF_144: uint(159, 144),
  S2T0SZ: uint(165, 160, 'IPA size is 64 - S2T0SZ bits'),
  S2SL0: uint(167, 166, 'start level'),
  S2IR0: code(169, 168, CACHEABILITY),
  S2OR0: code(171, 170, CACHEABILITY),
  S2SH0: code(173, 172, SHAREABILITY),
  S2TG: code(175, 174, GRANULE),
  S2PS: code(178, 176, ADDRESS_SIZE),
  S2AA64: flag(179, 'VMSAv8-64 tables'),
  S2ENDI: flag(180, 'big-endian tables'),
  S2AFFD: flag(181, 'no Access flag faults at stage 2'),
  S2PTW: flag(182, 'stage 1 walks and CD fetches must not hit Device memory'),
  S2HD: flag(183, 'hardware update of stage 2 dirty state'),
  S2HA: flag(184, 'hardware update of stage 2 Access flag'),
  S2S: flag(185, 'stall on stage 2 faults'),
  S2R: flag(186, 'record stage 2 faults'),
  S2HAFT: flag(187),
  S2PIE: flag(188),
  S2POE: flag(189),
  DPT_VMATCH: uint(191, 190),
  S2NSW: flag(192),
  S2NSA: flag(193),
  S2SL0_2: flag(194, 'bit 2 of S2SL0 (S2DS, 4 KiB)'),
  S2DS: flag(195, '52-bit addresses with 4 KiB and 16 KiB granules'),
  S2TTB: addr(243, 196, 'stage 2 translation table'),
  RES0_244: res0(252, 244),
  S2SKL: uint(254, 253),
  RES0_255: res0(255, 255),
  IMPDEF_256: uint(271, 256),
  PARTID: uint(287, 272),
  S_S2T0SZ: uint(293, 288),
  S_S2SL0: uint(295, 294),
  RES0_296: res0(301, 296),
  S_S2TG: uint(303, 302),
  MECID: uint(319, 304),
  PMG: uint(327, 320),
  MPAM_NS: flag(328),
  AssuredOnly: flag(329),
  TL0: flag(330),
  TL1: flag(331),
  VMSPtr: addr(375, 332),
  RES0_376: res0(383, 376),
  S2SW: flag(384),
  S2SA: flag(385),
  S_S2SL0_2: flag(386),
  RES0_387: res0(387, 387),
  S_S2TTB: addr(435, 388),
  RES0_436: res0(444, 436),
  S_S2SKL: uint(446, 445),
  RES0_447: res0(447, 447),
  S2POI_LO: uint(479, 448),
  S2POI_HI: uint(511, 480),
});
