// Hardware breakpoints as a line of words, and what they match. The words are those of the manual:
// names of events, commands, registers, structures and their fields. See HardwareBreakpoint for the
// grammar.

import type { FieldTable, RecordTable } from '../regs/record.ts';
import type { World } from '../script/world.ts';
import { EVENT_QUEUED } from '../smmu/event-queue.ts';
import { effectiveLog2Size } from '../smmu/output-queue.ts';
import { PPR_QUEUED } from '../smmu/pri-queue.ts';
import { indexMask } from '../smmu/queue.ts';
import { Smmu } from '../smmu/smmu.ts';
import { CD } from '../smmu/spec/cd.ts';
import { COMMANDS } from '../smmu/spec/commands.ts';
import { EVENTS } from '../smmu/spec/events.ts';
import type { RegisterName } from '../smmu/spec/registers.ts';
import { REGISTERS } from '../smmu/spec/registers.ts';
import { STE } from '../smmu/spec/ste.ts';
import { DIAGNOSTIC_CLASSES } from '../trace/diagnostics.ts';
import { K } from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';
import { cdAddress, steAddress } from './debug-structures.ts';
import { domainDescriptors, streamDescriptors } from './debug-tables.ts';
import type { NumberKey, Numbers } from './debug-words.ts';
import { rest, splitWords, streamsOf, superfluous } from './debug-words.ts';

/** True for a record that a breakpoint waits for; `words` is its payload. */
export type Matcher = (
  words: readonly number[],
  recorder: Recorder,
  world: World | undefined,
) => boolean;

/** A breakpoint's matcher with its id. */
export interface HardwareMatch {
  readonly id: number;
  readonly matches: Matcher;
}

/** What a line of words waits for. */
export interface Trigger {
  /** Kind of trace record, a number of `K`. */
  readonly kind: number;
  readonly matches: Matcher;
}

/** What can be stopped at, and the numbers that say which one. */
interface Subject {
  readonly takes: readonly NumberKey[];
  readonly make: (names: readonly string[], numbers: Numbers) => Trigger | string;
}

const SUBJECTS: Readonly<Record<string, Subject>> = {
  event: { takes: ['sid', 'ssid'], make: eventTrigger },
  command: { takes: ['sid', 'ssid'], make: commandTrigger },
  write: { takes: ['sid', 'ssid', 'iova'], make: writeTrigger },
  register: { takes: [], make: registerTrigger },
  queue: { takes: [], make: queueTrigger },
  diagnostic: { takes: [], make: diagnosticTrigger },
  dma: {
    takes: ['sid', 'ssid', 'iova'],
    make: (names, numbers) => rest(names) ?? { kind: K.dma, matches: dmaMatcher(numbers) },
  },
  irq: { takes: [], make: (names) => rest(names) ?? { kind: K.irq, matches: () => true } },
};

/** The trigger of a line of words, or what is wrong with the line. */
export function parseTrigger(on: string): Trigger | string {
  const words = splitWords(on);
  if (typeof words === 'string') {
    return words;
  }
  const [what = '', ...names] = words.names;
  const subject = named(SUBJECTS, what);
  return subject === undefined
    ? `'${what}' is nothing to stop at (there is: ${Object.keys(SUBJECTS).join(', ')})`
    : (superfluous(what, subject.takes, words.numbers) ?? subject.make(names, words.numbers));
}

function eventTrigger([name, ...more]: readonly string[], numbers: Numbers): Trigger | string {
  const event = named(EVENTS, name);
  if (name !== undefined && event === undefined) {
    return unknown('event', name, EVENTS);
  }
  return (
    rest(more) ?? {
      kind: K.event,
      matches: ([lo = 0, sid = 0]) => {
        const ssid = (lo >>> 11) & 1 ? lo >>> 12 : -1;
        return (
          (event === undefined || (lo & 0xff) === event.type) &&
          fits(numbers.sid, sid >>> 0) &&
          fits(numbers.ssid, ssid)
        );
      },
    }
  );
}

