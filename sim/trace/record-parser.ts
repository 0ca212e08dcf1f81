// One record line of a session file into words. Every value is checked against the kind's payload:
// what gets in obeys the trace's rules (ids rise, causes lie before, time does not go back).

import type { JsonObject } from '../base/json.ts';
import { isJsonObject } from '../base/json.ts';
import { CanonicalLine } from './canonical-line.ts';
import type { PayloadType } from './kinds.ts';
import { ADDED_PAYLOAD, TRACE_KIND_NAMES, TRACE_KINDS } from './kinds.ts';
import type { RecordHead, TraceBuilder } from './trace-builder.ts';

/** Names and types of a kind's payload. */
interface KindPlan {
  readonly number: number;
  readonly fields: readonly (readonly [string, PayloadType])[];
  /** Names of fields that older files lack. */
  readonly added: readonly string[];
}

const PLANS: ReadonlyMap<string, KindPlan> = new Map(
  TRACE_KIND_NAMES.map((name, number) => [
    name,
    {
      number,
      fields: Object.entries<PayloadType>(TRACE_KINDS[name]),
      added: ADDED_PAYLOAD[name] ?? [],
    },
  ]),
);

const U64 = /^0x[0-9a-f]{1,16}$/;

/** Parses lines in the order of the file and adds the good ones to a trace. */
export class RecordParser {
  readonly #builder: TraceBuilder;
  readonly #fast: CanonicalLine;
  readonly #words = new Int32Array(8);
  #kind = 0;
  #length = 0;
  #nextId = 1;
  #time = 0;
  /** Lines without a usable record since the last good one. */
  #bad = 0;

  constructor(builder: TraceBuilder) {
    this.#builder = builder;
    this.#fast = new CanonicalLine(builder);
  }

  /** Says which id the first record must have. */
  expect(id: number): void {
    this.#nextId = id;
  }

  /** Says that a line was told to be unusable without being parsed. */
  skip(): void {
    this.#bad++;
  }

  /** Adds the record between two positions of `text`, or says what is wrong; a bad one is left out. */
  parse(text: string, from: number, end: number): string | undefined {
    const fast = this.#fast;
    if (fast.read(text, from, end) && this.#obeys(fast)) {
      return this.#add(fast, fast.words, fast.length);
    }
    let value: unknown;
    try {
      value = JSON.parse(text.slice(from, end));
    } catch {
      value = undefined;
    }
    const wrong = isJsonObject(value) ? this.#check(value) : 'this is no JSON record';
    if (wrong !== undefined) {
      this.#bad++;
      return wrong;
    }
    return this.#add({ ...(value as RecordHead), kind: this.#kind }, this.#words, this.#length);
  }

  /** What is wrong with a record; its payload's words when nothing is. */
  #check(value: JsonObject): string | undefined {
    const { id, kind, cause, time, data } = value;
    const plan = PLANS.get(String(kind));
    if (!isCount(id) || id < this.#nextId) {
      return `record id ${shown(id)} where ${this.#nextId} should come`;
    }
    if (plan === undefined) {
      return `record ${id}: unknown kind ${shown(kind)} (a newer Substream may know it)`;
    }
    if (!isCount(cause) || cause >= id) {
      return `record ${id}: cause ${shown(cause)} is no earlier record`;
    }
    if (!isCount(time) || time < this.#time) {
      return `record ${id}: time ${shown(time)} lies before ${this.#time}`;
    }
    this.#kind = plan.number;
    const wrong = isJsonObject(data) ? this.#payload(plan, data) : 'data is missing';
    return wrong === undefined ? undefined : `record ${id}, ${String(kind)}: ${wrong}`;
  }

  /** The rules that {@link #check} tells about, for the quick way. */
  #obeys({ id, cause, time }: RecordHead): boolean {
    return id >= this.#nextId && cause < id && time >= this.#time;
  }

  #add(head: RecordHead, words: Int32Array, length: number): string | undefined {
    const { id, time } = head;
    const missing = id - this.#nextId;
    const told = this.#bad;
    const first = this.#nextId;
    this.#nextId = id + 1;
    this.#time = time;
    this.#bad = 0;
    this.#builder.add(head, words, length);
    if (missing <= told) {
      return undefined;
    }
    return missing === 1
      ? `record ${first} is missing`
      : `records ${first} to ${id - 1} are missing`;
  }

  #payload(plan: KindPlan, data: Readonly<Record<string, unknown>>): string | undefined {
    let length = 0;
    for (const [name, type] of plan.fields) {
      const value = data[name] ?? (plan.added.includes(name) ? 0 : undefined);
      if (type === 'str' && typeof value === 'string') {
        this.#words[length++] = this.#builder.intern(value);
      } else if (type === 'u64' && typeof value === 'string' && U64.test(value)) {
        const split = Math.max(2, value.length - 8);
        this.#words[length++] = Number.parseInt(value.slice(split), 16);
        this.#words[length++] = split === 2 ? 0 : Number.parseInt(value.slice(2, split), 16);
      } else if (type === 'u32' && isCount(value) && value < 2 ** 32) {
        this.#words[length++] = value;
      } else if (type === 's32' && typeof value === 'number' && (value | 0) === value) {
        this.#words[length++] = value;
      } else {
        return `${name} is ${shown(value)}, not a value of type ${type}`;
      }
    }
    this.#length = length;
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
