// Memory-mapped registers as tables: a record of 32 or 64 bits with a place, an access kind and a reset.

import { assert } from '../base/assert.ts';
import type { FieldTable, RecordTable } from './record.ts';
import { record } from './record.ts';

/** RO: writes are ignored. RW: reads back what was written, within the mask. */
export type Access = 'RO' | 'RW';

/** What a register table says beside its fields. */
export interface RegisterPlace {
  /** Section of IHI 0070. */
  readonly section: string;
  /** Bytes from the SMMU's base address. */
  readonly offset: number;
  readonly width: 32 | 64;
  readonly access: Access;
  /** Reset value; left out where the manual says UNKNOWN (the model resets to 0). */
  readonly reset?: number;
}

/** A register layout: a record of one or two words at an offset. */
export interface RegisterTable<F extends FieldTable> extends RecordTable<F>, RegisterPlace {
  /** Bits that are not RES0, low and high half. */
  readonly maskLo: number;
  readonly maskHi: number;
}

/** Makes a register layout; every bit without a field is RES0. */
export function register<const F extends FieldTable>(
  name: string,
  place: RegisterPlace,
  fields: F,
): RegisterTable<F> {
  assert(
    place.offset % (place.width / 8) === 0,
    `${name} at 0x${place.offset.toString(16)} is misaligned`,
  );
  const table = record(name, place.section, place.width, fields);
  let maskLo = 0;
  let maskHi = 0;
  for (const field of Object.values(fields)) {
    for (let bit = field.lo; field.kind !== 'res0' && bit <= field.hi; bit++) {
      if (bit < 32) {
        maskLo |= 1 << bit;
      } else {
        maskHi |= 1 << (bit - 32);
      }
    }
  }
  return { ...table, ...place, maskLo, maskHi };
}
