// Which single change of the script, taken back, would have let the access pass: proof that it is the
// cause, where the rule that failed only names its symptom (a wrong pointer, a format, an override).
// Only the script's own stores are tried: a call of the kernel's API writes whole entries, as it means to.

import { big, bigHi, bigLo } from '../base/hex.ts';
import { TXN_OK } from '../machine/transaction.ts';
import { FETCH_DESCRIPTOR } from '../trace/kinds.ts';
import type { Access, Hardware } from './replay.ts';
import { replay } from './replay.ts';
import type { SeenMemory } from './seen.ts';
import { withWord } from './seen.ts';
import type { Culprit, Structure } from './structure.ts';
import { blame, blameBits } from './structure.ts';
import type { TraceIndex, WordAt } from './trace-index.ts';
import type { Trail } from './trail.ts';
import { valueText } from './words.ts';

/** The access that failed, and what is known about it. */
export interface Failed {
  readonly index: TraceIndex;
  readonly hardware: Hardware;
  /** As the device sent it, before the STE's overrides. */
  readonly access: Access;
  /** Record of the event. */
  readonly when: number;
  readonly memory: SeenMemory;
  readonly trail: Trail;
  /** Bits that break the rule. */
  readonly symptom: Culprit | undefined;
}

/** A field that one store changed, and its word with the change taken back. */
interface Change {
  readonly structure: Structure;
  readonly field: string;
  /** Absolute bits that changed, inside the field. */
  readonly bits: readonly [number, number];
  readonly store: number;
  readonly call: number;
  readonly pa: number;
  readonly undone: bigint;
}

/** What the records of the script's own stores say that they write: whatever it likes. */
const RAW_STORES = new Set(['phys_write', 'buffer']);
/** Fields that lead to the next structure. */
const POINTERS = new Set(['L2Ptr', 'S1ContextPtr', 'TTB0', 'TTB1', 'S2TTB', 'next']);
/** Fields whose bits mean something each on its own. */
const BITWISE = new Set(['AP', 'APTable', 'S2AP', 'XN']);
/** Older stores to one word than this many are not looked at. */
const STORES_TRIED = 4;
const WORD_BYTES = 8;
const WORD_BITS = 64;

/**
 * The one change that explains the fault, when the symptom does not already name it; undefined when there
 * is none, or when several of one call would do.
 */
export function causeOf(failed: Failed): Culprit | undefined {
  const helpful = changesOf(failed).filter((change) => wouldPass(failed, change));
  if (helpful.some((change) => isSymptom(change, failed.symptom))) {
    return undefined;
  }
  const [newest, second] = helpful
    .filter((change) => !isMeant(failed, change))
    .sort((a, b) => b.store - a.store);
  return newest === undefined || newest.call === second?.call
    ? undefined
    : culpritOf(newest, failed.symptom);
}

/** Each field of what the SMMU read that a store of the script changed last. */
function changesOf({ index, memory, trail }: Failed): Change[] {
  const places = new Map<number, Structure>();
  for (const structure of trail.all) {
    for (let offset = 0; offset < structure.layout.bits / 8; offset += WORD_BYTES) {
      places.set(structure.pa + offset, structure);
    }
  }
  return [...places].flatMap(([pa, structure]) => changesOfWord(index, memory, structure, pa));
}

function changesOfWord(
  index: TraceIndex,
  memory: SeenMemory,
  structure: Structure,
  pa: number,
): Change[] {
  const stores = index.stores(pa, memory.asOf(pa), STORES_TRIED);
  if (!stores.some(({ id }) => isRaw(index, id))) {
    return [];
  }
  const found = new Map<string, Change | undefined>();
  const now = wide(memory.wordAt(pa));
  for (const { id, before, after } of stores) {
    const changed = wide(before) ^ wide(after);
    for (const { name, mask, base } of fieldsIn(structure, pa)) {
      if ((changed & mask) !== 0n && !found.has(name)) {
        const kept = ((now ^ wide(after)) & mask) === 0n;
        found.set(
          name,
          kept && isRaw(index, id)
            ? {
                structure,
                field: name,
                bits: range(changed & mask, base),
                store: id,
                call: index.callSite(id)?.id ?? id,
                pa,
                undone: (now & ~mask) | (wide(before) & mask),
              }
            : undefined,
        );
      }
    }
  }
  return [...found.values()].filter((change) => change !== undefined);
}

