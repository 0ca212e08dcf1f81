// Access permissions as six-bit masks: what unprivileged and privileged reads, writes and instruction
// reads may do. Direct permission scheme of VMSAv8-64; indirection (IDR3.S1PI, S2PI) is not offered.

/** Bits of a permission mask; privileged bits are the unprivileged ones shifted by PRIVILEGED_SHIFT. */
export const MAY_READ = 1;
export const MAY_WRITE = 2;
export const MAY_EXECUTE = 4;
export const PRIVILEGED_SHIFT = 3;
export const ALL_PERMISSIONS = 0x3f;
export const ALL_WRITES = MAY_WRITE | (MAY_WRITE << PRIVILEGED_SHIFT);
/** The privileged data read that a table walk or CD fetch is. */
export const TABLE_READ = MAY_READ << PRIVILEGED_SHIFT;
/** The privileged data write that a descriptor update is. */
export const TABLE_WRITE = MAY_WRITE << PRIVILEGED_SHIFT;

/** Context bits of {@link stage1Permissions}, from the CD and the StreamWorld. */
export const CONTEXT_WXN = 1;
export const CONTEXT_PAN = 2;
export const CONTEXT_EPAN = 4;
/** EL2 without E2H: one privilege level, AP[1] taken as 1, XN is bit 54. */
export const CONTEXT_ONE_PRIVILEGE = 8;

/** Attribute bits of {@link stage1Permissions}. */
export const ATTR_APTABLE_SHIFT = 2;
export const ATTR_PXN = 16;
export const ATTR_UXN = 32;

const STAGE1 = stage1Table();
const STAGE2 = Uint8Array.from({ length: 32 }, (_, index) =>
  stage2Entry(index & 3, (index >> 2) & 3, index >= 16),
);

/**
 * Mask of a stage 1 leaf. `attributes`: AP[2:1] in bits 1:0 with AP[2] cleared where hardware manages
 * the dirty state, accumulated APTable in 3:2, PXN and UXN with their table bits in 4 and 5.
 * @arch 13.4.1 Y Stage 1 page permissions
 */
export function stage1Permissions(attributes: number, context: number): number {
  return STAGE1[attributes | (context << 6)] as number;
}

/**
 * Mask of a stage 2 leaf from S2AP[1:0] and XN[1:0] (descriptor bits 54:53), with `xnx` for IDR3.XNX.
 * @arch 13.4.3 Y Stage 2 permissions
 */
export function stage2Permissions(s2ap: number, xn: number, xnx: boolean): number {
  return STAGE2[s2ap | (xn << 2) | (xnx ? 16 : 0)] as number;
}

function stage2Entry(s2ap: number, xn: number, xnx: boolean): number {
  const never = xnx ? xn : xn & 2;
  const unprivileged = never === 0 || never === 1;
  const privileged = never === 0 || never === 3;
  const data = ((s2ap & 1) !== 0 ? MAY_READ : 0) | ((s2ap & 2) !== 0 ? MAY_WRITE : 0);
  return (
    data |
    (unprivileged ? MAY_EXECUTE : 0) |
    ((data | (privileged ? MAY_EXECUTE : 0)) << PRIVILEGED_SHIFT)
  );
}

function stage1Table(): Uint8Array {
  const table = new Uint8Array(1 << 10);
  for (let index = 0; index < table.length; index++) {
    const context = index >> 6;
    table[index] =
      (context & CONTEXT_ONE_PRIVILEGE) !== 0
        ? onePrivilege(index & 63, context)
        : twoPrivileges(index & 63, context);
  }
  return table;
}

function onePrivilege(attributes: number, context: number): number {
  const writes = (attributes & 2) === 0 && (attributes & 8) === 0;
  const executes = (attributes & ATTR_UXN) === 0 && !((context & CONTEXT_WXN) !== 0 && writes);
  const mask = MAY_READ | (writes ? MAY_WRITE : 0) | (executes ? MAY_EXECUTE : 0);
  return mask | (mask << PRIVILEGED_SHIFT);
}

function twoPrivileges(attributes: number, context: number): number {
  const readOnly = (attributes & 2) !== 0 || (attributes & 8) !== 0;
  const user = (attributes & 1) !== 0 && (attributes & 4) === 0;
  const userWrites = user && !readOnly;
  const wxn = (context & CONTEXT_WXN) !== 0;
  const userExecutes = (attributes & ATTR_UXN) === 0;
  const executes = (attributes & ATTR_PXN) === 0 && !userWrites;
  const epan = (context & CONTEXT_EPAN) !== 0 && userExecutes;
  const never = (context & CONTEXT_PAN) !== 0 && (user || epan);
  const unprivileged =
    (user ? MAY_READ : 0) |
    (userWrites ? MAY_WRITE : 0) |
    (userExecutes && !(wxn && userWrites) ? MAY_EXECUTE : 0);
  const privileged =
    (never ? 0 : MAY_READ | (readOnly ? 0 : MAY_WRITE)) |
    (executes && !(wxn && !readOnly) ? MAY_EXECUTE : 0);
  return unprivileged | (privileged << PRIVILEGED_SHIFT);
}
