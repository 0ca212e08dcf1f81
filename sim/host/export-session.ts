// Writes one session in the format of another tool: for the command line and for the window.

import { extname } from 'node:path';
import { hardwareOf } from '../explain/hardware.ts';
import { Inspector } from '../inspect/inspector.ts';
import type { ExportFormat, ExportSession } from '../trace/export/export-format.ts';
import { writeDirectory, writeTogether } from './write-files.ts';

/** A session to export, and whether its file was damaged. */
export interface ExportedSession extends ExportSession {
  readonly damages: number;
}

/** The format, and the file or directory. */
export interface ExportTarget {
  readonly format: ExportFormat;
  readonly output: string;
}

/**
 * Writes a session in another format: whole, or not at all.
 * @throws the system's error or ExportCancelled, with nothing left behind
 */
export async function exportSession(
  session: ExportedSession,
  { format, output }: ExportTarget,
  control: { readonly signal: AbortSignal; readonly onProgress: (done: number) => void },
): Promise<void> {
  const files = format.files(explained(session), control);
  if (format.directory) {
    await writeDirectory(output, files, control);
    return;
  }
  const base = output.slice(0, output.length - extname(output).length);
  const pathOf = (name: string): string =>
    name === '' ? output : base + name === output ? output + name : base + name;
  await writeTogether(
    files.map(({ name, pieces }) => ({ path: pathOf(name), pieces })),
    control,
  );
}

/** The session with explanations of its faults, when it is whole: they rest on all of its records. */
function explained(session: ExportedSession): ExportSession {
  const { header, source, damages } = session;
  if (damages > 0) {
    return session;
  }
  let inspector: Inspector | undefined;
  const explain = (number: number): readonly string[] | undefined => {
    inspector ??= new Inspector(source, hardwareOf(header.machine), header.file);
    return inspector.explain(number)?.lines;
  };
  return { header, source, explain };
}
