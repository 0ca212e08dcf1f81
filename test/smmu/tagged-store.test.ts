// The storage of every cache against a Map: random inserts, removals and evictions.

import { describe, expect, it } from 'vitest';
import { NO_KEY, TaggedStore } from '../../sim/smmu/tagged-store.ts';
import { Random } from '../support/random-machine.ts';

type Key = readonly [number, number, number, number];

function keyOf(random: Random): Key {
  return [random.below(8) << 12, random.below(3), random.below(5) << 16, random.below(4)];
}

describe('a store without bound', () => {
  it('finds exactly what was inserted and not removed', () => {
    const random = new Random(11);
    const store = new TaggedStore(Number.POSITIVE_INFINITY, 1, true);
    const model = new Map<string, number>();
    for (let step = 0; step < 20_000; step++) {
      const key = keyOf(random);
      const name = key.join();
      const slot = store.find(...key);
      expect(slot >= 0).toBe(model.has(name));
      if (slot >= 0) {
        expect(store.data[slot]).toBe(model.get(name));
      }
      if (random.chance(45)) {
        const at = store.insert(...key);
        store.data[at] = step;
        model.set(name, step);
      } else if (slot >= 0) {
        store.remove(slot);
        model.delete(name);
      }
      expect(store.size).toBe(model.size);
    }
  });

  it('lists all entries of a tag, also while they are removed', () => {
    const random = new Random(12);
    const store = new TaggedStore(Number.POSITIVE_INFINITY, 0, true);
    for (let step = 0; step < 300; step++) {
      store.insert(...keyOf(random));
    }
    const tag = 2 << 16;
    const wanted = Array.from({ length: store.used }, (_, slot) => slot).filter(
      (slot) => store.keys[slot * 4 + 3] !== NO_KEY && store.keys[slot * 4 + 2] === tag,
    );
    const found: number[] = [];
    let next = store.firstTagged(tag);
    while (next >= 0) {
      const slot = next;
      next = store.nextTagged(slot);
      if (store.keys[slot * 4 + 2] === tag) {
        found.push(slot);
        store.remove(slot);
      }
    }
    expect(found.sort((a, b) => a - b)).toEqual(wanted);
    expect(wanted.length).toBeGreaterThan(10);
    expect(store.firstTagged(tag)).toBe(-1);
  });
});

describe('a store of few entries', () => {
  it('evicts in the order of insertion, and tells', () => {
    const store = new TaggedStore(3, 0);
    const evicted: number[] = [];
    store.onEvict = (slot) => evicted.push(store.keys[slot * 4] as number);
    for (const k of [1, 2, 3, 2, 4, 5]) {
      store.insert(k, 0, 0, 0);
    }
    expect(evicted).toEqual([1, 2]);
    expect([1, 2, 3, 4, 5].filter((k) => store.find(k, 0, 0, 0) >= 0)).toEqual([3, 4, 5]);
  });

  it('holds nothing with no entries', () => {
    const store = new TaggedStore(0, 4);
    expect([store.insert(1, 2, 3, 4), store.find(1, 2, 3, 4), store.size]).toEqual([-1, -1, 0]);
  });
});
