// The words of a hardware breakpoint: names in order, and numbers with a key.

import type { BusType } from '../kernel/iommu-types.ts';
import type { World } from '../script/world.ts';

const KEYS = ['sid', 'ssid', 'iova'];

/** Numbers by key: `sid`, `ssid`, `iova`. */
export type Numbers = Readonly<Record<string, number | undefined>>;

/** Names and numbers of a line, or what is wrong with it. */
export function splitWords(
  on: string,
): { readonly names: readonly string[]; readonly numbers: Numbers } | string {
  const names: string[] = [];
  const numbers: Record<string, number> = {};
  for (const word of on.trim().split(/\s+/)) {
    const [key = '', value] = word.split('=');
    if (value === undefined) {
      names.push(word);
      continue;
    }
    const number = Number(value.replaceAll('_', ''));
    if (!KEYS.includes(key) || value === '' || !Number.isSafeInteger(number) || number < 0) {
      return `'${word}' is not understood: ${KEYS.join(', ')} take a number, e.g. sid=0x10`;
    }
    numbers[key] = number;
  }
  return { names, numbers };
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
