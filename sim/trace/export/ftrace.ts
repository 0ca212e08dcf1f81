// ftrace: the tracepoints iommu:* as the kernel's trace file prints them (include/trace/events/iommu.h
// of Linux 4.20), derived from the calls that succeeded and from recorded faults. A call inside
// another (iommu_map_sg, dma_map_*) shows when the kernel side recorded it as a call of its own.

import { shownNumber, splitArguments } from '../call-tree.ts';
import { decodeEvent, fieldOf, textOf } from '../decoded.ts';
import { DeviceNames } from '../device-names.ts';
import type { TraceRecord } from '../reader.ts';
import type { ExportControl, ExportFormat, ExportSession, PassShare } from './export-format.ts';
import { inPieces, passOver } from './export-format.ts';

const NS = 1e9;
/** Kinds of record that tracepoints are derived from. */
const KINDS = ['call', 'return', 'event', 'object'] as const;

/** The tracepoints of drivers/iommu in the kernel's own print formats. */
export const FTRACE: ExportFormat = {
  id: 'ftrace',
  title: 'Kernel tracepoints iommu:* (ftrace text)',
  extension: '.trace',
  directory: false,
  files: (session, control) => [{ name: '', pieces: inPieces(lines(session, control)) }],
};

const HEAD = [
  '#',
  '#                                _-----=> irqs-off/BH-disabled',
  '#                               / _----=> need-resched',
  '#                              | / _---=> hardirq/softirq',
  '#                              || / _--=> preempt-depth',
  '#                              ||| / _-=> migrate-disable',
  '#                              |||| /     delay',
  '#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION',
  '#              | |         |   |||||     |         |',
];

function* lines(session: ExportSession, control: ExportControl): Generator<string> {
  let count = 0;
  for (const _ of tracepoints(session, control, { from: 0, to: 0.5 })) {
    count++;
  }
  yield `# tracer: nop\n#\n# entries-in-buffer/entries-written: ${count}/${count}   #P:1\n`;
  yield `${HEAD.join('\n')}\n`;
  const task = taskName(session.header.file).padStart(16);
  for (const { time, text } of tracepoints(session, control, { from: 0.5, to: 1 })) {
    const seconds = String(Math.floor(time / NS)).padStart(5);
    const micros = String(Math.floor((time % NS) / 1000)).padStart(6, '0');
    yield `${task}-1       [000] ..... ${seconds}.${micros}: ${text}\n`;
  }
}

/** Fifteen characters at most, as the kernel's comm. */
function taskName(file: string): string {
  return (
    file
      .replace(/[.][^.]*$/, '')
      .replaceAll(/[^!-~]/g, '_')
      .slice(0, 15) || 'substream'
  );
}

/** One line of the trace file, without its task and stamp. */
interface Tracepoint {
  readonly time: number;
  readonly text: string;
}

function* tracepoints(
  session: ExportSession,
  control: ExportControl,
  share: PassShare,
): Generator<Tracepoint> {
  const devices = new DeviceNames();
  const open = new Map<number, TraceRecord>();
  for (const record of passOver(session, control, share, KINDS)) {
    devices.take(record);
    const call = record.kind === 'return' ? open.get(record.cause) : undefined;
    const text =
      record.kind === 'event'
        ? pageFault(record, devices)
        : record.kind === 'call'
          ? called(record, open)
          : call === undefined
            ? undefined
            : RETURNS[textOf(call, 'fn')]?.(call, textOf(record, 'value'));
    open.delete(call?.id ?? 0);
    if (text !== undefined) {
      yield { time: record.time, text };
    }
  }
}

/**
 * Remembers a call that shows when it returns, and shows one that returns nothing. The kernel's own
 * record of a call that the script's record shows already is left out.
 */
function called(call: TraceRecord, open: Map<number, TraceRecord>): string | undefined {
  const fn = textOf(call, 'fn');
  const outer = open.get(call.cause);
  if (outer !== undefined && textOf(outer, 'fn') === fn) {
    return undefined;
  }
  if (fn in RETURNS) {
    open.set(call.id, call);
  }
  return DETACHES.has(fn) ? withDevice('detach_device_from_domain', call) : undefined;
}

const DETACHES: ReadonlySet<string> = new Set(['iommu_detach_device', 'iommu_aux_detach_device']);

const RETURNS: Readonly<Record<string, (call: TraceRecord, value: string) => string | undefined>> =
  {
    iommu_map: mapped,
    iommu_unmap: unmapped,
    iommu_unmap_fast: unmapped,
    iommu_attach_device: attached,
    iommu_aux_attach_device: attached,
  };

function mapped(call: TraceRecord, value: string): string | undefined {
  const [, iova, paddr, size] = splitArguments(call).map(shownNumber);
  if (value !== '0' || iova === undefined || paddr === undefined || size === undefined) {
    return undefined;
  }
  return `map: IOMMU: iova=${x16(iova)} - ${x16(iova + size)} paddr=${x16(paddr)} size=${size}`;
}

function unmapped(call: TraceRecord, value: string): string | undefined {
  const [, iova, size] = splitArguments(call).map(shownNumber);
  const done = shownNumber(value);
  if (iova === undefined || size === undefined || done === undefined) {
    return undefined;
  }
  return `unmap: IOMMU: iova=${x16(iova)} - ${x16(iova + size)} size=${size} unmapped_size=${done}`;
}

function attached(call: TraceRecord, value: string): string | undefined {
  return value === '0' ? withDevice('attach_device_to_domain', call) : undefined;
}

function withDevice(event: string, call: TraceRecord): string | undefined {
  const device = splitArguments(call)[1];
  return device === undefined ? undefined : `${event}: IOMMU: device=${device}`;
}

/** What report_iommu_fault() prints: flags 0 read, 1 write. Only faults that a driver may report. */
function pageFault(record: TraceRecord, devices: DeviceNames): string | undefined {
  const entry = decodeEvent(record);
  const iova = fieldOf(entry, 'InputAddr');
  const read = fieldOf(entry, 'RnW');
  const sid = fieldOf(entry, 'StreamID');
  if (iova === undefined || read === undefined || fieldOf(entry, 'Stall') === undefined) {
    return undefined;
  }
  const device = devices.ofStream(Number(sid));
  const flags = Number(read) === 1 ? '0x0000' : '0x0001';
  return `io_page_fault: IOMMU:${device.driver} ${device.name} iova=${x16(BigInt(iova))} flags=${flags}`;
}

/** As `0x%016llx`. */
function x16(value: bigint): string {
  return `0x${BigInt.asUintN(64, value).toString(16).padStart(16, '0')}`;
}
