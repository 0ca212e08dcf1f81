// Registers, queue and table bits as the driver spells them (drivers/iommu/arm-smmu-v3.c).
// The hardware's own tables, in the manual's words, are in sim/smmu/spec; nothing is shared with them.

export const ARM_SMMU_IDR0 = 0x0;
export const ARM_SMMU_IDR1 = 0x4;
export const ARM_SMMU_IDR5 = 0x14;
export const ARM_SMMU_CR0 = 0x20;
export const ARM_SMMU_CR0ACK = 0x24;
export const ARM_SMMU_CR1 = 0x28;
export const ARM_SMMU_CR2 = 0x2c;
export const ARM_SMMU_GBPA = 0x44;
export const ARM_SMMU_IRQ_CTRL = 0x50;
export const ARM_SMMU_IRQ_CTRLACK = 0x54;
export const ARM_SMMU_GERROR = 0x60;
export const ARM_SMMU_GERRORN = 0x64;
export const ARM_SMMU_GERROR_IRQ_CFG0 = 0x68;
export const ARM_SMMU_STRTAB_BASE = 0x80;
export const ARM_SMMU_STRTAB_BASE_CFG = 0x88;
export const ARM_SMMU_CMDQ_BASE = 0x90;
export const ARM_SMMU_CMDQ_PROD = 0x98;
export const ARM_SMMU_CMDQ_CONS = 0x9c;
export const ARM_SMMU_EVTQ_BASE = 0xa0;
export const ARM_SMMU_EVTQ_PROD = 0x100a8;
export const ARM_SMMU_EVTQ_CONS = 0x100ac;
export const ARM_SMMU_EVTQ_IRQ_CFG0 = 0xb0;
export const ARM_SMMU_PRIQ_BASE = 0xc0;
export const ARM_SMMU_PRIQ_PROD = 0x100c8;
export const ARM_SMMU_PRIQ_CONS = 0x100cc;
export const ARM_SMMU_PRIQ_IRQ_CFG0 = 0xd0;
/** The driver reads and writes up to here: a smaller window is refused. */
export const ARM_SMMU_WINDOW = 0x2_0000;

/** IDR0: shifts of the fields that are numbers, masks of the flags. */
export const IDR0_ST_LVL = 27;
export const IDR0_STALL_MODEL = 24;
export const IDR0_TTENDIAN = 21;
export const IDR0_CD2L = 1 << 19;
export const IDR0_VMID16 = 1 << 18;
export const IDR0_PRI = 1 << 16;
export const IDR0_SEV = 1 << 14;
export const IDR0_MSI = 1 << 13;
export const IDR0_ASID16 = 1 << 12;
export const IDR0_ATS = 1 << 10;
export const IDR0_HYP = 1 << 9;
export const IDR0_COHACC = 1 << 4;
export const IDR0_TTF = 2;
export const IDR0_S1P = 1 << 1;
export const IDR0_S2P = 1 << 0;

/** IDR1: TABLES_PRESET, QUEUES_PRESET, REL. */
export const IDR1_PRESET = (1 << 30) | (1 << 29) | (1 << 28);
export const IDR1_CMDQS = 21;
export const IDR1_EVTQS = 16;
export const IDR1_PRIQS = 11;
export const IDR1_SSIDSIZE = 6;
export const IDR1_SIDSIZE = 0;

export const IDR5_STALL_MAX = 16;
export const IDR5_VAX = 10;
export const IDR5_GRAN64K = 1 << 6;
export const IDR5_GRAN16K = 1 << 5;
export const IDR5_GRAN4K = 1 << 4;

export const CR0_CMDQEN = 1 << 3;
export const CR0_EVTQEN = 1 << 2;
export const CR0_PRIQEN = 1 << 1;
export const CR0_SMMUEN = 1 << 0;

/** CR1: inner shareable, write-back for tables and queues. */
export const CR1_VALUE = (3 << 10) | (1 << 8) | (1 << 6) | (3 << 4) | (1 << 2) | 1;
export const CR2_PTM = 1 << 2;
export const CR2_RECINVSID = 1 << 1;
export const CR2_E2H = 1 << 0;

