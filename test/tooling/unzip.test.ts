import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unzip, zipEntries } from '../../scripts/unzip.mjs';

interface Entry {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
  readonly stored?: boolean;
}

/** A zip archive, written from the format's description and not with the reader under test. */
function zipOf(entries: readonly Entry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, text, mode, stored } of entries) {
    const data = stored ? Buffer.from(text) : deflateRawSync(Buffer.from(text));
    const common = Buffer.alloc(26);
    common.writeUInt16LE(stored ? 0 : 8, 4);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(text.length, 18);
    common.writeUInt16LE(name.length, 22);
    const header = Buffer.concat([
      Buffer.from('PK\x03\x04', 'latin1'),
      common,
      Buffer.from(name),
      data,
    ]);
    const tail = Buffer.alloc(14);
    tail.writeUInt16LE(mode, 8);
    tail.writeUInt32LE(offset, 10);
    const madeBy = Buffer.from([20, 3]);
    const signature = Buffer.from('PK\x01\x02', 'latin1');
    directory.push(signature, madeBy, common, tail, Buffer.from(name));
    files.push(header);
    offset += header.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, central, end]);
}

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'substream-unzip-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('unzip', () => {
  it('restores contents and mode bits, packed or stored', () => {
    const zip = zipOf([
      { name: 'bin/run', text: 'x'.repeat(1000), mode: 0o100755 },
      { name: 'note', text: 'hello', mode: 0o100644, stored: true },
    ]);
    unzip(zip, folder);
    expect(readFileSync(join(folder, 'bin/run'), 'utf8')).toBe('x'.repeat(1000));
    expect(readFileSync(join(folder, 'note'), 'utf8')).toBe('hello');
    expect(statSync(join(folder, 'bin/run')).mode & 0o777).toBe(0o755);
    expect(statSync(join(folder, 'note')).mode & 0o777).toBe(0o644);
  });

  it('writes nothing outside of its folder', () => {
    const zip = zipOf([{ name: '../escaped', text: 'no', mode: 0o100644 }]);
    expect(() => unzip(zip, join(folder, 'inside'))).toThrow('outside its folder');
    expect(existsSync(join(folder, 'escaped'))).toBe(false);
  });

  it('refuses what is not an archive', () => {
    expect(() => zipEntries(Buffer.from('plain text'))).toThrow('not a zip archive');
  });
});
