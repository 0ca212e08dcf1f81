// The views of caches and interrupts, on the real answers of a session with a modelled SMMU.

import { describe, expect, it } from 'vitest';
import { CachesView } from '../../renderer/inspector/caches-view.ts';
import { InterruptsView, setupText } from '../../renderer/inspector/interrupts-view.ts';
import type { Ask, View } from '../../renderer/inspector/view.ts';
import type { InspectRequest } from '../../sim/protocol/inspect.ts';
import { CD } from '../support/fault-rig.ts';
import { inspected } from '../support/inspected.ts';

async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) {
    await Promise.resolve();
  }
}

function session() {
  const { rig, ask: answer } = inspected({}, (own) => own.access());
  const asked: InspectRequest[] = [];
  const ask: Ask = async (request) => {
    asked.push(request);
    return answer(request);
  };
  return { rig, ask, asked };
}

async function refreshed(view: View): Promise<void> {
  view.refresh();
  await settle();
}

async function following(ask: Ask): Promise<CachesView> {
  const view = new CachesView(ask);
  view.follow();
  await settle();
  return view;
}

describe('the caches', () => {
  it('mark entries that came since the last look, until others come', async () => {
    const { rig, ask } = session();
    const view = await following(ask);
    expect(view.newFrom.value).toBeUndefined();
    const before = view.caches.value?.newest ?? 0;
    rig.access({ ssid: -1 });
    await refreshed(view);
    const isNew = (record: number): boolean => record >= (view.newFrom.value ?? Infinity);
    const marked = view.caches.value?.rows.filter(({ record }) => isNew(record)) ?? [];
    expect(marked.map(({ cache, key }) => `${cache} ${key}`)).toContain('CD 0x8 0');
    expect(marked.every(({ record }) => record > before)).toBe(true);
    await refreshed(view);
    expect(isNew(marked[0]?.record ?? 0)).toBe(true);
  });

  it('keep telling of the selected entry as it gets stale, until it is gone', async () => {
    const { rig, ask } = session();
    const view = await following(ask);
    const cd = view.caches.value?.rows.find(({ cache }) => cache === 'CD');
    view.select(cd?.id);
    await settle();
    expect(view.entry.value?.state).toBe('fresh');
    rig.set(CD, [63, 48], 9n);
    await refreshed(view);
    expect(view.entry.value?.state).toBe('stale');
    rig.invalidate();
    await refreshed(view);
    expect(view.entry.value).toBeUndefined();
  });

  it('ask for the rows around the visible ones, and only when one is missing', async () => {
    const { rig, ask, asked } = session();
    for (let ssid = 0; ssid < 8; ssid++) {
      rig.poke(CD - 3 * 64 + ssid * 64, rig.rig.load(CD, 8));
      rig.access({ ssid });
    }
    const view = await following(ask);
    view.reveal(0, 5);
    await settle();
    const questions = asked.length;
    view.reveal(2, 7);
    await settle();
    expect(asked.length).toBe(questions);
    expect(view.caches.value?.rows.length).toBe(view.caches.value?.matching);
  });

  it('pass on cache, filter and "stale only"', async () => {
    const { ask, asked } = session();
    const view = await following(ask);
    view.show('CD');
    view.setFilter('sid 8');
    view.setStaleOnly(true);
    await settle();
    expect(asked.at(-1)).toMatchObject({ kind: 'caches', cache: 'CD', filter: 'sid 8 stale' });
    expect(view.caches.value?.matching).toBe(0);
  });
});

describe('the interrupts', () => {
  it('mark those that came since the last look', async () => {
    const { rig, ask } = session();
    const view = new InterruptsView(ask);
    view.follow();
    await settle();
    const before = view.interrupts.value.length;
    rig.register(0x50, 7);
    rig.access({ sid: 9 });
    await refreshed(view);
    const { value } = view.interrupts;
    expect(value.length).toBeGreaterThan(before);
    expect(value[0]?.record).toBeGreaterThanOrEqual(view.newFrom.value ?? Infinity);
    view.select(value[0]?.record);
    await settle();
    expect(view.story.value?.causes.at(-1)?.text).toMatch(/^C_BAD_STE/);
  });

  it.each([
    [{}, '2 raised'],
    [{ line: 74, enabled: true, last: 9 }, 'line 74, enabled by IRQ_CTRL, 2 raised, last at 9 ns'],
    [{ enabled: false, lost: 2 }, 'not enabled by IRQ_CTRL, 2 raised, 2 of them without a handler'],
    [
      { msi: { address: 0x4000_3000n, data: 7 }, messages: 3, pending: true },
      'MSI 0x7 to 0x4000_3000, 2 raised, 3 MSIs, pending',
    ],
  ])('say of %o "%s"', (source, text) => {
    const plain = { name: 'eventq', raised: 2, lost: 0, messages: 0, pending: false };
    expect(setupText({ ...plain, ...source })).toBe(text);
  });
});
