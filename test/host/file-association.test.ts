// Session files on a Linux desktop: the real databases and GLib's own reader say what a double click does.
// A tool that is not installed leaves its test out; the report shows the skip.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { associate, dissociate } from '../../sim/host/file-association.ts';
import { builtCli, runCli } from '../support/built.ts';

const linux = process.platform === 'linux';
const has = (program: string): boolean =>
  spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined;

describe.skipIf(!linux)('session files on a Linux desktop', () => {
  let folder = '';
  let data = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'substream-desktop-'));
    data = join(folder, 'data');
    return () => rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a desktop's program with this data folder and none of the machine's own applications. */
  function desktop(program: string, ...args: string[]) {
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      XDG_DATA_HOME: data,
      XDG_CONFIG_HOME: join(folder, 'config'),
      LC_ALL: 'C.UTF-8',
    };
    const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env, cwd: folder });
    return `${stdout}${stderr}`;
  }

  function everyFile(): string[] {
    return readdirSync(data, { recursive: true, withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [entry.name] : [],
    );
  }

  it('are associated by two files, and by none after it was undone', async () => {
    const { files } = await associate(['/usr/bin/node', '/opt/substream/scripts/start.mjs'], data);
    expect(files.map((file) => file.slice(data.length))).toEqual([
      '/mime/packages/substream.xml',
      '/applications/substream.desktop',
    ]);
    expect(readFileSync(files[1] ?? '', 'utf8')).toContain(
      'Exec="/usr/bin/node" "/opt/substream/scripts/start.mjs" %F\nMimeType=application/x-substream;\n',
    );
    expect(everyFile().filter((name) => name.endsWith('.part'))).toEqual([]);
    expect((await dissociate(data)).files).toEqual(files);
    expect(files.filter((file) => existsSync(file))).toEqual([]);
    expect(await dissociate(data)).toEqual({ files: [], problems: [] });
  });

  it('stay as they were when the data folder cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(associate(['/x'], join(folder, 'file', 'data'))).rejects.toThrow(/ENOTDIR/);
  });

  it.skipIf(!has('gio') || !has('update-mime-database'))(
    'are known by name and by content',
    async () => {
      await associate(['/usr/bin/true'], data);
      writeFileSync(join(folder, 'a.substream'), 'cut');
      writeFileSync(join(folder, 'renamed'), '{"substream":1,"file":"a.ts"}\n');
      const typeOf = (name: string): string => desktop('gio', 'info', '-a', 'standard::*', name);
      expect(typeOf('a.substream')).toContain('content-type: application/x-substream');
      expect(typeOf('renamed')).toContain('content-type: application/x-substream');
      await dissociate(data);
      expect(typeOf('a.substream')).not.toContain('application/x-substream');
    },
  );

  it.skipIf(!has('gio') || !has('update-desktop-database'))(
    'open with the entry, whatever the checkout and the file are called',
    async () => {
      const script = join(folder, 'odd "$HOME" `x` 100%f.mjs');
      const seen = join(folder, 'seen.json');
      writeFileSync(
        script,
        "import { writeFileSync } from 'node:fs';\n" +
          `writeFileSync(${JSON.stringify(seen)}, JSON.stringify(process.argv.slice(2)));\n`,
      );
      const { files, problems } = await associate([process.execPath, script, 'a \\ "$b"'], data);
      expect(problems).toEqual([]);
      expect(desktop('gio', 'mime', 'application/x-substream')).toContain('substream.desktop');
      const session = join(folder, 'my session ü.substream');
      writeFileSync(session, '{"substream":1}\n');
      desktop('gio', 'launch', files[1] ?? '', session);
      await expect.poll(() => existsSync(seen) && readFileSync(seen, 'utf8')).toBeTruthy();
      expect(JSON.parse(readFileSync(seen, 'utf8'))).toEqual(['a \\ "$b"', session]);
    },
  );

  it.skipIf(!has('desktop-file-validate'))('have an entry that is valid', async () => {
    const { files } = await associate(['/opt/a b/node', '/opt/$x/start.mjs'], data);
    expect(desktop('desktop-file-validate', files[1] ?? '')).toBe('');
  });

  it.skipIf(!has('xdg-mime'))('are what xdg-mime says they are', async () => {
    await associate(['/usr/bin/true'], data);
    expect(desktop('xdg-mime', 'query', 'default', 'application/x-substream').trim()).toBe(
      'substream.desktop',
    );
  });
});

describe.skipIf(!linux)('substream associate', () => {
  let folder = '';
  const data = process.env['XDG_DATA_HOME'];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'substream-associate-'));
    await builtCli();
    process.env['XDG_DATA_HOME'] = folder;
  }, 60_000);

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    if (data === undefined) {
      delete process.env['XDG_DATA_HOME'];
    } else {
      process.env['XDG_DATA_HOME'] = data;
    }
  });

  it('names what it wrote, points to a program that is there, and undoes it', async () => {
    const { exit, out } = await runCli(['associate']);
    expect(exit).toBe(0);
    const written = out.trimEnd().split('\n');
    expect(written).toEqual([
      `wrote ${join(folder, 'mime/packages/substream.xml')}`,
      `wrote ${join(folder, 'applications/substream.desktop')}`,
    ]);
    const entry = readFileSync(join(folder, 'applications/substream.desktop'), 'utf8');
    const [, node = '', start = ''] = /^Exec="([^"]+)" "([^"]+)" %F$/m.exec(entry) ?? [];
    expect([existsSync(node), existsSync(start)]).toEqual([true, true]);
    expect((await runCli(['associate', '--undo'])).out).toBe(out.replaceAll('wrote', 'removed'));
    expect((await runCli(['associate', '--undo'])).out).toBe('nothing to undo\n');
    expect((await runCli(['associate', '--now'])).err).toMatch(/^substream: associate: Unknown/);
  });
});
