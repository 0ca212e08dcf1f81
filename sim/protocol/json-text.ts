// Output records as JSON lines: bigint becomes hexadecimal text, as in every file of ours.

import { hex } from '../base/hex.ts';
import type { OutputRecord } from './api.ts';

/** One record as one line, without its end. */
export function jsonLine(record: OutputRecord): string {
  return JSON.stringify(record, (_, value: unknown) =>
    typeof value === 'bigint' ? hex(value) : value,
  );
}
