// Opening and saving on a real disk: atomicity, permission, and whose files the window may name.

import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeAtomically } from '../../main/atomic-write.ts';
import { describe as describeExample, Examples } from '../../main/examples.ts';
import type { FileDialogs } from '../../main/files.ts';
import { Files } from '../../main/files.ts';
import { filesOf } from '../../main/start-files.ts';
import { StateFile } from '../../main/state-file.ts';
import { readTextFile } from '../../main/text-file.ts';
import type { FileText } from '../../sim/protocol/api.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'substream-files-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('writing a file', () => {
  it('leaves the new text and nothing beside it', async () => {
    const path = put('a.ts', 'old');
    await writeAtomically(path, 'new: ä €');
    expect(readFileSync(path, 'utf8')).toBe('new: ä €');
    expect(readdirSync(folder)).toEqual(['a.ts']);
  });

  it('keeps the permission bits of the file', async () => {
    const path = put('a.ts', 'old');
    chmodSync(path, 0o604);
    await writeAtomically(path, 'new');
    expect(statSync(path).mode & 0o777).toBe(0o604);
  });

  it('writes through a symbolic link and leaves the link', async () => {
    const target = put('target.ts', 'old');
    const link = join(folder, 'link.ts');
    symlinkSync(target, link);
    await writeAtomically(link, 'new');
    expect(readFileSync(target, 'utf8')).toBe('new');
    expect(readlinkSync(link)).toBe(target);
  });

  it('changes nothing when it fails', async () => {
    mkdirSync(join(folder, 'taken'));
    await expect(writeAtomically(join(folder, 'taken'), 'new')).rejects.toThrow();
    await expect(writeAtomically(join(folder, 'missing', 'a.ts'), 'new')).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['taken']);
    expect(readdirSync(join(folder, 'taken'))).toEqual([]);
  });
});

describe('reading a file', () => {
  it.each([
    ['a byte order mark', '\ufeffconst a = 1;'],
    ['Windows line ends', 'a\r\nb\r\n'],
    ['nothing', ''],
  ])('keeps %s', async (_what, text) => {
    expect(await readTextFile(put('a.ts', text))).toBe(text);
  });

  it.each([
    ['is missing', () => join(folder, 'missing.ts'), 'it does not exist'],
    ['is a folder', () => folder, 'it is a folder'],
    ['holds a zero byte', () => put('a', 'a\0b'), 'it is not a text file'],
    ['is not UTF-8', () => put('a', Uint8Array.of(0x61, 0xff)), 'it is not UTF-8 text'],
    ['is too large', () => put('a', 'x'.repeat(8 * 2 ** 20 + 1)), 'it has 8388609 bytes'],
  ])('says so when the file %s', async (_what, make, reason) => {
    const path = make();
    await expect(readTextFile(path)).rejects.toThrow(reason);
    await expect(readTextFile(path)).rejects.toThrow(path);
  });
});

describe('the files of the window', () => {
  let chosen: string | undefined;
  let asked: string[];
  let state: StateFile;
  let damaged = false;

  const dialogs: FileDialogs = {
    open: async () => chosen,
    save: async (name) => {
      asked.push(name);
      return chosen;
    },
  };

  function service(): Files {
    state = new StateFile(join(folder, 'state.json'));
    const sessions = {
      open: async (path: string): Promise<FileText> => {
        if (damaged) {
          throw new Error('damaged');
        }
        return { name: basename(path), text: 'opened' };
      },
    };
    const examples = new Examples(join(folder, 'examples'));
    const own = [join(folder, 'settings.json')];
    return new Files({ state, examples, own }, dialogs, sessions);
  }

  beforeEach(() => {
    chosen = undefined;
    damaged = false;
    asked = [];
    mkdirSync(join(folder, 'examples'));
  });

  it('opens no file that nobody chose, and writes none', async () => {
    const files = service();
    const path = put('secret.ts', 'secret');
    await expect(files.open(path)).rejects.toThrow('nobody chose this file');
    await expect(files.save({ path, name: 'secret.ts', text: 'x' })).rejects.toThrow(
      'nobody chose',
    );
    expect(readFileSync(path, 'utf8')).toBe('secret');
    expect(files.recent()).toEqual([]);
  });

  it('opens and writes a file that was chosen in the dialog, and remembers it for the next start', async () => {
    chosen = put('mine.ts', 'one');
    const files = service();
    expect(await files.openDialog()).toEqual({ path: chosen, name: 'mine.ts', text: 'one' });
    expect(await files.save({ path: chosen, name: 'mine.ts', text: 'two' })).toEqual({
      path: chosen,
      name: 'mine.ts',
    });
    expect(asked).toEqual([]);
    const next = service();
    expect(next.recent()).toEqual([{ path: chosen, name: 'mine.ts' }]);
    expect((await next.open(chosen)).text).toBe('two');
  });

  it('asks where to save a file without a place', async () => {
    chosen = join(folder, 'new.ts');
    const files = service();
    await files.save({ name: 'Untitled-1.ts', text: 'text' });
    expect(asked).toEqual(['Untitled-1.ts']);
    expect(readFileSync(chosen, 'utf8')).toBe('text');
  });

  it('does nothing when a dialog is cancelled', async () => {
    const files = service();
    expect(await files.openDialog()).toBeUndefined();
    expect(await files.save({ name: 'a.ts', text: '' })).toBeUndefined();
  });

  it("opens and writes the workbench's own files unasked, and lists them nowhere", async () => {
    const path = put('settings.json', '{}');
    const files = service();
    expect((await files.open(path)).text).toBe('{}');
    await files.save({ path, name: 'settings.json', text: '{ }' });
    expect(readFileSync(path, 'utf8')).toBe('{ }');
    expect(files.recent()).toEqual([]);
  });

  it('opens the editors of a remembered layout, but none of a file that nobody chose', async () => {
    chosen = put('mine.ts', 'one');
    const secret = put('secret.ts', 'secret');
    const files = service();
    await files.openDialog();
    const editor = { panel: 'document-1', line: 1, column: 1, top: 0 };
    const editors = [
      { ...editor, path: chosen },
      { ...editor, path: secret },
      { ...editor, example: 'a.ts' },
    ];
    const layout = files.onlyGranted({ dock: '{}', editors });
    expect(layout.editors).toEqual([editors[0], editors[2]]);
    await state.update({ layout, recent: [] });
    expect((await service().open(chosen)).text).toBe('one');
    await expect(service().open(secret)).rejects.toThrow('nobody chose this file');
  });

  it('keeps the newest twelve in the list, each once', async () => {
    const files = service();
    for (let number = 0; number < 15; number++) {
      await files.openChosen(put(`${number}.ts`, ''));
    }
    await files.openChosen(join(folder, '8.ts'));
    const names = files.recent().map(({ name }) => name);
    expect(names).toHaveLength(12);
    expect(names.slice(0, 3)).toEqual(['8.ts', '14.ts', '13.ts']);
    expect(new Set(names).size).toBe(12);
  });

  it('takes a file that is gone off the list', async () => {
    const path = put('gone.ts', '');
    const files = service();
    await files.openChosen(path);
    rmSync(path);
    await expect(files.open(path)).rejects.toThrow('it does not exist');
    expect(files.recent()).toEqual([]);
  });

  it('gives session files to who opens sessions, and puts them on the list', async () => {
    const path = put('run.substream', '');
    const files = service();
    expect(await files.openChosen(path)).toEqual({ name: 'run.substream', text: 'opened' });
    expect(files.recent()).toEqual([{ path, name: 'run.substream' }]);
  });

  it('takes a session that cannot be opened off the list', async () => {
    const path = put('run.substream', '');
    const files = service();
    await files.openChosen(path);
    damaged = true;
    await expect(files.open(path)).rejects.toThrow('damaged');
    expect(files.recent()).toEqual([]);
  });

  it('opens an example without its place, so that saving asks for one', async () => {
    const path = join(folder, 'examples', 'aux.ts');
    writeFileSync(path, '// Title\n');
    expect(await service().openChosen(path)).toEqual({ name: 'aux.ts', text: '// Title\n' });
  });
});

