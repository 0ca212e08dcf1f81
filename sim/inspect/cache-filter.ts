// Which entries of the caches are asked for: `asid 2 vmid 0 0x7000_0000`, `sid 0x10 stale`. The same words
// in the console and in the view. What an entry does not have, it does not match.

import { CD } from '../smmu/spec/cd.ts';
import { STE } from '../smmu/spec/ste.ts';
import {
  CACHE_ATC,
  CACHE_CD,
  CACHE_L1CD,
  CACHE_L1STD,
  CACHE_STE,
  CACHE_TLB,
  CACHE_WALK,
  ENTRY_GLOBAL,
  ENTRY_SIZE,
  ENTRY_STAGE2,
} from '../trace/kinds.ts';
import { BadArgument, bigArgument, numberArgument } from './arguments.ts';
import type { CacheEntry } from './cache-entry.ts';

/** What is asked for; what is left out does not matter. Addresses are inclusive. */
export interface CacheFilter {
  readonly sid?: number;
  /** -1: entries without a SubstreamID. */
  readonly ssid?: number;
  readonly asid?: number;
  readonly vmid?: number;
  readonly stage?: number;
  readonly first?: bigint;
  readonly last?: bigint;
  readonly stale?: boolean;
}

/** What a number alone means, in the order in which numbers come. */
export type BareNumbers = readonly ('sid' | 'ssid' | 'address')[];

/** The words of a filter, for help. */
export const FILTER_WORDS = 'sid N, ssid N, asid N, vmid N, stage 1|2, ADDRESS, FROM..TO, stale';

const NUMBERS: Readonly<Record<string, number>> = {
  sid: 2 ** 32,
  ssid: 2 ** 20,
  asid: 2 ** 16,
  vmid: 2 ** 16,
  stage: 3,
};

/** Reads a filter. @throws BadArgument saying what is wrong with it */
export function parseFilter(
  words: readonly string[],
  bare: BareNumbers = ['address'],
): CacheFilter {
  const filter: Record<string, number | bigint | boolean> = {};
  const numbers = [...bare];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const limit = Object.hasOwn(NUMBERS, word) ? NUMBERS[word] : undefined;
    if (word === 'stale') {
      filter['stale'] = true;
    } else if (word === 'ssid' && words[at + 1] === '-') {
      filter['ssid'] = -1;
      at++;
    } else if (limit !== undefined) {
      filter[word] = numberArgument(words[++at], word, limit);
    } else if (word.includes('..')) {
      const [from = '', to = ''] = word.split('..');
      filter['first'] = bigArgument(from, 'FROM');
      filter['last'] = bigArgument(to, 'TO');
    } else {
      Object.assign(filter, bareNumber(word, numbers.shift()));
    }
  }
  return filter;
}

function bareNumber(word: string, what: BareNumbers[number] | undefined): CacheFilter {
  if (what === undefined || !/^\d/.test(word)) {
    throw new BadArgument(`'${word}' is none of ${FILTER_WORDS}`);
  }
  if (what === 'address') {
    const address = bigArgument(word, 'ADDRESS');
    return { first: address, last: address };
  }
  return { [what]: numberArgument(word, what.toUpperCase(), NUMBERS[what]) };
}

/** True when the entry is one of those that are asked for. */
export function matches(entry: CacheEntry, filter: CacheFilter): boolean {
  const { sid, ssid, asid, vmid, stage, first, last, stale } = filter;
  return (
    (sid === undefined || (hasStream(entry) && entry.sid === sid)) &&
    (ssid === undefined || (hasSubstream(entry) && entry.ssid === ssid)) &&
    (asid === undefined || asidOf(entry) === asid) &&
    (vmid === undefined || vmidOf(entry) === vmid) &&
    (stage === undefined || stagesOf(entry).includes(stage)) &&
    (first === undefined || last === undefined || covers(entry, first, last)) &&
    (stale !== true || entry.freshness === 'stale' || entry.freshness === 'freed')
  );
}

/** The walk cache knows VMID and ASID only; an L1STD is for many streams. */
function hasStream({ cache }: CacheEntry): boolean {
  return cache !== CACHE_WALK && cache !== CACHE_L1STD;
}

function hasSubstream({ cache }: CacheEntry): boolean {
  return cache === CACHE_CD || cache === CACHE_TLB || cache === CACHE_ATC;
}

/** ASID that an entry is tagged with, or that a CD gives; undefined for a global or stage 2 one. */
export function asidOf({ cache, tag, shape, copies }: CacheEntry): number | undefined {
  const [copy] = copies;
  if (cache === CACHE_CD && copy !== undefined) {
    return CD.get(copy.words, 'ASID');
  }
  const tagged = cache === CACHE_TLB || cache === CACHE_WALK;
  return tagged && (shape & (ENTRY_GLOBAL | ENTRY_STAGE2)) === 0 ? tag & 0xffff : undefined;
}

/** VMID that an entry is tagged with, or that an STE gives. */
export function vmidOf({ cache, tag, copies }: CacheEntry): number | undefined {
  const [copy] = copies;
  if (cache === CACHE_STE && copy !== undefined) {
    return STE.get(copy.words, 'S2VMID');
  }
  return cache === CACHE_TLB || cache === CACHE_WALK ? tag >>> 16 : undefined;
}

/** Stages that a translation was made of; empty for a structure. */
export function stagesOf({ cache, shape, copies }: CacheEntry): readonly number[] {
  if (cache === CACHE_TLB) {
    return (shape & ENTRY_STAGE2) !== 0
      ? [2]
      : copies.some(({ stage }) => stage === 2)
        ? [1, 2]
        : [1];
  }
  return cache === CACHE_WALK ? [(shape & ENTRY_STAGE2) !== 0 ? 2 : 1] : [];
}

/** log2 of the input addresses that an entry covers; undefined for a structure. */
export function sizeOf({ cache, shape }: CacheEntry): number | undefined {
  if (cache === CACHE_ATC) {
    return 12;
  }
  return cache === CACHE_TLB || cache === CACHE_WALK ? shape & ENTRY_SIZE : undefined;
}

function covers(entry: CacheEntry, first: bigint, last: bigint): boolean {
  const size = sizeOf(entry);
  return size !== undefined && entry.input <= last && entry.input + (1n << BigInt(size)) > first;
}

/** Caches whose entries are copies of one configuration structure. */
export function isStructure(cache: number): boolean {
  return [CACHE_STE, CACHE_CD, CACHE_L1STD, CACHE_L1CD].includes(cache);
}