export const GBPA_UPDATE = 1 << 31;
export const GBPA_ABORT = 1 << 20;

export const IRQ_CTRL_EVTQ_IRQEN = 1 << 2;
export const IRQ_CTRL_PRIQ_IRQEN = 1 << 1;
export const IRQ_CTRL_GERROR_IRQEN = 1 << 0;

export const GERROR_SFM_ERR = 1 << 8;
export const GERROR_MSI_GERROR_ABT_ERR = 1 << 7;
export const GERROR_MSI_PRIQ_ABT_ERR = 1 << 6;
export const GERROR_MSI_EVTQ_ABT_ERR = 1 << 5;
export const GERROR_MSI_CMDQ_ABT_ERR = 1 << 4;
export const GERROR_PRIQ_ABT_ERR = 1 << 3;
export const GERROR_EVTQ_ABT_ERR = 1 << 2;
export const GERROR_CMDQ_ERR = 1 << 0;
/** Bit 8 is missing from it, as in the driver: SFM alone is not handled. */
export const GERROR_ERR_MASK = 0xfd;

/** STRTAB_BASE and the queue bases: allocation hint, bit 62, in the high half. */
export const BASE_HINT_HI = 1 << 30;
export const STRTAB_BASE_CFG_FMT_2LVL = 1 << 16;
export const STRTAB_BASE_CFG_SPLIT = 6;
/** MSI_CFG2: Device-nGnRE. */
export const MSI_CFG2_MEMATTR = 1;

/** Stream table. */
export const STRTAB_L1_SZ_SHIFT = 20;
export const STRTAB_SPLIT = 8;
export const STE_BYTES = 64;
export const STRTAB_STE_0_V = 1;
export const STRTAB_STE_0_CFG_ABORT = 0 << 1;
export const STRTAB_STE_0_CFG_BYPASS = 4 << 1;
export const STRTAB_STE_0_CFG_S1_TRANS = 5 << 1;
export const STRTAB_STE_0_CFG_S2_TRANS = 6 << 1;
export const STRTAB_STE_0_CFG_MASK = 7 << 1;
/** S1Fmt 2: two-level, 64 KiB leaves. */
export const STRTAB_STE_0_S1FMT_64K_L2 = 2 << 4;
/** High half: S1CDMax [63:59]. */
export const STRTAB_STE_0_S1CDMAX_HI = 27;
export const STRTAB_STE_1_S1DSS_SSID0 = 2;
/** S1CIR and S1COR write-back read-allocate, S1CSH inner shareable. */
export const STRTAB_STE_1_S1C = (1 << 2) | (1 << 4) | (3 << 6);
export const STRTAB_STE_1_PPAR = 1 << 18;
export const STRTAB_STE_1_S1STALLD = 1 << 27;
export const STRTAB_STE_1_EATS_TRANS = 1 << 28;
/** High half: SHCFG incoming, bit 44. */
export const STRTAB_STE_1_SHCFG_INCOMING_HI = 1 << 12;
/** High half of dword 2: S2AA64, S2PTW, S2R. */
export const STRTAB_STE_2_HI = (1 << 19) | (1 << 22) | (1 << 26);

/** Context descriptors. */
export const CTXDESC_CD_BYTES = 64;
/** CDs of a leaf table, log2; a linear table has as many at most. */
export const CTXDESC_SPLIT = 10;
export const CTXDESC_CD_0_V = 1 << 31;
export const CTXDESC_CD_0_TCR_EPD0 = 1 << 14;
/** High half: AA64, S, R, A, ASET. */
export const CTXDESC_CD_0_AA64_HI = 1 << 9;
export const CTXDESC_CD_0_S_HI = 1 << 12;
export const CTXDESC_CD_0_R_HI = 1 << 13;
export const CTXDESC_CD_0_A_HI = 1 << 14;
export const CTXDESC_CD_0_ASET_HI = 1 << 15;

