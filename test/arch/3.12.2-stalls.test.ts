import { describe, expect, it } from 'vitest';
import { Transaction } from '../../sim/machine/transaction.ts';
import type { SmmuOptions } from '../../sim/smmu/smmu.ts';
import type { RigOptions } from '../support/smmu-rig.ts';
import { CMDQEN, EVENTQEN, idleTranslator, REG, SMMUEN, SmmuRig } from '../support/smmu-rig.ts';

const OK = 0;
const ABORT = 1;
const RAZ_WI = 2;
const STALLED = 3;
const ON = SMMUEN | CMDQEN | EVENTQEN;
const SYNC = [0x46n, 0n] as const;
const TLBI = [0x30n, 0n] as const;

const resume = (sid: number, stag: number, action: 'retry' | 'abort' | 'raz') => {
  const bits = { retry: 1n << 12n, abort: 1n << 13n, raz: 0n }[action];
  return [0x44n | bits | (BigInt(sid) << 32n), BigInt(stag)] as const;
};
const stallTerm = (sid: number) => [0x45n | (BigInt(sid) << 32n), 0n] as const;

/** A machine whose streams all stall while `faulting` holds. */
class StallBench {
  faulting = true;
  readonly rig: SmmuRig;
  readonly ends: string[] = [];

  constructor(options: RigOptions = {}, cr0 = ON) {
    const translator: SmmuOptions['translator'] = (state, events, stalls) => ({
      ...idleTranslator()(state, events, stalls),
      translate: (t) => {
        t.status = OK;
        if (this.faulting) {
          const { sid, ssid, addrLo: inputLo, addrHi: inputHi } = t;
          stalls.begin(t, { type: 0x10, sid, ssid, inputLo, inputHi, class: 2 });
        }
        return t.status;
      },
    });
    this.rig = new SmmuRig({ ...options, translator });
    this.rig.start(cr0);
  }

  /** A device that sends one access and sends it again whenever it is told to. */
  send(sid: number): Transaction {
    const t = new Transaction();
    t.sid = sid;
    this.#try(t);
    return t;
  }

  #try(t: Transaction): void {
    if (this.rig.smmu.translate(t) !== STALLED) {
      this.ends.push(`${t.sid}:${t.status}`);
      return;
    }
    this.rig.smmu.onStallEnd(t.sid, t.stag, (status) => {
      if (status === OK) {
        this.#try(t);
      } else {
        this.ends.push(`${t.sid}:${status}`);
      }
    });
  }
}

/** STAG and Stall of an event record, from dword 1. */
function stallOf(record: readonly bigint[]): { sid: number; stall: boolean; stag: number } {
  const [dw0 = 0n, dw1 = 0n] = record;
  return {
    sid: Number(dw0 >> 32n),
    stall: ((dw1 >> 31n) & 1n) === 1n,
    stag: Number(dw1 & 0xffffn),
  };
}

describe('a stalled transaction (3.12.2)', () => {
  it('is reported with Stall and a STAG of its own, and waits', () => {
    const bench = new StallBench();
    const first = bench.send(1);
    const second = bench.send(1);
    const records = bench.rig.events().map(stallOf);
    expect(records).toEqual([
      { sid: 1, stall: true, stag: first.stag },
      { sid: 1, stall: true, stag: second.stag },
    ]);
    expect(first.stag).not.toBe(second.stag);
    expect(bench.ends).toEqual([]);
  });

  it('is retried by CMD_RESUME with Ac = 1, and may stall again', () => {
    const bench = new StallBench();
    const t = bench.send(1);
    bench.rig.commands(resume(1, t.stag, 'retry'));
    expect(bench.rig.events()).toHaveLength(2);
    bench.faulting = false;
    bench.rig.commands(resume(1, t.stag, 'retry'));
    expect(bench.ends).toEqual(['1:0']);
  });

  it.each([
    ['abort', false, ABORT],
    ['raz', false, RAZ_WI],
    ['raz', true, ABORT],
  ] as const)(
    'ends by CMD_RESUME %s (TERM_MODEL %s) with status %i',
    (action, termModel, status) => {
      const bench = new StallBench({ features: { termModel } });
      const t = bench.send(4);
      bench.rig.commands(resume(4, t.stag, action));
      expect(bench.ends).toEqual([`4:${status}`]);
    },
  );

  it('is not touched by a wrong StreamID or STAG, nor twice by the right ones', () => {
    const bench = new StallBench();
    const t = bench.send(4);
    bench.rig.commands(resume(5, t.stag, 'abort'), resume(4, t.stag + 1, 'abort'));
    expect(bench.ends).toEqual([]);
    bench.rig.commands(resume(4, t.stag, 'abort'), resume(4, t.stag, 'abort'));
    expect(bench.ends).toEqual(['4:1']);
    expect(bench.rig.cerror()).toBe(0);
    const texts = bench.rig.takeDiagnostics();
    expect(texts).toHaveLength(3);
    expect(texts[0]).toMatch(/^guest-error 4\.7\.1: .*no stalled transaction with STAG/);
  });

  it('ends with all others of its stream by CMD_STALL_TERM', () => {
    const bench = new StallBench();
    bench.send(1);
    bench.send(2);
    bench.send(1);
    bench.rig.commands(stallTerm(1));
    expect(bench.ends).toEqual(['1:1', '1:1']);
    bench.rig.commands(stallTerm(2));
    expect(bench.ends).toEqual(['1:1', '1:1', '2:1']);
  });

  it('ends with an abort when SMMUEN goes to 0, and its STAG is gone', () => {
    const bench = new StallBench();
    const t = bench.send(1);
    bench.rig.write(REG.CR0, CMDQEN | EVENTQEN);
    expect(bench.ends).toEqual(['1:1']);
    bench.rig.commands(resume(1, t.stag, 'retry'));
    expect(bench.ends).toEqual(['1:1']);
  });

  it('keeps its STAG to itself while all others come and go', () => {
    const bench = new StallBench({ log2Size: 0 }, SMMUEN | CMDQEN);
    const held = bench.send(1);
    const seen = new Set<number>();
    for (let round = 0; round < 0x1_0000; round++) {
      const { stag } = bench.send(2);
      seen.add(stag);
      bench.rig.commands(stallTerm(2));
    }
    expect([seen.has(held.stag), seen.size, Math.max(...seen)]).toEqual([false, 0xffff, 0xffff]);
  });

  it('does not hold up CMD_SYNC', () => {
    const bench = new StallBench();
    bench.send(1);
    bench.rig.commands(SYNC);
    expect(bench.rig.read(REG.CMDQ_CONS)).toBe(1);
    expect(bench.ends).toEqual([]);
  });

  it('tells a device that asks late, and nobody who has no stall', () => {
    const bench = new StallBench();
    const t = new Transaction();
    t.sid = 9;
    bench.rig.smmu.translate(t);
    bench.rig.commands(resume(9, t.stag, 'abort'));
    const told: number[] = [];
    bench.rig.smmu.onStallEnd(9, t.stag, (status) => told.push(status));
    expect(told).toEqual([ABORT]);
    expect(() => bench.rig.smmu.onStallEnd(9, t.stag, () => undefined)).toThrow('no stalled');
  });
});

