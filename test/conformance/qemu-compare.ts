// What of an event record and of the registers counts when the model is compared with QEMU
// (README-hardware.md, "Comparing events"). Bit positions are this file's own.

import type { Snapshot } from './qemu-case.ts';

const F_STE_FETCH = 0x03;
const F_WALK_EABT = 0x0b;
const LAST_TRANSLATION_FAULT = 0x13;
const CMDQ_ERR = 1;

/** The fields of a record that both sides define, as text. */
export function normalEvent(hex: string): string {
  const word = (index: number): bigint => Buffer.from(hex, 'hex').readBigUInt64LE(index * 8);
  const bits = (index: number, hi: number, lo: number): bigint =>
    (word(index) >> BigInt(lo)) & ((1n << BigInt(hi - lo + 1)) - 1n);
  const type = Number(bits(0, 7, 0));
  const parts = [`type ${type.toString(16)}`, `sid ${bits(0, 63, 32).toString(16)}`];
  if (type >= F_WALK_EABT && type <= LAST_TRANSLATION_FAULT) {
    const s2 = bits(1, 39, 39);
    parts.push(
      `rnw ${bits(1, 35, 35)}`,
      `s2 ${s2}`,
      `class ${bits(1, 41, 40)}`,
      `input ${word(2).toString(16)}`,
    );
    if (s2 === 1n && type !== F_WALK_EABT) {
      parts.push(`ipa ${bits(3, 55, 12).toString(16)}000`);
    }
  }
  if (type === F_WALK_EABT || type === F_STE_FETCH) {
    parts.push(`fetch ${(bits(3, 55, 3) << 3n).toString(16)}`);
  }
  return parts.join(' ');
}

/** Registers of a snapshot with their offsets. */
export const SNAPSHOT_OFFSETS: Readonly<Record<keyof Snapshot, number>> = {
  cr0ack: 0x24,
  gerror: 0x60,
  gerrorn: 0x64,
  cmdq_prod: 0x98,
  cmdq_cons: 0x9c,
  evq_prod: 0x1_00a8,
  evq_cons: 0x1_00ac,
};

/**
 * Differences of a snapshot from what the registers hold. `drift` is how many records more than QEMU's
 * the model's queue got on steps that are not compared.
 */
export function snapshotDifferences(
  expected: Snapshot,
  read: (offset: number) => number,
  drift: number,
): string[] {
  const errorActive = ((read(0x60) ^ read(0x64)) & CMDQ_ERR) !== 0;
  const different: string[] = [];
  for (const [name, offset] of Object.entries(SNAPSHOT_OFFSETS)) {
    const key = name as keyof Snapshot;
    let want = Number(expected[key]) >>> 0;
    let have = read(offset) >>> 0;
    if (key === 'cmdq_cons' && !errorActive) {
      want &= 0xff_ffff;
      have &= 0xff_ffff;
    }
    if (key === 'evq_prod' && drift !== 0) {
      continue;
    }
    if (want !== have) {
      different.push(`${name}: ${want.toString(16)} expected, ${have.toString(16)} read`);
    }
  }
  return different;
}