function commandTrigger([name, ...more]: readonly string[], numbers: Numbers): Trigger | string {
  const command = named(COMMANDS, name);
  if (name !== undefined && command === undefined) {
    return unknown('command', name, COMMANDS);
  }
  for (const [key, field] of COMMAND_FIELDS) {
    if (command !== undefined && numbers[key] !== undefined && !(field in command.fields)) {
      return `${name} has no ${field}`;
    }
  }
  const matches: Matcher = ([, , lo = 0, hi = 0]) => {
    const opcode = lo & 0xff;
    const { sid, ssid } = numbers;
    return (
      (command === undefined || opcode === command.opcode) &&
      (sid === undefined || (hasField(opcode, 'StreamID') && sid === hi >>> 0)) &&
      (ssid === undefined || (hasField(opcode, 'SubstreamID') && ssid === lo >>> 12))
    );
  };
  return rest(more) ?? { kind: K.command, matches };
}

/** Where a command names what it means; both are in the same place in all that do (4.2 to 4.8). */
const COMMAND_FIELDS = [
  ['sid', 'StreamID'],
  ['ssid', 'SubstreamID'],
] as const;

function hasField(opcode: number, field: string): boolean {
  return Object.values(COMMANDS).some((one) => one.opcode === opcode && field in one.fields);
}

type QueueMaker = (wanted: number) => Trigger;

const QUEUES: Readonly<Record<string, QueueMaker>> = {
  CMDQ: (wanted) => ({ kind: K.command, matches: ([at]) => at === wanted }),
  EVENTQ: (wanted) => ({
    kind: K.event_result,
    matches: ([result, at]) => result === EVENT_QUEUED && at === wanted,
  }),
  // The record does not say where the request went: right behind it stands PROD.
  PRIQ: (wanted) => ({
    kind: K.ppr,
    matches: ([, , , , result], _, world) =>
      result === PPR_QUEUED && lastPageRequest(smmuOf(world)) === wanted,
  }),
};

function queueTrigger([queue, index, ...more]: readonly string[]): Trigger | string {
  const make = named(QUEUES, queue);
  if (make === undefined) {
    return unknown('queue', queue ?? '', QUEUES);
  }
  const wanted = Number(index);
  return Number.isInteger(wanted) && wanted >= 0
    ? (rest(more) ?? make(wanted))
    : `queue ${queue} needs an index, e.g. queue ${queue} 0`;
}

/** Index of the newest entry of the PRI queue. */
function lastPageRequest(smmu: Smmu | undefined): number | undefined {
  if (smmu === undefined) {
    return undefined;
  }
  const { registers } = smmu;
  const most = Number(REGISTERS.IDR1.get([registers.lo('IDR1')], 'PRIQS'));
  const log2Size = effectiveLog2Size(registers.lo('PRIQ_BASE'), most);
  return (registers.lo('PRIQ_PROD') - 1) & indexMask(log2Size);
}

function diagnosticTrigger([name, ...more]: readonly string[]): Trigger | string {
  const wanted = (DIAGNOSTIC_CLASSES as readonly string[]).indexOf(name ?? '');
  if (name !== undefined && wanted < 0) {
    return `no diagnostic is a ${name} (there is: ${DIAGNOSTIC_CLASSES.join(', ')})`;
  }
  const matches: Matcher = ([at]) => wanted < 0 || at === wanted;
  return rest(more) ?? { kind: K.diagnostic, matches };
}

function dmaMatcher(numbers: Numbers): Matcher {
  return ([sid = 0, ssid = 0, lo = 0, hi = 0]) =>
    fits(numbers.sid, sid >>> 0) &&
    fits(numbers.ssid, ssid) &&
    fits(numbers.iova, (hi >>> 0) * 2 ** 32 + (lo >>> 0));
}

/** The record comes before the register changes: the field must be about to get another value. */
function registerTrigger([given = '', ...more]: readonly string[]): Trigger | string {
  const [name = '', dotted] = given.split('.');
  const [field = dotted, ...others] = more;
  const register = named(REGISTERS, name);
  if (register === undefined) {
    return unknown('register', name, REGISTERS);
  }
  const table = register as RecordTable<FieldTable>;
  if (field !== undefined && !Object.hasOwn(table.fields, field)) {
    return unknown(`field of ${name}`, field, table.fields);
  }
  return (
    rest(others) ?? {
      kind: K.mmio_write,
      matches: ([offset = 0, width = 0, lo = 0, hi = 0], _, world) => {
        const inside = offset >= register.offset && offset < register.offset + register.width / 8;
        if (!inside || field === undefined) {
          return inside;
        }
        const smmu = smmuOf(world);
        const now = [
          smmu?.registers.lo(name as RegisterName) ?? 0,
          smmu?.registers.hi(name as RegisterName) ?? 0,
        ];
        const next =
          offset > register.offset ? [now[0] ?? 0, lo] : [lo, width === 64 ? hi : (now[1] ?? 0)];
        return table.get(next, field) !== table.get(now, field);
      },
    }
  );
}

