// The structures that a fault can be blamed on, with what is needed to show and to point into them.

import type { FieldTable } from '../regs/record.ts';
import type { AnyRecord } from '../smmu/spec/layouts.ts';

/** One structure that the SMMU read on its way, with the bytes it read. */
export interface Structure {
  /** Short name, as in `STE`, `CD`, `L2`, `S2 L3`. */
  readonly title: string;
  readonly layout: AnyRecord;
  /** Physical address, bytes. */
  readonly pa: number;
  readonly words: Int32Array;
  /** StreamID, SubstreamID or table index, where one selects the entry. */
  readonly index: number | undefined;
  /** False when the read was an external abort. */
  readonly ok: boolean;
  /** 1 or 2 for a descriptor, 0 otherwise; level of a descriptor. */
  readonly stage: number;
  readonly level: number;
}

/** The bits at fault, in a structure or in a register. */
export interface Culprit {
  /** The structure, or undefined when it is a register or the access itself. */
  readonly structure: Structure | undefined;
  /** `STE`, `CD`, `L3`, `STRTAB_BASE_CFG`, `access`. */
  readonly where: string;
  /** Field, as the manual spells it, and its absolute bits. */
  readonly field: string;
  readonly hi: number;
  readonly lo: number;
  /** Address of the 8 bytes that hold the field, or the register's offset. */
  readonly place: { readonly pa: number } | { readonly register: number } | undefined;
  /** The rule in one sentence, and where it stands. */
  readonly rule: string;
  readonly section: string;
}

/** Where the Arm architecture manual has the rules about fields of descriptors. */
const DESCRIPTOR_SECTIONS: Readonly<Record<string, string>> = {
  AP: 'D8.4.1',
  UXN: 'D8.4.1',
  PXN: 'D8.4.1',
  APTable: 'D8.4.1',
  UXNTable: 'D8.4.1',
  PXNTable: 'D8.4.1',
  S2AP: 'D8.4.2',
  XN: 'D8.4.2',
  AF: 'D8.5.1',
};

/** Blames a field of a structure. */
export function blame(
  structure: Structure,
  field: string,
  rule: string,
  section = DESCRIPTOR_SECTIONS[field] ?? structure.layout.section,
): Culprit {
  const bits = structure.layout.fields[field];
  const lo = bits?.lo ?? 0;
  return {
    structure,
    where: structure.title,
    field,
    hi: bits?.hi ?? lo,
    lo,
    place: { pa: structure.pa + Math.floor(lo / 64) * 8 },
    rule,
    section,
  };
}

/** Blames single bits of a structure that a shared field name would only name roughly. */
export function blameBits(
  structure: Structure,
  field: string,
  [hi, lo]: readonly [number, number],
  rule: string,
): Culprit {
  return { ...blame(structure, field, rule), hi, lo };
}

/** Words of a register as a culprit. */
export function blameRegister(
  table: { readonly name: string; readonly offset: number; readonly section: string } & {
    readonly fields: FieldTable;
  },
  field: string,
  rule: string,
): Culprit {
  const bits = table.fields[field];
  return {
    structure: undefined,
    where: table.name,
    field,
    hi: bits?.hi ?? 0,
    lo: bits?.lo ?? 0,
    place: { register: table.offset },
    rule,
    section: table.section,
  };
}
