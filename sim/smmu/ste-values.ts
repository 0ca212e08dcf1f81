// The fields of an STE that the model looks at, as numbers: what the legality rules and the
// translation configuration are computed from.

import type { Words } from '../regs/record.ts';
import { STE } from './spec/ste.ts';

/** Values of the STE fields that have an effect here; names are the manual's in camel case. */
export interface SteValues {
  readonly v: number;
  readonly config: number;
  readonly s1fmt: number;
  readonly s1ContextPtr: number;
  readonly s1cdmax: number;
  readonly s1dss: number;
  readonly cont: number;
  readonly ppar: number;
  readonly mev: number;
  readonly s2fwb: number;
  readonly s1stalld: number;
  readonly eats: number;
  readonly strw: number;
  readonly memAttr: number;
  readonly mtcfg: number;
  readonly alloccfg: number;
  readonly shcfg: number;
  readonly privcfg: number;
  readonly instcfg: number;
  readonly s2vmid: number;
  readonly s2t0sz: number;
  readonly s2sl0: number;
  /** S2SL0_2. */
  readonly s2sl0High: number;
  readonly s2sh0: number;
  readonly s2tg: number;
  readonly s2ps: number;
  readonly s2aa64: number;
  readonly s2endi: number;
  readonly s2affd: number;
  readonly s2ptw: number;
  readonly s2hd: number;
  readonly s2ha: number;
  readonly s2s: number;
  readonly s2r: number;
  readonly s2ds: number;
  readonly s2ttb: number;
}

/** Reads the values out of the sixteen words of an STE. */
export function steValues(words: Words): SteValues {
  return {
    v: STE.get(words, 'V'),
    config: STE.get(words, 'Config'),
    s1fmt: STE.get(words, 'S1Fmt'),
    s1ContextPtr: STE.get(words, 'S1ContextPtr'),
    s1cdmax: STE.get(words, 'S1CDMax'),
    s1dss: STE.get(words, 'S1DSS'),
    cont: STE.get(words, 'CONT'),
    ppar: STE.get(words, 'PPAR'),
    mev: STE.get(words, 'MEV'),
    s2fwb: STE.get(words, 'S2FWB'),
    s1stalld: STE.get(words, 'S1STALLD'),
    eats: STE.get(words, 'EATS'),
    strw: STE.get(words, 'STRW'),
    memAttr: STE.get(words, 'MemAttr'),
    mtcfg: STE.get(words, 'MTCFG'),
    alloccfg: STE.get(words, 'ALLOCCFG'),
    shcfg: STE.get(words, 'SHCFG'),
    privcfg: STE.get(words, 'PRIVCFG'),
    instcfg: STE.get(words, 'INSTCFG'),
    s2vmid: STE.get(words, 'S2VMID'),
    s2t0sz: STE.get(words, 'S2T0SZ'),
    s2sl0: STE.get(words, 'S2SL0'),
    s2sl0High: STE.get(words, 'S2SL0_2'),
    s2sh0: STE.get(words, 'S2SH0'),
    s2tg: STE.get(words, 'S2TG'),
    s2ps: STE.get(words, 'S2PS'),
    s2aa64: STE.get(words, 'S2AA64'),
    s2endi: STE.get(words, 'S2ENDI'),
    s2affd: STE.get(words, 'S2AFFD'),
    s2ptw: STE.get(words, 'S2PTW'),
    s2hd: STE.get(words, 'S2HD'),
    s2ha: STE.get(words, 'S2HA'),
    s2s: STE.get(words, 'S2S'),
    s2r: STE.get(words, 'S2R'),
    s2ds: STE.get(words, 'S2DS'),
    s2ttb: STE.get(words, 'S2TTB'),
  };
}
