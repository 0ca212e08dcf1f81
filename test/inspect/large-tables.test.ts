import { describe, expect, it } from 'vitest';

import { parseStream, TablesView } from '../../renderer/inspector/tables-view.ts';
import { CD, STE } from '../support/fault-rig.ts';
import { inspected } from '../support/inspected.ts';

const TABLE = 0x5000_0000;

/** A stream with a linear table of 2^20 CDs, of which these are live. */
function million(live: readonly number[]) {
  return inspected({}, (rig) => {
    const words = rig.rig.load(CD, 8);
    rig.at(50, 'attach', () => {
      rig.set(STE, [55, 6], BigInt(TABLE) >> 6n);
      rig.set(STE, [63, 59], 20n);
      for (const ssid of live) {
        rig.poke(TABLE + ssid * 64, words);
      }
    });
  });
}

function titles(nodes: readonly { readonly title: string; readonly text: string }[]): string[] {
  return nodes.map(({ title, text }) => `${title} ${text}`);
}

const FEW = [0, 1023, 1024, 700_000];
const MANY = Array.from({ length: 300 }, (_, at) => 2048 + at);

describe('a table of a million CDs', () => {
  it('opens to stretches of it, those in which nothing was ever written left out', () => {
    const { nodes } = million(FEW);
    const [ste] = nodes();
    const stretches = nodes(ste?.id);
    expect(titles(stretches)).toEqual([
      '[0..1023] SubstreamIDs 0 to 1023',
      '[1024..2047] SubstreamIDs 1024 to 2047',
      '[699392..700415] SubstreamIDs 699392 to 700415',
    ]);
    expect(stretches.map(({ id }) => titles(nodes(id)))).toEqual([
      ['CD 0 ASID 2', 'CD 1023 ASID 2'],
      ['CD 1024 ASID 2'],
      ['CD 700000 ASID 2'],
    ]);
  });

  it('opens a full stretch by smaller ones, so that no node has more than some dozens', () => {
    const { nodes } = million(MANY);
    const [stretch] = nodes(nodes()[0]?.id);
    expect(stretch?.title).toBe('[2048..3071]');
    const smaller = nodes(stretch?.id);
    expect(smaller.map(({ title }) => title)).toEqual([
      '[2048..2111]',
      '[2112..2175]',
      '[2176..2239]',
      '[2240..2303]',
      '[2304..2367]',
    ]);
    expect(smaller.flatMap(({ id }) => nodes(id)).map(({ title }) => title)).toEqual(
      MANY.map((ssid) => `CD ${ssid}`),
    );
  });

  it('is not searched for one of them', () => {
    const { ask, typed } = million(MANY);
    const { path } = ask({ kind: 'tablePath', sid: 8, ssid: 2200 });
    expect(path.map((id) => id.split(':').slice(0, 3).join(':'))).toEqual([
      `ste:8:${STE}`,
      'range:2048:3072',
      'range:2176:2240',
      'cd:8:2200',
    ]);
    expect(typed('cd 8 2200')).toContain('ASID           [63:48]    0x2');
    expect(typed('cd 8 5000')).toBe('CD 5000 of SID 8 was never written');
    expect(typed('cd 8').split('\n').slice(-1)).toEqual(['and more: name the one to see']);
  });

  it('leads as far as there is anything', () => {
    const { ask } = million(FEW);
    expect(ask({ kind: 'tablePath', sid: 9 }).path).toEqual([]);
    expect(ask({ kind: 'tablePath', sid: 8 }).path).toEqual([`ste:8:${STE}`]);
    expect(ask({ kind: 'tablePath', sid: 8, ssid: 5 }).path).toHaveLength(2);
  });

  it.each([
    'range',
    'range:0:10',
    'range:-1:5:l1cd:8:0:0:4',
    'range:5:1:l1cd:8:0:0:4',
    'range:a:b:c',
  ])('has no children for the id %j', (id) => {
    expect(million(FEW).nodes(id)).toEqual([]);
  });

  it('is opened by the view on the way to a CD, which is selected then', async () => {
    const { ask } = million(MANY);
    const view = new TablesView(async (request) => ask(request));
    view.follow();
    expect(await view.goTo(8, 2200)).toBe(true);
    await expect.poll(() => view.current?.node.title).toBe('CD 2200');
    expect(view.rows.value.length).toBeLessThan(100);
    expect(await view.goTo(8, 9)).toBe(false);
  });
});

describe('what to go to', () => {
  it.each([
    ['0x10', { sid: 16, ssid: undefined }],
    ['0x10 3', { sid: 16, ssid: 3 }],
    [' 8, 1_000 ', { sid: 8, ssid: 1000 }],
    ['', undefined],
    ['x', undefined],
    ['1 2 3', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['8 1048576', undefined],
    ['4294967296', undefined],
  ])('is read from %j', (text, stream) => {
    expect(parseStream(text)).toEqual(stream);
  });
});
