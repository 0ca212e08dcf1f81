// Breakpoints on what the hardware does: each form of issue 5.2 stops in the line of the script that led
// to it, with the cause in words.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { BreakpointSet, DebugStop } from '../../sim/protocol/debug.ts';
import { AUX_DRIVER } from '../support/aux-driver.ts';
import { DebugRig, NO_BREAKPOINTS } from '../support/debug-rig.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');

let rig: DebugRig | undefined;

afterEach(() => rig?.dispose());

/** Shared virtual addressing: the process has its pages before and after it is bound. */
const SVA = `const dev = pci_device('gpu', { bdf: '0000:01:00.0', pasid_bits: 8, ats: true, pri: true });
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_IOPF, 1, 0, () => 0) === 0);
const mm = mm_alloc();
const a = mm.mmap(2 * SZ_4K, PROT_READ | PROT_WRITE, 0x10000000n);
mm.write(a, Uint8Array.of(1));
const pasid = ref(0);
assert(iommu_sva_bind_device(dev, mm, pasid, IOMMU_SVA_FEAT_IOPF, null) === 0);
mm.write(a + 0x1000n, Uint8Array.of(1));
const b = mm.mmap(SZ_4K, PROT_READ | PROT_WRITE, 0x20000000n);
dev.dma_write(b, Uint8Array.of(1), { pasid: pasid.value });
mm.munmap(b, SZ_4K);
iommu_sva_unbind_device(dev, pasid.value);`;

/** A domain of stage 2 that goes on to be mapped while nothing is attached to it. */
const STAGE_2 = `machine.configure({ smmu: { s1p: false } });
const dev = platform_device('acc', { sids: [8] });
const domain = iommu_domain_alloc(dev.bus);
assert(iommu_attach_device(domain, dev) === 0);
const page = alloc_pages(0);
assert(iommu_map(domain, 0x70000000n, page_to_phys(page), SZ_4K, IOMMU_READ) === 0);
iommu_detach_device(domain, dev);
iommu_unmap(domain, 0x70000000n, SZ_4K);`;

/** A mapping that is taken back without an invalidation. */
const FORGOTTEN = readFileSync(join(EXAMPLES, 'forgotten-invalidation.ts'), 'utf8');

/** A domain that is freed while a device uses it. */
const CARELESS = `const dev = platform_device('acc', { sids: [8] });
const domain = iommu_domain_alloc(dev.bus);
assert(iommu_attach_device(domain, dev) === 0);
iommu_domain_free(domain);`;

function hardware(...on: string[]): BreakpointSet {
  const list = on.map((text, index) => ({ id: index + 1, enabled: true, on: text }));
  return { ...NO_BREAKPOINTS, hardware: list };
}

async function stopsOf(text: string, on: string): Promise<DebugStop[]> {
  rig = await DebugRig.launch({ text, breakpoints: hardware(on) });
  const stops: DebugStop[] = [];
  for (let stop = await rig.stop(); stop !== undefined; stop = await rig.after('continue')) {
    stops.push(stop);
  }
  return stops;
}

type Row = readonly [on: string, text: string, lines: readonly number[], cause: RegExp];

