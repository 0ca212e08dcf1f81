// What other people's readers find in our exports, and what they demand of them.

import { expect } from 'vitest';
import { CTF } from '../../sim/trace/export/ctf.ts';
import type { ExportSession } from '../../sim/trace/export/export-format.ts';
import { PCAPNG } from '../../sim/trace/export/pcapng.ts';
import type { PayloadType } from '../../sim/trace/kinds.ts';
import { TRACE_KINDS } from '../../sim/trace/kinds.ts';
import type { TraceRecord } from '../../sim/trace/reader.ts';
import { runReader, withExport } from './readers.ts';

/** One line of the text output: `[s.ns] (+?) kind: { id = 1, cause = 0 }, { name = value, ... }`. */
const BABELTRACE_LINE =
  /^\[(\d+)\.(\d{9})\] \([^)]*\) (\w+): \{ id = (\d+), cause = (\d+) \}, \{ (.*) \}$/s;
const BABELTRACE_FIELD = /(\w+) = (?:"((?:[^"\\]|\\.)*)"|(-?\d+|0x[0-9A-F]+))(?:, |$)/gsy;

function unescaped(text: string): string {
  return text.replaceAll(/\\(x[0-9a-f]{2}|u[0-9a-f]{4}|.)/gs, (_, code: string) => {
    const plain: Record<string, string> = {
      n: '\n',
      t: '\t',
      a: '\x07',
      b: '\b',
      v: '\v',
      f: '\f',
      r: '\r',
      e: '\x1b',
    };
    return code.length > 1
      ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
      : (plain[code] ?? code);
  });
}

function parseBabeltrace(line: string): TraceRecord {
  const [, seconds, nanos, kind, id, cause, fields = ''] = BABELTRACE_LINE.exec(line) ?? [];
  const data: Record<string, number | bigint | string> = {};
  const types: Record<string, PayloadType> = TRACE_KINDS[kind as 'call'] ?? {};
  BABELTRACE_FIELD.lastIndex = 0;
  for (
    let field = BABELTRACE_FIELD.exec(fields);
    field !== null;
    field = BABELTRACE_FIELD.exec(fields)
  ) {
    const [, name = '', text, value = ''] = field;
    const number = types[name] === 'u64' ? BigInt(value) : Number(value);
    data[name] = text === undefined ? number : unescaped(text).replace(/^\u2205$/, '');
  }
  const time = Number(seconds) * 1e9 + Number(nanos);
  return { id: Number(id), kind: kind as 'call', cause: Number(cause), time, data };
}

/** All records that babeltrace2 finds in the ctf export. */
export function readWithBabeltrace(session: ExportSession): TraceRecord[] {
  return withExport(CTF, session, ({ path }) => {
    const text = runReader('babeltrace2', ['--clock-seconds', path()]);
    return text
      .split(/\n(?=\[)/)
      .filter((line) => line !== '')
      .map((line) => parseBabeltrace(line.replace(/\n$/, '')));
  });
}

/** All changes of a VCD, signal by signal: time and value. */
export function vcdChanges(vcd: string): Map<string, [number, string][]> {
  const names = new Map<string, string>();
  const found = new Map<string, [number, string][]>();
  const scopes: string[] = [];
  let time = 0;
  let body = false;
  for (const line of vcd.split('\n')) {
    const words = line.trim().split(/\s+/);
    const [first = ''] = words;
    if (first === '$scope') {
      scopes.push(words[2] ?? '');
    } else if (first === '$upscope') {
      scopes.pop();
    } else if (first === '$var') {
      names.set(words[3] ?? '', [...scopes, words[4]].join('.'));
    } else if (first === '$enddefinitions') {
      body = true;
    } else if (first.startsWith('#')) {
      time = Number(first.slice(1));
    } else if (body && /^[b01xz]/.test(first)) {
      const vector = first.startsWith('b');
      const name = names.get(vector ? (words[1] ?? '') : first.slice(1)) ?? '?';
      const value = vector
        ? `0x${BigInt(`0${first.slice(0, 1)}${first.slice(1)}`).toString(16)}`
        : `0x${first[0]}`;
      const list = found.get(name) ?? [];
      if (list.at(-1)?.[1] !== value) {
        list.push([time, value]);
      }
      found.set(name, list);
    }
  }
  return found;
}

/** Values of fields of each packet, as tshark decodes the pcapng export. */
export function tsharkFields(session: ExportSession, fields: readonly string[]): string[][] {
  return withExport(PCAPNG, session, ({ path }) => {
    const args = [
      '-X',
      `lua_script:${path('.lua')}`,
      '-r',
      path(),
      '-T',
      'fields',
      '-E',
      'separator=|',
    ];
    const text = runReader('tshark', [...args, ...fields.flatMap((field) => ['-e', field])], {
      unprivileged: true,
      quiet: false,
    });
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('|'));
  });
}

