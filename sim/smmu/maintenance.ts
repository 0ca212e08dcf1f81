// What each invalidation command removes (IHI 0070 4.3, 4.4): exactly what the section asks for, so that
// a missing or too narrow one shows.

import type { CacheMaintenance, TlbiVa } from './cache-maintenance.ts';
import type { ConfigCaches, Shadow } from './config-cache.ts';
import { LEAF_BITS, l1cdKey } from './context-table.ts';
import type { SmmuState } from './smmu-state.ts';
import { WORLD_EL1, WORLD_EL2, WORLD_EL2_E2H } from './stream-world.ts';
import type { TaggedStore } from './tagged-store.ts';
import type { Tlb } from './tlb.ts';
import {
  KIND_GLOBAL,
  KIND_STAGE2,
  KIND_WORLD_SHIFT,
  shapeLevel,
  shapePageBits,
  shapeStage1Shift,
  TLB_SHAPE,
} from './tlb.ts';
import type { WalkCache } from './walk-cache.ts';
import { WALK_SHAPE } from './walk-cache.ts';

/** Page bits of a TG operand. */
const TG_PAGE_BITS = [0, 12, 14, 16] as const;
const WORLD_MASK = 3 << KIND_WORLD_SHIFT;
/** Mask of a tag in which VMID and ASID both count. */
const WHOLE_TAG = -1;
const PAGES_IN_4G = 0x10_0000;

/** Entries that an invalidation is about, by the key words of their tag and kind. */
interface Scope {
  readonly kindMask: number;
  readonly kind: number;
  readonly tag: number;
  /** Bits of the tag that must match; for entries without an ASID, and with one. */
  readonly globalTagMask: number;
  readonly tagMask: number;
  /** False: entries without an ASID stay. */
  readonly globals: boolean;
  readonly va: TlbiVa | undefined;
}

/** Operands of a command; what is left out does not matter. */
interface Operands {
  readonly vmid?: number;
  readonly asid?: number;
  readonly va?: TlbiVa;
  readonly globals?: boolean;
}

/** First and last+1 4 KiB page of a range. */
interface Pages {
  readonly start: number;
  readonly end: number;
}

/** Applies invalidations to the caches of one SMMU. */
export class Maintenance implements CacheMaintenance {
  readonly #state: SmmuState;
  readonly #configs: ConfigCaches<{ readonly shadow: Shadow }, { readonly shadow: Shadow }>;
  readonly #tlb: Tlb;
  readonly #walks: WalkCache;

  constructor(
    state: SmmuState,
    configs: ConfigCaches<{ readonly shadow: Shadow }, { readonly shadow: Shadow }>,
    tlb: Tlb,
    walks: WalkCache,
  ) {
    this.#state = state;
    this.#configs = configs;
    this.#tlb = tlb;
    this.#walks = walks;
  }

  /** @arch 4.3.1 Y CMD_CFGI_STE */
  cfgiSte(sid: number, leaf: boolean): void {
    const own = sid >>> 0;
    this.#dropStreams(own, own);
    if (!leaf) {
      this.#dropLevel1(own, own);
    }
  }

  /** @arch 4.3.2 Y CMD_CFGI_STE_RANGE */
  cfgiSteRange(sid: number, range: number): void {
    const count = 2 ** (range + 1);
    const first = (sid >>> 0) - ((sid >>> 0) % count);
    this.#dropStreams(first, first + count - 1);
    this.#dropLevel1(first, first + count - 1);
  }

  /** @arch 4.3.3 Y CMD_CFGI_ALL */
  cfgiAll(): void {
    this.#dropStreams(0, 0xffff_ffff);
    this.#dropLevel1(0, 0xffff_ffff);
  }

  /** @arch 4.3.5 Y CMD_CFGI_CD */
  cfgiCd(sid: number, ssid: number, leaf: boolean): void {
    const configs = this.#configs;
    configs.epoch++;
    configs.cds.remove(sid, ssid);
    if (!leaf) {
      for (const bits of LEAF_BITS) {
        configs.l1cds.remove(sid, l1cdKey(ssid >>> bits, bits));
      }
    }
  }

  /** @arch 4.3.6 Y CMD_CFGI_CD_ALL */
  cfgiCdAll(sid: number): void {
    const configs = this.#configs;
    configs.epoch++;
    configs.cds.removeWhere((own) => own === sid >>> 0);
    configs.l1cds.removeWhere((own) => own === sid >>> 0);
  }

  /** @arch 4.4.2 Y TLB invalidation of stage 1 */
  tlbiNhAll(vmid: number): void {
    this.#invalidate(this.#stage1(WORLD_EL1, { vmid }));
  }