/** Commands. */
export const CMDQ_OP_PREFETCH_CFG = 0x1;
export const CMDQ_OP_CFGI_STE = 0x3;
export const CMDQ_OP_CFGI_ALL = 0x4;
export const CMDQ_OP_CFGI_CD = 0x5;
export const CMDQ_OP_CFGI_CD_ALL = 0x6;
export const CMDQ_OP_TLBI_NH_ASID = 0x11;
export const CMDQ_OP_TLBI_NH_VA = 0x12;
export const CMDQ_OP_TLBI_EL2_ALL = 0x20;
export const CMDQ_OP_TLBI_S12_VMALL = 0x28;
export const CMDQ_OP_TLBI_S2_IPA = 0x2a;
export const CMDQ_OP_TLBI_NSNH_ALL = 0x30;
export const CMDQ_OP_ATC_INV = 0x40;
export const CMDQ_OP_PRI_RESP = 0x41;
export const CMDQ_OP_RESUME = 0x44;
export const CMDQ_OP_CMD_SYNC = 0x46;

/** CMD_SYNC: MSH inner shareable, MSIAttr write-back; CS interrupt (MSI) or event. */
export const CMDQ_SYNC_0_ATTR = (3 << 22) | (0xf << 24);
export const CMDQ_SYNC_0_CS_IRQ = 1 << 12;
export const CMDQ_SYNC_0_CS_SEV = 2 << 12;

export const PRI_RESP_DENY = 0;
export const PRI_RESP_FAIL = 1;
export const PRI_RESP_SUCC = 2;
export const RESUME_TERM = 0;
export const RESUME_RETRY = 1;
export const RESUME_ABORT = 2;
/** ATC_INV size that covers the whole address space. */
export const ATC_INV_SIZE_ALL = 52;

/** CMDQ_CONS.ERR. */
export const CMDQ_ERR_SHIFT = 24;
export const CMDQ_ERR_MASK = 0x7f;
export const CMDQ_ERR_CERROR_NONE_IDX = 0;
export const CMDQ_ERR_CERROR_ILL_IDX = 1;
export const CMDQ_ERR_CERROR_ABT_IDX = 2;
export const CMDQ_ERR_CERROR_ATC_INV_IDX = 3;

/** log2 of the most entries the driver uses. */
export const CMDQ_MAX_SZ_SHIFT = 8;
export const EVTQ_MAX_SZ_SHIFT = 7;
export const PRIQ_MAX_SZ_SHIFT = 8;

/** Nanoseconds. */
export const ARM_SMMU_POLL_TIMEOUT = 100_000;
export const ARM_SMMU_CMDQ_SYNC_TIMEOUT = 1_000_000_000;

export const MSI_IOVA_BASE = 0x800_0000;
export const MSI_IOVA_LENGTH = 0x10_0000;

/** Bits of the line "features 0x...". */
export const ARM_SMMU_FEAT_2_LVL_STRTAB = 1 << 0;
export const ARM_SMMU_FEAT_2_LVL_CDTAB = 1 << 1;
export const ARM_SMMU_FEAT_TT_LE = 1 << 2;
export const ARM_SMMU_FEAT_TT_BE = 1 << 3;
export const ARM_SMMU_FEAT_PRI = 1 << 4;
export const ARM_SMMU_FEAT_ATS = 1 << 5;
export const ARM_SMMU_FEAT_SEV = 1 << 6;
export const ARM_SMMU_FEAT_MSI = 1 << 7;
export const ARM_SMMU_FEAT_COHERENCY = 1 << 8;
export const ARM_SMMU_FEAT_TRANS_S1 = 1 << 9;
export const ARM_SMMU_FEAT_TRANS_S2 = 1 << 10;
export const ARM_SMMU_FEAT_STALLS = 1 << 11;
export const ARM_SMMU_FEAT_HYP = 1 << 12;
export const ARM_SMMU_FEAT_STALL_FORCE = 1 << 13;
export const ARM_SMMU_FEAT_VAX = 1 << 14;
/** Quirks of firmware. */
export const ARM_SMMU_OPT_SKIP_PREFETCH = 1 << 0;
export const ARM_SMMU_OPT_PAGE0_REGS_ONLY = 1 << 1;