interface Structure {
  /** In the trace. */
  readonly what: string;
  readonly takes: readonly NumberKey[];
  readonly table?: RecordTable<FieldTable>;
}

const STRUCTURES: Readonly<Record<string, Structure>> = {
  STE: { what: 'ste', takes: ['sid'], table: STE as RecordTable<FieldTable> },
  CD: { what: 'cd', takes: ['sid', 'ssid'], table: CD as RecordTable<FieldTable> },
  PTE: { what: 'pte', takes: ['sid', 'ssid', 'iova'] },
};

function writeTrigger(
  [name = '', field, ...more]: readonly string[],
  numbers: Numbers,
): Trigger | string {
  const structure = named(STRUCTURES, name);
  if (structure === undefined) {
    return unknown('structure', name, STRUCTURES);
  }
  const { what, table, takes } = structure;
  if (field !== undefined && (table === undefined || !Object.hasOwn(table.fields, field))) {
    return unknown(`field of ${name}`, field, table?.fields ?? {});
  }
  const wrong = rest(more) ?? superfluous(`write ${name}`, takes, numbers);
  if (wrong !== undefined) {
    return wrong;
  }
  if (name === 'PTE' && numbers.iova === undefined && Object.keys(numbers).length > 0) {
    return 'write PTE needs an iova beside a sid or ssid, e.g. iova=0x70000000';
  }
  const size = (table?.bits ?? 64) / 8;
  return {
    kind: K.mem_write,
    matches: ([text = 0, paLo = 0, paHi = 0], recorder, world) => {
      const pa = (paHi >>> 0) * 2 ** 32 + (paLo >>> 0);
      const places = placesOf(name, world, numbers);
      // A script may write a structure by hand: then its place alone tells what it is.
      const start =
        places === undefined
          ? recorder.texts[text] === what && Math.floor(pa / size) * size
          : places.find((place) => pa >= place && pa < place + size);
      return typeof start === 'number' && (field === undefined || covers(table, field, pa - start));
    },
  };
}

/** Addresses that the words name; undefined when they name no stream, substream or address. */
function placesOf(
  name: string,
  world: World | undefined,
  numbers: Numbers,
): readonly number[] | undefined {
  const { sid, ssid, iova } = numbers;
  if (sid === undefined && ssid === undefined && iova === undefined) {
    return undefined;
  }
  const state = smmuOf(world)?.state;
  if (world === undefined || state === undefined) {
    return [];
  }
  const found = streamsOf(numbers, world).flatMap((one) => {
    switch (name) {
      case 'STE':
        return [steAddress(state, one)];
      case 'CD':
        return [cdAddress(state, one, ssid ?? 0)];
      default:
        return iova === undefined ? [] : streamDescriptors(state, one, ssid, iova);
    }
  });
  const anywhere = iova !== undefined && sid === undefined && ssid === undefined;
  const kept = anywhere ? domainDescriptors(world, iova) : [];
  return [...found, ...kept].filter((place) => place !== undefined);
}

/** True when the 8 bytes at byte `offset` of a structure hold a part of `field`. */
function covers(
  table: RecordTable<FieldTable> | undefined,
  field: string,
  offset: number,
): boolean {
  const place = table?.fields[field];
  return place !== undefined && place.lo < (offset + 8) * 8 && place.hi >= offset * 8;
}

function smmuOf(world: World | undefined): Smmu | undefined {
  return world?.port instanceof Smmu ? world.port : undefined;
}

function named<T>(table: Readonly<Record<string, T>>, name: string | undefined): T | undefined {
  return name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

function fits(wanted: number | undefined, value: number): boolean {
  return wanted === undefined || wanted === value;
}

function unknown(what: string, name: string, table: Readonly<Record<string, unknown>>): string {
  const known = Object.keys(table);
  const some = known.length > 12 ? [...known.slice(0, 12), '…'] : known;
  return `no ${what} is named ${name === '' ? '(nothing)' : name} (there is: ${some.join(', ')})`;
}
