// Writes the session file (design 4.3, docs/session-file.md): JSON lines, a header, then one record a
// line. Everything needed to run the session again is inside; no dates and no paths, so that the same
// script, seed and configuration give the same bytes. Reading is in session-reader.ts.

import { CRC32_START, crc32 } from '../base/crc32.ts';
import { hex } from '../base/hex.ts';
import type { JsonObject } from '../base/json.ts';
import { asciiJson } from '../base/json.ts';
import type { PayloadType, TraceKind } from './kinds.ts';
import { TRACE_KIND_NAMES, TRACE_KINDS } from './kinds.ts';
import type { TraceSource } from './reader.ts';
import type { TraceChunk } from './recorder.ts';
import { HEADER_WORDS, PAYLOAD_WORDS } from './recorder.ts';

/** Version of the format; counts up when an older reader could misunderstand a file. */
export const SESSION_FORMAT = 1;

/** File name extension, with its dot. */
export const SESSION_EXTENSION = '.substream';

const TWO_32 = 2 ** 32;
/** Characters collected before a piece is handed out. */
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
 * The session file, in pieces of some 64 Ki characters, ASCII only. Two passes: the checksum stands in
 * the header. The source must not grow meanwhile.
 */
export function* writeSessionFile(info: SessionInfo, source: TraceSource): Generator<string> {
  let crc = CRC32_START;
  for (const piece of recordPieces(source)) {
    crc = crc32(piece, crc);
  }
  yield `${asciiJson(headerOf(info, source, crc))}\n`;
  yield* recordPieces(source);
}

/** The whole session file as one text: for small sessions and tests. */
export function sessionFileText(info: SessionInfo, source: TraceSource): string {
  return [...writeSessionFile(info, source)].join('');
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
    machine: info.machine,
    first: source.chunks[0]?.firstId ?? 1,
    records: source.chunks.reduce((sum, chunk) => sum + chunk.count, 0),
    crc: hex(crc, 8),
    ...(info.result === undefined ? {} : { result: info.result }),
    script: info.script,
  };
}

function* recordPieces(source: TraceSource): Generator<string> {
  const texts = new TextCache(source.texts);
  let piece = '';
  for (const chunk of source.chunks) {
    let id = chunk.firstId;
    for (let at = 0; at < chunk.used; id++) {
      piece += line(chunk, at, id, texts);
      at += HEADER_WORDS + (PAYLOAD_WORDS[chunk.words[at] as number] as number);
      if (piece.length >= PIECE) {
        yield piece;
        piece = '';
      }
    }
  }
  if (piece !== '') {
    yield piece;
  }
}

/** Interned texts as JSON, made when first used. */
class TextCache {
  readonly #texts: readonly string[];
  readonly #json: string[] = [];

  constructor(texts: readonly string[]) {
    this.#texts = texts;
  }

  json(id: number): string {
    let json = this.#json[id];
    if (json === undefined) {
      json = asciiJson(this.#texts[id] ?? '');
      this.#json[id] = json;
    }
    return json;
  }
}

/** How a kind's payload is written: the text before each value, and the value's type. */
interface LinePlan {
  readonly kind: string;
  readonly fields: readonly { readonly before: string; readonly type: PayloadType }[];
}

const PLANS: readonly LinePlan[] = TRACE_KIND_NAMES.map((kind) => ({
  kind,
  fields: fieldsOf(kind).map(([name, type], index) => ({
    before: `${index === 0 ? '' : ','}"${name}":`,
    type,
  })),
}));

function fieldsOf(kind: TraceKind): [string, PayloadType][] {
  return Object.entries<PayloadType>(TRACE_KINDS[kind]);
}

function line(chunk: TraceChunk, at: number, id: number, texts: TextCache): string {
  const words = chunk.words;
  const plan = PLANS[words[at] as number] as LinePlan;
  const cause = (words[at + 1] as number) >>> 0;
  const time = ((words[at + 3] as number) >>> 0) * TWO_32 + ((words[at + 2] as number) >>> 0);
  let text = `{"id":${id},"kind":"${plan.kind}","cause":${cause},"time":${time},"data":{`;
  let position = at + HEADER_WORDS;
  for (const { before, type } of plan.fields) {
    const word = words[position++] as number;
    text += before;
    if (type === 'u64') {
      text += u64Json(word, words[position++] as number);
    } else if (type === 'str') {
      text += texts.json(word);
    } else {
      text += type === 's32' ? word : word >>> 0;
    }
  }
  return `${text}}}\n`;
}

function u64Json(lo: number, hi: number): string {
  const low = (lo >>> 0).toString(16);
  return hi === 0 ? `"0x${low}"` : `"0x${(hi >>> 0).toString(16)}${low.padStart(8, '0')}"`;
}
