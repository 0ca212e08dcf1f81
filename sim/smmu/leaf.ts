// The result of one stage of a walk: a reused object, filled by the walker.

/** A valid leaf of one stage and what follows from it. */
export class Leaf {
  /** Output address of the leaf's first byte, bytes; log2 of its size. */
  out = 0.5;
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
  /** The descriptor: its PA, its address for the walk (IPA when nested), its value. */
  pa = 0.5;
  address = 0.5;
  lo = 0;
  hi = 0;
  /** Hierarchical attributes gathered on the way. */
  tableAttrs = 0;

  constructor() {
    this.out = 0;
    this.pa = 0;
    this.address = 0;
  }
}
