// What every inspector reads: the trace by index, as of its end, and how bytes become data to show.

import { hex64 } from '../base/hex.ts';
import type { Hardware } from '../explain/replay.ts';
import type { TraceIndex } from '../explain/trace-index.ts';
import type { FieldDto, WriterDto } from '../protocol/inspect.ts';
import type { FieldView } from '../regs/record.ts';

/** One session to look at. */
export interface InspectContext {
  readonly index: TraceIndex;
  readonly hardware: Hardware;
  readonly file: string;
  /** What a cache holds of a structure where memory has other bytes; undefined where no record tells. */
  readonly staleCopy: (pa: number) => Int32Array | undefined;
}

/** "Now": after every record. */
export const LATEST = Number.MAX_SAFE_INTEGER;

/** Fields as views show them. */
export function fieldDtos(views: readonly FieldView[]): FieldDto[] {
  return views.map(({ name, hi, lo, text, meaning, legal, doc }) => ({
    name,
    hi,
    lo,
    text,
    ...(meaning === undefined ? {} : { meaning }),
    ...(legal === undefined ? {} : { legal }),
    ...(doc === undefined ? {} : { doc }),
  }));
}

/** 64-bit words as text. */
export function wordTexts(words: Int32Array): string[] {
  const texts: string[] = [];
  for (let at = 0; at < words.length; at += 2) {
    texts.push(hex64(words[at] as number, words[at + 1] as number));
  }
  return texts;
}

/** The script's call behind a record, or undefined. */
export function writerOf(index: TraceIndex, record: number): WriterDto | undefined {
  const site = record === 0 ? undefined : index.callSite(record);
  return site === undefined
    ? undefined
    : { line: site.line, column: site.column, call: `${site.fn}(${site.args})` };
}

/** The newest writer of any word of [pa, pa + bytes). */
export function lastWriter(index: TraceIndex, pa: number, bytes: number): WriterDto | undefined {
  return writerOf(index, index.writersOf(pa, bytes, LATEST).at(-1) ?? 0);
}
