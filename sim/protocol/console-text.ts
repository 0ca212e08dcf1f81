// Output records as the console prints them: the kernel's lines as dmesg shows them, ours below. The
// window's terminal and the command line print the same text.

import type { OutputRecord, Place } from './api.ts';

/** Width of `[    0.000000] `: our lines stand under the text of the kernel's. */
const INDENT = ' '.repeat(15);

/** The lines of one record, without line ends. The result of a run is one line. */
export function consoleLines(record: OutputRecord): readonly string[] {
  switch (record.type) {
    case 'log':
      return record.text.split('\n').map((line) => `${stamp(record.time)} ${line}`);
    case 'event':
      return [`${INDENT}${record.text}  [event ${record.number}]`];
    case 'warn':
      return [`${INDENT}${record.class}: ${record.text} (${source(record)})${at(record.place)}`];
    case 'result':
      return [resultLine(record)];
  }
}

/** `accel.ts:12:5` */
export function placeText({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

/** `[    0.004213]`: seconds and microseconds, as printk stamps. */
function stamp(nanoseconds: number): string {
  const microseconds = Math.floor(nanoseconds / 1000);
  const seconds = Math.floor(microseconds / 1e6);
  const rest = String(microseconds % 1e6).padStart(6, '0');
  return `[${String(seconds).padStart(5)}.${rest}]`;
}

function source({ section }: { readonly section: string }): string {
  return /^\d/.test(section) ? `IHI 0070 ${section}` : section;
}

function at(place: Place | undefined): string {
  return place === undefined ? '' : ` at ${place.file}:${place.line}`;
}

function resultLine(result: Extract<OutputRecord, { type: 'result' }>): string {
  const { exit, events, dmas, allocations, error } = result;
  if (error !== undefined) {
    const where = error.place === undefined ? '' : `${placeText(error.place)}: `;
    return `${where}${error.name}: ${error.message}`;
  }
  const accesses = `${dmas} DMA access${dmas === 1 ? '' : 'es'}`;
  const unexpected = exit === 3 ? ', not all of them expected' : '';
  const made = allocations === undefined ? '' : `, ${allocations} allocations`;
  return `done: ${accesses}, ${events} event${events === 1 ? '' : 's'}${unexpected}${made}`;
}
