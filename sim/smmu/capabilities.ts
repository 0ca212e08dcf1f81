// What an SMMU instance offers, and the ID registers that say so: the one source of every feature.
// The model tests these capabilities only; software sees the same through IDR0..IDR5.

/** Feature table of an SMMU instance (IHI 0070 6.3.1-6.3.6). All optional parts have a bit in an ID register. */
export interface SmmuFeatures {
  /** Stage 1, stage 2: IDR0.S1P, IDR0.S2P. */
  s1p: boolean;
  s2p: boolean;
  /** IDR0.TTF: 2 VMSAv8-64 only (LPAE is not modelled). */
  ttf: number;
  cohacc: boolean;
  btm: boolean;
  /** 0 none, 1 access flag, 2 access flag and dirty state. */
  httu: number;
  dormhint: boolean;
  hyp: boolean;
  ats: boolean;
  /** IDR0.NS1ATS: true = split-stage ATS is not supported. */
  ns1ats: boolean;
  asid16: boolean;
  msi: boolean;
  sev: boolean;
  atos: boolean;
  pri: boolean;
  vmw: boolean;
  vmid16: boolean;
  cd2l: boolean;
  vatos: boolean;
  /** IDR0.TTENDIAN: 0 mixed, 2 little, 3 big. */
  ttendian: number;
  atsrecerr: boolean;
  /** 0 stall and terminate, 1 terminate only, 2 stall forced. */
  stallModel: number;
  termModel: boolean;
  /** 0 linear only, 1 linear and two-level Stream table. */
  stLevel: number;
  /** StreamID bits, 0..32; SubstreamID bits, 0..20. */
  sidsize: number;
  ssidsize: number;
  /** log2 of the most entries, 0..19. */
  cmdqs: number;
  eventqs: number;
  priqs: number;
  attrPermsOvr: boolean;
  attrTypesOvr: boolean;
  ecmdq: boolean;
  /** IDR3. */
  had: boolean;
  pbha: boolean;
  xnx: boolean;
  pps: boolean;
  fwb: boolean;
  stt: boolean;
  ril: boolean;
  bbml: number;
  e0pd: boolean;
  ptwnnc: boolean;
  epan: boolean;
  /** IDR5.OAS code: 0=32, 1=36, 2=40, 3=42, 4=44, 5=48, 6=52 bits. */
  oas: number;
  gran4k: boolean;
  gran16k: boolean;
  gran64k: boolean;
  ds: boolean;
  /** 0 48-bit, 1 52-bit virtual addresses. */
  vax: number;
  /** Most transactions stalled at a time. */
  stallMax: number;
  /** AIDR[3:0]: 0..4 for v3.0..v3.4. */
  archMinor: number;
}

/** The default instance: a present-day SMMUv3.2 with everything the workbench is about. */
export const DEFAULT_FEATURES: Readonly<SmmuFeatures> = {
  s1p: true,
  s2p: true,
  ttf: 2,
  cohacc: true,
  btm: false,
  httu: 2,
  dormhint: false,
  hyp: true,
  ats: true,
  ns1ats: false,
  asid16: true,
  msi: true,
  sev: true,
  atos: true,
  pri: true,
  vmw: true,
  vmid16: true,
  cd2l: true,
  vatos: false,
  ttendian: 2,
  atsrecerr: true,
  stallModel: 0,
  termModel: false,
  stLevel: 1,
  sidsize: 16,
  ssidsize: 20,
  cmdqs: 8,
  eventqs: 7,
  priqs: 8,
  attrPermsOvr: true,
  attrTypesOvr: true,
  ecmdq: false,
  had: true,
  pbha: false,
  xnx: true,
  pps: false,
  fwb: true,
  stt: true,
  ril: true,
  bbml: 2,
  e0pd: true,
  ptwnnc: true,
  epan: false,
  oas: 5,
  gran4k: true,
  gran16k: true,
  gran64k: true,
  ds: false,
  vax: 0,
  stallMax: 64,
  archMinor: 2,
};
