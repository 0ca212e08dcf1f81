// The result of one stage of a walk: a reused object, filled by the walker. Addresses are halves, so that
// a chain of dependent reads stays in integers.

import { join } from '../base/hex.ts';

/** A valid leaf of one stage and what follows from it. */
export class Leaf {
  /** Output address of the leaf's first byte; log2 of its size. */
  outLo = 0;
  outHi = 0;
  shift = 12;
  level = 3;
  pageBits = 12;
  /** Permissions that hold without a further walk; `clean`: a walk for a write would add writes. */
  perms = 0;
  clean = false;
  /** Stage 1: MAIR byte. Stage 2: MemAttr. */
  attr = 0;
  shareability = 0;
  /** Stage 1: nG = 0. */
  global = false;
  /** False when the TLB must not hold it (nT). */
  cacheable = true;
  /** PA of the descriptor, its address for the walk (IPA when nested), its value. In a table descriptor
   * the address is that of the next table. */
  paLo = 0;
  paHi = 0;
  addressLo = 0;
  addressHi = 0;
  lo = 0;
  hi = 0;
  /** Hierarchical attributes gathered on the way. */
  tableAttrs = 0;

  /** Where the descriptor lies: its PA, and its address for the walk or of its target. */
  place(paLo: number, paHi: number, addressLo: number, addressHi: number): void {
    this.paLo = paLo;
    this.paHi = paHi;
    this.addressLo = addressLo;
    this.addressHi = addressHi;
  }

  /** Output address of the leaf's first byte, bytes. */
  get out(): number {
    return join(this.outLo, this.outHi);
  }

  /** PA of the descriptor, bytes. */
  get pa(): number {
    return join(this.paLo, this.paHi);
  }
}