describe('the examples', () => {
  it('come with the first one in front, then by name', async () => {
    for (const name of ['b.ts', 'a.ts', 'aux-domains.ts', 'notes.md', '.hidden.ts']) {
      put(name, `// Title of ${name}\n// A summary\n// in two lines.\n\n// not this\ncode\n`);
    }
    const list = await new Examples(folder).list();
    expect(list.map(({ name }) => name)).toEqual(['aux-domains.ts', 'a.ts', 'b.ts']);
    expect(list[1]).toEqual({
      name: 'a.ts',
      title: 'Title of a.ts',
      summary: 'A summary in two lines.',
    });
  });

  it('are named after their file when they have no title', () => {
    expect(describeExample('x.ts', 'code\n// late')).toEqual({
      name: 'x.ts',
      title: 'x',
      summary: '',
    });
  });

  it.each(['../secret.ts', '/etc/passwd', 'a/b.ts', '', 'x.js'])(
    'do not include %j',
    async (name) => {
      await expect(new Examples(folder).open(name)).rejects.toThrow('there is no such example');
    },
  );

  it('are none when there is no folder', async () => {
    const examples = new Examples(join(folder, 'none'));
    expect(await examples.list()).toEqual([]);
    expect(await examples.first()).toBeUndefined();
  });
});

describe('the state', () => {
  it('is on the disk when the update settles, the last change last', async () => {
    const path = join(folder, 'deep', 'state.json');
    const state = new StateFile(path);
    await Promise.all([
      state.update({ breakpoints: {} }),
      state.update({ recent: ['/a'] }),
      state.update({ recent: ['/b'] }),
    ]);
    expect(new StateFile(path).state).toMatchObject({ version: 1, recent: ['/b'] });
  });

  it('forgets a layout that it cannot read, and nothing else', () => {
    const layout = { dock: 7, editors: [] };
    const path = put('state.json', JSON.stringify({ version: 1, recent: ['/a'], layout }));
    expect(new StateFile(path).state).toMatchObject({ recent: ['/a'] });
    expect(new StateFile(path).state.layout).toBeUndefined();
  });

  it.each([
    ['half a file', '{ "version": 1, "rec'],
    ['a version of the future', '{ "version": 2 }'],
    ['a wrong type', '{ "version": 1, "recent": "x" }'],
    ['a window without a size', '{ "version": 1, "window": { "bounds": {}, "maximized": false } }'],
  ])('puts %s aside and starts fresh', (_what, text) => {
    const path = put('state.json', text);
    expect(new StateFile(path).state).toMatchObject({ version: 1, recent: [] });
    expect(readFileSync(`${path}.damaged`, 'utf8')).toBe(text);
  });
});

describe('the files of a command line', () => {
  it.each([
    [['electron', '.', 'a.ts'], true, ['/here/a.ts']],
    [
      ['electron', '--no-sandbox', '--inspect=0', '/app', '/x/a.ts', 'b.ts'],
      true,
      ['/x/a.ts', '/here/b.ts'],
    ],
    [['substream', 'a.ts', '--disable-gpu'], false, ['/here/a.ts']],
    [['electron', '.'], true, []],
  ])('of %j are the arguments after the app', (argv, defaultApp, expected) => {
    expect(filesOf(argv, defaultApp, '/here')).toEqual(expected);
  });
});
