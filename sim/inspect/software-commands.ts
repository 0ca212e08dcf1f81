// The console's commands about the kernel's objects: `dev`, `groups`, `domain 2`, `iova 2`, `pasids`...

import { hex } from '../base/hex.ts';
import { grouped } from '../explain/words.ts';
import type { SoftwareKind, SoftwareRowDto, WriterDto } from '../protocol/inspect.ts';
import type { TraceKind } from '../trace/kinds.ts';
import { BadArgument, numberArgument } from './arguments.ts';
import type { ConsoleCommand, ConsoleTools } from './console-command.ts';
import { MAPPINGS, SOFTWARE } from './needs.ts';
import { iovaMapView, OBJECT_OF, rowOf, softwareView } from './software-views.ts';

/** Most objects or ranges that a command lists; the rest is counted. */
const MOST_LINES = 64;

/** The commands by name. */
export const SOFTWARE_COMMANDS: Readonly<Record<string, ConsoleCommand>> = {
  dev: of('dev [NAME]', 'the devices, or one with everything about it', (tools, [name]) =>
    name === undefined ? listed(tools, 'devices') : one(tools, 'devices', name),
  ),
  groups: of('groups', 'the IOMMU groups and their domains', (tools) => listed(tools, 'groups')),
  domains: of('domains', 'the IOMMU domains', (tools) => listed(tools, 'domains')),
  domain: of('domain N', 'everything about a domain', (tools, [number]) =>
    one(tools, 'domains', String(numberArgument(number, 'N', 2 ** 32))),
  ),
  iova: of('iova N', 'what a domain maps, range by range', iovaCommand, MAPPINGS),
  pasids: of('pasids', 'the PASIDs that are taken, and by whom', (tools) =>
    listed(tools, 'pasids'),
  ),
  bonds: of('bonds', 'processes that devices are bound to', (tools) => listed(tools, 'bonds')),
  mdevs: of('mdevs', 'the mediated devices', (tools) => listed(tools, 'mdevs')),
};

function of(
  usage: string,
  help: string,
  run: ConsoleCommand['run'],
  needs: readonly TraceKind[] = SOFTWARE,
): ConsoleCommand {
  return { usage, help, needs, run };
}

function listed({ context, objects }: ConsoleTools, kind: SoftwareKind): string[] {
  const view = softwareView(context, objects(), { of: kind, from: 0, count: MOST_LINES });
  const left = view.counts[kind] - view.rows.length;
  return view.rows.length === 0
    ? [`no ${kind === 'pasids' ? 'PASIDs' : kind}`]
    : [...view.rows.map(rowLine), ...(left === 0 ? [] : [`and ${left} more`])];
}

function one({ context, objects }: ConsoleTools, kind: SoftwareKind, id: string): string[] {
  const object = OBJECT_OF[kind];
  const key = object === 'device' ? id : Number(id);
  const [row] = rowOf(context, objects(), object, key);
  if (row === undefined) {
    throw new BadArgument(`there is no ${object} ${id}`);
  }
  const { made, changedBy } = row;
  return [
    `${row.title}  ${row.text}`,
    ...row.fields.map(({ name, text }) => `  ${name.padEnd(26)} ${text}`),
    ...(made === undefined ? [] : [`  line ${made.line}: ${made.call}`]),
    ...(changedBy === undefined ? [] : [`  changed by line ${changedBy.line}: ${changedBy.call}`]),
  ];
}

function rowLine({ title, text, made }: SoftwareRowDto): string {
  return `${title.padEnd(12)} ${text}${writerText(made)}`;
}

function writerText(writer: WriterDto | undefined): string {
  return writer === undefined ? '' : `  (line ${writer.line})`;
}

function iovaCommand(
  { context, objects }: ConsoleTools,
  [number]: readonly string[],
): readonly string[] {
  const domain = numberArgument(number, 'N', 2 ** 32);
  const map = iovaMapView(context, objects(), { domain, from: 0, count: MOST_LINES });
  if (map.note !== undefined) {
    throw new BadArgument(map.note);
  }
  const left = map.total - map.rows.length;
  const ranges = map.total === 1 ? '1 range' : `${map.total} ranges`;
  return [
    `domain ${domain}: ${ranges}, ${hex(map.bytes)} bytes`,
    ...map.rows.map(
      ({ iova, size, pa, prot, writer }) =>
        `  ${grouped(iova)} to ${grouped(iova + size - 1n)} -> ${grouped(pa)} ${prot}${writerText(writer)}`,
    ),
    ...(left === 0 ? [] : [`  and ${left} more`]),
  ];
}
