// settings.json and keybindings.json on the disk: comments, mistakes with their place, changes from outside
// and by commands.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ScreenReaderSource } from '../../main/configuration.ts';
import { ConfigurationFiles } from '../../main/configuration.ts';
import { readTextFile } from '../../main/text-file.ts';
import type { ConfigurationApi } from '../../sim/protocol/configuration.ts';
import { DEFAULT_SETTINGS } from '../../sim/protocol/settings.ts';

let folder: string;
let opened: ConfigurationFiles[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'substream-configuration-'));
  opened = [];
});

afterEach(() => {
  for (const one of opened) {
    one.dispose();
  }
  rmSync(folder, { recursive: true, force: true });
});

const SILENT = { accessibilitySupportEnabled: false, on: () => undefined };

function start(screen: ScreenReaderSource = SILENT): ConfigurationFiles {
  const own = new ConfigurationFiles(folder, screen, false);
  opened.push(own);
  return own;
}

/** The calls of a window. */
function callsOf(own: ConfigurationFiles): ConfigurationApi {
  return own.handlers(async (path) => ({ path, name: 'x', text: await readTextFile(path) }));
}

const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const text = (name: string): string => readFileSync(join(folder, name), 'utf8');

const COMMENTED = `// mine
{
  /* large */
  "editor.fontSize": 18, // for the projector
}
`;

describe('settings.json', () => {
  it('is not there at first: everything has its default', () => {
    expect(start().current).toMatchObject({ settings: DEFAULT_SETTINGS, problems: [] });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('may have comments and trailing commas', () => {
    put('settings.json', COMMENTED);
    const { settings, problems } = start().current;
    expect(settings).toEqual({ ...DEFAULT_SETTINGS, 'editor.fontSize': 18 });
    expect(problems).toEqual([]);
  });

  it.each(['', '  \n', '{}', '{ // nothing\n}'])('may be as good as empty: %j', (content) => {
    put('settings.json', content);
    expect(start().current).toMatchObject({ settings: DEFAULT_SETTINGS, problems: [] });
  });

  it.each([
    ['{\n  "editor.fontSize" 18\n}', 'settings.json:2:21: colon expected'],
    ['{\n  "editor.fontSize": 18\n  "editor.tabSize": 4\n}', 'settings.json:3:3: comma expected'],
    ['{\n  "editor.fontSize": 18,\n', 'settings.json:3:1: property name expected'],
    ['[]', 'settings.json:1:1: an object is expected'],
    ['{}\n}', 'settings.json:2:1: end of file expected'],
  ])('that cannot be read is told with line and column: %j', (content, message) => {
    put('settings.json', content);
    const { settings, problems } = start().current;
    expect(settings).toEqual(DEFAULT_SETTINGS);
    expect(problems).toEqual([`${message}; what was read before stays`]);
  });

  it('is told where a value is wrong; the others count', () => {
    put('settings.json', '{\n  "editor.fontSize": "big",\n  "editor.tabSize": 4,\n  "x": 1\n}');
    const { settings, problems } = start().current;
    expect(settings).toEqual({ ...DEFAULT_SETTINGS, 'editor.tabSize': 4 });
    expect(problems).toEqual([
      'settings.json:2:22: editor.fontSize must be a number from 6 to 100; 13 is used',
      'settings.json:4:8: x is not a setting',
    ]);
  });

  it('is read again when it changes; while it is broken the last good settings stay', async () => {
    put('settings.json', COMMENTED);
    const own = start();
    const changed = vi.fn();
    own.onDidChange(changed);
    put('settings.json', '{ "editor.fontSize": 20, ');
    await vi.waitFor(() => expect(own.current.problems).toHaveLength(1), 5000);
    expect(own.settings['editor.fontSize']).toBe(18);
    put('settings.json', '{ "editor.fontSize": 20 }');
    await vi.waitFor(() => expect(own.settings['editor.fontSize']).toBe(20), 5000);
    expect(own.current.problems).toEqual([]);
    rmSync(join(folder, 'settings.json'));
    await vi.waitFor(() => expect(own.settings['editor.fontSize']).toBe(13), 5000);
    expect(changed).toHaveBeenCalledTimes(3);
  });

  it('keeps its comments when a command changes a setting, and leaves nothing beside it', async () => {
    put('settings.json', COMMENTED);
    const own = start();
    await own.set('workbench.colorTheme', 'light');
    await own.set('editor.fontSize', 9);
    expect(text('settings.json')).toBe(`// mine
{
  /* large */
  "editor.fontSize": 9, // for the projector
  "workbench.colorTheme": "light",
}
`);
    expect(own.settings).toMatchObject({ 'workbench.colorTheme': 'light', 'editor.fontSize': 9 });
    expect(readdirSync(folder)).toEqual(['settings.json']);
  });

  it('is not changed by a command while it cannot be read', async () => {
    put('settings.json', '{ "editor.fontSize": ');
    const own = start();
    await expect(own.set('workbench.colorTheme', 'light')).rejects.toThrow(
      'settings.json:1:22: value expected; nothing is changed',
    );
    expect(text('settings.json')).toBe('{ "editor.fontSize": ');
  });

  it('takes many changes at once', async () => {
    const own = start();
    await Promise.all([
      own.set('editor.fontSize', 15),
      own.set('editor.tabSize', 8),
      own.set('workbench.colorTheme', 'contrast'),
    ]);
    expect(start().settings).toEqual({
      ...DEFAULT_SETTINGS,
      'editor.fontSize': 15,
      'editor.tabSize': 8,
      'workbench.colorTheme': 'contrast',
    });
  });

  it('is written when a person opens it, and only then', async () => {
    const own = start();
    const file = await callsOf(own).openUserFile('settings.json');
    expect(file.text).toMatch(/^\/\/ Settings\..*\n\{\n\}\n$/);
    put('settings.json', '{}');
    expect((await callsOf(own).openUserFile('settings.json')).text).toBe('{}');
  });
});

describe('keybindings.json', () => {
  it('gets and loses the keys of one command; the rest of the file stays', async () => {
    put(
      'keybindings.json',
      `[
  // a rule of mine
  { "key": "f4", "command": "run.stop" },
  { "key": "f3", "command": "no.such" },
]
`,
    );
    const own = start();
    const { setKeys } = callsOf(own);
    await setKeys('run.start', ['F2']);
    expect(own.current.keybindings).toEqual([
      { key: 'f4', command: 'run.stop' },
      { key: 'f2', command: 'run.start' },
      { key: 'ctrl+f5', command: '-run.start' },
    ]);
    expect(text('keybindings.json')).toContain('// a rule of mine');
    expect(own.current.problems).toEqual(['keybindings.json:4:29: "no.such" is no command']);
    await setKeys('run.start', 'default');
    expect(own.current.keybindings).toEqual([{ key: 'f4', command: 'run.stop' }]);
    expect(text('keybindings.json')).toContain('"no.such"');
    await expect(setKeys('no.such', [])).rejects.toThrow('no.such is no command');
  });
});

describe('a screen reader', () => {
  it('is told of when the system tells, also later', () => {
    const heard: (() => void)[] = [];
    const screen = {
      accessibilitySupportEnabled: false,
      on: (_event: string, listener: () => void) => heard.push(listener),
    };
    const own = start(screen);
    const changed = vi.fn();
    own.onDidChange(changed);
    expect(own.current.screenReader).toBe(false);
    screen.accessibilitySupportEnabled = true;
    for (const listener of heard) {
      listener();
    }
    expect(changed).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ screenReader: true }),
    );
  });
});
