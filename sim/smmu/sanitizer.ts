// Notices copies inside the SMMU that no longer agree with memory when they are used: a structure or a
// descriptor was changed and no invalidation covered it (IHI 0070 3.21, 4.3.8, 4.4). Cheap: contents are
// compared only after a write near them, and each copy is reported once.

import { hex, swapped } from '../base/hex.ts';
import type { Shadow } from './config-cache.ts';
import type { SmmuState } from './smmu-state.ts';
import type { Tlb } from './tlb.ts';
import {
  TLB_REPORTED,
  TLB_S1_HI,
  TLB_S1_LO,
  TLB_S1_WRITES,
  TLB_S2_HI,
  TLB_S2_LO,
  TLB_S2_WRITES,
  TLB_WATCHED,
} from './tlb.ts';

const DESC_AF = 1 << 10;
const DESC_WRITE_BIT = 1 << 7;
const HI_DBM = 1 << 19;

/** Compares cached copies with memory. */
export class Sanitizer {
  readonly #state: SmmuState;
  readonly #tlb: Tlb;

  constructor(state: SmmuState, tlb: Tlb) {
    this.#state = state;
    this.#tlb = tlb;
  }

  /** Reports a cached structure of a stream whose memory has other contents now. */
  checkStructure(shadow: Shadow, what: string, sid: number, ssid: number): void {
    const { memory, diagnostics } = this.#state;
    const writes = memory.writesNear(shadow.pa);
    shadow.watched = memory.watchedWrites;
    if (writes === shadow.writes) {
      return;
    }
    shadow.writes = writes;
    if (shadow.reported || this.#same(shadow)) {
      return;
    }
    shadow.reported = true;
    const owner = ssid < 0 ? `sid ${hex(sid)}` : `sid ${hex(sid)} ssid ${hex(ssid)}`;
    diagnostics.guestError(
      '4.3.8',
      `${what} of ${owner} at ${hex(shadow.pa)} was changed without CMD_CFGI: the SMMU uses its old copy`,
    );
  }

  /** Reports a TLB entry whose descriptors have other contents now. */
  checkEntry(slot: number, lo: number, hi: number): void {
    const { memory } = this.#state;
    const { data, stride } = this.#tlb.store;
    const at = slot * stride;
    const pa1 = this.#tlb.descriptorPa(slot, false);
    const pa2 = this.#tlb.descriptorPa(slot, true);
    const writes1 = memory.writesNear(pa1) | 0;
    const writes2 = memory.writesNear(pa2) | 0;
    data[at + TLB_WATCHED] = memory.watchedWrites;
    if (writes1 === data[at + TLB_S1_WRITES] && writes2 === data[at + TLB_S2_WRITES]) {
      return;
    }
    data[at + TLB_S1_WRITES] = writes1;
    data[at + TLB_S2_WRITES] = writes2;
    if (data[at + TLB_REPORTED] !== 0) {
      return;
    }
    const stale =
      (pa1 !== 0 &&
        !this.#agrees(pa1, data[at + TLB_S1_LO] as number, data[at + TLB_S1_HI] as number) &&
        pa1) ||
      (pa2 !== 0 &&
        !this.#agrees(pa2, data[at + TLB_S2_LO] as number, data[at + TLB_S2_HI] as number) &&
        pa2);
    if (stale !== false && stale !== 0) {
      data[at + TLB_REPORTED] = 1;
      const address = hex((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0));
      this.#state.diagnostics.guestError(
        '4.4',
        `the descriptor at ${hex(stale)} was changed without CMD_TLBI: the TLB still translates ${address} by its old value`,
      );
    }
  }

  /** True when the descriptor in memory has the value, apart from what hardware updates in it. */
  #agrees(pa: number, lo: number, hi: number): boolean {
    const { memory } = this.#state;
    if (!memory.read64(pa)) {
      return true;
    }
    const ignored = DESC_AF | ((hi & HI_DBM) !== 0 ? DESC_WRITE_BIT : 0);
    const same = memory.hi === hi && ((memory.lo ^ lo) & ~ignored) === 0;
    const swappedLo = swapped(memory.hi);
    return same || (swapped(memory.lo) === hi && ((swappedLo ^ lo) & ~ignored) === 0);
  }

  #same({ pa, words }: Shadow): boolean {
    const { memory } = this.#state;
    for (let at = 0; at < words.length; at += 2) {
      if (!memory.read64(pa + at * 4) || memory.lo !== words[at] || memory.hi !== words[at + 1]) {
        return false;
      }
    }
    return true;
  }
}
