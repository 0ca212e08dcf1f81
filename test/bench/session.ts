// What a script pays: a call with its place, a DMA, a realm, and the way from Run to the first fault.

import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SessionHost } from '../../sim/host/session-host.ts';
import { stripTypes } from '../../sim/host/strip-types.ts';
import { makeVmRealm } from '../../sim/host/vm-realm.ts';
import { Session } from '../../sim/session/session.ts';
import type { Figures, Topic } from './measure.ts';
import { median, nanoseconds, rounded } from './measure.ts';

const SETUP = `const dev = platform_device('a', { ssid_bits: 8 });
const d = iommu_domain_alloc(dev.bus)!;
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 0, null) === 0);
assert(iommu_attach_device(d, dev) === 0);
const page = alloc_pages(0)!;
assert(iommu_map(d, 0x1000, page_to_phys(page), SZ_4K, IOMMU_READ) === 0);
const options = { pasid: 1 };
`;
const CALLS = 50_000;
const LOOP = `for (let i = 0; i < ${CALLS}; i++)`;
/** One access of the device is at most a page: a large one shows the path below the script. */
const BULK_BYTES = 2 ** 21;
const BULKS = 200;
const ROUNDS = 3;
const PAIRS = 7;
const FAULT = `const dev = platform_device('a', {}); dev.dma_read(0x1000, 4);`;

/** Runs a script in this process; it must end well. */
async function run(text: string, record = true): Promise<void> {
  const session = new Session({
    request: { file: 'bench.ts', text, record },
    realm: makeVmRealm(),
    stripTypes,
    nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
    onOutput: () => undefined,
    onStatus: () => undefined,
  });
  const { error } = await session.run();
  if (error !== undefined) {
    throw new Error(error.message);
  }
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Nanoseconds of processor time that a run takes; what earlier runs left behind is not its garbage. */
async function cost(text: string, record = true): Promise<number> {
  collectGarbage();
  const start = process.cpuUsage();
  await run(text, record);
  const { user, system } = process.cpuUsage(start);
  return (user + system) * 1000;
}

/** Nanoseconds a run takes beyond its set-up, for each of `times`: the middle of some runs. */
async function perOperation(times: number, body: string): Promise<number> {
  await run(SETUP + body);
  const found: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    found.push((await cost(SETUP + body)) - (await cost(SETUP)));
  }
  return Math.max(0, median(found)) / times;
}

/** How much longer a run takes because it is recorded: the middle of pairs, one after the other. */
async function recordingOverhead(body: string): Promise<number> {
  await run(SETUP + body);
  const ratios: number[] = [];
  for (let round = 0; round < PAIRS; round++) {
    const without = await cost(SETUP + body, false);
    ratios.push((await cost(SETUP + body)) / without);
  }
  return Math.round(median(ratios) * 100) / 100;
}

async function runToFault(worker: string): Promise<number> {
  const host = new SessionHost({ worker, spare: true });
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    await delay(1000);
    let first = Number.NaN;
    const start = performance.now();
    const listening = host.onDidOutput((records) => {
      if (Number.isNaN(first) && records.some(({ type }) => type === 'event')) {
        first = performance.now() - start;
      }
    });
    await host.run({ file: 'bench.ts', text: FAULT });
    listening.dispose();
    times.push(first);
  }
  host.dispose();
  return median(times);
}

/** Figures: `script_*` nanoseconds, `*_ms` milliseconds. */
async function benchSession(worker: string): Promise<Figures> {
  const dma = `${LOOP} dev.dma_read(0x1000, 4, options);`;
  const bulk = `const all = iommu_domain_alloc(dev.bus)!; iommu_attach_device(all, dev);
const block = alloc_pages(9)!; iommu_map(all, 0x40000000, page_to_phys(block), ${BULK_BYTES}, IOMMU_READ);
for (let i = 0; i < ${BULKS}; i++) dev.dma_read(0x40000000, ${BULK_BYTES}, { pasid: 2 });`;
  return {
    script_call: rounded(await perOperation(CALLS, `${LOOP} IS_ERR(null);`)),
    script_dma: rounded(await perOperation(CALLS, dma)),
    script_dma_bulk_page: rounded(await perOperation((BULKS * BULK_BYTES) / 4096, bulk)),
    trace_overhead: await recordingOverhead(dma),
    trace_overhead_bulk: await recordingOverhead(bulk),
    realm_ms: rounded(nanoseconds(1, () => void makeVmRealm()) / 1e6),
    run_to_first_fault_ms: rounded(await runToFault(worker)),
  };
}

export const sessionTopic: Topic = {
  name: 'session',
  run: async () =>
    await benchSession(fileURLToPath(new URL('./session-worker.js', import.meta.url))),
};
