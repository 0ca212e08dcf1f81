// The hardware that a session ran on, as the header of its file describes it.

import type { JsonObject, JsonValue } from '../base/json.ts';
import { DEFAULT_RAM } from '../machine/machine.ts';
import type { RamRegion } from '../machine/memory.ts';
import type { SmmuFeatures } from '../smmu/capabilities.ts';
import { DEFAULT_FEATURES } from '../smmu/capabilities.ts';
import type { Hardware } from './replay.ts';

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
