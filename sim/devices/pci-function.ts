// The translation side of a PCI function: its ATC, its translation requests and its page requests, as far
// as software switched them on in configuration space. It stands between the bus master and the SMMU.
// Limits: one page request at a time; ATC entries are 4 KiB pages; the oldest of 1024 is evicted.

import { hi32, join, lo32 } from '../base/hex.ts';
import type { AtcInvalidation, AtsEndpoint, AtsPort } from '../machine/ats-endpoint.ts';
import type { Machine } from '../machine/machine.ts';
import {
  PCI_EXT_CAP_ID_ATS,
  PCI_EXT_CAP_ID_PASID,
  PCI_EXT_CAP_ID_PRI,
  type PciConfigSpace,
} from '../machine/pci-config-space.ts';
import type { TransactionPort } from '../machine/transaction.ts';
import {
  Transaction,
  TXN_ABORT,
  TXN_ATS_REQUEST,
  TXN_INSTRUCTION,
  TXN_NO_WRITE,
  TXN_OK,
  TXN_PRIVILEGED,
  TXN_TRANSLATED,
  TXN_WRITE,
} from '../machine/transaction.ts';
import {
  CACHE_ATC,
  CACHE_EVICT,
  CACHE_HIT,
  CACHE_INSERT,
  CACHE_INVALIDATE,
  K,
} from '../trace/kinds.ts';

const PAGE = 4096;
const ENTRIES = 1024;
const GRANTED_READ = 1;
const GRANTED_WRITE = 2;
const GRANTED_EXECUTE = 4;
/** PRG response codes on the wire. */
const PRG_SUCCESS = 0;
const PRG_INVALID = 1;
const PRG_INDICES = 512;
/** Virtual time that a page request waits for its response: one second, in steps. */
const PATIENCE = 1_000_000_000;
const STEP = 1_000_000;
/** Rounds of request and answer before the function gives an access up. */
const ROUNDS = 8;

/** One translation that the function keeps. */
export interface AtcEntry {
  readonly ssid: number;
  /** Input page and output page, bytes. */
  readonly page: bigint;
  readonly pa: number;
  readonly granted: number;
}

/** What the function is connected to. */
export interface PciFunctionOptions {
  readonly machine: Machine;
  readonly port: TransactionPort & AtsPort;
  readonly config: PciConfigSpace;
  /** Requester ID. */
  readonly sid: number;
}

/** One function, as the port of its bus master and as the SMMU's ATS endpoint. */
export class PciFunction implements TransactionPort, AtsEndpoint {
  readonly #options: PciFunctionOptions;
  readonly #atc = new Map<string, AtcEntry>();
  readonly #own = new Transaction();
  #nextIndex = 0;
  #response: { readonly index: number; code?: number } | undefined;
  /** Why the last access did not leave the function, when it did not. */
  refusal: string | undefined;

  constructor(options: PciFunctionOptions) {
    this.#options = options;
    options.port.registerEndpoint(options.sid, this);
  }

  translate(transaction: Transaction): number {
    const { config, port } = this.#options;
    this.refusal = undefined;
    if (transaction.ssid >= 0 && !config.enabled(PCI_EXT_CAP_ID_PASID)) {
      return this.#refuse(transaction, 'PASIDs are not enabled on this function');
    }
    return config.enabled(PCI_EXT_CAP_ID_ATS)
      ? this.#throughAtc(transaction)
      : port.translate(transaction);
  }

  /** What the ATC holds, oldest first. */
  cached(): readonly AtcEntry[] {
    return [...this.#atc.values()];
  }

  onStallEnd(sid: number, stag: number, done: (status: number) => void): void {
    this.#options.port.onStallEnd(sid, stag, done);
  }

  invalidate({ ssid, addrLo, addrHi, sizeLog2Pages, global }: AtcInvalidation): boolean {
    const start = BigInt(join(addrLo, addrHi));
    const end =
      sizeLog2Pages >= 52 ? 2n ** 64n : start + BigInt(PAGE) * 2n ** BigInt(sizeLog2Pages);
    for (const [key, entry] of this.#atc) {
      const inRange = entry.page >= start && entry.page < end;
      if (inRange && (ssid < 0 || global || entry.ssid === ssid)) {
        this.#atc.delete(key);
        this.#note(CACHE_INVALIDATE, entry);
      }
    }
    return true;
  }

  prgResponse(_ssid: number, prgIndex: number, code: number): void {
    if (this.#response?.index === prgIndex) {
      this.#response.code = code;
    }
  }

  #throughAtc(transaction: Transaction): number {
    const needed = neededOf(transaction.flags);
    for (let round = 0; round < ROUNDS; round++) {
      const entry = this.#lookUp(transaction, needed) ?? this.#request(transaction);
      if (entry === undefined) {
        return transaction.status;
      }
      if ((entry.granted & needed) === needed) {
        return this.#sendTranslated(transaction, entry);
      }
      if (!this.#askForPage(transaction)) {
        return transaction.status;
      }
    }
    return this.#refuse(transaction, 'the page stays absent however often it is requested');
  }

