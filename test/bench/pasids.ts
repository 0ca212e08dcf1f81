// What a PASID costs when there are few and when there are a million: attach (write a CD, CMD_CFGI_CD, sync) and
// the first translation through it; host memory of a live CD and of a mapped page.

import { GEOMETRY_DEFAULT } from '../../sim/smmu/cache-geometry.ts';
import { type Figures, median, nanoseconds, rounded, type Topic } from './measure.ts';
import { Bench } from './translation.ts';

const COUNTS = [1, 2 ** 10, 2 ** 16, 2 ** 20] as const;
const SAMPLES = 4096;
const ROUNDS = 5;
const STE = 0x4001_0040;
const CD_WORD0 = 0x0000_6205_c000_0010n;
const LEAF = 0xf43n;
const IOVA = 0x10_0000_0000;
/** CMD_CFGI_CD: leaf, StreamID 1. */
const CFGI_CD = 0x05n | (1n << 32n);
/** CMD_TLBI_NH_ASID. */
const TLBI_ASID = 0x11n;
const S1CDMAX = 20n;

/** Live CDs in a linear table, each with an ASID and tables of its own kind: one page at IOVA. */
class Pasids {
  readonly bench = new Bench(GEOMETRY_DEFAULT, true);
  readonly #table: number;
  readonly #roots: number[] = [];

  constructor() {
    this.#table = this.bench.take(64 * 2 ** 20);
    this.bench.store(STE, 1n | (5n << 1n) | BigInt(this.#table) | (S1CDMAX << 59n));
    for (let index = 0; index < 256; index++) {
      const root = this.bench.take(4096);
      this.bench.map(root, IOVA, BigInt(this.bench.take(4096)) | LEAF);
      this.#roots.push(root);
    }
  }

  /** Writes the CD of `ssid`. */
  write(ssid: number): void {
    const at = this.#table + ssid * 64;
    this.bench.store(at + 8, BigInt(this.#roots[ssid & 255] as number));
    this.bench.store(at + 24, 0xffn);
    this.bench.store(at, CD_WORD0 | (BigInt(ssid & 0xffff) << 48n));
  }

  /** Attaches `ssid` as a driver does, then translates through it. */
  attachAndRead(ssid: number): void {
    this.write(ssid);
    this.bench.command(CFGI_CD | (BigInt(ssid) << 12n), 1n);
    this.bench.command(TLBI_ASID | (BigInt(ssid & 0xffff) << 48n), 0n);
    this.bench.read(IOVA, ssid);
  }
}

function pasidFigures(): Figures {
  const pasids = new Pasids();
  const cost: Record<string, number> = {};
  let live = 0;
  const before = pasids.bench.machine.memory.hostBytes;
  for (const count of COUNTS) {
    for (; live < count; live++) {
      pasids.write(live);
    }
    const stride = Math.max(1, Math.floor(count / SAMPLES));
    const pass = (): void => {
      for (let sample = 0; sample < SAMPLES; sample++) {
        pasids.attachAndRead((sample * stride + (sample % 7)) % count);
      }
    };
    pass();
    cost[String(count)] = rounded(
      median(Array.from({ length: ROUNDS }, () => nanoseconds(SAMPLES, pass))),
    );
  }
  const bytes = pasids.bench.machine.memory.hostBytes - before;
  return {
    pasids_1_to_1m: cost,
    host_bytes_per_cd: rounded(bytes / live),
    host_bytes_per_mapped_page: bytesPerPage(),
  };
}

/** Tables of 1 Mi pages next to each other. */
function bytesPerPage(): number {
  const bench = new Bench(GEOMETRY_DEFAULT, false);
  const root = bench.stage1();
  const before = bench.machine.memory.hostBytes;
  const pages = 2 ** 20;
  for (let page = 0; page < pages; page++) {
    bench.map(root, IOVA + page * 4096, 0x8000_0000n | LEAF);
  }
  return rounded((bench.machine.memory.hostBytes - before) / pages);
}

export const pasidsTopic: Topic = { name: 'pasids', run: pasidFigures };
