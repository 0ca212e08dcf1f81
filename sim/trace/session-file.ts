// Writes the session file (design 4.3, docs/session-file.md): JSON lines, a header, then one record a
// line. Everything needed to run the session again is inside; no dates and no paths, so that the same
// script, seed and configuration give the same bytes. Reading is in session-reader.ts.

import { CRC32_START, crc32Bytes } from '../base/crc32.ts';
import { hex } from '../base/hex.ts';
import type { JsonObject } from '../base/json.ts';
import { asciiJson } from '../base/json.ts';
import type { PayloadType, TraceKind } from './kinds.ts';
import { TRACE_KIND_NAMES, TRACE_KINDS } from './kinds.ts';
import { asciiBytes, asciiText, LineBuffer } from './line-buffer.ts';
import type { TraceSource } from './reader.ts';
import { HEADER_WORDS, PAYLOAD_WORDS } from './recorder.ts';

/** Version of the format; counts up when an older reader could misunderstand a file. */
export const SESSION_FORMAT = 1;

const TWO_32 = 2 ** 32;
/** Bytes collected before a piece is handed out. */
const PIECE = 2 ** 16;

/** What is needed to run a session again, and how the run ended. */
export interface SessionInfo {
  /** Name of the script for messages, without a folder. */
  readonly file: string;
  /** The script as it was typed. */
  readonly script: string;
  readonly profile: string;
  readonly seed: number;
  /** Virtual seconds, when the run was limited. */
  readonly timeLimit?: number;
  /** Allocation of the stack that failed on request, from 1. */
  readonly failNth?: number;
  /** Kinds of records that were left out on purpose; absent when none was. */
  readonly omitted?: readonly TraceKind[];
  /** Machine configuration in force: features, RAM, whatever `machine.configure` was given. */
  readonly machine: JsonObject;
  /** How the run ended, as `run --json` reports it; absent when it is still running. */
  readonly result?: JsonObject;
}

/** The first line of a session file. */
export interface SessionHeader extends SessionInfo {
  /** {@link SESSION_FORMAT} of the writer. */
  readonly substream: number;
  /** Id of the first record: more than 1 when only the newest records were kept. */
  readonly first: number;
  readonly records: number;
  /** CRC-32 of everything after the header's line, `0x` and 8 digits. */
  readonly crc: string;
}

/**
 * The session file, in pieces of some 64 KiB, ASCII. Two passes: the checksum stands in the header. The
 * source must not grow meanwhile.
 */
export function* writeSessionFile(info: SessionInfo, source: TraceSource): Generator<Uint8Array> {
  let crc = CRC32_START;
  for (const piece of recordPieces(source)) {
    crc = crc32Bytes(piece, crc);
  }
  const header = new LineBuffer();
  header.ascii(`${asciiJson(headerOf(info, source, crc))}\n`);
  yield header.taken();
  for (const piece of recordPieces(source)) {
    yield piece.slice();
  }
}

/** The whole session file as one text: for sessions that fit one. */
export function sessionFileText(info: SessionInfo, source: TraceSource): string {
  let text = '';
  for (const piece of writeSessionFile(info, source)) {
    text += asciiText(piece);
  }
  return text;
}

function headerOf(info: SessionInfo, source: TraceSource, crc: number): JsonObject {
  const base = info.file.slice(
    Math.max(info.file.lastIndexOf('/'), info.file.lastIndexOf('\\')) + 1,
  );
  return {
    substream: SESSION_FORMAT,
    file: base,
    profile: info.profile,
    seed: info.seed,
    ...(info.timeLimit === undefined ? {} : { timeLimit: info.timeLimit }),
    ...(info.failNth === undefined ? {} : { failNth: info.failNth }),
    ...(info.omitted === undefined ? {} : { omitted: info.omitted }),
    machine: info.machine,
    first: source.chunks[0]?.firstId ?? 1,
    records: source.chunks.reduce((sum, chunk) => sum + chunk.count, 0),
    crc: hex(crc, 8),
    ...(info.result === undefined ? {} : { result: info.result }),
    script: info.script,
  };
}

/** The records' lines; each piece is valid until the next. */
function* recordPieces(source: TraceSource): Generator<Uint8Array> {
  const lines = new RecordLines(source.texts);
  const { out } = lines;
  for (const chunk of source.chunks) {
    let id = chunk.firstId;
    for (let at = 0; at < chunk.used; id++) {
      lines.add(chunk.words, at, id);
      at += HEADER_WORDS + (PAYLOAD_WORDS[chunk.words[at] as number] as number);
      if (out.length >= PIECE) {
        yield out.taken();
      }
    }
  }
  if (out.length > 0) {
    yield out.taken();
  }
}

/** Interned texts as JSON bytes, made when first used. */
class TextCache {
  readonly #texts: readonly string[];
  readonly #json: (Uint8Array | undefined)[] = [];

  constructor(texts: readonly string[]) {
    this.#texts = texts;
  }

  json(id: number): Uint8Array {
    let json = this.#json[id];
    if (json === undefined) {
      json = asciiBytes(asciiJson(this.#texts[id] ?? ''));
      this.#json[id] = json;
    }
    return json;
  }
}

/** How a kind's payload is written: the bytes before each value, and the value's type. */
interface LinePlan {
  readonly start: Uint8Array;
  readonly fields: readonly { readonly before: Uint8Array; readonly type: PayloadType }[];
}

const ID = asciiBytes('{"id":');
const CAUSE = asciiBytes('","cause":');
const TIME = asciiBytes(',"time":');
const DATA = asciiBytes(',"data":{');
const END = asciiBytes('}}\n');

const PLANS: readonly LinePlan[] = TRACE_KIND_NAMES.map((kind) => ({
  start: asciiBytes(`,"kind":"${kind}`),
  fields: Object.entries<PayloadType>(TRACE_KINDS[kind]).map(([name, type], index) => ({
    before: asciiBytes(`${index === 0 ? '' : ','}"${name}":`),
    type,
  })),
}));

/** Writes records as lines into one buffer. */
class RecordLines {
  readonly out = new LineBuffer();
  readonly #texts: TextCache;

  constructor(texts: readonly string[]) {
    this.#texts = new TextCache(texts);
  }

  /** Adds the record whose header starts at word `at`. */
  add(words: Int32Array, at: number, id: number): void {
    const out = this.out;
    const plan = PLANS[words[at] as number] as LinePlan;
    out.bytes(ID);
    out.decimal(id);
    out.bytes(plan.start);
    out.bytes(CAUSE);
    out.decimal((words[at + 1] as number) >>> 0);
    out.bytes(TIME);
    out.decimal(((words[at + 3] as number) >>> 0) * TWO_32 + ((words[at + 2] as number) >>> 0));
    out.bytes(DATA);
    let position = at + HEADER_WORDS;
    for (const { before, type } of plan.fields) {
      const word = words[position++] as number;
      out.bytes(before);
      if (type === 'u64') {
        out.hex64(word, words[position++] as number);
      } else if (type === 'str') {
        out.bytes(this.#texts.json(word));
      } else if (type === 's32' && word < 0) {
        out.negative(word);
      } else {
        out.decimal(word >>> 0);
      }
    }
    out.bytes(END);
  }
}
