// The console's commands that look into the caches: `tlb asid 2`, `tlb 0x7000_0000`, `cdcache 0x10`.

import type { CacheName } from '../protocol/inspect.ts';
import { CACHE_NAMES } from '../trace/kinds.ts';
import type { CacheContents } from './cache-contents.ts';
import type { BareNumbers } from './cache-filter.ts';
import { parseFilter } from './cache-filter.ts';
import { cacheEntry, cacheRow, matchingEntries, noteOf } from './cache-views.ts';
import type { Command, ConsoleCommand } from './console-command.ts';
import type { InspectContext } from './context.ts';
import { CACHES } from './needs.ts';

/** Most entries that one command lists. */
const MOST = 64;

/** What numbers alone mean after each command. */
const BARE: Readonly<Record<CacheName, BareNumbers>> = {
  STE: ['sid'],
  CD: ['sid', 'ssid'],
  TLB: ['address'],
  walk: ['address'],
  ATC: ['sid', 'ssid', 'address'],
  L1STD: [],
  L1CD: ['sid'],
};

/** Lines about the entries of a cache that `args` ask for. @throws BadArgument when they say nothing */
function cacheCommand(
  context: InspectContext,
  contents: CacheContents,
  name: CacheName,
  args: readonly string[],
): string[] {
  const cache = CACHE_NAMES.indexOf(name);
  const found = matchingEntries(contents, [cache], parseFilter(args, BARE[name]));
  const note = noteOf(context, contents);
  const notes = note === undefined ? [] : [note];
  if (found.length === 0) {
    const all = contents.count(cache);
    return [...notes, all === 0 ? `${name} cache: empty` : `none of ${all} entries`];
  }
  const shown = found.slice(0, MOST).flatMap((entry) => {
    const { id, key, text, state, writer } = cacheRow(context, entry);
    const mark = state === 'fresh' ? '' : ` [${state}]`;
    const by = writer === undefined ? '' : `  (line ${writer.line})`;
    const differing = state === 'stale' ? differenceLines(context, contents, id) : [];
    return [`${key.padEnd(14)} ${text}${mark}${by}`, ...differing];
  });
  const left = found.length - MOST;
  return [...notes, ...shown, ...(left > 0 ? [`${left} more; a filter shows fewer`] : [])];
}

/** What a stale entry holds beside what memory has, and who changed that. */
function differenceLines(context: InspectContext, contents: CacheContents, id: string): string[] {
  const copies = cacheEntry(context, contents, id)?.copies ?? [];
  return copies.flatMap(({ cached, memory, writer, differs }) => {
    const at = cached.findIndex((word, index) => word !== memory[index]);
    if (at < 0) {
      return [];
    }
    const by = writer === undefined ? '' : `  line ${writer.line}: ${writer.call}`;
    const fields = differs.map(({ name }) => name).join(', ');
    return [`  holds ${cached[at]}, memory has ${memory[at]}: ${fields}${by}`];
  });
}

/** The commands by name. */
export const CACHE_COMMANDS: Readonly<Record<string, ConsoleCommand>> = {
  tlb: {
    usage: 'tlb [FILTER...]',
    help: 'TLB entries: ADDRESS, FROM..TO, asid N, vmid N, stage N, stale',
    needs: CACHES,
    run: command('TLB'),
  },
  stecache: {
    usage: 'stecache [SID] [stale]',
    help: 'STEs that the SMMU holds',
    needs: CACHES,
    run: command('STE'),
  },
  cdcache: {
    usage: 'cdcache [SID [SSID]] [stale]',
    help: 'CDs that the SMMU holds',
    needs: CACHES,
    run: command('CD'),
  },
  wcache: {
    usage: 'wcache [FILTER...]',
    help: 'walk cache: table descriptors that the SMMU holds',
    needs: CACHES,
    run: command('walk'),
  },
  atc: {
    usage: 'atc [SID [SSID [ADDRESS]]]',
    help: 'translations that devices hold',
    needs: CACHES,
    run: command('ATC'),
  },
};

function command(name: CacheName): Command {
  return ({ context, caches }, args) => cacheCommand(context, caches(), name, args);
}
