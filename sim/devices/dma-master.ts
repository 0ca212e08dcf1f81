// The bus master of a device: splits an access at page ends, sends each part through the SMMU and moves
// the bytes at the address that comes back. A stalled part waits for the driver's answer.
// Limits: one access at a time; a stall that nobody answers is reported after virtual STALL_PATIENCE.

import { bigHi, bigLo, hi32, lo32 } from '../base/hex.ts';
import type { Machine } from '../machine/machine.ts';
import type { TransactionPort } from '../machine/transaction.ts';
import {
  Transaction,
  TXN_ABORT,
  TXN_INSTRUCTION,
  TXN_OK,
  TXN_PRIVILEGED,
  TXN_RAZ_WI,
  TXN_STALLED,
  TXN_WRITE,
} from '../machine/transaction.ts';

/** Smallest page of any granule, bytes: an access never crosses one. */
const PAGE = 4096;
const TWO_32 = 2 ** 32;
/** Virtual time that a stalled access waits for an answer: one second. */
const STALL_PATIENCE = 1_000_000_000;
const STALL_STEP = 1_000_000;

/** What goes with an access beside its address. */
export interface DmaAttributes {
  readonly sid: number;
  /** PASID, or -1 for none. */
  readonly ssid: number;
  readonly privileged: boolean;
  readonly instruction: boolean;
}

/** How an access ended. `at` counts the bytes that went well before. */
export type DmaOutcome =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly at: number;
      readonly why: 'abort' | 'no-memory' | 'stalled' | 'terminated';
      /** Event number that the SMMU raised for it, 0 for none. */
      readonly fault: number;
      readonly stag: number;
      /** Where the access went, when it was translated. */
      readonly pa: number;
    };

const DONE: DmaOutcome = { ok: true };

/** One bus master. Addresses: any bigint, taken modulo 2^64, or a number from 0 to 2^53 - 1. */
export class DmaMaster {
  readonly #machine: Machine;
  readonly #port: TransactionPort;
  readonly #transaction = new Transaction();
  /** Accesses of at most one page that were sent. */
  count = 0;

  constructor(machine: Machine, port: TransactionPort) {
    this.#machine = machine;
    this.#port = port;
  }

  /** Reads `bytes.length` bytes at `iova` into `bytes`. */
  read(iova: bigint | number, bytes: Uint8Array, attributes: DmaAttributes): DmaOutcome {
    const flags = attributes.instruction ? TXN_INSTRUCTION : 0;
    return this.#access(iova, bytes, flags, attributes);
  }

  /** Writes `bytes` at `iova`. */
  write(iova: bigint | number, bytes: Uint8Array, attributes: DmaAttributes): DmaOutcome {
    return this.#access(iova, bytes, TXN_WRITE, attributes);
  }

  #access(
    iova: bigint | number,
    bytes: Uint8Array,
    flags: number,
    { sid, ssid, privileged }: DmaAttributes,
  ): DmaOutcome {
    const transaction = this.#transaction;
    transaction.sid = sid;
    transaction.ssid = ssid;
    transaction.fault = 0;
    transaction.flags = flags | (privileged ? TXN_PRIVILEGED : 0);
    let lo = (typeof iova === 'number' ? lo32(iova) : bigLo(iova)) >>> 0;
    let hi = typeof iova === 'number' ? hi32(iova) : bigHi(iova);
    for (let done = 0; done < bytes.length; ) {
      const size = Math.min(bytes.length - done, PAGE - (lo & (PAGE - 1)));
      transaction.addrLo = lo | 0;
      transaction.addrHi = hi;
      const outcome = this.#part(transaction, bytes, done, size);
      if (outcome !== undefined) {
        return outcome;
      }
      done += size;
      lo += size;
      if (lo >= TWO_32) {
        lo -= TWO_32;
        hi = (hi + 1) | 0;
      }
    }
    return DONE;
  }

  /** One part, `bytes[at]` and on; undefined when it went well. */
  #part(
    transaction: Transaction,
    bytes: Uint8Array,
    at: number,
    size: number,
  ): DmaOutcome | undefined {
    this.count++;
    let status = this.#port.translate(transaction);
    if (status === TXN_STALLED) {
      status = this.#waitForAnswer(transaction);
    }
    const { fault, stag, pa } = transaction;
    if (status === TXN_OK) {
      return this.#move(transaction, bytes, at, size)
        ? undefined
        : { ok: false, at, why: 'no-memory', fault, stag, pa };
    }
    if (status === TXN_RAZ_WI) {
      if ((transaction.flags & TXN_WRITE) === 0) {
        bytes.fill(0, at, at + size);
      }
      return { ok: false, at, why: 'terminated', fault, stag, pa: 0 };
    }
    return { ok: false, at, why: status === TXN_STALLED ? 'stalled' : 'abort', fault, stag, pa: 0 };
  }

  #move({ flags, pa }: Transaction, bytes: Uint8Array, at: number, size: number): boolean {
    const { memory } = this.#machine;
    return (flags & TXN_WRITE) !== 0
      ? memory.writeBytes(pa, bytes, at, size)
      : memory.readInto(pa, bytes, at, size);
  }

  /** Lets the machine run until the stall ends; retries as often as the driver says so. */
  #waitForAnswer(transaction: Transaction): number {
    for (let waited = 0; ; ) {
      const answer: { status?: number } = {};
      this.#port.onStallEnd(transaction.sid, transaction.stag, (status) => {
        answer.status = status;
      });
      this.#machine.settle();
      while (answer.status === undefined && waited < STALL_PATIENCE) {
        this.#machine.sleep(STALL_STEP);
        waited += STALL_STEP;
      }
      if (answer.status === undefined) {
        return TXN_STALLED;
      }
      if (answer.status !== TXN_OK) {
        return answer.status;
      }
      const status = this.#port.translate(transaction);
      if (status !== TXN_STALLED) {
        return status;
      }
      if (waited >= STALL_PATIENCE) {
        return TXN_ABORT;
      }
    }
  }
}