  tlbiNhAsid(vmid: number, asid: number): void {
    this.#invalidate(this.#stage1(WORLD_EL1, { vmid, asid, globals: false }));
  }

  tlbiNhVa(va: TlbiVa): void {
    this.#invalidate(this.#stage1(WORLD_EL1, { vmid: va.vmid, asid: va.asid, va }));
  }

  tlbiNhVaa(va: TlbiVa): void {
    this.#invalidate(this.#stage1(WORLD_EL1, { vmid: va.vmid, va }));
  }

  /** @arch 4.4.3 Y TLB invalidation of stage 2 */
  tlbiS12VmAll(vmid: number): void {
    this.#invalidate(this.#stage1(WORLD_EL1, { vmid }));
    this.#invalidate(this.#stage2({ vmid }));
  }

  tlbiS2Ipa(va: TlbiVa): void {
    this.#invalidate(this.#stage2({ vmid: va.vmid, va }));
  }

  /** @arch 4.4.4 Y Common TLB invalidation */
  tlbiNsnhAll(): void {
    this.#invalidate(this.#stage1(WORLD_EL1, {}));
    this.#invalidate(this.#stage2({}));
  }

  tlbiEl2All(): void {
    this.#invalidate(this.#stage1(WORLD_EL2, {}));
    this.#invalidate(this.#stage1(WORLD_EL2_E2H, {}));
  }

  tlbiEl2Asid(asid: number): void {
    this.#invalidate(this.#stage1(WORLD_EL2_E2H, { asid, globals: false }));
  }

  tlbiEl2Va(va: TlbiVa): void {
    const { e2h } = this.#state;
    this.#invalidate(
      e2h ? this.#stage1(WORLD_EL2_E2H, { asid: va.asid, va }) : this.#stage1(WORLD_EL2, { va }),
    );
  }

  tlbiEl2Vaa(va: TlbiVa): void {
    this.#invalidate(this.#stage1(this.#state.e2h ? WORLD_EL2_E2H : WORLD_EL2, { va }));
  }

  /** Stage 1 and combined entries of a StreamWorld. */
  #stage1(world: number, { vmid, asid, va, globals = true }: Operands): Scope {
    const vmidMask = this.#vmidMask(vmid);
    return {
      kindMask: KIND_STAGE2 | WORLD_MASK,
      kind: world << KIND_WORLD_SHIFT,
      tag: ((vmid ?? 0) << 16) | (asid ?? 0),
      globalTagMask: vmidMask,
      tagMask: vmidMask | (asid === undefined ? 0 : 0xffff),
      globals,
      va,
    };
  }

  #stage2({ vmid, va }: Operands): Scope {
    const vmidMask = this.#vmidMask(vmid);
    return {
      kindMask: KIND_STAGE2,
      kind: KIND_STAGE2,
      tag: (vmid ?? 0) << 16,
      globalTagMask: vmidMask,
      tagMask: vmidMask,
      globals: true,
      va,
    };
  }

  /** CR0.VMW widens the match; without stage 2 there are no VMIDs. */
  #vmidMask(vmid: number | undefined): number {
    const { features, vmw } = this.#state;
    return vmid === undefined || !features.s2p ? 0 : -1 << (16 + vmw);
  }

  /** STEs and all CDs reached through them. */
  #dropStreams(first: number, last: number): void {
    const configs = this.#configs;
    const covered = (sid: number): boolean => sid >= first && sid <= last;
    configs.epoch++;
    if (first === last) {
      configs.stes.remove(first, 0);
    } else {
      configs.stes.removeWhere(covered);
    }
    configs.cds.removeWhere(covered);
    configs.l1cds.removeWhere(covered);
  }

  #dropLevel1(first: number, last: number): void {
    const entries = 2 ** this.#state.strtabSplit;
    this.#configs.l1stds.removeWhere(
      (index) => (index + 1) * entries > first && index * entries <= last,
    );
  }

  #invalidate(scope: Scope): void {
    this.#dropLeaves(scope);
    if (scope.va?.leaf !== true) {
      this.#dropTables(scope);
    }
  }

  #dropLeaves(scope: Scope): void {
    const { store } = this.#tlb;
    const pages = scope.va === undefined ? undefined : pagesOf(scope.va);
    forEachTagged(store, scope, (slot) => {
      const kind = store.keys[slot * 4 + 3] as number;
      const shape = store.data[slot * store.stride + TLB_SHAPE] as number;
      if (pages === undefined || this.#leafCovered(scope, pages, slot, kind, shape)) {
        this.#tlb.remove(slot);
      }
    });
  }

  /** An entry that is a piece of a larger stage 1 leaf goes with any address of that leaf. */
  #leafCovered(scope: Scope, pages: Pages, slot: number, kind: number, shape: number): boolean {
    const stage2 = (kind & KIND_STAGE2) !== 0;
    const shift = Math.max(kind & 0x3f, stage2 ? 0 : shapeStage1Shift(shape));
    return (
      overlaps(this.#tlb.store.keys, slot, shift, pages) &&
      this.#hinted(scope.va, shapePageBits(shape, stage2), shapeLevel(shape, stage2))
    );
  }

  #dropTables(scope: Scope): void {
    const { store } = this.#walks;
    const pages = scope.va === undefined ? undefined : pagesOf(scope.va);
    forEachTagged(store, scope, (slot) => {
      const kind = store.keys[slot * 4 + 3] as number;
      const shape = store.data[slot * store.stride + WALK_SHAPE] as number;
      const covered = pages === undefined || overlaps(store.keys, slot, kind & 0x3f, pages);
      if (covered && this.#tableHinted(scope.va, shape)) {
        this.#walks.remove(slot);
      }
    });
  }

  /** TG and TTL of the command against the leaf's granule and level. */
  #hinted(va: TlbiVa | undefined, pageBits: number, level: number): boolean {
    if (va === undefined || va.tg === 0) {
      return true;
    }
    const ttl = this.#effectiveTtl(va);
    return pageBits === TG_PAGE_BITS[va.tg] && (ttl === 0 || ttl === level);
  }

  /** Table descriptors go above the level that TTL names. */
  #tableHinted(va: TlbiVa | undefined, shape: number): boolean {
    if (va === undefined || va.tg === 0) {
      return true;
    }
    const ttl = this.#effectiveTtl(va);
    return shape >>> 3 === TG_PAGE_BITS[va.tg] && (ttl === 0 || (shape & 7) - 1 < ttl);
  }

  /** Level 1 of a 16 KiB granule has leaves only with LPA2. */
  #effectiveTtl(va: TlbiVa): number {
    return va.tg === 2 && va.ttl === 1 && !this.#state.features.ds ? 0 : va.ttl;
  }
}

