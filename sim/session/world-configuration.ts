// What `machine.configure` may choose, before the first device: profile, memory, SMMU features.

import { hex } from '../base/hex.ts';
import type { JsonObject } from '../base/json.ts';
import { DEFAULT_RAM } from '../machine/machine.ts';
import type { Profile } from '../protocol/api.ts';
import { ApiError } from '../script/api-error.ts';
import { Options } from '../script/options.ts';
import type { SmmuFeatures } from '../smmu/capabilities.ts';
import { DEFAULT_FEATURES } from '../smmu/capabilities.ts';
import { unmodelledFeatures } from '../smmu/id-registers.ts';

/** A machine to make. */
export interface WorldChoice {
  readonly profile: Profile;
  readonly features: Readonly<SmmuFeatures>;
  readonly ram: { readonly base: number; readonly size: number };
}

const WHERE = 'machine.configure';
const MEBIBYTE_2 = 2 ** 21;
const MOST_RAM = 2 ** 44;

/** Collects the choices of one script. */
export class WorldConfiguration {
  #choice: WorldChoice;
  #frozen = false;

  constructor(profile: Profile) {
    this.#choice = { profile, features: DEFAULT_FEATURES, ram: DEFAULT_RAM };
  }

  get profile(): Profile {
    return this.#choice.profile;
  }

  /** `machine.configure(options)`; a later call adds to an earlier one. @throws ApiError */
  choose(given: unknown): void {
    if (this.#frozen) {
      throw new ApiError(
        'Error',
        `${WHERE}: the machine runs already; call it before anything else`,
      );
    }
    const options = new Options(WHERE, given);
    const profile = options.word('profile', ['seed18', 'attr19']) ?? this.#choice.profile;
    const smmu = options.table('smmu');
    const ram = options.table('ram');
    options.done();
    this.#choice = {
      profile,
      features: smmu === undefined ? this.#choice.features : this.#features(smmu),
      ram: ram === undefined ? this.#choice.ram : ramOf(ram),
    };
  }

  /** The final choice; from now on nothing can be configured. */
  freeze(): WorldChoice {
    this.#frozen = true;
    return this.#choice;
  }

  /** For the session file: features that differ from the default only. */
  asJson(): JsonObject {
    const { profile, features, ram } = this.#choice;
    const defaults = DEFAULT_FEATURES as unknown as Record<string, boolean | number>;
    const smmu = Object.fromEntries(
      Object.entries(features).filter(([name, value]) => defaults[name] !== value),
    );
    return { profile, ram: { base: hex(ram.base), size: hex(ram.size) }, smmu };
  }

  #features(given: Readonly<Record<string, unknown>>): SmmuFeatures {
    const features: Record<string, unknown> = { ...this.#choice.features };
    for (const [name, value] of Object.entries(given)) {
      const now = features[name];
      if (now === undefined) {
        const known = Object.keys(features).join(', ');
        throw new ApiError('TypeError', `${WHERE}: no SMMU feature ${name} (there is: ${known})`);
      }
      if (typeof value !== typeof now || (typeof value === 'number' && !(value >= 0))) {
        const wanted = typeof now === 'boolean' ? 'true or false' : 'a number, not negative';
        throw new ApiError('TypeError', `${WHERE}: smmu.${name} must be ${wanted}, got ${value}`);
      }
      features[name] = value;
    }
    const made = features as unknown as SmmuFeatures;
    const missing = unmodelledFeatures(made);
    if (missing.length > 0) {
      throw new ApiError('Error', `${WHERE}: not modelled: ${missing.join('; ')}`);
    }
    return made;
  }
}

function ramOf(given: Readonly<Record<string, unknown>>): { base: number; size: number } {
  const options = new Options(`${WHERE}: ram`, given);
  const base = options.number('base', 0, MOST_RAM) ?? DEFAULT_RAM.base;
  const size = options.number('size', MEBIBYTE_2, MOST_RAM) ?? DEFAULT_RAM.size;
  options.done();
  if (base % MEBIBYTE_2 !== 0 || size % MEBIBYTE_2 !== 0) {
    throw new ApiError(
      'RangeError',
      `${WHERE}: ram must be aligned to 2 MiB, got ${hex(base)} + ${hex(size)}`,
    );
  }
  return { base, size };
}
