// Operands of the TLB invalidations (IHI 0070 4.4.1): VMID, ASID, address, range and level hint, as
// the features of the instance read them.

import { hex64 } from '../base/hex.ts';
import type { TlbiVa } from './cache-maintenance.ts';
import type { SmmuFeatures } from './capabilities.ts';
import type { SmmuState } from './smmu-state.ts';
import { COMMANDS } from './spec/commands.ts';

/** Commands that carry an address and the range fields. */
export type RangeCommand =
  | 'CMD_TLBI_NH_VA'
  | 'CMD_TLBI_NH_VAA'
  | 'CMD_TLBI_EL2_VA'
  | 'CMD_TLBI_EL2_VAA'
  | 'CMD_TLBI_S2_IPA';

const TG_16K = 2;
/** Largest SCALE that means anything with IDR5.DS = 1. */
const MAX_SCALE = 39;

/** VMID of a command; not looked at without stage 2. Upper bits are RES0 with 8-bit VMIDs. */
export function vmidOf(words: Int32Array, features: Readonly<SmmuFeatures>): number {
  const vmid = (words[1] as number) & 0xffff;
  return features.s2p ? vmid & (features.vmid16 ? 0xffff : 0xff) : 0;
}

/** ASID of a command; upper bits are RES0 with 8-bit ASIDs. */
export function asidOf(words: Int32Array, features: Readonly<SmmuFeatures>): number {
  return ((words[1] as number) >>> 16) & (features.asid16 ? 0xffff : 0xff);
}

/** Bits of the range fields, by word of the command. */
const RANGE_BITS = COMMANDS.CMD_TLBI_NH_VA.encode({ NUM: 0x1f, SCALE: 0x3f, TTL: 3, TG: 3 });
const NO_RANGE = { tg: 0, ttl: 0, num: 0, scale: 0 };

/** Most commands have none. */
function hasRange(words: Int32Array): boolean {
  const low = (words[0] as number) & (RANGE_BITS[0] as number);
  return (low | ((words[2] as number) & (RANGE_BITS[2] as number))) !== 0;
}

/** The range fields as they count on this instance. @arch 4.4.1.1 Y Range-based invalidation and level hint */
function rangeOf(words: Int32Array, features: Readonly<SmmuFeatures>) {
  const table = COMMANDS.CMD_TLBI_NH_VA;
  const tg = features.ril ? table.get(words, 'TG') : 0;
  if (tg === 0) {
    return { tg, ttl: 0, num: 0, scale: 0 };
  }
  const ttl = table.get(words, 'TTL');
  const scale = table.get(words, 'SCALE');
  return {
    tg,
    // Level 1 of the 16 KiB granule holds no leaf without DS.
    ttl: tg === TG_16K && ttl === 1 && !features.ds ? 0 : ttl,
    num: table.get(words, 'NUM'),
    scale: features.ds ? Math.min(scale, MAX_SCALE) : scale & 0x1f,
  };
}

/** Why the range fields are illegal, or undefined. */
export function illegalRange(
  words: Int32Array,
  features: Readonly<SmmuFeatures>,
): string | undefined {
  if (!hasRange(words)) {
    return undefined;
  }
  const { tg, ttl, num, scale } = rangeOf(words, features);
  return tg !== 0 && ttl === 0 && num === 0 && scale === 0
    ? `TG = ${tg} with NUM, SCALE and effective TTL all 0 is reserved`
    : undefined;
}

/** The operand of a legal command. Diagnoses what leaves the range unpredictable. */
export function tlbiOperand(command: RangeCommand, words: Int32Array, state: SmmuState): TlbiVa {
  const { features } = state;
  const ranged = hasRange(words);
  const range = ranged ? rangeOf(words, features) : NO_RANGE;
  const addrLo = (words[2] as number) & ~0xfff;
  const ipa = command === 'CMD_TLBI_S2_IPA';
  const addrHi = (words[3] as number) & (ipa ? 0x00ff_ffff : -1);
  if (ranged) {
    checkReserved(command, words, state);
    checkAlignment(command, range, [addrLo, addrHi], state);
  }
  return {
    vmid: vmidOf(words, features),
    asid: asidOf(words, features),
    addrLo,
    addrHi,
    leaf: ((words[2] as number) & 1) !== 0,
    tg: range.tg,
    ttl: range.ttl,
    num: range.num,
    scale: range.scale,
  };
}

/** NUM, SCALE, TTL and TG are RES0 without IDR3.RIL, and all but TG with TG = 0. */
function checkReserved(command: RangeCommand, words: Int32Array, state: SmmuState): void {
  const table = COMMANDS.CMD_TLBI_NH_VA;
  const { ril } = state.features;
  const fields = ['NUM', 'SCALE', 'TTL', 'TG'] as const;
  const set = fields.filter((field) => table.get(words, field) !== 0);
  if (set.length !== 0 && !(ril && set.includes('TG'))) {
    const why = ril ? 'TG = 0' : 'IDR3.RIL = 0';
    state.diagnostics.guestError(
      '4.4.1.1',
      `${command}: ${set.join(', ')} set with ${why}: RES0, ignored`,
    );
  }
}

/** log2 of the block at each level (TTL 1, 2, 3 or 0) of each granule (TG 1, 2, 3). */
const BLOCK_SHIFT: Readonly<Record<number, readonly number[]>> = {
  1: [12, 30, 21, 12],
  2: [14, 36, 25, 14],
  3: [16, 42, 29, 16],
};

function checkAlignment(
  command: RangeCommand,
  range: { readonly tg: number; readonly ttl: number },
  [addrLo, addrHi]: readonly [number, number],
  state: SmmuState,
): void {
  const shift = BLOCK_SHIFT[range.tg]?.[range.ttl];
  if (shift === undefined) {
    return;
  }
  const low = addrLo & (shift >= 32 ? -1 : 2 ** shift - 1);
  const high = addrHi & (2 ** Math.max(0, shift - 32) - 1);
  if (low !== 0 || high !== 0) {
    state.diagnostics.guestError(
      '4.4.1.1',
      `${command}: address bits ${hex64(low, high)} are not 0 for TG = ${range.tg}, TTL = ${range.ttl}; the range is UNPREDICTABLE, used as given`,
    );
  }
}
