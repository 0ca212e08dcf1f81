// Entries of the PRI queue (IHI 0070 chapter 8) and the codes of PRG responses (8.3).

import { addr, flag, uint } from '../../regs/field.ts';
import { record } from '../../regs/record.ts';

/** Bytes of a PRI queue entry. */
export const PRI_BYTES = 16;

/** A Page Request as the PRI queue holds it. @arch 8.2 Y Page Request entries */
export const PRI_ENTRY = record('PRI_ENTRY', '8.2', 128, {
  StreamID: uint(31, 0),
  SubstreamID: uint(51, 32),
  Priv: flag(58, '1: privileged access wanted'),
  X: flag(59, '1: execute wanted'),
  R: flag(60, '1: read wanted'),
  W: flag(61, '1: write wanted'),
  L: flag(62, '1: last request of its group'),
  SSV: flag(63, '1: SubstreamID is valid'),
  PRGIndex: uint(72, 64),
  Address: addr(127, 76),
});

/** Response codes on the wire. @arch 8.3 Y PRG Response Message codes */
export const PRG_SUCCESS = 0b0000;
export const PRG_INVALID_REQUEST = 0b0001;
export const PRG_RESPONSE_FAILURE = 0b1111;
