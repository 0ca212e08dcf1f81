// The sections that rules are cited from, held against a second, independently made list of headings:
// IHI 0070 G.b and DDI 0487 M.a.

import { describe, expect, it } from 'vitest';
import { LAYOUTS } from '../../sim/smmu/spec/layouts.ts';
import { blameOf } from '../support/explained-mistake.ts';
import { MISTAKES } from './faults.ts';

/** Heading of each section that may be cited, as the manuals have it. */
const HEADINGS: Readonly<Record<string, string>> = {
  '3.4': 'Address sizes',
  '5.1': 'L1STD, Level 1 Stream Table Descriptor',
  '5.2': 'STE, Stream Table Entry',
  '5.2.2': 'Validity of STE',
  '5.3': 'L1CD, Level 1 Context Descriptor',
  '5.4': 'CD, Context Descriptor',
  '5.4.2': 'Validity of CD',
  '6.3.2': 'SMMU_IDR1',
  '6.3.6': 'SMMU_IDR5',
  '6.3.9': 'SMMU_CR0',
  '6.3.24': 'SMMU_STRTAB_BASE',
  '6.3.25': 'SMMU_STRTAB_BASE_CFG',
  'D8.3.1': 'VMSAv8-64 descriptor formats',
  'D8.4.1': 'Stage 1 permissions',
  'D8.4.2': 'Stage 2 permissions',
  'D8.5.1': 'The Access flag',
};

/** What a heading must say about the place that is blamed, and the event. */
function subject(where: string, event: string, field: string): RegExp {
  if (event === 'F_ADDR_SIZE' && where !== 'IDR5') {
    return /Address sizes/;
  }
  if (!/L-?\d$/.test(where)) {
    return new RegExp(`^${where}, |of ${where}$|^SMMU_${where}$`);
  }
  if (field === 'AF') {
    return /Access flag/;
  }
  if (/^(S2AP|XN)$/.test(field)) {
    return /Stage 2 permissions/;
  }
  return /^(AP|[UP]XN)(Table)?$/.test(field) ? /Stage 1 permissions/ : /descriptor formats/;
}

describe('the section of a rule', () => {
  it.each(MISTAKES.map((mistake) => [mistake.name, mistake] as const))(
    'is one that is about it: %s',
    (_, mistake) => {
      const { name, culprit } = blameOf(mistake);
      const { where = '', field = '', section = '' } = culprit ?? {};
      expect(HEADINGS[section]).toMatch(subject(where, name, field));
    },
  );

  it('of each structure is a heading', () => {
    const sections = Object.values(LAYOUTS).map(({ section }) => section);
    expect(sections.filter((section) => HEADINGS[section] === undefined)).toEqual([]);
  });
});
