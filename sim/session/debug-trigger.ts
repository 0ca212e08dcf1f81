// Hardware breakpoints as a line of words, and what they match. The words are those of the manual:
// names of events, commands, registers, structures and their fields. See HardwareBreakpoint for the
// grammar.

import type { FieldTable, RecordTable } from '../regs/record.ts';
import type { World } from '../script/world.ts';
import { Smmu } from '../smmu/smmu.ts';
import type { SmmuState } from '../smmu/smmu-state.ts';
import { CD } from '../smmu/spec/cd.ts';
import { COMMANDS } from '../smmu/spec/commands.ts';
import { EVENTS } from '../smmu/spec/events.ts';
import type { RegisterName } from '../smmu/spec/registers.ts';
import { REGISTERS } from '../smmu/spec/registers.ts';
import { STE } from '../smmu/spec/ste.ts';
import { DIAGNOSTIC_CLASSES } from '../trace/diagnostics.ts';
import { K } from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';
import { cdAddress, descriptorAddresses, steAddress } from './debug-structures.ts';
import type { Numbers } from './debug-words.ts';
import { rest, splitWords, streamsOf } from './debug-words.ts';

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

type Maker = (names: readonly string[], numbers: Numbers) => Trigger | string;

const MAKERS: Readonly<Record<string, Maker>> = {
  event: eventTrigger,
  command: commandTrigger,
  write: writeTrigger,
  register: registerTrigger,
  queue: queueTrigger,
  diagnostic: diagnosticTrigger,
  dma: (names, numbers) => rest(names) ?? { kind: K.dma, matches: dmaMatcher(numbers) },
  irq: (names) => rest(names) ?? { kind: K.irq, matches: () => true },
};

/** The trigger of a line of words, or what is wrong with the line. */
export function parseTrigger(on: string): Trigger | string {
  const words = splitWords(on);
  if (typeof words === 'string') {
    return words;
  }
  const [what = '', ...names] = words.names;
  const maker = Object.hasOwn(MAKERS, what) ? MAKERS[what] : undefined;
  return maker === undefined
    ? `'${what}' is nothing to stop at (there is: ${Object.keys(MAKERS).join(', ')})`
    : maker(names, words.numbers);
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
          fits(numbers['sid'], sid >>> 0) &&
          fits(numbers['ssid'], ssid)
        );
      },
    }
  );
}

function commandTrigger([name, ...more]: readonly string[]): Trigger | string {
  const command = named(COMMANDS, name);
  if (name !== undefined && command === undefined) {
    return unknown('command', name, COMMANDS);
  }
  const matches: Matcher = ([, , lo = 0]) =>
    command === undefined || (lo & 0xff) === command.opcode;
  return rest(more) ?? { kind: K.command, matches };
}

function queueTrigger([queue, index, ...more]: readonly string[]): Trigger | string {
  const wanted = Number(index);
  if (!Number.isInteger(wanted) || more.length > 0) {
    return 'queue needs CMDQ or EVENTQ, and an index';
  }
  if (queue === 'CMDQ') {
    return { kind: K.command, matches: ([at]) => at === wanted };
  }
  return queue === 'EVENTQ'
    ? { kind: K.event_result, matches: ([result, at]) => result === 0 && at === wanted }
    : `no queue is named ${queue} here (there is: CMDQ, EVENTQ)`;
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
    fits(numbers['sid'], sid >>> 0) &&
    fits(numbers['ssid'], ssid) &&
    fits(numbers['iova'], (hi >>> 0) * 2 ** 32 + (lo >>> 0));
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

const STRUCTURES: Readonly<
  Record<string, { readonly what: string; readonly table?: RecordTable<FieldTable> }>
> = {
  STE: { what: 'ste', table: STE as RecordTable<FieldTable> },
  CD: { what: 'cd', table: CD as RecordTable<FieldTable> },
  PTE: { what: 'pte' },
};

function writeTrigger(
  [name = '', field, ...more]: readonly string[],
  numbers: Numbers,
): Trigger | string {
  const structure = named(STRUCTURES, name);
  if (structure === undefined) {
    return unknown('structure', name, STRUCTURES);
  }
  const { what, table } = structure;
  if (field !== undefined && (table === undefined || !Object.hasOwn(table.fields, field))) {
    return unknown(`field of ${name}`, field, table?.fields ?? {});
  }
  return (
    rest(more) ?? {
      kind: K.mem_write,
      matches: ([text = 0, paLo = 0, paHi = 0], recorder, world) => {
        const smmu = smmuOf(world);
        if (recorder.texts[text] !== what || smmu === undefined) {
          return false;
        }
        const pa = (paHi >>> 0) * 2 ** 32 + (paLo >>> 0);
        const size = (table?.bits ?? 64) / 8;
        const places = placesOf(name, smmu.state, streamsOf(numbers, world), numbers);
        const start =
          places === undefined
            ? Math.floor(pa / size) * size
            : places.find((place) => pa >= place && pa < place + size);
        return start !== undefined && (field === undefined || covers(table, field, pa - start));
      },
    }
  );
}

/** Addresses that the words name; undefined when they name no stream, substream or address. */
function placesOf(
  name: string,
  state: SmmuState,
  sids: readonly number[],
  { sid, ssid, iova }: Numbers,
): readonly number[] | undefined {
  if (sid === undefined && ssid === undefined && iova === undefined) {
    return undefined;
  }
  const found = sids.flatMap((one) => {
    switch (name) {
      case 'STE':
        return [steAddress(state, one)];
      case 'CD':
        return [cdAddress(state, one, ssid ?? 0)];
      default:
        return iova === undefined ? [] : descriptorAddresses(state, one, ssid, iova);
    }
  });
  return found.filter((place) => place !== undefined);
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
