// The console of a session that was opened from a file: what it showed when the session ran, out of the
// trace.

import { bigHi, bigLo } from '../base/hex.ts';
import type { JsonValue } from '../base/json.ts';
import { isJsonObject } from '../base/json.ts';
import { decodeEvent } from '../kernel/arm-smmu-v3/event-record.ts';
import type { OutputRecord, Place, RunResult, ScriptError } from '../protocol/api.ts';
import type { SessionConsole } from '../protocol/trace-api.ts';
import { bigOf, numberOf, textOf } from '../trace/decoded.ts';
import { DIAGNOSTIC_CLASSES } from '../trace/diagnostics.ts';
import { passOver } from '../trace/export/export-format.ts';
import { DRAINED_EXPECTED, DRAINED_HANDLED } from '../trace/kinds.ts';
import type { TraceRecord, TraceSource } from '../trace/reader.ts';
import { recordText } from '../trace/record-text.ts';
import { Repeats } from '../trace/repeats.ts';
import type { SessionInfo } from '../trace/session-file.ts';
import { TraceIndex } from '../trace/trace-index.ts';

/** Lines that a console keeps. */
const MOST_LINES = 12_000;

/** What the console shows of a session. */
export function sessionConsole(info: SessionInfo, source: TraceSource): SessionConsole {
  const index = new TraceIndex(source);
  const lines: TraceRecord[] = [];
  let skipped = 0;
  const repeats = new Repeats();
  for (const record of passOver({ header: info, source }, {}, undefined, KINDS)) {
    if (record.kind !== 'diagnostic' || repeats.isTold(recordText(record))) {
      lines.push(record);
    }
    if (lines.length > 2 * MOST_LINES) {
      skipped += lines.splice(0, MOST_LINES).length;
    }
  }
  skipped += lines.splice(0, Math.max(0, lines.length - MOST_LINES)).length;
  const shown = new Lines(info, index);
  const records = lines.map((record) => shown.of(record));
  return { records: [...records, ...resultOf(info)], skipped };
}

const KINDS = ['log', 'drained', 'diagnostic'] as const;

class Lines {
  readonly #info: SessionInfo;
  readonly #index: TraceIndex;

  constructor(info: SessionInfo, index: TraceIndex) {
    this.#info = info;
    this.#index = index;
  }

  of(record: TraceRecord): OutputRecord {
    const where = this.#place(record.id);
    const { time } = record;
    switch (record.kind) {
      case 'drained':
        return this.#drained(record, where);
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

  /** The event itself is the record's cause; a session that left events out has only the line. */
  #drained(record: TraceRecord, where: { place?: Place }): OutputRecord {
    const flags = numberOf(record, 'flags');
    const cause = this.#index.record(record.cause);
    const words = ['w0', 'w1', 'w2', 'w3'].flatMap((name) => {
      const word = cause?.kind === 'event' ? bigOf(cause, name) : 0n;
      return [bigLo(word), bigHi(word)];
    });
    return {
      type: 'event',
      time: record.time,
      number: numberOf(record, 'number'),
      event: decodeEvent(
        Int32Array.from(words),
        textOf(record, 'smmu'),
        (flags & DRAINED_HANDLED) !== 0,
      ),
      text: textOf(record, 'text'),
      ...((flags & DRAINED_EXPECTED) === 0 ? {} : { expected: true }),
      ...where,
    };
  }

  #place(id: number): { place?: Place } {
    const call = this.#index.scriptCall(id);
    return call === undefined ? {} : { place: this.#at(call.data['line'], call.data['column']) };
  }

  #at(line: unknown, column: unknown): Place {
    return { file: this.#info.file, line: Number(line), column: Number(column) };
  }
}

/** The result as the file has it: checked, since a file comes from anywhere. */
function resultOf({ result, file }: SessionInfo): RunResult[] {
  if (result === undefined) {
    return [];
  }
  const { ok, exit, events, dmas, allocations, error } = result;
  return [
    {
      type: 'result',
      ok: ok === true,
      exit: Number(exit),
      events: Number(events),
      dmas: Number(dmas),
      ...(allocations === undefined ? {} : { allocations: Number(allocations) }),
      ...(error === undefined ? {} : { error: errorOf(error, file) }),
    },
  ];
}

function errorOf(error: JsonValue, file: string): ScriptError {
  const { name, message, place, stack } = isJsonObject(error) ? error : {};
  const [at] = placesOf([place], file);
  return {
    name: String(name),
    message: String(message),
    ...(at === undefined ? {} : { place: at }),
    stack: placesOf(Array.isArray(stack) ? stack : [], file),
  };
}

function placesOf(values: readonly (JsonValue | undefined)[], file: string): Place[] {
  return values.flatMap((value) => {
    const { line, column } = isJsonObject(value) ? value : {};
    return typeof line === 'number' ? [{ file, line, column: Number(column) }] : [];
  });
}
