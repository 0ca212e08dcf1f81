// What every export has in common: a session in, files out in pieces, with progress and cancel.
// Exporters are generators: they hold one piece at a time, and the caller may stop between any two.

import type { TraceKind } from '../kinds.ts';
import { TRACE_KIND_NAMES } from '../kinds.ts';
import type { TraceRecord, TraceSource } from '../reader.ts';
import { decodeRecord } from '../reader.ts';
import { HEADER_WORDS, PAYLOAD_WORDS } from '../recorder.ts';
import type { SessionInfo } from '../session-file.ts';

/** A session to export: opened from a file or live. */
export interface ExportSession {
  readonly header: SessionInfo;
  readonly source: TraceSource;
  /** Explains an event, counted from 1, in lines of text; the report shows what it tells. */
  readonly explain?: (number: number) => readonly string[] | undefined;
}

/** Progress and cancel. */
export interface ExportControl {
  /** Told of the part done, 0 to 1, a few hundred times at most. */
  readonly onProgress?: (done: number) => void;
  /** Looked at every few thousand records; any AbortSignal fits. */
  readonly signal?: { readonly aborted: boolean };
}

/** A piece of a file: text (UTF-8 when written) or bytes. An empty text is a chance to stop. */
export type ExportPiece = string | Uint8Array;

/** One file of an export. */
export interface ExportFile {
  /**
   * Name below the output directory; for single-file formats the ending that takes the place of
   * the output's own, empty for the output itself.
   */
  readonly name: string;
  readonly pieces: Iterable<ExportPiece>;
}

/** An export format. */
export interface ExportFormat {
  /** Name on the command line. */
  readonly id: string;
  /** Name in menus: the format and what opens it. */
  readonly title: string;
  /** Usual file name ending, with its dot; empty when the output is a directory. */
  readonly extension: string;
  readonly directory: boolean;
  files(session: ExportSession, control: ExportControl): readonly ExportFile[];
}

/** Thrown out of an exporter whose signal was aborted; what was written so far is to be removed. */
export class ExportCancelled extends Error {
  override readonly name = 'ExportCancelled';

  constructor() {
    super('the export was cancelled');
  }
}

const STEP = 4096;
/** Characters or bytes of a piece, about. */
const PIECE = 2 ** 16;

/** The part of an export's work that one pass over the records is. */
export interface PassShare {
  readonly from: number;
  readonly to: number;
}

const WHOLE: PassShare = { from: 0, to: 1 };

/**
 * The records of a session, with progress told on the way; only those of `kinds` when it is given.
 * @throws ExportCancelled when the signal is aborted.
 */
export function* passOver(
  session: ExportSession,
  control: ExportControl,
  share: PassShare = WHOLE,
  kinds?: readonly TraceKind[],
): Generator<TraceRecord> {
  const { chunks, texts } = session.source;
  const wanted = TRACE_KIND_NAMES.map((kind) => kinds === undefined || kinds.includes(kind));
  const total = chunks.reduce((sum, chunk) => sum + chunk.count, 0);
  const step = Math.max(STEP, Math.ceil(total / 100));
  let done = 0;
  tick(control, share, 0);
  for (const { words, used, firstId } of chunks) {
    let id = firstId;
    for (let at = 0; at < used; id++) {
      const kind = words[at] as number;
      if (wanted[kind] === true) {
        yield decodeRecord(texts, words, at, id);
      }
      at += HEADER_WORDS + (PAYLOAD_WORDS[kind] as number);
      done++;
      if (done % STEP === 0 && control.signal?.aborted === true) {
        throw new ExportCancelled();
      }
      if (done % step === 0) {
        tick(control, share, done / total);
      }
    }
  }
  tick(control, share, 1);
}

function tick(control: ExportControl, share: PassShare, done: number): void {
  if (control.signal?.aborted === true) {
    throw new ExportCancelled();
  }
  control.onProgress?.(share.from + (share.to - share.from) * done);
}

/** Joins short texts into pieces of some 64 Ki characters. */
export function* inPieces(texts: Iterable<string>): Generator<string> {
  let piece = '';
  for (const text of texts) {
    piece += text;
    if (piece.length >= PIECE) {
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') {
    yield piece;
  }
}

/**
 * Times for pictures. Virtual time stands still while code runs, so that many records share a tick;
 * here each comes at least one nanosecond after the one before, and never before its own tick.
 */
export class SpreadClock {
  #last = -1;

  /** Nanoseconds at which to draw something that happened at `ticks`. */
  at(ticks: number): number {
    this.#last = Math.max(ticks, this.#last + 1);
    return this.#last;
  }
}
