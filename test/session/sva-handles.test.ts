// SVA and ioasid in the shapes of 2019 and later, as a driver script calls them.

import { describe, expect, it } from 'vitest';
import { ending, runScript } from '../support/run-script.ts';

const ATTR19 = `machine.configure({ profile: 'attr19' });
const dev = platform_device('a', { ssid_bits: 5, can_stall: true });
`;

async function passes(text: string): Promise<readonly string[]> {
  const run = await runScript(ATTR19 + text);
  expect(ending(run)).toBe('exit 0');
  return run.console;
}

describe('a handle of iommu_sva_bind_device', () => {
  it('stands for the PASID under which the device uses the process', async () => {
    await passes(`
assert(iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA) === 0);
const process = mm_alloc();
const handle = iommu_sva_bind_device(dev, process, 'data');
assert(!IS_ERR(handle));
const pasid = iommu_sva_get_pasid(handle);
assert(pasid === 1 && iommu_sva_find(pasid) === process);
const area = process.mmap(SZ_4K, PROT_READ | PROT_WRITE);
process.write(area, [8]);
assert(dev.dma_read(area, 1, { pasid }).data[0] === 8);
iommu_sva_unbind_device(handle);
assert(PTR_ERR(iommu_sva_find(pasid)) === -ENOENT);
expect_event('C_BAD_CD', () => { dev.dma_read(area, 1, { pasid }); });`);
  });

  it('is counted: a second bind answers the same, and the last unbind ends it', async () => {
    await passes(`
iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA);
const process = mm_alloc();
const [one, two] = [iommu_sva_bind_device(dev, process, 1), iommu_sva_bind_device(dev, process, 2)];
assert(one === two);
iommu_sva_unbind_device(one);
assert(iommu_sva_find(1) === process);
iommu_sva_unbind_device(one);
assert(IS_ERR(iommu_sva_find(1)));`);
  });

  it('brings mm_exit to the operations of the handle, with its data', async () => {
    await passes(`
iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA);
const process = mm_alloc();
const drvdata = { name: 'queue 0' };
const handle = iommu_sva_bind_device(dev, process, drvdata);
const seen = [];
const ops = { mm_exit: (...args) => { seen.push(args); return 0; } };
assert(iommu_sva_set_ops(handle, ops) === 0 && iommu_sva_set_ops(handle, ops) === 0);
assert(iommu_sva_set_ops(handle, { mm_exit: () => 0 }) === -EEXIST);
process.exit();
assert(seen.length === 1 && seen[0][0] === dev && seen[0][1] === handle && seen[0][2] === drvdata);
iommu_sva_unbind_device(handle);`);
  });

  it('without operations leaves the device running when the process ends, and says so', async () => {
    const lines = await passes(`
iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA);
const process = mm_alloc();
iommu_sva_bind_device(dev, process, null);
process.exit();`);
    expect(lines.join('\n')).toMatch(/api-misuse: .* a is bound and its handle has no mm_exit.*:7/);
  });

  it('is reported when it is dropped once too often', async () => {
    const lines = await passes(`
iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA);
const handle = iommu_sva_bind_device(dev, mm_alloc(), null);
iommu_sva_unbind_device(handle);
iommu_sva_unbind_device(handle);`);
    expect(lines.join('\n')).toMatch(/the handle of PASID 1 is unbound already .*:7/);
  });

  it.each([
    ['SVA is off', '', '-ENODEV'],
    [
      'every PASID is taken',
      'iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA);' +
        "const set = DECLARE_IOASID_SET('x'); for (let n = 1; n < 32; n++) ioasid_alloc(set, n, n, null);",
      '-ENOSPC',
    ],
  ])('is an error pointer when %s', async (_, before, errno) => {
    await passes(`${before}
assert(PTR_ERR(iommu_sva_bind_device(dev, mm_alloc(), null)) === ${errno});`);
  });

  it.each([
    [
      'attr19',
      'iommu_sva_bind_device(dev, mm_alloc(), ref(0), 0, null)',
      /takes 3 arguments, got 5 arguments: .* in profile attr19/,
    ],
    [
      'seed18',
      'iommu_sva_bind_device(dev, mm_alloc(), null)',
      /takes 5 arguments, got 3 arguments: .* in profile seed18/,
    ],
    ['seed18', 'iommu_sva_get_pasid(dev)', /not in profile seed18: attr19 has it/],
  ] as const)('in %s: %s names the shape of the profile', async (profile, call, message) => {
    const run = await runScript(`const dev = platform_device('a', { ssid_bits: 5 });\n${call}`, {
      profile,
    });
    expect(ending(run)).toMatch(message);
  });
});