describe('STALL_MAX (6.3.6)', () => {
  it('lets further transactions wait without an event until a STAG is free', () => {
    const bench = new StallBench({ features: { stallMax: 2 } });
    const [first] = [bench.send(1), bench.send(2), bench.send(3), bench.send(4)];
    expect(
      bench.rig
        .events()
        .map(stallOf)
        .map(({ sid }) => sid),
    ).toEqual([1, 2]);
    bench.rig.commands(resume(1, first?.stag ?? 0, 'abort'));
    expect(bench.rig.events().map(stallOf)).toMatchObject([{ sid: 3, stall: true }]);
    bench.faulting = false;
    bench.rig.commands(stallTerm(2));
    expect(bench.ends).toEqual(['1:1', '2:1', '4:0']);
  });

  it('lets CMD_STALL_TERM end the waiting ones too', () => {
    const bench = new StallBench({ features: { stallMax: 1 } });
    bench.send(1);
    bench.send(1);
    bench.rig.commands(stallTerm(1));
    expect(bench.ends).toEqual(['1:1', '1:1']);
  });
});

describe('a stall record that cannot be written (7.2.1)', () => {
  it('waits for room and causes no overflow', () => {
    const bench = new StallBench({ log2Size: 0 });
    bench.send(1);
    bench.send(2);
    expect(bench.rig.read(REG.EVENTQ_PROD)).toBe(1);
    expect(bench.rig.events().map(stallOf)).toMatchObject([{ sid: 1 }]);
    expect(bench.rig.events().map(stallOf)).toMatchObject([{ sid: 2, stall: true }]);
  });

  it('waits for EVENTQEN', () => {
    const bench = new StallBench({}, SMMUEN | CMDQEN);
    bench.send(1);
    expect(bench.rig.read(REG.EVENTQ_PROD)).toBe(0);
    bench.rig.write(REG.CR0, ON);
    expect(bench.rig.events().map(stallOf)).toMatchObject([{ sid: 1, stall: true }]);
  });

  it('is replaced by a retry when a CMD_SYNC completed an invalidation meanwhile', () => {
    const bench = new StallBench({ log2Size: 1 });
    bench.send(1);
    bench.send(2);
    bench.send(3);
    bench.faulting = false;
    bench.rig.commands(TLBI, SYNC);
    expect(bench.ends).toEqual([]);
    expect(bench.rig.events()).toHaveLength(2);
    expect(bench.ends).toEqual(['3:0']);
    expect(bench.rig.events()).toEqual([]);
  });

  it('keeps its record when the CMD_SYNC had nothing to complete', () => {
    const bench = new StallBench({ log2Size: 0 });
    bench.send(1);
    bench.send(2);
    bench.faulting = false;
    bench.rig.commands(SYNC);
    expect(bench.rig.events()).toHaveLength(1);
    expect(bench.rig.events().map(stallOf)).toMatchObject([{ sid: 2 }]);
  });

  it('disappears with a transaction that ends before it was visible', () => {
    const bench = new StallBench({ log2Size: 0 });
    bench.send(1);
    const hidden = bench.send(2);
    bench.rig.commands(resume(2, hidden.stag, 'abort'));
    expect(bench.ends).toEqual(['2:1']);
    expect(bench.rig.takeDiagnostics()[0]).toMatch(/^constrained-unpredictable 4\.7\.1/);
    expect(bench.rig.events()).toHaveLength(1);
    expect(bench.rig.events()).toEqual([]);
  });
});
