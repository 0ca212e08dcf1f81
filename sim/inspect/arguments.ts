// Numbers as people type them: decimal or hexadecimal, with underscores.

import { hex } from '../base/hex.ts';

/** What a person typed is no answerable question; the message says why. */
export class BadArgument extends Error {
  override readonly name = 'BadArgument';
}

/** A number of at most 64 bits. @throws BadArgument naming `what` */
export function bigArgument(text: string | undefined, what: string): bigint {
  const plain = (text ?? '').replaceAll('_', '');
  if (text === undefined) {
    throw new BadArgument(`${what} is missing`);
  }
  if (!/^(0x[0-9a-f]{1,16}|\d{1,19})$/i.test(plain)) {
    throw new BadArgument(`${what} '${text}' is no number`);
  }
  return BigInt(plain);
}

/** A number below `limit`. @throws BadArgument naming `what` */
export function numberArgument(text: string | undefined, what: string, limit = 2 ** 48): number {
  const value = bigArgument(text, what);
  if (value >= BigInt(limit)) {
    throw new BadArgument(`${what} ${hex(value)} is not below ${hex(limit)}`);
  }
  return Number(value);
}
