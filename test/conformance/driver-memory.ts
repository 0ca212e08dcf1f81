// What the hardware could see change in memory: writes are collected by address and turned into the items
// of README-driver.md (stream table entries, descriptors, page-table entries) when something visible happens.

import type { PhysicalMemory } from '../../sim/machine/memory.ts';

export type Item = Readonly<Record<string, unknown>>;

/** An allocation the device can see. */
export interface DriverObject {
  readonly name: string;
  readonly kind: string;
  readonly base: number;
  readonly size: number;
  readonly smmu: number;
  /** First stream ID of a level-2 table, set when its descriptor is written. */
  firstSid: number;
}

const PAGE = 4096;
export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

function maskOf(hi: number, lo: number): bigint {
  return ((1n << BigInt(hi + 1)) - 1n) & ~((1n << BigInt(lo)) - 1n);
}

export const STE0 = maskOf(51, 6);
export const STE3 = maskOf(51, 4);
export const CD1 = maskOf(51, 4);
export const L1STD = maskOf(51, 6);
export const PTE = maskOf(47, 12);
export const STRTAB_BASE = maskOf(51, 6);
export const QUEUE_BASE = maskOf(51, 5);
export const SYNC_ADDR = maskOf(51, 2);

/** Names, contents and changes of the driver's memory. */
export class DriverMemory {
  readonly #memory: PhysicalMemory;
  readonly #pages = new Map<number, DriverObject>();
  readonly #seen = new Map<number, bigint>();
  readonly #dirty = new Set<number>();
  readonly #counts = new Map<string, number>();
  /** True for the index of a published, unconsumed command. */
  published: (object: DriverObject, index: number) => boolean = () => false;

  constructor(memory: PhysicalMemory) {
    this.#memory = memory;
    const write64 = memory.write64.bind(memory);
    memory.write64 = (pa, lo, hi) => {
      this.#dirty.add(pa);
      return write64(pa, lo, hi);
    };
    memory.write64At = (paLo, paHi, lo, hi) =>
      memory.write64((paHi >>> 0) * 2 ** 32 + (paLo >>> 0), lo, hi);
  }

  /** Registers an allocation under the next name of its kind. */
  add(kind: string, base: number, size: number, smmu: number): DriverObject {
    if (kind === 'sync' && smmu === 1) {
      return this.#place({ name: 'SYNC1', kind, base, size, smmu, firstSid: 0 });
    }
    const tick = smmu === 1 && kind !== 'pgtable' ? "'" : '';
    const name = this.#nameOf(kind, smmu) + tick;
    return this.#place({ name, kind, base, size, smmu, firstSid: 0 });
  }

  #place(object: DriverObject): DriverObject {
    const { base, size } = object;
    for (let page = base / PAGE; page < (base + size) / PAGE; page++) {
      this.#pages.set(Math.floor(page), object);
    }
    return object;
  }

  find(pa: number): DriverObject | undefined {
    const object = this.#pages.get(Math.floor(pa / PAGE));
    return object !== undefined && pa < object.base + object.size ? object : undefined;
  }

  /** `@NAME|0xREST` when the masked part is an address of the driver's memory, plain hex otherwise. */
  symbol(value: bigint, mask: bigint): string {
    const address = Number(value & mask);
    const object = address === 0 ? undefined : this.find(address);
    if (object === undefined) {
      return hex(value);
    }
    const offset = address - object.base;
    return `@${object.name}${offset === 0 ? '' : `+${hex(offset)}`}|${hex(value & ~mask)}`;
  }

  /** Items for everything that changed since the last call, in no particular order. */
  changes(): Item[] {
    if (this.#dirty.size === 0) {
      return [];
    }
    const items: Item[] = [];
    const wide = new Map<number, { object: DriverObject; changed: number[] }>();
    for (const pa of this.#dirty) {
      const object = this.find(pa);
      const now = this.#read(pa);
      if (object === undefined || (this.#seen.get(pa) ?? 0n) === now) {
        continue;
      }
      if (object.kind === 'cmdq') {
        this.#command(object, pa, items);
        continue;
      }
      this.#seen.set(pa, now);
      if (object.kind === 'pgtable') {
        items.push({
          pte: object.name,
          idx: hex((pa - object.base) / 8),
          val: this.symbol(now, PTE),
          ...mark(object),
        });
      } else if (object.kind === 'strtab-l1') {
        const index = (pa - object.base) / 8;
        const l2 = this.find(Number(now & L1STD));
        if (l2 !== undefined) l2.firstSid = index * 256;
        items.push({ l1std: hex(index), val: this.symbol(now, L1STD), ...mark(object) });
      } else if (isRecord(object.kind)) {
        const start = pa - ((pa - object.base) % 64);
        const entry = wide.get(start) ?? { object, changed: [] };
        entry.changed.push((pa - start) / 8);
        wide.set(start, entry);
      }
    }
    this.#dirty.clear();
    for (const [start, { object, changed }] of wide) {
      items.push(this.#record(start, object, changed));
    }
    return items;
  }

  #record(start: number, object: DriverObject, changed: number[]): Item {
    const cd = object.kind === 'cd';
    const words = Array.from({ length: 8 }, (_, index) => {
      const value = this.#read(start + index * 8);
      const mask = cd ? (index === 1 ? CD1 : 0n) : index === 0 ? STE0 : index === 3 ? STE3 : 0n;
      return mask === 0n ? hex(value) : this.symbol(value, mask);
    });
    const head = cd
      ? { cd: object.name }
      : { ste: hex(object.firstSid + (start - object.base) / 64), table: object.name };
    return { ...head, dwords: words, changed: changed.sort(), ...(cd ? {} : mark(object)) };
  }

  #command(object: DriverObject, pa: number, items: Item[]): void {
    const index = Math.floor((pa - object.base) / 16);
    this.#seen.set(pa, this.#read(pa));
    const known = items.some((item) => item['cmdq_rewrite'] === hex(index));
    if (this.published(object, index) && !known) {
      const at = object.base + index * 16;
      const dw1 = this.#read(at + 8);
      this.#seen.set(at, this.#read(at));
      this.#seen.set(at + 8, dw1);
      items.push({
        cmdq_rewrite: hex(index),
        dwords: [hex(this.#read(at)), hex(dw1)],
        ...mark(object),
      });
    }
  }

  #read(pa: number): bigint {
    this.#memory.read64(pa);
    return (BigInt(this.#memory.hi >>> 0) << 32n) | BigInt(this.#memory.lo >>> 0);
  }

  #nameOf(kind: string, smmu: number): string {
    const prefix = { pgtable: 'PT', cd: 'CD', 'strtab-ste': 'L2.' }[kind];
    if (prefix === undefined) {
      return { 'strtab-l1': 'STRTAB', 'strtab-linear': 'STRTAB' }[kind] ?? kind.toUpperCase();
    }
    const key = kind === 'pgtable' ? prefix : `${prefix}${smmu}`;
    const number = this.#counts.get(key) ?? 0;
    this.#counts.set(key, number + 1);
    return `${prefix}${number}`;
  }
}

export function mark(object: { readonly smmu: number }): Item {
  return object.smmu === 1 ? { smmu: 1 } : {};
}

function isRecord(kind: string): boolean {
  return kind === 'cd' || kind === 'strtab-ste' || kind === 'strtab-linear';
}
