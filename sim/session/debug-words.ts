// The words of a hardware breakpoint: names in order, and numbers with a key.

import type { BusType } from '../kernel/iommu-types.ts';
import type { World } from '../script/world.ts';

const KEYS = ['sid', 'ssid', 'iova'] as const;

/** What a number means. */
export type NumberKey = (typeof KEYS)[number];

/** Numbers by key. */
export type Numbers = Readonly<Partial<Record<NumberKey, number>>>;

/** Names and numbers of a line, or what is wrong with it. */
export function splitWords(
  on: string,
): { readonly names: readonly string[]; readonly numbers: Numbers } | string {
  const names: string[] = [];
  const numbers: Partial<Record<NumberKey, number>> = {};
  for (const word of on.trim().split(/\s+/)) {
    const [key = '', value] = word.split('=');
    if (value === undefined) {
      names.push(word);
      continue;
    }
    const number = Number(value.replaceAll('_', ''));
    if (!isKey(key) || value === '' || !Number.isSafeInteger(number) || number < 0) {
      return `'${word}' is not understood: ${KEYS.join(', ')} take a number, e.g. sid=0x10`;
    }
    numbers[key] = number;
  }
  return { names, numbers };
}

function isKey(word: string): word is NumberKey {
  return (KEYS as readonly string[]).includes(word);
}

/** What is wrong with numbers that `what` does not take; undefined when nothing is. */
export function superfluous(
  what: string,
  takes: readonly NumberKey[],
  numbers: Numbers,
): string | undefined {
  const key = KEYS.find((one) => numbers[one] !== undefined && !takes.includes(one));
  const instead = takes.length === 0 ? 'no number' : takes.join(', ');
  return key === undefined ? undefined : `'${what}' takes ${instead}, not ${key}`;
}

/** What is wrong with words that nothing takes; undefined when there are none. */
export function rest(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `'${names.join(' ')}' is one word too many`;
}

/** The StreamID that is given, or those of all devices. */
export function streamsOf({ sid }: Numbers, world: World | undefined): readonly number[] {
  if (sid !== undefined || world === undefined) {
    return sid === undefined ? [] : [sid];
  }
  const buses = [world.buses.platform, world.buses.pci] as BusType[];
  return buses.flatMap(({ devices }) =>
    devices.flatMap(({ iommu_fwspec }) => iommu_fwspec?.ids ?? []),
  );
}
