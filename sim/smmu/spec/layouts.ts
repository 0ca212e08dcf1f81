// Every structure that the SMMU reads from memory, by a short name: for code that goes by layout.

import type { FieldTable, FieldView, RecordTable } from '../../regs/record.ts';
import { CD, L1CD } from './cd.ts';
import { S1_LEAF, S2_LEAF, TABLE_DESCRIPTOR } from './descriptors.ts';
import { L1STD, STE } from './ste.ts';

/** A layout without its field types: for code that goes by field name. */
export interface AnyRecord {
  readonly name: string;
  readonly section: string;
  readonly bits: number;
  readonly fields: FieldTable;
  describe(words: ArrayLike<number>, at?: number): FieldView[];
}

/** A layout as {@link AnyRecord}. */
export function anyRecord<F extends FieldTable>(table: RecordTable<F>): AnyRecord {
  return table as unknown as AnyRecord;
}

export const LAYOUTS = {
  L1STD: anyRecord(L1STD),
  STE: anyRecord(STE),
  L1CD: anyRecord(L1CD),
  CD: anyRecord(CD),
  leaf1: anyRecord(S1_LEAF),
  leaf2: anyRecord(S2_LEAF),
  table: anyRecord(TABLE_DESCRIPTOR),
} as const;

/** Name of a layout. */
export type LayoutName = keyof typeof LAYOUTS;
