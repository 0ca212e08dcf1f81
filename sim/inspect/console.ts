// The console's own commands, in the words of the hardware: `ste 8`, `cd 8 3`, `walk 8 3 0x1000`...
// Numbers may be decimal or hexadecimal, with underscores. A wrong word gives one helpful line.

import { halvesOf, hex } from '../base/hex.ts';
import { grouped } from '../explain/words.ts';
import type { NodeDto, RegisterDto, WriterDto } from '../protocol/inspect.ts';
import type { FieldView } from '../regs/record.ts';
import { LAYOUTS } from '../smmu/spec/layouts.ts';
import { BadArgument, bigArgument, numberArgument } from './arguments.ts';
import { CACHE_COMMANDS } from './cache-commands.ts';
import type { ConsoleCommand, ConsoleTools } from './console-command.ts';
import type { InspectContext } from './context.ts';
import { LATEST, writerOf } from './context.ts';
import { INTERRUPT_COMMANDS } from './interrupts.ts';
import { MEMORY, NotRecordedError, need, QUEUES, REGISTERS, STRUCTURES } from './needs.ts';
import { queueViews } from './queues.ts';
import { registerViews } from './registers.ts';
import { SOFTWARE_COMMANDS } from './software-commands.ts';
import { pathTo } from './table-path.ts';
import { tableNodes } from './tables.ts';
import { walkLines } from './walk.ts';

const COMMANDS: Readonly<Record<string, ConsoleCommand>> = {
  ste: {
    usage: 'ste [SID]',
    help: 'the STE of a stream, or all of them',
    needs: STRUCTURES,
    run: steCommand,
  },
  cd: {
    usage: 'cd SID [SSID]',
    help: 'a CD of a stream, or all of them',
    needs: STRUCTURES,
    run: cdCommand,
  },
  walk: {
    usage: 'walk SID SSID|- IOVA [r|w|x]',
    help: 'what the SMMU would read for an access now',
    needs: STRUCTURES,
    run: walkCommand,
  },
  regs: {
    usage: 'regs [NAME]',
    help: 'registers, or one with its fields',
    needs: REGISTERS,
    run: registersCommand,
  },
  cmdq: {
    usage: 'cmdq [N]',
    help: 'the newest commands',
    needs: QUEUES,
    run: (t, a) => queueCommand(t, a, 'CMDQ'),
  },
  evtq: {
    usage: 'evtq [N]',
    help: 'the newest events',
    needs: QUEUES,
    run: (t, a) => queueCommand(t, a, 'EVENTQ'),
  },
  priq: {
    usage: 'priq [N]',
    help: 'the newest page requests',
    needs: QUEUES,
    run: (t, a) => queueCommand(t, a, 'PRIQ'),
  },
  ...CACHE_COMMANDS,
  ...INTERRUPT_COMMANDS,
  ...SOFTWARE_COMMANDS,
  mem: {
    usage: 'mem PA [WORDS]',
    help: 'memory, with who wrote it',
    needs: MEMORY,
    run: memoryCommand,
  },
  who: {
    usage: 'who PA',
    help: 'every write to a word, newest first',
    needs: MEMORY,
    run: whoCommand,
  },
  explain: {
    usage: 'explain [N|last]',
    help: 'why an event came',
    needs: ['event'],
    run: explainCommand,
  },
  help: { usage: 'help', help: 'this list', needs: [], run: () => helpLines() },
};

/** Names of the commands, for completion. */
export const CONSOLE_COMMANDS: readonly string[] = Object.keys(COMMANDS);

/** Runs one line typed into the console; bad input is answered, never thrown. */
export function runConsoleCommand(tools: ConsoleTools, text: string): readonly string[] {
  const [name = '', ...args] = text.trim().split(/\s+/);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    return name === '' ? [] : [`no command '${name}'; try help`];
  }
  try {
    need(tools.context, command.needs);
    return command.run(tools, args);
  } catch (error) {
    if (error instanceof NotRecordedError) {
      return [`${name}: ${error.message}`];
    }
    if (error instanceof BadArgument) {
      return [`${name}: ${error.message}; usage: ${command.usage}`];
    }
    throw error;
  }
}

