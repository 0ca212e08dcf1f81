import { describe, expect, it } from 'vitest';
import type { RigOptions } from '../support/smmu-rig.ts';
import { CMDQEN, EVENTQEN, idleTranslator, REG, SMMUEN, SmmuRig } from '../support/smmu-rig.ts';

const EN = 0x8000_0000;
const ERR = 0x80_0000;
const QUEUE = 0x4050_0000;
const LOG2SIZE = 2;
const SYNC = [0x46n, 0n] as const;
const RESERVED = [0xffn, 0n] as const;
const ATC_INV = [0x40n, 52n] as const;
const page = (queue: number): number => 0x2_0000 + 0x100 * queue;

/** One ECMDQ, driven as a driver would. */
class Queue {
  readonly #rig: SmmuRig;
  readonly #at: number;
  readonly #memory: number;
  #prod = 0;

  constructor(rig: SmmuRig, index: number) {
    this.#rig = rig;
    this.#at = page(index);
    this.#memory = QUEUE + 0x1000 * index;
    rig.write64(this.#at, BigInt(this.#memory | LOG2SIZE));
    rig.write(this.#at + 0xc, 0);
  }

  /** `bits`: EN and ERRACK. */
  control(bits: number): void {
    this.#rig.write(this.#at + 8, bits + this.#prod);
  }

  commands(bits: number, ...commands: readonly (readonly [bigint, bigint])[]): void {
    for (const words of commands) {
      this.#rig.store(this.#memory + 16 * (this.#prod % 2 ** LOG2SIZE), words);
      this.#prod = (this.#prod + 1) % 2 ** (LOG2SIZE + 1);
    }
    this.control(bits);
  }

  replace(entry: number, words: readonly [bigint, bigint]): void {
    this.#rig.store(this.#memory + 16 * entry, words);
  }

  get cons(): number {
    return this.#rig.read(this.#at + 0xc);
  }
}

function machine(options: RigOptions = {}): SmmuRig {
  return new SmmuRig({ ...options, features: { ecmdq: true, archMinor: 3, ...options.features } });
}

describe('Enhanced Command queues (3.5.6)', () => {
  it('are found through IDR1, IDR6 and the control page registers', () => {
    const rig = machine();
    expect(rig.read(REG.IDR1) >>> 31).toBe(1);
    expect(rig.read(0x190)).toBe(0x0008_0000);
    expect(rig.read64(0x4000)).toBe(0x2_0003n);
    expect([rig.read(0x4008), rig.read(0x400c)]).toEqual([1, 1]);
  });

  it('are absent without IDR1.ECMDQ', () => {
    const rig = new SmmuRig();
    expect([rig.read(0x190), rig.read(0x4000), rig.read(0x4008)]).toEqual([0, 0, 0]);
    expect(() => rig.smmu.read32(page(0))).toThrow('offset 131072 is not inside');
  });

  it('need COHACC and MSI', () => {
    for (const without of [{ cohacc: false }, { msi: false }]) {
      expect(() => machine({ features: without })).toThrow('IDR1.ECMDQ needs COHACC and MSI');
    }
  });

  it('acknowledge their enable, and consume whatever CR0.CMDQEN says', () => {
    const calls: string[] = [];
    const rig = machine({ translator: idleTranslator(calls) });
    const queue = new Queue(rig, 255);
    queue.commands(0, [0x30n, 0n], SYNC);
    expect([queue.cons, calls]).toEqual([0, []]);
    queue.control(EN);
    expect([queue.cons, calls]).toEqual([EN + 2, ['tlbiNsnhAll()']]);
    queue.commands(EN, SYNC, SYNC, SYNC);
    expect(queue.cons).toBe(EN + 5);
    queue.control(0);
    expect(queue.cons).toBe(5);
  });

  it('stop at an error of their own, until ERRACK equals ERR', () => {
    const rig = machine();
    rig.start();
    const [bad, good] = [new Queue(rig, 1), new Queue(rig, 2)];
    bad.commands(EN, SYNC, RESERVED, SYNC);
    expect(bad.cons).toBe(EN + ERR + (1 << 24) + 1);
    expect(rig.read(REG.GERROR)).toBe(0x200);
    expect(rig.raised).toEqual(['gerror']);
    good.commands(EN, SYNC);
    rig.commands(SYNC);
    expect([good.cons, rig.read(REG.CMDQ_CONS)]).toEqual([EN + 1, 1]);
    rig.write(REG.GERRORN, 0x200);
    expect(bad.cons & 0xf).toBe(1);
    bad.replace(1, SYNC);
    bad.control(EN + ERR);
    expect(bad.cons & 0x00ff_ffff).toBe(ERR + 3);
  });

  it('do not care about an error of the main queue', () => {
    const rig = machine();
    rig.start();
    rig.commands(RESERVED);
    const queue = new Queue(rig, 0);
    queue.commands(EN, SYNC);
    expect([rig.cerror(), queue.cons]).toEqual([1, EN + 1]);
  });

  it('report an abort on the fetch, and a time-out only to the queue that caused it', () => {
    const rig = machine();
    rig.start(SMMUEN | CMDQEN | EVENTQEN);
    const [first, second] = [new Queue(rig, 0), new Queue(rig, 1)];
    first.commands(EN, ATC_INV);
    second.commands(EN, SYNC);
    rig.commands(SYNC);
    expect([second.cons, rig.cerror()]).toEqual([EN + 1, 0]);
    first.commands(EN, SYNC);
    expect((first.cons >>> 24) & 7).toBe(3);
    rig.write64(page(7), 0x1000_0002n);
    rig.write(page(7) + 8, EN + 1);
    expect(rig.read(page(7) + 0xc)).toBe(EN + ERR + (2 << 24));
  });

  it('guard BASE, CONS and CR1.QUEUE fields while enabled', () => {
    const rig = machine();
    const queue = new Queue(rig, 3);
    queue.control(EN);
    rig.write64(page(3), 0n);
    rig.write(page(3) + 0xc, 3);
    rig.write(REG.CR1, 0xfff);
    expect(rig.read64(page(3))).toBe(BigInt((QUEUE + 0x3000) | LOG2SIZE));
    expect([queue.cons, rig.read(REG.CR1)]).toEqual([EN, 0xfc0]);
    expect(rig.takeDiagnostics()).toHaveLength(3);
  });

  it('keep their registers apart and refuse what lies between them', () => {
    const rig = machine();
    rig.write64(page(5), 0xffff_ffff_ffff_ffffn);
    expect(rig.read64(page(5))).toBe(0x400f_ffff_ffff_ffffn);
    expect([rig.read(page(5)), rig.read(page(5) + 4)]).toEqual([0xffff_ffff, 0x400f_ffff]);
    expect([rig.read64(page(4)), rig.read64(page(6))]).toEqual([0n, 0n]);
    rig.write(page(5) + 0x10, 1);
    rig.write64(page(5) + 8, 1n);
    expect(rig.read(page(5) + 0x10)).toBe(0);
    expect(rig.takeDiagnostics()).toHaveLength(3);
  });
});
