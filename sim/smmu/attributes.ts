// Memory attributes as MAIR bytes and two-bit shareabilities, and what the stages make of them
// (IHI 0070 chapter 13). A byte holds two halves, outer and inner: 0b0100 non-cacheable, 0bX0RW
// write-through, 0bX1RW write-back with X = not transient; an upper half of 0 is Device.

/** Shareability: 0 non-shareable, 2 outer, 3 inner. */
const NON_SHAREABLE = 0;
const OUTER_SHAREABLE = 2;
const INNER_SHAREABLE = 3;

/** STE.SHCFG: use the incoming shareability. */
const SHCFG_INCOMING = 1;

/** The default of a client that has no attributes: write-back, allocating, not transient. */
export const ATTR_WRITE_BACK = 0xff;

const NON_CACHEABLE = 0b0100;
const WRITE_THROUGH = 0b1011;
const WRITE_BACK = 0b1111;

const COMBINED = combineTable(combineByStrength);
const FORCED = combineTable(combineForced);

/** True for any Device type. */
export function isDevice(attr: number): boolean {
  return attr < 0x10;
}

/**
 * A MAIR byte with its reserved encodings as the manual defines them.
 * @arch 5.4 Y CD.MAIR: reserved encodings
 */
export function normalizedMair(attr: number): number {
  if (attr < 0x10) {
    return attr & 0xc;
  }
  return (attr & 0xf) === 0 ? attr | 0b0011 : attr;
}

/** MAIR byte of a 4-bit stage 2 MemAttr (also STE.MemAttr); reserved values act as Device-nGnRnE. */
export function attrOfMemAttr(memAttr: number): number {
  const inner = memAttr & 3;
  if (memAttr < 4) {
    return inner << 2;
  }
  return inner === 0 ? 0 : (halfOf(memAttr >>> 2) << 4) | halfOf(inner);
}

/**
 * Stage 1 (or incoming) attribute combined with a stage 2 MemAttr: the stronger wins.
 * @arch 13.1.5 Y Combine
 */
export function combineStage2(attr: number, memAttr: number): number {
  return COMBINED[(attr << 4) | memAttr] as number;
}

/**
 * The same with STE.S2FWB: stage 2 forces the type.
 * @arch 13.1.6 P(no MTE_PERM) Stage 2 control of memory types and cacheability
 */
export function combineStage2Forced(attr: number, memAttr: number): number {
  return FORCED[(attr << 4) | memAttr] as number;
}

/** The wider of two shareabilities. */
export function combineShareability(a: number, b: number): number {
  if (a === OUTER_SHAREABLE || b === OUTER_SHAREABLE) {
    return OUTER_SHAREABLE;
  }
  return a === INNER_SHAREABLE || b === INNER_SHAREABLE ? INNER_SHAREABLE : NON_SHAREABLE;
}

/**
 * Shareability that leaves the SMMU: Device and non-cacheable memory is always outer shareable.
 * @arch 13.1.7 Y Ensuring consistent output attributes
 */
export function effectiveShareability(attr: number, shareability: number): number {
  if (attr < 0x10 || attr === 0x44) {
    return OUTER_SHAREABLE;
  }
  return shareability === 1 ? NON_SHAREABLE : shareability;
}

/**
 * Stage 1 attribute with the allocation hints of a cacheable incoming one combined in: a hint stays
 * only if both have it, and either makes it transient.
 * @arch 13.4.2 Y Stage 1 memory attributes
 */
export function combineHints(attr: number, incoming: number): number {
  if (attr < 0x10 || incoming < 0x10) {
    return attr;
  }
  return (combineHalf(attr >>> 4, incoming >>> 4) << 4) | combineHalf(attr & 0xf, incoming & 0xf);
}

/** Overrides of an STE. The same words have the fields of GBPA. */
export interface AttributeOverrides {
  readonly mtcfg: boolean;
  readonly memAttr: number;
  /** 1RWT, or below 8 for the incoming hints. */
  readonly alloccfg: number;
  readonly shcfg: number;
}

/**
 * Incoming attribute after the overrides of the stream.
 * @arch 13.1.4 P(PCIe streams are overridden like others, an open choice) Replace
 */