function helpLines(): string[] {
  return Object.values(COMMANDS).map(({ usage, help }) => `${usage.padEnd(30)} ${help}`);
}

function steCommand({ context }: ConsoleTools, [sid]: readonly string[]): string[] {
  if (sid === undefined) {
    return listed(leavesOf(context, undefined, 'ste:'), 'no valid STE');
  }
  const wanted = nodeOf(context, numberArgument(sid, 'SID', 2 ** 32));
  return wanted === undefined ? [`no STE for SID ${sid}`] : nodeLines(wanted);
}

function cdCommand({ context }: ConsoleTools, [sid, ssid]: readonly string[]): string[] {
  const stream = numberArgument(sid, 'SID', 2 ** 32);
  const ste = nodeOf(context, stream);
  if (ste === undefined) {
    return [`no STE for SID ${sid}`];
  }
  if (ssid === undefined) {
    return listed(leavesOf(context, ste.id, 'cd:'), 'no CD');
  }
  const wanted = nodeOf(context, stream, numberArgument(ssid, 'SSID', 2 ** 20));
  return wanted === undefined ? [`CD ${ssid} of SID ${sid} was never written`] : nodeLines(wanted);
}

/** The STE of a stream, or the CD of a substream; undefined when there is none. */
function nodeOf(context: InspectContext, sid: number, ssid?: number): NodeDto | undefined {
  const path = pathTo(context, sid, ssid);
  const id = path.at(-1) ?? '';
  return id.startsWith(ssid === undefined ? 'ste:' : 'cd:')
    ? tableNodes(context, path.at(-2)).find((node) => node.id === id)
    : undefined;
}

/** Most structures that one command lists. */
const MOST_LISTED = 256;

/** The structures of a kind below a node, as far as they are listed and one more. */
function leavesOf(context: InspectContext, id: string | undefined, kind: string): NodeDto[] {
  const found: NodeDto[] = [];
  for (const node of tableNodes(context, id)) {
    if (node.id.startsWith(kind)) {
      found.push(node);
    } else if (/^(range|l1std|l1cd):/.test(node.id)) {
      found.push(...leavesOf(context, node.id, kind));
    }
    if (found.length > MOST_LISTED) {
      break;
    }
  }
  return found;
}

function listed(nodes: readonly NodeDto[], none: string): string[] {
  const more = nodes.length > MOST_LISTED ? [`and more: name the one to see`] : [];
  return nodes.length === 0 ? [none] : [...nodes.slice(0, MOST_LISTED).map(nodeLine), ...more];
}

function nodeLine({ title, text, state, pa, writer }: NodeDto): string {
  const mark = state === 'ok' ? '' : ` [${state}]`;
  const place = pa === undefined ? '' : grouped(pa);
  return `${title.padEnd(10)} ${place.padEnd(12)} ${text}${mark}${writerText(writer)}`;
}

function writerText(writer: WriterDto | undefined): string {
  return writer === undefined ? '' : `  (line ${writer.line})`;
}

/** The fields of a structure, out of its words. */
function fieldsOf({ layout, words }: NodeDto): readonly FieldView[] {
  return layout === undefined ? [] : LAYOUTS[layout].describe(halvesOf(words));
}

function nodeLines(node: NodeDto): string[] {
  const fields = fieldsOf(node)
    .filter(({ text }) => text !== '0' && text !== '0x0')
    .map(({ name, hi, lo, text, meaning }) => {
      const bits = hi === lo ? `[${lo}]` : `[${hi}:${lo}]`;
      return `  ${name.padEnd(14)} ${bits.padEnd(10)} ${text}${meaning === undefined ? '' : `  ${meaning}`}`;
    });
  const cached =
    node.cached === undefined ? [] : [`  the SMMU still holds ${node.cached.join(' ')}`];
  const writer =
    node.writer === undefined ? [] : [`  line ${node.writer.line}: ${node.writer.call}`];
  return [nodeLine(node), ...fields, ...cached, ...writer];
}

const ACCESS: Readonly<Record<string, number>> = { r: 0, w: 1, x: 4 };

