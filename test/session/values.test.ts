// How values cross: 64 bits as bigint, refs, callbacks, structures, drained events.

import { describe, expect, it } from 'vitest';
import { ending, runScript } from '../support/run-script.ts';

/** Asserts in the script itself: exit status 0 means that all of them held. */
async function holds(text: string): Promise<void> {
  expect(ending(await runScript(text))).toBe('exit 0');
}

describe('values between script and kernel', () => {
  it('give 64 bits as bigint and take bigint or number', async () => {
    await holds(`
      const dev = platform_device('a', { ssid_bits: 4 });
      const d = iommu_domain_alloc(dev.bus)!;
      iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 4, null);
      assert(iommu_attach_device(d, dev) === 0);
      const page = alloc_pages(0)!;
      const pa = page_to_phys(page);
      assert(typeof pa === 'bigint');
      assert(iommu_map(d, 0x1000, Number(pa), SZ_4K, IOMMU_READ) === 0);
      assert(iommu_map(d, 0x2000n, pa, SZ_4K, IOMMU_READ) === 0);
      assert(iommu_iova_to_phys(d, 0x2004) === pa + 4n);
      assert(iommu_unmap(d, 0x1000n, SZ_8K) === SZ_8K);
    `);
  });

  it('take a device for its bus, and keep the identity of objects', async () => {
    await holds(`
      const dev = platform_device('a', {});
      assert(dev.name === 'a' && dev.bus === platform_bus_type && dev.bus.name === 'platform');
      const d = iommu_domain_alloc(dev as never);
      assert(d !== null);
      assert(iommu_domain_alloc(null) === null);
      const main = iommu_get_domain_for_dev(dev);
      assert(main !== null && main === iommu_get_domain_for_dev(dev) && main !== d);
      assert(Object.isFrozen(dev));
    `);
  });

  it('write refs, and structures that a function fills', async () => {
    await holds(`
      const dev = platform_device('a', {});
      const handle = ref(0 as number | bigint);
      const memory = dma_alloc_coherent(dev, 8192, handle)!;
      assert(typeof handle.value === 'bigint' && memory.size === 8192);
      memory.set32(4096, 0x12345678);
      const back = dev.dma_read(handle.value + 4096n, 4);
      assert(back.ok && back.data[0] === 0x78 && back.data[3] === 0x12);
      const sg: scatterlist[] = [];
      sg_init_table(sg, 2);
      assert(sg.length === 2);
      const list: iommu_resv_region[] = [];
      iommu_get_resv_regions(dev, list);
      assert(list.length > 0 && list[0].start === 0x8000000n && list[0].length === 0x100000);
      const done = {};
      init_completion(done);
      complete(done);
      wait_for_completion(done);
    `);
  });

  it('hand callbacks kernel objects as the script knows them', async () => {
    await holds(`
      const dev = platform_device('a', { ssid_bits: 4 });
      const d = iommu_domain_alloc(dev.bus)!;
      const token = { mine: true };
      const seen: unknown[] = [];
      iommu_set_fault_handler(d, (domain, from, iova, flags, got) => {
        seen.push(domain === d, from === dev, iova === 0x5000n, flags === 1, got === token);
        return 7;
      }, token);
      assert(report_iommu_fault(d, dev, 0x5000, 1) === 7);
      assert(seen.length === 5 && seen.every(Boolean));
      const set = DECLARE_IOASID_SET('mine');
      const id = ioasid_alloc(set, 5, 9, token);
      assert(id === 5 && ioasid_find(set, id) === token);
      assert(ioasid_for_each(set, (one, data, arg) => (data === token && arg === 3 ? one : 0), 3) === 5);
      assert(ioasid_alloc(set, 5, 6, null) === INVALID_IOASID);
    `);
  });

  it('let what a callback throws come back to the caller unchanged', async () => {
    await holds(`
      const set = DECLARE_IOASID_SET('mine');
      ioasid_alloc(set, 1, 9, null);
      class Own extends Error {}
      const thrown = new Own('mine');
      let caught: unknown;
      try { ioasid_for_each(set, () => { throw thrown; }, null); } catch (error) { caught = error; }
      assert(caught === thrown);
    `);
  });

  it('run deferred work and timers of the script in virtual time', async () => {
    const { log, result } = await runScript(`
      const work = {};
      INIT_WORK(work, () => pr_info('work'));
      schedule_work(work);
      const timer = {};
      timer_setup(timer, () => pr_info('timer'), 0);
      mod_timer(timer, get_jiffies() + 2n);
      pr_info('now');
      msleep(20);
      pr_info('later');
    `);
    expect(result.exit).toBe(0);
    expect(log.filter((line) => !line.includes('smmu'))).toEqual(['work', 'now', 'timer', 'later']);
  });

  it('give drained events with all their fields', async () => {
    await holds(`
      const dev = platform_device('a', { sids: [0x33], ssid_bits: 4 });
      expect_event((event) => event.name === 'F_TRANSLATION' && event.iova === 0xdead000n, () => {
        const result = dev.dma_write(0xdead000, new Uint8Array(2));
        assert(!result.ok && result.event?.sid === 0x33);
        assert(result.reason.startsWith('F_TRANSLATION: no mapping'));
      });
      expect_event('C_BAD_CD', () => { dev.dma_read(0, 1, { pasid: 9 }); });
      const [first, second] = events();
      assert(first.type === 0x10 && first.rnw === false && first.ssid === undefined);
      assert(first.words.length === 4 && first.words[2] === '0x000000000dead000');
      assert(second.ssid === 9 && second.name === 'C_BAD_CD' && events().length === 2);
    `);
  });

  it('are deterministic where a script could look for chance or time', async () => {
    const text = `pr_info('%s %s %s', Math.random(), Date.now(), new Date().toISOString());`;
    const [one, two, other] = await Promise.all([
      runScript(text),
      runScript(text),
      runScript(text, { seed: 2 }),
    ]);
    expect(one.log.at(-1)).toBe(two.log.at(-1));
    expect(one.log.at(-1)).not.toBe(other.log.at(-1));
    expect(one.log.at(-1)).toContain('1970-01-01T00:00:00.000Z');
  });
});
