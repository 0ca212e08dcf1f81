// The fields of a CD that the model looks at, as numbers.

import type { Words } from '../regs/record.ts';
import { CD } from './spec/cd.ts';

/** The fields that exist once for each half of the address space. */
export interface CdHalf {
  readonly tsz: number;
  readonly tg: number;
  readonly sh: number;
  readonly epd: number;
  readonly tbi: number;
  readonly had: number;
  readonly e0pd: number;
  readonly ttb: number;
}

/** Values of the CD fields that have an effect here; names are the manual's in camel case. */
export interface CdValues {
  readonly v: number;
  readonly low: CdHalf;
  readonly high: CdHalf;
  readonly endi: number;
  readonly ips: number;
  readonly affd: number;
  readonly wxn: number;
  readonly pan: number;
  readonly epan: number;
  readonly aa64: number;
  readonly hd: number;
  readonly ha: number;
  readonly s: number;
  readonly r: number;
  readonly a: number;
  readonly aset: number;
  readonly asid: number;
  readonly ds: number;
  readonly mair0: number;
  readonly mair1: number;
}

/** Reads the values out of the sixteen words of a CD. */
export function cdValues(words: Words): CdValues {
  return {
    v: CD.get(words, 'V'),
    low: {
      tsz: CD.get(words, 'T0SZ'),
      tg: CD.get(words, 'TG0'),
      sh: CD.get(words, 'SH0'),
      epd: CD.get(words, 'EPD0'),
      tbi: CD.get(words, 'TBI0'),
      had: CD.get(words, 'HAD0'),
      e0pd: CD.get(words, 'E0PD0'),
      ttb: CD.get(words, 'TTB0'),
    },
    high: {
      tsz: CD.get(words, 'T1SZ'),
      tg: CD.get(words, 'TG1'),
      sh: CD.get(words, 'SH1'),
      epd: CD.get(words, 'EPD1'),
      tbi: CD.get(words, 'TBI1'),
      had: CD.get(words, 'HAD1'),
      e0pd: CD.get(words, 'E0PD1'),
      ttb: CD.get(words, 'TTB1'),
    },
    endi: CD.get(words, 'ENDI'),
    ips: CD.get(words, 'IPS'),
    affd: CD.get(words, 'AFFD'),
    wxn: CD.get(words, 'WXN'),
    pan: CD.get(words, 'PAN'),
    epan: CD.get(words, 'EPAN'),
    aa64: CD.get(words, 'AA64'),
    hd: CD.get(words, 'HD'),
    ha: CD.get(words, 'HA'),
    s: CD.get(words, 'S'),
    r: CD.get(words, 'R'),
    a: CD.get(words, 'A'),
    aset: CD.get(words, 'ASET'),
    asid: CD.get(words, 'ASID'),
    ds: CD.get(words, 'DS'),
    mair0: CD.get(words, 'MAIR0'),
    mair1: CD.get(words, 'MAIR1'),
  };
}
