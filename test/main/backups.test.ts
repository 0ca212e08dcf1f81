// Unsaved text on the disk: what is kept, what comes back, and what a file that changed means.

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Backups } from '../../main/backups.ts';
import { Examples } from '../../main/examples.ts';
import { Files } from '../../main/files.ts';
import { StateFile } from '../../main/state-file.ts';

const KEYS = [
  '83b8f4f2-509f-482f-8c1e-e6bfe0fa1001',
  '83b8f4f2-509f-482f-8c1e-e6bfe0fa1002',
] as const;
const [A, B] = KEYS;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'substream-backups-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The services of one start. */
function start() {
  const files = new Files(
    {
      state: new StateFile(join(folder, 'state.json')),
      examples: new Examples(join(folder, 'examples')),
      own: [],
    },
    { open: async () => undefined, save: async () => undefined },
    { open: () => Promise.reject(new Error('no sessions here')) },
  );
  return { files, backups: new Backups(join(folder, 'backups'), files) };
}

function script(text: string): string {
  const path = join(folder, 'accel.ts');
  writeFileSync(path, text);
  return path;
}

describe('a backup', () => {
  it('comes back in the next start with what the file holds', async () => {
    const path = script('saved');
    const first = start();
    await first.files.openChosen(path);
    await first.backups.keep({ key: A, name: 'accel.ts', path, text: 'typed' });
    expect(await start().backups.restore()).toEqual([
      { key: A, name: 'accel.ts', path, text: 'typed', saved: 'saved', changed: false },
    ]);
  });

  it('of a new file and of an example needs no file', async () => {
    const { backups } = start();
    await backups.keep({ key: A, name: 'Untitled-1.ts', text: 'a' });
    await backups.keep({ key: B, name: 'mdev.ts', example: true, text: 'b' });
    expect(await start().backups.restore()).toEqual([
      { key: A, name: 'Untitled-1.ts', text: 'a', changed: false },
      { key: B, name: 'mdev.ts', example: true, text: 'b', changed: false },
    ]);
  });

  it('says when the file changed meanwhile, and when it is gone', async () => {
    const path = script('saved');
    const first = start();
    await first.files.openChosen(path);
    await first.backups.keep({ key: A, name: 'accel.ts', path, text: 'typed' });
    script('newer');
    expect(await start().backups.restore()).toMatchObject([{ saved: 'newer', changed: true }]);
    rmSync(path);
    const [gone] = await start().backups.restore();
    expect(gone).toMatchObject({ text: 'typed', changed: true });
    expect(gone?.saved).toBeUndefined();
  });

  it('holds the text that was kept last, and leaves nothing beside it', async () => {
    const { backups } = start();
    await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        backups.keep({ key: A, name: 'a.ts', text: `text ${at}` }),
      ),
    );
    expect(await backups.restore()).toMatchObject([{ text: 'text 19' }]);
    expect(readdirSync(join(folder, 'backups'))).toEqual([`${A}.json`]);
  });

  it('stays dropped when it is dropped while it is written', async () => {
    const { backups } = start();
    const keeping = backups.keep({ key: A, name: 'a.ts', text: 'x'.repeat(1e6) });
    const dropping = backups.drop(A);
    await Promise.all([keeping, dropping]);
    expect(await backups.any()).toBe(false);
  });

  it('of a path that nobody chose is refused', async () => {
    const { backups } = start();
    const keep = (): Promise<void> =>
      backups.keep({ key: A, name: 'passwd', path: '/etc/passwd', text: '' });
    expect(keep).toThrow(/nobody chose this file/);
    expect(await backups.any()).toBe(false);
  });

  it('that is damaged is put aside, and the others come back', async () => {
    const { backups } = start();
    await backups.keep({ key: A, name: 'a.ts', text: 'a' });
    await backups.keep({ key: B, name: 'b.ts', text: 'b' });
    const damaged = join(folder, 'backups', `${A}.json`);
    writeFileSync(damaged, '{"version":1,"key":');
    expect(await start().backups.restore()).toMatchObject([{ key: B }]);
    expect(existsSync(`${damaged}.damaged`)).toBe(true);
  });

  it('cannot be kept where no folder can be, and says so', async () => {
    writeFileSync(join(folder, 'backups'), 'a file');
    await expect(start().backups.keep({ key: A, name: 'a.ts', text: '' })).rejects.toThrow(
      /EEXIST|ENOTDIR/,
    );
  });

  it('goes with all others when a person gives them up', async () => {
    const { backups } = start();
    await backups.keep({ key: A, name: 'a.ts', text: 'a' });
    await backups.clear();
    expect(await backups.any()).toBe(false);
  });
});

describe('the answer before the window closes', () => {
  it('is what the window says, or no when it says nothing', async () => {
    const { backups } = start();
    const answer = backups.nextAnswer(5000);
    await backups.handlers().unsavedKept.call(undefined as never, true);
    expect(await answer).toBe(true);
    expect(await backups.nextAnswer(10)).toBe(false);
  });
});

describe('saving over a file', () => {
  async function opened() {
    const path = script('one');
    const { files } = start();
    await files.openChosen(path);
    const save = (text: string, overwrite?: boolean) =>
      files.save({ path, name: 'accel.ts', text, overwrite });
    return { path, files, save };
  }

  it('that somebody else changed is refused until a person says so', async () => {
    const { path, save } = await opened();
    script('theirs');
    await expect(save('mine')).rejects.toMatchObject({ name: 'FileChangedError' });
    await save('mine', true);
    expect(await start().files.openChosen(path)).toMatchObject({ text: 'mine' });
    await save('mine again');
  });

  it('that was touched but says the same is no matter', async () => {
    const { save } = await opened();
    script('one');
    expect(await save('two')).toMatchObject({ name: 'accel.ts' });
  });

  it('that is gone writes it anew', async () => {
    const { path, save } = await opened();
    rmSync(path);
    await save('two');
    expect(existsSync(path)).toBe(true);
  });

  it('that was restored is no question, unless it changes once more', async () => {
    const path = script('saved');
    const first = start();
    await first.files.openChosen(path);
    await first.backups.keep({ key: A, name: 'accel.ts', path, text: 'typed' });
    script('newer');
    const second = start();
    await second.backups.restore();
    await second.files.save({ path, name: 'accel.ts', text: 'typed' });
    script('newest');
    await expect(
      second.files.save({ path, name: 'accel.ts', text: 'typed more' }),
    ).rejects.toMatchObject({ name: 'FileChangedError' });
  });
});