  #lookUp({ ssid, addrLo, addrHi }: Transaction, needed: number): AtcEntry | undefined {
    const entry = this.#atc.get(keyOf(ssid, pageOf(addrLo, addrHi)));
    if (entry === undefined || (entry.granted & needed) !== needed) {
      return undefined;
    }
    this.#note(CACHE_HIT, entry);
    return entry;
  }

  /** A translation request; undefined when it was refused, with the status in `transaction`. */
  #request(transaction: Transaction): AtcEntry | undefined {
    const { ssid, addrLo, addrHi, flags } = transaction;
    const own = this.#sendOwn(transaction, addrLo, addrHi);
    const asked = flags & (TXN_PRIVILEGED | TXN_INSTRUCTION);
    own.flags = asked | TXN_ATS_REQUEST | ((flags & TXN_WRITE) === 0 ? TXN_NO_WRITE : 0);
    if (this.#options.port.translate(own) !== TXN_OK) {
      transaction.fault = own.fault;
      this.#refuse(transaction, 'the translation request was refused');
      return undefined;
    }
    const page = pageOf(addrLo, addrHi);
    const { pa, granted } = own;
    const entry = { ssid, page, pa: pa - (pa % PAGE), granted };
    if (granted !== 0) {
      this.#keep(entry);
    }
    return entry;
  }

  #keep(entry: AtcEntry): void {
    const [oldest] = this.#atc;
    if (this.#atc.size >= ENTRIES && oldest !== undefined) {
      this.#atc.delete(oldest[0]);
      this.#note(CACHE_EVICT, oldest[1]);
    }
    this.#atc.set(keyOf(entry.ssid, entry.page), entry);
    const { recorder } = this.#options.machine;
    const { cause } = recorder;
    recorder.cause = this.#note(CACHE_INSERT, entry);
    recorder.emit(K.atc_entry, entry.granted, lo32(entry.pa), hi32(entry.pa));
    recorder.cause = cause;
  }

  #sendTranslated(transaction: Transaction, entry: AtcEntry): number {
    const pa = entry.pa + (transaction.addrLo & (PAGE - 1));
    const own = this.#sendOwn(transaction, lo32(pa), hi32(pa));
    own.flags = transaction.flags | TXN_TRANSLATED;
    transaction.status = this.#options.port.translate(own);
    transaction.pa = own.pa;
    transaction.span = own.span;
    transaction.fault = own.fault;
    return transaction.status;
  }

  #sendOwn({ sid, ssid, attr }: Transaction, addrLo: number, addrHi: number): Transaction {
    const own = this.#own;
    own.sid = sid;
    own.ssid = ssid;
    own.attr = attr;
    own.addrLo = addrLo;
    own.addrHi = addrHi;
    own.granted = 0;
    own.fault = 0;
    return own;
  }

  /** A page request; false when there is no use in trying again, with the status in `transaction`. */
  #askForPage(transaction: Transaction): boolean {
    const { config, port } = this.#options;
    if (!config.enabled(PCI_EXT_CAP_ID_PRI)) {
      this.#refuse(transaction, 'ATS granted no such access, and page requests are not enabled');
      return false;
    }
    const { sid, ssid, addrLo, addrHi, flags } = transaction;
    const index = this.#nextIndex;
    this.#nextIndex = (index + 1) % PRG_INDICES;
    const response: { readonly index: number; code?: number } = { index };
    this.#response = response;
    port.pageRequest({
      sid,
      ssid,
      addrLo: addrLo & ~(PAGE - 1),
      addrHi,
      read: (flags & TXN_WRITE) === 0,
      write: (flags & TXN_WRITE) !== 0,
      execute: (flags & TXN_INSTRUCTION) !== 0,
      privileged: (flags & TXN_PRIVILEGED) !== 0,
      last: true,
      prgIndex: index,
    });
    return this.#answered(transaction, response);
  }

  #answered(transaction: Transaction, response: { readonly code?: number }): boolean {
    const { machine, config } = this.#options;
    machine.settle();
    for (let waited = 0; response.code === undefined && waited < PATIENCE; waited += STEP) {
      machine.sleep(STEP);
    }
    if (response.code === PRG_SUCCESS) {
      return true;
    }
    if (response.code === undefined) {
      this.#refuse(transaction, 'nobody answered its page request for a second');
    } else if (response.code === PRG_INVALID) {
      this.#refuse(transaction, 'its page request was answered as invalid');
    } else {
      config.stopPri();
      this.#refuse(transaction, 'its page request failed, so it stopped making them');
    }
    return false;
  }

  #refuse(transaction: Transaction, why: string): number {
    this.refusal = why;
    transaction.status = TXN_ABORT;
    return TXN_ABORT;
  }

  #note(op: number, { ssid, page }: AtcEntry): number {
    const { machine, sid } = this.#options;
    const [lo, hi] = [Number(BigInt.asIntN(32, page)), Number(BigInt.asIntN(32, page >> 32n))];
    return machine.recorder.emit(K.cache, CACHE_ATC, op, sid, ssid, lo, hi);
  }
}

function neededOf(flags: number): number {
  if ((flags & TXN_WRITE) !== 0) {
    return GRANTED_WRITE;
  }
  return (flags & TXN_INSTRUCTION) !== 0 ? GRANTED_READ | GRANTED_EXECUTE : GRANTED_READ;
}

function pageOf(lo: number, hi: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt((lo & ~(PAGE - 1)) >>> 0);
}

function keyOf(ssid: number, page: bigint): string {
  return `${ssid}:${page}`;
}
