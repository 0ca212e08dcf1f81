// The I/O ASID allocator in its two forms, against a list that is searched by hand.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IS_ERR, PTR_ERR } from '../../sim/kernel/errno.ts';
import { INVALID_IOASID, Ioasid } from '../../sim/kernel/ioasid.ts';
import { KernelBase } from '../../sim/kernel/kernel-base.ts';
import type { KernelProfile } from '../../sim/kernel/kernel-config.ts';
import { VirtualClock } from '../../sim/machine/clock.ts';
import { Machine } from '../../sim/machine/machine.ts';
import { Diagnostics } from '../../sim/trace/diagnostics.ts';
import { Recorder } from '../../sim/trace/recorder.ts';

function allocator(profile: KernelProfile): { ids: Ioasid; kernel: KernelBase; lines: string[] } {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const kernel = new KernelBase({
    machine: new Machine(recorder, clock),
    diagnostics: new Diagnostics(recorder),
    config: { profile },
  });
  const lines: string[] = [];
  kernel.log.onLine = ({ text }) => lines.push(text);
  return { ids: new Ioasid(kernel), kernel, lines };
}

const SET = { name: 'a' };
const OTHER = { name: 'b' };

describe('of October 2018', () => {
  it('hands out the lowest free number below max', () => {
    const { ids } = allocator('seed18');
    expect([1, 2, 3].map(() => ids.alloc(SET, 1, 4, null))).toEqual([1, 2, 3]);
    expect(ids.alloc(SET, 1, 4, null)).toBe(INVALID_IOASID);
    expect(ids.alloc(SET, 7, 8, null)).toBe(7);
    expect(ids.alloc(SET, 7, 8, null)).toBe(INVALID_IOASID);
  });

  it('takes a max of 0 for no limit, and gives 0 to who asks for it', () => {
    const { ids } = allocator('seed18');
    expect(ids.alloc(SET, 0, 0, null)).toBe(0);
    expect(ids.alloc(SET, 0x7fff_0000, 0, null)).toBe(0x7fff_0000);
  });

  it('finds by set, and answers NULL otherwise', () => {
    const { ids } = allocator('seed18');
    const id = ids.alloc(SET, 1, 0, 'mine');
    expect(ids.find(SET, id)).toBe('mine');
    expect(ids.find(OTHER, id)).toBeNull();
    expect(ids.find(null, id)).toBeNull();
    expect(ids.find(SET, 99)).toBeNull();
  });

  it('shares one number space between sets', () => {
    const { ids } = allocator('seed18');
    expect([ids.alloc(SET, 1, 0, 0), ids.alloc(OTHER, 1, 0, 0), ids.alloc(SET, 1, 0, 0)]).toEqual([
      1, 2, 3,
    ]);
  });

  it('visits one set in ascending order and stops at what is not 0', () => {
    const { ids } = allocator('seed18');
    for (const [set, min] of [
      [SET, 9],
      [OTHER, 5],
      [SET, 3],
      [SET, 6],
    ] as const) {
      ids.alloc(set, min, 0, `p${min}`);
    }
    const seen: unknown[] = [];
    const visit = (id: number, data: unknown, arg: unknown): number => {
      seen.push([id, data, arg]);
      return id === 6 ? -7 : 0;
    };
    expect(ids.forEach(SET, visit, 'arg')).toBe(-7);
    expect(seen).toEqual([
      [3, 'p3', 'arg'],
      [6, 'p6', 'arg'],
    ]);
  });
});

describe('of version 5.5 and later', () => {
  it('includes max, and logs when there is none', () => {
    const { ids, lines } = allocator('attr19');
    expect([ids.alloc(SET, 1, 2, 0), ids.alloc(SET, 1, 2, 0), ids.alloc(SET, 1, 2, 0)]).toEqual([
      1,
      2,
      INVALID_IOASID,
    ]);
    expect(lines.at(-1)).toMatch(/from 1 to 2/);
  });

  it('tells why it does not find', () => {
    const { ids } = allocator('attr19');
    const id = ids.alloc(SET, 1, 9, 'mine');
    expect(ids.find(null, id)).toBe('mine');
    expect(PTR_ERR(ids.find(SET, 5))).toBe(-2);
    const wrong = ids.find(OTHER, id);
    expect(IS_ERR(wrong) && PTR_ERR(wrong)).toBe(-13);
    expect(ids.find(SET, id, () => false)).toBeNull();
    expect(ids.find(SET, id, (data) => data === 'mine')).toBe('mine');
  });

  it('changes private data and counts references', () => {
    const { ids, lines } = allocator('attr19');
    const id = ids.alloc(SET, 1, 9, 'old');
    expect(ids.setData(id, 'new')).toBe(0);
    expect(ids.setData(8, 'new')).toBe(-2);
    expect(ids.find(SET, id)).toBe('new');
    ids.get(id);
    expect(ids.put(id)).toBe(false);
    expect(ids.put(id)).toBe(true);
    expect(ids.count).toBe(0);
    expect(ids.put(id)).toBe(false);
    expect(lines.at(-1)).toContain('unknown IOASID');
  });
});

it('always hands out the lowest free number in range', () => {
  const step = fc.record({
    free: fc.boolean(),
    pick: fc.nat(30),
    min: fc.nat(12),
    span: fc.nat(12),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { ids } = allocator('attr19');
      const taken = new Set<number>();
      for (const { free, pick, min, span } of steps) {
        if (free && taken.size > 0) {
          const id = [...taken][pick % taken.size] as number;
          ids.free(id);
          taken.delete(id);
          continue;
        }
        const range = Array.from({ length: span + 1 }, (_, index) => min + index);
        const expected = range.find((id) => !taken.has(id)) ?? INVALID_IOASID;
        expect(ids.alloc(SET, min, min + span, null)).toBe(expected);
        if (expected !== INVALID_IOASID) taken.add(expected);
      }
    }),
  );
});

it('fails without memory and holds nothing then', () => {
  const { ids, kernel } = allocator('seed18');
  kernel.pages.faults.failNth = kernel.pages.faults.count + 1;
  expect(ids.alloc(SET, 1, 0, null)).toBe(INVALID_IOASID);
  expect(ids.count).toBe(0);
});
