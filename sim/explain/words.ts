// How an explanation writes numbers and fields.

import type { FieldView } from '../regs/record.ts';

/** `0x7000_0000`: hexadecimal in groups of four digits. */
export function grouped(value: number | bigint): string {
  const digits = value.toString(16);
  return `0x${digits.length <= 4 ? digits : digits.replace(/\B(?=(.{4})+$)/g, '_')}`;
}

/** Value of a field: `16`, `0x4000_7000`. */
export function valueText({ text, value }: FieldView): string {
  return text.startsWith('0x') ? grouped(value) : text;
}

/** `T0SZ=16`, `TTB0=0x4000_7000`. */
export function fieldText(view: FieldView): string {
  return `${view.name}=${valueText(view)}`;
}
