// What a session amounts to, for comparing API shapes: calls by name, commands, states of STEs and CDs
// in the order they were reached, faults, diagnostics, and what each call returned.

import { bigHi, bigLo } from '../../base/hex.ts';
import { CD } from '../../smmu/spec/cd.ts';
import { STE } from '../../smmu/spec/ste.ts';
import { bigOf, decodeCommand, decodeEvent, fieldsText, numberOf, textOf } from '../decoded.ts';
import type { TraceRecord, TraceSource } from '../reader.ts';
import { readTrace } from '../reader.ts';

/** One call of the script with its result. */
export interface SummarizedCall {
  readonly fn: string;
  readonly line: number;
  /** As shown to people; empty for void. */
  readonly result: string;
}

/** A session in short. */
export interface SessionSummary {
  readonly calls: readonly SummarizedCall[];
  readonly commands: readonly string[];
  /** `STE 0x10 stage 1, 2^10 CDs`, `CD ASID 2`, `CD not valid`, in order. */
  readonly states: readonly string[];
  readonly events: readonly string[];
  readonly diagnostics: readonly string[];
}

const CONFIGS = ['abort', 'abort', 'abort', 'abort', 'bypass', 'stage 1', 'stage 2', 'nested'];
const RECORD_BYTES = 64n;

/** Sums a trace up in one pass. */
export function summarize(source: TraceSource): SessionSummary {
  const open = new Map<number, { fn: string; line: number; result: string }>();
  const calls: { fn: string; line: number; result: string }[] = [];
  const commands: string[] = [];
  const states: string[] = [];
  const events: string[] = [];
  const diagnostics: string[] = [];
  for (const record of readTrace(source)) {
    switch (record.kind) {
      case 'call':
        if (numberOf(record, 'line') > 0) {
          const call = { fn: textOf(record, 'fn'), line: numberOf(record, 'line'), result: '' };
          open.set(record.id, call);
          calls.push(call);
        }
        break;
      case 'return': {
        const call = open.get(record.cause);
        if (call !== undefined) {
          call.result = textOf(record, 'value');
        }
        break;
      }
      case 'command':
        commands.push(commandText(record));
        break;
      case 'mem_write':
        states.push(...stateText(record));
        break;
      case 'event':
        events.push(decodeEvent(record).name);
        break;
      case 'diagnostic':
        diagnostics.push(textOf(record, 'text'));
        break;
      default:
    }
  }
  return { calls, commands, states, events, diagnostics };
}

function commandText(record: TraceRecord): string {
  const entry = decodeCommand(record);
  return `${entry.name} ${fieldsText(entry)}`.trimEnd();
}

/** The first 8 bytes of an STE or a CD decide what it is. */
function stateText(record: TraceRecord): string[] {
  const pa = bigOf(record, 'pa');
  const value = bigOf(record, 'value');
  const words = [bigLo(value), bigHi(value)];
  if (pa % RECORD_BYTES !== 0n) {
    return [];
  }
  switch (textOf(record, 'what')) {
    case 'ste': {
      const config = STE.get(words, 'Config');
      const max = STE.get(words, 'S1CDMax');
      return [
        STE.get(words, 'V') === 0
          ? 'STE not valid'
          : `STE ${CONFIGS[config] ?? ''}${max === 0 ? '' : `, 2^${max} CDs`}`,
      ];
    }
    case 'cd':
      return [CD.get(words, 'V') === 0 ? 'CD not valid' : `CD ASID ${CD.get(words, 'ASID')}`];
    default:
      return [];
  }
}