/** A Chrome trace event. */
export interface ChromeEvent {
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly id?: number;
  readonly cat?: string;
  readonly name: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** Nanoseconds, exact. */
export function ns(microseconds: number): number {
  return Math.round(microseconds * 1000);
}

/** Checks what Perfetto's importer wants; returns the names of the slices as `track: a > b`. */
export function checkNesting(events: readonly ChromeEvent[]): string[] {
  const stacks = new Map<number, ChromeEvent[]>();
  const asyncs = new Map<number, ChromeEvent>();
  const slices: string[] = [];
  let last = 0;
  for (const event of events) {
    if (event.ph === 'M' || event.ph === 'X' || event.ph === 'i') {
      continue;
    }
    expect(ns(event.ts)).toBeGreaterThanOrEqual(last);
    last = ns(event.ts);
    const stack = stacks.get(event.tid) ?? [];
    stacks.set(event.tid, stack);
    if (event.ph === 'B') {
      stack.push(event);
      slices.push(`${event.tid}: ${stack.map(({ name }) => name).join(' > ')}`);
    } else if (event.ph === 'E') {
      const begin = stack.pop();
      expect(begin?.name, 'an end closes the innermost begin of its track').toBe(event.name);
      expect(ns(event.ts)).toBeGreaterThan(ns(begin?.ts ?? 0));
    } else if (event.ph === 'b') {
      expect(asyncs.has(event.id ?? -1)).toBe(false);
      asyncs.set(event.id ?? -1, event);
      slices.push(`${event.tid}: async ${event.name}`);
    } else if (event.ph === 'e') {
      expect(asyncs.get(event.id ?? -1)?.name).toBe(event.name);
      expect(event.cat).toBe(asyncs.get(event.id ?? -1)?.cat);
      asyncs.delete(event.id ?? -1);
    }
  }
  expect([...stacks.values()].flat(), 'slices that never end').toEqual([]);
  expect([...asyncs.values()], 'async events that never end').toEqual([]);
  return slices;
}

/** Complete slices of one track must lie one after the other. */
export function checkAccesses(events: readonly ChromeEvent[]): void {
  const ends = new Map<number, number>();
  for (const { ph, tid, ts, dur = 0 } of events) {
    if (ph === 'X') {
      expect(ns(ts)).toBeGreaterThanOrEqual(ends.get(tid) ?? 0);
      ends.set(tid, ns(ts) + ns(dur));
    }
  }
}

// print_time() of the kernel: "[%5lu.%06lu] ".
/** A line of dmesg: seconds, microseconds, text. */
export const DMESG_LINE = /^\[( {4}\d| {3}\d{2}| {2}\d{3}| \d{4}|\d{5,})\.(\d{6})\] (.*)$/;

const FTRACE_LINE =
  /^ *(?<task>\S{1,16})-(?<pid>\d+) +\[(?<cpu>\d{3})\] \.{5} +(?<s>\d+)\.(?<us>\d{6}): (?<event>\w+): (?<text>.*)$/;
const X = '0x[0-9a-f]{16}';
/** The print formats of include/trace/events/iommu.h. */
const FTRACE_FORMATS: Readonly<Record<string, RegExp>> = {
  map: new RegExp(`^IOMMU: iova=(${X}) - (${X}) paddr=(${X}) size=(\\d+)$`),
  unmap: new RegExp(`^IOMMU: iova=(${X}) - (${X}) size=(\\d+) unmapped_size=(\\d+)$`),
  attach_device_to_domain: /^IOMMU: device=(\S+)$/,
  detach_device_from_domain: /^IOMMU: device=(\S+)$/,
  io_page_fault: new RegExp(`^IOMMU:(\\S*) (\\S+) iova=(${X}) flags=(0x[0-9a-f]{4})$`),
};

/** The tracepoints of a trace file, each with its values; fails on any line that breaks the grammar. */
export function ftracePoints(text: string): [string, ...string[]][] {
  const lines = text.split('\n').slice(0, -1);
  const head = lines.filter((line) => line.startsWith('#'));
  expect(head[0]).toBe('# tracer: nop');
  const written = /^# entries-in-buffer\/entries-written: (\d+)\/(\d+) {3}#P:1$/.exec(
    head[2] ?? '',
  );
  const points = lines.slice(head.length).map((line): [string, ...string[]] => {
    const { event = '', text: body = '' } = FTRACE_LINE.exec(line)?.groups ?? {};
    const values = FTRACE_FORMATS[event]?.exec(body);
    expect(values, line).toBeTruthy();
    return [event, ...(values?.slice(1) ?? [])];
  });
  expect([Number(written?.[1]), Number(written?.[2])]).toEqual([points.length, points.length]);
  return points;
}

/** Rows and cells of a table, by RFC 4180. */
export function csvRows(text: string): string[][] {
  const rows: string[][] = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/gy;
  for (let match = cell.exec(text); match !== null && match[0] !== ''; match = cell.exec(text)) {
    rows.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '\r\n') {
      rows.push([]);
    }
  }
  expect(cell.lastIndex === 0 || cell.lastIndex === text.length).toBe(true);
  return rows.slice(0, -1);
}

/** Checks that every element of a page closes, in order; returns the names of those it has. */
export function htmlElements(html: string): Set<string> {
  const tag = /<(\/?)([!a-z0-9]+)((?:\s+[a-z-:]+(?:="[^"<>]*")?)*)\s*(\/?)>/gi;
  const voids = new Set(['meta', '!doctype']);
  const stack: string[] = [];
  const used = new Set<string>();
  for (const [, close, name = '', , self] of html.matchAll(tag)) {
    used.add(name.toLowerCase());
    if (close === '/') {
      expect(stack.pop()).toBe(name);
    } else if (self !== '/' && !voids.has(name.toLowerCase())) {
      stack.push(name);
    }
  }
  expect(stack).toEqual([]);
  expect(html.replaceAll(tag, '')).not.toMatch(/[<>]/);
  return used;
}
