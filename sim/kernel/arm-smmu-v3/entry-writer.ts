// The update algorithm of later kernels (arm_smmu_write_entry(), 7.0): an STE or CD is changed so that the
// hardware never sees a mixture, without a break where that can be done. The driver of 2018 does not use it.
// Entries are eight 64-bit words.

/** What the algorithm needs to know of a kind of entry, and where its writes go. */
export interface EntryWriter {
  /** Mask of the bits that the hardware looks at, word by word. */
  used(entry: readonly bigint[]): bigint[];
  /** Bits used by both that may change at any time. */
  safe?(entry: readonly bigint[], target: readonly bigint[]): bigint[];
  /** Stores one word. */
  write(index: number, value: bigint): void;
  /** CFGI and SYNC: the hardware has seen what was written. */
  sync(): void;
}

const WORDS = 8;

/**
 * Turns `entry` into `target`, in place.
 * @returns the number of syncs
 */
export function arm_smmu_write_entry(
  writer: EntryWriter,
  entry: bigint[],
  target: readonly bigint[],
): number {
  const { update, differing } = plan(writer, entry, target);
  const phases: (readonly [readonly bigint[], number, number])[] = [];
  const [critical] = differing;
  if (differing.length === 1 && critical !== undefined) {
    update[critical] = entry[critical] as bigint;
    phases.push([update, 0, WORDS], [target, critical, critical + 1], [target, 0, WORDS]);
  } else if (differing.length > 1) {
    phases.push([[0n], 0, 1], [target, 1, WORDS], [target, 0, 1]);
  } else {
    phases.push([target, 0, WORDS]);
  }
  return phases.reduce((syncs, phase) => syncs + apply(writer, entry, phase), 0);
}

/** The entry with every bit changed that nobody looks at, and the words that still differ then. */
function plan(
  writer: EntryWriter,
  entry: readonly bigint[],
  target: readonly bigint[],
): { update: bigint[]; differing: number[] } {
  const now = writer.used(entry);
  const then = writer.used(target);
  const safe = writer.safe?.(entry, target) ?? [];
  const update: bigint[] = [];
  const differing: number[] = [];
  for (let index = 0; index < WORDS; index++) {
    const [have, want] = [entry[index] as bigint, target[index] as bigint];
    const needed = then[index] as bigint;
    const fixed = (now[index] as bigint) & ~((safe[index] ?? 0n) & needed);
    const word = (have & fixed) | (want & ~fixed);
    update.push(word);
    if ((word & needed) !== want) {
      differing.push(index);
    }
  }
  return { update, differing };
}

/** Writes the words of a phase that change; 1 when there was one, and a sync. */
function apply(
  writer: EntryWriter,
  entry: bigint[],
  [words, from, to]: readonly [readonly bigint[], number, number],
): number {
  let changed = 0;
  for (let index = from; index < to; index++) {
    const value = words[index] as bigint;
    if (entry[index] !== value) {
      entry[index] = value;
      writer.write(index, value);
      changed = 1;
    }
  }
  if (changed === 1) {
    writer.sync();
  }
  return changed;
}

/** Mask of bits [hi:lo] of a word. */
function bits(hi: number, lo: number): bigint {
  return ((1n << BigInt(hi - lo + 1)) - 1n) << BigInt(lo);
}

const V = bits(0, 0);
const CONFIG = bits(3, 1);
const CONFIG_S1 = bits(1, 1);
const CONFIG_S2 = bits(2, 2);
const CONFIG_ENABLED = bits(3, 3);
const S1DSS = bits(1, 0);
const S1DSS_BYPASS = 1n;
const SHCFG = bits(45, 44);
const MEV = bits(19, 19);
const S2FWB = bits(25, 25);
const S1STALLD = bits(27, 27);
const EATS = bits(29, 28);
const STRW = bits(31, 30);
const S2VMID = bits(15, 0);
const VTCR = bits(50, 32);
const S2S = bits(57, 57);
/** S2AA64, S2ENDI, S2PTW, S2R. */
const S2_FLAGS = bits(51, 51) | bits(52, 52) | bits(54, 54) | bits(58, 58);

/** Bits of an STE that the hardware uses. */
export function arm_smmu_get_ste_used(ste: readonly bigint[]): bigint[] {
  const used = new Array<bigint>(WORDS).fill(0n);
  const [dw0 = 0n, dw1 = 0n] = ste;
  const use = (index: number, mask: bigint): void => {
    used[index] = (used[index] as bigint) | mask;
  };
  use(0, V);
  if ((dw0 & V) === 0n) {
    return used;
  }
  use(0, CONFIG);
  if ((dw0 & CONFIG_ENABLED) === 0n) {
    return used;
  }
  if ((dw0 & CONFIG_S1) !== 0n) {
    use(0, bits(5, 4) | bits(51, 6) | bits(63, 59));
    use(1, S1DSS | bits(7, 2) | S1STALLD | STRW | EATS | MEV);
    use(2, S2VMID);
    use(1, (dw1 & S1DSS) === S1DSS_BYPASS ? SHCFG : 0n);
  }
  if ((dw0 & CONFIG_S2) !== 0n) {
    use(1, S2FWB | EATS | SHCFG | MEV);
    use(2, S2VMID | VTCR | S2_FLAGS | S2S);
    use(3, bits(51, 4));
  }
  if ((dw0 & CONFIG) === CONFIG_ENABLED) {
    use(1, SHCFG);
  }
  return used;
}

/** Bits of an STE that may change at any time: MEV, and EATS while neither entry makes more of it than "full ATS". */
export function arm_smmu_get_ste_update_safe(
  ste: readonly bigint[],
  target: readonly bigint[],
): bigint[] {
  const safe = new Array<bigint>(WORDS).fill(0n);
  const either = (index: number): bigint => (ste[index] as bigint) | (target[index] as bigint);
  const splitStage = (either(1) & bits(29, 29)) !== 0n || (either(2) & S2S) !== 0n;
  safe[1] = MEV | (splitStage ? 0n : bits(28, 28));
  return safe;
}

const CD_V = bits(31, 31);
const CD_EPD0 = bits(14, 14);
/** T0SZ, TG0, IRGN0, ORGN0, SH0. */
const CD_TTBR0_FIELDS = bits(13, 0);

/** Bits of a CD that the hardware uses. */
export function arm_smmu_get_cd_used(cd: readonly bigint[]): bigint[] {
  const [dw0 = 0n] = cd;
  if ((dw0 & CD_V) === 0n) {
    return [CD_V, 0n, 0n, 0n, 0n, 0n, 0n, 0n];
  }
  const used = new Array<bigint>(WORDS).fill(bits(63, 0));
  if ((dw0 & CD_EPD0) !== 0n) {
    used[0] = bits(63, 0) & ~CD_TTBR0_FIELDS;
    used[1] = bits(63, 0) & ~bits(51, 4);
  }
  return used;
}
