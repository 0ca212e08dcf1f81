// ftrace: the tracepoints iommu:* as the kernel's trace file prints them (include/trace/events/iommu.h
// of Linux 4.20), derived from the calls that succeeded and from recorded faults. A call inside
// another (iommu_map_sg, dma_map_*) shows when the kernel side recorded it as a call of its own.

import type { MatchedCall } from '../call-tree.ts';
import { CallMatcher, shownNumber, splitArguments } from '../call-tree.ts';
import { decodeEvent, fieldOf, textOf } from '../decoded.ts';
import { DeviceNames } from '../device-names.ts';
import type { TraceRecord } from '../reader.ts';
import type { ExportControl, ExportFormat, ExportSession, PassShare } from './export-format.ts';
import { inPieces, passOver } from './export-format.ts';

const NS = 1e9;

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
  const matcher = new CallMatcher();
  const devices = new DeviceNames();
  const functions = new Map<number, string>();
  for (const record of passOver(session, control, share)) {
    devices.take(record);
    if (record.kind === 'call') {
      functions.set(record.id, textOf(record, 'fn'));
    }
    const matched = matcher.take(record);
    const text =
      record.kind === 'event'
        ? pageFault(record, devices)
        : matched === undefined || isInner(matched, functions)
          ? undefined
          : CALLS[textOf(matched.call, 'fn')]?.(matched);
    if (matched !== undefined) {
      functions.delete(matched.call.id);
    }
    if (text !== undefined) {
      yield { time: record.time, text };
    }
  }
}

/** True for the kernel's own record of a call that the script's record shows already. */
function isInner({ call }: MatchedCall, functions: ReadonlyMap<number, string>): boolean {
  return functions.get(call.cause) === textOf(call, 'fn');
}

const CALLS: Readonly<Record<string, (matched: MatchedCall) => string | undefined>> = {
  iommu_map: mapped,
  iommu_unmap: unmapped,
  iommu_unmap_fast: unmapped,
  iommu_attach_device: (matched) => attached('attach_device_to_domain', matched),
  iommu_aux_attach_device: (matched) => attached('attach_device_to_domain', matched),
  iommu_detach_device: (matched) => detached('detach_device_from_domain', matched),
  iommu_aux_detach_device: (matched) => detached('detach_device_from_domain', matched),
};

function mapped({ call, ret }: MatchedCall): string | undefined {
  const [, iova, paddr, size] = splitArguments(call).map(shownNumber);
  if (textOf(ret, 'value') !== '0' || iova === undefined || paddr === undefined) {
    return undefined;
  }
  return size === undefined
    ? undefined
    : `map: IOMMU: iova=${x16(iova)} - ${x16(iova + size)} paddr=${x16(paddr)} size=${size}`;
}

function unmapped({ call, ret }: MatchedCall): string | undefined {
  const [, iova, size] = splitArguments(call).map(shownNumber);
  const done = shownNumber(textOf(ret, 'value'));
  if (iova === undefined || size === undefined || done === undefined) {
    return undefined;
  }
  return `unmap: IOMMU: iova=${x16(iova)} - ${x16(iova + size)} size=${size} unmapped_size=${done}`;
}

function attached(event: string, matched: MatchedCall): string | undefined {
  return textOf(matched.ret, 'value') === '0' ? detached(event, matched) : undefined;
}

function detached(event: string, { call }: MatchedCall): string | undefined {
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
