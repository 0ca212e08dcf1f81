// Registers as the session left them: what software wrote or read last. What only the hardware moves
// (CMDQ_CONS, EVENTQ_PROD...) is as fresh as the newest record that tells it.

import { hex } from '../base/hex.ts';
import type { RegisterDto } from '../protocol/inspect.ts';
import { REGISTER_NAMES, REGISTERS } from '../smmu/spec/registers.ts';
import type { InspectContext } from './context.ts';
import { fieldDtos, LATEST, writerOf } from './context.ts';

/** Every register in order of its offset. */
export function registerViews({ index }: InspectContext): RegisterDto[] {
  return REGISTER_NAMES.map((name): RegisterDto => {
    const { offset, width, access, section, describe } = REGISTERS[name];
    const seen = index.registerSeen(offset, LATEST);
    const head = { name, offset, width, access, section };
    if (seen === undefined) {
      return { ...head, fields: fieldDtos(describe([0, 0])) };
    }
    const { lo, hi } = seen;
    const digits = width / 4;
    const value = width === 64 ? (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0) : lo >>> 0;
    const writer = writerOf(index, index.registerAt(offset, LATEST)?.writer ?? 0);
    return {
      ...head,
      value: hex(value, digits),
      fields: fieldDtos(describe([lo, hi])),
      ...(writer === undefined ? {} : { writer }),
    };
  }).sort((a, b) => a.offset - b.offset);
}