const TABLE: Readonly<Record<string, readonly Row[]>> = {
  'an event type': [['event F_TRANSLATION', AUX_DRIVER, [9], /F_TRANSLATION sid 0x8 ssid 1/]],
  'a StreamID': [
    ['event sid=8', AUX_DRIVER, [9], /F_TRANSLATION sid 0x8/],
    ['event F_TRANSLATION sid=9', AUX_DRIVER, [], /./],
    ['dma sid=8', AUX_DRIVER, [7, 9], /sid 0x8/],
    ['command sid=8', AUX_DRIVER, [1, 4, 10], /StreamID=0x8/],
    ['command CMD_PRI_RESP sid=0x100', SVA, [10], /CMD_PRI_RESP/],
  ],
  'a SubstreamID': [
    ['event ssid=1', AUX_DRIVER, [9], /ssid 1/],
    ['event ssid=2', AUX_DRIVER, [], /./],
    ['dma ssid=1', AUX_DRIVER, [7, 9], /ssid 1/],
    ['command CMD_CFGI_CD ssid=1', AUX_DRIVER, [4, 10], /CMD_CFGI_CD/],
  ],
  'a command opcode': [
    ['command CMD_TLBI_NH_VA', AUX_DRIVER, [8], /CMD_TLBI_NH_VA/],
    ['command CMD_ATC_INV', SVA, [11, 12], /CMD_ATC_INV/],
  ],
  'a write to an STE or one of its fields': [
    ['write STE sid=8', AUX_DRIVER, [1], /ste at/],
    ['write STE sid=8 Config', AUX_DRIVER, [1], /ste at/],
    ['write STE sid=9', AUX_DRIVER, [], /./],
  ],
  'a write to a CD or one of its fields': [
    ['write CD sid=8 ssid=1', AUX_DRIVER, [4, 10], /cd at/],
    ['write CD sid=8 ssid=1 V', AUX_DRIVER, [4, 10], /cd at/],
    ['write CD sid=8 ssid=1 TTB0', AUX_DRIVER, [4], /cd at/],
  ],
  'a write to a register field': [
    ['register CR0 SMMUEN', AUX_DRIVER, [1], /CR0/],
    ['register CR0.SMMUEN', AUX_DRIVER, [1], /CR0/],
    ['register CMDQ_PROD', AUX_DRIVER, [1, 4, 8, 10], /CMDQ_PROD/],
  ],
  'a write to the PTE of an IOVA': [
    ['write PTE iova=0x7000_0000', AUX_DRIVER, [6, 8], /pte at/],
    ['write PTE iova=0x7000_0000 sid=8 ssid=1', AUX_DRIVER, [6, 8], /pte at/],
    ['write PTE iova=0x7000_1000 sid=8 ssid=1', AUX_DRIVER, [6], /pte at/],
    ['write PTE iova=0x1000_1000 sid=0x100 ssid=1', SVA, [8], /pte at/],
    ['write PTE iova=0x2000_0000 sid=0x100 ssid=1', SVA, [10, 11], /pte at/],
    ['write PTE iova=0x7000_0000 sid=8', STAGE_2, [6], /pte at/],
    ['write PTE iova=0x7000_0000', STAGE_2, [6, 8], /pte at/],
  ],
  'a queue passing an index': [
    ['queue EVENTQ 0', AUX_DRIVER, [9], /queued|index 0|\[0\]/],
    ['queue EVENTQ 1', AUX_DRIVER, [], /./],
    ['queue PRIQ 0', SVA, [10], /page request|PRI|write/i],
    ['queue PRIQ 7', SVA, [], /./],
  ],
  'a diagnostic of the sanitizer or of the model': [
    ['diagnostic guest-error', FORGOTTEN, [45], /TLB/],
    ['diagnostic api-misuse', CARELESS, [4], /still attached/],
    ['diagnostic', CARELESS, [4], /still attached/],
    ['diagnostic unimplemented', CARELESS, [], /./],
  ],
  'an interrupt': [['irq', AUX_DRIVER, [9], /evtq|EVENTQ/i]],
  'what a script writes by hand': [
    ['write PTE iova=0x7000_0000', FORGOTTEN, [21, 26], /pte|phys_write/],
  ],
};

describe.each(Object.entries(TABLE))('a breakpoint on %s', (_, rows) => {
  it.each(rows)('%s', async (on, text, lines, cause) => {
    const stops = await stopsOf(text, on);
    expect([...new Set(stops.map((stop) => stop.frames[0]?.line))]).toEqual(lines);
    for (const stop of stops) {
      expect(stop).toMatchObject({ reason: 'hardware breakpoint', breakpoints: [1] });
      expect(stop.text).toMatch(cause);
    }
  });
});

describe('a breakpoint on the hardware', () => {
  it('is followed by a step that ends the statement', async () => {
    rig = await DebugRig.launch({ text: AUX_DRIVER, breakpoints: hardware('event F_TRANSLATION') });
    expect((await rig.stop())?.frames[0]?.line).toBe(9);
    expect((await rig.after('next'))?.frames[0]?.line).toBe(10);
  });

  it.each([
    ['event F_NOTHING', /no event is named F_NOTHING/],
    ['often', /'often' is nothing to stop at/],
    ['write CD sid=x', /'sid=x' is not understood/],
    ['write CD NoField', /no field of CD is named NoField/],
    ['write STE ssid=1', /'write STE' takes sid, not ssid/],
    ['write PTE sid=8', /needs an iova/],
    ['queue DMAQ 3', /no queue is named DMAQ/],
    ['queue PRIQ', /queue PRIQ needs an index/],
    ['command CMD_TLBI_NH_VA sid=8', /CMD_TLBI_NH_VA has no StreamID/],
    ['register CR0 sid=8', /'register' takes no number, not sid/],
    ['diagnostic opinion', /no diagnostic is a opinion/],
    ['irq often', /one word too many/],
  ])('is refused with a reason: %s', async (on, message) => {
    rig = await DebugRig.launch({ text: `pr_info('x');`, breakpoints: hardware(on) });
    expect(await rig.stop()).toBeUndefined();
    expect(rig.statuses).toMatchObject([
      { id: 1, verified: false, message: expect.stringMatching(message) },
    ]);
  });
});
