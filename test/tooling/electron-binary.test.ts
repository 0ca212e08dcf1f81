import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  executableName,
  installedElectron,
  joinParts,
  verified,
} from '../../scripts/electron-binary.mjs';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'substream-electron-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function placeElectron(name: string, version: string): string {
  const path = join(folder, name, executableName());
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '');
  writeFileSync(join(folder, name, 'version'), `v${version}\n`);
  return path;
}

describe('the archive from npm', () => {
  it('is joined in the order of its parts', () => {
    writeFileSync(join(folder, 'electron.zip.p001'), 'second');
    writeFileSync(join(folder, 'electron.zip.p000'), 'first,');
    writeFileSync(join(folder, 'other.txt'), 'never');
    expect(joinParts(folder).toString()).toBe('first,second');
  });

  it('is refused when its hash is not the published one', () => {
    expect(() => verified(Buffer.from('not Electron'))).toThrow(/refused, its SHA-256 is/);
  });

  it('is accepted when its hash matches', () => {
    const archive = Buffer.from('an archive');
    const hash = createHash('sha256').update(archive).digest('hex');
    expect(verified(archive, hash)).toBe(archive);
  });

  it('is missed clearly when the package holds no part', () => {
    expect(() => joinParts(folder)).toThrow('holds no parts');
  });
});

describe('an Electron that is already there', () => {
  it('is the one that ELECTRON_OVERRIDE_DIST_PATH names, before any other', () => {
    const path = placeElectron('named', '45.4.1');
    placeElectron('official/dist', '45.4.1');
    const found = installedElectron({
      override: join(folder, 'named'),
      official: join(folder, 'official'),
      packaged: join(folder, 'none'),
    });
    expect(found).toEqual({ path, version: '45.4.1', source: 'ELECTRON_OVERRIDE_DIST_PATH' });
  });

  it('is not replaced by another when the named folder holds none', () => {
    const override = join(folder, 'empty');
    expect(() => installedElectron({ override })).toThrow('which holds no Electron');
  });

  it('is the installed one before the archive of the npm package', () => {
    const path = placeElectron('official/dist', '45.4.1');
    placeElectron('packaged', '33.3.0');
    const places = {
      override: '',
      official: join(folder, 'official'),
      packaged: join(folder, 'packaged'),
    };
    expect(installedElectron(places)?.path).toBe(path);
  });

  it('is undefined when there is none', () => {
    const nowhere = join(folder, 'none');
    expect(
      installedElectron({ override: '', official: nowhere, packaged: nowhere }),
    ).toBeUndefined();
  });
});
