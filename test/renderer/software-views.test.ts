import { describe, expect, it } from 'vitest';
import { SoftwareView } from '../../renderer/inspector/software-view.ts';
import { nodeText, pictureText, TopologyView } from '../../renderer/inspector/topology-view.ts';
import { Inspector } from '../../sim/inspect/inspector.ts';
import type { InspectRequest } from '../../sim/protocol/inspect.ts';
import { DEFAULT_FEATURES } from '../../sim/smmu/capabilities.ts';
import { KernelRig } from '../support/kernel-rig.ts';

/** A kernel with a device, and views that ask an inspector of its trace. */
function watched() {
  const rig = new KernelRig({ config: { profile: 'attr19' } });
  const dev = rig.kernel.add_platform_device('accel0', { sids: [0x10], ssid_bits: 10 });
  const hardware = { features: DEFAULT_FEATURES, ram: [] };
  const inspector = new Inspector(rig.recorder, hardware, 'accel.ts');
  const asked: InspectRequest[] = [];
  const ask = async (request: InspectRequest) => {
    asked.push(request);
    return inspector.answer(request);
  };
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
  return { rig, dev, ask, asked, settled, set: { name: 'own' } };
}

describe('the kernel view', () => {
  it('asks for the stretch that shows, and finds one of many by its number', async () => {
    const { rig, ask, asked, settled, set } = watched();
    for (let n = 0; n < 3000; n++) {
      rig.call('ioasid_alloc', set, 1, 100_000, null);
    }
    const view = new SoftwareView(ask);
    view.follow();
    view.open({ of: 'pasids', id: '2500' });
    await settled();
    expect([view.total, view.current.value?.title, view.at.value]).toEqual([
      3000,
      'PASID 2500',
      2499,
    ]);
    view.reveal(10, 40);
    await settled();
    expect(view.software.value?.from).toBe(0);
    expect(asked.every((request) => !('count' in request) || request.count <= 500)).toBe(true);
  });

  it('marks what changed since the last look, and what is new', async () => {
    const { rig, dev, ask, settled } = watched();
    const view = new SoftwareView(ask);
    view.follow();
    view.show('domains');
    await settled();
    expect(view.changedFrom.value).toBeUndefined();
    rig.call('iommu_domain_alloc', dev.bus);
    view.refresh();
    await settled();
    const marked = view.software.value?.rows.filter(
      ({ changed }) => changed >= (view.changedFrom.value ?? Number.POSITIVE_INFINITY),
    );
    expect(marked?.map(({ title }) => title)).toEqual(['domain 2']);
  });

  it('keeps an object selected when others come before it', async () => {
    const { rig, ask, settled, set } = watched();
    rig.call('ioasid_alloc', set, 50, 100, null);
    const view = new SoftwareView(ask);
    view.follow();
    view.show('pasids');
    await settled();
    view.select(0);
    rig.call('ioasid_alloc', set, 1, 100, null);
    view.refresh();
    await settled();
    expect([view.current.value?.title, view.at.value]).toEqual(['PASID 50', 1]);
  });

  it('shows the mappings of a domain and goes back to it', async () => {
    const { rig, dev, ask, settled } = watched();
    const domain = rig.call('iommu_domain_alloc', dev.bus) as object;
    rig.call('iommu_attach_device', domain, dev);
    rig.call('iommu_map', domain, 0x7000_0000, 0x8000_0000, 0x3000, 3);
    const view = new SoftwareView(ask);
    view.follow();
    view.openMap(2);
    await settled();
    expect(view.map.value?.rows.map(({ iova, size }) => [iova, size])).toEqual([
      [0x7000_0000n, 0x3000n],
    ]);
    view.closeMap();
    await settled();
    expect([view.map.value, view.current.value?.title]).toEqual([undefined, 'domain 2']);
  });
});

describe('the topology', () => {
  async function picture() {
    const { rig, dev, ask, settled } = watched();
    rig.call('iommu_dev_enable_feature', dev, 0);
    const domain = rig.call('iommu_domain_alloc', dev.bus) as object;
    rig.call('iommu_aux_attach_device', domain, dev);
    const view = new TopologyView(ask);
    view.follow();
    await settled();
    return { rig, domain, dev, view, settled };
  }

  it('is walked with the arrows: down a column, right to what a box leads to, left back', async () => {
    const { view } = await picture();
    const path = ['Home', 'Right', 'Right', 'Right', 'Down', 'Left', 'Left'];
    const seen = path.map((key) => {
      view.move(key === 'Home' ? key : `Arrow${key}`);
      return view.selected.value;
    });
    expect(seen).toEqual([
      'device accel0',
      'stream 16',
      'substream accel0 none',
      'domain 1',
      'domain 2',
      'substream accel0 1',
      'stream 16',
    ]);
    expect(view.move('ArrowUp')).toBe(false);
  });

  it('says of each box what it is and where it leads', async () => {
    const { view } = await picture();
    const drawn = view.picture.value ?? { nodes: [], edges: [], width: 0, height: 0 };
    const stream = drawn.nodes.find(({ column }) => column === 'stream');
    expect(stream && nodeText(stream, drawn)).toBe(
      'stream SID 0x10, 10 SSID bits, leads to no SSID, SSID 1',
    );
    expect(pictureText(drawn).split('\n')).toHaveLength(drawn.nodes.length);
  });

  it('lets no two boxes overlap', async () => {
    const { view } = await picture();
    const places = (view.picture.value?.nodes ?? []).map(({ x, y }) => `${x} ${y}`);
    expect(new Set(places).size).toBe(places.length);
  });

  it('marks the boxes that came since the last look', async () => {
    const { rig, dev, view, settled } = await picture();
    const second = rig.call('iommu_domain_alloc', dev.bus) as object;
    rig.call('iommu_aux_attach_device', second, dev);
    view.refresh();
    await settled();
    expect([...view.changed.value]).toContain('substream accel0 2');
    expect([...view.changed.value]).not.toContain('substream accel0 1');
  });
});
