// pcapng: commands, events and page requests as packets of link type USER0, one interface each, times in
// nanoseconds; the comment of a packet is the script's call that caused it. A Lua dissector that knows
// every field lies beside it. Payload: 16 bytes of our own (see lua-dissector.ts), then the entry.

import { ByteWriter } from '../../base/byte-writer.ts';
import { bigOf, numberOf, textOf } from '../decoded.ts';
import type { TraceRecord } from '../reader.ts';
import { TraceIndex } from '../trace-index.ts';
import type { ExportControl, ExportFormat, ExportSession } from './export-format.ts';
import { passOver } from './export-format.ts';
import { luaDissector } from './lua-dissector.ts';

/** Queue entries as packets, with their dissector. */
export const PCAPNG: ExportFormat = {
  id: 'pcapng',
  title: 'Packets (pcapng: Wireshark, with a Lua dissector beside it)',
  extension: '.pcapng',
  directory: false,
  files: (session, control) => [
    { name: '', pieces: capture(session, control) },
    { name: '.lua', pieces: [luaDissector()] },
  ],
};

/** Kinds of record that packets are made of. */
const KINDS = ['command', 'event', 'event_result', 'ppr'] as const;
const LINKTYPE_USER0 = 147;
const PIECE = 2 ** 16;
/** Records after which an event without a result is written as it is. */
const PATIENCE = 1000;
/** Outcome of an event whose result the trace does not tell. */
const UNKNOWN = 0xff;
const NO_INDEX = 0xffff_ffff;

/** Interfaces, by their number in the file. */
const INTERFACES = [
  { name: 'cmdq', what: 'Command queue: commands as consumed' },
  { name: 'eventq', what: 'Event queue: event records' },
  { name: 'priq', what: 'PRI queue: page requests' },
] as const;

/** A packet that waits to be written. */
interface Packet {
  readonly record: TraceRecord;
  readonly link: number;
  readonly words: readonly string[];
  outcome: number;
  index: number;
  readonly known: boolean;
}

function* capture(session: ExportSession, control: ExportControl): Generator<Uint8Array | string> {
  // One empty piece first: the index takes a moment, and the caller may want to stop before it.
  yield '';
  const index = new TraceIndex(session.source);
  const out = new ByteWriter();
  sectionHeader(out);
  for (const each of INTERFACES) {
    interfaceDescription(out, each.name, each.what);
  }
  const waiting: Packet[] = [];
  for (const record of passOver(session, control, undefined, KINDS)) {
    const packet = packetOf(record);
    if (packet !== undefined) {
      waiting.push(packet);
    } else if (record.kind === 'event_result') {
      settle(waiting, record);
    }
    while (ready(waiting[0], record.id)) {
      enhancedPacket(out, waiting.shift() as Packet, index);
    }
    if (out.length >= PIECE) {
      yield out.take();
    }
  }
  for (const packet of waiting) {
    enhancedPacket(out, packet, index);
  }
  yield out.take();
}

function packetOf(record: TraceRecord): Packet | undefined {
  if (record.kind === 'command') {
    const [outcome, index] = [numberOf(record, 'cerror'), numberOf(record, 'index')];
    return { record, link: 0, words: ['dw0', 'dw1'], outcome, index, known: true };
  }
  if (record.kind === 'event') {
    const words = ['w0', 'w1', 'w2', 'w3'];
    return { record, link: 1, words, outcome: UNKNOWN, index: NO_INDEX, known: false };
  }
  if (record.kind === 'ppr') {
    const outcome = numberOf(record, 'result');
    return { record, link: 2, words: ['w0', 'w1'], outcome, index: NO_INDEX, known: true };
  }
  return undefined;
}

/** An event's result comes after it; a held event (stall) can get a second one, later. */
function settle(waiting: readonly Packet[], result: TraceRecord): void {
  const packet = waiting.find(({ record }) => record.id === result.cause);
  if (packet !== undefined) {
    packet.outcome = numberOf(result, 'result');
    packet.index = numberOf(result, 'index');
  }
}

function ready(packet: Packet | undefined, now: number): boolean {
  return (
    packet !== undefined &&
    (packet.known || packet.outcome !== UNKNOWN || now - packet.record.id > PATIENCE)
  );
}

function block(out: ByteWriter, type: number, body: () => void): void {
  const start = out.length;
  out.u32(type);
  out.u32(0);
  body();
  const length = out.length + 4 - start;
  out.patchU32(start + 4, length);
  out.u32(length);
}

function option(out: ByteWriter, code: number, value: string): void {
  const start = out.length;
  out.u16(code);
  out.u16(0);
  out.utf8(value);
  const length = Math.min(out.length - start - 4, 0xffff);
  out.patchU32(start, code | (length << 16));
  out.pad(4);
}

function sectionHeader(out: ByteWriter): void {
  block(out, 0x0a0d_0d0a, () => {
    out.u32(0x1a2b_3c4d);
    out.u16(1);
    out.u16(0);
    out.u32(-1);
    out.u32(-1);
    option(out, 4, 'substream');
    out.u32(0);
  });
}

function interfaceDescription(out: ByteWriter, name: string, what: string): void {
  block(out, 1, () => {
    out.u16(LINKTYPE_USER0);
    out.u16(0);
    out.u32(0);
    option(out, 2, name);
    option(out, 3, what);
    // if_tsresol: 10^-9 s.
    out.u16(9);
    out.u16(1);
    out.u32(9);
    out.u32(0);
  });
}

function enhancedPacket(out: ByteWriter, packet: Packet, index: TraceIndex): void {
  const { record, link, words } = packet;
  const length = 16 + 8 * words.length;
  block(out, 6, () => {
    out.u32(link);
    out.u32(Math.floor(record.time / 2 ** 32));
    out.u32(record.time);
    out.u32(length);
    out.u32(length);
    out.u8(link + 1);
    out.u8(packet.outcome);
    out.u16(0);
    out.u32(packet.index);
    out.u32(record.id);
    out.u32(record.cause);
    for (const word of words) {
      out.u64(bigOf(record, word));
    }
    const call = index.scriptCall(record.id);
    if (call !== undefined) {
      const text = `line ${numberOf(call, 'line')}: ${textOf(call, 'fn')}(${textOf(call, 'args')})`;
      option(out, 1, text.slice(0, 4000));
    }
    out.u32(0);
  });
}
