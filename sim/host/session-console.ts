// The console of a session that was opened from a file: its log, events and diagnostics out of the trace.

import type { OutputRecord, Place, RunResult } from '../protocol/api.ts';
import type { SessionConsole } from '../protocol/trace-api.ts';
import { decodeEvent, fieldOf, numberOf, textOf } from '../trace/decoded.ts';
import { DeviceNames } from '../trace/device-names.ts';
import { DIAGNOSTIC_CLASSES } from '../trace/diagnostics.ts';
import { passOver } from '../trace/export/export-format.ts';
import type { TraceRecord, TraceSource } from '../trace/reader.ts';
import { recordText } from '../trace/record-text.ts';
import type { SessionInfo } from '../trace/session-file.ts';
import { TraceIndex } from '../trace/trace-index.ts';

/** Lines that a console keeps. */
const MOST_LINES = 12_000;

/** What the console shows of a session. */
export function sessionConsole(info: SessionInfo, source: TraceSource): SessionConsole {
  const index = new TraceIndex(source);
  const devices = new DeviceNames();
  const lines: TraceRecord[] = [];
  let skipped = 0;
  for (const record of passOver({ header: info, source }, {}, undefined, KINDS)) {
    devices.take(record);
    if (record.kind !== 'object') {
      lines.push(record);
    }
    if (lines.length > 2 * MOST_LINES) {
      skipped += lines.splice(0, MOST_LINES).length;
    }
  }
  skipped += lines.splice(0, Math.max(0, lines.length - MOST_LINES)).length;
  const shown = new Lines(info, index, devices);
  const records = lines.map((record) => shown.of(record));
  return { records: [...records, ...resultOf(info)], skipped };
}

const KINDS = ['log', 'event', 'diagnostic', 'object'] as const;

class Lines {
  readonly #info: SessionInfo;
  readonly #index: TraceIndex;
  readonly #devices: DeviceNames;

  constructor(info: SessionInfo, index: TraceIndex, devices: DeviceNames) {
    this.#info = info;
    this.#index = index;
    this.#devices = devices;
  }

  of(record: TraceRecord): OutputRecord {
    const where = this.#place(record.id);
    const { time } = record;
    switch (record.kind) {
      case 'event':
        return {
          type: 'warn',
          time,
          class: 'event',
          section: '',
          text: this.#event(record),
          ...where,
        };
      case 'diagnostic': {
        const text = textOf(record, 'text');
        const section = textOf(record, 'section');
        const name = DIAGNOSTIC_CLASSES[numberOf(record, 'class')] ?? 'diagnostic';
        return { type: 'warn', time, class: name, section, text, ...where };
      }
      default: {
        const level = numberOf(record, 'level');
        return { type: 'log', time, level, text: textOf(record, 'text'), ...where };
      }
    }
  }

  #event(record: TraceRecord): string {
    const sid = Number(fieldOf(decodeEvent(record), 'StreamID') ?? 0);
    return `${this.#devices.ofStream(sid).name}: ${recordText(record)}`;
  }

  #place(id: number): { place?: Place } {
    const call = this.#index.scriptCall(id);
    return call === undefined
      ? {}
      : {
          place: {
            file: this.#info.file,
            line: numberOf(call, 'line'),
            column: numberOf(call, 'column'),
          },
        };
  }
}

/** The result as the file has it: checked, since a file comes from anywhere. */
function resultOf({ result, file }: SessionInfo): RunResult[] {
  if (result === undefined) {
    return [];
  }
  const { ok, exit, events, dmas, error } = result;
  const { name, message, place } = (error ?? {}) as Readonly<Record<string, unknown>>;
  const { line, column } = (place ?? {}) as Readonly<Record<string, unknown>>;
  const at = typeof line === 'number' ? { place: { file, line, column: Number(column) } } : {};
  return [
    {
      type: 'result',
      ok: ok === true,
      exit: Number(exit),
      events: Number(events),
      dmas: Number(dmas),
      ...(error === undefined
        ? {}
        : { error: { name: String(name), message: String(message), ...at, stack: [] } }),
    },
  ];
}
