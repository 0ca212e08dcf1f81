import { expect, it, describe as suite } from 'vitest';
import { Inspector } from '../../sim/inspect/inspector.ts';
import type { InspectAnswer, InspectRequest, SoftwareKind } from '../../sim/protocol/inspect.ts';
import { DEFAULT_FEATURES } from '../../sim/smmu/capabilities.ts';
import { readSession } from '../../sim/trace/session-reader.ts';
import { runScript } from '../support/run-script.ts';

const AUX = `const dev = platform_device('accel0', { sids: [0x10], ssid_bits: 10 });
const page = alloc_pages(1);
iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 500, null);
const domains = [];
for (let n = 0; n < COUNT; n++) {
  domains.push(iommu_domain_alloc(dev.bus));
  iommu_attach_device(domains[n], dev);
}
const domain = domains[0];
iommu_map(domain, 0x70000000n, page_to_phys(page), SZ_4K, IOMMU_READ);
iommu_map(domain, 0x70001000n, page_to_phys(page) + 4096n, SZ_4K, IOMMU_READ);
iommu_map(domain, 0x80000000n, page_to_phys(page), SZ_8K, IOMMU_READ | IOMMU_WRITE);
const own = { name: 'mine' };
`;

/** An inspector over the session file of a run: what a live session shows, an opened one does. */
async function opened(script: string) {
  const { session } = await runScript(script, { file: 'accel.ts' });
  const { source } = readSession([session.traceText()]);
  const hardware = { features: DEFAULT_FEATURES, ram: [] };
  const inspector = new Inspector(source, hardware, 'accel.ts');
  const ask = <K extends InspectRequest['kind']>(
    request: Extract<InspectRequest, { kind: K }>,
  ): Extract<InspectAnswer, { kind: K }> =>
    inspector.answer(request) as Extract<InspectAnswer, { kind: K }>;
  const typed = (text: string): readonly string[] => ask({ kind: 'command', text }).lines;
  const rows = (of: SoftwareKind, from = 0, count = 100) =>
    ask({ kind: 'software', of, from, count }).software;
  return { ask, typed, rows };
}

const script = (count: number): string => AUX.replace('COUNT', String(count));

suite('the commands about the software side', () => {
  it.each([
    ['dev', ['accel0       SID 0x10, domain 1, AUXD SVA  (line 1)']],
    ['groups', ['group 0      accel0: domain 1 (default)  (line 1)']],
    [
      'domains',
      [
        'domain 1     DMA, stage 1, ASID 1, accel0  (line 1)',
        'domain 2     UNMANAGED, stage 1, ASID 2, PASID 1, accel0 (aux)  (line 6)',
      ],
    ],
    ['pasids', ['PASID 1      arm_smmu_aux, domain 2  (line 7)']],
    ['bonds', ['no bonds']],
    ['mdevs', ['no mdevs']],
    [
      'iova 2',
      [
        'domain 2: 3 ranges, 0x4000 bytes',
        '  0x7000_0000 to 0x7000_0fff -> 0x4000_6000 r-x  (line 10)',
        '  0x7000_1000 to 0x7000_1fff -> 0x4000_7000 r-x  (line 11)',
        '  0x8000_0000 to 0x8000_1fff -> 0x4000_6000 rwx  (line 12)',
      ],
    ],
    ['iova 9', ['iova: there is no domain 9; usage: iova N']],
    ['domain 9', ['domain: there is no domain 9; usage: domain N']],
    ['domain', ['domain: N is missing; usage: domain N']],
    ['dev nothing', ['dev: there is no device nothing; usage: dev [NAME]']],
  ])('%s', async (command, lines) => {
    const { typed } = await opened(script(1));
    expect(typed(command)).toEqual(lines);
  });

  it('tell all of one object, with the lines that made and changed it', async () => {
    const { typed } = await opened(script(1));
    const lines = typed('domain 2').map((line) => line.trim().replaceAll(/ {2,}/g, ': '));
    expect(lines).toContain('type: IOMMU_DOMAIN_UNMANAGED');
    expect(lines).toContain('descriptor table of: 1');
    expect(lines).toContain('attached by PASID: accel0');
    expect(lines).toContain('geometry: 0x0 to 0xffffffffffff');
    expect(lines).toContain('line 6: iommu_domain_alloc(platform)');
    expect(lines).toContain('changed by line 7: iommu_attach_device(domain 2, accel0)');
    expect(typed('dev accel0').join()).toContain('1 to 500');
  });

  it('say that an older session does not hold the objects, and never that there are none', async () => {
    const { session } = await runScript(script(1), { file: 'accel.ts' });
    const older = session.traceText().replaceAll('"kind":"state"', '"kind":"later"');
    const { source } = readSession([older]);
    const inspector = new Inspector(source, { features: DEFAULT_FEATURES, ram: [] }, 'accel.ts');
    const lines = ['domains: this session is older than the records of kernel objects'];
    expect(inspector.answer({ kind: 'command', text: 'domains' })).toEqual({
      kind: 'command',
      lines,
    });
  });

  it('count what they do not list', async () => {
    const { typed } = await opened(script(100));
    expect(typed('pasids').at(-1)).toBe('and 36 more');
  });

  it('name what a trace that left the objects out does not hold', async () => {
    const { session } = await runScript(script(1), { file: 'accel.ts', omit: ['state'] });
    const answer = session.inspect({ kind: 'command', text: 'domains' });
    expect(answer).toEqual({ kind: 'command', lines: ['domains: objects were not recorded'] });
  });
});

