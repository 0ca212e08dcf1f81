// The seam between the hardware's front (commands, queues, stalls) and its translation side:
// what invalidation commands ask of the caches (IHI 0070 4.3, 4.4), and who takes stalls (3.12.2).

import type { Transaction } from '../machine/transaction.ts';
import type { EventFields } from './smmu-state.ts';

/** Operand of an invalidation by address. Decoded and legal: TG and TTL are 0 without IDR3.RIL. */
export interface TlbiVa {
  readonly vmid: number;
  readonly asid: number;
  /** Address (VA or IPA) as signed halves, low 12 bits 0. */
  readonly addrLo: number;
  readonly addrHi: number;
  /** Only last-level entries need go. */
  readonly leaf: boolean;
  /** Level of the leaf that software promises, 1..3; 0 any. */
  readonly ttl: number;
  /** Granule: 0 none (one address of an unknown granule, no range), 1 4 KiB, 2 16 KiB, 3 64 KiB. */
  readonly tg: number;
  /** With a granule, the range is (num + 1) * 2^scale granules. */
  readonly num: number;
  readonly scale: number;
}

/** Where the caches stand: one method an invalidation. VMIDs match as widened by `SmmuState.vmw`. */
export interface CacheMaintenance {
  /** CMD_CFGI_STE: the STE and all CDs reached through it; with `leaf` false the L1STD too. */
  cfgiSte(sid: number, leaf: boolean): void;
  /** CMD_CFGI_STE_RANGE: as CFGI_STE without leaf, for 2^(range+1) SIDs aligned down. */
  cfgiSteRange(sid: number, range: number): void;
  cfgiAll(): void;
  /** CMD_CFGI_CD: one CD; with `leaf` false the L1CD too. */
  cfgiCd(sid: number, ssid: number, leaf: boolean): void;
  cfgiCdAll(sid: number): void;
  tlbiNhAll(vmid: number): void;
  tlbiNhAsid(vmid: number, asid: number): void;
  tlbiNhVa(scope: TlbiVa): void;
  /** Every ASID and global entries: `scope.asid` does not matter. */
  tlbiNhVaa(scope: TlbiVa): void;
  tlbiS12VmAll(vmid: number): void;
  /** `scope` holds an IPA; ASID does not matter. */
  tlbiS2Ipa(scope: TlbiVa): void;
  tlbiNsnhAll(): void;
  tlbiEl2All(): void;
  tlbiEl2Asid(asid: number): void;
  tlbiEl2Va(scope: TlbiVa): void;
  tlbiEl2Vaa(scope: TlbiVa): void;
}

/** Takes transactions that fault in a stall configuration. */
export interface StallSink {
  /**
   * Stalls `transaction` on `event`: gives it a STAG, sets `status` to TXN_STALLED and `stag`, and
   * reports the event with stall and STAG. With STALL_MAX transactions stalled already it waits
   * without an event, and is retried when one is released.
   */
  begin(transaction: Transaction, event: EventFields): void;
}
