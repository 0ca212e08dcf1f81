// ctf: Common Trace Format 1.8, a directory with text metadata and one binary stream; every record is
// an event of its kind, with its id and cause in the event's context. NUL cannot stand in a CTF string:
// it is written as U+2400; and an empty text as U+2205, because Babeltrace 2.0.4 shows the text of an
// earlier event for an empty one.

import { ByteWriter } from '../../base/byte-writer.ts';
import { asciiJson } from '../../base/json.ts';
import type { PayloadType } from '../kinds.ts';
import { K, TRACE_KIND_NAMES, TRACE_KINDS } from '../kinds.ts';
import type { TraceRecord } from '../reader.ts';
import type { ExportControl, ExportFormat, ExportSession } from './export-format.ts';
import { passOver } from './export-format.ts';

/** Everything, for Babeltrace and Trace Compass. */
export const CTF: ExportFormat = {
  id: 'ctf',
  title: 'Common Trace Format 1.8 (Babeltrace, Trace Compass)',
  extension: '',
  directory: true,
  files: (session, control) => [
    { name: 'metadata', pieces: [metadata(session)] },
    { name: 'stream', pieces: packets(session, control) },
  ],
};

const MAGIC = 0xc1fc_1fc1;
const EMPTY = '\u2205';
/** Bytes of a packet, about. */
const PACKET = 2 ** 16;
/** Where the packet header and context keep what is known when the packet ends. */
const END_TIME_AT = 16;
const SIZES_AT = 24;

const TYPES: Readonly<Record<PayloadType, string>> = {
  u32: 'u32',
  s32: 's32',
  u64: 'x64',
  str: 'string',
};

const PREAMBLE = `/* CTF 1.8 */

typealias integer { size = 32; align = 8; signed = false; } := u32;
typealias integer { size = 32; align = 8; signed = true; } := s32;
typealias integer { size = 64; align = 8; signed = false; } := u64;
typealias integer { size = 64; align = 8; signed = false; base = hex; } := x64;

trace {
  major = 1;
  minor = 8;
  byte_order = le;
  packet.header := struct {
    u32 magic;
    u32 stream_id;
  };
};
`;

const STREAM = `
clock {
  name = "virtual";
  description = "Virtual time of the session";
  freq = 1000000000;
};

typealias integer { size = 64; align = 8; signed = false; map = clock.virtual.value; } := time;

stream {
  id = 0;
  packet.context := struct {
    time timestamp_begin;
    time timestamp_end;
    u64 content_size;
    u64 packet_size;
  };
  event.header := struct {
    u32 id;
    time timestamp;
  };
  event.context := struct {
    u32 _id;
    u32 _cause;
  };
};
`;

function metadata({ header }: ExportSession): string {
  // TSDL takes C strings; JSON's escapes of ASCII are a subset of them, but for \\u.
  const text = (value: string): string => asciiJson(value).replaceAll(/\\u[0-9a-f]{4}/g, '?');
  const env =
    `\nenv {\n  tracer_name = "substream";\n  script = ${text(header.file)};\n` +
    `  profile = ${text(header.profile)};\n  seed = ${header.seed};\n};\n`;
  const events = TRACE_KIND_NAMES.map((kind) => {
    const fields = Object.entries<PayloadType>(TRACE_KINDS[kind])
      .map(([name, type]) => `    ${TYPES[type]} _${name};\n`)
      .join('');
    return (
      `\nevent {\n  name = "${kind}";\n  id = ${K[kind]};\n  stream_id = 0;\n` +
      `  fields := struct {\n${fields}  };\n};\n`
    );
  });
  return `${PREAMBLE}${env}${STREAM}${events.join('')}`;
}

function* packets(session: ExportSession, control: ExportControl): Generator<Uint8Array> {
  const out = new ByteWriter();
  let last = 0;
  let packetsOut = 0;
  for (const record of passOver(session, control)) {
    if (out.length === 0) {
      openPacket(out, record.time);
    }
    event(out, record);
    last = record.time;
    if (out.length >= PACKET) {
      yield closePacket(out, last);
      packetsOut++;
    }
  }
  if (out.length > 0 || packetsOut === 0) {
    if (out.length === 0) {
      openPacket(out, 0);
    }
    yield closePacket(out, last);
  }
}

function openPacket(out: ByteWriter, time: number): void {
  out.u32(MAGIC);
  out.u32(0);
  out.u64Of(time);
  out.u64Of(0);
  out.u64Of(0);
  out.u64Of(0);
}

function closePacket(out: ByteWriter, time: number): Uint8Array {
  const bits = out.length * 8;
  patchU64(out, END_TIME_AT, time);
  patchU64(out, SIZES_AT, bits);
  patchU64(out, SIZES_AT + 8, bits);
  return out.take();
}

function patchU64(out: ByteWriter, at: number, value: number): void {
  out.patchU32(at, value);
  out.patchU32(at + 4, Math.floor(value / 2 ** 32));
}

function event(out: ByteWriter, record: TraceRecord): void {
  out.u32(K[record.kind]);
  out.u64Of(record.time);
  out.u32(record.id);
  out.u32(record.cause);
  for (const [name, type] of Object.entries<PayloadType>(TRACE_KINDS[record.kind])) {
    const value = record.data[name] ?? 0;
    if (type === 'str') {
      out.utf8(String(value).replaceAll('\0', '\u2400') || EMPTY);
      out.u8(0);
    } else if (type === 'u64') {
      out.u64(BigInt(value));
    } else {
      out.u32(Number(value));
    }
  }
}
