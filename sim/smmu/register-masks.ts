// Which registers and fields exist on an instance: those whose feature is off are RES0 (IHI 0070 6.3).

import type { SmmuFeatures } from './capabilities.ts';
import type { RegisterMask } from './register-file.ts';
import type { RegisterName } from './spec/registers.ts';
import { REGISTERS } from './spec/registers.ts';

type Condition = (features: Readonly<SmmuFeatures>) => boolean;

const msi: Condition = (f) => f.msi;
const pri: Condition = (f) => f.pri;
const priMsi: Condition = (f) => f.pri && f.msi;
const atos: Condition = (f) => f.atos;
const ecmdq: Condition = (f) => f.ecmdq;

/** Registers that are there only with a feature. */
const REGISTER_NEEDS: Partial<Record<RegisterName, Condition>> = {
  GERROR_IRQ_CFG0: msi,
  GERROR_IRQ_CFG1: msi,
  GERROR_IRQ_CFG2: msi,
  EVENTQ_IRQ_CFG0: msi,
  EVENTQ_IRQ_CFG1: msi,
  EVENTQ_IRQ_CFG2: msi,
  PRIQ_BASE: pri,
  PRIQ_PROD: pri,
  PRIQ_CONS: pri,
  PRIQ_IRQ_CFG0: priMsi,
  PRIQ_IRQ_CFG1: priMsi,
  PRIQ_IRQ_CFG2: pri,
  GATOS_CTRL: atos,
  GATOS_SID: atos,
  GATOS_ADDR: atos,
  GATOS_PAR: atos,
  IDR6: ecmdq,
  CMDQ_CONTROL_PAGE_BASE0: ecmdq,
  CMDQ_CONTROL_PAGE_CFG0: ecmdq,
  CMDQ_CONTROL_PAGE_STATUS0: ecmdq,
};

const CR0_NEEDS: Readonly<Record<string, Condition>> = {
  PRIQEN: pri,
  ATSCHK: (f) => f.ats,
  VMW: (f) => f.vmw,
};
const IRQ_NEEDS: Readonly<Record<string, Condition>> = { PRIQ_IRQEN: pri };
const ERROR_NEEDS: Readonly<Record<string, Condition>> = {
  PRIQ_ABT_ERR: pri,
  MSI_CMDQ_ABT_ERR: msi,
  MSI_EVENTQ_ABT_ERR: msi,
  MSI_PRIQ_ABT_ERR: priMsi,
  MSI_GERROR_ABT_ERR: msi,
  CMDQP_ERR: ecmdq,
};

/** Fields that are there only with a feature. */
const FIELD_NEEDS: Partial<Record<RegisterName, Readonly<Record<string, Condition>>>> = {
  CR0: CR0_NEEDS,
  CR0ACK: CR0_NEEDS,
  CR2: { E2H: (f) => f.hyp, PTM: (f) => f.btm, REC_CFG_ATS: (f) => f.atsrecerr },
  STATUSR: { DORMANT: (f) => f.dormhint },
  IRQ_CTRL: IRQ_NEEDS,
  IRQ_CTRLACK: IRQ_NEEDS,
  GERROR: ERROR_NEEDS,
  STRTAB_BASE_CFG: { SPLIT: (f) => f.stLevel === 1, FMT: (f) => f.stLevel === 1 },
  PRIQ_IRQ_CFG2: { MemAttr: msi, SH: msi },
  GATOS_SID: { SSID_VALID: (f) => f.ssidsize !== 0 },
};

/**
 * Bits without a meaning that keep what is written, as a RES0 bit of a RW register may. GBPA also keeps
 * its override fields where IDR1 says that they do nothing (6.3.14 leaves that open).
 */
const STATEFUL_RES0: Partial<Record<RegisterName, number>> = { GBPA: 0xc000, GERRORN: 0x7ff };

/** Bits of an output address, by IDR5.OAS. */
export const OAS_BITS = [32, 36, 40, 42, 44, 48, 52, 56] as const;

/** Registers whose ADDR is a physical address: bits above the OAS are not stored. */
const PHYSICAL: ReadonlySet<RegisterName> = new Set<RegisterName>([
  'STRTAB_BASE',
  'CMDQ_BASE',
  'EVENTQ_BASE',
  'PRIQ_BASE',
  'GERROR_IRQ_CFG0',
  'EVENTQ_IRQ_CFG0',
  'PRIQ_IRQ_CFG0',
]);

/** Bits of a register that exist on an instance with these features. */
export function registerMask(name: RegisterName, features: Readonly<SmmuFeatures>): RegisterMask {
  if (REGISTER_NEEDS[name]?.(features) === false) {
    return { lo: 0, hi: 0 };
  }
  const register = REGISTERS[name];
  const mask = new Int32Array([register.maskLo | (STATEFUL_RES0[name] ?? 0), register.maskHi]);
  for (const [field, exists] of Object.entries(FIELD_NEEDS[name] ?? {})) {
    const { lo, hi } = register.fields[field as keyof typeof register.fields];
    clearBits(mask, exists(features) ? hi + 1 : lo, hi);
  }
  if (PHYSICAL.has(name)) {
    clearBits(mask, OAS_BITS[features.oas as 0] ?? 52, 55);
  }
  if (name === 'GATOS_SID') {
    clearBits(mask, features.sidsize, 31);
    clearBits(mask, 32 + features.ssidsize, 51);
  }
  return { lo: mask[0] ?? 0, hi: mask[1] ?? 0 };
}

function clearBits(mask: Int32Array, from: number, to: number): void {
  for (let bit = from; bit <= to; bit++) {
    const word = bit >>> 5;
    mask[word] = (mask[word] ?? 0) & ~(1 << (bit & 31));
  }
}