export function replacedAttr(incoming: number, overrides: AttributeOverrides): number {
  let attr = incoming;
  if (overrides.mtcfg) {
    const type = attrOfMemAttr(overrides.memAttr);
    attr = isDevice(type)
      ? type
      : (typeWithHints(type >>> 4, incoming >>> 4) << 4) |
        typeWithHints(type & 0xf, isDevice(incoming) ? 0 : incoming & 0xf);
  }
  if (overrides.alloccfg >= 8 && !isDevice(attr)) {
    const rwt = overrides.alloccfg & 7;
    attr = (withHints(attr >>> 4, rwt) << 4) | withHints(attr & 0xf, rwt);
  }
  return attr;
}

/** Incoming shareability after the overrides of the stream. */
export function replacedShareability(incoming: number, overrides: AttributeOverrides): number {
  return overrides.shcfg === SHCFG_INCOMING ? incoming : overrides.shcfg;
}

function halfOf(cacheability: number): number {
  if (cacheability === 1) {
    return NON_CACHEABLE;
  }
  return cacheability === 2 ? WRITE_THROUGH : WRITE_BACK;
}

function isCacheable(half: number): boolean {
  return half !== NON_CACHEABLE && half !== 0;
}

/** The type of `half` with the hints of `incoming` if that is cacheable, else allocating. */
function typeWithHints(half: number, incoming: number): number {
  if (!isCacheable(half)) {
    return half;
  }
  const hints = isCacheable(incoming) ? incoming & 0b1011 : 0b1011;
  return (half & 0b0100) | hints;
}

/** Read allocate, write allocate, transient on a cacheable half; no allocation is never transient. */
function withHints(half: number, rwt: number): number {
  if (!isCacheable(half)) {
    return half;
  }
  const allocate = rwt >>> 1;
  const transient = (rwt & 1) !== 0 && allocate !== 0;
  return (half & 0b0100) | (transient ? 0 : 0b1000) | allocate;
}

function combineHalf(half: number, incoming: number): number {
  if (!isCacheable(half) || !isCacheable(incoming)) {
    return half;
  }
  const allocate = half & incoming & 3;
  const transient = (half & incoming & 0b1000) === 0;
  return (half & 0b0100) | (transient && allocate !== 0 ? 0 : 0b1000) | allocate;
}

function combineTable(combine: (attr: number, memAttr: number) => number): Uint8Array {
  return Uint8Array.from({ length: 4096 }, (_, index) => combine(index >> 4, index & 0xf));
}

function combineByStrength(attr: number, memAttr: number): number {
  const other = attrOfMemAttr(memAttr);
  if (isDevice(attr) || isDevice(other)) {
    return Math.min(isDevice(attr) ? attr : 0xc, isDevice(other) ? other : 0xc);
  }
  return (strongerHalf(attr >>> 4, other >>> 4) << 4) | strongerHalf(attr & 0xf, other & 0xf);
}

/** Non-cacheable beats write-through beats write-back; hints are those of the first. */
function strongerHalf(half: number, other: number): number {
  if (half === NON_CACHEABLE || other === NON_CACHEABLE) {
    return NON_CACHEABLE;
  }
  if ((half & 0b0100) !== 0 && (other & 0b0100) === 0) {
    return asWriteThrough(half);
  }
  return half;
}

/** Write-through with the hints of a write-back half. */
function asWriteThrough(half: number): number {
  const hints = half & 0b1011;
  return hints === 0 ? 0b1000 : hints;
}

/** Bits of MemAttr with forced attributes: 0xx Device, 111 as stage 1, 110 write-back, else NC. */
function combineForced(attr: number, memAttr: number): number {
  if ((memAttr & 4) === 0) {
    const device = (memAttr & 3) << 2;
    return isDevice(attr) ? Math.min(attr, device) : device;
  }
  if ((memAttr & 3) === 3) {
    return attr;
  }
  if ((memAttr & 3) === 2) {
    const outer = typeWithHints(WRITE_BACK, isDevice(attr) ? 0 : attr >>> 4);
    return (outer << 4) | typeWithHints(WRITE_BACK, isDevice(attr) ? 0 : attr & 0xf);
  }
  return isDevice(attr) ? attr : 0x44;
}
