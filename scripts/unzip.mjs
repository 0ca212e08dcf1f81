// A zip archive out of memory onto disk, with its mode bits: what an Electron archive needs and no more.
// Not read: zip64, encryption, archives in several volumes.

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const SYMBOLIC_LINK = 0o120000;
const FILE_TYPE = 0o170000;

/**
 * @param {Buffer} zip
 * @returns {{ name: string, mode: number, read: () => Buffer }[]}
 */
export function zipEntries(zip) {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0 || zip.readUInt32LE(end) !== END_OF_DIRECTORY) throw new Error('not a zip archive');
  const entries = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error('damaged zip directory');
    const nameLength = zip.readUInt16LE(at + 28);
    const method = zip.readUInt16LE(at + 10);
    const size = zip.readUInt32LE(at + 20);
    const header = zip.readUInt32LE(at + 42);
    entries.push({
      name: zip.toString('utf8', at + 46, at + 46 + nameLength),
      mode: zip.readUInt16LE(at + 40),
      read: () => readEntry(zip, header, method, size),
    });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

function readEntry(zip, header, method, size) {
  const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const data = zip.subarray(start, start + size);
  if (method === 0) return data;
  if (method === 8) return inflateRawSync(data);
  throw new Error(`unknown zip compression method ${method}`);
}

/**
 * Writes every entry below a folder; a name that would leave the folder is refused.
 *
 * @param {Buffer} zip
 * @param {string} folder
 */
export function unzip(zip, folder) {
  const root = resolve(folder);
  for (const entry of zipEntries(zip)) {
    const path = resolve(join(root, entry.name));
    if (path !== root && !path.startsWith(root + sep)) {
      throw new Error(`zip entry outside its folder: ${entry.name}`);
    }
    if (entry.name.endsWith('/')) {
      mkdirSync(path, { recursive: true });
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    if ((entry.mode & FILE_TYPE) === SYMBOLIC_LINK) {
      symlinkSync(entry.read().toString('utf8'), path);
    } else {
      writeFileSync(path, entry.read());
      chmodSync(path, entry.mode & 0o777 || 0o644);
    }
  }
}
