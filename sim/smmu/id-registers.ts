// ID registers out of the feature table, and features out of ID register values (IHI 0070 6.3.1-6.3.8).
// What the model cannot offer is named by `unmodelledFeatures`; nothing is switched off in silence.

import type { FieldTable, RecordTable } from '../regs/record.ts';
import { DEFAULT_FEATURES, type SmmuFeatures } from './capabilities.ts';
import { REGISTERS } from './spec/registers.ts';

/** Values of the ID registers that say what an instance offers. */
export interface IdRegisterValues {
  readonly idr0: number;
  readonly idr1: number;
  readonly idr3: number;
  readonly idr5: number;
  readonly aidr: number;
}

/** The ID registers of an instance, unsigned. */
export function idRegisters(features: Readonly<SmmuFeatures>): IdRegisterValues {
  return {
    idr0: wordOf('IDR0', features),
    idr1: wordOf('IDR1', features),
    idr3: wordOf('IDR3', features),
    idr5: wordOf('IDR5', features),
    aidr: wordOf('AIDR', features),
  };
}

/**
 * The features that given ID register values announce. IDR3 and AIDR may be left out: no feature of
 * IDR3, SMMUv3.0.
 */
export function featuresFromIdr(
  values: Omit<IdRegisterValues, 'idr3' | 'aidr'> & Partial<IdRegisterValues>,
): SmmuFeatures {
  const features: SmmuFeatures = { ...DEFAULT_FEATURES };
  const words = {
    IDR0: values.idr0,
    IDR1: values.idr1,
    IDR3: values.idr3 ?? 0,
    IDR5: values.idr5,
    AIDR: values.aidr ?? 0,
  };
  for (const [feature, [register, field]] of entries()) {
    const table: RecordTable<FieldTable> = REGISTERS[register];
    const raw = Number(table.get([words[register]], field));
    const boolean = typeof DEFAULT_FEATURES[feature] === 'boolean';
    Object.assign(features, { [feature]: boolean ? raw !== 0 : raw });
  }
  return features;
}

/** Features that are announced and not modelled, each with its reason; empty for a usable instance. */
export function unmodelledFeatures(features: Readonly<SmmuFeatures>): string[] {
  const checks: readonly (readonly [boolean, string])[] = [
    [features.btm, 'btm: there is no broadcast TLB maintenance to listen to'],
    [features.vatos, 'vatos: there is no VATOS page'],
    [
      features.ecmdq && !(features.cohacc && features.msi),
      'ecmdq: IDR1.ECMDQ needs COHACC and MSI',
    ],
    [(features.ttf & 1) !== 0, 'ttf: VMSAv8-32 LPAE tables are not walked'],
    [features.httu === 3, 'httu 3: no access flag in table descriptors'],
    [features.dormhint, 'dormhint: STATUSR.DORMANT never reads 1'],
    [features.pbha, 'pbha: page-based hardware attributes go nowhere'],
    [features.oas > 6, 'oas 7: output addresses above 52 bits'],
    [features.vax > 1, 'vax 2: virtual addresses above 52 bits'],
  ];
  return checks.filter(([announced]) => announced).map(([, reason]) => reason);
}

type IdRegister = 'IDR0' | 'IDR1' | 'IDR3' | 'IDR5' | 'AIDR';

/** Field of an ID register that each feature is. */
const FIELD_OF: { readonly [F in keyof SmmuFeatures]: readonly [IdRegister, string] } = {
  s2p: ['IDR0', 'S2P'],
  s1p: ['IDR0', 'S1P'],
  ttf: ['IDR0', 'TTF'],
  cohacc: ['IDR0', 'COHACC'],
  btm: ['IDR0', 'BTM'],
  httu: ['IDR0', 'HTTU'],
  dormhint: ['IDR0', 'DORMHINT'],
  hyp: ['IDR0', 'Hyp'],
  ats: ['IDR0', 'ATS'],
  ns1ats: ['IDR0', 'NS1ATS'],
  asid16: ['IDR0', 'ASID16'],
  msi: ['IDR0', 'MSI'],
  sev: ['IDR0', 'SEV'],
  atos: ['IDR0', 'ATOS'],
  pri: ['IDR0', 'PRI'],
  vmw: ['IDR0', 'VMW'],
  vmid16: ['IDR0', 'VMID16'],
  cd2l: ['IDR0', 'CD2L'],
  vatos: ['IDR0', 'VATOS'],
  ttendian: ['IDR0', 'TTENDIAN'],
  atsrecerr: ['IDR0', 'ATSRECERR'],
  stallModel: ['IDR0', 'STALL_MODEL'],
  termModel: ['IDR0', 'TERM_MODEL'],
  stLevel: ['IDR0', 'ST_LEVEL'],
  sidsize: ['IDR1', 'SIDSIZE'],
  ssidsize: ['IDR1', 'SSIDSIZE'],
  cmdqs: ['IDR1', 'CMDQS'],
  eventqs: ['IDR1', 'EVENTQS'],
  priqs: ['IDR1', 'PRIQS'],
  attrPermsOvr: ['IDR1', 'ATTR_PERMS_OVR'],
  attrTypesOvr: ['IDR1', 'ATTR_TYPES_OVR'],
  ecmdq: ['IDR1', 'ECMDQ'],
  had: ['IDR3', 'HAD'],
  pbha: ['IDR3', 'PBHA'],
  xnx: ['IDR3', 'XNX'],
  pps: ['IDR3', 'PPS'],
  fwb: ['IDR3', 'FWB'],
  stt: ['IDR3', 'STT'],
  ril: ['IDR3', 'RIL'],
  bbml: ['IDR3', 'BBML'],
  e0pd: ['IDR3', 'E0PD'],
  ptwnnc: ['IDR3', 'PTWNNC'],
  epan: ['IDR3', 'EPAN'],
  oas: ['IDR5', 'OAS'],
  gran4k: ['IDR5', 'GRAN4K'],
  gran16k: ['IDR5', 'GRAN16K'],
  gran64k: ['IDR5', 'GRAN64K'],
  ds: ['IDR5', 'DS'],
  vax: ['IDR5', 'VAX'],
  stallMax: ['IDR5', 'STALL_MAX'],
  archMinor: ['AIDR', 'ArchMinorRev'],
};

function entries(): [keyof SmmuFeatures, readonly [IdRegister, string]][] {
  return Object.entries(FIELD_OF) as [keyof SmmuFeatures, readonly [IdRegister, string]][];
}

function wordOf(wanted: IdRegister, features: Readonly<SmmuFeatures>): number {
  const values: Record<string, number> = {};
  for (const [feature, [register, field]] of entries()) {
    if (register === wanted) {
      values[field] = Number(features[feature]);
    }
  }
  const table: RecordTable<FieldTable> = REGISTERS[wanted];
  return (table.encode(values)[0] ?? 0) >>> 0;
}
