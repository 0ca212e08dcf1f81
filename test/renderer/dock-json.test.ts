// The dock as text: editors get their new ids, what there is no more is left out, groups never stay empty.

import { describe, expect, it } from 'vitest';
import { readDock } from '../../renderer/workbench/dock-json.ts';

const leaf = (views: string[], activeView: string) => ({
  type: 'leaf',
  data: { id: '1', views, activeView },
  size: 100,
});

const DOCK = {
  grid: {
    root: {
      type: 'branch',
      data: [leaf(['document-1', 'welcome'], 'document-1'), leaf(['document-2'], 'document-2')],
    },
    width: 800,
    height: 600,
    orientation: 'HORIZONTAL',
  },
  panels: {
    'document-1': { id: 'document-1', contentComponent: 'editor', params: { id: 'document-1' } },
    'document-2': { id: 'document-2', contentComponent: 'editor', params: { id: 'document-2' } },
    welcome: { id: 'welcome', contentComponent: 'welcome' },
    explorer: { id: 'explorer', contentComponent: 'explorer' },
    gone: { id: 'gone', contentComponent: 'gone' },
  },
  edgeGroups: {
    left: {
      size: 200,
      visible: true,
      group: { id: 'e', views: ['gone', 'explorer'], activeView: 'gone' },
    },
  },
};

const NAMES: Readonly<Record<string, string>> = {
  'document-1': 'document-7',
  welcome: 'welcome',
  explorer: 'explorer',
};

describe('a dock that is read', () => {
  const dock = readDock(JSON.stringify(DOCK), (id) => NAMES[id]);

  it('names its editors anew, everywhere', () => {
    expect(dock.panels['document-7']).toEqual({
      id: 'document-7',
      contentComponent: 'editor',
      params: { id: 'document-7' },
    });
    expect(JSON.stringify(dock)).not.toMatch(/document-[12]"/);
  });

  it('leaves out what there is no more, with the groups that would be empty', () => {
    expect(Object.keys(dock.panels)).toEqual(['document-7', 'welcome', 'explorer']);
    expect(dock.grid.root.data).toEqual([
      {
        type: 'leaf',
        data: { id: '1', views: ['document-7', 'welcome'], activeView: 'document-7' },
        size: 100,
      },
    ]);
    expect(dock.edgeGroups?.left?.group).toEqual({
      id: 'e',
      views: ['explorer'],
      activeView: 'explorer',
    });
  });

  it.each(['', '{', 'null', '[]', '{}', '{"panels":{}}', '{"panels":1,"grid":{"root":{}}}'])(
    '%j is refused',
    (text) => {
      expect(() => readDock(text, (id) => id)).toThrow();
    },
  );
});