suite('the view of the software side', () => {
  it('pages through the objects, and finds the place of one', async () => {
    const { ask, rows } = await opened(script(100));
    const { counts, rows: shown } = rows('pasids', 10, 3);
    expect(counts).toEqual({
      devices: 1,
      groups: 1,
      domains: 101,
      pasids: 100,
      bonds: 0,
      mdevs: 0,
    });
    expect(shown.map(({ title }) => title)).toEqual(['PASID 11', 'PASID 12', 'PASID 13']);
    const request = { kind: 'software', of: 'pasids', from: 0, count: 3, around: '50' } as const;
    expect(ask(request).software.rows.map(({ id }) => id)).toEqual(['49', '50', '51']);
  });

  it('leads from one object to the others that it names', async () => {
    const { rows } = await opened(script(1));
    const domain = rows('domains').rows[1];
    expect(domain?.fields.flatMap(({ links = [] }) => links)).toEqual([
      { of: 'pasids', id: '1' },
      { of: 'domains', id: '1' },
      { of: 'devices', id: 'accel0' },
    ]);
  });

  it('draws what is mapped as bars with the gaps between', async () => {
    const { ask } = await opened(script(1));
    const { map } = ask({ kind: 'iovaMap', domain: 2, from: 1, count: 1 });
    expect(map.bars).toEqual([
      { iova: 0x7000_0000n, size: 0x2000n, first: 0, ranges: 2 },
      { iova: 0x8000_0000n, size: 0x2000n, first: 2, ranges: 1 },
    ]);
    expect([map.total, map.bytes, map.rows.length, map.rows[0]?.iova]).toEqual([
      3,
      0x4000n,
      1,
      0x7000_1000n,
    ]);
  });

  it('has no mappings of a domain that is not set up', async () => {
    const { ask } = await opened(`${script(1)}iommu_domain_alloc(dev.bus);`);
    const { map } = ask({ kind: 'iovaMap', domain: 3, from: 0, count: 10 });
    expect(map.note).toBe('domain 3 has no page table: it is set up at its first attach');
  });
});

suite('the picture', () => {
  it('connects devices, streams, substreams, domains and tables', async () => {
    const { ask } = await opened(script(1));
    const { nodes, edges } = ask({ kind: 'topology' }).topology;
    expect(nodes.map(({ column, title }) => `${column}: ${title}`)).toEqual([
      'device: accel0',
      'stream: SID 0x10',
      'substream: no SSID',
      'domain: domain 1',
      'table: 0x4000_5000',
      'substream: SSID 1',
      'domain: domain 2',
      'table: 0x4000_c000',
    ]);
    expect(edges.map(({ from, to }) => `${from} > ${to}`)).toContain(
      'substream accel0 1 > domain 2',
    );
  });

  it('draws many substreams as one box that counts them', async () => {
    const { ask } = await opened(script(100));
    const { nodes } = ask({ kind: 'topology' }).topology;
    const substreams = nodes.filter(({ column }) => column === 'substream');
    expect(substreams.map(({ title }) => title)).toEqual(['no SSID', '100 PASIDs']);
    expect(nodes.length).toBeLessThan(9);
  });
});
