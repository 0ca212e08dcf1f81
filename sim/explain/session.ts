// Explanations of a session file: its header says what hardware it ran on.

import type { JsonObject, JsonValue } from '../base/json.ts';
import { DEFAULT_RAM } from '../machine/machine.ts';
import type { RamRegion } from '../machine/memory.ts';
import type { SmmuFeatures } from '../smmu/capabilities.ts';
import { DEFAULT_FEATURES } from '../smmu/capabilities.ts';
import type { TraceSource } from '../trace/reader.ts';
import { explainEvent } from './explanation.ts';
import type { Hardware } from './replay.ts';
import { explanationLines } from './text.ts';
import { TraceIndex } from './trace-index.ts';

/** A session as it is opened from a file. */
export interface ExplainedSession {
  readonly file: string;
  /** Machine configuration of the header. */
  readonly machine: JsonObject;
  readonly source: TraceSource;
}

/** The SMMU's features and the RAM that a header's machine configuration describes. */
export function hardwareOf(machine: JsonObject): Hardware {
  const features = (machine['smmu'] ?? {}) as Partial<SmmuFeatures>;
  const ram = machine['ram'] as JsonObject | undefined;
  return {
    features: { ...DEFAULT_FEATURES, ...features },
    ram: [ram === undefined ? DEFAULT_RAM : regionOf(ram)],
  };
}

function regionOf(ram: JsonObject): RamRegion {
  return { base: numberOf(ram['base']), size: numberOf(ram['size']) };
}

function numberOf(value: JsonValue | undefined): number {
  return Number(value ?? 0);
}

/** Explains faults of one session; event numbers count from 1, as the console shows them. */
export class SessionExplainer {
  readonly #session: ExplainedSession;
  readonly #hardware: Hardware;
  readonly #index: TraceIndex;

  constructor(session: ExplainedSession) {
    this.#session = session;
    this.#hardware = hardwareOf(session.machine);
    this.#index = new TraceIndex(session.source);
  }

  /** Events in the session. */
  get events(): number {
    this.#index.update();
    return this.#index.events.length;
  }

  /** Text of one explanation, lines of at most 72 columns; undefined when there is no such event. */
  lines(number: number): string[] | undefined {
    this.#index.update();
    const record = this.#index.events[number - 1];
    if (record === undefined) {
      return undefined;
    }
    const explanation = explainEvent(this.#index, record, this.#hardware);
    const index = this.#index;
    const device = (sid: number): string | undefined => index.deviceName(sid);
    return explanationLines(explanation, { file: this.#session.file, device });
  }
}
