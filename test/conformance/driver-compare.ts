// Compares two traces of README-driver.md: repeated items are spelled out, counts that depend on a clock
// are dropped, and what changed in memory between two visible items is a set.

import type { Item } from './driver-memory.ts';
import { hex } from './driver-memory.ts';

const MEMORY_KEYS = ['ste', 'cd', 'pte', 'l1std', 'cmdq_rewrite'] as const;
/** Items that the device takes part in: memory that changed before one of them is visible to it. */
const VISIBLE_KEYS = ['mmio', 'cmd', 'hw', 'irq', 'irq_ret', 'irq_thread_ret'] as const;

function inMemory(item: Item): boolean {
  return MEMORY_KEYS.some((key) => key in item);
}

/** What an item in memory is about: a later one of the same key in a span replaces it. */
function keyOf(item: Item): string {
  return [...MEMORY_KEYS.map((key) => item[key]), item['idx']].map(String).join('/');
}

/** The items as lines, ready to compare. `ring`: entries of the command queue. */
export function canonical(trace: readonly Item[], ring: number): string[] {
  const lines: string[] = [];
  const memory = new Map<string, Item>();
  let others: string[] = [];
  let lastRead: string | undefined;
  const close = (): void => {
    lines.push(...[...memory.values()].map(lineOf).sort(), ...others);
    memory.clear();
    others = [];
  };
  for (const item of trace.flatMap((each) => spellOut(each, ring))) {
    if (inMemory(item)) {
      memory.set(keyOf(item), merged(memory.get(keyOf(item)), item));
      lastRead = undefined;
      continue;
    }
    const line = lineOf(item);
    if (!VISIBLE_KEYS.some((key) => key in item)) {
      others.push(line);
      lastRead = undefined;
      continue;
    }
    close();
    const read = item['mmio'] === 'r';
    if (!(read && line === lastRead)) {
      lines.push(line);
    }
    lastRead = read ? line : undefined;
  }
  close();
  return lines;
}

function merged(before: Item | undefined, now: Item): Item {
  if (before === undefined || !('changed' in now)) {
    return now;
  }
  const changed = new Set([...(before['changed'] as number[]), ...(now['changed'] as number[])]);
  return { ...now, changed: [...changed].sort() };
}

function lineOf(item: Item): string {
  const entries = Object.entries(item).filter(([key]) => key !== 'n');
  return JSON.stringify(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))));
}

function spellOut(item: Item, ring: number): Item[] {
  if ('run' in item) {
    return spellOutRun(item, ring);
  }
  if ('cmd' in item) {
    const { cmd, idx, err, smmu } = item;
    return [
      { cmd, idx, ...(err === undefined ? {} : { err }), ...(smmu === undefined ? {} : { smmu }) },
    ];
  }
  if ('mmio' in item) {
    const { mmio, off, w, val, smmu } = item;
    return [{ mmio, off, w, val, ...(smmu === undefined ? {} : { smmu }) }];
  }
  const count = Number(item['count'] ?? 1);
  if ('ste' in item && count > 1) {
    const { count: _count, ...rest } = item;
    const first = Number(item['ste']);
    return Array.from({ length: count }, (_, index) => ({ ...rest, ste: hex(first + index) }));
  }
  if ('pte' in item && count > 1) {
    return spellOutPtes(item, count);
  }
  return [item];
}

function spellOutPtes(item: Item, count: number): Item[] {
  const { count: _count, stride, ...rest } = item;
  const first = Number(item['idx']);
  const step = BigInt(String(stride ?? '0x0'));
  const text = String(item['val']);
  if (text.startsWith('@')) {
    return Array.from({ length: count }, (_, index) => ({ ...rest, idx: hex(first + index) }));
  }
  return Array.from({ length: count }, (_, index) => ({
    ...rest,
    idx: hex(first + index),
    val: hex(BigInt(text) + step * BigInt(index)),
  }));
}

function spellOutRun(item: Item, ring: number): Item[] {
  const count = Number(item['run']);
  const [dw0, dw1 = '0x0'] = item['cmd'] as string[];
  const stride = BigInt(String(item['stride']));
  const first = Number(item['prod_first']);
  const items: Item[] = [];
  for (let index = 0; index < count; index++) {
    const prod = (first + index) % (2 * ring);
    const idx = (prod + 2 * ring - 1) % ring;
    const second = hex(BigInt(dw1) + stride * BigInt(index));
    items.push({ mmio: 'w', off: '0x98', w: 4, val: hex(prod), ...smmuOf(item) });
    items.push({ cmd: [dw0, second], idx: hex(idx), ...smmuOf(item) });
  }
  return items;
}

function smmuOf(item: Item): Item {
  return item['smmu'] === undefined ? {} : { smmu: item['smmu'] };
}

/** The first difference as text, or undefined when the traces agree. */
export function firstDifference(
  expected: readonly Item[],
  actual: readonly Item[],
  ring: number,
): string | undefined {
  const left = canonical(expected, ring);
  const right = canonical(actual, ring);
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    if (left[index] !== right[index]) {
      return `item ${index}: expected ${left[index] ?? 'nothing'}, got ${right[index] ?? 'nothing'}`;
    }
  }
  return undefined;
}
