// The interrupts as data to show, and as lines of the console.

import { big, hex } from '../base/hex.ts';
import { grouped } from '../explain/words.ts';
import type {
  InspectAnswer,
  InterruptDto,
  InterruptSourceDto,
  RecordLineDto,
} from '../protocol/inspect.ts';
import { REGISTERS } from '../smmu/spec/registers.ts';
import type { TraceRecord } from '../trace/reader.ts';
import { causeChain, readTrace, recordById } from '../trace/reader.ts';
import { recordText } from '../trace/record-text.ts';
import { BadArgument, numberArgument } from './arguments.ts';
import type { ConsoleCommand, ConsoleTools } from './console-command.ts';
import type { InspectContext } from './context.ts';
import { LATEST, writerOf } from './context.ts';
import type { InterruptLog, InterruptSeen, SourceSeen } from './interrupt-log.ts';
import { INTERRUPTS } from './needs.ts';

/** Most effects of one interrupt, and records that are looked through for them. */
const MOST_EFFECTS = 200;
const MOST_RECORDS = 100_000;

/** IRQ_CTRL bit and MSI registers of each source that has them. */
const CONTROLS = {
  eventq: { bit: 'EVENTQ_IRQEN', to: 'EVENTQ_IRQ_CFG0', data: 'EVENTQ_IRQ_CFG1' },
  priq: { bit: 'PRIQ_IRQEN', to: 'PRIQ_IRQ_CFG0', data: 'PRIQ_IRQ_CFG1' },
  gerror: { bit: 'GERROR_IRQEN', to: 'GERROR_IRQ_CFG0', data: 'GERROR_IRQ_CFG1' },
} as const;

/** All sources and the newest interrupts. */
export function interruptViews(
  context: InspectContext,
  log: InterruptLog,
): Extract<InspectAnswer, { kind: 'interrupts' }> {
  return {
    kind: 'interrupts',
    sources: [...log.sources].map(([name, seen]) => sourceDto(context, log, name, seen)),
    interrupts: log.newest().flatMap((one) => interruptDto(context, log, one)),
  };
}

function sourceDto(
  { index }: InspectContext,
  log: InterruptLog,
  name: string,
  { line, raised, lost, messages, last }: SourceSeen,
): InterruptSourceDto {
  const control = Object.hasOwn(CONTROLS, name) ? CONTROLS[name as 'eventq'] : undefined;
  const time = last === 0 ? undefined : recordById(index.source, last)?.time;
  return {
    name: log.nameOf(name),
    ...(line === undefined ? {} : { line }),
    ...(control === undefined ? {} : controlOf(index, control)),
    raised,
    lost,
    messages,
    pending: log.pending(line),
    ...(time === undefined ? {} : { last: time }),
  };
}

function controlOf(
  index: InspectContext['index'],
  control: (typeof CONTROLS)[keyof typeof CONTROLS],
): Pick<InterruptSourceDto, 'enabled' | 'msi'> {
  const enables = index.registerAt(REGISTERS.IRQ_CTRL.offset, LATEST);
  const to = index.registerAt(REGISTERS[control.to].offset, LATEST);
  const data = index.registerAt(REGISTERS[control.data].offset, LATEST);
  const address = to === undefined ? 0n : big(to.lo, to.hi);
  return {
    enabled: enables !== undefined && REGISTERS.IRQ_CTRL.get([enables.lo], control.bit) === 1,
    ...(address === 0n ? {} : { msi: { address, data: (data?.lo ?? 0) >>> 0 } }),
  };
}

function interruptDto(
  { index }: InspectContext,
  log: InterruptLog,
  seen: InterruptSeen,
): InterruptDto[] {
  const record = recordById(index.source, seen.record);
  if (record === undefined) {
    return [];
  }
  const cause = recordById(index.source, record.cause);
  const writer = writerOf(index, record.id);
  return [
    {
      record: record.id,
      time: record.time,
      source: log.nameOf(seen.source),
      ...wayOf(record, seen),
      why: cause === undefined ? '' : recordText(cause),
      ...(writer === undefined ? {} : { writer }),
    },
  ];
}