function walkCommand({ context }: ConsoleTools, args: readonly string[]): string[] {
  const [sid, ssid, iova, how = 'r'] = args;
  const flags = ACCESS[how];
  if (flags === undefined) {
    throw new BadArgument(`access '${how}' is none of r, w, x`);
  }
  return walkLines(context, {
    sid: numberArgument(sid, 'SID', 2 ** 32),
    ssid: ssid === '-' ? -1 : numberArgument(ssid, 'SSID', 2 ** 20),
    address: bigArgument(iova, 'IOVA'),
    flags,
  });
}

function registersCommand({ context }: ConsoleTools, [name]: readonly string[]): string[] {
  const registers = registerViews(context);
  if (name === undefined) {
    return registers.filter(({ value }) => value !== undefined).map(registerLine);
  }
  const wanted = registers.find((register) => register.name === name.toUpperCase());
  if (wanted === undefined) {
    return [`no register '${name}'`];
  }
  const fields = wanted.fields.map(
    ({ name: field, hi, lo, text, meaning }) =>
      `  ${field.padEnd(14)} ${(hi === lo ? `[${lo}]` : `[${hi}:${lo}]`).padEnd(10)} ${text}` +
      `${meaning === undefined ? '' : `  ${meaning}`}`,
  );
  return [registerLine(wanted), ...fields];
}

function registerLine({ name, offset, value, writer }: RegisterDto): string {
  return `${name.padEnd(18)} ${hex(offset, 5)} ${(value ?? '-').padEnd(18)}${writerText(writer)}`;
}

function queueCommand(
  { context, queues }: ConsoleTools,
  [count = '10']: readonly string[],
  name: 'CMDQ' | 'EVENTQ' | 'PRIQ',
): string[] {
  const queue = queueViews(context, queues()).find((candidate) => candidate.name === name);
  if (queue === undefined || queue.size === 0) {
    return [`${name} was never set up`];
  }
  const shown = queue.entries.slice(0, numberArgument(count, 'N', 257));
  const head = `${name}: ${queue.total} entries so far, ring of ${queue.size}`;
  return [
    head,
    ...shown.map(
      ({ number, name: entry, text, state, writer, event }) =>
        `  ${String(number).padStart(4)} ${entry} ${text} ${state}` +
        `${event === undefined ? '' : ` [explain ${event}]`}${writerText(writer)}`,
    ),
  ];
}

function memoryCommand({ context }: ConsoleTools, [pa, count = '8']: readonly string[]): string[] {
  const start = Math.floor(numberArgument(pa, 'PA') / 8) * 8;
  const words = numberArgument(count, 'WORDS', 513);
  return memoryRows(context, start, words).map(
    (row) => `${grouped(row.pa).padEnd(14)} ${row.word}${writerText(row.writer)}`,
  );
}

/** Words of memory as the trace has them, with their writers. */
export function memoryRows({ index }: InspectContext, start: number, words: number) {
  return Array.from({ length: words }, (_, at) => {
    const pa = start + at * 8;
    const { lo, hi, writer } = index.wordAt(pa, LATEST);
    const by = writerOf(index, writer);
    const value = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
    return { pa: BigInt(pa), word: hex(value, 16), ...(by === undefined ? {} : { writer: by }) };
  });
}

/** Most writes that `who` lists. */
const MOST_WRITES = 16;

function whoCommand({ context }: ConsoleTools, [pa]: readonly string[]): string[] {
  const at = Math.floor(numberArgument(pa, 'PA') / 8) * 8;
  const { index } = context;
  const lines: string[] = [];
  let asOf = LATEST;
  while (lines.length < MOST_WRITES) {
    const { lo, hi, writer } = index.wordAt(at, asOf);
    if (writer === 0) {
      break;
    }
    const by = writerOf(index, writer);
    const value = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
    lines.push(
      `${hex(value, 16)}  ${by === undefined ? 'not by the script' : `line ${by.line}: ${by.call}`}`,
    );
    asOf = writer - 1;
  }
  return lines.length === 0 ? [`nothing wrote ${grouped(at)}`] : lines;
}

function explainCommand(
  tools: ConsoleTools,
  [which = 'last']: readonly string[],
): readonly string[] {
  const number = which === 'last' ? tools.events : numberArgument(which, 'N', 2 ** 31);
  return tools.explain(number) ?? [tools.events === 0 ? 'no event yet' : `no event ${number}`];
}