/** True when the key's regime, VMID and ASID are those of the scope. */
function tagged(keys: Int32Array, slot: number, scope: Scope): boolean {
  const kind = keys[slot * 4 + 3] as number;
  if (kind < 0 || (kind & scope.kindMask) !== scope.kind) {
    return false;
  }
  const global = (kind & KIND_GLOBAL) !== 0;
  const mask = global ? scope.globalTagMask : scope.tagMask;
  return (scope.globals || !global) && (((keys[slot * 4 + 2] as number) ^ scope.tag) & mask) === 0;
}

/** Visits the entries that are tagged as the scope says; the visitor may remove the one it gets. */
function forEachTagged(store: TaggedStore, scope: Scope, visit: (slot: number) => void): void {
  if (scope.tagMask === WHOLE_TAG) {
    visitList(store, scope, scope.tag, visit);
    const global = scope.tag & ~0xffff;
    if (scope.globals && global !== scope.tag) {
      visitList(store, scope, global, visit);
    }
    return;
  }
  for (let slot = 0; slot < store.used && store.size > 0; slot++) {
    if (tagged(store.keys, slot, scope)) {
      visit(slot);
    }
  }
}

/** The same among the entries of one tag. */
function visitList(
  store: TaggedStore,
  scope: Scope,
  tag: number,
  visit: (slot: number) => void,
): void {
  let next = store.firstTagged(tag);
  while (next >= 0) {
    const slot = next;
    next = store.nextTagged(slot);
    if (tagged(store.keys, slot, scope)) {
      visit(slot);
    }
  }
}

/** 4 KiB pages that an operand covers. */
function pagesOf(va: TlbiVa): Pages {
  const start = (va.addrHi >>> 0) * PAGES_IN_4G + (va.addrLo >>> 12);
  if (va.tg === 0) {
    return { start, end: start + 1 };
  }
  const granule = 2 ** ((TG_PAGE_BITS[va.tg] ?? 12) - 12);
  return { start, end: start + (va.num + 1) * 2 ** Math.min(va.scale, 39) * granule };
}

/** True when the 2^shift bytes around the key's address meet the pages. */
function overlaps(keys: Int32Array, slot: number, shift: number, pages: Pages): boolean {
  const page =
    ((keys[slot * 4 + 1] as number) >>> 0) * PAGES_IN_4G + ((keys[slot * 4] as number) >>> 12);
  const size = 2 ** (shift - 12);
  const first = page - (page % size);
  return first < pages.end && pages.start < first + size;
}
