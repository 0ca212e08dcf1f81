// An event record as the driver drained it, for scripts and views: what its words say by event number.

import { big, hex64, join } from '../../base/hex.ts';
import { EVENT_NAMES } from './event-names.ts';

/** Decoded event; words as `0x` and 16 digits. Only what the event's layout has is there. */
export interface EventRecord {
  readonly type: number;
  readonly name: string;
  readonly sid: number;
  readonly ssid?: number;
  readonly iova?: bigint;
  readonly ipa?: bigint;
  readonly rnw?: boolean;
  readonly ind?: boolean;
  readonly pnu?: boolean;
  readonly s2?: boolean;
  /** 0 CD fetch, 1 table fetch, 2 the input address. */
  readonly class?: number;
  readonly stall?: boolean;
  readonly stag?: number;
  readonly words: readonly [string, string, string, string];
  /** Name of the SMMU. */
  readonly smmu: string;
  /** A fault handler of the kernel took it: it is no surprise to anybody. */
  readonly handled: boolean;
}

/** Events that carry the input address and its access kind. */
const WITH_ADDRESS = new Set([0x01, 0x07, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x20]);
/** Events that carry stage, class and IPA. */
const WITH_STAGE = new Set([0x0b, 0x10, 0x11, 0x12, 0x13]);
const STALLABLE = new Set([0x10, 0x11, 0x12, 0x13]);
const C_BAD_SUBSTREAMID = 0x08;

/** Decodes the eight words of a record. */
export function decodeEvent(words: Int32Array, smmu: string, handled: boolean): EventRecord {
  const word = (index: number): number => words[index] ?? 0;
  const type = word(0) & 0xff;
  const flags = word(3);
  const ssv = (word(0) & (1 << 11)) !== 0 || type === C_BAD_SUBSTREAMID;
  const s2 = (flags & (1 << 7)) !== 0;
  return {
    type,
    name: EVENT_NAMES[type] ?? `event 0x${type.toString(16).padStart(2, '0')}`,
    sid: word(1) >>> 0,
    ...(ssv ? { ssid: word(0) >>> 12 } : {}),
    ...(WITH_ADDRESS.has(type)
      ? {
          iova: big(word(4), word(5)),
          rnw: (flags & (1 << 3)) !== 0,
          ind: (flags & (1 << 2)) !== 0,
          pnu: (flags & (1 << 1)) !== 0,
        }
      : {}),
    ...(WITH_STAGE.has(type) ? { s2, class: (flags >>> 8) & 3 } : {}),
    ...(STALLABLE.has(type) && s2 ? { ipa: BigInt(join(word(6) & ~0xfff, word(7))) } : {}),
    ...(STALLABLE.has(type) ? { stall: word(2) < 0, stag: word(2) & 0xffff } : {}),
    words: [
      hex64(word(0), word(1)),
      hex64(word(2), word(3)),
      hex64(word(4), word(5)),
      hex64(word(6), word(7)),
    ],
    smmu,
    handled,
  };
}