it('enabling SVA tells of missing memory, whichever allocation fails, and works the next time', async () => {
  const text = `${ATTR19}const ret = iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA);
assert(ret === 0 || ret === -ENOMEM, String(ret));
assert(ret === 0 || iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA) === 0, 'then it works');
pr_info('ret %d', ret);`;
  const { result } = await runScript(text, { failNth: 999 });
  const before = (await runScript(ATTR19, { failNth: 999 })).result.allocations ?? 0;
  const seen: (string | undefined)[] = [];
  for (let nth = before + 1; nth <= (result.allocations ?? 0); nth++) {
    const run = await runScript(text, { failNth: nth });
    expect(ending(run)).toBe('exit 0');
    seen.push(run.log.find((line) => line.startsWith('ret')));
  }
  expect(seen.length).toBeGreaterThan(2);
  expect(new Set(seen)).toEqual(new Set(['ret -12']));
});

describe('the PASID of an mm', () => {
  it('is given once, counted, and used by a bind', async () => {
    await passes(`
iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA);
const process = mm_alloc();
assert(iommu_sva_alloc_pasid(process, 5, 9) === 0 && iommu_sva_find(5) === process);
assert(iommu_sva_alloc_pasid(process, 1, 4) === -EOVERFLOW);
assert(iommu_sva_alloc_pasid(process, 1, 9) === 0);
const handle = iommu_sva_bind_device(dev, process, null);
assert(iommu_sva_get_pasid(handle) === 5);
iommu_sva_free_pasid(process);
iommu_sva_unbind_device(handle);
assert(iommu_sva_find(5) === process);
iommu_sva_free_pasid(process);
assert(IS_ERR(iommu_sva_find(5)));`);
  });

  it.each([
    ['0, 9', '-EINVAL'],
    ['INVALID_IOASID, INVALID_IOASID', '-EINVAL'],
    ['9, 8', '-EINVAL'],
    ['7, 7', '-ENOMEM'],
  ])('cannot come from %s', async (range, errno) => {
    await passes(`
ioasid_alloc(DECLARE_IOASID_SET('x'), 7, 7, null);
assert(iommu_sva_alloc_pasid(mm_alloc(), ${range}) === ${errno});`);
  });
});

describe('a custom ioasid allocator', () => {
  it('serves in place of the kernel’s own until it goes', async () => {
    await passes(`
const freed = [];
let next = 40;
const ops = { alloc: (min, max, pdata) => (assert(pdata === 'p'), next++), free: (id) => void freed.push(id), pdata: 'p' };
const set = DECLARE_IOASID_SET('x');
assert(ioasid_register_allocator(ops) === 0 && ioasid_register_allocator(ops) === -EEXIST);
const [a, b] = [ioasid_alloc(set, 1, 99, 'a'), ioasid_alloc(set, 1, 99, 'b')];
assert(a === 40 && b === 41 && ioasid_find(set, 41) === 'b');
ioasid_free(a);
ioasid_free(b);
assert(freed.join() === '40,41');
ioasid_unregister_allocator(ops);
assert(ioasid_alloc(set, 1, 99, null) === 1);
assert(ioasid_register_allocator(ops) === -EAGAIN);`);
  });

  it('hands over to the next one registered, and warns of IDs that are still out', async () => {
    const lines = await passes(`
const make = (id) => ({ alloc: () => id, free: () => undefined });
const [one, two] = [make(50), make(60)];
const set = DECLARE_IOASID_SET('x');
ioasid_register_allocator(one);
ioasid_register_allocator(two);
assert(ioasid_alloc(set, 1, 99, null) === 50);
assert(ioasid_alloc(set, 1, 99, null) === INVALID_IOASID, 'the same number twice');
ioasid_unregister_allocator(one);
assert(ioasid_alloc(set, 1, 99, null) === 60);`);
    expect(lines.join('\n')).toContain('WARNING: ioasid_unregister_allocator');
  });
});