function wayOf(
  { kind, data }: TraceRecord,
  { handler }: InterruptSeen,
): Pick<InterruptDto, 'way' | 'state'> {
  if (kind === 'msi') {
    const to = grouped(BigInt(data['address'] ?? 0));
    const state = Number(data['ok']) === 1 ? 'written' : 'aborted';
    return { way: `MSI ${hex(Number(data['data']))} to ${to}`, state };
  }
  const handled = Number(data['handled']) === 1;
  const state = handled ? (handler === 0 ? 'pending' : 'handled') : 'no handler';
  return { way: `line ${Number(data['line'])}`, state };
}

/** What led to an interrupt, and what its handler did. */
export function interruptStory(
  { index }: InspectContext,
  log: InterruptLog,
  record: number,
): Extract<InspectAnswer, { kind: 'interrupt' }> {
  const [, ...causes] = causeChain(index.source, record);
  const { shown, more } = effectsOf(index, log.of(record)?.handler ?? 0);
  return { kind: 'interrupt', causes: causes.reverse().map(lineDto), effects: shown, more };
}

/** Records below the handler's call: each is caused by one that is. */
function effectsOf(
  index: InspectContext['index'],
  handler: number,
): { readonly shown: RecordLineDto[]; readonly more: number } {
  const shown: RecordLineDto[] = [];
  if (handler === 0) {
    return { shown, more: 0 };
  }
  const below = new Set([handler]);
  let more = 0;
  for (const record of readTrace(index.source, handler)) {
    if (record.id > handler + MOST_RECORDS) {
      break;
    }
    if (record.id === handler || below.has(record.cause)) {
      below.add(record.id);
      if (shown.length < MOST_EFFECTS) {
        shown.push(lineDto(record));
      } else {
        more++;
      }
    }
  }
  return { shown, more };
}

function lineDto(record: TraceRecord): RecordLineDto {
  const { id, time, kind, data } = record;
  const line = kind === 'call' ? Number(data['line']) : 0;
  return { record: id, time, text: recordText(record), ...(line > 0 ? { line } : {}) };
}

/** The console's `irqs`. */
export const INTERRUPT_COMMANDS: Readonly<Record<string, ConsoleCommand>> = {
  irqs: {
    usage: 'irqs [N]',
    help: 'interrupts: lines, MSIs, the newest N',
    needs: INTERRUPTS,
    run: irqsCommand,
  },
};

function irqsCommand(
  { context, interrupts }: ConsoleTools,
  [count = '8', rest]: readonly string[],
): string[] {
  if (rest !== undefined) {
    throw new BadArgument(`'${rest}' is one word too many`);
  }
  const shown = numberArgument(count, 'N', 257);
  const views = interruptViews(context, interrupts());
  return [
    ...views.sources.map(sourceLine),
    ...views.interrupts.slice(0, shown).map(({ source, way, state, why, writer }) => {
      const by = writer === undefined ? '' : `  (line ${writer.line})`;
      return `  ${source} ${way} ${state}: ${why}${by}`;
    }),
  ];
}

function sourceLine(source: InterruptSourceDto): string {
  const { name, line, enabled, msi, raised, lost, messages, pending } = source;
  const parts = [
    line === undefined ? undefined : `line ${line}`,
    enabled === undefined ? undefined : enabled ? 'enabled' : 'disabled',
    msi === undefined ? undefined : `MSI ${hex(msi.data)} to ${grouped(msi.address)}`,
    `${raised} raised`,
    lost === 0 ? undefined : `${lost} without a handler`,
    messages === 0 ? undefined : `${messages} MSIs`,
    pending ? 'pending' : undefined,
  ];
  return `${name.padEnd(10)} ${parts.filter((part) => part !== undefined).join(', ')}`;
}
