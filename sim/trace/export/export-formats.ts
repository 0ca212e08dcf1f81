// All export formats, by the names of the command line: `substream export SESSION --format F -o OUT`.

import { CSV } from './csv.ts';
import { CTF } from './ctf.ts';
import { DMESG } from './dmesg.ts';
import type { ExportFormat } from './export-format.ts';
import { FTRACE } from './ftrace.ts';
import { HTML } from './html.ts';
import { PCAPNG } from './pcapng.ts';
import { PERFETTO } from './perfetto.ts';
import { VCD } from './vcd.ts';

/** The formats in the order of menus. */
export const EXPORT_FORMATS: readonly ExportFormat[] = [
  PERFETTO,
  CTF,
  VCD,
  PCAPNG,
  FTRACE,
  DMESG,
  CSV,
  HTML,
];

/** The format of this name, or undefined. */
export function exportFormat(id: string): ExportFormat | undefined {
  return EXPORT_FORMATS.find((format) => format.id === id);
}
