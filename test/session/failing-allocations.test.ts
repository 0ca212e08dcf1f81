// The nth allocation of the stack fails, for every n, under every script of the gallery: the script learns
// of it, and no call that failed keeps what it took on its way.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeVmRealm } from '../../sim/host/vm-realm.ts';
import { KERNEL_FUNCTIONS } from '../../sim/kernel/api-table.ts';
import { ArmSmmuDomain } from '../../sim/kernel/arm-smmu-v3/domain.ts';
import type { Kernel } from '../../sim/kernel/kernel.ts';
import type { TraceRecord } from '../../sim/trace/reader.ts';
import { readTrace } from '../../sim/trace/reader.ts';
import type { ScriptRun } from '../support/run-script.ts';
import { runScript } from '../support/run-script.ts';

const FOLDER = join(import.meta.dirname, '../../examples');
const EXAMPLES = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'));
const realm = makeVmRealm();

/** What a call answers when it failed: a negative errno, NULL, no ID, an error pointer; an exception. */
const FAILED = /^(-\d+|NULL|4294967295|error pointer|threw: .*)$/;
/** And for functions that answer a number of bytes or an address. */
const NOTHING = /^(0|0x0)$/;
/** Tables of a domain or a process stay with their owner when a later step of the call fails. */
const OWNED = new Set(['io-pgtable', 'page table', 'anonymous page', 'kmalloc']);

function isFailure(fn: string, { value }: TraceRecord['data']): boolean {
  const returns = KERNEL_FUNCTIONS[fn]?.returns ?? 'any';
  const none = (returns === 'size' || returns === 'u64') && NOTHING.test(String(value));
  return none || FAILED.test(String(value));
}

function failedCalls(records: readonly TraceRecord[]): Map<number, string> {
  const failed = new Map<number, string>();
  const names = new Map<number, string>();
  for (const { kind, id, cause, data } of records) {
    if (kind === 'call' && Number(data['line']) > 0) {
      names.set(id, String(data['fn']));
    } else if (kind === 'return' && names.has(cause) && isFailure(names.get(cause) ?? '', data)) {
      failed.set(cause, `${names.get(cause)} = ${String(data['value'])}`);
    }
  }
  return failed;
}

/** What is held below calls that failed. */
function keptByFailedCalls(kernel: Kernel, records: readonly TraceRecord[]): string[] {
  const failed = failedCalls(records);
  const causes = new Map(records.map(({ id, cause }) => [id, cause]));
  const blame = (cause: number): string | undefined => {
    for (let id: number | undefined = cause; id !== undefined && id !== 0; id = causes.get(id)) {
      const call = failed.get(id);
      if (call !== undefined) return call;
    }
    return undefined;
  };
  const pages = [...kernel.pages.leaks()]
    .filter(({ what }) => !OWNED.has(what))
    .map(({ what, record }) => ({ text: `block of ${what}`, cause: record }));
  return [...kernel.leaks(), ...pages].flatMap(({ text, cause }) => {
    const call = blame(cause);
    return call === undefined ? [] : [`${call} keeps: ${text}`];
  });
}

/** ASIDs in use that no live domain and no bound process has. */
function strayAsids({ iommu, smmu_driver, ioasid }: Kernel): number {
  const [smmu] = smmu_driver.smmus;
  const domains = iommu.live.filter(
    ([domain]) => domain instanceof ArmSmmuDomain && domain.pgtbl_ops !== undefined,
  );
  const bound = ioasid.holders().filter(({ owner }) => owner === 'iommu_sva');
  // One more is reserved: 0 stands for none.
  return (smmu?.asid_map.count ?? 0) - domains.length - bound.length - 1;
}

/** Tables of I/O page tables that are left when every domain is gone. */
function strayTables(kernel: Kernel): number {
  for (const bus of [kernel.platform_bus_type, kernel.pci_bus_type]) {
    for (const dev of [...bus.devices]) {
      kernel.remove_device(dev);
    }
  }
  for (const [domain] of kernel.iommu.live) {
    kernel.iommu.iommu_domain_free(domain);
  }
  return [...kernel.pages.leaks()].filter(({ what }) => what === 'io-pgtable').length;
}

function check(run: ScriptRun, nth: number): void {
  const { kernel } = run.session.world ?? {};
  if (kernel === undefined) throw new Error('no machine');
  const records = [...readTrace(kernel.recorder)];
  const what = `allocation ${nth}, ${kernel.pages.faults.refused}`;
  expect(keptByFailedCalls(kernel, records), what).toEqual([]);
  expect(strayAsids(kernel), what).toBeLessThanOrEqual(0);
  expect([0, 1, 3], what).toContain(run.result.exit);
  const told = failedCalls(records).size > 0;
  expect(strayTables(kernel), what).toBe(0);
  expect(run.result.exit !== 1 || told, `${what}: told of it`).toBe(true);
}

describe('a gallery script with one failing allocation', () => {
  it.each(EXAMPLES)('%s hears of it, and failed calls keep nothing', async (name) => {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    for (let nth = 1; ; nth++) {
      const run = await runScript(text, { file: name, failNth: nth, realm });
      check(run, nth);
      if ((run.result.allocations ?? 0) < nth) {
        expect(nth).toBeGreaterThan(7);
        break;
      }
    }
  });
});