/** Fields of the structure in the word at `pa`; `base`: absolute number of the word's bit 0. */
function fieldsIn(structure: Structure, pa: number) {
  const base = (pa - structure.pa) * 8;
  return Object.entries(structure.layout.fields).flatMap(([name, { hi, lo }]) => {
    const inside = lo >= base && lo < base + WORD_BITS;
    const mask = ((1n << BigInt(hi - lo + 1)) - 1n) << BigInt(lo % WORD_BITS);
    return inside ? [{ name, mask, base }] : [];
  });
}

/** Highest and lowest bit of a mask, as absolute numbers. */
function range(mask: bigint, base: number): readonly [number, number] {
  const digits = mask.toString(2);
  return [base + digits.length - 1, base + digits.length - 1 - digits.lastIndexOf('1')];
}

/** True when the access, with the change taken back, is translated and passes. */
function wouldPass(failed: Failed, { pa, undone }: Change): boolean {
  const { index, hardware, access, when } = failed;
  const memory = withWord(failed.memory, pa, bigLo(undone), bigHi(undone));
  const { status, event, fetches } = replay(index, hardware, access, { when, memory });
  return (
    status === TXN_OK &&
    event === undefined &&
    fetches.some(({ what }) => what === FETCH_DESCRIPTOR)
  );
}

function isSymptom({ pa, bits }: Change, symptom: Culprit | undefined): boolean {
  const place = symptom?.place;
  return (
    symptom !== undefined &&
    place !== undefined &&
    'pa' in place &&
    place.pa === pa &&
    bits[0] >= symptom.lo &&
    bits[1] <= symptom.hi
  );
}

/** A pointer to where the script itself has stored the bits that fail is meant: they are at fault. */
function isMeant({ index, memory, symptom }: Failed, { field, call }: Change): boolean {
  const place = symptom?.place;
  if (!POINTERS.has(field) || place === undefined || !('pa' in place)) {
    return false;
  }
  const { writer } = memory.wordAt(place.pa);
  return writer !== 0 && isRaw(index, writer) && index.callSite(writer)?.id !== call;
}

function isRaw(index: TraceIndex, store: number): boolean {
  const record = index.record(store);
  return record?.kind === 'mem_write' && RAW_STORES.has(String(record.data['what']));
}

function culpritOf({ structure, field, bits, pa, undone }: Change, symptom: Culprit | undefined) {
  const rule = `${was(structure, field, pa, undone)} before, and the access would have passed${so(symptom)}`;
  const section = symptom?.section ?? structure.layout.section;
  const whole = blame(structure, field, rule, section);
  return BITWISE.has(field) ? { ...blameBits(structure, field, bits, rule), section } : whole;
}

/** `it was 0x4001_0000`. */
function was(structure: Structure, field: string, pa: number, undone: bigint): string {
  const words = structure.words.slice();
  const at = (pa - structure.pa) / 4;
  words[at] = bigLo(undone);
  words[at + 1] = bigHi(undone);
  const view = structure.layout.describe(words).find(({ name }) => name === field);
  return `it was ${view === undefined ? 'another value' : valueText(view)}`;
}

function so(symptom: Culprit | undefined): string {
  return symptom === undefined ? '' : `. Now ${symptom.where}.${symptom.field}: ${symptom.rule}`;
}

function wide({ lo, hi }: Pick<WordAt, 'lo' | 'hi'>): bigint {
  return big(lo, hi);
}
