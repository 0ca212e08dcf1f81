// What recording, saving, opening and exporting cost, on a session of a driver that does DMA: for each
// access a call, a walk out of the caches, the access, a return; now and then a map and an unmap.
// Figures are processor time.

import { EXPORT_FORMATS } from '../../sim/trace/export/export-formats.ts';
import { K } from '../../sim/trace/kinds.ts';
import { Recorder } from '../../sim/trace/recorder.ts';
import type { SessionInfo } from '../../sim/trace/session-file.ts';
import { writeSessionFile } from '../../sim/trace/session-file.ts';
import { SessionReader } from '../../sim/trace/session-reader.ts';

/** The measures by their key in `bench --json`. */
export interface TraceFigures {
  /** Bytes of a record in memory, and in the session file. */
  readonly record_bytes: { readonly memory: number; readonly file: number };
  /** Megabytes of session file that are exported in a second, by format. */
  readonly export_mb_s: Readonly<Record<string, number>>;
  /** Milliseconds to read ten million records from the text of a session file. */
  readonly open_10m_records_ms: number;
  /** Nanoseconds to write one record to a session file. */
  readonly save_record_ns: number;
}

const TEN_MILLION = 10_000_000;
const EXPORTED = 200_000;
const ROUNDS = 3;
const INFO: SessionInfo = {
  file: 'bench.ts',
  script: '// nothing\n',
  profile: 'seed18',
  seed: 1,
  machine: {},
};

/** A recorder with at least this many records. */
export function dmaSession(records: number): Recorder {
  const time = { now: 0 };
  const recorder = new Recorder(time);
  const [read, map, unmap] = ['dma_read', 'iommu_map', 'iommu_unmap'].map((fn) =>
    recorder.intern(fn),
  ) as [number, number, number];
  const [zero, size] = [recorder.intern('0'), recorder.intern('4096')];
  const call = (fn: number, args: string, below: () => void, value: number): void => {
    time.now += 1000;
    recorder.cause = 0;
    recorder.cause = recorder.emit(K.call, fn, args === '' ? 0 : recorder.intern(args), 12, 3);
    below();
    recorder.emit(K.return, value);
  };
  for (let n = 0; recorder.count < records; n++) {
    const iova = 0x7000_0000 + (n & 0xff) * 4096;
    if (n % 16 === 0) {
      recorder.emit(K.log, 6, recorder.intern(`accel0: round ${n & 0xfff}`));
      const args = `domain 2, 0x${iova.toString(16)}, 4096`;
      call(unmap, args, () => command(recorder, n, iova), size);
      call(map, args, () => recorder.emit(K.mem_write, zero, iova, 0, iova | 3, 0), zero);
    }
    call(read, '', () => access(recorder, iova), 0);
  }
  return recorder;
}

function access(recorder: Recorder, iova: number): void {
  recorder.emit(K.cache, 3, 0, 16, 5, 0x4000_ec00, 0);
  recorder.emit(K.fetch, 4, 3, 1, 1, 0x4000_f000, 0, 0x4100_0003, 0x60);
  recorder.emit(K.cache, 2, 1, 16, 5, iova, 0);
  recorder.emit(K.dma, 16, 5, iova, 0, 0x4100_0000, 0, 0, 0);
}

function command(recorder: Recorder, n: number, iova: number): void {
  recorder.emit(K.mmio_write, 0x98, 32, n & 0xff, 0);
  recorder.emit(K.command, n & 0xff, 0, 0x12, 0x2_0000, iova | 1, 0);
}

/** Runs all of it; some ten seconds with ten million records, less with fewer (scaled up). */
export function benchTrace(records = TEN_MILLION): TraceFigures {
  const large = dmaSession(records);
  const words = large.chunks.reduce((sum, chunk) => sum + chunk.used, 0);
  const reader = new SessionReader();
  let [bytes, reading, writing, last] = [0, 0, 0, processorMs()];
  for (const piece of writeSessionFile(INFO, large)) {
    const text = Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1');
    const before = processorMs();
    writing += before - last;
    reader.push(text);
    bytes += piece.length;
    last = processorMs();
    reading += last - before;
  }
  const { damages } = reader.end();
  if (damages > 0) {
    throw new Error(`${damages} damages in a session that was just written`);
  }
  const count = large.count;
  return {
    record_bytes: { memory: round((4 * words) / count), file: round(bytes / count) },
    export_mb_s: exportSpeeds(),
    open_10m_records_ms: round((reading * TEN_MILLION) / count),
    save_record_ns: round((writing * 1e6) / count),
  };
}

function exportSpeeds(): Record<string, number> {
  const session = { header: INFO, source: dmaSession(EXPORTED) };
  let size = 0;
  for (const piece of writeSessionFile(INFO, session.source)) {
    size += piece.length;
  }
  return Object.fromEntries(
    EXPORT_FORMATS.map((format) => {
      const speeds = Array.from({ length: ROUNDS }, () => {
        const start = processorMs();
        let bytes = 0;
        for (const { pieces } of format.files(session, {})) {
          for (const piece of pieces) {
            bytes += piece.length;
          }
        }
        return bytes === 0 ? 0 : size / 1e3 / (processorMs() - start);
      });
      return [format.id, round(speeds.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0)];
    }),
  );
}

/** Processor time of this process so far: what else the machine does counts less. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The topic of `npm run bench`. */
export const traceTopic = { name: 'trace', run: () => ({ ...benchTrace() }) };
